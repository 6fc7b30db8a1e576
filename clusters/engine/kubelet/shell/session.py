"""One `kubectl exec` or `attach`: a program in a running container, as a state machine without a clock.

Models the kubelet's exec and attach with the container runtime's part (`pkg/kubelet/cri/streaming`,
`k8s.io/cri-client`). Whoever carries the bytes does this, and nothing here ever blocks or runs anything:

    session = Session(World(image, now, rng, traffic), pod, container, command, tty=..., stdin=...)
    loop:
        for output in session.advance(): send output.data on output.stream
        if session.exit_code is not None: tell it, stop
        if session.act: submit(cluster, session.act) as a write, then session.acted(what it returned); go on
        wait for input, for simulated time to reach session.wake_at (None: input alone), for a change of the
        cluster, or for a second; then session.feed(data), session.close_stdin(), or nothing

`attach(...)` gives something with the same methods. With a tty all output is on stdout. Left out: window
sizes, and files that are not kept for others while a command still writes them.

A session prints at most MOST_OUTPUT bytes and does at most about WORK an `advance`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from clusters.engine.apiserver.errors import StatusError, bad_request, not_found
from clusters.engine.kubelet import calls, container_writes
from clusters.engine.kubelet.inside import (
    Running,
    choose_container,
    listening,
    machine_of,
    reach_kubelet,
    running_container,
)
from clusters.engine.kubelet.logs import Follower
from clusters.engine.kubelet.programs import reads_commands, words_of
from clusters.engine.kubelet.shell import effects
from clusters.engine.kubelet.shell.builtins import Interrupt
from clusters.engine.kubelet.shell.effects import STDERR, STDOUT, Effect, Output
from clusters.engine.kubelet.shell.interpreter import Shell
from clusters.engine.kubelet.shell.machine import work_of
from clusters.engine.kubelet.shell.terminal import Input, Pipe, Terminal
from clusters.engine.kubelet.texts import missing_program
from clusters.engine.network import Network, Traffic
from clusters.engine.objects import Key, Object, simulation_of, uid_of
from clusters.engine.store import MemoryStore, Overlay

MOST_OUTPUT: Final = 1 << 20
WORK: Final = 10_000
"""Units, see machine.py."""
KILLED: Final = 137
INTERRUPTED: Final = 130
NOT_FOUND: Final = 127
_LAG: Final = 60.0
"""Simulated seconds that a session may be behind; what is older is not made up for."""
_SOON: Final = 0.1

Act = Callable[[Overlay], bool]


@dataclass(frozen=True)
class World:
    """A session's view of its cluster: the newest image, the simulated time, chance, the ring of requests."""

    image: Callable[[], MemoryStore]
    now: Callable[[], float]
    rng: Random
    traffic: Traffic | None = None

    def network(self) -> Network:
        store, now = self.image(), self.now()
        return Network(store, lambda pod: listening(store, pod, now), self.rng, now, self.traffic)


def find_running(world: World, key: Key, container: str) -> Running:
    """The container to go into. Raises StatusError as exec does: 404, 400, or 500."""
    store = world.image()
    pod = store.get(*key)
    if pod is None:
        raise not_found("Pod", key.name)
    name = choose_container(pod, container)["name"]
    if not pod["spec"].get("nodeName"):
        raise bad_request(f"pod {key.name} does not have a host assigned")
    reach_kubelet(store, pod, "", dialing=True)
    running = running_container(store, pod, name, world.now())
    if running is None:
        said = f'container not found ("{name}")'
        raise StatusError(500, "InternalError", said)
    return running


