"""Command lines to trees: the part of the POSIX shell language that people type and put into manifests.

Understood are `;`, `&&`, `||`, line ends, quotes, `$NAME`, `${NAME:-word}`, `$?`, `$(...)`, `$((...))`,
`while`, `until`, `for`, `if`, `{ }` and `( )`. Left out: functions, `case`, here-documents, backticks.
Pipes, redirections and `&` are understood when `lenient`, and told apart as not simulated otherwise.
"""

import re
from typing import Final, NamedTuple, Union

LONGEST: Final = 65_536
"""Characters of a script."""
DEEPEST: Final = 20
"""Levels of commands within commands."""

_REDIRECTION: Final = re.compile(r"(\d?|&)(>>|>&|>\||<<|<&|>|<)(?:(?<=&)(\d|-))?")
_OPERATOR: Final = re.compile(r"&&|\|\||;;|[;&|()\n]")
_NAME: Final = re.compile(r"[A-Za-z_]\w*|[?$#@*!\d]", re.ASCII)
_PARAMETER: Final = re.compile(r"([A-Za-z_]\w*|[?$#@*!\d])(?:(:?[-=+?])(.*))?", re.ASCII | re.DOTALL)
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_]\w*)=", re.ASCII)
_ENDS: Final = frozenset({"do", "done", "then", "else", "elif", "fi", "}"})
_UNSUPPORTED: Final = frozenset({"case", "function", "select", "[["})


class ShellSyntaxError(Exception):
    """The line is no command, in the shell's words."""


class NotSimulatedError(Exception):
    """The line is right, but this shell does not do such things; says what."""


class Text(NamedTuple):
    text: str
    quoted: bool = False


class Parameter(NamedTuple):
    """`$name`, or `${name<operator>word}`."""

    name: str
    quoted: bool = False
    operator: str = ""
    word: tuple["Part", ...] = ()


class Quoted(NamedTuple):
    """What stands in double quotes: one piece, whatever is filled in."""

    parts: tuple["Part", ...]


class Substitution(NamedTuple):
    script: "Node"
    quoted: bool = False


class Arithmetic(NamedTuple):
    text: str
    quoted: bool = False


Part = Text | Quoted | Parameter | Substitution | Arithmetic
Word = tuple[Part, ...]


class Redirection(NamedTuple):
    """`fd` "" is the operator's own; `to` says a number for `>&`."""

    fd: str
    operator: str
    to: str = ""
    word: Word = ()


class Simple(NamedTuple):
    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]


class Sequence(NamedTuple):
    """Commands, each with the operator in front of it: `;`, `&&`, `||` or `|`."""

    items: tuple[tuple[str, "Node"], ...]


class Not(NamedTuple):
    node: "Node"


class Loop(NamedTuple):
    """`while`, or `until` if `until`."""

    condition: "Node"
    body: "Node"
    until: bool


class For(NamedTuple):
    name: str
    words: tuple[Word, ...]
    body: "Node"


class If(NamedTuple):
    """(condition, body) pairs; an `else` has no condition."""

    branches: tuple[tuple[Union["Node", None], "Node"], ...]


class Subshell(NamedTuple):
    body: "Node"


Node = Simple | Sequence | Not | Loop | For | If | Subshell
Token = str | Word | Redirection


def parse(text: str, *, lenient: bool = False, depth: int = 0) -> Node:
    """The tree of a script. Raises ShellSyntaxError or NotSimulatedError."""
    if len(text) > LONGEST:
        raise ShellSyntaxError("line too long")
    if depth > DEEPEST:
        raise NotSimulatedError(f"more than {DEEPEST} levels of commands are")
    tokens = _Lexer(text, lenient, depth).tokens()
    parser = _Parser(tokens, lenient)
    tree = parser.sequence(depth)
    if parser.token is not None:
        raise parser.unexpected()
    return tree


def is_complete(text: str) -> bool:
    """Whether a shell that reads lines would run this now, rather than ask for more."""
    try:
        parse(text)
    except ShellSyntaxError as fault:
        return "end of file" not in str(fault) and "unterminated" not in str(fault)
    except NotSimulatedError:
        pass
    return not re.search(r"(?<!\\)(?:\\\\)*\\\n?\Z", text)


def literal(word: Token | None) -> str:
    """The text of a word that has no quotes and nothing to fill in, else ""."""
    if isinstance(word, tuple) and not isinstance(word, Redirection) and len(word) == 1:
        part = word[0]
        if isinstance(part, Text) and not part.quoted:
            return part.text
    return ""


def _shown(token: Token) -> str:
    if isinstance(token, str):
        return "newline" if token == "\n" else token
    return literal(token) or "word"


class _Lexer:
    def __init__(self, text: str, lenient: bool, depth: int) -> None:
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
        return Substitution(parse(inner, lenient=self.lenient, depth=self.depth + 1), quoted)

    def _braced(self, inner: str, quoted: bool) -> Part:
        match = _PARAMETER.fullmatch(inner)
        if match is None:
            raise NotSimulatedError(f"${{{inner}}} is")
        if self.depth >= DEEPEST:
            raise NotSimulatedError(f"more than {DEEPEST} levels of commands are")
        lexer = _Lexer(f'"{match[3] or ""}"', self.lenient, self.depth + 1)
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


