"""The programs of this terminal, and the run of one line. kubectl is most of it, see `kubectl/`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from django.utils.translation import gettext as _

from clusters.engine.kubelet.shell.session import World
from clusters.terminal import apart, kubectl, laptop
from clusters.terminal.files import Files, Listed, checked_name
from clusters.terminal.kubectl.host import Host
from clusters.terminal.names import ALIASES

NOT_FOUND: Final = 127


@dataclass(frozen=True)
class Terminal:
    """What a program is given: what a kubectl is given, and the terminal that it runs in.

    `person` is who sits there, `world` the cluster that curl calls. `history` are the lines so far, this one
    the last of them; `clear` takes away what was printed.
    """

    person: str
    host: Host
    world: World
    files: Files
    history: Sequence[str]
    clear: Callable[[], Awaitable[None]]


Program = Callable[[Sequence[str], Terminal], Awaitable[int]]
"""From the words of a line, the program's name first, to its exit code."""


async def run(words: Sequence[str], terminal: Terminal) -> int:
    """Run a line; returns the exit code. Cancelling the task interrupts it."""
    program = _PROGRAMS.get(ALIASES.get(words[0], words[0]))
    if program is None:
        terminal.host.err(f"{words[0]}: command not found\n")
        return NOT_FOUND
    return await program(words, terminal)


async def _kubectl(words: Sequence[str], terminal: Terminal) -> int:
    return await apart.run(terminal.person, partial(kubectl.run, words[1:]), terminal.host)


async def _laptop(words: Sequence[str], terminal: Terminal) -> int:
    return await laptop.run(words, terminal.world, terminal.host)


async def _ls(words: Sequence[str], terminal: Terminal) -> int:
    options = [word for word in words[1:] if word.startswith("-")]
    wanted = [word.removeprefix("./") for word in words[1:] if word not in options]
    files = {file.name: file for file in await terminal.files.listing()}
    code = 0
    for name in wanted:
        if name not in (*files, "", "."):
            terminal.host.err(f"ls: cannot access '{name}': No such file or directory\n")
            code = 2
    if not {"", "."} & set(wanted) and wanted:
        files = {name: file for name, file in files.items() if name in wanted}
    long = any("l" in option for option in options)
    terminal.host.out("".join(f"{_line(file) if long else name}\n" for name, file in files.items()))
    return code


def _line(file: Listed) -> str:
    mode, owner = ("-rw-r--r--", "you") if file.own else ("-r--r--r--", "lesson")
    return f"{mode} 1 {owner:<6} {file.bytes:>6} {file.name}"


async def _cat(words: Sequence[str], terminal: Terminal) -> int:
    code = 0
    for name in words[1:]:
        try:
            terminal.host.out(await terminal.files.read(name))
        except FileNotFoundError:
            terminal.host.err(f"cat: {name}: No such file or directory\n")
            code = 1
    if not words[1:]:
        while (line := await terminal.host.read_line()) is not None:
            terminal.host.out(line)
    return code


async def _rm(words: Sequence[str], terminal: Terminal) -> int:
    names = [word for word in words[1:] if not word.startswith("-")]
    force = any(word.startswith("-") and "f" in word for word in words[1:])
    if not names and not force:
        terminal.host.err("rm: missing operand\n")
        return 1
    code = 0
    for name in names:
        try:
            await terminal.files.remove(name)
        except FileNotFoundError:
            if not force:
                terminal.host.err(f"rm: cannot remove '{name}': No such file or directory\n")
                code = 1
        except ValueError as error:
            terminal.host.err(f"rm: {error}\n")
            code = 1
    return code


async def _edit(words: Sequence[str], terminal: Terminal) -> int:
    if len(words) != 2:
        terminal.host.err(_("%(program)s: name one file\n") % {"program": words[0]})
        return 2
    try:
        name = checked_name(words[1])
        try:
            text = await terminal.files.read(name)
        except FileNotFoundError:
            text = ""
        edited = await terminal.host.editor(name, text)
        if edited is not None:
            await terminal.files.write(name, edited)
    except ValueError as error:
        terminal.host.err(f"{words[0]}: {error}\n")
        return 1
    return 0


async def _history(words: Sequence[str], terminal: Terminal) -> int:
    lines = enumerate(terminal.history, 1)
    terminal.host.out("".join(f"{number:>5}  {line}\n" for number, line in lines))
    return 0


async def _clear(words: Sequence[str], terminal: Terminal) -> int:
    await terminal.clear()
    return 0


async def _help(words: Sequence[str], terminal: Terminal) -> int:
    """What works here, with examples; for each program its group."""
    groups = _groups()
    width = max(len(line) for _title, lines in groups for line, _about in lines)
    for title, lines in groups:
        told = "".join(f"  {line:<{width}}  {about}\n" for line, about in lines)
        terminal.host.out(f"{title}\n{told}")
    return 0


def _groups() -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (
            _("Look"),
            [
                ("kubectl get pods", _("all pods; -o wide shows where they are, -w stays and watches")),
                ("kubectl describe pod NAME", _("one of them, and what happened to it")),
                ("kubectl logs NAME", _("what its container has written")),
                ("kubectl explain pod.spec", _("what may be written there")),
            ],
        ),
        (
            _("Change"),
            [
                ("kubectl run web --image=nginx", _("a pod")),
                ("kubectl create deployment web --image=nginx", _("pods that come back")),
                ("kubectl scale deployment web --replicas=3", _("how many")),
                ("kubectl expose deployment web --port=80", _("one address for all of them")),
                ("kubectl delete pod NAME", _("and see what comes in its place")),
            ],
        ),
        (
            _("Call"),
            [
                ("curl http://ADDRESS:PORT", _("from your laptop, which is outside of the cluster")),
                ("kubectl exec NAME -- curl ADDRESS", _("from a pod")),
                ("ping ADDRESS", _("whether a machine answers")),
            ],
        ),
        (
            _("Files"),
            [
                ("edit pod.yaml", _("write one; kubectl apply -f pod.yaml uses it")),
                ("ls, cat NAME, rm NAME", _("what there is, what is in it, away with it")),
            ],
        ),
        (
            _("Terminal"),
            [
                ("Tab, ↑, Ctrl+C", _("complete, repeat, stop")),
                ("history, clear, help", _("what you typed, an empty page, this list")),
            ],
        ),
    ]


_PROGRAMS: Final[dict[str, Program]] = {
    "kubectl": _kubectl,
    "curl": _laptop,
    "ping": _laptop,
    "ls": _ls,
    "cat": _cat,
    "rm": _rm,
    "edit": _edit,
    "history": _history,
    "clear": _clear,
    "help": _help,
}
