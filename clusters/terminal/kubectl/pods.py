"""Which pod and which container is meant where something that has pods is named.

Models kubectl's `pkg/polymorphichelpers` (GetFirstPod, SelectorsForObject), `pkg/util/podutils` and
`pkg/cmd/util/podcmd`.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from functools import cmp_to_key
from typing import Final

from clusters.engine.label_selectors import format_label_selector
from clusters.engine.objects import Object, is_ready
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.host import Writer
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.polymorphic import go_type
from clusters.terminal.kubectl.waiting import TIMED_OUT, time_limit

DEFAULT_CONTAINER: Final = "kubectl.kubernetes.io/default-container"
_PARTS: Final = (
    ("containers", ""),
    ("ephemeralContainers", " (ephem)"),
    ("initContainers", " (init)"),
)

Order = Callable[[Object, Object], int]
"""Less than 0 if the first pod comes first."""


def selector_of(obj: Object) -> str:
    """The labels of the pods that belong to an object. Raises CommandError."""
    kind, spec = obj["kind"], obj.get("spec") or {}
    if kind == "Service" and not spec.get("selector"):
        name = obj["metadata"]["name"]
        raise CommandError(f"invalid service '{name}': Service is defined without a selector")
    if kind in ("ReplicationController", "Service"):
        return _equalities(spec.get("selector") or {})
    if kind in ("ReplicaSet", "Deployment"):
        return format_label_selector(spec.get("selector") or {})
    raise CommandError(f"selector for {go_type(obj)} not implemented")


async def pods_of(k: Kubectl, obj: Object, order: Order, seconds: float, doing: str) -> list[Object]:
    """The pods of an object, the best first; if there is none, the first that appears within that time.

    `doing` is what an object without pods is complained of with. Raises CommandError.
    """
    try:
        selector = selector_of(obj)
    except CommandError as error:
        raise CommandError(f"{doing} {go_type(obj)}: {error.message}") from error
    path = f"/api/v1/namespaces/{obj['metadata']['namespace']}/pods"
    found = await k.client.get(path, labelSelector=selector)
    pods = [_typed(pod) for pod in found["items"]]
    if pods:
        return sorted(pods, key=cmp_to_key(order))
    query = (("labelSelector", selector), ("resourceVersion", found["metadata"]["resourceVersion"]))
    try:
        async with time_limit(k, seconds), aclosing(k.client.watch(path, query)) as events:
            async for type_, pod in events:
                if type_ in ("ADDED", "MODIFIED"):
                    return [pod]
    except TimeoutError:
        pass
    raise CommandError(TIMED_OUT)


def by_logging(one: Object, other: Object) -> int:
    """ByLogging: which pod's log says most."""
    assigned = [bool(pod["spec"].get("nodeName")) for pod in (one, other)]
    phases = [_LOGGING_PHASES.get(_phase(pod), 0) for pod in (one, other)]
    ready = [is_ready(pod) for pod in (one, other)]
    return (
        _first(assigned)
        or phases[0] - phases[1]
        or _first(ready)
        or (_earlier(_ready_time(one), _ready_time(other)) if all(ready) else 0)
        or _restarts(other) - _restarts(one)
        or _earlier(_created(one), _created(other))
    )


def by_activity(one: Object, other: Object) -> int:
    """ActivePods, the other way round: which pod is the best to go into."""
    assigned = [bool(pod["spec"].get("nodeName")) for pod in (one, other)]
    phases = [_ACTIVE_PHASES.get(_phase(pod), 0) for pod in (one, other)]
    ready = [is_ready(pod) for pod in (one, other)]
    leaving = [pod["metadata"].get("deletionTimestamp", "") for pod in (one, other)]
    return (
        _first(assigned)
        or phases[1] - phases[0]
        or _first(ready)
        or _first([not time for time in leaving])
        or (-_earlier(*leaving) if all(leaving) else 0)
        or (_earlier(_ready_time(one), _ready_time(other)) if all(ready) else 0)
        or _restarts(one) - _restarts(other)
        or _earlier(_created(one), _created(other))
    )


def find_container(pod: Object, name: str) -> tuple[Object, str] | None:
    """The container of that name, and in which part of the spec it is."""
    for part in ("containers", "initContainers", "ephemeralContainers"):
        for container in pod["spec"].get(part) or ():
            if container["name"] == name:
                return container, part
    return None


def all_container_names(pod: Object) -> str:
    """`app, side, setup (init)`."""
    return ", ".join(
        container["name"] + mark for part, mark in _PARTS for container in pod["spec"].get(part) or ()
    )


def has_several_containers(pod: Object) -> bool:
    """Whether there is a choice, those that initialize counted."""
    return sum(len(pod["spec"].get(part) or ()) for part, _ in _PARTS) > 1


def choose_container(tell: Writer, pod: Object, name: str, *, quiet: bool = False) -> Object:
    """The container of that name, or for "" the usual one, which is told. Raises CommandError."""
    name = name or (pod["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER, "")
    if name:
        found = find_container(pod, name)
        if found is None:
            raise no_container(pod, name)
        return found[0]
    first: Object = pod["spec"]["containers"][0]
    if not quiet and has_several_containers(pod):
        tell(f'Defaulted container "{first["name"]}" out of: {all_container_names(pod)}\n')
    return first


def no_container(pod: Object, name: str) -> CommandError:
    """There is no such container in the pod."""
    names = all_container_names(pod)
    return CommandError(f"container {name} is not valid for pod {pod['metadata']['name']} out of: {names}")


_LOGGING_PHASES: Final = {"Running": 0, "Unknown": 1, "Pending": 2}
_ACTIVE_PHASES: Final = {"Pending": 0, "Unknown": 1, "Running": 2}


def _first(flags: Sequence[bool]) -> int:
    """The one that has it comes first."""
    return int(flags[1]) - int(flags[0])


def _earlier(one: str, other: str) -> int:
    """The earlier time comes first, none last."""
    if not one or not other:
        return int(not one) - int(not other)
    return (one > other) - (one < other)


def _phase(pod: Object) -> str:
    return str((pod.get("status") or {}).get("phase", ""))


def _ready_time(pod: Object) -> str:
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition["type"] == "Ready" and condition["status"] == "True":
            return str(condition.get("lastTransitionTime") or "")
    return ""


def _restarts(pod: Object) -> int:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return max((status["restartCount"] for status in statuses), default=0)


def _created(pod: Object) -> str:
    return str(pod["metadata"].get("creationTimestamp") or "")


def _typed(pod: Object) -> Object:
    return {"apiVersion": "v1", "kind": "Pod", **pod}


def _equalities(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels))
