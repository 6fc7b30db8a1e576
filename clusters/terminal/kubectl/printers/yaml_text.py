"""An object as `-o yaml` shows it.

Models sigs.k8s.io/yaml over go.yaml.in/yaml/v2 (encode.go, sorter.go, emitterc.go): keys in their natural
order, lists not indented in a mapping, lines folded at the first space after the 80th character. Left out:
keys of more than 1,024 bytes, which go-yaml cannot read back from the JSON that it is given.
"""

import re
from functools import cmp_to_key, lru_cache
from typing import Any, Final

from clusters.terminal.kubectl.printers.gofmt import as_decoded, float_text
from clusters.terminal.kubectl.printers.json_text import scalar_text
from clusters.terminal.kubectl.printers.yaml_scalars import (
    BREAK,
    UNPRINTABLE,
    Style,
    as_read,
    is_simple_key,
    style_of,
)

SEPARATOR: Final = "---\n"
"""Between the objects of one command."""

_WIDTH: Final = 80
_INDENT: Final = 2
_RUNS: Final = re.compile(f" +|[{BREAK}]|[^ {BREAK}]+")
_LINES: Final = re.compile(f"[{BREAK}]|[^{BREAK}]+")
_ESCAPED: Final = re.compile(f'{UNPRINTABLE}|[{BREAK}"\\\\]')
_ESCAPES: Final = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\t": "t",
    "\n": "n",
    "\v": "v",
    "\f": "f",
    "\r": "r",
    "\x1b": "e",
    '"': '"',
    "\\": "\\",
    "\x85": "N",
    "\xa0": "_",
    "\u2028": "L",
    "\u2029": "P",
}


def yaml_text(value: Any) -> str:
    """A JSON-shaped value as YAML that ends in a line break.

    Raises ValueError with go-yaml's words for a control character that YAML does not have.
    """
    emitter = _Emitter()
    emitter.node(value, -1, in_mapping=False)
    emitter.write_indent(0)
    return "".join(emitter.parts)


class _Emitter:
    """What libyaml's emitter keeps: the column, and what was written last.

    `whitespace` says that nothing needs a space before it, `indention` that there is nothing on this line
    but spaces and marks of a block.
    """

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.column = 0
        self.whitespace = True
        self.indention = True

    def node(self, value: Any, indent: int, *, in_mapping: bool) -> None:
        """Writes a value that stands in a block of this indentation (-1: the document itself)."""
        if isinstance(value, dict | list) and not value:
            self._indicator("[]" if isinstance(value, list) else "{}")
        elif isinstance(value, dict):
            self._mapping(value, max(indent + _INDENT, 0) if indent >= 0 else 0)
        elif isinstance(value, list):
            indentless = in_mapping and not self.indention
            self._sequence(value, indent if indentless else indent + _INDENT if indent >= 0 else 0)
        elif isinstance(value, str):
            self._text(as_read(value), max(indent, 0) + _INDENT, simple_key=False)
        else:
            self._plain(_scalar(value), 0, folded=False)

    def write_indent(self, indent: int) -> None:
        """Goes to this column, on a new line unless there is nothing on this one."""
        if not self.indention or self.column > indent or (self.column == indent and not self.whitespace):
            self._break()
        self._put(" " * (indent - self.column))
        self.whitespace = self.indention = True

    def _mapping(self, value: dict[str, Any], indent: int) -> None:
        for key in in_natural_order(tuple(sorted(value))):
            self.write_indent(indent)
            if is_simple_key(key):
                self._text(as_read(key), indent + _INDENT, simple_key=True)
                self._put(":")
                self.indention = False
            else:
                self._mark("?")
                self._text(as_read(key), indent + _INDENT, simple_key=False)
                self.write_indent(indent)
                self._mark(":")
            self.node(value[key], indent, in_mapping=True)

    def _sequence(self, value: list[Any], indent: int) -> None:
        for item in value:
            self.write_indent(indent)
            self._mark("-")
            self.node(item, indent, in_mapping=False)

    def _text(self, text: str, indent: int, *, simple_key: bool) -> None:
        """Writes a text; lines that go on are indented to `indent`."""
        match style_of(text, simple_key):
            case Style.PLAIN:
                self._plain(text, indent, folded=not simple_key)
            case Style.SINGLE_QUOTED:
                self._single_quoted(text, indent, folded=not simple_key)
            case Style.DOUBLE_QUOTED:
                self._double_quoted(text, indent, folded=not simple_key)
            case Style.LITERAL:
                self._literal(text, indent)

    def _plain(self, text: str, indent: int, *, folded: bool) -> None:
        self._space()
        self._runs(text, indent, folded=folded)
        self.whitespace = self.indention = False

    def _single_quoted(self, text: str, indent: int, *, folded: bool) -> None:
        self._indicator("'")
        self._runs(text.replace("'", "''"), indent, folded=folded)
        self._indicator("'", spaced=False)

    def _runs(self, text: str, indent: int, *, folded: bool) -> None:
        if self.column + len(text) <= _WIDTH and (
            text.isascii() or not any(char in text for char in "\u2028\u2029")
        ):
            self._put(text)
            return
        after_break = False
        for found in _RUNS.finditer(text):
            run = found[0]
            if run in BREAK:
                self._put(run)
                self.column = 0
                after_break = self.indention = True
            elif run == " " and folded and self.column > _WIDTH and 0 < found.start() < len(text) - 1:
                self.write_indent(indent)
            else:
                if after_break and run[0] != " ":
                    self.write_indent(indent)
                    after_break = False
                self._put(run)
                self.indention = False

    def _double_quoted(self, text: str, indent: int, *, folded: bool) -> None:
        self._indicator('"')
        all_escaped = text.startswith("\ufeff")
        after_space = False
        for i, char in enumerate(text):
            if all_escaped or _ESCAPED.match(char):
                self._put(_escape(char))
                after_space = False
            elif char != " ":
                self._put(char)
                after_space = False
            else:
                if folded and not after_space and self.column > _WIDTH and 0 < i < len(text) - 1:
                    self.write_indent(indent)
                    self._put("\\" if text[i + 1] == " " else "")
                else:
                    self._put(char)
                after_space = True
        self._indicator('"', spaced=False)

    def _literal(self, text: str, indent: int) -> None:
        self._indicator("|" + _block_hints(text))
        self._break()
        self.indention = self.whitespace = True
        for line in _LINES.findall(text):
            if line == "\n":
                self._break()
                self.indention = True
            elif line in BREAK:
                self._put(line)
                self.column = 0
                self.indention = True
            else:
                if self.column == 0:
                    self.write_indent(indent)
                self._put(line)
                self.indention = False

    def _mark(self, mark: str) -> None:
        """A dash, question mark or colon after which a block may start on the same line."""
        self._space()
        self._put(mark)
        self.whitespace = False

    def _indicator(self, mark: str, *, spaced: bool = True) -> None:
        if spaced:
            self._space()
        self._put(mark)
        self.whitespace = self.indention = False

    def _space(self) -> None:
        if not self.whitespace:
            self._put(" ")

    def _break(self) -> None:
        self.parts.append("\n")
        self.column = 0

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self.column += len(text)


