"""Fills variables into words, and splits them: what a shell does between reading a command and running it.

Models the word expansions of POSIX (Shell Command Language, 2.6). Left out: names of files by pattern,
`$((...))` with assignments, and IFS.
"""

import re
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final

from clusters.engine.kubelet.shell.tree import (
    Arithmetic,
    Parameter,
    Part,
    Quoted,
    Substitution,
    Text,
    Word,
    literal,
)

LONGEST: Final = 16_384
"""Characters of a word."""
_MOST: Final = 131_072
"""Characters of all words of a command."""
_RANGE: Final = re.compile(r"\{(-?\d{1,6})\.\.(-?\d{1,6})\}", re.ASCII)
_WIDEST: Final = 10_000
_NUMBER: Final = re.compile(r"\s*(\d{1,20}|[A-Za-z_]\w*|[<>=!]=|&&|\|\||[-+*/%()<>!])", re.ASCII)
_PRECEDENCE: Final = {
    **dict.fromkeys(("||",), 1),
    **dict.fromkeys(("&&",), 2),
    **dict.fromkeys(("==", "!="), 3),
    **dict.fromkeys(("<", ">", "<=", ">="), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
}

Expansion = Generator[Any, Any, str]


class ExpansionError(Exception):
    """A word that cannot be filled in, in the shell's words."""


class Words:
    """Fills in words.

    `variables` are the shell's; `run` runs the script of a `$(...)` for its output; `spend` hears how much
    work it was, see machine.py.
    """

    def __init__(
        self, variables: Mapping[str, str], run: Any, spend: Callable[[int], None], *, braces: bool = False
    ) -> None:
        self.variables = variables
        self.run = run
        self.spend = spend
        self.braces = braces

    def fields(self, words: tuple[Word, ...]) -> Generator[Any, Any, list[str]]:
        """The words of a command: what was not quoted is split at blanks."""
        found: list[str] = []
        size = 0
        for word in words:
            fields = yield from self._fields(word)
            size += sum(len(field) + 1 for field in fields)
            if size > _MOST:
                raise ExpansionError("Argument list too long")
            found.extend(fields)
        return found

    def text(self, word: Word) -> Expansion:
        """A word as one text, as the value of a variable."""
        text = ""
        for index, part in enumerate(word):
            text = (text + (yield from self._part(part, first=index == 0)))[:LONGEST]
            self.spend((1 if isinstance(part, Text) else 2) + len(text) // 512)
        return text

    def _fields(self, word: Word) -> Generator[Any, Any, list[str]]:
        match = _RANGE.fullmatch(literal(word)) if self.braces else None
        if match is not None:
            return _numbers(int(match[1]), int(match[2]))
        pieces: list[tuple[str, bool]] = []
        size = 0
        for index, part in enumerate(word):
            text = yield from self._part(part, first=index == 0)
            size += len(text)
            self.spend(2 + len(text) // (16 if isinstance(part, (Text, Quoted)) else 4))
            if size > _MOST:
                raise ExpansionError("Argument list too long")
            whole = isinstance(part, (Text, Quoted)) or part.quoted
            pieces += [(text, True)] if whole else _split(text)
        return _joined(pieces)

    def _part(self, part: Part, *, first: bool) -> Expansion:
        if isinstance(part, Text):
            return self._tilde(part) if first else part.text
        if isinstance(part, Quoted):
            return (yield from self.text(part.parts))
        if isinstance(part, Substitution):
            output: str = yield from self.run(part.script)
            return output.rstrip("\n")
        if isinstance(part, Arithmetic):
            inner = yield from self.text(_dollars(part.text))
            self.spend(len(inner))
            return str(calculate(inner, self.variables))
        return (yield from self._parameter(part))

    def _tilde(self, part: Text) -> str:
        if part.quoted or not (part.text == "~" or part.text.startswith("~/")):
            return part.text
        return self.variables.get("HOME", "~") + part.text[1:]

    def _parameter(self, part: Parameter) -> Expansion:
        value = self.variables.get(part.name, "")
        missing = part.name not in self.variables or (part.operator.startswith(":") and not value)
        kind = part.operator[-1:]
        if not kind:
            return value
        if kind == "+":
            return "" if missing else (yield from self.text(part.word))
        if not missing:
            return value
        word = yield from self.text(part.word)
        if kind == "?":
            raise ExpansionError(f"{part.name}: {word or 'parameter not set'}")
        return word


def _split(text: str) -> list[tuple[str, bool]]:
    """What was filled in without quotes, as pieces that belong to a word and blanks between words."""
    return [(piece, not piece.isspace()) for piece in re.findall(r"\s+|\S+", text)]


def _joined(pieces: list[tuple[str, bool]]) -> list[str]:
    fields, current = list[str](), list[str]()
    for text, solid in [*pieces, (" ", False)]:
        if solid:
            current.append(text)
        elif current:
            fields.append("".join(current)[:LONGEST])
            current = []
    return fields


def _numbers(first: int, last: int) -> list[str]:
    step = 1 if last >= first else -1
    return [str(number) for number in range(first, last + step, step)[:_WIDEST]]


def _dollars(text: str) -> Word:
    """The `$NAME`s in an arithmetic expression."""
    parts: list[Part] = []
    for piece in re.split(r"(\$\{?\w+\}?)", text):
        parts.append(Parameter(piece.strip("${}")) if piece.startswith("$") else Text(piece, True))
    return tuple(parts)


def calculate(text: str, variables: Mapping[str, str]) -> int:
    """The value of an arithmetic expression, in 64 bits. Raises ExpansionError."""
    tokens = _NUMBER.findall(text)
    if "".join(tokens) != re.sub(r"\s+", "", text) or len(tokens) > 200:
        raise ExpansionError(f"arithmetic expression: expecting primary: {text!r}")
    if not tokens:
        return 0
    sum_ = _Sum(tokens, variables)
    value = sum_.level(1)
    if sum_.tokens:
        raise ExpansionError(f"arithmetic expression: expecting EOF: {text!r}")
    return value


class _Sum:
    def __init__(self, tokens: list[str], variables: Mapping[str, str]) -> None:
        self.tokens = tokens
        self.variables = variables

    def level(self, lowest: int) -> int:
        left = self.primary()
        while self.tokens and _PRECEDENCE.get(self.tokens[0], 0) >= lowest:
            operator = self.tokens.pop(0)
            left = _wrap(_apply(operator, left, self.level(_PRECEDENCE[operator] + 1)))
        return left

    def primary(self) -> int:
        token = self.tokens.pop(0) if self.tokens else ""
        if token == "(":
            value = self.level(1)
            if not self.tokens or self.tokens.pop(0) != ")":
                raise ExpansionError("arithmetic expression: expecting ')'")
            return value
        if token in ("-", "+", "!"):
            value = self.primary()
            return {"-": -value, "+": value, "!": int(not value)}[token]
        if token.isdigit():
            return _wrap(int(token))
        if re.fullmatch(r"[A-Za-z_]\w*", token):
            held = self.variables.get(token, "").strip()
            return _wrap(int(held)) if re.fullmatch(r"-?[0-9]{1,20}", held) else 0
        raise ExpansionError("arithmetic expression: expecting primary")


def _wrap(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63


def _apply(operator: str, left: int, right: int) -> int:
    if operator in "/%":
        if right == 0:
            raise ExpansionError("divide by zero")
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return quotient if operator == "/" else left - quotient * right
    return int(
        {
            "+": left + right,
            "-": left - right,
            "*": left * right,
            "==": left == right,
            "!=": left != right,
            "<": left < right,
            ">": left > right,
            "<=": left <= right,
            ">=": left >= right,
            "&&": bool(left and right),
            "||": bool(left or right),
        }[operator]
    )
