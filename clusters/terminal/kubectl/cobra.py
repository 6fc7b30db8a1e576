"""Commands and sub-commands: which one a line means, and what is wrong with it.

Models github.com/spf13/cobra and kubectl's `pkg/util/templates`. The texts of the help are our own.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from clusters.terminal.kubectl.errors import CommandError, UnsupportedError
from clusters.terminal.kubectl.pflag import Flag, FlagError, FlagSet, boolean, flag_set

if TYPE_CHECKING:
    from clusters.terminal.kubectl.kubectl import Kubectl

Run = Callable[["Kubectl"], Awaitable[None]]
_DISTANCE: Final = 2
"""Letters that may be wrong in a command for it to be suggested."""
_HELP: Final = boolean("help", shorthand="h")


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `name` is its first word, `use` what may follow it, `about` our words for it.

    `run` does it; without one, it only has sub-commands and shows its help. `required` are flags it needs;
    `check_args` raises CommandError for arguments that it does not take; `flag_error` makes its own error of
    a line whose flags cannot be read. `unsupported`: the real one has it, this one does not.
    """

    name: str
    run: Run | None = None
    flags: tuple[Flag, ...] = ()
    commands: tuple["Command", ...] = ()
    aliases: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    use: str = ""
    about: str = ""
    check_args: Callable[["Found"], None] | None = None
    flag_error: Callable[["Found", str], CommandError] | None = None
    hidden: bool = False
    unsupported: bool = False


@dataclass
class Found:
    """A command that a line means. `path` is how it is called: `kubectl rollout status`."""

    command: Command
    path: str
    flags: FlagSet
    chain: list[Command] = field(default_factory=list)

    @property
    def args(self) -> list[str]:
        return self.flags.args

    @property
    def wants_help(self) -> bool:
        return bool(self.flags["help"])


def find(root: Command, persistent: Sequence[Flag], words: Sequence[str]) -> Found:
    """The command of a line, with its flags read. Raises CommandError with cobra's words."""
    command, path, rest = root, root.name, list(words)
    chain = [root]
    flags = flag_set(persistent)
    while command.commands:
        at = _first_argument(flags, rest)
        if at is None:
            break
        named = next((c for c in command.commands if rest[at] in (c.name, *c.aliases)), None)
        if named is None:
            break
        command, path = named, f"{path} {named.name}"
        chain.append(command)
        del rest[at]
    if command.unsupported:
        raise UnsupportedError(f'the real kubectl has "{path}", and this terminal does not')
    found = Found(command, path, flag_set((*persistent, *command.flags, _HELP)), chain=chain)
    if command is root:
        _refuse_unknown(root, flags, rest)
    try:
        found.flags.parse(rest)
    except FlagError as error:
        raise (command.flag_error or _flag_error)(found, str(error)) from error
    return found


def check_line(found: Found) -> None:
    """What cobra looks at before a command runs. Raises CommandError."""
    command = found.command
    if command.check_args is not None:
        command.check_args(found)
    missing = sorted(name for name in command.required if not found.flags.changed(name))
    if missing:
        names = '", "'.join(missing)
        raise CommandError(f'required flag(s) "{names}" not set')


def _flag_error(found: Found, text: str) -> CommandError:
    return CommandError(f"{text}\nSee '{found.path} --help' for usage.")


def usage_error(found: Found, text: str) -> CommandError:
    """kubectl's UsageErrorf."""
    return CommandError(f"{text}\nSee '{found.path} -h' for help and examples")


def _first_argument(flags: FlagSet, words: Sequence[str]) -> int | None:
    """Where the first word is that is neither a flag nor a flag's value."""
    letters = {flag.shorthand: flag for flag in flags.flags.values() if flag.shorthand}
    skip = False
    for at, word in enumerate(words):
        if skip:
            skip = False
        elif word == "--":
            return None
        elif word.startswith("--"):
            flag = flags.flags.get(word[2:])
            skip = "=" not in word and not (flag is not None and flag.no_opt)
        elif word.startswith("-") and len(word) > 1:
            known = letters.get(word[1:2])
            skip = len(word) == 2 and "=" not in word and not (known is not None and known.no_opt)
        elif word:
            return at
    return None


def _refuse_unknown(root: Command, flags: FlagSet, rest: Sequence[str]) -> None:
    at = _first_argument(flags, rest)
    if at is None:
        return
    word = rest[at]
    text = f'unknown command "{word}" for "{root.name}"'
    meant = [c.name for c in root.commands if not c.hidden and _is_like(c.name, word)]
    if meant:
        text += "\n\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in meant)
    raise CommandError(text)


def _is_like(name: str, word: str) -> bool:
    return _distance(name.lower(), word.lower()) <= _DISTANCE or name.lower().startswith(word.lower())


def _distance(one: str, other: str) -> int:
    """Levenshtein's: how many letters have to be changed."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]
