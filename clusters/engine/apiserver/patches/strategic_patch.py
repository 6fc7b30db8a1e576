"""Strategic merge patches: lists are merged by their keys, and directives say the rest.

Models `StrategicMergeMapPatch` of apimachinery's `pkg/util/strategicpatch/patch.go`, with the directives
`$patch`, `$retainKeys`, `$deleteFromPrimitiveList/x` and `$setElementOrder/x`. How such a patch is made of
two manifests is in `three_way.py`, where nobody needs it as a document.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from clusters.engine.apiserver.errors import StatusError, bad_request
from clusters.engine.apiserver.fields import quoted
from clusters.engine.apiserver.go_text import go_text, go_type, json_type
from clusters.engine.apiserver.patches.json_patch import does_not_apply
from clusters.engine.apiserver.schema import Field, Struct

Map = dict[str, Any]
Identity = tuple[str, str]

_DIRECTIVE: Final = "$patch"
_RETAIN_KEYS: Final = "$retainKeys"
_DELETE_FROM: Final = "$deleteFromPrimitiveList"
_ORDER: Final = "$setElementOrder"
_NOT_KEPT: Final = object()


def apply_strategic_patch(struct: Struct, document: Map, patch: Any) -> Map:
    """What the patch makes of a document of that type; neither is changed.

    Raises 400 BadRequest or 422, with upstream's words, for a patch that makes no sense.
    """
    if not isinstance(patch, dict):
        raise bad_request(
            f"json: cannot unmarshal {json_type(patch)} into Go value of type map[string]interface {{}}"
        )
    return _merged_map(Field("struct", struct=struct), document, patch)


def _merged_map(type_: Field, current: Map, patch: Map) -> Map:
    if _DIRECTIVE in patch:
        return _directed(patch)
    merged = dict(current)
    patch = dict(patch)
    if _RETAIN_KEYS in patch:
        _retain_keys(merged, patch)
    for key in [key for key in patch if key.startswith(_ORDER)]:
        _set_element_order(type_, merged, patch, key)
    for key, value in patch.items():
        if key.startswith(_DELETE_FROM):
            _delete_from_list(type_, merged, _named(key, _DELETE_FROM), value)
        else:
            _set(type_, merged, key, value)
    return merged


def _directed(patch: Map) -> Map:
    directive = patch[_DIRECTIVE]
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != _DIRECTIVE}
    if directive == "delete":
        return {}
    raise _unknown_directive(directive, patch)


def _retain_keys(merged: Map, patch: Map) -> None:
    retained = patch.pop(_RETAIN_KEYS)
    if not isinstance(retained, list):
        raise bad_request("invalid patch format of retainKeys")
    names = {name for name in retained if isinstance(name, str)}
    for key, value in patch.items():
        if value is not None and not key.startswith((_DELETE_FROM, _ORDER)) and key not in names:
            raise bad_request("invalid patch format of retainKeys")
    for key in [key for key in merged if key not in names]:
        del merged[key]


def _set(type_: Field, merged: Map, key: str, value: Any) -> None:
    if value is None:
        merged.pop(key, None)
        return
    current = merged.get(key)
    if isinstance(current, dict) and isinstance(value, dict):
        merged[key] = _merged_map(_field(type_, key), current, value)
    elif isinstance(current, list) and isinstance(value, list):
        field = _field(type_, key)
        merged[key] = _merged_list(field, current, value) if field.merges else value
    else:
        kept = _without_directives(_without_nulls(value))
        merged.pop(key, None)
        if kept is not _NOT_KEPT:
            merged[key] = kept


def _delete_from_list(type_: Field, merged: Map, key: str, value: Any) -> None:
    current = merged.get(key)
    if value is None:
        merged.pop(key, None)
    elif isinstance(current, list) and isinstance(value, list):
        if _holds_maps(current, value):
            merged[key] = _merged_list(_field(type_, key), current, value)
        else:
            gone = set(map(_identity, value))
            merged[key] = [item for item in current if _identity(item) not in gone]


def _field(type_: Field, key: str) -> Field:
    if type_.struct is None:
        return type_.item or type_
    field = type_.struct.fields.get(key)
    if field is None:
        struct = type_.struct.short_name
        raise bad_request(f"unable to find api field in struct {struct} for the json field {quoted(key)}")
    return field


def _merged_list(field: Field, current: list[Any], patch: list[Any]) -> list[Any]:
    if not current and not patch:
        return current
    if not _holds_maps(current, patch):
        return _in_order(_once([*current, *patch]), patch, current, _identity)
    key = field.merge_key
    if not key:
        raise bad_request(f"cannot merge lists without merge key for {field.go_type}")
    current, patch = _without_special_items(current, patch, key)
    assert field.item is not None
    merged = list(current)
    places = {_identity(item.get(key)): i for i, item in reversed(list(enumerate(merged)))}
    for item in patch:
        place = places.setdefault(_identity(_key_of(item, key)), len(merged))
        if place == len(merged):
            merged.append(item)
        else:
            merged[place] = _merged_map(field.item, merged[place], item)
    return _in_order(merged, patch, current, lambda item: _identity(_key_of(item, key)))


def _without_special_items(current: list[Any], patch: list[Any], key: str) -> tuple[list[Any], list[Any]]:
    """Both lists after the items of the patch that have a directive were carried out."""
    plain = []
    replaces = False
    gone = set()
    for item in patch:
        directive = item.get(_DIRECTIVE, _NOT_KEPT)
        if directive is _NOT_KEPT:
            plain.append(item)
        elif directive == "delete":
            gone.add(_identity(_key_of(item, key)))
        elif directive == "replace":
            replaces = True
        elif directive == "merge":
            raise bad_request("merging lists cannot yet be specified in the patch")
        else:
            raise _unknown_directive(directive, item)
    if replaces:
        return plain, []
    return [item for item in current if key not in item or _identity(item[key]) not in gone], plain


def _set_element_order(type_: Field, merged: Map, patch: Map, directive: str) -> None:
    """Merge a list and put it into the order that the directive gives; it is taken from the patch."""
    order = patch.pop(directive)
    name = _named(directive, _ORDER)
    for value in (order, merged.get(name, []), patch.get(name, [])):
        if not isinstance(value, list):
            raise bad_request(f"expected a []interface {{}}, but received a {go_type(value)}")
    field = _field(type_, name)
    key = field.merge_key
    changes = patch.pop(name, None)
    _demand_same_order(changes or [], order, key)
    before = merged.get(name)
    if before is None and changes is None:
        return
    if before is None:
        merged[name] = _without_directives(changes)
    elif changes is not None:
        merged[name] = _merged_list(field, before, changes) if field.merges else changes
    if not before and not changes:
        raise bad_request("no elements in any of the given slices")
    merged[name] = _in_order(merged[name], order, before or [], lambda item: _order_key(item, key))


def _order_key(item: Any, key: str) -> Identity:
    return _identity(_key_of(item, key) if key else item)


def _demand_same_order(changes: list[Any], order: list[Any], key: str) -> None:
    kept = [item for item in changes if not (isinstance(item, dict) and _DIRECTIVE in item)]
    wanted = iter([_order_key(item, key) for item in order])
    if order and not all(_order_key(item, key) in wanted for item in kept):
        raise bad_request(
            f"The order in patch list:\n{go_text(changes)}\n doesn't match {_ORDER} list:\n{go_text(order)}\n"
        )


def _in_order(
    merged: list[Any], order: list[Any], before: list[Any], key: Callable[[Any], Identity]
) -> list[Any]:
    """The items as the order has them; the others stand where they stood before among these."""
    wanted, had = _places(order, key), _places(before, key)
    ordered = deque(sorted((i for i in merged if key(i) in wanted), key=lambda i: wanted[key(i)]))
    others = deque(
        sorted((i for i in merged if key(i) not in wanted), key=lambda i: had.get(key(i), len(had)))
    )
    result = []
    while ordered and others:
        stood, other_stood = had.get(key(ordered[0])), had.get(key(others[0]))
        other_first = stood is not None and other_stood is not None and other_stood < stood
        result.append((others if other_first else ordered).popleft())
    return [*result, *ordered, *others]


def _places(items: list[Any], key: Callable[[Any], Identity]) -> dict[Identity, int]:
    places: dict[Identity, int] = {}
    for i, item in enumerate(items):
        places.setdefault(key(item), i)
    return places


def _once(items: list[Any]) -> list[Any]:
    return list({_identity(item): item for item in reversed(items)}.values())[::-1]


def _identity(value: Any) -> Identity:
    """What two equal JSON values have in common; 1 and true are not equal."""
    return go_type(value), value if isinstance(value, str) else go_text(value)


def _holds_maps(*lists: list[Any]) -> bool:
    kinds = {go_type(item) for items in lists for item in items}
    if "[]interface {}" in kinds:
        raise does_not_apply()
    if len(kinds) > 1:
        raise bad_request(f"list element types are not identical: {go_text(list(lists))}")
    return kinds == {go_type({})}


def _key_of(item: Any, key: str) -> Any:
    if not isinstance(item, dict):
        raise bad_request(f"expected a map[string]interface {{}}, but received a {go_type(item)}")
    if key not in item:
        raise bad_request(f"map: {go_text(item)} does not contain declared merge key: {key}")
    return item[key]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _without_directives(value: Any) -> Any:
    if isinstance(value, dict):
        if _DIRECTIVE in value:
            return _NOT_KEPT
        kept = {key: _without_directives(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not _NOT_KEPT}
    if isinstance(value, list):
        return [item for item in map(_without_directives, value) if item is not _NOT_KEPT]
    return value


def _named(key: str, directive: str) -> str:
    found, slash, name = key.partition("/")
    if found != directive or not slash:
        lists = "primitive list" if directive == _DELETE_FROM else "setElementOrder list"
        raise bad_request(f"invalid patch format of {lists}")
    return name


def _unknown_directive(directive: Any, patch: Map) -> StatusError:
    return bad_request(f"unknown patch type: {go_text(directive)} in map: {go_text(patch)}")
