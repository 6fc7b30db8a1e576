"""`sh`, `bash` and `ash` as programs: with a script, with a file, or reading what somebody types."""

from typing import Final

from clusters.engine.kubelet.shell.builtins import Interrupt
from clusters.engine.kubelet.shell.effects import ReadLine, Run, complain
from clusters.engine.kubelet.shell.files import absolute
from clusters.engine.kubelet.shell.interpreter import CANNOT, Shell
from clusters.engine.kubelet.shell.machine import Call, Program
from clusters.engine.kubelet.shell.syntax import is_complete

_LONGEST_OPEN: Final = 4_096
"""Characters after which an unfinished command is taken as it is."""


def sh(call: Call) -> Run:
    """What a shell does that was called with these arguments."""
    shell = Shell(call.machine, call.name, dict(call.variables), depth=call.depth + 1)
    shell.variables.setdefault("PWD", call.machine.directory)
    flags, rest = _flags(call.arguments)
    shell.stops = "e" in flags
    if "c" in flags:
        if not rest:
            yield complain(f"{call.name}: -c requires an argument")
            return CANNOT
        _name_arguments(shell, rest[1:] or [call.name])
        return (yield from shell.script(rest[0]))
    if rest:
        return (yield from _file(shell, rest))
    _name_arguments(shell, [call.name])
    return (yield from _read_commands(shell))


def _flags(arguments: list[str]) -> tuple[str, list[str]]:
    flags, rest = "", list(arguments)
    while rest and rest[0][:1] in ("-", "+") and len(rest[0]) > 1:
        word = rest.pop(0)
        if word == "--":
            break
        flags += "" if word.startswith("--") else word[1:]
        if word.endswith("o"):
            rest = rest[1:]
    return flags, rest


def _name_arguments(shell: Shell, words: list[str]) -> None:
    shell.variables["0"] = words[0]
    shell.variables.update({str(number): word for number, word in enumerate(words[1:10], 1)})
    shell.variables["@"] = shell.variables["*"] = " ".join(words[1:])
    shell.variables["#"] = str(len(words) - 1)


def _file(shell: Shell, words: list[str]) -> Run:
    text = shell.machine.files.read(absolute(words[0], shell.machine.directory))
    if text is None:
        bash = shell.name == "bash"
        said = (
            f"{words[0]}: No such file or directory" if bash else f"0: cannot open {words[0]}: No such file"
        )
        yield complain(f"{shell.name}: {said}")
        return 127 if bash else CANNOT
    _name_arguments(shell, words)
    return (yield from shell.script(text.decode("utf-8", "replace")))


def _read_commands(shell: Shell) -> Run:
    """Read commands from stdin until its end or `exit`; with a prompt on a tty."""
    text, shell.interactive = "", shell.machine.tty
    while not shell.left:
        try:
            line: bytes = yield ReadLine("> " if text else prompt(shell))
            text += line.decode("utf-8", "replace").replace("\0", "")
            if line and len(text) < _LONGEST_OPEN and not is_complete(text):
                continue
            if text:
                yield from shell.script(text)
        except Interrupt:
            shell.set_code(130)
            line = b"\n"
        shell.line += text.count("\n")
        text = ""
        if not line:
            break
    if shell.interactive and shell.name == "bash":
        yield complain("exit")
    return shell.code


def prompt(shell: Shell) -> str:
    """The prompt of an interactive shell, as each kind of shell has it."""
    machine = shell.machine
    sign = "#" if machine.user == "root" else "$"
    directory = "~" if machine.directory == shell.variables.get("HOME") else machine.directory
    if shell.name == "bash":
        return f"{machine.user}@{machine.hostname}:{directory}{sign} "
    return f"{sign} " if machine.image.base == "debian" else f"{directory} {sign} "


PROGRAMS: Final[dict[str, Program]] = dict.fromkeys(("sh", "bash", "ash", "dash"), sh)
