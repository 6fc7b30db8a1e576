"""Who calls whom in a cluster, as its pages show it.

Calls are told as data, once a second while somebody looks, and the page draws them. What of them decides how
map and chart look (who calls, and whose address) is `Calling`: these are drawn again when that is another.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.network import Call, Tally, Unresolved
from clusters.engine.network.clients import Client
from clusters.engine.network.routing import LAPTOP
from clusters.engine.objects import Key, uid_of
from clusters.engine.store import MemoryStore
from clusters.steady import Look
from clusters.web.lineage import History
from clusters.web.timescale import WINDOW

OUTSIDE: Final = ("internet", "laptop")
LONGEST_PAUSE: Final = 75.0
"""Simulated seconds: a client calls more often than that."""
LINGERS: Final = 15.0
"""Simulated seconds for which a call that somebody made by hand counts as going on."""
COARSEST: Final = 2.0
"""Simulated seconds within which calls that went the same way are told as one at most."""
RECENT: Final = 30.0
"""Simulated seconds for which packets may still show a call to a page that has just come."""
SHARES: Final = 8
"""As how many moments the calls since a page was last told are told at least, while these are shorter."""


class Pair(NamedTuple):
    """A pod calls another at its own address; both as uids. `answered`: that is how it went last."""

    source: str
    pod: str
    answered: bool


@dataclass(frozen=True, slots=True)
class Calling:
    """What drawings show of the calls. Pods are uids."""

    outside: frozenset[str] = frozenset()
    """`internet` and `laptop`: from where outside of the cluster somebody calls."""
    clients: frozenset[str] = frozenset()
    """The pods in which clients are placed, or whose own processes call again and again."""
    sources: frozenset[str] = frozenset()
    """The pods that call, those with clients and others."""
    pairs: frozenset[Pair] = frozenset()
    called: frozenset[str] = frozenset()
    """The pods whose own address is called now; they may be gone."""
    charted: frozenset[str] = frozenset()
    """The pods whose own address was called within the chart's window."""


class Told(NamedTuple):
    """One call: `source` a pod's uid or `internet` or `laptop`, `service` and `pod` uids or "".

    `pod` answered, or has lost it; of a call without a Service it is whose address was called. `client` is
    the uid of the client, "" for a call that somebody made by hand.
    """

    time: float
    source: str
    service: str
    pod: str
    answered: bool
    client: str


class Batch(NamedTuple):
    """What one look brought: the calls from `since` on, at least one, and what all of them have to say."""

    number: int
    since: float
    calls: list[Told]
    outside: frozenset[str]
    charted: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """The calls of the chart's window at one moment, and how many there ever were. `number` counts looks."""

    number: int = 0
    until: float = 0.0
    started: float = 0.0
    batches: tuple[Batch, ...] = ()
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    """By the uid of a Service, of the pod whose address was called, or of a client."""
    changed: Mapping[str, int] = field(default_factory=dict)
    """In which look a tally became what it is."""
    calling: Calling = field(default_factory=Calling)
    _messages: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict, repr=False)

    def since(self, number: int, language: str) -> dict[str, Any]:
        """What a page lacks that was told look `number`, ready for JSON; 0: it knows of nothing.

        Times are seconds since the cluster's start, `calls` are [time, source, service, pod, answered,
        times], the uids as places in `names`.
        """
        key = number, language
        if key not in self._messages:
            with translation.override(language):
                self._messages[key] = self._message(number)
        return self._messages[key]

    def _message(self, number: int) -> dict[str, Any]:
        new = [batch for batch in self.batches if batch.number > number]
        since = new[0].since if new else self.until
        length = min(COARSEST, (self.until - since) / SHARES) or COARSEST
        recent = 0.0 if number else self.until - RECENT
        calls = merged((call for batch in new for call in batch.calls), length, recent)
        names: dict[str, int] = {}
        rows = [
            [
                round(call.time - self.started, 2),
                *(names.setdefault(name, len(names)) for name in (call.source, call.service, call.pod)),
                int(call.answered),
                times,
            ]
            for call, times in calls
        ]
        totals = {uid: texts(tally) for uid, tally in self.tallies.items() if self.changed[uid] > number}
        return {
            "since": round(since - self.started, 2),
            "until": round(self.until - self.started, 2),
            "names": list(names),
            "calls": rows,
            "totals": totals,
            "whole": number == 0,
        }


def merged(calls: Iterable[Told], length: float, recent: float = 0.0) -> list[tuple[Told, int]]:
    """The calls with how often they were made: those of the same way and about the same time are one.

    Of those before `recent` it makes no difference who called.
    """
    found: dict[tuple[object, ...], Told] = {}
    times: Counter[tuple[object, ...]] = Counter()
    for call in calls:
        source = call.source if call.time >= recent else ""
        key = source, call.service, call.pod, call.answered, int(call.time / length)
        found.setdefault(key, call if source else call._replace(source=""))
        times[key] += 1
    return sorted(((call, times[key]) for key, call in found.items()), key=lambda pair: pair[0].time)


