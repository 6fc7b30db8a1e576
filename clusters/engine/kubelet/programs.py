"""What the command of a container does: how long it runs, how it ends, what it prints and touches.

Models no component of Kubernetes but what stands in for the machine's own. The commands that people write
in manifests are run by the simulated shell of `kubelet/shell/`, with time instead of a clock. Left out:
what a main process or a probe would ask of the network: it succeeds in silence.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from clusters.engine.images import Image
from clusters.engine.kubelet.shell.catalogue import OFFLINE
from clusters.engine.kubelet.shell.coreutils import FOR_EVER
from clusters.engine.kubelet.shell.effects import (
    Change,
    Effect,
    Output,
    ReadAll,
    ReadLine,
    Run,
    Serve,
    Sleep,
    Steady,
)
from clusters.engine.kubelet.shell.files import Files
from clusters.engine.kubelet.shell.interpreter import Shell
from clusters.engine.kubelet.shell.machine import Machine
from clusters.engine.objects import Object

STARTUP: Final = 0.1
"""Seconds until a program that cannot work has found that out."""
MOST_STEPS: Final = 10_000
"""Effects after which a command is taken to go on for ever in silence."""
LOG_STEPS: Final = 16_000
"""The same where its output is wanted."""
MOST_TOUCHED: Final = 1_000
"""Files that a command may write and remove; what it does after that is not kept."""
TURNS_REPEATED: Final = 1_000
"""Turns of an endless loop whose output is looked at; those before them scroll out of the log."""
_SHELLS: Final = frozenset({"sh", "bash", "ash", "dash"})
_EVERYWHERE: Final = ("/etc/group", "/etc/hostname", "/etc/hosts", "/etc/passwd", "/etc/resolv.conf")
_MESSAGE: Final = 4096
"""Bytes of a termination message."""


class Process(NamedTuple):
    """The main process of a container. Durations in simulated seconds since its start.

    `exits_after` None: it runs for ever; `sigterm` None: it ignores SIGTERM; `ready_after` None: the
    cluster's delays say when it listens on `ports`. `touched` tells which files it writes with what, and
    which it removes (None), and when. `start_error` says why the runtime cannot even start it.
    """

    ports: tuple[int, ...] = ()
    ready_after: float | None = None
    exits_after: float | None = None
    exit_code: int = 0
    message: str = ""
    sigterm: float | None = None
    sigterm_code: int = 0
    touched: tuple[tuple[float, str, bytes | None], ...] = ()
    start_error: str = ""

    def files(self, elapsed: float) -> dict[str, bytes]:
        """The files that it has made and not removed by then, and what is in them."""
        found: dict[str, bytes] = {}
        for at, path, content in self.touched:
            if at <= elapsed and content is not None:
                found[path] = content
            elif at <= elapsed:
                found.pop(path, None)
        return found


def process_of(container: Object, image: Image, given: Mapping[str, str] | None = None) -> Process:
    """The process that this container of a pod's spec runs, started from that image.

    `given` are the variables that it was started with, if they are more than its spec says.
    """
    variables = {v["name"]: v.get("value") or "" for v in container.get("env") or ()} | dict(given or {})
    command, args = tuple(container.get("command") or ()), tuple(container.get("args") or ())
    return _process(image, command, args, tuple(variables.items()), bool(container.get("stdin")))


def words_of(container: Object, image: Image) -> list[str]:
    """The command line of the container's main process; [] for the image's own program."""
    command, args = container.get("command") or [], container.get("args") or []
    if not command and (not args or not image.entrypoint):
        return []
    entrypoint = [] if image.entrypoint == "sh" else [image.entrypoint]
    return [*(command or entrypoint), *args]


def reads_commands(container: Object, image: Image) -> bool:
    """Whether the container's own process is a shell that reads commands from its stdin."""
    words = words_of(container, image)
    if not words:
        return image.base != "none" and image.exits_after == 0 and not image.exit_code
    return words[0].rpartition("/")[2] in _SHELLS and all(word in ("-i", "-l", "-il") for word in words[1:])


def replay_of(container: Object, image: Image, variables: dict[str, str], start: float) -> "Replay":
    """The command of a container run once more, from its start; words_of must have found one."""
    machine = _machine(image, dict(variables), ())
    machine.hostname = variables.get("HOSTNAME", machine.hostname)
    shell = Shell(machine, variables=dict(variables))
    program = shell.start(words_of(container, image))
    return Replay(program, machine, start, bool(container.get("stdin")), LOG_STEPS)


