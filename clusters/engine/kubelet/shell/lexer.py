"""A script's text to words, operators and redirections."""

import re
from collections.abc import Callable
from typing import Final

from clusters.engine.kubelet.shell.tree import (
    Arithmetic,
    Node,
    NotSimulatedError,
    Parameter,
    Part,
    Quoted,
    Redirection,
    ShellSyntaxError,
    Substitution,
    Text,
    Token,
    Word,
)

DEEPEST: Final = 20
"""Levels of commands within commands."""
_REDIRECTION: Final = re.compile(r"(\d?|&)(>>|>&|>\||<<|<&|>|<)(?:(?<=&)(\d|-))?")
_OPERATOR: Final = re.compile(r"&&|\|\||;;|[;&|()\n]")
_NAME: Final = re.compile(r"[A-Za-z_]\w*|[?$#@*!\d]", re.ASCII)
_PARAMETER: Final = re.compile(r"([A-Za-z_]\w*|[?$#@*!\d])(?:(:?[-=+?])(.*))?", re.ASCII | re.DOTALL)


def tokens_of(text: str, parse: Callable[[str], Node], *, lenient: bool, depth: int) -> list[Token]:
    """The tokens; `parse` makes trees of the scripts of `$(...)`. Raises as syntax.parse does."""
    return _Lexer(text, parse, lenient, depth).tokens()


class _Lexer:
    def __init__(self, text: str, parse: Callable[[str], Node], lenient: bool, depth: int) -> None:
        self.parse = parse
        self.text = text.replace("\\\n", "")
        self.lenient = lenient
        self.depth = depth
        self.at = 0

    def tokens(self) -> list[Token]:
        found: list[Token] = []
        while self._skip_blanks():
            found.append(self._token())
        return found

    def _skip_blanks(self) -> bool:
        """Go to the next token; whether there is one."""
        while self.at < len(self.text) and self.text[self.at] in " \t\r":
            self.at += 1
        if self.text.startswith("#", self.at):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        return self.at < len(self.text)

    def _token(self) -> Token:
        redirection = _REDIRECTION.match(self.text, self.at)
        if redirection is not None:
            return self._redirection(redirection)
        operator = _OPERATOR.match(self.text, self.at)
        if operator is not None:
            self.at = operator.end()
            return operator[0]
        return self._word()

    def _redirection(self, match: re.Match[str]) -> Redirection:
        if match[2] == "<<":
            raise NotSimulatedError("here-documents are")
        if not self.lenient:
            raise NotSimulatedError("redirections are")
        self.at = match.end()
        if match[3]:
            return Redirection(match[1], match[2], match[3])
        self._skip_blanks()
        word = self._word()
        if not word:
            raise ShellSyntaxError("syntax error: redirection without a file")
        return Redirection(match[1], match[2], "", word)

    def _word(self) -> Word:
        parts: list[Part] = []
        while self.at < len(self.text) and self.text[self.at] not in " \t\r\n;&|<>()":
            parts.append(self._part())
        return tuple(parts)

    def _part(self) -> Part:
        char = self.text[self.at]
        if char == "'":
            end = self._find("'", self.at + 1)
            part = Text(self.text[self.at + 1 : end], True)
            self.at = end + 1
            return part
        if char == '"':
            return self._double_quoted()
        if char == "\\":
            part = Text(self.text[self.at + 1 : self.at + 2], True)
            self.at += 2
            return part
        if char in "$`":
            return self._dollar(False)
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in " \t\r\n;&|<>()'\"\\$`":
            self.at += 1
        return Text(self.text[start : self.at])

    def _find(self, what: str, start: int) -> int:
        end = self.text.find(what, start)
        if end < 0:
            raise ShellSyntaxError("syntax error: unterminated quoted string")
        return end

    def _double_quoted(self) -> Part:
        self.at += 1
        parts: list[Part] = []
        while (char := self.text[self.at : self.at + 1]) != '"':
            if not char:
                raise ShellSyntaxError("syntax error: unterminated quoted string")
            parts.append(self._quoted_part(char))
        self.at += 1
        return Quoted(tuple(parts))

    def _quoted_part(self, char: str) -> Part:
        if char in "$`":
            return self._dollar(True)
        if char == "\\" and self.text[self.at + 1 : self.at + 2] in ("$", "`", '"', "\\"):
            self.at += 2
            return Text(self.text[self.at - 1], True)
        start = self.at
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] not in '"$`\\':
            self.at += 1
        return Text(self.text[start : self.at], True)

    def _dollar(self, quoted: bool) -> Part:
        if self.text[self.at] == "`":
            raise NotSimulatedError("backticks are")
        rest = self.text[self.at + 1 : self.at + 3]
        if rest.startswith("("):
            return self._parenthesis(quoted, arithmetic=rest == "((")
        if rest.startswith("{"):
            end = _matching(self.text, self.at + 1, "{", "}")
            inner = self.text[self.at + 2 : end]
            self.at = end + 1
            return self._braced(inner, quoted)
        name = _NAME.match(self.text, self.at + 1)
        if name is None:
            self.at += 1
            return Text("$", quoted)
        self.at = name.end()
        return Parameter(name[0], quoted)

    def _parenthesis(self, quoted: bool, *, arithmetic: bool) -> Part:
        end = _matching(self.text, self.at + 1, "(", ")")
        inner = self.text[self.at + 2 : end]
        self.at = end + 1
        if arithmetic and inner.endswith(")"):
            return Arithmetic(inner[1:-1], quoted)
        return Substitution(self.parse(inner), quoted)

    def _braced(self, inner: str, quoted: bool) -> Part:
        match = _PARAMETER.fullmatch(inner)
        if match is None:
            raise NotSimulatedError(f"${{{inner}}} is")
        if self.depth >= DEEPEST:
            raise NotSimulatedError(f"more than {DEEPEST} levels of commands are")
        lexer = _Lexer(f'"{match[3] or ""}"', self.parse, self.lenient, self.depth + 1)
        return Parameter(match[1], quoted, match[2] or "", lexer._word())


def _matching(text: str, start: int, opening: str, closing: str) -> int:
    """Where the bracket at `start` is closed, quotes apart."""
    level, quote, at = 0, "", start
    while at < len(text):
        char = text[at]
        if char == "\\" and quote != "'":
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in opening + closing:
            level += 1 if char == opening else -1
            if level == 0:
                return at
        at += 1
    raise ShellSyntaxError("syntax error: unexpected end of file")
