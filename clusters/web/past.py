"""The changes of a cluster that are kept, and the cluster as it was after each of them.

The past lies in segments of some hundred changes. Each begins with an image and the lives until then, so
that a moment costs the changes of one segment at most. Texts stay texts until somebody looks at them.
"""

from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final, NamedTuple

from clusters import journal, storage
from clusters.engine.changes import DELETED, Change, by_person, decode
from clusters.engine.cluster import INTERNAL_KINDS
from clusters.engine.objects import Key, Object, uid_of
from clusters.engine.store import Entry, MemoryStore
from clusters.journal import Row
from clusters.web.lineage import History

SEGMENT: Final = 256
"""Changes of a segment, about: those of one commit stay together."""
SEGMENT_SIZE: Final = storage.KEPT_SIZE // 10
"""Characters of JSON from which on a segment is closed, too."""
MOMENTS: Final = 16
"""Moments that are remembered once they were asked for."""
TELLING_KINDS: Final = INTERNAL_KINDS | {"Event", "Lease"}
"""Kinds whose changes nobody sees happen."""


class NotKeptError(LookupError):
    """There is no such moment, or it is no longer kept. `oldest` is the earliest that is, `since` when that
    was, in seconds since the cluster's start.
    """

    def __init__(self, revision: int, oldest: int, newest: int, since: float) -> None:
        super().__init__(revision, oldest, newest, since)
        self.revision = revision
        self.oldest = oldest
        self.newest = newest
        self.since = since


class Record(NamedTuple):
    """A change whose objects may still be texts."""

    revision: int
    verb: str
    key: Key
    uid: str
    entry: Entry
    before: Entry | None
    actor: str
    cause: int
    time: float

    def change(self) -> Change:
        previous = self.before.object if self.before else None
        obj = self.entry.object
        return Change(self.revision, self.verb, self.key, obj, previous, self.actor, self.cause, self.time)


@dataclass(slots=True)
class Segment:
    """The changes after `revision`; `image`, `history` and `time` are those at that revision."""

    revision: int
    image: MemoryStore
    history: History
    time: float
    records: list[Record] = field(default_factory=list)
    size: int = 0

    def is_full(self) -> bool:
        return len(self.records) >= SEGMENT or self.size >= SEGMENT_SIZE


class Moment(NamedTuple):
    """The cluster as it was at a revision. `time` is simulated seconds."""

    revision: int
    time: float
    image: MemoryStore
    history: History


