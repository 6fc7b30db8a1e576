"""Lives of pods and Services: what the lifelines chart knows of each. `lineage.py` writes them down."""

from collections import deque
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from operator import attrgetter
from typing import Final

from clusters.engine.objects import Object

SPANS: Final = 200
"""Spans and crashes kept of one pod: one that crashes for days costs no more than that."""
GONE: Final = "gone"
"""The state of a span in which a pod was not there, and lived again afterwards."""


@dataclass(frozen=True, slots=True)
class Span:
    """A pod was in this state (a word of `states.pod_state`, or GONE) from `start` until the next span."""

    state: str
    start: float


@dataclass(slots=True)
class PodLife:
    """One pod from birth to end. All times are simulated seconds since the epoch."""

    uid: str
    namespace: str
    name: str
    born: float
    owner: str = ""
    owner_kind: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    node: str = ""
    ip: str = ""
    spans: deque[Span] = field(default_factory=lambda: deque(maxlen=SPANS))
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=SPANS))
    restarts: int = 0
    killed_at: float | None = None
    killed_by: str = ""
    deadline: float | None = None
    """When the grace period ends (deletionTimestamp)."""
    released_at: float | None = None
    """When it gave its IP back: it finished for good, or it is gone."""
    gone_at: float | None = None
    replaces: str = ""
    replaced_by: str = ""
    death: int = 0
    """The revision that left its place empty, 0 if its controller did not want another."""
    pod: Object | None = None
    """The last state; None once the pod is gone."""

    @property
    def state(self) -> str:
        return self.spans[-1].state if self.spans else "pending"

    def gaps(self) -> list[tuple[float, float]]:
        """From when to when it was gone before it lived again."""
        return [(span.start, later.start) for span, later in pairwise(self.spans) if span.state == GONE]

    def copy(self) -> "PodLife":
        """One that can be changed without this one; what they share, nobody changes."""
        copied = PodLife(*_fields(self))
        copied.spans, copied.crashes = self.spans.copy(), self.crashes.copy()
        return copied


_fields = attrgetter(*(one.name for one in fields(PodLife)))
"""A third of the time of copy.copy, and there are thousands of lives."""


@dataclass(slots=True)
class ServiceLife:
    """One Service: the address that stays."""

    uid: str
    namespace: str
    name: str
    born: float
    ip: str = ""
    selector: dict[str, str] = field(default_factory=dict)
    gone_at: float | None = None
    gaps: list[tuple[float, float]] = field(default_factory=list)
    """From when to when it was gone before it lived again."""

    def copy(self) -> "ServiceLife":
        """One that can be changed without this one."""
        return replace(self, gaps=self.gaps.copy())

    def spells(self) -> list[tuple[float, float | None]]:
        """From when to when it was there; None if it still is."""
        starts = [self.born, *(until for _since, until in self.gaps)]
        return list(zip(starts, [*(since for since, _until in self.gaps), self.gone_at], strict=True))

    def selects(self, life: PodLife) -> bool:
        """Whether its selector matches the pod; a Service without selector matches none."""
        return (
            bool(self.selector)
            and life.namespace == self.namespace
            and self.selector.items() <= life.labels.items()
        )


@dataclass(frozen=True, slots=True)
class Flag:
    """What a person did: `verb` is kill, power-off, power-on, delete-node, scale or continue.

    `number` are the replicas, or the seconds since the cluster's start to which somebody went back.
    """

    time: float
    verb: str
    name: str
    uid: str
    number: int = 0
