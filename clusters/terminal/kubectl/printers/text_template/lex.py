"""The tokens of a template.

Models text/template/parse's `lex.go`. Positions are characters of the text, lines count from 1.
"""

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from clusters.terminal.kubectl.printers.gofmt import quote

_SPACES: Final = " \t\r\n"
_LEFT: Final = "{{"
_RIGHT: Final = "}}"
_RIGHT_DELIM: Final = re.compile(r"([ \t\r\n]-)?\}\}")
_SPACE: Final = re.compile(r"[ \t\r\n]+")
_NUMBER: Final = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?"
    r"|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)
_QUOTED: Final = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')
_CHARACTER: Final = re.compile(r"'(?:[^'\\\n]|\\[^\n])*'")


class Kind(Enum):
    """The types of tokens. Keywords are shown in angle brackets where they are not expected."""

    ERROR = auto()
    BOOL = auto()
    CHAR = auto()
    CHAR_CONSTANT = auto()
    COMPLEX = auto()
    ASSIGN = auto()
    DECLARE = auto()
    EOF = auto()
    FIELD = auto()
    IDENTIFIER = auto()
    LEFT_DELIM = auto()
    LEFT_PAREN = auto()
    NUMBER = auto()
    PIPE = auto()
    RAW_STRING = auto()
    RIGHT_DELIM = auto()
    RIGHT_PAREN = auto()
    SPACE = auto()
    STRING = auto()
    TEXT = auto()
    VARIABLE = auto()
    BLOCK = auto()
    BREAK = auto()
    CONTINUE = auto()
    DOT = auto()
    DEFINE = auto()
    ELSE = auto()
    END = auto()
    IF = auto()
    NIL = auto()
    RANGE = auto()
    TEMPLATE = auto()
    WITH = auto()


_KEYWORDS: Final = {
    kind.name.lower(): kind
    for kind in (
        Kind.BLOCK,
        Kind.BREAK,
        Kind.CONTINUE,
        Kind.DEFINE,
        Kind.ELSE,
        Kind.END,
        Kind.IF,
        Kind.NIL,
        Kind.RANGE,
        Kind.TEMPLATE,
        Kind.WITH,
    )
}
_SIGNS: Final = {"=": Kind.ASSIGN, "|": Kind.PIPE}


class Token(NamedTuple):
    """`line` is where the token starts."""

    kind: Kind
    pos: int
    text: str
    line: int

    def __str__(self) -> str:
        if self.kind is Kind.EOF:
            return "EOF"
        if self.kind is Kind.ERROR:
            return self.text
        if self.kind in _KEYWORDS.values() or self.kind is Kind.DOT:
            return f"<{self.text}>"
        return f"{quote(self.text[:10])}..." if len(self.text.encode()) > 10 else quote(self.text)


