"""What a command line is made of, once it is read.

Models the grammar of POSIX (Shell Command Language, 2.10) as far as syntax.py reads it.
"""

from typing import NamedTuple, Union


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


def literal(word: Token | None) -> str:
    """The text of a word that has no quotes and nothing to fill in, else ""."""
    if isinstance(word, tuple) and not isinstance(word, Redirection) and len(word) == 1:
        part = word[0]
        if isinstance(part, Text) and not part.quoted:
            return part.text
    return ""
