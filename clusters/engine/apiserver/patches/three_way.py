"""How a changed manifest meets what others changed meanwhile.

Models the three-way strategic merge of apimachinery's `pkg/util/strategicpatch` as `kubectl apply` uses
it. Left out: patches as documents of their own, with their `$patch` directives.
"""

from collections import Counter
from typing import Any

from clusters.engine.apiserver.schema import Field, Struct


def three_way_merge(
    struct: Struct, original: dict[str, Any], modified: dict[str, Any], current: dict[str, Any]
) -> dict[str, Any]:
    """`current` with what changed from `original` to `modified`; what only `current` has stays.

    All three are of the type `struct`, original is what was applied last. None of them is changed.
    """
    return _merged_fields(struct.fields, original, modified, current)


def _merged_fields(
    fields: dict[str, Field] | Field,
    original: dict[str, Any],
    modified: dict[str, Any],
    current: dict[str, Any],
) -> dict[str, Any]:
    result = {key: value for key, value in current.items() if key in modified or key not in original}
    for key, value in modified.items():
        field = fields if isinstance(fields, Field) else fields[key]
        result[key] = _merged(field, original.get(key), value, current.get(key))
    return result


def _merged(field: Field, original: Any, modified: Any, current: Any) -> Any:
    if isinstance(modified, dict) and isinstance(current, dict) and field.kind in ("struct", "map"):
        known = field.struct.fields if field.struct else field.item
        assert known is not None
        merged = _merged_fields(known, original or {}, modified, current)
        return {key: merged[key] for key in modified} if field.retains_keys else merged
    if isinstance(modified, list) and isinstance(current, list) and field.merges:
        return _merged_list(field, original or [], modified, current)
    return modified


def _merged_list(field: Field, original: list[Any], modified: list[Any], current: list[Any]) -> list[Any]:
    key = field.merge_key
    if not key:
        return modified + [value for value in current if value not in modified and value not in original]
    wanted = [item.get(key) for item in modified]
    if None in wanted or max(Counter(wanted).values(), default=0) > 1:
        # Items that cannot be told apart, such as one port by TCP and UDP, are replaced together.
        return modified
    had, has = _by_key(original, key), _by_key(current, key)
    item_field = field.item
    assert item_field is not None
    if field.retains_keys:
        item_field = Field("struct", struct=item_field.struct, retains_keys=True)
    merged = [
        _merged(item_field, had.get(name), item, has.get(name))
        for name, item in zip(wanted, modified, strict=True)
    ]
    kept = [item for item in current if item.get(key) not in had and item.get(key) not in wanted]
    return merged + kept


def _by_key(items: list[Any], key: str) -> dict[Any, Any]:
    return {item.get(key): item for item in items}
