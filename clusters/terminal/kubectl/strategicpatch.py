"""Strategic merge patches, made of what an object was, is, and is to be.

Models CreateTwoWayMergePatch and CreateThreeWayMergePatch of apimachinery's `pkg/util/strategicpatch`.
What such patches do is in `clusters.engine.apiserver.patches.strategic_patch`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from clusters.engine.apiserver.go_text import go_type
from clusters.engine.apiserver.schema import Field, Struct
from clusters.terminal.kubectl.printers.gofmt import sprint

Map = dict[str, Any]

_DIRECTIVE: Final = "$patch"
_RETAIN_KEYS: Final = "$retainKeys"
_DELETE_FROM: Final = "$deleteFromPrimitiveList/"
_ORDER: Final = "$setElementOrder/"
_ANY: Final = Field("any")


class PatchError(ValueError):
    """No patch can be made of these objects; the text is upstream's."""


@dataclass(frozen=True, slots=True)
class _Options:
    additions: bool = True
    deletions: bool = True
    element_order: bool = True
    retain_keys: bool = False


def two_way_patch(struct: Struct, original: Map, modified: Map) -> Map:
    """What turns `original` into `modified`; both are of the type `struct`. Raises PatchError."""
    return _diff_maps(Field("struct", struct=struct), original, modified, _Options())


def three_way_patch(struct: Struct, original: Map, modified: Map, current: Map) -> Map:
    """What `modified` changes of `current`, and removes of `original`, which was applied last.

    Raises PatchError.
    """
    type_ = Field("struct", struct=struct)
    delta = _diff_maps(type_, current, modified, _Options(deletions=False))
    deletions = _diff_maps(type_, original, modified, _Options(additions=False))
    return _merge(type_, deletions, delta)


def has_conflicts(struct: Struct, original: Map, current: Map, patch: Map) -> Map | None:
    """What others changed in another way than the patch does; None if there is no such thing."""
    type_ = Field("struct", struct=struct)
    changed = _diff_maps(type_, original, current, _Options(element_order=False))
    return changed if _maps_conflict(type_, patch, changed) else None


def _field(type_: Field, key: str) -> Field:
    if type_.struct is not None:
        return type_.struct.fields.get(key, _ANY)
    return (type_.item if type_.kind == "map" else None) or _ANY


def _diff_maps(type_: Field, original: Map, modified: Map, options: _Options) -> Map:
    patch: Map = {}
    for key, after in modified.items():
        if key not in original:
            if options.additions:
                patch[key] = after
            continue
        _diff_field(_field(type_, key), key, original[key], after, patch, options)
    if options.deletions:
        patch.update((key, None) for key in original if key not in modified)
    if options.retain_keys:
        kept = sorted(key for key, value in modified.items() if value is not None)
        gone = any(value is not None and key not in modified for key, value in original.items())
        if kept and (patch or gone):
            patch[_RETAIN_KEYS] = kept
    return patch


def _diff_field(field: Field, key: str, before: Any, after: Any, patch: Map, options: _Options) -> None:
    below = replace(options, retain_keys=field.retains_keys)
    if isinstance(before, dict) and isinstance(after, dict):
        if difference := _diff_maps(field, before, after, below):
            patch[key] = difference
    elif isinstance(before, list) and isinstance(after, list) and field.merges:
        _diff_lists(field, key, before, after, patch, below)
    elif options.additions and not _equal(before, after):
        patch[key] = after


def _diff_lists(
    field: Field, name: str, before: list[Any], after: list[Any], patch: Map, options: _Options
) -> None:
    if not before:
        if after and options.additions:
            patch[name] = after
    elif _holds_maps(before, after):
        _diff_lists_of_maps(field, name, before, after, patch, options)
    else:
        _diff_lists_of_scalars(name, before, after, patch, options)


def _holds_maps(*lists: list[Any]) -> bool:
    kinds = {go_type(item) for items in lists for item in items}
    if "[]interface {}" in kinds:
        raise PatchError("lists of lists are not supported")
    if len(kinds) > 1:
        raise PatchError(f"list element types are not identical: {sprint(list(lists))}")
    return kinds == {go_type({})}


def _diff_lists_of_maps(
    field: Field, name: str, before: list[Any], after: list[Any], patch: Map, options: _Options
) -> None:
    key = field.merge_key
    changed: list[Any] = []
    gone: list[Any] = []
    for had, wanted in _pairs(before, after, _keys(key)):
        if had is None:
            changed += [wanted] * options.additions
        elif wanted is None:
            gone += [{key: had[key], _DIRECTIVE: "delete"}] * options.deletions
        elif change := _diff_maps(field.item or _ANY, had, wanted, options):
            changed.append({**change, key: wanted[key]})
    items = [*_in_order(changed, after, _keys(key)), *gone]
    moved = [item[key] for item in before] != [item[key] for item in after]
    if items:
        patch[name] = items
    if after and options.element_order and (items or (moved and options.additions)):
        patch[_ORDER + name] = [{key: item[key]} for item in after]


