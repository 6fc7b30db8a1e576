"""The strategic merge patch that makes one object of another.

Models apimachinery's `pkg/util/strategicpatch` (CreateTwoWayMergePatch). Left out: the strategy retainKeys,
and lists of scalars that are merged.
"""

from typing import Any

from clusters.engine.apiserver.schema import Field, Struct, struct_of
from clusters.engine.objects import Object


def two_way_patch(original: Object, modified: Object) -> Object:
    """What has to be sent to turn `original`, an object of a kind that the server has, into `modified`."""
    return _difference(struct_of(original["apiVersion"], original["kind"]), original, modified)


def _difference(struct: Struct | None, original: Object, modified: Object) -> Object:
    patch: Object = {}
    for key in sorted({*original, *modified}):
        before, after = original.get(key), modified.get(key)
        if before == after:
            continue
        field = struct.fields.get(key) if struct is not None else None
        if after is None:
            patch[key] = None
        elif isinstance(before, dict) and isinstance(after, dict):
            patch[key] = _difference(field.struct if field else None, before, after)
        elif field is not None and _is_merged(field) and isinstance(before, list):
            patch |= _list_difference(key, field, before, after)
        else:
            patch[key] = after
    return patch


def _is_merged(field: Field) -> bool:
    return field.kind == "list" and field.merges and bool(field.merge_key)


def _list_difference(name: str, field: Field, before: list[Any], after: list[Any]) -> Object:
    """Items that changed, those that go, and in which order the others stand."""
    key = field.merge_key
    known = {item[key]: item for item in before}
    struct = field.item.struct if field.item is not None else None
    changes = []
    for item in sorted(after, key=lambda item: str(item[key])):
        if item[key] not in known:
            changes.append(item)
        elif item != known[item[key]]:
            changes.append({**_difference(struct, known[item[key]], item), key: item[key]})
    kept = {item[key] for item in after}
    changes += [{key: gone, "$patch": "delete"} for gone in known if gone not in kept]
    return {name: changes, f"$setElementOrder/{name}": [{key: item[key]} for item in after]}
