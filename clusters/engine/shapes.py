"""Shapes that JSON from outside must have: a few checks that are put together.

A shape is called with a value and the place where it was found, and raises ShapeError.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

Shape = Callable[[Any, str], None]

LATEST: Final = 253_402_300_799
"""9999-12-31T23:59:59Z, the last second that can be written."""


class ShapeError(ValueError):
    """A value that is not as it has to be; says where, and what is expected."""


def text(most: int = 65_536) -> Shape:
    """A text of so many characters at most."""

    def check(value: Any, place: str) -> None:
        if not isinstance(value, str) or len(value) > most:
            raise ShapeError(f"{place}: a text of at most {most} characters is expected")

    return check


def number(least: float, most: float) -> Shape:
    """A finite number in these limits."""

    def check(value: Any, place: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ShapeError(f"{place}: a number is expected")
        if not (math.isfinite(value) and least <= value <= most):
            raise ShapeError(f"{place}: a number from {least} to {most} is expected")

    return check


def integer(least: int, most: int) -> Shape:
    """A whole number in these limits."""

    def check(value: Any, place: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ShapeError(f"{place}: a whole number from {least} to {most} is expected")

    return check


def one_of(*allowed: object) -> Shape:
    """One of these values, of the same type."""

    def check(value: Any, place: str) -> None:
        if not any(type(value) is type(other) and value == other for other in allowed):
            raise ShapeError(f"{place}: one of {', '.join(map(repr, allowed))} is expected")

    return check


def nullable(shape: Shape) -> Shape:
    """null, or what the shape says."""

    def check(value: Any, place: str) -> None:
        if value is not None:
            shape(value, place)

    return check


def list_of(shape: Shape, most: int, least: int = 0) -> Shape:
    """A list of such items."""

    def check(value: Any, place: str) -> None:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise ShapeError(f"{place}: a list of {least} to {most} items is expected")
        for index, item in enumerate(value):
            shape(item, f"{place}[{index}]")

    return check


def map_of(shape: Shape, most: int = 1000) -> Shape:
    """Any names, and such values."""

    def check(value: Any, place: str) -> None:
        if not isinstance(value, dict) or len(value) > most:
            raise ShapeError(f"{place}: a map of at most {most} entries is expected")
        for name, item in value.items():
            shape(item, f"{place}.{name}")

    return check


def record(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """All of the required fields, perhaps the optional ones, and no others."""
    fields = {**required, **(optional or {})}

    def check(value: Any, place: str) -> None:
        if not isinstance(value, dict):
            raise ShapeError(f"{place}: a map is expected" if place else "a map is expected")
        inside = f"{place}." if place else ""
        for name in required:
            if name not in value:
                raise ShapeError(f"{inside}{name}: it is missing")
        for name, item in value.items():
            if name not in fields:
                raise ShapeError(f"{inside}{name}: there is no such field")
            fields[name](item, f"{inside}{name}")

    return check


BOOL: Final = one_of(True, False)
TIME: Final = number(0, LATEST)
"""Simulated seconds since the epoch."""