def _pairs(
    before: list[Any], after: list[Any], key_of: Callable[[Any], str]
) -> Iterator[tuple[Any | None, Any | None]]:
    """Items of both lists with the same key, in the order of the keys; None where one has no partner.

    Of several with one key the last is first, as Go's sort leaves them.
    """
    left, right = (sorted(items, key=key_of, reverse=True) for items in (before, after))
    while left or right:
        first = key_of(left[-1]) if left else None
        other = key_of(right[-1]) if right else None
        has_left = first is not None and (other is None or first <= other)
        has_right = other is not None and (first is None or other <= first)
        yield left.pop() if has_left else None, right.pop() if has_right else None


def _diff_lists_of_scalars(
    name: str, before: list[Any], after: list[Any], patch: Map, options: _Options
) -> None:
    added = [value for value in after if value not in before] if options.additions else []
    gone = sorted({value for value in before if value not in after}, key=sprint) if options.deletions else []
    if added:
        patch[name] = added
    if gone:
        patch[_DELETE_FROM + name] = gone
    if after and options.element_order and (gone or (options.additions and before != after)):
        patch[_ORDER + name] = after


def _merge(type_: Field, original: Map, patch: Map) -> Map:
    """One patch that does what two do; directives of both are kept."""
    merged = {**original, **{key: patch[key] for key in patch if _is_directive(key)}}
    for key, value in patch.items():
        if _is_directive(key):
            continue
        field = _field(type_, key)
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[key] = _merge(field, before, value)
        elif isinstance(before, list) and isinstance(value, list) and field.merges:
            merged[key] = _merge_lists(field, before, value, merged.get(_ORDER + key))
        else:
            merged[key] = value
    return merged


def _is_directive(key: str) -> bool:
    return key == _RETAIN_KEYS or key.startswith((_DELETE_FROM, _ORDER))


def _merge_lists(field: Field, before: list[Any], patch: list[Any], order: list[Any] | None) -> list[Any]:
    key_of = _keys(field.merge_key)
    if not _holds_maps(before, patch):
        merged = [*before, *(value for value in patch if value not in before)]
    else:
        changes = {key_of(item): item for item in patch}
        type_ = field.item or _ANY
        merged = [
            _merge(type_, item, changes.pop(key_of(item))) if key_of(item) in changes else item
            for item in before
        ]
        merged += changes.values()
    ordered = order or patch
    wanted = {key_of(item) for item in ordered}
    own = _in_order([item for item in merged if key_of(item) in wanted], ordered, key_of)
    others = _in_order([item for item in merged if key_of(item) not in wanted], before, key_of)
    return _sorted_together(others, own, [key_of(item) for item in before], key_of)


def _in_order(items: list[Any], order: Sequence[Any], key_of: Callable[[Any], str]) -> list[Any]:
    """Items as the order has them, those that are to be deleted at last."""
    places = {key_of(item): place for place, item in enumerate(order)}

    def place(item: Any) -> tuple[bool, int]:
        return isinstance(item, dict) and _DIRECTIVE in item, places.get(key_of(item), len(places))

    return sorted(items, key=place)


def _sorted_together(
    left: list[Any], right: list[Any], order: list[str], key_of: Callable[[Any], str]
) -> list[Any]:
    """Both lists as one: the right one first, except for items that stood before it."""
    result, left, right = list[Any](), list(left), list(right)
    while left and right:
        first, other = key_of(left[0]), key_of(right[0])
        stood_before = first in order and other in order and order.index(first) < order.index(other)
        result.append((left if stood_before else right).pop(0))
    return [*result, *left, *right]


def _keys(merge_key: str) -> Callable[[Any], str]:
    """By what items are told apart."""

    def key_of(item: Any) -> str:
        if merge_key not in item:
            raise PatchError(f"map: {sprint(item)} does not contain declared merge key: {merge_key}")
        return sprint(item[merge_key])

    return key_of if merge_key else sprint


def _equal(before: Any, after: Any) -> bool:
    """Whether Go's DeepEqual would say so: true is not 1."""
    return before == after and sprint(before) == sprint(after)


def _maps_conflict(type_: Field, left: Map, right: Map) -> bool:
    if left.get(_DIRECTIVE) != right.get(_DIRECTIVE):
        return True
    return any(
        key in right and _values_conflict(_field(type_, key), value, right[key])
        for key, value in left.items()
        if key not in (_DIRECTIVE, _RETAIN_KEYS)
    )


def _values_conflict(field: Field, left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return _maps_conflict(field, left, right)
    if isinstance(left, list) and isinstance(right, list) and field.merges:
        if not field.merge_key:
            return False
        others = {sprint(item[field.merge_key]): item for item in right}
        return any(
            _maps_conflict(field.item or _ANY, item, others[name])
            for item in left
            if (name := sprint(item[field.merge_key])) in others
        )
    return not _equal(left, right)
