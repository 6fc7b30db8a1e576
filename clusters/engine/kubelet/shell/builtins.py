"""The commands that a shell does itself, because they change it.

Left out: aliases, functions, jobs, `eval`, `getopts`, `trap`.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from clusters.engine.kubelet.shell.effects import ReadLine, Run, say
from clusters.engine.kubelet.shell.files import absolute

if TYPE_CHECKING:
    from clusters.engine.kubelet.shell.interpreter import Shell

_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class Exit(Exception):  # noqa: N818 -- not an error
    """The shell ends with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Break(Exception):  # noqa: N818 -- not an error
    """Leaves a loop, or with `on` its turn."""

    def __init__(self, on: bool) -> None:
        super().__init__(on)
        self.on = on


def _exit(shell: "Shell", arguments: list[str]) -> Run:
    code = shell.code
    if arguments:
        number = re.fullmatch(r"[0-9]{1,9}", arguments[0])
        if number is None:
            yield shell.complain(f"exit: Illegal number: {arguments[0]}")
        code = int(arguments[0]) % 256 if number else 2
    raise Exit(code)


def _break(shell: "Shell", arguments: list[str]) -> Run:
    yield from ()
    raise Break(on=False)


def _continue(shell: "Shell", arguments: list[str]) -> Run:
    yield from ()
    raise Break(on=True)


def _cd(shell: "Shell", arguments: list[str]) -> Run:
    target = arguments[0] if arguments else shell.variables.get("HOME", "/")
    before = shell.machine.directory
    path = absolute(shell.variables.get("OLDPWD", before) if target == "-" else target, before)
    files = shell.machine.files
    if not files.is_directory(path):
        missing = "Not a directory" if files.exists(path) else "No such file or directory"
        if shell.name != "bash":
            missing = f"can't cd to {target}" + (
                "" if shell.machine.image.base == "debian" else f": {missing}"
            )
            yield shell.complain(f"cd: {missing}")
        else:
            yield shell.complain(f"cd: {target}: {missing}")
        return 2 if shell.name != "bash" and shell.machine.image.base == "debian" else 1
    shell.machine.directory = path
    shell.variables.update(OLDPWD=before, PWD=path)
    return 0


def _export(shell: "Shell", arguments: list[str]) -> Run:
    """`export`, and what else sets variables; this shell exports all of them."""
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if argument.startswith("-"):
            continue
        if not _NAME.fullmatch(name):
            yield shell.complain(f"export: {argument}: bad variable name")
            return 2
        if equals:
            shell.variables[name] = value
    return 0


def _unset(shell: "Shell", arguments: list[str]) -> Run:
    yield from ()
    for name in arguments:
        shell.variables.pop(name, None)
    return 0


def _set(shell: "Shell", arguments: list[str]) -> Run:
    if not arguments:
        names = sorted(name for name in shell.variables if _NAME.fullmatch(name))
        yield say("".join(f"{name}='{shell.variables[name]}'\n" for name in names))
    for argument in arguments:
        if argument[:1] in "-+" and "e" in argument:
            shell.stops = argument.startswith("-")
    return 0


def _exec(shell: "Shell", arguments: list[str]) -> Run:
    if not arguments:
        return 0
    code = yield from shell.command(arguments)
    raise Exit(code)


def _command(shell: "Shell", arguments: list[str]) -> Run:
    if arguments[:1] in (["-v"], ["-V"]):
        return (yield from _where(shell, arguments[1:]))
    return (yield from shell.command(arguments)) if arguments else 0


def _where(shell: "Shell", names: list[str]) -> Run:
    code = 0
    for name in names:
        if name in BUILTINS:
            yield say(f"{name}\n")
        elif shell.machine.has(name):
            yield say(f"/usr/bin/{name.rpartition('/')[2]}\n")
        else:
            code = 127
    return code


def _type(shell: "Shell", arguments: list[str]) -> Run:
    code = 0
    for name in arguments:
        if name in BUILTINS:
            yield say(f"{name} is a shell builtin\n")
        elif shell.machine.has(name):
            yield say(f"{name} is /usr/bin/{name}\n")
        else:
            yield say(f"{name}: not found\n")
            code = 127
    return code


def _read(shell: "Shell", arguments: list[str]) -> Run:
    line: bytes = yield ReadLine()
    names = [name for name in arguments if _NAME.fullmatch(name)] or ["REPLY"]
    words = line.decode("utf-8", "replace").replace("\0", "").split(None, len(names) - 1)
    for index, name in enumerate(names):
        shell.variables[name] = words[index].strip() if index < len(words) else ""
    return 0 if line else 1


def _source(shell: "Shell", arguments: list[str]) -> Run:
    path = arguments[0] if arguments else ""
    text = shell.machine.files.read(absolute(path, shell.machine.directory))
    if text is None:
        yield shell.complain(f".: {path}: not found")
        return 2
    shell.depth += 1
    code = yield from shell.script(text.decode("utf-8", "replace"))
    shell.depth -= 1
    return code


def _nothing(shell: "Shell", arguments: list[str]) -> Run:
    yield from ()
    return 0


class Interrupt(Exception):  # noqa: N818 -- not an error
    """Somebody pressed Ctrl-C."""


Builtin = Callable[["Shell", list[str]], Run]

BUILTINS: Final[dict[str, Builtin]] = {
    "exit": _exit,
    "logout": _exit,
    "return": _exit,
    "break": _break,
    "continue": _continue,
    "cd": _cd,
    "export": _export,
    "readonly": _export,
    "local": _export,
    "unset": _unset,
    "set": _set,
    "exec": _exec,
    "command": _command,
    "type": _type,
    "read": _read,
    ".": _source,
    "source": _source,
    **dict.fromkeys((":", "trap", "wait", "umask", "shift", "hash", "ulimit"), _nothing),
}
