"""The state of one cluster: an image that readers share, and an overlay on which writes are tried.

Models what etcd and the API server's storage layer (`apiserver/pkg/storage/etcd3`) promise: one counter
of revisions for all kinds, uid and creationTimestamp given once, a resourceVersion on every object, and
an unchanged write that keeps its revision. Left out: transactions over several keys beyond one overlay,
leases (expiry is `controllers/event_ttl.py`) and quorum.

Inside are persistent maps: an overlay starts as a copy of a few references, and an image that somebody
reads never changes under him.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from immutables import Map

from clusters.engine.changes import ADDED, DELETED, MODIFIED, Change, decode, encode
from clusters.engine.clock import draw_hex, rfc3339
from clusters.engine.indexes import INDEXES, TALLIES, Bucket, Tallies, indexes_of
from clusters.engine.objects import Key, Object, key_of


class Entry:
    """An object and its JSON text; whichever is missing is made when it is first asked for."""

    __slots__ = ("_object", "_size", "_text")

    def __init__(self, obj: Object | None = None, text: str | bytes | None = None) -> None:
        self._object = obj
        self._text = text
        self._size = 0

    @property
    def object(self) -> Object:
        if self._object is None:
            assert self._text is not None
            self._object = decode(self._text)
        return self._object

    @property
    def text(self) -> str | bytes:
        if self._text is None:
            assert self._object is not None
            self._text = encode(self._object)
        return self._text

    @property
    def size(self) -> int:
        """The length of the text, which is not kept for it."""
        if not self._size:
            self._size = len(self._text if self._text is not None else encode(self.object))
        return self._size


Objects = Map[Key, Entry]

# Named here, because inside MemoryStore `list` is a method.
ObjectList = list[Object]
KeyList = list[Key]
Kinds = list[str]


class MemoryStore:
    """An image of a cluster at one revision. Nobody may change the objects it hands out."""

    def __init__(self, revision: int = 0) -> None:
        self.revision = revision
        self._kinds: dict[str, Objects] = {}
        self._indexes: dict[str, Map[str, Map[Key, None]]] = {}
        self._tallies: dict[str, Tallies] = {}
        self._sorted: dict[str, KeyList] = {}

    @classmethod
    def from_entries(cls, revision: int, entries: Iterable[tuple[Key, Entry]]) -> "MemoryStore":
        """An image of what tables hold; texts stay texts until somebody reads the object."""
        kinds: dict[str, dict[Key, Entry]] = {}
        for key, entry in entries:
            kinds.setdefault(key.kind, {})[key] = entry
        store = MemoryStore(revision)
        store._kinds = {kind: Map(found) for kind, found in kinds.items()}
        return store

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object of that name, None if there is none."""
        entry = self.entry(Key(kind, namespace, name))
        return None if entry is None else entry.object

    def entry(self, key: Key) -> Entry | None:
        """The object together with its JSON text."""
        objects = self._kinds.get(key.kind)
        return None if objects is None else objects.get(key)

    def keys(self, kind: str) -> KeyList:
        """The keys of all objects of a kind, sorted as etcd lists them."""
        found = self._sorted.get(kind)
        if found is None:
            found = self._sorted[kind] = sorted(self._kinds.get(kind, ()))
        return found

    def list(self, kind: str, namespace: str = "") -> ObjectList:
        """All objects of a kind, of one namespace if one is named, sorted by namespace and name."""
        objects = self._kinds.get(kind)
        if objects is None:
            return []
        return [objects[key].object for key in self.keys(kind) if not namespace or key.namespace == namespace]

    def count(self, kind: str) -> int:
        """How many objects of a kind there are."""
        return len(self._kinds.get(kind, ()))

    def kinds(self) -> Kinds:
        """The kinds of which there is an object, sorted."""
        return sorted(kind for kind, objects in self._kinds.items() if objects)

    def size(self) -> int:
        """Bytes of JSON that all objects take, about."""
        return sum(entry.size for objects in self._kinds.values() for entry in objects.values())

    def indexed(self, index: str, value: str) -> ObjectList:
        """The objects that an index of INDEXES finds for a value, sorted by key."""
        keys = self._index(index).get(value)
        if not keys:
            return []
        return [self._kinds[key.kind][key].object for key in sorted(keys)]

    def indexed_keys(self, index: str, value: str) -> KeyList:
        """The keys of what `indexed` gives."""
        return sorted(self._index(index).get(value) or ())

    def tally(self, name: str, bucket: Bucket) -> tuple[int, ...]:
        """The sums of a bucket of TALLIES; () if nothing was counted there."""
        return self._tally(name).get(bucket, ())

    def tallies(self, name: str) -> Tallies:
        """All sums of TALLIES at once, for who needs those of many buckets."""
        return self._tally(name)

    def apply(self, changes: Iterable[Change]) -> "MemoryStore":
        """The image after these changes, which others have committed."""
        image = MemoryStore(self.revision)
        image._adopt(self)
        for change in changes:
            image._put(change.key, None if change.verb == DELETED else Entry(change.object))
            image.revision = change.revision
        return image

    def with_entries(self, revision: int, entries: Iterable[tuple[Key, Entry | None]]) -> "MemoryStore":
        """The image at a later revision that has these entries; None stands for an object that is gone."""
        image = MemoryStore(revision)
        image._adopt(self)
        for key, entry in entries:
            image._put(key, entry)
        return image

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MemoryStore):
            return NotImplemented
        return self.revision == other.revision and self._contents() == other._contents()

    __hash__ = None  # type: ignore[assignment]

    def _contents(self) -> dict[Key, Object]:
        return {key: entry.object for objects in self._kinds.values() for key, entry in objects.items()}

    def _adopt(self, other: "MemoryStore") -> None:
        self._kinds = dict(other._kinds)
        self._indexes = dict(other._indexes)
        self._tallies = dict(other._tallies)
        self._sorted = dict(other._sorted)

    def _put(self, key: Key, entry: Entry | None) -> None:
        objects = self._kinds.get(key.kind) or Map()
        before = objects.get(key)
        if entry is None:
            self._kinds[key.kind] = objects.delete(key)
        else:
            self._kinds[key.kind] = objects.set(key, entry)
        if before is None or entry is None:
            self._sorted.pop(key.kind, None)
        if self._indexes or self._tallies:
            self._reindex(key, before.object if before else None, entry.object if entry else None)

    def _reindex(self, key: Key, before: Object | None, after: Object | None) -> None:
        for name, definition in indexes_of(key.kind):
            index = self._indexes.get(name)
            if index is not None:
                old = definition.values(before) if before is not None else ()
                new = definition.values(after) if after is not None else ()
                if old != new:
                    self._indexes[name] = _moved(index, key, old, new)
        if key.kind == "Pod":
            for name, sums in self._tallies.items():
                count = TALLIES[name]
                was = count(before) if before is not None else None
                now = count(after) if after is not None else None
                if was != now:
                    self._tallies[name] = _recounted(sums, was, now)

    def _index(self, name: str) -> Map[str, Map[Key, None]]:
        # Built when first asked for: an image that is only shown never decodes every pod for it.
        found = self._indexes.get(name)
        if found is None:
            definition = INDEXES[name]
            buckets: dict[str, dict[Key, None]] = {}
            for kind in [definition.kind] if definition.kind else self.kinds():
                for key, entry in (self._kinds.get(kind) or Map()).items():
                    for value in definition.values(entry.object):
                        buckets.setdefault(value, {})[key] = None
            found = Map({value: Map(keys) for value, keys in buckets.items()})
            self._indexes[name] = found
        return found

    def _tally(self, name: str) -> Tallies:
        found = self._tallies.get(name)
        if found is None:
            found = Map()
            for pod in self.list("Pod"):
                found = _recounted(found, None, TALLIES[name](pod))
            self._tallies[name] = found
        return found


