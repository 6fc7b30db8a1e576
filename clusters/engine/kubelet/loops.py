"""Containers that call others in an endless loop: `while true; do curl -s http://kubia; sleep 1; done`.

Stands in for the load generators that people run. Their calls are never made: such a container is a client
like those that are placed (network/clients.py), calling as often as its loop turns while it runs, and what
comes of the calls follows from the journal (network/steady.py). To find the calls out, the command is run
for a few turns, with every answer that decides something.

Left out: loops that call according to what they are told, that call more than MOST_CALLS times a turn, that
ping or only look names up, and URLs in files of volumes. A call takes no time, even one that is lost; a turn
takes at least a second.
"""

from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import floor, inf
from typing import Final, NamedTuple

from clusters.engine.images import Image
from clusters.engine.kubelet import inside
from clusters.engine.kubelet.environment import expanded
from clusters.engine.kubelet.programs import STARTUP, replay_of
from clusters.engine.kubelet.replay import WORK, Replay
from clusters.engine.kubelet.shell.effects import Ask, Connect, Resolve
from clusters.engine.kubelet.surroundings import Surroundings, surroundings_of
from clusters.engine.network import Answer, Call, Response, TimedOut, Unresolved, dns
from clusters.engine.network.clients import KIND as CLIENT
from clusters.engine.network.clients import Client
from clusters.engine.objects import Key, Object, key_of, simulation_of, uid_of
from clusters.engine.store import MemoryStore

MOST_CALLS: Final = 3
"""Calls of a turn."""
_ROUNDING: Final = 1e-3
"""Seconds by which the times of a call, worked out in two ways, may differ."""
_ANSWER: Final = Answer(None, Key("Pod", "", ""), 0, Image("", 0))
_SOMEWHERE: Final = "192.0.2.1"


class Calls(NamedTuple):
    """The calls of clients before `until`, by time, as far as anybody remembers them, and who calls then."""

    until: float = -inf
    calls: Sequence[Call] = ()
    clients: Sequence[Client] = ()

    def of(self, container_id: str) -> "Calls":
        """Those of a container."""
        calls = [call for call in self.calls if call.client.rpartition("/")[0] == container_id]
        clients = [client for client in self.clients if client.uid.rpartition("/")[0] == container_id]
        return Calls(self.until, calls, clients)

    def next_after(self, time: float) -> float:
        """When the next call will be made, inf for never."""
        return min((client.time_of(client.ticks(time, time).start) for client in self.clients), default=inf)


class _Regular(NamedTuple):
    """A call that a loop makes every so many seconds, the first so long after its container's start."""

    first: float
    every: float
    connect: Connect


def loops_of(store: MemoryStore, pod: Object) -> list[Client]:
    """The clients that the pod's running containers are, each with the container's id in its uid.

    The same state of the pod and of what it refers to gives the same.
    """
    if not _asks(pod):
        return []
    worker = inside.worker_of(store, pod, 0.0)
    if worker is None:
        return []
    running = [(container, worker.states[container["name"]]) for container in worker.running()]
    return [
        client
        for container, state in running
        if "answers" in state
        for client in _clients(store, pod, container, state)
    ]


def may_call(store: MemoryStore) -> bool:
    """Whether a cluster may have clients, placed ones or containers."""
    return store.count(CLIENT) > 0 or any(map(_asks, store.list("Pod")))


def _asks(pod: Object) -> bool:
    """Whether a process of the pod may ask the network something."""
    states = (simulation_of(pod).get("containers") or {}).values()
    return any(state["phase"] == "running" and "answers" in state for state in states)


def _clients(store: MemoryStore, pod: Object, container: Object, state: Object) -> list[Client]:
    image = inside.image_for(state, container)
    if image is None:
        return []
    # What a volume holds may change while the loop goes on.
    around = surroundings_of(store, pod, {**container, "volumeMounts": []}, image)
    container = expanded(store, pod, container)
    command, args = tuple(container.get("command") or ()), tuple(container.get("args") or ())
    calls = _regular(image, command, args, around, bool(container.get("stdin")), tuple(state["answers"]))
    return [
        Client(
            f"{state['id']}/{number}",
            container["name"],
            key_of(pod),
            uid_of(pod),
            "",
            call.connect.name,
            call.connect.port,
            call.every,
            state["since"] + call.first - call.every,
            call.connect.request,
        )
        for number, call in enumerate(calls)
    ]


