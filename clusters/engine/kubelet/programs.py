"""What the command of a container does: how long it runs, how it ends, what it prints and touches.

Models no component of Kubernetes but what stands in for the machine's own. The commands that people write
in manifests are run by the simulated shell of `kubelet/shell/`, with time instead of a clock, see replay.py.
What a main process asks of the network is answered when the time has come, see calls.py.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from clusters.engine.images import Image, programs_of
from clusters.engine.kubelet import transcript
from clusters.engine.kubelet.replay import LOG_WORK, Asked, Replay, machine_for, replay
from clusters.engine.kubelet.shell.catalogue import ONLINE
from clusters.engine.kubelet.surroundings import Surroundings
from clusters.engine.kubelet.texts import missing_program
from clusters.engine.objects import Object

STARTUP: Final = 0.1
"""Seconds until a program that cannot work has found that out, or that works asks its first question."""
_SHELLS: Final = frozenset({"sh", "bash", "ash", "dash"})
_MESSAGE: Final = 4096
"""Bytes of a termination message."""
_NOWHERE: Final = Surroundings()
_ASKS: Final = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(ONLINE)))})\b")


class Process(NamedTuple):
    """The main process of a container. Durations in simulated seconds since its start.

    `exits_after` None: it runs for ever; `sigterm` None: it ignores SIGTERM; `ready_after` None: the
    cluster's delays say when it listens on `ports`. `touched` tells which files it writes with what, and
    which it removes (None), and when. `start_error` says why the runtime cannot even start it. `asks_after`
    is when it asks the network what nobody has answered so far; what it does then is not known.
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
    asks_after: float | None = None

    def files(self, elapsed: float) -> dict[str, bytes]:
        """The files that it has made and not removed by then, and what is in them."""
        found: dict[str, bytes] = {}
        for at, path, content in self.touched:
            if at <= elapsed and content is not None:
                found[path] = content
            elif at <= elapsed:
                found.pop(path, None)
        return found


def process_of(
    container: Object,
    image: Image,
    given: Mapping[str, str] | None = None,
    *,
    answers: Sequence[str] | None = None,
    around: Surroundings = _NOWHERE,
) -> Process:
    """The process that this container of a pod's spec runs, started from that image.

    `given` are the variables that it was started with, if they are more than its spec says; `answers` what
    the network has told it, see transcript.py, and `around` where it asks from.
    """
    variables = {v["name"]: v.get("value") or "" for v in container.get("env") or ()} | dict(given or {})
    command, args = tuple(container.get("command") or ()), tuple(container.get("args") or ())
    around = around.with_variables(variables)
    if answers is None:
        return _process(image, command, args, around, bool(container.get("stdin")))
    return _online(image, command, args, around, bool(container.get("stdin")), tuple(answers))


def words_of(container: Object, image: Image) -> list[str]:
    """The command line of the container's main process; [] for the image's own program."""
    command, args = container.get("command") or [], container.get("args") or []
    if not command and (not args or not image.entrypoint):
        return []
    if command or image.entrypoint == "sh":
        return [*command, *args]
    # As the images' docker-entrypoint.sh do it: options are for the program, all else is a command line.
    takes = args[0].startswith("-") or not (image.serves or args[0].rpartition("/")[2] in programs_of(image))
    return [*([image.entrypoint] if takes else []), *args]


def reads_commands(container: Object, image: Image) -> bool:
    """Whether the container's own process is a shell that reads commands from its stdin."""
    words = words_of(container, image)
    if not words:
        return image.base != "none" and image.exits_after == 0 and not image.exit_code
    return words[0].rpartition("/")[2] in _SHELLS and all(word in ("-i", "-l", "-il") for word in words[1:])


def asks_network(container: Object, image: Image) -> bool:
    """Whether the container's command may ask something of the network."""
    words = words_of(container, image)
    return any(_ASKS.search(word) for word in words)


def replay_of(
    container: Object, image: Image, around: Surroundings, start: float, answers: Sequence[str] = ()
) -> Replay:
    """The command of a container run once more, from its start; words_of must have found one."""
    words, machine = words_of(container, image), machine_for(image, around)
    stdin = bool(container.get("stdin"))
    return replay(words, machine, start, stdin_open=stdin, most_work=LOG_WORK, answers=answers)


class Executed(NamedTuple):
    """How a probe's command ended, and what it printed."""

    code: int
    text: str


def execute(
    command: Sequence[str],
    image: Image,
    files: Iterable[str],
    *,
    timeout: float = 1.0,
    around: Surroundings = _NOWHERE,
    ask: Asked | None = None,
) -> Executed:
    """Run a command in a running container, as an exec probe does, for at most `timeout` simulated seconds.

    `files` are the paths that are there beside those of the image, `ask` puts questions to the network.
    """
    machine = machine_for(image, around, files)
    if not machine.has(command[0]):
        return Executed(1, f"{missing_program(command[0])}: unknown")
    run = replay(command, machine, ask=ask)
    text = b"".join(output.data for _, output in run.outputs(until=timeout))
    if run.ended is None or run.ended > timeout:
        # As ExecSync of `staging/src/k8s.io/cri-client` says it.
        return Executed(1, f'command timed out: "{" ".join(command)}" timed out after {timeout:g}s')
    return Executed(run.code, text.decode("utf-8", "replace").rstrip("\n"))


@lru_cache(maxsize=1024)
def _process(
    image: Image,
    command: tuple[str, ...],
    args: tuple[str, ...],
    around: Surroundings,
    stdin: bool,
) -> Process:
    return _lived(image, command, args, around, stdin, ())


@lru_cache(maxsize=64)
def _online(
    image: Image,
    command: tuple[str, ...],
    args: tuple[str, ...],
    around: Surroundings,
    stdin: bool,
    answers: tuple[str, ...],
) -> Process:
    return _lived(image, command, args, around, stdin, answers)


def _lived(
    image: Image,
    command: tuple[str, ...],
    args: tuple[str, ...],
    around: Surroundings,
    stdin: bool,
    answers: tuple[str, ...],
) -> Process:
    """What becomes of the process as far as it can be known."""
    words = words_of({"command": command, "args": args}, image)
    if not words:
        if stdin and reads_commands({}, image):
            return Process()
        return _own(image, dict(around.variables))
    machine = machine_for(image, around)
    if not machine.has(words[0]):
        return Process(start_error=missing_program(words[0]))
    run, said = replay(words, machine, stdin_open=stdin, answers=answers), b""
    for _, output in run.outputs(until=float("inf")):
        said = (said + output.data)[-_MESSAGE:]
    if run.served is not None:
        own = _own(image, dict(around.variables))
        started = run.served
        return own._replace(ready_after=started + (own.ready_after or 0.0) if started else own.ready_after)
    return Process(
        exits_after=run.ended,
        exit_code=run.code,
        message=said.decode("utf-8", "replace").strip() if run.code else "",
        touched=tuple(run.touched),
        asks_after=run.asks_at if transcript.has_room(answers) else None,
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
