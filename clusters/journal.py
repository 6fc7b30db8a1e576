"""The journal, read: what happened in a cluster, in order. A row holds the object after the write."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from django.db import connection
from django.db.models import Max, QuerySet

from clusters.engine.changes import DELETED, MODIFIED, Change, decode
from clusters.engine.objects import Key, Object
from clusters.engine.store import Entry, MemoryStore
from clusters.models import Change as ChangeRow

_COLUMNS: Final = (
    *("revision", "verb", "kind", "namespace", "name"),
    *("uid", "object", "actor", "cause", "time"),
)
# The first row of those at the end that follow each other without a gap.
_UNBROKEN: Final = f"""
    SELECT MAX(c.revision) FROM {ChangeRow._meta.db_table} c
    WHERE c.cluster_id = %s AND NOT EXISTS (
        SELECT 1 FROM {ChangeRow._meta.db_table} b
        WHERE b.cluster_id = c.cluster_id AND b.revision = c.revision - 1)
"""


class ExpiredError(Exception):
    """The journal no longer reaches that far back: etcd's compaction, 410 for API clients."""


class Row(NamedTuple):
    """A row of the journal; `text` is the object as JSON."""

    revision: int
    verb: str
    key: Key
    uid: str
    text: str
    actor: str
    cause: int
    time: float


def rows(cluster_id: str, after: int) -> list[Row]:
    """All rows after that revision. Raises ExpiredError if some of them are no longer kept."""
    found = _rows(_of(cluster_id).filter(revision__gt=after))
    if found and found[-1].revision - after != len(found):
        raise ExpiredError(cluster_id, after)
    return found


def read(cluster_id: str, after: int, image: MemoryStore | None = None) -> list[Change]:
    """All changes after a revision, oldest first. Raises ExpiredError as `rows` does.

    With the image at `after` each Change has its `previous`; without, only where it is among these
    changes.
    """
    return _changes(rows(cluster_id, after), image)


def history(cluster_id: str) -> list[Change]:
    """All changes that are still kept, oldest first.

    What was compacted away leaves gaps: a first MODIFIED of an object then has no `previous`.
    """
    return decoded(kept(cluster_id))


def kept(cluster_id: str) -> list[Row]:
    """All rows that are still kept, oldest first, with the gaps that compaction has left."""
    return _rows(_of(cluster_id))


def of_kinds(cluster_id: str, kinds: Sequence[str], until: int) -> list[Row]:
    """The rows of these kinds that are still kept, up to a revision."""
    return _rows(_of(cluster_id).filter(revision__lte=until, kind__in=kinds))


def decoded(found: Iterable[Row]) -> list[Change]:
    """The changes that these rows tell of; each has a `previous` where that is among them."""
    return _changes(found, None)


def past(cluster_id: str, revision: int, kind: str) -> MemoryStore:
    """The objects of one kind as they were at a revision after which all changes are kept."""
    until = _of(cluster_id).filter(revision__lte=revision, kind=kind).order_by()
    newest = until.values("namespace", "name").annotate(newest=Max("revision")).values("newest")
    found = _rows(_of(cluster_id).filter(revision__in=newest))
    entries = [(row.key, Entry(text=row.text)) for row in found if row.verb != DELETED]
    return MemoryStore.from_entries(revision, entries)


def oldest(cluster_id: str) -> int:
    """The earliest revision after which all changes are kept."""
    with connection.cursor() as cursor:
        cursor.execute(_UNBROKEN, [cluster_id])
        (first,) = cursor.fetchone()
    return (first or 1) - 1


def whole_from(found: Iterable[Row]) -> int:
    """The earliest revision at which these rows, all that are kept, tell of every object there was.

    It may be later than `oldest`: the first row that is kept of an object may be a change of it, and how
    the object was before is forgotten.
    """
    known = set[Key]()
    revision = last = 0
    for row in found:
        if row.verb == MODIFIED and row.key not in known:
            revision = row.revision
        elif row.revision != last + 1:
            revision = row.revision - 1
        known.add(row.key)
        last = row.revision
    return revision


def time_of(cluster_id: str, revision: int) -> float:
    """When a change happened, in simulated seconds; 0.0 if it is not kept or there is none."""
    times = ChangeRow.objects.filter(cluster=cluster_id, revision=revision).values_list("time", flat=True)
    return times.first() or 0.0


def _of(cluster_id: str) -> QuerySet[ChangeRow]:
    return ChangeRow.objects.filter(cluster=cluster_id).order_by("revision")


def _rows(found: QuerySet[ChangeRow]) -> list[Row]:
    return [
        Row(revision, verb, Key(kind, namespace, name), *rest)
        for revision, verb, kind, namespace, name, *rest in found.values_list(*_COLUMNS)
    ]


def _changes(found: Iterable[Row], image: MemoryStore | None) -> list[Change]:
    latest: dict[Key, Object | None] = {}
    changes = []
    for row in found:
        if image is not None and row.key not in latest:
            latest[row.key] = image.get(*row.key)
        obj = decode(row.text)
        previous = latest.get(row.key)
        latest[row.key] = None if row.verb == DELETED else obj
        changes.append(Change(row.revision, row.verb, row.key, obj, previous, row.actor, row.cause, row.time))
    return changes