@lru_cache(maxsize=1024)
def _regular(
    image: Image,
    command: tuple[str, ...],
    args: tuple[str, ...],
    around: Surroundings,
    stdin: bool,
    answers: tuple[str, ...],
) -> tuple[_Regular, ...]:
    """The calls of the loop in which that command ends up, if they are the same whatever is answered."""
    container = {"command": command, "args": args, "stdin": stdin}

    def observed(pattern: Sequence[bool]) -> tuple[_Regular, ...]:
        return _Observer(replay_of(container, image, around, 0.0, answers), pattern).calls()

    calls = observed([True])
    if len(calls) > MOST_CALLS:
        return ()
    ways = product([True, False], repeat=len(calls))
    return calls if all(observed(pattern) == calls for pattern in ways if pattern) else ()


class _Observer:
    """Answers the calls of a loop as `pattern` has it again and again, until it is seen to be regular."""

    def __init__(self, run: Replay, pattern: Sequence[bool]) -> None:
        self.run = run
        self.pattern = pattern
        self.made: list[tuple[float, Connect]] = []
        self.asked: list[Ask] = []
        run.loop, run.most_work = self.answer, WORK

    def answer(self, effect: Ask) -> object:
        machine = self.run.machine
        machine.now = max(machine.now, STARTUP)
        self.asked.append(effect)
        if isinstance(effect, Resolve) and effect.search:
            return dns.Found(effect.name, [_SOMEWHERE])
        if not isinstance(effect, Connect):
            machine.now = inf
            return None
        number = len(self.made)
        self.made.append((machine.now, effect))
        if not self.pattern[number % len(self.pattern)]:
            return TimedOut()
        # Another one each time, so that whatever keeps it is seen to.
        response = Response(200, (), b"%d\n" % number) if effect.request is not None else None
        return _ANSWER._replace(response=response)

    def calls(self) -> tuple[_Regular, ...]:
        """What each turn calls."""
        self.run.run(until=inf)
        if self.run.steady is None or not self.run.steady.asks:
            return ()
        every, asks = self.run.steady
        number = sum(isinstance(effect, Connect) for effect in self.asked[-asks:])
        last = self.made[-number:] if number else []
        return tuple(_Regular(self._first(time, every), every, connect) for time, connect in last)

    def _first(self, time: float, every: float) -> float:
        """When a call was first made that is made every so often, also at `time`."""
        begun, _ = self.made[0]
        return round(time - floor((time - begun + _ROUNDING) / every) * every, 6)


def tell(run: Replay, store: MemoryStore, pod: Object, own: Calls) -> None:
    """Let a container's command go through its endless loop once more, with the answers to its own calls.

    What is printed in turns whose calls are not known is taken to have scrolled out of the log.
    """
    run.loop = _Memory(run, store, pod, own).answer


class _Memory:
    """Answers what a loop asks with what it was answered when it did."""

    def __init__(self, run: Replay, store: MemoryStore, pod: Object, own: Calls) -> None:
        self.run = run
        self.store = store
        self.pod = pod
        self.calls = deque(own.calls)
        self.until = own.until
        self.begun = False

    def answer(self, effect: Ask) -> object:
        machine = self.run.machine
        machine.now = max(machine.now, self.run.start + STARTUP)
        if machine.now >= self.until or not isinstance(effect, (Connect, Resolve)):
            machine.now = inf
            return None
        call = self._call(effect.name)
        if call is None and self.begun:
            # The machine has lost its power, and with it the container.
            machine.now = inf
            return None
        if call is None:
            self.run.resumed = machine.now + _ROUNDING
            return TimedOut() if isinstance(effect, Connect) else dns.Found(effect.name, [_SOMEWHERE])
        self.begun = True
        if isinstance(effect, Connect):
            return self.calls.popleft().outcome
        return None if isinstance(call.outcome, Unresolved) else self._found(call)

    def _call(self, name: str) -> Call | None:
        """The call to that name which is due now, if it is known."""
        now, calls = self.run.machine.now, self.calls
        while calls and (
            calls[0].time < now - _ROUNDING or (calls[0].time < now + _ROUNDING and calls[0].target != name)
        ):
            calls.popleft()
        return calls[0] if calls and calls[0].time < now + _ROUNDING else None

    def _found(self, call: Call) -> dns.Found:
        """What the name stands for, as far as one still can tell."""
        found = dns.resolve(self.store, self.pod, call.target)
        return found if found is not None and found.addresses else dns.Found(call.target, [_SOMEWHERE])
