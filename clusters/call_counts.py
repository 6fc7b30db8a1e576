"""The calls of clients, worked out from a cluster's journal, and their counts, which outlive it.

When the journal is compacted, the calls up to where all of it is kept are counted first. Whoever works them
out later goes on from those counts and from the state of that time.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import orjson
from django.db.models import Q

from clusters import journal
from clusters.engine.changes import DELETED
from clusters.engine.kubelet.inside import ports_of
from clusters.engine.kubelet.loops import loops_of
from clusters.engine.network import Tally, Totals
from clusters.engine.network.clients import KIND
from clusters.engine.network.steady import KEPT, KINDS, Fold
from clusters.engine.objects import Key
from clusters.engine.store import Entry, MemoryStore
from clusters.models import CallCount, Change, Cluster

_ASKS: Final = '"answers":['
"""What is in the text of a Pod whose containers ask the network, perhaps in an endless loop."""


class Counted(NamedTuple):
    """What is to be kept of all calls before a revision; `base` is what was kept when they were counted."""

    row: CallCount
    base: int


def fold(cluster_id: str) -> tuple[Fold, int]:
    """All calls up to the cluster's last change, and the revision of that. Raises Cluster.DoesNotExist."""
    revision = Cluster.objects.values_list("revision", flat=True).get(pk=cluster_id)
    return _fold(cluster_id, revision)[0], revision


def anybody_calls(cluster_id: str) -> bool:
    """Whether there may have been a client at a time that the journal still tells of."""
    may_call = Q(kind=KIND) | Q(kind="Pod", object__contains=_ASKS)
    return Change.objects.filter(may_call, cluster=cluster_id).exists()


def until(cluster_id: str, revision: int) -> Counted:
    """The calls before the change of that revision, counted."""
    found, base = _fold(cluster_id, revision, kept=0.0)
    if base is not None and base.revision >= revision:
        return Counted(base, base.revision)
    totals = _encode(found.totals)
    row = CallCount(cluster_id=cluster_id, revision=revision, time=found.time, totals=totals)
    return Counted(row, base.revision if base is not None else 0)


def keep(counted: Counted) -> bool:
    """Store these counts, in the transaction that forgets what they were made from; False, and nothing
    stored, if somebody else has done so meanwhile.
    """
    kept = _kept(counted.row.cluster_id)
    if (kept.revision if kept is not None else 0) != counted.base:
        return False
    counted.row.save(force_insert=kept is None, force_update=kept is not None)
    return True


def _fold(cluster_id: str, revision: int, kept: float = KEPT) -> tuple[Fold, CallCount | None]:
    base, rows = _read(cluster_id, revision)
    begun, time = (base.revision, base.time) if base is not None else (0, 0.0)
    known = [row for row in rows if row.revision <= begun]
    state, rest = _state(known), rows[len(known) :]
    if not any(map(_may_call, known)):
        # Nobody calls before the first client is there.
        first = next((at for at, row in enumerate(rest) if _may_call(row)), len(rest))
        state = _state(rest[:first], state)
        rest = rest[first:]
        time = max(time, rest[0].time) if rest else journal.time_of(cluster_id, revision)
    seed = Cluster.objects.values_list("seed", flat=True).get(pk=cluster_id)
    totals = _decode(base.totals) if base is not None else None
    image = MemoryStore.from_entries(begun, state.items())
    found = Fold(image, time, seed=seed, ports=ports_of, loops=loops_of, totals=totals, kept=kept)
    found.advance(journal.decoded(rest), journal.time_of(cluster_id, revision))
    return found, base


def _may_call(row: journal.Row) -> bool:
    return row.key.kind == KIND or (row.key.kind == "Pod" and _ASKS in row.text)


def _state(rows: Iterable[journal.Row], before: Mapping[Key, Entry] | None = None) -> dict[Key, Entry]:
    """What there is after these changes, not decoded yet."""
    state = dict(before or {})
    for row in rows:
        if row.verb == DELETED:
            state.pop(row.key, None)
        else:
            state[row.key] = Entry(text=row.text)
    return state


def _read(cluster_id: str, revision: int) -> tuple[CallCount | None, list[journal.Row]]:
    """The counts that were kept, and the rows of the journal that go with them."""
    base = _kept(cluster_id)
    while True:
        rows = journal.of_kinds(cluster_id, sorted(KINDS), revision)
        now = _kept(cluster_id)
        if now == base and (now is None or base is None or now.revision == base.revision):
            return base, rows
        base = now  # the journal was compacted between the two


def _kept(cluster_id: str) -> CallCount | None:
    return CallCount.objects.filter(pk=cluster_id).first()


def _encode(totals: Totals) -> str:
    services = [[key.namespace, key.name, *tally] for key, tally in totals.services.items()]
    targets = [[target, *tally] for target, tally in totals.targets.items()]
    clients = [[client, *tally] for client, tally in totals.clients.items()]
    return orjson.dumps([services, targets, clients]).decode()


def _decode(text: str) -> Totals:
    totals = Totals()
    services, targets, clients = orjson.loads(text)
    totals.services = {Key("Service", namespace, name): Tally(*tally) for namespace, name, *tally in services}
    totals.targets = {target: Tally(*tally) for target, *tally in targets}
    totals.clients = {client: Tally(*tally) for client, *tally in clients}
    return totals