class Lexer:
    """Gives one token after the other; after an error only the end."""

    def __init__(self, text: str) -> None:
        self.input = text
        self.pos = 0
        self.start = 0
        self._line = 1
        self._inside_action = False
        self._depth = 0

    def next_token(self) -> Token:
        """The next token."""
        while True:
            token = self._action() if self._inside_action else self._text()
            if token:
                return token

    def _text(self) -> Token | None:
        found = self.input.find(_LEFT, self.pos)
        if found < 0:
            self.pos = len(self.input)
            return self._token(Kind.TEXT) if self.pos > self.start else self._token(Kind.EOF)
        if found > self.pos:
            end = found
            if self._is_trimmed(found + 2):
                end = self.start + len(self.input[self.start : found].rstrip(_SPACES))
            self.pos = end
            token = self._token(Kind.TEXT)
            self.pos = found
            self._ignore()
            if token.text:
                return token
        return self._left_delim()

    def _is_trimmed(self, pos: int) -> bool:
        return self.input.startswith("-", pos) and self.input[pos + 1 : pos + 2] in (*_SPACES,)

    def _left_delim(self) -> Token | None:
        self.pos += 2
        marker = 2 if self._is_trimmed(self.pos) else 0
        if self.input.startswith("/*", self.pos + marker):
            self.pos += marker
            self._ignore()
            return self._comment()
        token = self._token(Kind.LEFT_DELIM)
        self._inside_action = True
        self.pos += marker
        self._ignore()
        self._depth = 0
        return token

    def _comment(self) -> Token | None:
        end = self.input.find("*/", self.pos + 2)
        if end < 0:
            return self._error("unclosed comment")
        self.pos = end + 2
        found = _RIGHT_DELIM.match(self.input, self.pos)
        if found is None:
            return self._error("comment ends before closing delimiter")
        self._after_right_delim(found)
        return None

    def _after_right_delim(self, found: re.Match[str]) -> None:
        self.pos = found.end()
        if found[1]:
            rest = self.input[self.pos :]
            self.pos += len(rest) - len(rest.lstrip(_SPACES))
        self._ignore()

    def _action(self) -> Token | None:
        found = _RIGHT_DELIM.match(self.input, self.pos)
        if found:
            return self._error("unclosed left paren") if self._depth else self._right_delim(found)
        char = self.input[self.pos : self.pos + 1]
        if not char:
            return self._error("unclosed action")
        if char in _SPACES:
            return self._space()
        if char in _SIGNS:
            self.pos += 1
            return self._token(_SIGNS[char])
        return self._operand(char)

    def _right_delim(self, found: re.Match[str]) -> Token:
        self.pos = found.end() - len(_RIGHT)
        self._ignore()
        self.pos = found.end()
        token = self._token(Kind.RIGHT_DELIM)
        self._after_right_delim(found)
        self._inside_action = False
        return token

    def _space(self) -> Token:
        found = _SPACE.match(self.input, self.pos)
        self.pos = found.end() if found else self.pos
        if _RIGHT_DELIM.match(self.input, self.pos - 1):
            self.pos -= 1  # This space belongs to the mark that trims.
        return self._token(Kind.SPACE)

    def _operand(self, char: str) -> Token:
        if char in "\"`'":
            return self._quote(char)
        if char == "$" or (char == "." and not self._digit_follows()):
            return self._field_or_variable(Kind.VARIABLE if char == "$" else Kind.FIELD)
        if char in "+-.0123456789":
            return self._number()
        if _is_alphanumeric(char):
            return self._identifier()
        return self._sign(char)

    def _digit_follows(self) -> bool:
        following = self.input[self.pos + 1 : self.pos + 2]
        return not following or following in "0123456789"

    def _sign(self, char: str) -> Token:
        self.pos += 1
        if char == ":":
            self.pos += 1
            is_declaration = self.input[self.pos - 1 : self.pos] == "="
            return self._token(Kind.DECLARE) if is_declaration else self._error("expected :=")
        if char in "()":
            self._depth += 1 if char == "(" else -1
            if self._depth < 0:
                return self._error("unexpected right paren")
            return self._token(Kind.LEFT_PAREN if char == "(" else Kind.RIGHT_PAREN)
        if char.isascii() and char.isprintable():
            return self._token(Kind.CHAR)
        return self._error(f"unrecognized character in action: {_unicode(char)}")

    def _identifier(self) -> Token:
        self._skip_word()
        if not self._at_terminator():
            return self._bad_character()
        word = self.input[self.start : self.pos]
        if word in ("true", "false"):
            return self._token(Kind.BOOL)
        return self._token(_KEYWORDS.get(word, Kind.IDENTIFIER))

    def _field_or_variable(self, kind: Kind) -> Token:
        self.pos += 1
        if self._at_terminator():
            return self._token(kind if kind is Kind.VARIABLE else Kind.DOT)
        self._skip_word()
        return self._token(kind) if self._at_terminator() else self._bad_character()

    def _skip_word(self) -> None:
        while _is_alphanumeric(self.input[self.pos : self.pos + 1]):
            self.pos += 1

    def _at_terminator(self) -> bool:
        char = self.input[self.pos : self.pos + 1]
        return char in _SPACES + ".,|:()" or self.input.startswith(_RIGHT, self.pos)

    def _bad_character(self) -> Token:
        return self._error(f"bad character {_unicode(self.input[self.pos])}")

    def _number(self) -> Token:
        whole = self._scan_number()
        kind = Kind.NUMBER
        if whole and self.input[self.pos : self.pos + 1] in ("+", "-"):
            whole = self._scan_number() and self.input[self.pos - 1] == "i"
            kind = Kind.COMPLEX
        if not whole:
            return self._error(f"bad number syntax: {quote(self.input[self.start : self.pos])}")
        return self._token(kind)

    def _scan_number(self) -> bool:
        found = _NUMBER.match(self.input, self.pos)
        self.pos = found.end() if found else self.pos
        if not _is_alphanumeric(self.input[self.pos : self.pos + 1]):
            return True
        self.pos += 1
        return False

    def _quote(self, mark: str) -> Token:
        if mark == "`":
            end = self.input.find("`", self.pos + 1)
            if end < 0:
                return self._error("unterminated raw quoted string")
            self.pos = end + 1
            return self._token(Kind.RAW_STRING)
        is_string = mark == '"'
        found = (_QUOTED if is_string else _CHARACTER).match(self.input, self.pos)
        if found is None:
            return self._error(f"unterminated {'quoted string' if is_string else 'character constant'}")
        self.pos = found.end()
        return self._token(Kind.STRING if is_string else Kind.CHAR_CONSTANT)

    def _token(self, kind: Kind) -> Token:
        token = Token(kind, self.start, self.input[self.start : self.pos], self._line)
        self._ignore()
        return token

    def _ignore(self) -> None:
        self._line += self.input.count("\n", self.start, self.pos)
        self.start = self.pos

    def _error(self, text: str) -> Token:
        token = Token(Kind.ERROR, self.start, text, self._line)
        self.input = ""
        self.pos = self.start = 0
        self._inside_action = False
        return token


def _is_alphanumeric(char: str) -> bool:
    return char == "_" or char.isalpha() or char.isdecimal()


def _unicode(char: str) -> str:
    """A character as `%#U` shows it."""
    name = f"U+{ord(char):04X}"
    return f"{name} '{char}'" if char.isprintable() else name
