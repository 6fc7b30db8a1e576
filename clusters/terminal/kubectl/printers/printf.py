"""`printf` as Go's fmt does it.

Models fmt's `print.go` and `format.go` for what JSON and templates hold. Left out: `%p`, floats in base 2 and
16 (`%b`, `%x`), and `#` on floats.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from clusters.terminal.kubectl.printers.budget import Budget
from clusters.terminal.kubectl.printers.gofmt import (
    escaped,
    float_text,
    go_syntax,
    quote,
    sprint,
    type_name,
)

_LARGEST: Final = 1_000_000
"""A width or precision beyond this is none."""
_DIRECTIVE: Final = re.compile(r"(?P<flags>[#0+\- ]*)")
_INDEX: Final = re.compile(r"\[([^\]]*)(\]?)")
_DIGITS: Final = re.compile(r"[0-9]+")
_RAW: Final = re.compile("[^`\x7f\ufeff\0-\x08\x0a-\x1f]*")
"""What may stand between backquotes."""
_BASES: Final = {"b": "b", "o": "o", "O": "o", "x": "x", "X": "X", "d": "d", "v": "d"}
_PREFIXES: Final = {"b": "0b", "x": "0x", "X": "0X", "o": "0"}


@dataclass(frozen=True)
class _Flags:
    sharp: bool = False
    zero: bool = False
    plus: bool = False
    minus: bool = False
    space: bool = False
    width: int | None = None
    precision: int | None = None


def sprint_all(args: Sequence[Any]) -> str:
    """All values, with a space between two that are no texts (`fmt.Sprint`)."""
    parts: list[str] = []
    for i, arg in enumerate(args):
        if i and not isinstance(arg, str) and not isinstance(args[i - 1], str):
            parts.append(" ")
        parts.append(sprint(arg))
    return "".join(parts)


def sprintf(template: str, args: Sequence[Any], budget: Budget) -> str:
    """The template with the values in it; what does not fit is told there, as `%!d(string=x)`.

    Raises TooMuchWorkError if it gets longer than the budget allows.
    """
    return _Printf(template, args, budget).text()


class _Printf:
    def __init__(self, template: str, args: Sequence[Any], budget: Budget) -> None:
        self.template = template
        self.args = args
        self.budget = budget
        self.pos = 0
        self.arg = 0
        self.reordered = False
        self.after_index = False
        self.good_index = True
        self.parts: list[str] = []

    def text(self) -> str:
        while (start := self.template.find("%", self.pos)) >= 0:
            self._put(self.template[self.pos : start])
            self.pos = start + 1
            self._directive()
        self._put(self.template[self.pos :])
        if not self.reordered and self.arg < len(self.args):
            extra = (_named(arg, _Flags()) for arg in self.args[self.arg :])
            self._put(f"%!(EXTRA {', '.join(extra)})")
        return "".join(self.parts)

    def _put(self, text: str) -> None:
        self.parts.append(self.budget.spend_on(text))

    def _directive(self) -> None:
        self.good_index = True
        self.after_index = False
        found = _DIRECTIVE.match(self.template, self.pos)
        marks = found["flags"] if found else ""
        self.pos += len(marks)
        minus = "-" in marks
        flags = _Flags("#" in marks, "0" in marks, "+" in marks, minus, " " in marks)
        self._index()
        flags = self._precision(self._width(flags))
        if not self.after_index:
            self._index()
        if self.pos >= len(self.template):
            self._put("%!(NOVERB)")
            return
        verb = self.template[self.pos]
        self.pos += 1
        self._verb(verb, flags)

    def _verb(self, verb: str, flags: _Flags) -> None:
        if verb == "%":
            self._put("%")
        elif not self.good_index:
            self._put(f"%!{verb}(BADINDEX)")
        elif self.arg >= len(self.args):
            self._put(f"%!{verb}(MISSING)")
        else:
            self.arg += 1
            flags = replace(flags, plus=flags.plus and verb != "v")
            self._put(_formatted(self.args[self.arg - 1], verb, flags, self.budget))

    def _index(self) -> None:
        """Reads `[n]`: which value comes next."""
        found = _INDEX.match(self.template, self.pos)
        if found is None:
            return
        self.reordered = self.after_index = True
        number = found[1]
        if not found[2]:
            self.pos += 1
        else:
            self.pos = found.end()
        if found[2] and number.isdecimal() and 1 <= int(number) <= len(self.args):
            self.arg = int(number) - 1
        else:
            self.good_index = False

    def _width(self, flags: _Flags) -> _Flags:
        if self._at("*"):
            width = self._number_from_args()
            if width is None:
                self._put("%!(BADWIDTH)")
            elif width < 0:
                flags = replace(flags, minus=True, zero=False)
            self.after_index = False
            return replace(flags, width=None if width is None else abs(width))
        width = self._number()
        if self.after_index and width is not None:
            self.good_index = False
        return replace(flags, width=width)

    def _precision(self, flags: _Flags) -> _Flags:
        if not self._at("."):
            return flags
        if self.after_index:
            self.good_index = False
        self._index()
        if self._at("*"):
            precision = self._number_from_args()
            if precision is None or precision < 0:
                precision = None
                self._put("%!(BADPREC)")
            self.after_index = False
            return replace(flags, precision=precision)
        return replace(flags, precision=self._number() or 0)

    def _at(self, char: str) -> bool:
        if not self.template.startswith(char, self.pos):
            return False
        self.pos += 1
        return True

    def _number(self) -> int | None:
        found = _DIGITS.match(self.template, self.pos)
        if found is None:
            return None
        self.pos = found.end()
        return int(found[0]) if len(found[0]) <= 7 and int(found[0]) <= _LARGEST else None

    def _number_from_args(self) -> int | None:
        self.arg += 1
        arg = self.args[self.arg - 1] if self.arg <= len(self.args) else None
        if not isinstance(arg, int) or isinstance(arg, bool) or abs(arg) > _LARGEST:
            return None
        return arg


def _formatted(arg: Any, verb: str, flags: _Flags, budget: Budget) -> str:
    """One value with its verb; a map or list has it for each value in it."""
    if verb == "T":
        return _padded(type_name(arg), flags)
    if arg is None:
        return _padded("<nil>", flags) if verb == "v" else f"%!{verb}(<nil>)"
    if isinstance(arg, dict | list):
        return _collection(arg, verb, flags, budget)
    text = _scalar(arg, verb, flags)
    return budget.spend_on(f"%!{verb}({_named(arg, flags)})" if text is None else text)


def _collection(arg: dict[str, Any] | list[Any], verb: str, flags: _Flags, budget: Budget) -> str:
    if verb == "v" and flags.sharp:
        return go_syntax(arg)

    def inner(value: Any) -> str:
        return "<nil>" if value is None else _formatted(value, verb, flags, budget)

    if isinstance(arg, list):
        return f"[{' '.join(map(inner, arg))}]"
    return f"map[{' '.join(f'{inner(key)}:{inner(arg[key])}' for key in sorted(arg))}]"


def _scalar(arg: Any, verb: str, flags: _Flags) -> str | None:
    """None for a verb that this type does not have."""
    if isinstance(arg, bool):
        return _padded("true" if arg else "false", flags) if verb in "tv" else None
    if isinstance(arg, int):
        return _integer(arg, verb, flags)
    if isinstance(arg, float):
        return _float(arg, verb, flags)
    if isinstance(arg, str):
        return _string(arg, verb, flags)
    return _padded(sprint(arg), flags) if verb == "v" else None


def _named(arg: Any, flags: _Flags) -> str:
    """A value with its type."""
    return "<nil>" if arg is None else f"{type_name(arg)}={_formatted(arg, 'v', flags, Budget())}"


def _integer(number: int, verb: str, flags: _Flags) -> str | None:
    if verb in _BASES:
        return _padded(_digits(number, verb, flags), replace(flags, zero=False))
    if verb not in "cqU" or not verb:
        return None
    char = chr(number) if 0 <= number <= 0x10FFFF and not 0xD800 <= number < 0xE000 else "\ufffd"
    if verb == "c":
        return _padded(char, flags)
    if verb == "q":
        quoted = f"'{escaped(char, chr(39))}'"
        return _padded(_ascii(quoted) if flags.plus else quoted, flags)
    shown = f" '{char}'" if flags.sharp and char.isprintable() else ""
    return _padded(f"U+{number & (2**64 - 1):04X}{shown}", replace(flags, zero=False))


def _digits(number: int, verb: str, flags: _Flags) -> str:
    if flags.precision == 0 and number == 0:
        return ""
    sign = "-" if number < 0 else "+" if flags.plus else " " if flags.space else ""
    least = flags.precision or 0
    if flags.precision is None and flags.zero and not flags.minus and flags.width is not None:
        least = flags.width - len(sign)
    digits = f"{abs(number):{_BASES[verb]}}".rjust(least, "0")
    prefix = "0o" if verb == "O" else _PREFIXES.get(verb, "") if flags.sharp else ""
    if prefix == "0" and digits.startswith("0"):
        prefix = ""
    return sign + prefix + digits


def _float(number: float, verb: str, flags: _Flags) -> str | None:
    if verb not in "vgGeEfF":
        return None
    kind = {"v": "g", "F": "f"}.get(verb, verb)
    if kind in "gG" and flags.precision is None:
        text = float_text(number)
        text = text.upper() if kind == "G" and text[-1].isdigit() else text
    elif number != number or number in (float("inf"), float("-inf")):
        text = float_text(number)
    else:
        precision = 6 if flags.precision is None else flags.precision
        text = f"{number:.{precision}{kind}}"
    if text[0] not in "+-":
        text = ("+" if flags.plus else " " if flags.space else "") + text
    elif text[0] == "+" and not flags.plus:
        text = (" " if flags.space else "") + text[1:]
    if not text[-1].isdigit():
        return _padded(text, replace(flags, zero=False))
    if flags.zero and not flags.minus and text[0] in "+- ":
        return text[0] + text[1:].rjust((flags.width or 0) - 1, "0")
    return _padded(text, flags)


def _string(text: str, verb: str, flags: _Flags) -> str | None:
    if verb in "xX":
        return _hex(text, verb, flags)
    if flags.precision is not None:
        text = text[: flags.precision]
    if verb == "s" or (verb == "v" and not flags.sharp):
        return _padded(text, flags)
    if verb not in "qv":
        return None
    if flags.sharp and verb == "q" and _RAW.fullmatch(text):
        return _padded(f"`{text}`", flags)
    return _padded(_ascii(quote(text)) if flags.plus else quote(text), flags)


def _hex(text: str, verb: str, flags: _Flags) -> str:
    data = text.encode()
    if flags.precision is not None:
        data = data[: flags.precision]
    digits = [f"{byte:02{verb}}" for byte in data]
    prefix = f"0{verb}" if flags.sharp and digits else ""
    return _padded(prefix + (f" {prefix}" if flags.space else "").join(digits), flags)


def _ascii(quoted: str) -> str:
    def escape(char: str) -> str:
        number = ord(char)
        return char if number < 0x80 else f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"

    return "".join(map(escape, quoted))


def _padded(text: str, flags: _Flags) -> str:
    width = flags.width or 0
    if flags.minus:
        return text.ljust(width)
    return text.rjust(width, "0" if flags.zero else " ")
