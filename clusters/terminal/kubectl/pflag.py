"""Flags of a command line: `--name value`, `--name=value`, `-n value`, `-nvalue`, several letters at once.

Models github.com/spf13/pflag, with its messages. Left out: flags that are unknown and passed on.
"""

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from clusters.terminal.kubectl.printers.gofmt import quote

Parse = Callable[[str, Any], Any]
"""From a text and the value so far (None at first) to the new value. Raises ValueError."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag.

    `no_opt` is what it means without a value, "" if it needs one; `about` our words for the help. What is
    `deprecated`, or its shorthand, still works, and says so with these words. The default is shared: nobody
    may change it.
    """

    name: str
    default: Any
    parse: Parse
    shorthand: str = ""
    no_opt: str = ""
    about: str = ""
    hidden: bool = False
    deprecated: str = ""
    shorthand_deprecated: str = ""


class FlagError(ValueError):
    """A command line that cannot be read; the text is pflag's."""


def string(name: str, default: str = "", shorthand: str = "", about: str = "", **more: Any) -> Flag:
    """A text as it is."""
    return Flag(name, default, lambda text, _: text, shorthand, about=about, **more)


def boolean(name: str, default: bool = False, shorthand: str = "", about: str = "", **more: Any) -> Flag:
    """True if it is there without a value."""
    return Flag(name, default, _bool, shorthand, "true", about, **more)


def integer(
    name: str, default: int = 0, shorthand: str = "", about: str = "", bits: int = 64, **more: Any
) -> Flag:
    """A whole number as Go reads it: 0x10 is 16."""
    return Flag(name, default, lambda text, _: _int(text, bits), shorthand, about=about, **more)


def duration(name: str, default: float = 0.0, shorthand: str = "", about: str = "", **more: Any) -> Flag:
    """A Go duration such as `1m30s`; its value is in seconds."""
    return Flag(name, default, lambda text, _: parse_duration(text), shorthand, about=about, **more)


def strings(
    name: str, default: Sequence[str] = (), shorthand: str = "", about: str = "", **more: Any
) -> Flag:
    """pflag's StringSlice: values with commas are split, and each use adds some."""
    return Flag(name, list(default), _string_slice, shorthand, about=about, **more)


def array(name: str, default: Sequence[str] = (), shorthand: str = "", about: str = "", **more: Any) -> Flag:
    """pflag's StringArray: each use adds one, commas and all."""
    return Flag(name, list(default), lambda text, old: [*(old or ()), text], shorthand, about=about, **more)


@dataclass
class FlagSet:
    """The flags of a command and what a command line says of them.

    `args` are the words that are no flags; `dash` how many of them came before `--`, -1 without one.
    `said` are the flags as they were written, by name; `deprecations` lines about what should not be used.
    """

    flags: dict[str, Flag]
    values: dict[str, Any] = field(default_factory=dict)
    args: list[str] = field(default_factory=list)
    dash: int = -1
    said: list[tuple[str, str]] = field(default_factory=list)
    deprecations: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        """A flag's value, or its default."""
        return self.values[name] if name in self.values else self.flags[name].default

    def changed(self, name: str) -> bool:
        """Whether the command line has this flag."""
        return name in self.values

    def parse(self, words: Sequence[str]) -> None:
        """Read a command line. Raises FlagError."""
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if word == "--":
                self.dash = len(self.args)
                self.args += rest
                return
            if len(word) < 2 or word[0] != "-":
                self.args.append(word)
            elif word.startswith("--"):
                self._long(word, rest)
            else:
                self._short(word[1:], rest)

    def _long(self, word: str, rest: list[str]) -> None:
        name, equals, value = word[2:].partition("=")
        if not name or name[0] in "-":
            raise FlagError(f"bad flag syntax: {word}")
        flag = self.flags.get(normalized(name))
        if flag is None:
            raise FlagError(f"unknown flag: --{name}")
        if not equals:
            if not flag.no_opt and not rest:
                raise FlagError(f"flag needs an argument: --{name}")
            value = flag.no_opt or rest.pop(0)
        self.set(flag, value)

    def _short(self, letters: str, rest: list[str]) -> None:
        by_letter = {flag.shorthand: flag for flag in self.flags.values() if flag.shorthand}
        while letters:
            letter, tail = letters[0], letters[1:]
            flag = by_letter.get(letter)
            if flag is None:
                raise FlagError(f"unknown shorthand flag: '{letter}' in -{letters}")
            if len(tail) > 1 and tail[0] == "=":
                value, tail = tail[1:], ""
            elif flag.no_opt:
                value = flag.no_opt
            elif tail:
                value, tail = tail, ""
            elif rest:
                value = rest.pop(0)
            else:
                raise FlagError(f"flag needs an argument: '{letter}' in -{letters}")
            self._set_short(flag, value)
            letters = tail

    def _set_short(self, flag: Flag, value: str) -> None:
        if flag.shorthand_deprecated:
            said = f"Flag shorthand -{flag.shorthand} has been deprecated, {flag.shorthand_deprecated}"
            self.deprecations.append(said)
        self.set(flag, value)

    def set(self, flag: Flag, value: str) -> None:
        """Take a value for a flag. Raises FlagError."""
        try:
            self.values[flag.name] = flag.parse(value, self.values.get(flag.name))
        except ValueError as error:
            shown = f"-{flag.shorthand}, --{flag.name}" if flag.shorthand else f"--{flag.name}"
            raise FlagError(f'invalid argument {quote(value)} for "{shown}" flag: {error}') from error
        self.said.append((flag.name, value))
        if flag.deprecated:
            self.deprecations.append(f"Flag --{flag.name} has been deprecated, {flag.deprecated}")


