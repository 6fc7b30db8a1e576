"""Kubernetes objects as plain JSON-shaped dicts, and the few ways this engine reads and changes them.

Models apimachinery's ObjectMeta accessors (`pkg/apis/meta/v1`) and `controller_ref.go`. Left out:
typed structs (dicts are half the cost in the loop).

An object inside a store is never mutated: `with_value` copies the branches it changes. One top-level
key is not Kubernetes' own: `simulation`, where the simulator keeps what a real machine would know by
itself (is the power on, when does the pull end). `public` removes it from every outside view.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

Object = dict[str, Any]

REMOVE: Final = object()
"""Given to `with_value` as the value: the key goes away."""


class Key(NamedTuple):
    """What names an object within its cluster. `namespace` is "" for cluster-scoped kinds."""

    kind: str
    namespace: str
    name: str


def key_of(obj: Object) -> Key:
    """The key under which a store holds this object."""
    metadata = obj["metadata"]
    return Key(obj["kind"], metadata.get("namespace", ""), metadata["name"])


def name_of(obj: Object) -> str:
    name: str = obj["metadata"]["name"]
    return name


def namespace_of(obj: Object) -> str:
    """The namespace, "" for a cluster-scoped object."""
    namespace: str = obj["metadata"].get("namespace", "")
    return namespace


def uid_of(obj: Object) -> str:
    uid: str = obj["metadata"]["uid"]
    return uid


def version_of(obj: Object) -> int:
    """The revision of the object's last change: its resourceVersion as a number."""
    return int(obj["metadata"]["resourceVersion"])


def labels_of(obj: Object) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Object) -> dict[str, str]:
    return obj["metadata"].get("annotations") or {}


def is_deleting(obj: Object) -> bool:
    """Whether a delete was accepted and the object waits for its grace period or finalizers."""
    return "deletionTimestamp" in obj["metadata"]


def is_finished(pod: Object) -> bool:
    """Whether all of a pod's containers ended for good (phase Succeeded or Failed)."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_active(pod: Object) -> bool:
    """Whether a controller counts the pod, as upstream's `controller.IsPodActive`."""
    return not is_deleting(pod) and not is_finished(pod)


def condition_of(obj: Object, type_: str) -> Object | None:
    """The status condition of that type, as `{"type", "status", "reason", ...}`."""
    for condition in (obj.get("status") or {}).get("conditions") or ():
        # Those of apps/v1 may do without a type.
        if condition.get("type") == type_:
            found: Object = condition
            return found
    return None


def is_ready(obj: Object) -> bool:
    """Whether the condition Ready is True (Pods and Nodes)."""
    condition = condition_of(obj, "Ready")
    return condition is not None and condition["status"] == "True"


def owners_of(obj: Object) -> list[Object]:
    return obj["metadata"].get("ownerReferences") or []


def controller_of(obj: Object) -> Object | None:
    """The ownerReference of the managing controller, as upstream's `GetControllerOf`."""
    for reference in owners_of(obj):
        if reference.get("controller"):
            return reference
    return None


def controller_reference(owner: Object) -> Object:
    """The ownerReference that makes `owner` the managing controller, as `NewControllerRef`."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def object_reference(obj: Object, field_path: str = "") -> Object:
    """A core/v1 ObjectReference to `obj`, as an Event's involvedObject has it."""
    metadata = obj["metadata"]
    reference = {
        "kind": obj["kind"],
        "namespace": metadata.get("namespace"),
        "name": metadata["name"],
        "uid": metadata["uid"],
        "apiVersion": obj["apiVersion"],
        "resourceVersion": metadata.get("resourceVersion"),
        "fieldPath": field_path,
    }
    return {field: value for field, value in reference.items() if value}


def with_value(obj: Object, path: tuple[str, ...], value: Any) -> Object:
    """A copy of `obj` with `value` at `path`; only the dicts along the path are copied.

    >>> with_value({"spec": {"a": 1}, "status": {}}, ("spec", "b"), 2)
    {'spec': {'a': 1, 'b': 2}, 'status': {}}
    """
    copy = dict(obj)
    head, rest = path[0], path[1:]
    if rest:
        copy[head] = with_value(copy.get(head) or {}, rest, value)
    elif value is REMOVE:
        copy.pop(head, None)
    else:
        copy[head] = value
    return copy


def with_status(obj: Object, **fields: Any) -> Object:
    """A copy of `obj` whose status has these fields."""
    return {**obj, "status": {**(obj.get("status") or {}), **fields}}


def with_simulation(obj: Object, **fields: Any) -> Object:
    """A copy of `obj` in which the simulator remembers these fields."""
    return {**obj, "simulation": {**(obj.get("simulation") or {}), **fields}}


def simulation_of(obj: Object) -> Object:
    """What the simulator remembers about the object, {} for nothing."""
    return obj.get("simulation") or {}


def public(obj: Object) -> Object:
    """The object as Kubernetes shows it: without the simulator's own notes."""
    if "simulation" not in obj:
        return obj
    return {field: value for field, value in obj.items() if field != "simulation"}


def host_ports(pod: Object) -> dict[tuple[str, int], int]:
    """The (protocol, port)s of the machine itself that the pod wants, and to which port of it they lead.

    Two pods cannot have the same one of one machine, whatever its addresses are.
    """
    return {
        (port.get("protocol", "TCP"), port["hostPort"]): port["containerPort"]
        for container in containers_of(pod)
        for port in container.get("ports") or ()
        if port.get("hostPort")
    }


def containers_of(pod: Object) -> Iterator[Object]:
    yield from pod["spec"]["containers"]


def ephemeral_containers_of(pod: Object) -> Iterator[Object]:
    """The containers that somebody added to the running pod to look around in it."""
    yield from pod["spec"].get("ephemeralContainers") or ()


def is_ephemeral(pod: Object, container: Object) -> bool:
    """Whether a container of the pod is one that was added to it."""
    return any(container["name"] == other["name"] for other in ephemeral_containers_of(pod))
