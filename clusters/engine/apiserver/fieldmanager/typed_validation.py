"""Whether an applied object is of its type, told as structured-merge-diff does.

Models `typed/validate.go`: server-side apply refuses unknown fields, whatever fieldValidation says.
"""

from collections.abc import Iterator
from typing import Any, Final

from clusters.engine.apiserver.fieldmanager.field_sets import path_text
from clusters.engine.apiserver.fieldmanager.typed import element_of
from clusters.engine.apiserver.go_text import go_text, go_type
from clusters.engine.apiserver.schema import Field, Struct

_NUMERIC: Final = ("int32", "int64")
_ANY_SCALAR: Final = ("quantity", "int-or-string")


def errors_of(struct: Struct, value: dict[str, Any]) -> list[str]:
    """What is wrong, such as `.spec.replica: field not declared in schema`."""
    return [f"{path}: {why}" if path else why for path, why in _errors(Field("struct", struct=struct), value)]


def _errors(field: Field, value: Any) -> Iterator[tuple[str, str]]:
    if value is None or field.kind == "any":
        return
    if field.kind == "list":
        yield from _list_errors(field, value)
    elif field.kind in ("struct", "map"):
        yield from _map_errors(field, value)
    elif why := _scalar_error(field.kind, value):
        yield "", why


def _map_errors(field: Field, value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield "", f"expected map, got {_shown(value)}"
        return
    for key, item in value.items():
        element = path_text((f"f:{key}",))
        below = field.struct.fields.get(key) if field.struct else field.item
        if below is None:
            yield element, "field not declared in schema"
        else:
            yield from ((element + path, why) for path, why in _errors(below, item))


def _list_errors(field: Field, value: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list):
        yield "", f"expected list, got {_shown(value)}"
        return
    assert field.item is not None
    seen = set()
    for i, item in enumerate(value):
        try:
            element = f"i:{i}" if field.atomic else element_of(field, item)
        except ValueError as error:
            yield "", f"element {i}: {error}"
            return
        text = path_text((element,))
        if element in seen:
            yield "", f"duplicate entries for key {text}"
        seen.add(element)
        yield from ((text + path, why) for path, why in _errors(field.item, item))


def _scalar_error(kind: str, value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind in _NUMERIC:
        return "" if is_number else f"expected numeric (int or float), got {go_type(value)}"
    if kind == "bool":
        return "" if isinstance(value, bool) else f"expected boolean, got {_shown(value)}"
    if kind in _ANY_SCALAR:
        return f"expected any scalar, got {_shown(value)}" if isinstance(value, dict | list) else ""
    if isinstance(value, str):
        return ""
    return f"expected string, got &value.valueUnstructured{{Value:{go_text(value)}}}"


def _shown(value: Any) -> str:
    return f"&{{{go_text(value)}}}"
