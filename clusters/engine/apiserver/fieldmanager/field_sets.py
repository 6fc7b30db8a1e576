"""Sets of fields, as metadata.managedFields writes them (FieldsV1).

Models `fieldpath` of sigs.k8s.io/structured-merge-diff. A set is the FieldsV1 itself: nested dicts whose
keys are `f:name` for a field, `k:{"name":"x"}` for an item of a list with keys, `v:"x"` for an item of a
set and `.` for the thing itself. {} inside of a set is a field that belongs to it, as a whole or because
it has no parts; as a set it is the empty one. Nobody changes a set: the functions return others.
"""

from collections.abc import Iterator
from typing import Any, Final

import orjson

FieldSet = dict[str, Any]
Path = tuple[str, ...]

EMPTY: Final[FieldSet] = {}
SELF: Final = "."


def field_element(name: str) -> str:
    """The element of a path for a field of a struct or a key of a map."""
    return f"f:{name}"


def key_element(keys: dict[str, Any]) -> str:
    """The element for an item of a list that its keys tell apart."""
    return f"k:{_compact(keys)}"


def value_element(value: Any) -> str:
    """The element for an item of a set."""
    return f"v:{_compact(value)}"


def holds_itself(node: FieldSet) -> bool:
    """Whether the thing itself belongs to a set, when `node` is what the set has below it."""
    return not node or SELF in node


def with_itself(node: FieldSet) -> FieldSet:
    """The node of a thing that belongs to the set itself."""
    return node if holds_itself(node) else {SELF: {}, **node}


def union(one: FieldSet, other: FieldSet) -> FieldSet:
    """What belongs to at least one of two sets."""
    return _union(one, other) if one and other else one or other


def difference(one: FieldSet, other: FieldSet) -> FieldSet:
    """What belongs to the first set and not to the second."""
    return _difference(one, other) or EMPTY if one and other else one


def intersection(one: FieldSet, other: FieldSet) -> FieldSet:
    """What belongs to both sets."""
    return _intersection(one, other) or EMPTY if one and other else EMPTY


def holds(fields: FieldSet, path: Path) -> bool:
    """Whether the field at a path belongs to the set."""
    for element in path:
        if element not in fields:
            return False
        fields = fields[element]
    return holds_itself(fields)


def paths(fields: FieldSet, prefix: Path = ()) -> Iterator[Path]:
    """The paths of all fields of a set, in upstream's order: what has no parts first, then by name."""
    elements = sorted(element for element in fields if element != SELF)
    for element in elements:
        if holds_itself(fields[element]):
            yield (*prefix, element)
    for element in elements:
        yield from paths(fields[element], (*prefix, element))


def path_text(path: Path) -> str:
    """A path as messages show it: `.spec.containers[name="a"].image`."""
    return "".join(map(_element_text, path))


def parse_fields(fields: Any) -> FieldSet:
    """A FieldsV1 that a client wrote, its keys and values in our spelling. Raises ValueError for others."""
    if not isinstance(fields, dict):
        raise ValueError("fieldsV1 is no object")
    return {_parse_element(element): parse_fields(below) for element, below in fields.items()}


def _node(itself: bool, children: FieldSet) -> FieldSet | None:
    if not children:
        return {} if itself else None
    return {SELF: {}, **children} if itself else children


def _union(one: FieldSet, other: FieldSet) -> FieldSet:
    children = {element: below for element, below in one.items() if element != SELF}
    for element, below in other.items():
        if element != SELF:
            children[element] = _union(children[element], below) if element in children else below
    node = _node(holds_itself(one) or holds_itself(other), children)
    assert node is not None
    return node


def _difference(one: FieldSet, other: FieldSet) -> FieldSet | None:
    children = {}
    for element, below in one.items():
        if element == SELF:
            continue
        left = _difference(below, other[element]) if element in other else below
        if left is not None:
            children[element] = left
    return _node(holds_itself(one) and not holds_itself(other), children)


def _intersection(one: FieldSet, other: FieldSet) -> FieldSet | None:
    children = {}
    for element, below in one.items():
        if element != SELF and element in other:
            both = _intersection(below, other[element])
            if both is not None:
                children[element] = both
    return _node(holds_itself(one) and holds_itself(other), children)


def _element_text(element: str) -> str:
    kind, text = element[:1], element[2:]
    if kind == "f":
        return f".{text}"
    if kind == "k":
        keys = orjson.loads(text)
        return f"[{','.join(f'{name}={_compact(value)}' for name, value in keys.items())}]"
    return f"[={text}]" if kind == "v" else f"[{text}]"


def _parse_element(element: str) -> str:
    kind, text = element[:2], element[2:]
    if element == SELF or kind == "f:":
        return element
    if kind == "v:":
        return value_element(orjson.loads(text))
    if kind == "k:":
        return key_element(dict(orjson.loads(text)))
    if kind == "i:":
        return f"i:{int(text)}"
    raise ValueError(f"unknown path element: {element}")


def _compact(value: Any) -> str:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError as error:
        # A number that no field can hold.
        raise ValueError(str(error)) from error
