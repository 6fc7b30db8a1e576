"""Sees that an endless loop does the same in every turn, so that a log of days need not be run through.

`while true; do date; sleep 1; done` and its like, with variables that count: what turn n prints follows
from n. A loop that decides something (`if`, `&&`) is the same in every turn as long as nothing changes,
if it does not look at the time. So is one that calls others, if it has no end; loops.py finds out whether it
calls the same whatever they answer.
"""

import re
from collections.abc import Generator, Iterator
from typing import Any, Final

from clusters.engine.kubelet.shell.effects import Effect, Steady
from clusters.engine.kubelet.shell.machine import Machine
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

_CALLING: Final = frozenset({"curl", "wget"})
_PRINTING: Final = frozenset({"echo", "printf", "date", "hostname", "true", ":"})
_FLAT: Final = frozenset({"", "sleep"}) | _PRINTING | _CALLING
_UNSTEADY: Final = frozenset({"date"}) | _CALLING
"""What says something else in each turn."""
_LEAVING: Final = frozenset({"break", "exit", "return", "exec"})
_ENDLESS: Final = {False: [["true"], [":"]], True: [["false"]]}
"""Conditions of endless loops, of `while` and of `until`; `while sleep 1` is another."""
_SECONDS: Final = re.compile(r"\d+(\.\d+)?[smhd]?", re.ASCII)


def never_ends(loop: Loop) -> bool:
    """Whether nothing in the loop can end it."""
    return _goes_on(loop) and not any(_name(command) in _LEAVING for command in _commands(loop.body))


def turns_of(loop: Loop, variables: dict[str, str], machine: Machine) -> "Turns | None":
    """What looks at the loop's turns; None if the loop may end, or each turn may go another way."""
    if not _goes_on(loop):
        return None
    flat = _is_flat(loop.body)
    return Turns(variables, machine, flat=flat) if flat or _is_steady(loop.body) else None


def _goes_on(loop: Loop) -> bool:
    """Whether the loop's condition always lets it go on."""
    conditions = [[literal(word) for word in command.words] for command in _commands(loop.condition)]
    if len(conditions) != 1:
        return False
    (words,) = conditions
    sleeps = len(words) == 2 and words[0] == "sleep" and _SECONDS.fullmatch(words[1] or "") is not None
    return words in _ENDLESS[loop.until] or (sleeps and not loop.until)


def _is_steady(node: Node) -> bool:
    """Whether nothing in it decides by the time, or by more of an answer than whether there was one."""
    commands = list(_commands(node))
    read = [
        inner
        for command in commands
        if _name(command) not in _PRINTING
        for word in (*command.words, *(word for _, word in command.assignments))
        for inner in _substituted(word)
    ]
    return not any(_name(c) == "read" for c in commands) and not any(_name(c) in _UNSTEADY for c in read)


def _is_flat(node: Node) -> bool:
    """Whether the node is a list of commands that only print, count, wait and call, and of which all that do
    not just print always run.
    """
    straight = isinstance(node, Sequence) and all(
        isinstance(command, Simple) and (operator == ";" or _name(command) in _PRINTING)
        for operator, command in node.items
    )
    return straight and all(_name(c) in _FLAT and _writes_no_file(c) for c in _commands(node))


def _writes_no_file(command: Simple) -> bool:
    return all(found.to or literal(found.word) == "/dev/null" for found in command.redirections)


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

    def __init__(self, variables: dict[str, str], machine: Machine, *, flat: bool) -> None:
        self.variables = variables
        self.machine = machine
        self.flat = flat
        self.before = dict(variables)
        self.version = machine.files.version
        self.asked = machine.asked
        self.last: tuple[float, dict[str, int], int] | None = None

    def skip(self, seconds: float) -> Generator[Effect, Any, None]:
        """A turn took so long: if it was as the one before, offer to skip some."""
        steps = self._steps()
        asks = self.machine.asked - self.asked
        self.before, self.version = dict(self.variables), self.machine.files.version
        self.asked = self.machine.asked
        # Where a loop may end, it depends on the answer.
        turn = None
        if steps is not None and (not asks or self.machine.endless):
            turn = (round(seconds, 6), steps, asks)
        if turn is not None and turn == self.last:
            skipped: int = (yield Steady(turn[0], asks)) or 0
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
        if not self.flat and (changed or self.version != self.machine.files.version):
            return None
        try:
            return {name: int(value) - int(before) for name, (before, value) in changed.items()}
        except ValueError:
            return None
