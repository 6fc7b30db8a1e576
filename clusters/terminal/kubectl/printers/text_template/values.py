"""What values of a template are to Go, where that shows.

Models what text/template sees of them by reflection. Texts, numbers, true, false, maps and lists are Python's
own; whole numbers of the data are int64, those of a template `Int`.
"""

from typing import Any, Final

from clusters.terminal.kubectl.printers import gofmt


class Int(int):
    """A whole number that is no part of the data: a constant, a length, an index."""

    go_type = "int"


class Byte(int):
    """A byte of a text."""

    go_type = "uint8"


class Interface:
    """A value in an `interface {}`: what a map or list holds, also null. Errors call it by that type."""

    __slots__ = ("value",)
    go_type = "interface {}"

    def __init__(self, value: Any) -> None:
        self.value = value


class _Nothing:
    """No value: a key that is missing."""


NOTHING: Final = _Nothing()
NIL: Final = Interface(None)


def unwrapped(value: Any) -> Any:
    """The value itself, NOTHING for null (`indirectInterface`, and `reflect.ValueOf`)."""
    if isinstance(value, Interface):
        return NOTHING if value.value is None else value.value
    return value


def is_nil(value: Any) -> bool:
    """Whether this is null, which is not the same as nothing."""
    return isinstance(value, Interface) and value.value is None


def is_true(value: Any) -> bool:
    """Whether a value counts as true: it is not zero, empty, null or nothing."""
    value = unwrapped(value)
    return value is not NOTHING and bool(value)


def basic_kind(value: Any) -> str:
    """Of which kind a value is for a comparison, "" if it cannot be compared."""
    if isinstance(value, Byte):
        return "uint"
    if isinstance(value, bool):
        return "bool"
    kinds = {int: "int", float: "float", complex: "complex", str: "string"}
    return next((kind for kind_of, kind in kinds.items() if isinstance(value, kind_of)), "")


def printable(value: Any) -> str:
    """A value as an action prints it."""
    value = unwrapped(value)
    return "<no value>" if value is NOTHING else gofmt.sprint(value)
