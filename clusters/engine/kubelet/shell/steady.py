"""Sees that an endless loop does the same in every turn, so that a log of days need not be run through.

`while true; do date; sleep 1; done` and its like, with variables that count: what turn n prints follows
from n. A loop that decides something (`if`, `&&`) is the same in every turn as long as nothing changes,
if it does not look at the time.
"""

from collections.abc import Generator, Iterator
from typing import Any, Final

from clusters.engine.kubelet.shell.effects import Effect, Steady
from clusters.engine.kubelet.shell.files import Files
from clusters.engine.kubelet.shell.tree import (
    For,
    If,
    Loop,
    Node,
    Not,
    Part,
    Quoted,
    Sequence,
    Simple,
    Subshell,
    Substitution,
    Word,
    literal,
)

_FLAT: Final = frozenset({"", "echo", "printf", "date", "sleep", "hostname", "true", ":"})
_UNSTEADY: Final = frozenset({"date", "read"})
"""What gives other answers in each turn."""
_LEAVING: Final = frozenset({"break", "exit", "return", "exec"})
_ENDLESS: Final = {False: [["true"], [":"]], True: [["false"]]}
"""Conditions of endless loops, of `while` and of `until`."""


def never_ends(loop: Loop) -> bool:
    """Whether nothing in the loop can end it."""
    conditions = [[literal(word) for word in command.words] for command in _commands(loop.condition)]
    ends = any(_name(command) in _LEAVING for command in _commands(loop.body))
    return len(conditions) == 1 and conditions[0] in _ENDLESS[loop.until] and not ends


def turns_of(loop: Loop, variables: dict[str, str], files: Files) -> "Turns | None":
    """What looks at the loop's turns; None if the loop may end, or each turn may go another way."""
    conditions = [[literal(word) for word in command.words] for command in _commands(loop.condition)]
    if len(conditions) != 1 or conditions[0] not in _ENDLESS[loop.until]:
        return None
    flat = _is_flat(loop.body)
    steady = flat or not any(_name(command) in _UNSTEADY for command in _commands(loop.body))
    return Turns(variables, files, flat=flat) if steady else None


def _is_flat(node: Node) -> bool:
    """Whether the node is a list of commands that always run, and only print, count and wait."""
    commands = list(_commands(node))
    straight = isinstance(node, Sequence) and all(
        operator == ";" and isinstance(command, Simple) for operator, command in node.items
    )
    return straight and all(_name(c) in _FLAT and not c.redirections for c in commands)


def _name(command: Simple) -> str:
    """The command's name, "" for assignments alone, "?" if it is not written out."""
    return (literal(command.words[0]) or "?") if command.words else ""


def _commands(node: Node) -> Iterator[Simple]:
    """All simple commands in the tree, those of substitutions included."""
    if isinstance(node, Simple):
        yield node
        for word in (*node.words, *(word for _, word in node.assignments)):
            yield from _substituted(word)
        return
    if isinstance(node, For):
        for word in node.words:
            yield from _substituted(word)
    for child in _children(node):
        yield from _commands(child)


def _children(node: Node) -> list[Node]:
    if isinstance(node, Sequence):
        return [command for _, command in node.items]
    if isinstance(node, If):
        return [part for branch in node.branches for part in branch if part is not None]
    if isinstance(node, Loop):
        return [node.condition, node.body]
    if isinstance(node, Not):
        return [node.node]
    return [node.body] if isinstance(node, (For, Subshell)) else []


def _substituted(parts: Word) -> Iterator[Simple]:
    for part in parts:
        inner: tuple[Part, ...] = part.parts if isinstance(part, Quoted) else ()
        yield from _substituted(inner)
        if isinstance(part, Substitution):
            yield from _commands(part.script)


class Turns:
    """Compares a loop's turns by what they do to the variables and files."""

    def __init__(self, variables: dict[str, str], files: Files, *, flat: bool) -> None:
        self.variables = variables
        self.files = files
        self.flat = flat
        self.before = dict(variables)
        self.version = files.version
        self.last: tuple[float, dict[str, int]] | None = None

    def skip(self, seconds: float) -> Generator[Effect, Any, None]:
        """A turn took so long: if it was as the one before, offer to skip some."""
        steps = self._steps()
        self.before, self.version = dict(self.variables), self.files.version
        turn = (round(seconds, 6), steps) if steps is not None else None
        if turn is not None and turn == self.last:
            skipped: int = (yield Steady(turn[0])) or 0
            for name, step in turn[1].items():
                self.variables[name] = str(int(self.variables[name]) + skipped * step)
            self.before = dict(self.variables)
        self.last = turn

    def _steps(self) -> dict[str, int] | None:
        """By how much each variable grew; None if that does not say what the next turn does."""
        changed = {
            name: (self.before.get(name, ""), value)
            for name, value in self.variables.items()
            if self.before.get(name) != value
        }
        if not self.flat and (changed or self.version != self.files.version):
            return None
        try:
            return {name: int(value) - int(before) for name, (before, value) in changed.items()}
        except ValueError:
            return None
