"""Objects compared, merged and cut down field by field, as their schema says who owns what as a whole.

Models `typed` of sigs.k8s.io/structured-merge-diff: structs and maps are merged by their keys, lists by
the keys or values of their items, and what is atomic is one field. Left out: the conversion between
versions, as every kind has one.
"""

from functools import cache
from typing import Any, Final, NamedTuple

from clusters.engine.apiserver.fieldmanager.field_sets import (
    EMPTY,
    SELF,
    FieldSet,
    field_element,
    holds_itself,
    key_element,
    value_element,
    with_itself,
)
from clusters.engine.apiserver.schema import Field, Struct

_KEY_DEFAULTS: Final = {"protocol": "TCP"}
"""Keys of list items that may be left out, as their defaults are in upstream's schema."""

_NEVER_NULL: Final = {
    "DeploymentSpec": ("strategy",),
    "PodTemplateSpec": ("metadata", "spec"),
    "ReplicaSetSpec": ("template",),
}
"""Structs that are there in Go even if nobody wrote them; those of every object are `_PARTS`."""
_PARTS: Final = ("metadata", "spec", "status")


class Comparison(NamedTuple):
    """Which fields one object has and the other has not, and which differ."""

    removed: FieldSet
    modified: FieldSet
    added: FieldSet


def is_granular(field: Field) -> bool:
    """Whether a field has parts that may belong to several managers."""
    return field.kind in ("struct", "map", "list") and not field.atomic


def compare(struct: Struct, before: dict[str, Any], after: dict[str, Any]) -> Comparison:
    """What changed from one object of a type to another. `EMPTY` is the object that is not there yet."""
    removed: FieldSet = {}
    modified: FieldSet = {}
    added: FieldSet = {}
    old = before if before else _zero(struct)
    _compare(Field("struct", struct=struct), old, after, Comparison(removed, modified, added))
    return Comparison(removed, modified, added)


def fields_of(struct: Struct, value: dict[str, Any]) -> FieldSet:
    """The fields that an applied object mentions."""
    return _mentioned(Field("struct", struct=struct), value) or EMPTY


def merge(field: Field, live: Any, applied: Any) -> Any:
    """The live value with what is applied on top; nothing is taken away."""
    if not is_granular(field):
        return applied
    if not applied or not live:
        return live if live or applied is None else applied
    if field.kind == "list":
        return _merged_list(field, live, applied)
    merged = dict(live)
    for key, value in applied.items():
        below = _below(field, key)
        merged[key] = merge(below, live.get(key), value) if below else value
    return merged


def remove(field: Field, value: Any, fields: FieldSet) -> Any:
    """The value without these fields, None if nothing is left of it."""
    if not value or not is_granular(field):
        return None if field.atomic else value
    if field.kind == "list":
        return _cut_list(field, value, fields)
    kept = {}
    for key, item in value.items():
        node = fields.get(field_element(key))
        below = _below(field, key)
        if node is None or below is None:
            kept[key] = item
        elif not holds_itself(node):
            kept[key] = remove(below, item, node)
    return kept or None


def with_named_fields(field: Field, fields: FieldSet) -> FieldSet:
    """The set with all structs and lists too of which it has a part and that a struct names."""
    result = {}
    for element, node in fields.items():
        below = _below_element(field, element)
        if element == SELF or not node or below is None:
            result[element] = node
            continue
        node = with_named_fields(below, node)
        named = field.struct is not None and element[2:] in field.struct.fields
        result[element] = with_itself(node) if named and element.startswith("f:") else node
    return result


def element_of(field: Field, item: Any) -> str:
    """What tells an item of a list apart. Raises ValueError for one that has no key."""
    if not field.keys:
        return _set_element(item)
    if item is None:
        raise ValueError("associative list with keys may not have a null element")
    if not isinstance(item, dict):
        raise ValueError("associative list with keys may not have non-map elements")
    keys = {key: item.get(key, _KEY_DEFAULTS.get(key)) for key in field.keys}
    keys = {key: value for key, value in keys.items() if value is not None}
    if not keys:
        names = " ".join(f'"{key}"' for key in field.keys)
        raise ValueError(
            f"associative list with keys has an element that omits all key fields [{names}]"
            " (and doesn't have default values for any key fields)"
        )
    return key_element(keys)


def _set_element(item: Any) -> str:
    if isinstance(item, dict):
        raise ValueError("associative list without keys has an element that's a map type")
    if isinstance(item, list):
        raise ValueError("not supported: associative list with lists as elements")
    if item is None:
        raise ValueError("associative list without keys has an element that's an explicit null")
    return value_element(item)


_ABSENT: Final = object()


@cache
def _zero(struct: Struct) -> dict[str, Any]:
    """What Go has of an object that nobody has written yet."""
    parts = {*_PARTS, *_NEVER_NULL.get(struct.short_name, ())}
    found: dict[str, Any] = {}
    for name, field in struct.fields.items():
        if field.required or name in parts:
            found[name] = _zero(field.struct) if field.struct else None
    return found


