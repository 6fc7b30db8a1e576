"""Two states of an object, compared field by field; and two moments of a cluster, object by object.

The entries of a list are told apart by what Kubernetes merges them by (`patchMergeKey`: a name, a type, an
IP), so an entry that is gone does not make all others look changed.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from clusters.engine.changes import ADDED, DELETED, MODIFIED
from clusters.engine.cluster import INTERNAL_KINDS
from clusters.engine.objects import Key, Object, public, uid_of
from clusters.engine.store import MemoryStore

NOISE: Final = frozenset({"managedFields", "resourceVersion"})
"""Fields of the metadata that move with every write."""
MERGE_KEYS: Final = (
    ("name",),
    ("type",),
    ("key", "effect"),
    ("uid",),
    ("ip",),
    ("addresses",),
    ("port",),
    ("containerPort",),
)
READING_ORDER: Final = ("Node", "Service", "Deployment", "ReplicaSet", "ReplicationController", "Pod")
"""The kinds that people look for first; all others follow in alphabetical order, Events last."""


class Field(NamedTuple):
    """One field that moved, such as `status.conditions[Ready].status`; None where it was not there."""

    path: str
    before: Any
    after: Any


class Difference(NamedTuple):
    """An object of which two moments of a cluster tell otherwise: ADDED, MODIFIED or DELETED.

    `fields` are those that moved of one that is there in both.
    """

    verb: str
    key: Key
    before: Object | None
    after: Object | None
    fields: list[Field]


def compare(then: MemoryStore, now: MemoryStore, *, events: bool = False) -> list[Difference]:
    """What was added, changed and gone between two moments, as people would read it.

    An object that went and came again under its name is told twice: it is another one.
    """
    kinds = {*then.kinds(), *now.kinds()} - INTERNAL_KINDS - (set() if events else {"Event"})
    found = []
    for kind in sorted(kinds, key=_reading_order):
        for key in sorted({*then.keys(kind), *now.keys(kind)}):
            if then.entry(key) is not now.entry(key):
                found += _differences(key, then.get(*key), now.get(*key))
    return found


def _reading_order(kind: str) -> tuple[int, str]:
    rank = READING_ORDER.index(kind) if kind in READING_ORDER else len(READING_ORDER)
    return rank + (kind == "Event"), kind


def _differences(key: Key, before: Object | None, after: Object | None) -> list[Difference]:
    if before is not None and after is not None and uid_of(before) == uid_of(after):
        moved = fields(before, after)
        return [Difference(MODIFIED, key, before, after, moved)] if moved else []
    gone = [Difference(DELETED, key, before, None, [])] if before is not None else []
    return [*gone, Difference(ADDED, key, None, after, [])] if after is not None else gone


def fields(before: Object | None, after: Object | None) -> list[Field]:
    """The fields that differ, in the order of `before` and then what is new.

    What only the simulator knows and what moves with every write is left out.
    """
    return _moved("", _shown(before), _shown(after))


def _shown(obj: Object | None) -> Object | None:
    if obj is None:
        return None
    shown = public(obj)
    metadata = {name: value for name, value in shown["metadata"].items() if name not in NOISE}
    return {**shown, "metadata": metadata}


def _moved(path: str, before: Any, after: Any) -> list[Field]:
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        return _below(path, before, after)
    if isinstance(before, list) and isinstance(after, list):
        keys = _merge_keys(before, after)
        if keys:
            return _below(path, _keyed(before, keys), _keyed(after, keys), in_list=True)
    return [Field(path, before, after)]


def _below(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any], *, in_list: bool = False
) -> list[Field]:
    found = []
    for name in [*before, *(name for name in after if name not in before)]:
        # A label's key may have dots of its own.
        step = f"[{name}]" if in_list or "." in name else f".{name}" if path else name
        found += _moved(path + step, before.get(name), after.get(name))
    return found


def _merge_keys(before: list[Any], after: list[Any]) -> tuple[str, ...]:
    """The first keys that tell all entries of both lists apart; () if none do."""
    for keys in MERGE_KEYS:
        if all(_tells_apart(entries, keys) for entries in (before, after)):
            return keys
    return ()


def _tells_apart(entries: list[Any], keys: tuple[str, ...]) -> bool:
    if not all(isinstance(entry, dict) and _names(entry.get(keys[0])) for entry in entries):
        return False
    return len(_keyed(entries, keys)) == len(entries)


def _names(value: Any) -> bool:
    return isinstance(value, str | int) or (
        isinstance(value, list) and all(isinstance(v, str) for v in value)
    )


def _keyed(entries: list[Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {":".join(_text(entry[key]) for key in keys if key in entry): entry for entry in entries}


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
