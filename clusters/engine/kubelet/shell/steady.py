"""Sees that an endless loop does the same in every turn, so that a log of days need not be run through.

`while true; do date; sleep 1; done` and its like, with variables that count: what turn n prints follows
from n. A loop that asks anything on its way (`if`, `&&`, the network) is not looked at.
"""

from collections.abc import Generator
from typing import Any, Final

from clusters.engine.kubelet.shell.effects import Effect, Steady
from clusters.engine.kubelet.shell.syntax import (
    Loop,
    Node,
    Part,
    Quoted,
    Sequence,
    Simple,
    Substitution,
    literal,
)

_FLAT: Final = frozenset({"echo", "printf", "date", "sleep", "hostname", "true", ":"})


def is_steady(loop: Loop) -> bool:
    """Whether the loop has no end and its turns differ in numbers and times only."""
    endless = "false" if loop.until else ("true", ":")
    condition = loop.condition.items if isinstance(loop.condition, Sequence) else ()
    if len(condition) != 1 or not isinstance(condition[0][1], Simple):
        return False
    words = condition[0][1].words
    return len(words) == 1 and literal(words[0]) in endless and _is_flat(loop.body)


def _is_flat(node: Node) -> bool:
    if isinstance(node, Sequence):
        return all(operator == ";" and _is_flat(command) for operator, command in node.items)
    if not isinstance(node, Simple) or node.redirections:
        return False
    if node.words and literal(node.words[0]) not in _FLAT:
        return False
    values = (word for _name, word in node.assignments)
    return all(_is_plain(part) for word in (*node.words, *values) for part in word)


def _is_plain(part: Part) -> bool:
    if isinstance(part, Substitution):
        return _is_flat(part.script)
    return not isinstance(part, Quoted) or all(_is_plain(inner) for inner in part.parts)


class Turns:
    """Compares a loop's turns by what they do to the variables."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables
        self.before = dict(variables)
        self.last: tuple[float, dict[str, int]] | None = None

    def skip(self, seconds: float) -> Generator[Effect, Any, None]:
        """A turn took so long: if it was as the one before, offer to skip some."""
        steps = self._steps()
        self.before = dict(self.variables)
        turn = (round(seconds, 6), steps) if steps is not None else None
        if turn is not None and turn == self.last:
            skipped: int = (yield Steady(turn[0])) or 0
            for name, step in turn[1].items():
                self.variables[name] = str(int(self.variables[name]) + skipped * step)
            self.before = dict(self.variables)
        self.last = turn

    def _steps(self) -> dict[str, int] | None:
        """By how much each variable grew; None if one did otherwise."""
        changed = {
            name: (self.before.get(name, ""), value)
            for name, value in self.variables.items()
            if self.before.get(name) != value
        }
        try:
            return {name: int(value) - int(before) for name, (before, value) in changed.items()}
        except ValueError:
            return None