class Session:
    """A program in a container. See the module for how it is driven.

    `wake_at` is in simulated seconds; `act` is a write that has to be done before it goes on.
    """

    def __init__(
        self,
        world: World,
        pod: Key,
        container: str,
        command: Sequence[str],
        *,
        tty: bool = False,
        stdin: bool = False,
        main: bool = False,
    ) -> None:
        """Start `command`. With `main` it is the container's own process, and the container ends with it.

        Raises StatusError, see find_running; 400 for no command.
        """
        if not command:
            raise bad_request("you must specify at least 1 command")
        self.world = world
        self.key = pod
        self.tty = tty
        self.main = main
        self.running = find_running(world, pod, container)
        self.machine = machine_of(world.image(), self.running, world.now(), tty=tty)
        self.machine.processes += [] if main else [" ".join(command)]
        self.input: Input = Terminal() if tty and stdin else Pipe(closed=not stdin)
        self.exit_code: int | None = None
        self.wake_at: float | None = None
        self.act: Act | None = None
        self._outputs: list[Output] = []
        self._printed = 0
        self._changes: dict[str, bytes | None] = {}
        self._effect: Effect | None = None
        self._answer: object = None
        self._code: int | None = None
        self._full = False
        self._program = Shell(self.machine, variables=self.machine.variables).start(list(command))
        if not self.machine.has(command[0]):
            self._not_there(command[0])

    def feed(self, data: bytes) -> None:
        """Somebody typed, or piped, these bytes."""
        echo = self.input.feed(data)
        if echo and self.exit_code is None:
            self._outputs.append(Output(STDOUT, echo))

    def close_stdin(self) -> None:
        """Nothing more will come."""
        self.input.close()

    def acted(self, done: bool) -> None:
        """The write has been made, or could not be: there was no room, or the container is gone."""
        self.act = None
        if not done:
            self._print(effects.complain("No space left on device"))
            # Programs here do not ask whether they could write; what is copied must not seem to have been.
            self._full = not self.tty

    def advance(self) -> list[Output]:
        """Go on as far as can be now; returns what was printed."""
        self.wake_at = None
        if self._has_power():
            self._check_container()
            self._run()
        found, self._outputs = self._outputs, []
        return [Output(STDOUT, output.data) for output in found] if self.tty else found

    def _run(self) -> None:
        self.machine.work = 0
        while self.machine.work < WORK:
            if self.exit_code is not None or self.act is not None:
                return
            if not self._is_ready():
                # What is written in one go is one write.
                if self._changes:
                    self._write_files()
                return
            self._step()
        self.wake_at = self.world.now() + _SOON

    def _has_power(self) -> bool:
        """Without power nothing comes out any more, not even an end."""
        pod = self.running.pod
        node = self.world.image().get("Node", "", pod["spec"]["nodeName"])
        return node is not None and bool(simulation_of(node).get("powered", True))

    def _check_container(self) -> None:
        if self._code is not None:
            return
        store, name = self.world.image(), self.running.container["name"]
        pod = store.get(*self.key)
        same = pod is not None and uid_of(pod) == uid_of(self.running.pod)
        running = running_container(store, pod, name, self.world.now()) if pod is not None and same else None
        if running is None or running.id != self.running.id:
            self.exit_code = KILLED if self.exit_code is None else self.exit_code

    def _is_ready(self) -> bool:
        """Whether the program has what it waits for; if so, `_answer` is set."""
        effect, now = self._effect, self.world.now()
        if self.input.interrupted:
            return True
        if isinstance(effect, effects.Sleep):
            until = self.machine.now + effect.seconds
            if until > now:
                self.wake_at = until if until < float("inf") else None
                return False
            self.machine.now = max(until, now - _LAG)
        elif isinstance(effect, (effects.ReadLine, effects.ReadAll)):
            self._answer = self.input.line() if isinstance(effect, effects.ReadLine) else self.input.all()
            if self._answer is None:
                return False
            self.machine.now = now
        self._effect = None
        return True

    def _step(self) -> None:
        """Let the program run up to its next effect."""
        if self._code is not None:
            self._finish(self._code)
            return
        answer, self._answer = self._answer, None
        try:
            if self.input.interrupted:
                self.input.interrupted, self._effect = False, None
                effect = self._program.throw(Interrupt())
            else:
                effect = self._program.send(answer)
        except StopIteration as end:
            self._code = int(end.value)
        except Interrupt:
            self._code = INTERRUPTED
        else:
            self._perform(effect)

    def _finish(self, code: int) -> None:
        """The program is over: see to what is left to write, then say so."""
        if self._changes:
            self._write_files()
        elif self.main:
            self.main = False
            self.act = self._as_act(container_writes.end_process, code)
        else:
            self.exit_code = code or int(self._full)

    def _perform(self, effect: Effect) -> None:
        self.machine.spend(work_of(effect))
        if isinstance(effect, effects.Change):
            self._changes[effect.path] = effect.content
        elif isinstance(effect, Output):
            self._print(effect)
        elif isinstance(effect, effects.Kill):
            self.act = self._as_act(container_writes.send_signal, effect.signal)
        elif isinstance(effect, (effects.Sleep, effects.ReadLine, effects.ReadAll)):
            self._effect = effect
            if isinstance(effect, effects.ReadLine) and self.tty and effect.prompt:
                self._print(effects.say(effect.prompt))
        else:
            self._answer = self._asked(effect)

    def _asked(self, effect: Effect) -> object:
        """The answer of the network, and of nothing to what only concerns main processes."""
        store = self.world.image()
        pod = store.get(*self.key) or self.running.pod
        if isinstance(effect, (effects.Connect, effects.Resolve, effects.Ping)):
            return calls.ask(self.world.network(), self.key, effect)
        if isinstance(effect, effects.Serve):
            return self._serve(store, pod)
        return None

    def _serve(self, store: MemoryStore, pod: Object) -> int:
        taken = set(listening(store, pod, self.world.now())) & set(self.machine.image.ports)
        said = "a server that is started by hand is not simulated"
        if taken:
            said = f"bind to 0.0.0.0:{min(taken)} failed: Address already in use"
        self._print(effects.complain(said))
        return 1

    def _write_files(self) -> None:
        changes, self._changes = self._changes, {}
        self.act = self._as_act(container_writes.change_files, changes)

    def _as_act(self, verb: Callable[..., bool], argument: object) -> Act:
        key, name, id_ = self.key, self.running.container["name"], self.running.id
        return lambda store: verb(store, key, name, id_, argument)

    def _print(self, output: Output) -> None:
        data = output.data.replace(b"\n", b"\r\n") if self.tty else output.data
        room = MOST_OUTPUT - self._printed
        self._outputs.append(Output(output.stream, data[:room]))
        self._printed += len(data)
        if self._printed > MOST_OUTPUT:
            self._outputs.append(Output(STDERR, b"\r\nToo much output: the session ends here.\r\n"))
            self.exit_code = KILLED

    def _not_there(self, program: str) -> None:
        """The runtime's words for a program that the image does not have."""
        said = f"exec failed: unable to start container process: {missing_program(program)}: unknown"
        self._outputs.append(effects.complain(f"OCI runtime exec failed: {said}"))
        self.exit_code = NOT_FOUND


