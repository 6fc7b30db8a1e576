"""JSON bodies, with an eye on fields that are written twice.

Models the strict unmarshalling of sigs.k8s.io/json: the last of two values counts, and there is a
complaint such as `duplicate field "spec.x"`. What is no JSON is told in the words of Go's decoder. Left out:
bytes that are no UTF-8, which Go replaces, are refused here.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NoReturn

import orjson

_PLACES: Final = {
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
    "Extra data": "after top-level value",
    "Invalid control character at": "in string literal",
}
"""Where Go would say that a character is wrong, by what Python's decoder says."""
_STRINGS: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_LITERALS: Final = ("null", "true", "false")
MOST_COMPLAINTS: Final = 100
"""About one text, as in sigs.k8s.io/json."""
UNEXPECTED_END: Final = "unexpected end of JSON input"
_DEPTH: Final = "exceeded max depth"


def parse_json(text: bytes) -> tuple[Any, list[str]]:
    """The value that a body holds, and the complaints about it.

    Raises ValueError for what is no JSON, and for what is nested deeper than an object can be stored.
    """
    try:
        value = orjson.loads(text)
    except ValueError as error:
        raise ValueError(_in_words_of_go(text, error)) from error
    try:
        orjson.dumps(value)
    except TypeError as error:
        raise ValueError(_DEPTH) from error
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
    paths = islice(_paths(document, "", marked), MOST_COMPLAINTS)
    return value, [f'duplicate field "{path}"' for path in paths]


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


def _in_words_of_go(text: bytes, error: ValueError) -> str:
    """Why Go would refuse the text; what it would take is told in the words of who refuses it here."""
    try:
        # As Go, which names the byte at which it stopped as if it were a character.
        json.loads(text.decode("latin-1"), parse_constant=_refuse_constant)
    except RecursionError:
        return _DEPTH
    except json.JSONDecodeError as found:
        return syntax_error(found)[0]
    except ValueError as found:
        return str(found)
    return str(error)


def syntax_error(error: json.JSONDecodeError) -> tuple[str, int]:
    """The words of Go's decoder for what Python's found, and how many characters it had read then."""
    text, at, said = error.doc.rstrip(" \t\r\n"), error.pos, error.msg
    where = _PLACES.get(said, "in string escape code")
    literal = next(
        (word for word in _LITERALS if said == "Expecting value" and text[at : at + 1] == word[0]), ""
    )
    if literal:
        fitting = next(i for i, char in enumerate(literal) if text[at + i : at + i + 1] != char)
        at += fitting
        where = f"in literal {literal} (expecting '{literal[fitting]}')"
    elif said.startswith("Invalid \\"):
        at += 1
    elif said == "Expecting ',' delimiter":
        opened = re.sub(r"[^][{}]", "", _STRINGS.sub("", text[:at]))
        where = "after array element" if _innermost(opened) == "[" else "after object key:value pair"
    if at >= len(text) or said.startswith("Unterminated string"):
        return UNEXPECTED_END, len(text)
    char = text[at] if text[at] == '"' else json.dumps(text[at], ensure_ascii=False)[1:-1]
    return f"invalid character '{char}' {where}", at + 1


def _innermost(brackets: str) -> str:
    """The last bracket that is open at the end of a text of brackets."""
    closed = 0
    for bracket in reversed(brackets):
        if bracket in "]}":
            closed += 1
        elif closed:
            closed -= 1
        else:
            return bracket
    return ""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"invalid character '{name.removeprefix('-')[0]}' looking for beginning of value")