def _moved(
    index: Map[str, Map[Key, None]], key: Key, old: Iterable[str], new: Iterable[str]
) -> Map[str, Map[Key, None]]:
    for value in old:
        keys = index[value].delete(key)
        index = index.set(value, keys) if keys else index.delete(value)
    for value in new:
        index = index.set(value, (index.get(value) or Map()).set(key, None))
    return index


def _recounted(
    sums: Tallies,
    was: tuple[Bucket, tuple[int, ...]] | None,
    now: tuple[Bucket, tuple[int, ...]] | None,
) -> Tallies:
    for counted, sign in ((was, -1), (now, 1)):
        if counted is not None:
            bucket, amounts = counted
            before = sums.get(bucket) or (0,) * len(amounts)
            after = tuple(a + sign * b for a, b in zip(before, amounts, strict=True))
            sums = sums.set(bucket, after) if any(after) else sums.delete(bucket)
    return sums


class Overlay(MemoryStore):
    """An image with writes on top that nobody else sees until they are committed.

    `now` is the simulated time of the writes in seconds; it may grow, never shrink. `actor` and `cause`
    say who writes and which revision made him (see Change). `limit` is how many writes one pass may
    make; `manager` is who owns the fields that are written, "" if nobody notes it; `listener` hears each
    write at once, as a watch would. `calls` are requests in the cluster's network (network.Call) that were
    made on the way: like the writes, they did not happen if the overlay is thrown away.
    """

    def __init__(
        self,
        base: MemoryStore,
        *,
        now: float,
        seed: str,
        actor: str = "",
        cause: int = 0,
        limit: int = 1_000_000,
    ) -> None:
        super().__init__(base.revision)
        self._adopt(base)
        self.base = base
        self.now = now
        self.seed = seed
        self.actor = actor
        self.cause = cause
        self.limit = limit
        self.manager = ""
        self.changes: list[Change] = []
        self.calls: list[Any] = []
        self.listener: Callable[[Change], None] | None = None

    @contextmanager
    def acting(self, actor: str, cause: int = 0) -> Iterator[Self]:
        """Writes inside are this actor's, made because of that revision."""
        before = self.actor, self.cause
        self.actor, self.cause = actor, cause
        try:
            yield self
        finally:
            self.actor, self.cause = before

    @property
    def room(self) -> int:
        """How many writes this pass may still make. Whoever needs more does a part and comes back."""
        return self.limit - len(self.changes)

    def unique(self, what: str, length: int = 32) -> str:
        """`length` hexadecimal digits for the next write; a retry of it gets the same."""
        return draw_hex(self.seed, self.revision + 1, what, length)

    def create(self, obj: Object) -> Object:
        """Store a new object with a uid, a creationTimestamp and a resourceVersion.

        Raises KeyError if there is one of that name.
        """
        key = key_of(obj)
        if self.entry(key) is not None:
            raise KeyError(key)
        digits = self.unique("uid")
        metadata = {
            **obj["metadata"],
            "uid": f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}",
            "creationTimestamp": rfc3339(self.now),
        }
        return self._write(ADDED, key, {**obj, "metadata": metadata}, None)

    def put_back(self, obj: Object) -> Object:
        """Store an object that is gone once more, with the uid and the creationTimestamp that it had.

        Raises KeyError if there is one of that name.
        """
        key = key_of(obj)
        if self.entry(key) is not None:
            raise KeyError(key)
        return self._write(ADDED, key, obj, None)

    def update(self, obj: Object) -> Object:
        """Store a new state of an object. What changes nothing keeps its revision.

        Raises KeyError if there is no such object.
        """
        key = key_of(obj)
        entry = self.entry(key)
        if entry is None:
            raise KeyError(key)
        previous = entry.object
        if obj is previous or _same(obj, previous):
            return previous
        return self._write(MODIFIED, key, obj, previous)

    def delete(self, key: Key) -> Object:
        """Remove an object at once, whatever its finalizers. Returns its last state.

        Raises KeyError if there is no such object.
        """
        entry = self.entry(key)
        if entry is None:
            raise KeyError(key)
        return self._write(DELETED, key, entry.object, entry.object)

    def publish(self) -> MemoryStore:
        """The image that includes the writes, once they are committed."""
        image = MemoryStore(self.revision)
        image._adopt(self)
        return image

    def _write(self, verb: str, key: Key, obj: Object, previous: Object | None) -> Object:
        self.revision += 1
        stored = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.revision)}}
        self._put(key, None if verb == DELETED else Entry(stored))
        change = Change(self.revision, verb, key, stored, previous, self.actor, self.cause, self.now)
        self.changes.append(change)
        if self.listener is not None:
            self.listener(change)
        return stored


def _same(obj: Object, previous: Object) -> bool:
    old, new = previous["metadata"], obj["metadata"]
    if new.get("resourceVersion") == old["resourceVersion"]:
        return obj == previous
    return {**obj, "metadata": {**new, "resourceVersion": old["resourceVersion"]}} == previous