@lru_cache(maxsize=1024)
def in_natural_order(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Keys as go-yaml sorts them: letters after other characters, numbers by their value.

    >>> in_natural_order(("a10", "a9", "aB", "a-b", "b"))
    ('a-b', 'a9', 'a10', 'aB', 'b')
    """
    if all(map(str.isalpha, keys)):
        return tuple(sorted(keys))
    return tuple(sorted(keys, key=cmp_to_key(_compare)))


def _compare(first: str, second: str) -> int:
    for i, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return -1 if _comes_first(first, second, i) else 1
    return len(first) - len(second)


def _comes_first(first: str, second: str, i: int) -> bool:
    """Whether `first` is sorted before `second`, from which it differs at `i`."""
    a, b = first[i], second[i]
    if a.isalpha() or b.isalpha():
        return a < b if a.isalpha() and b.isalpha() else b.isalpha()
    # A zero within a number is no leading zero: both numbers get a digit before them.
    before = 1 if "0" in (a, b) and _digits_before(first, i).strip("0") else 0
    numbers = [_number_at(text, i, before) for text in (first, second)]
    return numbers[0] < numbers[1] if numbers[0] != numbers[1] else a < b


def _number_at(text: str, i: int, before: int) -> tuple[int, int]:
    end = i
    while end < len(text) and text[end].isdecimal():
        before = before * 10 + ord(text[end]) - ord("0")
        end += 1
    return (before + 2**63) % 2**64 - 2**63, end


def _digits_before(text: str, i: int) -> str:
    start = i
    while start and text[start - 1].isdecimal():
        start -= 1
    return text[start:i]


def _scalar(value: Any) -> str:
    """A number as go-yaml reads it from JSON and writes it; true, false or null."""
    text = scalar_text(value)
    if value is None or isinstance(value, bool):
        return text
    whole = text.lstrip("-").isdigit()
    if text == "-0":
        return "0"
    if whole and -(2**63) <= int(text) < 2**64:
        return text
    return float_text(float(as_decoded(value) if isinstance(value, int) else value))


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return "\\" + _ESCAPES[char]
    number = ord(char)
    if number <= 0xFF:
        return f"\\x{number:02X}"
    return f"\\u{number:04X}" if number <= 0xFFFF else f"\\U{number:08X}"


def _block_hints(text: str) -> str:
    """What stands behind the bar: how far it is indented, and what becomes of the last line breaks."""
    indent = str(_INDENT) if text[0] in " " + BREAK else ""
    if text[-1] not in BREAK:
        return indent + "-"
    return indent + ("+" if len(text) == 1 or text[-2] in BREAK else "")
