"""The journal, read: what happened in a cluster, in order.

A row holds the object after the write. Of Events only the row in KubeObject and the row of a deletion hold
the text; a row of the journal that says an Event was added or counted up refers to them. Such a Change
therefore shows the Event as it is now: a later count and time than it had then.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from django.db import connection

from clusters.engine.changes import DELETED, Change, decode
from clusters.engine.objects import Key, Object, version_of, with_value
from clusters.engine.store import Entry, MemoryStore
from clusters.models import Change as ChangeRow
from clusters.models import KubeObject

# One statement, so that the Events' rows are those of the moment at which the journal was read.
_SELECT: Final = f"""
    SELECT c.revision, c.verb, c.kind, c.namespace, c.name, c.uid,
           CASE WHEN c.object = '' THEN COALESCE(e.manifest, '') ELSE c.object END,
           c.actor, c.cause, c.time
    FROM {ChangeRow._meta.db_table} c LEFT JOIN {KubeObject._meta.db_table} e
      ON c.object = '' AND e.cluster_id = c.cluster_id AND e.kind = c.kind
         AND e.namespace = c.namespace AND e.name = c.name AND e.uid = c.uid
    WHERE c.cluster_id = %s AND {{which}}
    ORDER BY c.revision
"""
_AFTER: Final = _SELECT.format(which="c.revision > %s")
_OF_KINDS: Final = _SELECT.format(which="c.revision <= %s AND c.kind IN ({kinds})")
_LAST_OF_KIND: Final = _SELECT.format(
    which=f"""c.revision IN (
        SELECT MAX(revision) FROM {ChangeRow._meta.db_table}
        WHERE cluster_id = %s AND revision <= %s AND kind = %s GROUP BY namespace, name)"""
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
    """A row of the journal. `text` is "" for an Event that has been deleted since."""

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
    found = _rows(cluster_id, after)
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
    return _changes(_rows(cluster_id, 0), None)


def of_kinds(cluster_id: str, kinds: Sequence[str], until: int) -> list[Row]:
    """The rows of these kinds that are still kept, up to a revision. No Events."""
    statement = _OF_KINDS.format(kinds=", ".join(["%s"] * len(kinds)))
    return _query(statement, [cluster_id, until, *kinds])


def decoded(found: Iterable[Row]) -> list[Change]:
    """The changes that these rows tell of; each has a `previous` where that is among them."""
    return _changes(found, None)


def past(cluster_id: str, revision: int, kind: str) -> MemoryStore:
    """The objects of one kind as they were at a revision after which all changes are kept.

    Of Events, only those that still are.
    """
    found = _query(_LAST_OF_KIND, [cluster_id, cluster_id, revision, kind])
    entries = [(row.key, Entry(text=row.text)) for row in found if row.text and row.verb != DELETED]
    return MemoryStore.from_entries(revision, entries)


def oldest(cluster_id: str) -> int:
    """The earliest revision after which all changes are kept."""
    with connection.cursor() as cursor:
        cursor.execute(_UNBROKEN, [cluster_id])
        (first,) = cursor.fetchone()
    return (first or 1) - 1


def time_of(cluster_id: str, revision: int) -> float:
    """When a change happened, in simulated seconds; 0.0 if it is not kept or there is none."""
    times = ChangeRow.objects.filter(cluster=cluster_id, revision=revision).values_list("time", flat=True)
    return times.first() or 0.0


def _rows(cluster_id: str, after: int) -> list[Row]:
    return _query(_AFTER, [cluster_id, after])


def _query(statement: str, parameters: Sequence[str | int]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [
            Row(revision, verb, Key(kind, namespace, name), uid, text, actor, cause, time)
            for revision, verb, kind, namespace, name, uid, text, actor, cause, time in cursor.fetchall()
        ]


def _changes(found: Iterable[Row], image: MemoryStore | None) -> list[Change]:
    found = list(found)
    last_texts = {row.uid: row.text for row in found if row.verb == DELETED}
    latest: dict[Key, Object | None] = {}
    changes = []
    for row in found:
        if image is not None and row.key not in latest:
            latest[row.key] = image.get(*row.key)
        previous = latest.get(row.key)
        obj = _object(row, last_texts)
        latest[row.key] = None if row.verb == DELETED else obj
        changes.append(Change(row.revision, row.verb, row.key, obj, previous, row.actor, row.cause, row.time))
    return changes


def _object(row: Row, last_texts: dict[str, str]) -> Object:
    # What is read reaches to the end of the journal, so an Event without a row was deleted further on.
    obj = decode(row.text or last_texts[row.uid])
    if version_of(obj) != row.revision:
        obj = with_value(obj, ("metadata", "resourceVersion"), str(row.revision))
    return obj
