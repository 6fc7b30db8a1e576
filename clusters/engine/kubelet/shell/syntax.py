"""Command lines to trees: the part of the POSIX shell language that people type and put into manifests.

Understood are `;`, `&&`, `||`, line ends, quotes, `$NAME`, `${NAME:-word}`, `$?`, `$(...)`, `$((...))`,
`while`, `until`, `for`, `if`, `{ }` and `( )`. Left out: functions, `case`, here-documents, backticks.
Pipes, redirections and `&` are understood when `lenient`, and told apart as not simulated otherwise.
"""

import re
from typing import Final

from clusters.engine.kubelet.shell.lexer import DEEPEST, tokens_of
from clusters.engine.kubelet.shell.tree import (
    For,
    If,
    Loop,
    Node,
    Not,
    NotSimulatedError,
    Redirection,
    Sequence,
    ShellSyntaxError,
    Simple,
    Subshell,
    Text,
    Token,
    Word,
    literal,
)

LONGEST: Final = 16_384
"""Characters of a script."""
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_]\w*)=", re.ASCII)
_ENDS: Final = frozenset({"do", "done", "then", "else", "elif", "fi", "}"})
_UNSUPPORTED: Final = frozenset({"case", "function", "select", "[["})


def parse(text: str, *, lenient: bool = False, depth: int = 0) -> Node:
    """The tree of a script. Raises ShellSyntaxError or NotSimulatedError."""
    if len(text) > LONGEST:
        raise ShellSyntaxError("line too long")
    if depth > DEEPEST:
        raise NotSimulatedError(f"more than {DEEPEST} levels of commands are")

    def parse_inner(script: str) -> Node:
        return parse(script, lenient=lenient, depth=depth + 1)

    parser = _Parser(tokens_of(text, parse_inner, lenient=lenient, depth=depth), lenient)
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


def _shown(token: Token) -> str:
    if isinstance(token, str):
        return "newline" if token == "\n" else token
    return literal(token) or "word"


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
