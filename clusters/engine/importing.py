"""Checks a history that comes from outside, change by change, before a cluster is made of it.

Each object is decoded, filled in and validated as one that a client sends; what only the simulator knows has
to be of the shapes in `simulation_shapes.py`. The changes must be a history: revisions and times that grow,
causes before what they caused, nothing changed that is not there. At the end the control plane is tried on
the last state.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Final, NamedTuple

from clusters.engine import assembly, cluster
from clusters.engine.apiserver.admission import DEFAULT_LIMITS, LARGEST_OF_DATA
from clusters.engine.apiserver.decoding import decode_strictly
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.fieldmanager import managed_fields
from clusters.engine.apiserver.reporting import filled
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.apiserver.schema import struct_of
from clusters.engine.apiserver.strategies import strategy_of
from clusters.engine.apiserver.validation.pod import validate_pod_status
from clusters.engine.changes import ADDED, DELETED, MODIFIED, Change, encode
from clusters.engine.clock import parse_rfc3339
from clusters.engine.network.clients import KIND as CLIENT
from clusters.engine.network.clients import MOST as MOST_CLIENTS
from clusters.engine.objects import Key, Object, key_of, public, uid_of, with_value
from clusters.engine.shapes import ShapeError, integer, number, one_of, record, text
from clusters.engine.simulation_shapes import check_internal, check_simulation
from clusters.engine.store import MemoryStore, Overlay

LATEST: Final = 4_102_444_800
"""2100-01-01: simulated seconds since the epoch at which a history may end at the latest."""
DEEPEST: Final = 100
"""Maps and lists within each other."""
_REVISION: Final = integer(1, 2**53)
_UID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PERSON: Final = re.compile("person:[0-9]{1,9}")
_ROW: Final = record(
    {
        "revision": _REVISION,
        "verb": one_of(ADDED, MODIFIED, DELETED),
        "kind": text(63),
        "namespace": text(63),
        "name": text(253),
        "uid": text(36),
        "object": lambda value, place: None,
        "actor": text(300),
        "cause": integer(0, 2**53),
        "time": number(1, LATEST),
    }
)
_WRITTEN_OUT: Final = frozenset(
    {
        *("lastProbeTime", "eventTime", "firstTimestamp", "lastTimestamp", "reportingInstance"),
        *("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"),
    }
)
"""Fields that components write although they are empty; decoding leaves them out."""
_TRIAL_SECONDS: Final = 600.0
_TRIAL_STEPS: Final = 500
_TRIAL_WRITES: Final = 300


class HistoryError(ValueError):
    """What is wrong with a history, and where: `change 17: spec.replicas: ...`."""


class Tried(NamedTuple):
    """The end of a history: the image, and the simulated time."""

    image: MemoryStore
    time: float


def checked_history(rows: list[Any], whole_from: int, limits: Mapping[str, int]) -> list[Change]:
    """The changes that the rows of a file tell of. Raises HistoryError.

    `whole_from` is the revision from which on all is told; `limits` says how many a cluster may have of a
    kind, and goes before what the file says of that.
    """
    history = _History(whole_from, {**DEFAULT_LIMITS, CLIENT: MOST_CLIENTS, **limits})
    for index, row in enumerate(rows, 1):
        try:
            history.take(row)
        except RecursionError as error:
            raise HistoryError(f"change {index}: it is too deep") from error
        except StatusError as error:
            raise HistoryError(f"change {index}: {error.message}") from error
        except ValueError as error:
            raise HistoryError(f"change {index}: {error}") from error
    if cluster.KEY not in history.known:
        raise HistoryError("the cluster's own settings are missing")
    return history.changes


def try_out(changes: Iterable[Change], seed: str) -> None:
    """Let the control plane go on from the end of a history for a while; nothing of it is kept.

    Raises HistoryError if it cannot.
    """
    image = MemoryStore().apply(changes)
    time = max((change.time for change in changes), default=0.0)
    overlay = Overlay(image, now=time, seed=seed, limit=_TRIAL_WRITES)
    steps = count()
    try:
        plane = assembly.build()
        plane.load(image)
        plane.run(overlay, time + _TRIAL_SECONDS, lambda: next(steps) < _TRIAL_STEPS)
    except Exception as error:
        # Whatever it is that a controller stumbles over: such a cluster would stand still for ever.
        raise HistoryError("the control plane cannot go on from its end") from error


class _History:
    """What the rows so far have told."""

    def __init__(self, whole_from: int, limits: Mapping[str, int]) -> None:
        self.changes: list[Change] = []
        self.known: dict[Key, Object] = {}
        self._whole_from = whole_from
        self._limits = limits
        self._counts = dict.fromkeys(limits, 0)
        self._keys: dict[str, Key] = {}
        self._revision = 0
        self._time = 0.0

    def take(self, row: Any) -> None:
        """One more row. Raises ShapeError, StatusError or ValueError."""
        _ROW(row, "")
        self._check_order(row)
        obj = checked_object(row["object"])
        key = Key(row["kind"], row["namespace"], row["name"])
        metadata = obj["metadata"]
        if key_of(obj) != key or metadata.get("uid") != row["uid"]:
            raise ShapeError("object.metadata: it is not the object that the change names")
        if metadata.get("resourceVersion") != str(row["revision"]):
            raise ShapeError("object.metadata.resourceVersion: it is not the revision")
        self._check_object(row["verb"], key, obj, row["revision"])
        previous = self.known.get(key)
        self._note(row["verb"], key, obj)
        change = Change(
            row["revision"], row["verb"], key, obj, previous, row["actor"], row["cause"], float(row["time"])
        )
        self.changes.append(change)

    def _check_order(self, row: Any) -> None:
        if row["revision"] <= self._revision:
            raise ShapeError("revision: it is not greater than the one before")
        if row["revision"] > self._whole_from + 1 and row["revision"] != self._revision + 1:
            raise ShapeError("revision: one is missing before it")
        if row["time"] < self._time:
            raise ShapeError("time: it is before the change before")
        if row["cause"] >= row["revision"]:
            raise ShapeError("cause: it is not before the change")
        if not row["actor"].isprintable() or not row["actor"]:
            raise ShapeError("actor: a name is expected")
        if row["actor"].startswith("person:") and not _PERSON.fullmatch(row["actor"]):
            raise ShapeError("actor: a person is a number")
        self._revision, self._time = row["revision"], row["time"]

    def _check_object(self, verb: str, key: Key, obj: Object, revision: int) -> None:
        before = self.known.get(key)
        if verb == ADDED and before is not None:
            raise ShapeError(f"verb: {key.name} is there already")
        if verb != ADDED and before is None and (verb == DELETED or revision > self._whole_from):
            raise ShapeError(f"verb: {key.name} is not there")
        if before is not None and uid_of(before) != uid_of(obj):
            raise ShapeError("uid: it is another object than before")
        if self._keys.setdefault(uid_of(obj), key) != key:
            raise ShapeError("uid: another object has it")
        if key == cluster.KEY and verb == DELETED:
            raise ShapeError("verb: the cluster's own settings stay")

    def _note(self, verb: str, key: Key, obj: Object) -> None:
        there = key in self.known
        if verb == DELETED:
            del self.known[key]
        else:
            self.known[key] = obj
        if key.kind in self._counts:
            self._counts[key.kind] += (key in self.known) - there
            if self._counts[key.kind] > self._limits[key.kind]:
                raise ShapeError(f"there are more than {self._limits[key.kind]} objects of kind {key.kind}")


def checked_object(found: Any) -> Object:
    """An object from outside as the store may hold it. Raises ShapeError, StatusError or ValueError."""
    if not isinstance(found, dict) or not isinstance(found.get("metadata"), dict):
        raise ShapeError("object: an object with metadata is expected")
    _check_depth(found, DEEPEST)
    kind = found.get("kind")
    if not isinstance(kind, str):
        raise ShapeError("object.kind: a text is expected")
    if kind in cluster.INTERNAL_KINDS:
        check_internal(found)
        _check_identity(found["metadata"])
        return found
    resource = BY_KIND.get(kind)
    if resource is None or resource.derived or found.get("apiVersion") != resource.api_version:
        raise ShapeError("object.kind: there is no such kind")
    obj = _decoded(found)
    _check_identity(obj["metadata"])
    if bool(obj["metadata"].get("namespace")) != resource.namespaced:
        raise ShapeError("object.metadata.namespace: it does not belong to that kind")
    check_simulation(obj)
    return obj


def _decoded(found: Object) -> Object:
    obj = decode_strictly(public(found))
    kind, strategy = obj["kind"], strategy_of(obj["kind"])
    status = struct_of(obj["apiVersion"], kind).fields.get("status")
    if status is not None and status.struct is not None:
        if strategy.status is not None and "status" not in found:
            raise ShapeError("object.status: it is missing")
        obj["status"] = filled(status.struct, obj.get("status") or {})
    if "managedFields" in obj["metadata"]:
        listed = managed_fields.checked(obj["metadata"]["managedFields"])
        obj = with_value(obj, ("metadata", "managedFields"), listed)
    obj = strategy.default(_written_out(found, obj))
    errors = strategy.validate(obj)
    if kind == "Pod":
        errors = [*errors, *validate_pod_status(obj["status"], {})]
    if errors:
        raise ShapeError(f"object.{errors[0].field}: {errors[0].message}")
    if len(encode(obj)) > LARGEST_OF_DATA:
        raise ShapeError("object: it is too large")
    return {**obj, "simulation": found["simulation"]} if "simulation" in found else obj


def _written_out(found: Any, decoded: Any) -> Any:
    """What was decoded, with the empty fields that components write."""
    if isinstance(found, dict) and isinstance(decoded, dict):
        empty = {field: found[field] for field in found.keys() - decoded.keys() if field in _WRITTEN_OUT}
        return {field: _written_out(found.get(field), value) for field, value in decoded.items()} | empty
    if isinstance(found, list) and isinstance(decoded, list) and len(found) == len(decoded):
        return [_written_out(*items) for items in zip(found, decoded, strict=True)]
    return decoded


def _check_identity(metadata: Object) -> None:
    if not metadata.get("name"):
        raise ShapeError("object.metadata.name: a name is expected")
    if not _UID.fullmatch(metadata.get("uid") or ""):
        raise ShapeError("object.metadata.uid: a uid is expected")
    try:
        created = parse_rfc3339(metadata.get("creationTimestamp") or "")
    except (ValueError, OverflowError):
        created = -1.0
    if not 0 <= created <= LATEST:
        raise ShapeError("object.metadata.creationTimestamp: a time is expected")
    if ("deletionTimestamp" in metadata) != ("deletionGracePeriodSeconds" in metadata):
        raise ShapeError("object.metadata.deletionTimestamp: it goes with deletionGracePeriodSeconds")


def _check_depth(value: Any, room: int) -> None:
    if not room:
        raise ShapeError("object: it is too deep")
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        if isinstance(item, dict | list):
            _check_depth(item, room - 1)