class Past:
    """What is known of a cluster's past. Hold the scene's lock while using it."""

    def __init__(self) -> None:
        self._segments: deque[Segment] = deque()
        self._by_revision: dict[int, Record] = {}
        self._by_uid: dict[str, deque[Record]] = {}
        self._moments: OrderedDict[int, Moment] = OrderedDict()
        self._count = 0
        self.begun = 0
        """The revision with which the cluster was complete; 0 if that is no longer known."""

    @property
    def oldest(self) -> int:
        """The earliest revision at which the cluster can be seen."""
        return self._segments[0].revision if self._segments else 0

    @property
    def newest(self) -> int:
        """The last revision that is known."""
        return self._segments[-1].revision + len(self._segments[-1].records) if self._segments else 0

    @property
    def since_start(self) -> float:
        """How long after the cluster's start the oldest moment was, in simulated seconds."""
        if not self._segments:
            return 0.0
        first = self._segments[0]
        return max(0.0, first.time - (first.history.started or first.time))

    def load(self, rows: Sequence[Row], history: History, note: Callable[[Change], None]) -> None:
        """Begin with the rows of the journal, oldest first, and feed `history` and `note` with them.

        Rows before a gap are what compaction has left: the newest of each object that lived then.
        """
        self.begun = _begun(rows)
        first = bisect_right(rows, journal.whole_from(rows), key=lambda row: row.revision)
        image, records = MemoryStore(), list[Record]()
        for number, row in enumerate(rows):
            if number == first or (number > first and self._segments[-1].is_full()):
                image = _followed(image, row.revision - 1, records)
                records.clear()
                self._open(image, row.revision - 1, history)
            change = _decoded(row)
            history.observe(change)
            note(change)
            records.append(self._record(row.key, row.uid, Entry(text=row.text), row))
            if number >= first:
                self._append(records[-1], len(row.text))
        if rows and first == len(rows):
            self._open(_followed(image, rows[-1].revision, records), rows[-1].revision, history)
        self._trim()

    def extend(self, changes: Sequence[Change], image: MemoryStore, history: History) -> None:
        """These changes have followed and led to this image; `history` has observed them."""
        if not self._segments and changes:
            self._open(image, changes[0].revision - 1, history)
        for change in changes:
            known = image.entry(change.key)
            entry = known if known and known.object is change.object else Entry(change.object)
            self._append(self._record(change.key, uid_of(change.object), entry, change), entry.size)
        if changes and self._segments[-1].is_full():
            self._open(image, image.revision, history)
            self._trim()

    def at(self, revision: int) -> Change | None:
        """The change of that revision, None if it is not kept. No Events: they tell, they cause nothing."""
        record = self._by_revision.get(revision)
        return None if record is None or record.key.kind == "Event" else record.change()

    def of(self, uid: str) -> list[Change]:
        """All changes of one object, oldest first."""
        return [record.change() for record in self._by_uid.get(uid, ())]

    def since(self, revision: int) -> list[Change]:
        """The changes after that revision, oldest first, without Events."""
        found = []
        for record in self.records():
            if record.revision <= revision:
                break
            if record.key.kind != "Event":
                found.append(record.change())
        return found[::-1]

    def backwards(self, until: int | None = None) -> Iterator[Change]:
        """All changes up to a revision, or to the last one, newest first."""
        for record in self.records(until):
            yield record.change()

    def records(self, until: int | None = None) -> Iterator[Record]:
        """The same as records, whose objects are only read when they are asked for."""
        last = self.newest if until is None else min(until, self.newest)
        for revision in range(last, self.oldest, -1):
            yield self._by_revision[revision]

    def moment(self, revision: int) -> Moment:
        """The cluster as it was at that revision. Raises NotKeptError."""
        known = self._moments.get(revision)
        if known is None:
            known = self._moments[revision] = self._moment(revision)
            while len(self._moments) > MOMENTS:
                self._moments.popitem(last=False)
        self._moments.move_to_end(revision)
        return known

    def until(self, revision: int) -> "Until":
        """What was known at that revision."""
        return Until(self, revision)

    def time_of(self, revision: int) -> float:
        """When it became that revision, in simulated seconds. Raises NotKeptError."""
        segment = self._segment(revision)
        if revision == segment.revision:
            return segment.time
        return segment.records[revision - segment.revision - 1].time

    def revision_at(self, time: float) -> int:
        """The cluster's revision at that simulated time; the oldest one for an earlier time."""
        number = bisect_right(self._segments, time, key=lambda segment: segment.time)
        if not number:
            return self.oldest
        segment = self._segments[number - 1]
        return segment.revision + bisect_right(segment.records, time, key=lambda record: record.time)

    def before(self, revision: int) -> int:
        """The moment of the change before the last one that people could see: the way back by one, which
        `after` takes forward. At most the oldest.
        """
        seen = (r.revision for r in self.records(revision) if r.key.kind not in TELLING_KINDS)
        next(seen, None)
        return next(seen, self.oldest)

    def after(self, revision: int) -> int:
        """The moment after the next change that people could see; at most the newest."""
        for following in range(revision + 1, self.newest + 1):
            if self._by_revision[following].key.kind not in TELLING_KINDS:
                return following
        return self.newest

    def _moment(self, revision: int) -> Moment:
        segment = self._segment(revision)
        records = segment.records[: revision - segment.revision]
        history = segment.history.copy()
        for record in records:
            history.observe(record.change())
        time = records[-1].time if records else segment.time
        return Moment(revision, time, _followed(segment.image, revision, records), history)

    def _segment(self, revision: int) -> Segment:
        if not self.oldest <= revision <= self.newest:
            raise NotKeptError(revision, self.oldest, self.newest, self.since_start)
        number = bisect_right(self._segments, revision, key=lambda segment: segment.revision)
        return self._segments[number - 1]

    def _open(self, image: MemoryStore, revision: int, history: History) -> None:
        self._segments.append(Segment(revision, image, history.copy(), history.now))

    def _record(self, key: Key, uid: str, entry: Entry, made: Row | Change) -> Record:
        own = self._by_uid.setdefault(uid, deque())
        before = own[-1].entry if own and own[-1].verb != DELETED else None
        record = Record(made.revision, made.verb, key, uid, entry, before, made.actor, made.cause, made.time)
        own.append(record)
        self._by_revision[made.revision] = record
        return record

    def _append(self, record: Record, size: int) -> None:
        segment = self._segments[-1]
        segment.records.append(record)
        segment.size += size
        self._count += 1

    def _trim(self) -> None:
        """Forget what is older than the journal keeps it, whole segments at a time."""
        size = sum(segment.size for segment in self._segments)
        while len(self._segments) > 1:
            first = self._segments[0]
            if self._count - len(first.records) < storage.KEPT_CHANGES and size <= storage.KEPT_SIZE:
                return
            self._segments.popleft()
            self._count -= len(first.records)
            size -= first.size
            self._forget(first.records)
            for revision in [known for known in self._moments if known < self.oldest]:
                del self._moments[revision]

    def _forget(self, records: Iterable[Record]) -> None:
        """As the journal's compaction does, the newest change of each object that lives on is kept."""
        for record in records:
            own = self._by_uid.get(record.uid, deque())
            while own and own[0].revision <= record.revision and (len(own) > 1 or own[0].verb == DELETED):
                del self._by_revision[own.popleft().revision]
            if not own:
                self._by_uid.pop(record.uid, None)


class Until:
    """A past up to a revision."""

    def __init__(self, past: Past, revision: int) -> None:
        self._past = past
        self.revision = revision

    def at(self, revision: int) -> Change | None:
        """The change of that revision, if it had happened by then."""
        return self._past.at(revision) if revision <= self.revision else None

    def backwards(self) -> Iterator[Change]:
        """All changes by then, newest first."""
        return self._past.backwards(self.revision)

    def of(self, uid: str) -> list[Change]:
        """The changes of one object by then, oldest first."""
        return [change for change in self._past.of(uid) if change.revision <= self.revision]


def _followed(image: MemoryStore, revision: int, records: Iterable[Record]) -> MemoryStore:
    """The image at a later revision, after these changes."""
    return image.with_entries(revision, [(r.key, None if r.verb == DELETED else r.entry) for r in records])


def _begun(rows: Sequence[Row]) -> int:
    """The last revision of the moment in which the cluster was made; 0 if that is no longer kept."""
    if not rows or rows[0].revision != 1:
        return 0
    made = takewhile(lambda row: row.time == rows[0].time and not by_person(row.actor), rows)
    return sum(1 for _row in made)


def _decoded(row: Row) -> Change:
    # Not through the entry, which would keep the object beside its text.
    obj: Object = decode(row.text)
    return Change(row.revision, row.verb, row.key, obj, None, row.actor, row.cause, row.time)