def execute(command: Sequence[str], image: Image, files: Iterable[str]) -> tuple[int, str]:
    """Run a command in a running container, as an exec probe does: its exit code and what it prints.

    `files` are the paths that are there beside those of the image.
    """
    machine = _machine(image, {}, files)
    if not machine.has(command[0]):
        return 1, f'exec: "{command[0]}": executable file not found in $PATH: unknown'
    replay = Replay(Shell(machine, variables=machine.variables).start(list(command)), machine, 0.0)
    text = b"".join(output.data for _, output in replay.outputs(until=FOR_EVER))
    return replay.code, text.decode("utf-8", "replace").rstrip("\n")


@dataclass
class Replay:
    """A program that runs through its life without anybody waiting: from `start`, in simulated seconds.

    `ended` is when it ended, None while it has not. `stdin_open`: whoever reads stdin waits for ever.
    """

    program: Run
    machine: Machine
    start: float
    stdin_open: bool = False
    most_steps: int = MOST_STEPS
    code: int = 0
    ended: float | None = None
    served: float | None = None
    touched: list[tuple[float, str, bytes | None]] = field(default_factory=list)

    def outputs(
        self, *, until: float, after: float = float("-inf"), repeated: float = TURNS_REPEATED
    ) -> Iterator[tuple[float, Output]]:
        """(time, output) of all it prints up to `until`.

        Left out is what an endless loop printed before `after`, or more than so many turns ago.
        """
        machine, answer = self.machine, None
        machine.now = self.start
        for _ in range(self.most_steps):
            try:
                effect = self.program.send(answer)
            except StopIteration as end:
                self.code, self.ended = int(end.value), machine.now
                return
            if isinstance(effect, Output):
                yield machine.now, effect
            answer = self._answer(effect, until, after, repeated)
            if machine.now > until or machine.now == float("inf"):
                return

    def _answer(self, effect: Effect, until: float, after: float, repeated: float) -> object:
        now = self.machine.now
        if isinstance(effect, Sleep):
            self.machine.now += effect.seconds
        elif isinstance(effect, Serve):
            self.served, self.machine.now = now, float("inf")
        elif isinstance(effect, Change):
            if len(self.touched) < MOST_TOUCHED:
                self.touched.append((now - self.start, effect.path, effect.content))
        elif isinstance(effect, Steady):
            return self._skipped(effect.seconds, until, max(after, until - repeated * effect.seconds))
        elif isinstance(effect, (ReadLine, ReadAll)):
            if self.stdin_open:
                self.machine.now = float("inf")
            return b""
        return None

    def _skipped(self, seconds: float, until: float, first: float) -> int:
        """Pass over the turns of a loop before `first`, which nobody looks at; returns how many."""
        if until == float("inf"):
            self.machine.now = until
            return 0
        turns = max(0, int((first - self.machine.now) / seconds) - 1)
        self.machine.now += turns * seconds
        return turns


def _machine(image: Image, variables: dict[str, str], files: Iterable[str]) -> Machine:
    texts: dict[str, bytes | None] = dict.fromkeys(image.files)
    texts |= dict.fromkeys((*_EVERYWHERE, *files), b"")
    return Machine(
        image, Files(texts, [image.workdir]), OFFLINE, variables, directory=image.workdir, strict=False
    )


@lru_cache(maxsize=1024)
def _process(
    image: Image,
    command: tuple[str, ...],
    args: tuple[str, ...],
    variables: tuple[tuple[str, str], ...],
    stdin: bool,
) -> Process:
    given = dict(variables)
    words = words_of({"command": command, "args": args}, image)
    if not words:
        if stdin and reads_commands({}, image):
            return Process()
        return _own(image, given)
    machine = _machine(image, given, ())
    if not machine.has(words[0]):
        return Process(start_error=f'exec: "{words[0]}": executable file not found in $PATH')
    replay = Replay(Shell(machine, variables=machine.variables).start(words), machine, 0.0, stdin)
    said = b""
    for _, output in replay.outputs(until=float("inf")):
        said = (said + output.data)[-_MESSAGE:]
    if replay.served is not None:
        own = _own(image, given)
        started = replay.served
        return own._replace(ready_after=started + (own.ready_after or 0.0) if started else own.ready_after)
    return Process(
        exits_after=replay.ended,
        exit_code=replay.code,
        message=said.decode("utf-8", "replace").strip() if replay.code else "",
        touched=tuple(replay.touched),
    )


def _own(image: Image, variables: dict[str, str]) -> Process:
    if image.needs_env and not variables.keys() & set(image.needs_env):
        return Process(exits_after=STARTUP, exit_code=1, message=image.message)
    return Process(
        ports=image.ports,
        ready_after=image.ready_after,
        exits_after=image.exits_after,
        exit_code=image.exit_code,
        message=image.message,
        sigterm=image.sigterm,
        sigterm_code=image.sigterm_code,
    )
