"""The requests of late, kept beside the journal: who asked whom for what, and what came of it.

Stands in for what a packet capture would show. A process keeps one Traffic a cluster; nothing of it is
stored, and what is older than the ring is forgotten.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, TypeVar

from clusters.engine.network.http import Request, Response
from clusters.engine.network.outcomes import Answer, Outcome, Unresolved
from clusters.engine.objects import Key

KEPT: Final = 2_000
"""Requests a cluster."""
COUNTED: Final = 1_000
"""Services, targets and clients by which the requests of a cluster are counted, of each."""
_LONGEST: Final = 512
"""Characters of a path or target that are remembered."""


class Call(NamedTuple):
    """One request. `time` is simulated.

    `source` is the pod that asked, None for a client outside; `source_ip` its address as the server saw
    it. `target` and `port` are what it asked for, as written. `pod_uid` is the pod that answered, "" if
    none did. Of the headers only the User-Agent is kept; `request` is None for a bare connection.
    `client` is the uid of the placed client that asked, "" if it was somebody else. `origin` is the address
    from which a client outside set out, which load balancers and nodes put their own in place of.
    """

    time: float
    source: Key | None
    source_ip: str
    target: str
    port: int
    outcome: Outcome
    pod_uid: str = ""
    request: Request | None = None
    client: str = ""
    origin: str = ""

    @property
    def answered(self) -> bool:
        """Whether whoever asked got what he asked for: a response, or the bare connection."""
        if not isinstance(self.outcome, Answer):
            return False
        return self.request is None or self.outcome.response is not None

    @property
    def service(self) -> Key | None:
        """The Service that it was for, as far as anybody knows."""
        return None if isinstance(self.outcome, Unresolved) else self.outcome.service


class Tally(NamedTuple):
    """How many requests were answered, and how many were not."""

    answered: int = 0
    lost: int = 0


class Totals:
    """Requests, counted by the Service that they were for, the target as written, and the placed client.

    Of each, what was first counted longest ago is forgotten when there are more than COUNTED.
    """

    def __init__(self) -> None:
        self.services: dict[Key, Tally] = {}
        self.targets: dict[str, Tally] = {}
        self.clients: dict[str, Tally] = {}

    def add(self, call: Call, times: int = 1) -> None:
        """Count such a request so often; -1 takes one back."""
        tally = Tally(times, 0) if call.answered else Tally(0, times)
        if call.service is not None:
            _add(self.services, call.service, tally)
        _add(self.targets, call.target[:_LONGEST], tally)
        if call.client:
            _add(self.clients, call.client, tally)

    def copy(self) -> "Totals":
        """The totals as they are now; any thread may ask."""
        copy = Totals()
        copy.services, copy.targets = self.services.copy(), self.targets.copy()
        copy.clients = self.clients.copy()
        return copy

    def __add__(self, other: "Totals") -> "Totals":
        both = self.copy()
        for service, tally in other.services.items():
            _add(both.services, service, tally)
        for target, tally in other.targets.items():
            _add(both.targets, target, tally)
        for client, tally in other.clients.items():
            _add(both.clients, client, tally)
        return both

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Totals) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


K = TypeVar("K", Key, str)


def _add(tallies: dict[K, Tally], name: K, tally: Tally) -> None:
    before = tallies.get(name)
    if before is None:
        if len(tallies) >= COUNTED:
            del tallies[next(iter(tallies))]
        before = Tally()
    after = Tally(before.answered + tally.answered, before.lost + tally.lost)
    if any(after):
        tallies[name] = after
    else:
        tallies.pop(name, None)


class Served(NamedTuple):
    """A request as the pod that answered it saw it."""

    time: float
    client: str
    port: int
    request: Request
    response: Response


class Traffic:
    """A ring of calls, the oldest first. `count` is how many there ever were, `totals` what came of them."""

    def __init__(self, kept: int = KEPT) -> None:
        self.calls: deque[Call] = deque(maxlen=kept)
        self.count = 0
        self.totals = Totals()

    def record(self, call: Call) -> None:
        """Remember and count a call; of long texts only their beginning."""
        if call.request is not None:
            agent = call.request.header("user-agent")[:_LONGEST]
            request = Request(
                call.request.method[:20], call.request.path[:_LONGEST], (("User-Agent", agent),)
            )
            call = call._replace(request=request)
        self.calls.append(call)
        self.totals.add(call)
        self.count += 1

    def served(self, pod_uid: str) -> Iterator[Served]:
        """What that pod answered, the oldest first; any thread may ask."""
        return served_by(tuple(self.calls), pod_uid)


def served_by(calls: Iterable[Call], pod_uid: str) -> Iterator[Served]:
    """Those of the calls that a pod answered."""
    for call in calls:
        outcome = call.outcome
        if call.pod_uid != pod_uid or call.request is None or not isinstance(outcome, Answer):
            continue
        if outcome.response is not None:
            yield Served(call.time, call.source_ip, outcome.port, call.request, outcome.response)
