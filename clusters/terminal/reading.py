"""A line of kubectl that may be wrong, or not at its end: how far it can be understood."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.commands import root
from clusters.terminal.kubectl.pflag import Flag, normalized


@dataclass
class Reading:
    """`chain` are the command and those it belongs to, kubectl first; `args` what is neither flag nor value.

    `values` are the texts given to flags by their names; `waiting` is a flag whose value comes next.
    `dashed`: all that follows comes after `--`.
    """

    chain: list[Command]
    args: list[str] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)
    waiting: Flag | None = None
    dashed: bool = False

    @property
    def command(self) -> Command:
        return self.chain[-1]

    @property
    def path(self) -> tuple[str, ...]:
        """The names of the command without kubectl: ("rollout", "status")."""
        return tuple(command.name for command in self.chain[1:])

    @property
    def flags(self) -> dict[str, Flag]:
        """All flags that the command takes, by name."""
        return {flag.name: flag for flag in (*self.command.flags, *flag_sets.PERSISTENT)}

    def value(self, name: str) -> str:
        """What was last given to a flag, "" for nothing."""
        return self.values.get(name, [""])[-1]

    def take(self, word: str) -> None:
        """Read one word more."""
        if self.dashed:
            self.args.append(word)
        elif self.waiting is not None:
            self._give(self.waiting, word)
            self.waiting = None
        elif word == "--":
            self.dashed = True
        elif word.startswith("-") and len(word) > 1:
            self._flag(word)
        else:
            self._argument(word)

    def _argument(self, word: str) -> None:
        known = (c for c in self.command.commands if word in (c.name, *c.aliases))
        command = None if self.args else next(known, None)
        if command is None:
            self.args.append(word)
        else:
            self.chain.append(command)

    def _flag(self, word: str) -> None:
        name, equals, value = word.lstrip("-").partition("=")
        if word.startswith("--"):
            flag = self.flags.get(normalized(name))
        else:
            flag = next((one for one in self.flags.values() if one.shorthand == name[:1]), None)
            if flag is not None and not equals and len(name) > 1 and not flag.no_opt:
                equals, value = "=", name[1:]
        if flag is None:
            return
        if equals:
            self._give(flag, value)
        elif flag.no_opt:
            self._give(flag, flag.no_opt)
        else:
            self.waiting = flag

    def _give(self, flag: Flag, value: str) -> None:
        self.values.setdefault(flag.name, []).append(value)


def read(words: Sequence[str], book_mode: bool = False) -> Reading:
    """Read the words of a line that follow `kubectl`."""
    reading = Reading([root(book_mode)])
    for word in words:
        reading.take(word)
    return reading