def _below(field: Field, key: str) -> Field | None:
    return field.struct.fields.get(key) if field.struct else field.item


def _below_element(field: Field, element: str) -> Field | None:
    return _below(field, element[2:]) if element.startswith("f:") else field.item


def _compare(field: Field, before: Any, after: Any, into: Comparison) -> None:
    if field.kind == "list":
        _compare_lists(field, before or [], after or [], into)
        return
    before, after = before or {}, after or {}
    for key in {**before, **after}:
        below = _below(field, key)
        if below is not None:
            _compare_parts(below, f"f:{key}", before.get(key, _ABSENT), after.get(key, _ABSENT), into)


def _compare_lists(field: Field, before: list[Any], after: list[Any], into: Comparison) -> None:
    assert field.item is not None
    old, new = _by_element(field, before), _by_element(field, after)
    for element in {**old, **new}:
        had, has = old.get(element, []), new.get(element, [])
        if len(had) <= 1 and len(has) <= 1:
            one, other = (items[0] if items else _ABSENT for items in (had, has))
            _compare_parts(field.item, element, one, other, into)
        elif len(had) > 1 and len(has) > 1:
            if had != has:
                into.modified[element] = {}
        else:
            # Items that cannot be told apart belong to somebody together.
            into.removed.update({element: {}} if len(had) > 1 else _all_of(field.item, element, had))
            into.added.update({element: {}} if len(has) > 1 else _all_of(field.item, element, has))


def _all_of(field: Field, element: str, items: list[Any]) -> FieldSet:
    return {element: _everything(field, items[0])} if items else {}


def _compare_parts(field: Field, element: str, had: Any, has: Any, into: Comparison) -> None:
    if had is has or had == has:
        return
    if had is _ABSENT:
        into.added[element] = _everything(field, has)
    elif has is _ABSENT:
        into.removed[element] = _everything(field, had)
    elif not is_granular(field):
        into.modified[element] = {}
    elif had or has:
        parts = Comparison({}, {}, {})
        _compare(field, had, has, parts)
        for found, found_below in zip(into, parts, strict=True):
            if found_below:
                found[element] = found_below


def _by_element(field: Field, items: list[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in items:
        found.setdefault(element_of(field, item), []).append(item)
    return found


def _everything(field: Field, value: Any) -> FieldSet:
    """The node of something that is new, or gone, with all that it has."""
    if not value or not is_granular(field):
        return {}
    node: FieldSet = {SELF: {}}
    if field.kind == "list":
        assert field.item is not None
        for element, items in _by_element(field, value).items():
            node[element] = _everything(field.item, items[0]) if len(items) == 1 else {}
        return node
    for key, item in value.items():
        below = _below(field, key)
        if below is not None:
            node[f"f:{key}"] = _everything(below, item) if isinstance(item, dict | list) else {}
    return node


def _mentioned(field: Field, value: Any) -> FieldSet | None:
    if not is_granular(field):
        return {}
    node: FieldSet = {}
    if field.kind == "list":
        assert field.item is not None
        for element, items in _by_element(field, value or []).items():
            part = _mentioned(field.item, items[0]) if len(items) == 1 else None
            node[element] = with_itself(part or {})
        return node or None
    for key, item in (value or {}).items():
        below = _below(field, key)
        part = _mentioned(below, item) if below else None
        if item is None or item == {}:
            node[f"f:{key}"] = {}
        elif part is not None or field.kind == "map":
            node[f"f:{key}"] = with_itself(part or {}) if field.kind == "map" else part
    return node or None


def _merged_list(field: Field, live: list[Any], applied: list[Any]) -> list[Any]:
    assert field.item is not None
    had = [element_of(field, item) for item in live]
    known = set(had)
    wanted = {element_of(field, item): item for item in applied}
    has = {element: items[0] for element, items in _by_element(field, live).items() if len(items) == 1}
    merged, place = [], 0
    shared = [element for element in wanted if element in known][::-1]
    for element, item in wanted.items():
        # What only the live list has stays in front of the next item that both have.
        while place < len(had) and not (shared and had[place] == shared[-1]):
            if had[place] not in wanted:
                merged.append(live[place])
            place += 1
        if shared and element == shared[-1]:
            shared.pop()
            place += 1 if place < len(had) and had[place] == element else 0
        merged.append(merge(field.item, has.get(element), item))
    return merged + [
        item for element, item in zip(had[place:], live[place:], strict=True) if element not in wanted
    ]


def _cut_list(field: Field, items: list[Any], fields: FieldSet) -> list[Any] | None:
    assert field.item is not None
    kept = []
    for item in items:
        node = fields.get(element_of(field, item))
        if node is None:
            kept.append(item)
        elif not holds_itself(node):
            kept.append(remove(field.item, item, node))
    return kept or None
