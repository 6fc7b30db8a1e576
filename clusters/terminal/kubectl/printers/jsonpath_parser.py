"""A JSONPath template of kubectl, taken apart.

Models client-go's `util/jsonpath/parser.go` and `node.go`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clusters.terminal.kubectl.printers.gofmt import fits_int64

_END: Final = ""
_DICT_KEY: Final = re.compile(r"'([^']*)'")
_SLICE: Final = re.compile(r"(-?\d*)(:-?\d*)?(:-?\d*)?", re.ASCII)
_COMPARISON: Final = re.compile(r"([^!<>=]+)([!<>=]+)(.+)")
_NUMBER: Final = re.compile(r"[+-]?\d+", re.ASCII)
_FLOAT: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_ESCAPE: Final = re.compile(
    r"\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<oct>[0-3][0-7]{2})"
    r"|(?P<short>[abfnrtv\\'\"]))"
)
_SHORT: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_LONGEST: Final = 20
"""Characters of an int64."""


class JSONPathError(ValueError):
    """A template that cannot be read, or that does not fit the object; in upstream's words."""


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Field:
    name: str


@dataclass(frozen=True)
class Identifier:
    """`range` or `end`."""

    name: str


@dataclass(frozen=True)
class Constant:
    value: bool | int | float


@dataclass(frozen=True)
class Wildcard:
    pass


@dataclass(frozen=True)
class Recursive:
    pass


@dataclass(frozen=True)
class Array:
    """`[start:end:step]`, None for what is not given; `[i]` is i to i + 1, `derived`."""

    start: int | None
    end: int | None
    step: int | None
    derived: bool


@dataclass(frozen=True)
class Filter:
    left: Sequence["Node"]
    operator: str
    right: Sequence["Node"]


@dataclass(frozen=True)
class Union:
    parts: Sequence[Sequence["Node"]]


@dataclass(frozen=True)
class Nodes:
    """What stands between two braces; each takes what the one before it found."""

    nodes: Sequence["Node"]


Node = Text | Field | Identifier | Constant | Wildcard | Recursive | Array | Filter | Union | Nodes


def parse(text: str) -> list[Text | Nodes]:
    """The texts and actions of a template. Raises JSONPathError with upstream's words."""
    return _Parser(text).template()


def _parse_action(text: str) -> Sequence[Node]:
    first = parse("{" + text + "}")[0]
    return first.nodes if isinstance(first, Nodes) else ()


class _Parser:
    """`start` is where the part begins that is being read, `pos` where it goes on."""

    def __init__(self, text: str) -> None:
        self.input = text
        self.pos = 0
        self.start = 0

    def template(self) -> list[Text | Nodes]:
        root: list[Text | Nodes] = []
        while True:
            found = self.input.find("{", self.pos)
            self.pos = len(self.input) if found < 0 else found
            if self.pos > self.start:
                root.append(Text(self._consume()))
            if found < 0:
                return root
            self.pos += 1
            self._consume()
            root.append(Nodes(self._action()))

    def _action(self) -> list[Node]:
        nodes: list[Node] = []
        while not self._at("}"):
            self._inside_action(nodes)
        self.pos += 1
        self._consume()
        return nodes

    def _inside_action(self, nodes: list[Node]) -> None:
        if self._at("[?("):
            nodes.append(self._filter())
        elif self._at(".."):
            self._recursive(nodes)
        else:
            self._other(nodes)

    def _other(self, nodes: list[Node]) -> None:
        char = self._next()
        if char in (_END, "\r", "\n"):
            raise JSONPathError("unclosed action")
        if char in " @$":
            self._consume()
        elif char == "[":
            nodes.extend(self._array())
        elif char in "\"'":
            nodes.append(self._quote(char))
        elif char == ".":
            nodes.append(self._field())
        elif char in "+-" or char.isdecimal():
            nodes.append(self._number())
        elif _is_alphanumeric(char):
            nodes.append(self._identifier())
        else:
            raise JSONPathError(f"unrecognized character in action: {_unicode(char)}")

    def _identifier(self) -> Node:
        while not _is_terminator(self._peek()):
            self.pos += 1
        name = self._consume()
        return Constant(name == "true") if name in ("true", "false") else Identifier(name)

    def _recursive(self, nodes: list[Node]) -> None:
        if nodes and isinstance(nodes[-1], Recursive):
            raise JSONPathError("invalid multiple recursive descent")
        self.pos += 2
        self._consume()
        nodes.append(Recursive())
        if _is_alphanumeric(self._peek()):
            nodes.append(self._field())

    def _number(self) -> Node:
        while (char := self._peek()) == "." or char.isdecimal():
            self.pos += 1
        text = self._consume()
        if (number := _atoi(text)) is not None:
            return Constant(number)
        if _FLOAT.fullmatch(text):
            return Constant(float(text))
        raise JSONPathError(f"cannot parse number {text}")

    def _array(self) -> Sequence[Node]:
        while (char := self._next()) != "]":
            if char in (_END, "\n"):
                raise JSONPathError("unterminated array")
        text = self._consume()[1:-1]
        if text == "*":
            text = ":"
        parts = text.split(",")
        if len(parts) > 1:
            return [Union([_parse_action(f"[{part.strip(' ')}]") for part in parts])]
        if key := _DICT_KEY.fullmatch(text):
            return _parse_action(f".{key[1]}")
        return [_slice(text)]

    def _filter(self) -> Node:
        self.pos += 3
        self._consume()
        self._to_end_of_filter()
        if self._next() != "]":
            raise JSONPathError("unclosed array expect ]")
        text = self._consume()[:-2]
        found = _COMPARISON.fullmatch(text)
        if found is None:
            return Filter(_parse_action(text), "exists", ())
        return Filter(_parse_action(found[1]), found[2], _parse_action(found[3]))

    def _to_end_of_filter(self) -> None:
        """Goes behind the parenthesis that closes a filter: one that is in no quotes."""
        mark = ""
        closed = False
        while (char := self._next()) != ")" or bool(mark) != closed:
            if char in (_END, "\n"):
                raise JSONPathError("unterminated filter")
            if char in "\"'":
                if not mark:
                    mark = char
                elif self.input[self.pos - 2] != "\\" and char == mark:
                    closed = True

    def _quote(self, end: str) -> Node:
        while (char := self._next()) != end or self.input[self.pos - 2] == "\\":
            if char in (_END, "\n"):
                raise JSONPathError("unterminated quoted string")
        text = self._consume()
        try:
            return Text(unquote_extend(text))
        except JSONPathError as error:
            raise JSONPathError(f"unquote string {text} error {error}") from error

    def _field(self) -> Node:
        self._consume()
        while not _is_terminator(char := self._peek()):
            self.pos = min(self.pos + (2 if char == "\\" else 1), len(self.input))
        name = self._consume()
        return Wildcard() if name == "*" else Field(name.replace("\\", ""))

    def _consume(self) -> str:
        text = self.input[self.start : self.pos]
        self.start = self.pos
        return text

    def _next(self) -> str:
        char = self._peek()
        self.pos += len(char)
        return char

    def _peek(self) -> str:
        return self.input[self.pos : self.pos + 1]

    def _at(self, text: str) -> bool:
        return self.input.startswith(text, self.pos)