class _Parser:
    def __init__(self, tokens: list[Token], lenient: bool) -> None:
        self.tokens = tokens
        self.lenient = lenient
        self.at = 0

    @property
    def token(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def sequence(self, depth: int) -> Sequence:
        """Commands up to a word that ends them, or to the end."""
        if depth > DEEPEST:
            raise NotSimulatedError(f"more than {DEEPEST} levels of commands are")
        items: list[tuple[str, Node]] = []
        operator = ";"
        self._skip_lines()
        while operator and not self._at_end():
            items.append((operator, self._command(depth)))
            operator = self._operator()
            self._skip_lines()
            if operator in ("&&", "||", "|") and self._at_end():
                raise self.unexpected()
        return Sequence(tuple(items))

    def _skip_lines(self) -> None:
        while self.token == "\n":
            self.at += 1

    def _at_end(self) -> bool:
        return self.token in (None, ")", ";;") or literal(self.token) in _ENDS

    def unexpected(self) -> ShellSyntaxError:
        if self.token is None:
            return ShellSyntaxError("syntax error: unexpected end of file")
        return ShellSyntaxError(f'syntax error: unexpected "{_shown(self.token)}"')

    def _operator(self) -> str:
        token = self.token
        if token not in (";", "\n", "&&", "||", "|", "&"):
            return ""
        if token in ("|", "&") and not self.lenient:
            raise NotSimulatedError("pipes are" if token == "|" else "commands in the background are")
        self.at += 1
        return ";" if token in ("\n", "&") else str(token)

    def _command(self, depth: int) -> Node:
        word = literal(self.token)
        if word in _UNSUPPORTED:
            raise NotSimulatedError(f"`{word}` is")
        compound = {
            "while": self._loop,
            "until": self._loop,
            "for": self._for,
            "if": self._if,
            "{": self._group,
            "!": self._not,
        }.get("(" if self.token == "(" else word)
        if compound is not None:
            self.at += 1
            return self._redirected(compound(depth + 1, word))
        if self.token == "(":
            self.at += 1
            body = self.sequence(depth + 1)
            self._expect(")")
            return self._redirected(Subshell(body))
        return self._simple()

    def _redirected(self, node: Node) -> Node:
        # Where the output of a whole loop goes is no matter: it is lenient reading that allows for it.
        while isinstance(self.token, Redirection):
            self.at += 1
        return node

    def _expect(self, word: str) -> None:
        if self.token != word and literal(self.token) != word:
            raise self.unexpected()
        self.at += 1

    def _loop(self, depth: int, word: str) -> Node:
        condition = self.sequence(depth)
        return Loop(condition, self._body(depth), until=word == "until")

    def _body(self, depth: int) -> Node:
        self._expect("do")
        body = self.sequence(depth)
        self._expect("done")
        return body

    def _for(self, depth: int, _word: str) -> Node:
        name = literal(self.token)
        if not name.isidentifier():
            raise self.unexpected()
        self.at += 1
        words: list[Word] = []
        if literal(self.token) == "in":
            self.at += 1
            while isinstance(self.token, tuple) and not isinstance(self.token, Redirection):
                words.append(self.token)
                self.at += 1
        if self.token == ";":
            self.at += 1
        self._skip_lines()
        return For(name, tuple(words), self._body(depth))

    def _if(self, depth: int, _word: str) -> Node:
        branches: list[tuple[Node | None, Node]] = []
        while True:
            condition = self.sequence(depth)
            self._expect("then")
            branches.append((condition, self.sequence(depth)))
            if literal(self.token) != "elif":
                break
            self.at += 1
        if literal(self.token) == "else":
            self.at += 1
            branches.append((None, self.sequence(depth)))
        self._expect("fi")
        return If(tuple(branches))

    def _group(self, depth: int, _word: str) -> Node:
        body = self.sequence(depth)
        self._expect("}")
        return body

    def _not(self, depth: int, _word: str) -> Node:
        if depth > DEEPEST:
            raise NotSimulatedError(f"more than {DEEPEST} levels of commands are")
        return Not(self._command(depth))

    def _simple(self) -> Simple:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        while isinstance(self.token, tuple):
            token = self.token
            self.at += 1
            if isinstance(token, Redirection):
                redirections.append(token)
            elif not words and (assignment := _assignment(token)):
                assignments.append(assignment)
            else:
                words.append(token)
        if not (assignments or words or redirections):
            raise self.unexpected()
        if self.token == "(" and not assignments:
            raise NotSimulatedError("functions are")
        return Simple(tuple(assignments), tuple(words), tuple(redirections))


def _assignment(word: Word) -> tuple[str, Word] | None:
    """The name and value of `NAME=value`."""
    head = word[0]
    if not isinstance(head, Text) or head.quoted:
        return None
    match = _ASSIGNMENT.match(head.text)
    return (match[1], (Text(head.text[match.end() :]), *word[1:])) if match is not None else None
