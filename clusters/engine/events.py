"""Events: what a component tells people about an object.

Models client-go's `tools/record` and its correlator: the same message about the same object counts up
one Event instead of making another. Left out: spam filtering and aggregation of similar messages. The
name of an Event follows from its content, which is what finds the earlier one.
"""

from hashlib import blake2b
from typing import Final

from clusters.engine.clock import parse_rfc3339, rfc3339, rfc3339_micro
from clusters.engine.objects import (
    Key,
    Object,
    is_deleting,
    name_of,
    namespace_of,
    object_reference,
    uid_of,
    version_of,
)
from clusters.engine.store import Overlay

LONGEST_NAME: Final = 253
_DIGEST: Final = 8
"""Bytes; the name shows them as twice as many digits."""


def record(
    store: Overlay,
    involved: Object,
    reason: str,
    message: str,
    *,
    type_: str = "Normal",
    component: str,
    host: str = "",
    field_path: str = "",
) -> None:
    """Write an Event about `involved`, or count up the one that said the same before.

    `component` and `host` are its source, `field_path` names a part of the object, such as
    `spec.containers{main}`. `type_` is Normal or Warning.
    """
    namespace = namespace_of(involved) or "default"
    if _refused(store, namespace):
        return
    said = f"{uid_of(involved)}/{component}/{host}/{field_path}/{reason}/{message}"
    name = _name(involved, said)
    before = store.get("Event", namespace, name)
    if before is not None:
        store.update({**before, "count": before["count"] + 1, "lastTimestamp": rfc3339(store.now)})
        return
    source = {"component": component, "host": host} if host else {"component": component}
    store.create(
        {
            **_event(namespace, name, involved, field_path, reason, message, type_),
            "source": source,
            "firstTimestamp": rfc3339(store.now),
            "lastTimestamp": rfc3339(store.now),
            "count": 1,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": host,
        }
    )


def record_action(
    store: Overlay,
    involved: Object,
    reason: str,
    message: str,
    *,
    type_: str = "Normal",
    component: str,
    action: str,
) -> None:
    """Write an Event the way of events.k8s.io/v1, as the scheduler does.

    Seen through core/v1 it has an eventTime and an action instead of first and last timestamps. A
    repetition is told by `series`.
    """
    namespace = namespace_of(involved) or "default"
    if _refused(store, namespace):
        return
    said = f"{uid_of(involved)}/{component}/{reason}/{message}"
    name = _name(involved, said)
    before = store.get("Event", namespace, name)
    if before is not None:
        count = (before.get("series") or {}).get("count", 1) + 1
        store.update({**before, "series": {"count": count, "lastObservedTime": rfc3339_micro(store.now)}})
        return
    store.create(
        {
            **_event(namespace, name, involved, "", reason, message, type_),
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "eventTime": rfc3339_micro(store.now),
            "action": action,
            "reportingComponent": component,
            "reportingInstance": f"{component}-control-plane",
        }
    )


def _refused(store: Overlay, namespace: str) -> bool:
    """Whether the namespace is being deleted: what is new there is refused, so the Event is lost."""
    found = store.get("Namespace", "", namespace)
    return found is not None and is_deleting(found)


def of(store: Overlay, key: Key) -> list[Object]:
    """The Events about an object, by the order in which they were first told."""
    obj = store.get(*key)
    found = store.indexed("events-by-object", uid_of(obj)) if obj is not None else []
    return sorted(found, key=lambda event: (event["metadata"]["creationTimestamp"], version_of(event)))


def told_at(event: Object) -> float:
    """When an Event was told last, in simulated seconds, whichever way it says so."""
    series = event.get("series") or {}
    told = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    return parse_rfc3339(told or event["metadata"]["creationTimestamp"])


def _name(involved: Object, said: str) -> str:
    """The involved object's name, cut if need be, and a digest of what was said."""
    base = name_of(involved)[: LONGEST_NAME - 2 * _DIGEST - 1].rstrip("-.")
    return f"{base}.{blake2b(said.encode(), digest_size=_DIGEST).hexdigest()}"


def _event(
    namespace: str, name: str, involved: Object, field_path: str, reason: str, message: str, type_: str
) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": object_reference(involved, field_path),
        "reason": reason,
        "message": message,
        "type": type_,
    }
