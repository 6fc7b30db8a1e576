"""Goes on from an earlier moment: the objects of then are written once more, on top of the history.

Stands in for restoring a snapshot of etcd into a cluster that keeps running. Unlike
`etcdutl snapshot restore --bump-revision`, each write is an ordinary change, so that watches see what
became of which object. Events and placed clients are history and stay as they are, but for the Events of
namespaces that go; which pod IPs were given stays, too, so that no address is ever given twice.

Simulated time does not go back. Instead all times in the objects, also in those that nobody has changed
since, are moved on by as many seconds as have passed: a deadline that was two minutes away is two minutes
away again. Times as text have whole seconds, all others are exact. So that both move by the same, and stay
on the same side of each other, it is a whole number of seconds: the cluster's clock leaps by less than one.

These are no such times and stay: uid, creationTimestamp and managedFields, by which people and clients
recognise an object; annotations, of which a template's hash is made; a text of the first second of Unix,
which says that nobody knows. Where something is counted from the creation of an object, or compared with
it, `moved` in the simulation says by how much the other times were moved.
"""

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from clusters.engine import cluster, ipam
from clusters.engine.clock import parse_rfc3339, rfc3339, rfc3339_micro
from clusters.engine.objects import (
    Key,
    Object,
    key_of,
    simulation_of,
    uid_of,
    with_simulation,
    with_value,
)
from clusters.engine.store import MemoryStore, Overlay

HISTORY: Final = cluster.INTERNAL_KINDS | {"Event"}
"""Kinds of which nothing is restored."""
TEXTS: Final = frozenset(
    {
        "deletionTimestamp",
        "finishedAt",
        "lastHeartbeatTime",
        "lastProbeTime",
        "lastTransitionTime",
        "lastUpdateTime",
        "startedAt",
        "startTime",
        "timeAdded",
    }
)
"""Fields that hold a time as text: in a status, in a taint, and of what waits to be deleted."""
TIMES: Final = frozenset(
    {
        *("asked", "asksAt", "at", "backoffAt", "deleteAt", "deletedAt", "due", "evictAt", "from"),
        *("heartbeat", "next", "readyAt", "retry", "sandboxAt", "since", "until"),
    }
)
"""Fields of the simulation that hold a time as a number; `life` holds two."""
_THEIRS: Final = frozenset({"env", "files", "images", "told"})
"""Fields of the simulation in which every name is somebody else's."""
_AGING: Final = ("Node", "Pod")
"""Kinds whose age somebody asks for."""
_FIRST: Final = ("Namespace", "Node")
_LAST: Final = ("Pod", "Endpoints", "EndpointSlice")
"""What others are in, and what refers to others: put back before and after the rest."""


def continue_from(store: Overlay, past: MemoryStore, then: float, wall: float) -> None:
    """Make the cluster what it was at an earlier revision, the image `past`, at the simulated time `then`.

    The first write is the simulator's own settings of then, with `continuedFrom`; it is the cause of all
    others. The clock keeps its speed, and the limits stay; `wall` is now, in wall seconds.
    """
    seconds = max(0, math.ceil(store.now - then))
    store.now = max(store.now, then + seconds)
    clock = cluster.clock_of(store).changed(wall)
    cluster.go_back(store, past, then, replace(clock, anchor_simulated=store.now))
    with store.acting(store.actor, store.revision):
        restore(store, past, seconds)


def restore(store: Overlay, past: MemoryStore, seconds: int) -> None:
    """Make all objects, but those of HISTORY, what they were in `past`, with times so many seconds later."""
    kinds = _in_order({*store.kinds(), *past.kinds()} - HISTORY)
    for kind in reversed(kinds):
        for key in store.keys(kind):
            if not _is_same(past.get(*key), store.get(*key)):
                _delete(store, key)
    for kind in kinds:
        for obj in past.list(kind):
            _put(store, moved(obj, seconds))
    ipam.move_retirements(store, past, seconds)


def moved(obj: Object, seconds: int) -> Object:
    """The object with all times so many seconds later."""
    if not seconds:
        return obj
    obj = {**obj, **{part: _moved(obj[part], seconds) for part in ("status", "simulation") if part in obj}}
    deletion = obj["metadata"].get("deletionTimestamp")
    if deletion is not None:
        obj = with_value(obj, ("metadata", "deletionTimestamp"), _later(deletion, seconds))
    if obj["kind"] in _AGING:
        obj = with_simulation(obj, moved=simulation_of(obj).get("moved", 0) + seconds)
    if obj["kind"] == "Node" and (obj.get("spec") or {}).get("taints"):
        obj = with_value(obj, ("spec", "taints"), _moved(obj["spec"]["taints"], seconds))
    return obj


def _moved(value: Any, seconds: int) -> Any:
    if isinstance(value, dict):
        found = {field: _field_moved(field, held, seconds) for field, held in value.items()}
        return {**found, "moved": found.get("moved", 0) + seconds} if "since" in found else found
    if isinstance(value, list):
        return [_moved(item, seconds) for item in value]
    return value


def _field_moved(field: str, value: Any, seconds: int) -> Any:
    if isinstance(value, str):
        return _later(value, seconds) if field in TEXTS else value
    if isinstance(value, int | float):
        return value + seconds if field in TIMES else value
    if field == "life":
        return [at + seconds for at in value]
    if field == "disruptedPods":
        return {pod: _later(at, seconds) for pod, at in value.items()}
    if field == "containers":
        # What people named is no field.
        return {name: _moved(state, seconds) for name, state in value.items()}
    return value if field in _THEIRS else _moved(value, seconds)


@lru_cache(maxsize=1024)
def _later(text: str, seconds: int) -> str:
    time = parse_rfc3339(text)
    if not time:
        return text
    return (rfc3339_micro if "." in text else rfc3339)(time + seconds)


def _in_order(kinds: Iterable[str]) -> list[str]:
    rest = sorted({*kinds}.difference(_FIRST, _LAST))
    return [kind for kind in (*_FIRST, *rest, *_LAST) if kind in {*kinds, *rest}]


def _is_same(then: Object | None, now: Object | None) -> bool:
    """Whether it is one object at both times, whatever has become of it."""
    return then is not None and now is not None and uid_of(then) == uid_of(now)


def _delete(store: Overlay, key: Key) -> None:
    if key.kind == "Namespace":
        for event in store.list("Event", key.name):
            store.delete(key_of(event))
    store.delete(key)


def _put(store: Overlay, obj: Object) -> None:
    if store.entry(key_of(obj)) is not None:
        store.update(obj)
        return
    if obj["kind"] == "Node":
        ipam.reclaim_range(store, obj)
    store.put_back(obj)
