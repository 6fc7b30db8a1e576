"""Events: what a component tells people about an object.

Models client-go's `tools/record` and its correlator: the same message about the same object counts up
one Event instead of making another. Left out: spam filtering and aggregation of similar messages.
"""

from typing import Final

from clusters.engine.clock import parse_rfc3339, rfc3339, rfc3339_micro
from clusters.engine.objects import (
    Object,
    is_deleting,
    name_of,
    namespace_of,
    object_reference,
    uid_of,
)
from clusters.engine.store import Overlay

LONGEST_NAME: Final = 253
_DIGITS: Final = 16
_TELLINGS: Final = 4096
"""Events of one instant that names keep in order."""


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
    before = _said_before(store, involved, (component, host, field_path, reason, message))
    if before is not None:
        again = {"count": before.get("count", 1) + 1, "lastTimestamp": rfc3339(store.now)}
        store.update({**before, **again})
        return
    source = {"component": component, "host": host} if host else {"component": component}
    store.create(
        {
            **_event(store, involved, field_path, reason, message, type_),
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
    host = f"{component}-control-plane"
    before = _said_before(store, involved, (component, host, "", reason, message))
    if before is not None:
        count = (before.get("series") or {}).get("count", 1) + 1
        store.update({**before, "series": {"count": count, "lastObservedTime": rfc3339_micro(store.now)}})
        return
    store.create(
        {
            **_event(store, involved, "", reason, message, type_),
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "eventTime": rfc3339_micro(store.now),
            "action": action,
            "reportingComponent": component,
            "reportingInstance": host,
        }
    )


def _refused(store: Overlay, namespace: str) -> bool:
    """Whether the namespace is being deleted: what is new there is refused, so the Event is lost."""
    found = store.get("Namespace", "", namespace)
    return found is not None and is_deleting(found)


def told_at(event: Object) -> float:
    """When an Event was told last, in simulated seconds, whichever way it says so."""
    series = event.get("series") or {}
    told = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    return parse_rfc3339(told or event["metadata"]["creationTimestamp"])


def _said_before(store: Overlay, involved: Object, said: tuple[str, ...]) -> Object | None:
    """The Event that said the same about the object; see indexes for what `said` is."""
    found = store.indexed("events-by-content", "/".join((uid_of(involved), *said)))
    return found[0] if found else None


def _name(store: Overlay, involved: Object) -> str:
    """The involved object's name, cut if need be, and the time in nanoseconds, as client-go writes it.

    kubectl shows what was told within a second in the order of names: what is told later comes later.
    """
    base = name_of(involved)[: LONGEST_NAME - _DIGITS - 1].rstrip("-.")
    number = int(store.now * 1e9) // _TELLINGS * _TELLINGS + store.revision % _TELLINGS
    namespace = namespace_of(involved) or "default"
    while store.get("Event", namespace, name := f"{base}.{number:0{_DIGITS}x}"):
        number += _TELLINGS
    return name


def _event(
    store: Overlay, involved: Object, field_path: str, reason: str, message: str, type_: str
) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": _name(store, involved),
            "namespace": namespace_of(involved) or "default",
        },
        "involvedObject": object_reference(involved, field_path),
        "reason": reason,
        "message": message,
        "type": type_,
    }