class Attachment:
    """Somebody looks on at a process that does not read its stdin: its log, from now on."""

    act: Act | None = None

    def __init__(self, world: World, pod: Key, container: str) -> None:
        running = find_running(world, pod, container)
        self.world = world
        self.exit_code: int | None = None
        self.wake_at: float | None = None
        self._pod_uid = uid_of(running.pod)
        self._follower = Follower(pod, running.container["name"])
        self._follower.skip_to(world.now())

    def feed(self, data: bytes) -> None:
        """Nobody reads it."""

    def close_stdin(self) -> None:
        """Nobody reads it."""

    def acted(self, done: bool) -> None:
        """There are no acts."""

    def advance(self) -> list[Output]:
        """What was written since the last time."""
        if self.exit_code is not None:
            return []
        requests = self.world.traffic.served(self._pod_uid) if self.world.traffic is not None else ()
        try:
            lines = self._follower.advance(self.world.image(), self.world.now(), requests)
        except StatusError:
            # The machine lost its power: the stream hangs.
            return []
        self.wake_at = self._follower.next_at
        self.exit_code = 0 if self._follower.over else None
        return [Output(line.stream, f"{line.text}\n".encode("utf-8", "replace")) for line in lines]


def attach(
    world: World, pod: Key, container: str, *, tty: bool = False, stdin: bool = False
) -> Session | Attachment:
    """Attach to the container's own process. Raises StatusError, see find_running.

    A shell that waits for commands gets them from whoever attaches; with nobody there it just waits.
    """
    running = find_running(world, pod, container)
    if stdin and running.container.get("stdin") and reads_commands(running.container, running.image):
        words = words_of(running.container, running.image) or ["sh"]
        tty = tty and bool(running.container.get("tty"))
        return Session(world, pod, container, words, tty=tty, stdin=True, main=True)
    return Attachment(world, pod, container)