def texts(tally: Tally) -> list[str]:
    """How many were answered, in the words of each place: beside a Service, in a row, in a narrow row."""
    answered, lost = tally
    every = {"answered": answered, "all": answered + lost}
    return [
        _("%(answered)d of %(all)d answered") % every,
        ngettext("%(n)d answered", "%(n)d answered", answered) % {"n": answered} if answered else "",
        ngettext("%(n)d lost", "%(n)d lost", lost) % {"n": lost} if lost else "",
        _("%(n)d ok") % {"n": answered} if answered else "",
    ]


def next_heard(before: Heard, look: Look, image: MemoryStore, history: History) -> Heard:
    """What is known after one more look at a cluster's calls, which began where the last one ended."""
    number, left = before.number + 1, look.until - WINDOW
    directory = _Directory(image, history)
    told = [directory.told(call) for call in look.calls]
    batches = tuple(_later(batch, left) for batch in before.batches if batch.calls[-1].time >= left)
    if told:
        batches = (*batches, _batch(number, max(before.until, left), told))
    tallies = directory.tallies(look)
    changed = {
        uid: before.changed[uid] if before.tallies.get(uid) == tally else number
        for uid, tally in tallies.items()
    }
    return replace(
        before,
        number=number,
        until=look.until,
        started=history.started or 0.0,
        batches=batches,
        tallies=tallies,
        changed=changed,
        calling=_calling(batches, look.until, look.clients),
        _messages={},
    )


def _later(batch: Batch, left: float) -> Batch:
    """What is left of a batch, some of which may be too old."""
    if batch.calls[0].time >= left:
        return batch
    return _batch(batch.number, left, [call for call in batch.calls if call.time >= left])


def _batch(number: int, since: float, told: list[Told]) -> Batch:
    outside = frozenset(call.source for call in told if call.source in OUTSIDE)
    charted = frozenset(call.pod for call in told if call.pod and not call.service)
    return Batch(number, since, told, outside, charted)


def _calling(batches: Sequence[Batch], until: float, clients: Iterable[Client]) -> Calling:
    placed = {client.uid: client for client in clients}
    recent = {
        (call.source, "" if call.service else call.pod): call
        for batch in batches
        if batch.calls[-1].time >= until - LONGEST_PAUSE
        for call in batch.calls
        if call.time >= until - (LONGEST_PAUSE if call.client in placed else 0 if call.client else LINGERS)
    }
    inside = frozenset(client.pod_uid for client in placed.values() if client.pod_uid)
    outside = {place_of(client.address) for client in placed.values() if not client.pod_uid}
    direct = [call for call in recent.values() if call.pod and not call.service]
    return Calling(
        outside=frozenset(outside.union(*(batch.outside for batch in batches))),
        clients=inside,
        sources=inside | {source for source, _pod in recent if source and source not in OUTSIDE},
        pairs=frozenset(
            Pair(call.source, call.pod, call.answered)
            for call in direct
            if call.source and call.source not in OUTSIDE
        ),
        called=frozenset(call.pod for call in direct),
        charted=frozenset[str]().union(*(batch.charted for batch in batches)),
    )


def place_of(address: str) -> str:
    """From where outside of the cluster somebody with that address calls."""
    return "laptop" if address == LAPTOP else "internet"


class _Directory:
    """Whose address is whose, living or gone."""

    def __init__(self, image: MemoryStore, history: History) -> None:
        self._image = image
        # The last one to be born, where several had it one after the other.
        self._holders = {life.ip: life.uid for life in history.lives.values() if life.ip}
        self._services = {(life.namespace, life.name): life.uid for life in history.services.values()}

    def told(self, call: Call) -> Told:
        """The call with uids in place of names."""
        outcome = call.outcome
        key = None if isinstance(outcome, Unresolved) else outcome.pod
        service = call.service
        return Told(
            call.time,
            place_of(call.origin) if call.source is None else self._uid(call.source),
            self._services.get((service.namespace, service.name), "") if service else "",
            call.pod_uid or (self._uid(key) if key else "") or self._holders.get(call.target, ""),
            call.answered,
            call.client,
        )

    def tallies(self, look: Look) -> dict[str, Tally]:
        """The totals by uid."""
        totals = look.totals
        found = dict(totals.clients)
        for target, tally in totals.targets.items():
            if target in self._holders:
                found[self._holders[target]] = tally
        for service, tally in totals.services.items():
            uid = self._services.get((service.namespace, service.name))
            if uid:
                found[uid] = tally
        return found

    def _uid(self, key: Key) -> str:
        obj = self._image.get(*key)
        return uid_of(obj) if obj is not None else ""