def flag_set(flags: Iterable[Flag]) -> FlagSet:
    """Flags of which nothing is said yet."""
    return FlagSet({flag.name: flag for flag in flags})


def normalized(name: str) -> str:
    """component-base's WordSepNormalizeFunc: words may be joined by an underscore, too."""
    return name.replace("_", "-")


TRUE: Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})
FALSE: Final = frozenset({"0", "f", "F", "false", "FALSE", "False"})
"""What strconv.ParseBool takes."""


def _bool(text: str, _old: Any) -> bool:
    if text in TRUE or text in FALSE:
        return text in TRUE
    raise ValueError(f"strconv.ParseBool: parsing {quote(text)}: invalid syntax")


_NUMBER: Final = re.compile(
    r"[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])*|[1-9](?:_?[0-9])*)"
)


def _int(text: str, bits: int) -> int:
    problem = f"strconv.ParseInt: parsing {quote(text)}: "
    if not _NUMBER.fullmatch(text):
        raise ValueError(problem + "invalid syntax")
    sign = -1 if text[0] == "-" else 1
    digits = text.lstrip("+-").replace("_", "").lower()
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        digits = f"0o{digits[1:]}"
    value = sign * int(digits, 0)
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise ValueError(problem + "value out of range")
    return value


_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)([^\d.]*)")


def parse_duration(text: str) -> float:
    """The seconds of a Go duration such as `1h2m3.5s`. Raises ValueError with Go's words."""
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0.0
    total = 0.0
    if not rest:
        raise ValueError(f"time: invalid duration {quote(text)}")
    while rest:
        part = _PART.match(rest)
        if part is None:
            raise ValueError(f"time: invalid duration {quote(text)}")
        if not part[2]:
            raise ValueError(f"time: missing unit in duration {quote(text)}")
        if part[2] not in _UNITS:
            raise ValueError(f"time: unknown unit {quote(part[2])} in duration {quote(text)}")
        total += float(part[1]) * _UNITS[part[2]]
        rest = rest[part.end() :]
    if total * 1e9 >= 2.0**63:
        raise ValueError(f"time: invalid duration {quote(text)}")
    return -total if text[0] == "-" else total


def format_duration(seconds: float) -> str:
    """Seconds as Go prints a duration: `1h0m0s`, `1.5s`, `50ms`."""
    if 0 < seconds < 1:
        unit = next(unit for unit in ("ms", "µs", "ns") if round(seconds / _UNITS[unit], 6) >= 1)
        return f"{_plain(seconds / _UNITS[unit])}{unit}"
    whole, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(whole), 60)
    text = f"{_plain(rest)}s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def _plain(number: float) -> str:
    return f"{number:.9f}".rstrip("0").rstrip(".")


def _string_slice(text: str, old: list[str] | None) -> list[str]:
    try:
        rows = list(csv.reader([text], strict=True)) if text else [[]]
    except csv.Error as error:
        raise ValueError('parse error on line 1, column 1: bare " in non-quoted field') from error
    return [*(old or ()), *rows[0]]
