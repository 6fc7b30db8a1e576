"""JSON bodies, with an eye on fields that are written twice.

Models the strict unmarshalling of sigs.k8s.io/json: the last of two values counts, and there is a
complaint such as `duplicate field "spec.x"`.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson


def parse_json(text: bytes) -> tuple[Any, list[str]]:
    """The value that a body holds, and the complaints about it.

    Raises ValueError for what is no JSON, and for what is nested deeper than an object can be stored.
    """
    value = orjson.loads(text)
    try:
        orjson.dumps(value)
    except TypeError as error:
        raise ValueError("exceeded max depth") from error
    # orjson is silent about duplicates, so the same text is read again only to find them.
    twice: list[tuple[dict[str, Any], list[str]]] = []

    def found(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            counted = Counter(key for key, _ in pairs)
            twice.append((fields, [key for key in fields if counted[key] > 1]))
        return fields

    document = json.loads(text, object_pairs_hook=found, parse_int=len, parse_float=len)
    if not twice:
        return value, []
    marked = {id(fields): keys for fields, keys in twice}
    return value, [f'duplicate field "{path}"' for path in _paths(document, "", marked)]


def _paths(value: Any, path: str, marked: dict[int, list[str]]) -> Iterator[str]:
    if isinstance(value, dict):
        under = f"{path}." if path else ""
        for key in marked.get(id(value), ()):
            yield f"{under}{key}"
        for key, item in value.items():
            yield from _paths(item, f"{under}{key}", marked)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _paths(item, f"{path}[{i}]", marked)
