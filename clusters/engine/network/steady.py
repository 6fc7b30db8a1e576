"""The calls of clients, worked out from what happened in the cluster: nobody makes or stores them.

Stands in for curl in a loop: on the machines of people, where they placed a client, and as the command of a
container, which is a client while it runs. Which call a client makes when, and which of several
ways it takes, follows from the cluster's seed, the client's uid and the number of the call; what comes of
it from the cluster's state at that time. A Fold takes in the journal's changes one after the other and
works out all calls between them. Left out: how long a call takes. One that nobody answers is lost at once.

Between two changes the state stays as it is, but for containers that begin to listen. So what can come of
a client's calls is found out once, and where all ways come to the same, calls are only counted.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import groupby, islice, takewhile
from random import Random
from typing import Any, Final

from clusters.engine.changes import Change
from clusters.engine.clock import draw_hex
from clusters.engine.images import Image
from clusters.engine.network.clients import KIND, MOST, Client, by_age, client_of
from clusters.engine.network.outcomes import Fork, Outcome
from clusters.engine.network.routing import Network
from clusters.engine.network.traffic import Call, Totals
from clusters.engine.objects import (
    Key,
    Object,
    is_finished,
    is_ready,
    key_of,
    labels_of,
    simulation_of,
    uid_of,
)
from clusters.engine.store import MemoryStore

KEPT: Final = 360.0
"""Simulated seconds for which each call is remembered; what is older is counted only."""
KINDS: Final = frozenset(
    {
        "Cluster",
        "ConfigMap",
        "EndpointSlice",
        "Endpoints",
        "Namespace",
        "Node",
        "Pod",
        "Secret",
        "Service",
        KIND,
    }
)
"""The kinds of objects that say who reaches whom, and what a container listens to."""

Ports = Callable[[MemoryStore, Object], Mapping[int, tuple[float, Image]]]
"""The ports of a pod: since when somebody listens there, and with which image's program."""
Loops = Callable[[MemoryStore, Object], Sequence[Client]]
"""The clients that a pod's own containers are."""

_UNUSED: Final = Random(0)
"""A Fold takes its chances by itself."""


class TooLateError(Exception):
    """A change belongs to a time whose calls are only known by number: fold all of the journal anew."""