def _slice(text: str) -> Array:
    found = _SLICE.fullmatch(text)
    if found is None:
        raise JSONPathError(f"invalid array index {text}")
    start = _index(found[1] or None)
    derived = found[2] is None
    end = (start or 0) + 1 if derived else _index(found[2][1:] or None)
    return Array(start, end, _index((found[3] or "")[1:] or None), derived)


def _index(digits: str | None) -> int | None:
    if digits is None:
        return None
    if (index := _atoi(digits)) is None:
        raise JSONPathError(f"array index {digits} is not a number")
    return index


def _atoi(text: str) -> int | None:
    """The number, None for what is none or does not fit an int64."""
    digits = text.lstrip("+-0") or "0"
    if not _NUMBER.fullmatch(text) or len(digits) >= _LONGEST:
        return None
    number = -int(digits) if text[0] == "-" else int(digits)
    return number if fits_int64(number) else None


def unquote_extend(quoted: str) -> str:
    """A text without its quotes, single or double, and without escapes.

    Raises JSONPathError for what strconv.Unquote would not take.
    """
    mark, text = quoted[:1], quoted[1:-1]
    if len(quoted) < 2 or quoted[-1] != mark or mark not in "\"'":
        raise JSONPathError("invalid syntax")
    parts, pos = [], 0
    while (found := text.find("\\", pos)) >= 0:
        parts.append(_unescaped(text[pos:found], mark))
        escape = _ESCAPE.match(text, found)
        if escape is None:
            raise JSONPathError("invalid syntax")
        parts.append(_meaning(escape, mark))
        pos = escape.end()
    parts.append(_unescaped(text[pos:], mark))
    return b"".join(parts).decode(errors="replace")


def _unescaped(text: str, mark: str) -> bytes:
    if mark in text:
        raise JSONPathError("invalid syntax")
    return text.encode()


def _meaning(escape: re.Match[str], mark: str) -> bytes:
    """The bytes that an escape stands for: one for a number of two or three digits, else a character's."""
    if short := escape["short"]:
        if short in "\"'" and short != mark:
            raise JSONPathError("invalid syntax")
        return _SHORT.get(short, short).encode()
    if digits := escape["x"]:
        return bytes([int(digits, 16)])
    if digits := escape["oct"]:
        return bytes([int(digits, 8)])
    number = int(escape["u"] or escape["U"], 16)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:
        raise JSONPathError("invalid syntax")
    return chr(number).encode()


def _is_terminator(char: str) -> bool:
    return char in " \t\r\n.,[]$@{}"


def _is_alphanumeric(char: str) -> bool:
    return char == "_" or char.isalpha() or char.isdecimal()


def _unicode(char: str) -> str:
    """A character as `%#U` shows it."""
    name = f"U+{ord(char):04X}"
    return f"{name} '{char}'" if char.isprintable() else name
