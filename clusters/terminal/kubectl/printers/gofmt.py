"""Values as Go writes them: `%v`, `%#v`, `%q` and floats.

Models fmt's `print.go` and strconv's `quote.go` and `ftoa.go` for what JSON holds. Left out: what
Go's table of printable characters has otherwise than Python's, by a version of Unicode.
"""

import math
import re
from collections.abc import Callable
from typing import Any, Final

_SHORT: Final = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
}
_PLAIN: Final = re.compile(r"[ !#-\[\]-~]*")
SHORTEST_EXPONENT: Final = 21
"""From this power of ten on, encoding/json writes an exponent; fmt does so from 6 on."""


def fits_int64(number: int) -> bool:
    """Whether Go can keep the number as an int64."""
    return -(2**63) <= number < 2**63


def as_decoded(number: int) -> int | float:
    """A number as Kubernetes' JSON decoder keeps it: what does not fit an int64 is a float64."""
    return number if fits_int64(number) else float(number)


def sprint(value: Any) -> str:
    """A JSON-shaped value as `%v` shows it.

    >>> sprint({"b": [1, None, True], "a": 1e6})
    'map[a:1e+06 b:[1 <nil> true]]'
    """
    return _CODERS.get(type(value), _others)(value)


def quote(text: str) -> str:
    """A text as `%q` shows it.

    >>> print(quote('a "b"\\n'))
    "a \\"b\\"\\n"
    """
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    return '"' + "".join(escaped(char, '"') for char in text) + '"'


def escaped(char: str, mark: str) -> str:
    """One character as it stands between these quotation marks."""
    if char == mark:
        return "\\" + char
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable():
        return char
    number = ord(char)
    if number < 0x20 or number == 0x7F:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def go_syntax(value: Any) -> str:
    """A JSON-shaped value as `%#v` shows it.

    >>> print(go_syntax({"a": ["x", None]}))
    map[string]interface {}{"a":[]interface {}{"x", interface {}(nil)}}
    """
    match value:
        case None:
            return "interface {}(nil)"
        case str():
            return quote(value)
        case dict():
            pairs = ", ".join(f"{quote(key)}:{go_syntax(value[key])}" for key in sorted(value))
            return f"map[string]interface {{}}{{{pairs}}}"
        case list():
            return f"[]interface {{}}{{{', '.join(map(go_syntax, value))}}}"
    return sprint(value)


def type_name(value: Any) -> str:
    """How Go calls the type of a value that its JSON decoder made, or of one that has a `go_type`."""
    if value is None:
        return "<nil>"
    names = {
        bool: "bool",
        int: "int64",
        float: "float64",
        complex: "complex128",
        str: "string",
        list: "[]interface {}",
        dict: "map[string]interface {}",
    }
    return names.get(type(value)) or str(value.go_type)


def digits_of(number: float) -> tuple[str, int]:
    """The shortest digits that read as this number again, and where their decimal point is.

    >>> digits_of(1234.5), digits_of(0.001)
    (('12345', 4), ('1', -2))
    """
    mantissa, _, exponent = f"{abs(number)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return (digits, point) if digits else ("0", 1)


def float_text(number: float, largest: int = 6, smallest: int = -4) -> str:
    """A float with as few digits as tell it from others (`strconv.FormatFloat(x, 'g', -1, 64)`).

    An exponent is written if the number is at least 10**largest or below 10**smallest.

    >>> float_text(1.0), float_text(1e6), float_text(0.0001), float_text(12345678.5)
    ('1', '1e+06', '0.0001', '1.23456785e+07')
    """
    if math.isinf(number) or math.isnan(number):
        return "NaN" if math.isnan(number) else "+Inf" if number > 0 else "-Inf"
    sign = "-" if math.copysign(1, number) < 0 else ""
    digits, point = digits_of(number)
    if number and not smallest < point <= largest:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{'-' if point < 1 else '+'}{abs(point - 1):02d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def _mapping(value: dict[str, Any]) -> str:
    return f"map[{' '.join(f'{key}:{sprint(value[key])}' for key in sorted(value))}]"


def _sequence(value: list[Any]) -> str:
    return f"[{' '.join(map(sprint, value))}]"


def _others(value: Any) -> str:
    """What templates make of numbers: subclasses of int, and complex numbers."""
    if isinstance(value, complex):
        real, imaginary = float_text(value.real), float_text(value.imag)
        return f"({real}{'' if imaginary[0] in '+-' else '+'}{imaginary}i)"
    return str(value)


def _integer(value: int) -> str:
    number = as_decoded(value)
    return str(number) if isinstance(number, int) else float_text(number)


_CODERS: Final[dict[type, Callable[[Any], str]]] = {
    str: str,
    int: _integer,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "<nil>",
    float: float_text,
    dict: _mapping,
    list: _sequence,
}