class Fold:
    """All calls of a cluster's clients before `time`, which begins where `store` was the state.

    `totals` counts them all; `calls` are those of the last `kept` seconds, by time. Changes have to come in
    the order of their revisions. One that comes late, when calls after it are worked out already, changes
    those. Of the containers that are clients, the MOST count that began first.
    """

    def __init__(
        self,
        store: MemoryStore,
        time: float,
        *,
        seed: str,
        ports: Ports,
        loops: Loops,
        totals: Totals | None = None,
        kept: float = KEPT,
    ) -> None:
        self.store = store
        self.time = time
        self.totals = Totals() if totals is None else totals
        self.calls: deque[Call] = deque()
        self._seed = seed
        self._ports_of = ports
        self._loops_of = loops
        self._kept = kept
        self._kept_from = time
        self._clients: list[Client] = []
        self._next_call = time
        self._loops: dict[Key, Sequence[Client]] = {}
        self._look_again()
        self._learn_loops()
        self._look_for_clients()

    def advance(self, changes: Iterable[Change], until: float) -> None:
        """Take in changes, and work out all calls before `until`.

        Raises TooLateError; the fold is of no use any more then.
        """
        self._kept_from = max(self._kept_from, until - self._kept)
        for time, together in groupby(changes, key=lambda change: change.time):
            relevant = [change for change in together if change.key.kind in KINDS]
            if relevant:
                self._run(time)
                self._apply(relevant)
        self._run(max(self.time, until))
        while self.calls and self.calls[0].time < self._kept_from:
            self.calls.popleft()

    @property
    def clients(self) -> list[Client]:
        """Who calls now: those that are placed, and containers."""
        return self._clients

    def between(self, since: float, until: float) -> list[Call]:
        """The remembered calls at or after `since` and before `until`, by time."""
        found = list(takewhile(lambda call: call.time >= since, reversed(self.calls)))
        return [call for call in reversed(found) if call.time < until]

    def _run(self, until: float) -> None:
        if until < self.time:
            self._rewind(until)
        if self._clients:
            self._learn_ports()
            while self._starts and self._starts[0] < until:
                self._stretch(heappop(self._starts))
                self._ways.clear()
            self._stretch(until)
        self.time = until

    def _rewind(self, time: float) -> None:
        if time < self._kept_from:
            raise TooLateError
        while self.calls and self.calls[-1].time >= time:
            self.totals.add(self.calls.pop(), -1)
        self.time = self._next_call = time
        self._look_again()

    def _apply(self, changes: list[Change]) -> None:
        before = self.store
        self.store = before.apply(changes)
        for change in changes:
            if change.key.kind == KIND:
                continue
            previous, now = before.get(*change.key), self.store.get(*change.key)
            if previous is None or now is None or _matters(previous) != _matters(now):
                self._noticed(change.key)
        if self._learn_loops() or any(change.key.kind == KIND for change in changes):
            self._look_for_clients()

    def _look_for_clients(self) -> None:
        loops = sorted((client for found in self._loops.values() for client in found), key=by_age)
        clients = sorted([*map(client_of, self.store.list(KIND)), *loops[:MOST]])
        for gone in {client.uid for client in self._clients} - {client.uid for client in clients}:
            self.totals.clients.pop(gone, None)
        if clients != self._clients:
            self._clients = clients
            self._next_call = self.time

    def _learn_loops(self) -> bool:
        """Find out which containers call; returns whether they are others than before."""
        before = dict(self._loops)
        for key in self._changed:
            pod = self.store.get(*key)
            loops = self._loops_of(self.store, pod) if pod is not None else ()
            if loops:
                self._loops[key] = loops
            else:
                self._loops.pop(key, None)
        self._changed.clear()
        return self._loops != before

    def _noticed(self, key: Key) -> None:
        self._ways.clear()
        if key.kind == "Pod":
            self._ports.pop(key, None)
            self._unknown.add(key)
            self._changed.add(key)
        elif key.kind in ("Cluster", "ConfigMap", "Node", "Secret"):
            self._look_again()

    def _look_again(self) -> None:
        """Nothing is known of what comes of calls now, nor of who listens where and who calls."""
        self._ways: dict[tuple[Key | None, str, int, str], _Way] = {}
        self._ports: dict[Key, Mapping[int, tuple[float, Image]]] = {}
        self._unknown = set(self.store.keys("Pod"))
        self._changed = {*self._unknown, *self._loops}
        self._starts: list[float] = []

    def _learn_ports(self) -> None:
        for key in self._unknown:
            pod = self.store.get(*key)
            if pod is not None:
                self._ports[key] = self._ports_of(self.store, pod)
                for since, _ in self._ports[key].values():
                    if since > self.time:
                        heappush(self._starts, since)
        self._unknown.clear()

    def _listening(self, pod: Object) -> dict[int, Image]:
        ports = self._ports[key_of(pod)]
        return {port: image for port, (since, image) in ports.items() if since <= self.time}

    def _stretch(self, until: float) -> None:
        """Work out the calls up to then, while nothing changes."""
        if until <= self._next_call:
            self.time = max(self.time, until)
            return
        calls: list[Call] = []
        for client in self._clients:
            ticks = client.ticks(self.time, until)
            if ticks and self._calls(client):
                kept = client.ticks(min(max(self.time, self._kept_from), until), until)
                self._count(client, range(ticks.start, kept.start))
                calls += [self._call(client, tick) for tick in kept]
        calls.sort(key=lambda call: (call.time, call.client))
        for call in calls:
            self.totals.add(call)
        self.calls.extend(calls)
        self.time = until
        self._next_call = min(client.time_of(client.ticks(until, until).start) for client in self._clients)

    def _calls(self, client: Client) -> bool:
        """Whether the client calls at all: outside it does, inside while its pod runs."""
        if client.source is None:
            return True
        pod = self.store.get(*client.source)
        return pod is not None and uid_of(pod) == client.pod_uid and _runs(pod) and self._network().is_up(pod)

    def _network(self, now: float = 0.0) -> Network:
        return Network(self.store, self._listening, _UNUSED, now)

    def _way(self, client: Client) -> "_Way":
        asks = client.source, client.target, client.port, client.address
        way = self._ways.get(asks)
        if way is None:
            way = self._ways[asks] = _Way(self._network().way(*asks))
        return way

    def _number(self, client: Client, tick: int) -> int:
        """What decides which way the call goes."""
        return int(draw_hex(self._seed, tick, f"steady/{client.uid}", 16), 16)

    def _call(self, client: Client, tick: int) -> Call:
        way = self._way(client).taken(self._number(client, tick))
        return self._made(client, way, client.time_of(tick))

    def _made(self, client: Client, way: "_Way", time: float) -> Call:
        network = self._network(time)
        outcome = network.responded(way.outcome, client.request)
        call = network.call(
            client.source, client.target, client.port, outcome, client.request, client.address
        )
        return call._replace(client=client.uid)

    def _count(self, client: Client, ticks: range) -> None:
        """Count the calls with these numbers."""
        if not ticks:
            return
        way = self._way(client)
        ends = list(islice(way.ends(), len(ticks) // 2))
        if 0 < len(ends) < len(ticks) // 2:
            made = [self._made(client, end, self.time) for end in ends]
            if len({(call.answered, call.service) for call in made}) == 1:
                self.totals.add(made[0], len(ticks))
                return
        chosen = Counter(way.taken(self._number(client, tick)) for tick in ticks)
        for end, times in chosen.items():
            self.totals.add(self._made(client, end, self.time), times)


class _Way:
    """What can come of a client's calls while nothing changes, found out as far as somebody asks."""

    def __init__(self, found: Outcome | Fork) -> None:
        self._found = found
        self._next: list[_Way | None] = [None] * len(found.ways) if isinstance(found, Fork) else []

    @property
    def outcome(self) -> Outcome:
        """What comes of it, at an end."""
        assert not isinstance(self._found, Fork)
        return self._found

    def taken(self, number: int) -> "_Way":
        """The end to which that number leads."""
        way = self
        while way._next:
            number, index = divmod(number, len(way._next))
            way = way._branch(index)
        return way

    def ends(self) -> Iterator["_Way"]:
        """All ends, each found out when it is asked for."""
        if not self._next:
            yield self
        for index in range(len(self._next)):
            yield from self._branch(index).ends()

    def _branch(self, index: int) -> "_Way":
        branch = self._next[index]
        if branch is None:
            assert isinstance(self._found, Fork)
            branch = self._next[index] = _Way(self._found.follow(self._found.ways[index]))
        return branch


def _matters(obj: Object) -> Any:
    """What of an object decides who reaches whom: with the same it makes no difference."""
    kind, simulation = obj["kind"], simulation_of(obj)
    if kind == "Pod":
        ip = (obj.get("status") or {}).get("podIP")
        inside = simulation.get("boot"), simulation.get("containers")
        return uid_of(obj), obj["spec"], ip, is_finished(obj), _runs(obj), inside
    if kind == "Node":
        powered, boot = simulation.get("powered"), simulation.get("boot")
        return uid_of(obj), obj["status"].get("addresses"), is_ready(obj), powered, boot
    if kind == "Cluster":
        return obj["spec"]["delays"]
    return uid_of(obj), labels_of(obj), {part: value for part, value in obj.items() if part != "metadata"}


def _runs(pod: Object) -> bool:
    """Whether one of the pod's containers runs, as far as the API server knows."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return not is_finished(pod) and any("running" in (status.get("state") or {}) for status in statuses)
