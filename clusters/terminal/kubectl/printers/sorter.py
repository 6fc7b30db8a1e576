"""`--sort-by`: objects, or the rows of a Table, in the order of one of their fields.

Models kubectl's `pkg/cmd/get/sorter.go`, over objects as the API sends them: times are texts.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from clusters.engine.quantities import parse_quantity
from clusters.terminal.kubectl.printers.budget import Budget
from clusters.terminal.kubectl.printers.gofmt import quote, type_name
from clusters.terminal.kubectl.printers.gosort import go_sorted
from clusters.terminal.kubectl.printers.interface import Object
from clusters.terminal.kubectl.printers.jsonpath import JSONPath, JSONPathError, relaxed


class UnsortableError(ValueError):
    """Values that have no order. kubectl writes this to its log, and ends."""


class _Keyed(NamedTuple):
    """What is sorted, with all that its path found."""

    item: Any
    found: list[list[Any]]


def sort_objects(objects: list[Object], sort_by: str) -> list[Object]:
    """Objects by a field, which at least one of them must have. Raises ValueError with upstream's words."""
    if len(objects) < 2:
        return objects
    return _sorted(objects, relaxed(sort_by), lambda obj: obj, "*unstructured.Unstructured")


def sort_table(table: Object, sort_by: str) -> Object:
    """A Table with its rows by a field of their objects. Raises ValueError with upstream's words."""
    try:
        field = relaxed(sort_by)
    except JSONPathError:
        field = sort_by
    rows = table.get("rows") or []
    try:
        rows = _sorted(rows, field, lambda row: row.get("object"), "[][][]reflect.Value")
    except JSONPathError as error:
        raise ValueError(f"sorting error: {error}") from error
    return {**table, "rows": rows}


def _sorted(items: list[Any], field: str, object_of: Callable[[Any], Any], go_type: str) -> list[Any]:
    path = JSONPath(field, allow_missing=True)
    budget = Budget()
    keyed = [_Keyed(item, path.find_results(object_of(item), budget)) for item in items]
    if items and not any(map(_has_value, keyed)):
        raise ValueError(f"couldn't find any field with path {quote(field)} in the list of objects")

    def is_less(one: _Keyed, other: _Keyed) -> bool:
        if not _has_value(one) or not _has_value(other):
            return not _has_value(one)
        try:
            return less(one.found[0][0], other.found[0][0])
        except UnsortableError as error:
            raise UnsortableError(
                f"Field {field} in {go_type} is an unsortable type: interface, err: {error}"
            ) from error

    return [key.item for key in go_sorted(keyed, is_less)]


def _has_value(keyed: _Keyed) -> bool:
    return bool(keyed.found and keyed.found[0])


def less(one: Any, other: Any) -> bool:
    """Whether one value comes before another; texts that both are quantities by their amounts.

    Raises UnsortableError for values of different types, maps, lists, true and false.
    """
    if one is None or other is None:
        return one is None and other is not None
    if not isinstance(one, int | float | str) or isinstance(one, bool):
        raise UnsortableError(f"unsortable type: {type_name(one)}")
    if type(one) is not type(other):
        raise UnsortableError("unsortable interface: interface")
    if isinstance(one, str):
        return _text_is_less(one, str(other))
    return one < float(other) if isinstance(other, float) else one < int(other)


def _text_is_less(one: str, other: str) -> bool:
    try:
        return parse_quantity(one) < parse_quantity(other)
    except (ValueError, ArithmeticError):
        return one < other
