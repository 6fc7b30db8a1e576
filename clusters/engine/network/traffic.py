"""The requests of late, kept beside the journal: who asked whom for what, and what came of it.

Stands in for what a packet capture would show. A process keeps one Traffic a cluster; nothing of it is
stored, and what is older than the ring is forgotten.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from clusters.engine.network.http import Request, Response
from clusters.engine.network.outcomes import Answer, Outcome
from clusters.engine.objects import Key

KEPT: Final = 2_000
"""Requests a cluster."""


_LONGEST: Final = 512
"""Characters of a path that are remembered."""


class Call(NamedTuple):
    """One request. `time` is simulated.

    `source` is the pod that asked, None for a client outside; `source_ip` its address as the server saw
    it. `target` and `port` are what it asked for, as written. `pod_uid` is the pod that answered, "" if
    none did. Of the headers only the User-Agent is kept; `request` is None for a bare connection.
    """

    time: float
    source: Key | None
    source_ip: str
    target: str
    port: int
    outcome: Outcome
    pod_uid: str = ""
    request: Request | None = None


class Served(NamedTuple):
    """A request as the pod that answered it saw it."""

    time: float
    client: str
    port: int
    request: Request
    response: Response


class Traffic:
    """A ring of calls, the oldest first. `count` is how many there ever were."""

    def __init__(self, kept: int = KEPT) -> None:
        self.calls: deque[Call] = deque(maxlen=kept)
        self.count = 0

    def record(self, call: Call) -> None:
        if call.request is not None:
            agent = call.request.header("user-agent")[:_LONGEST]
            request = Request(
                call.request.method[:20], call.request.path[:_LONGEST], (("User-Agent", agent),)
            )
            call = call._replace(request=request)
        self.calls.append(call)
        self.count += 1

    def served(self, pod_uid: str) -> Iterator[Served]:
        """What that pod answered, the oldest first; any thread may ask."""
        for call in tuple(self.calls):
            outcome = call.outcome
            if call.pod_uid != pod_uid or call.request is None or not isinstance(outcome, Answer):
                continue
            if outcome.response is not None:
                yield Served(call.time, call.source_ip, outcome.port, call.request, outcome.response)
