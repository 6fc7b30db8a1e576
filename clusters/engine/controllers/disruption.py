"""Counts the healthy pods behind each PodDisruptionBudget, and says how many may go.

Models kube-controller-manager's disruption controller (`pkg/controller/disruption`). Left out: the event
about a pod with several budgets, and pods that were marked for disruption and never deleted.
"""

from collections.abc import Iterator
from typing import Final

from clusters.engine import events
from clusters.engine.apiserver import verbs
from clusters.engine.changes import DELETED, Change
from clusters.engine.clock import parse_rfc3339, quantise
from clusters.engine.controllers.deployment_util import scaled_value
from clusters.engine.disruption import KIND, budgets_of, condition, protects, status_of
from clusters.engine.informer import enqueue
from clusters.engine.objects import (
    Key,
    Object,
    controller_of,
    is_deleting,
    is_ready,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
)
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

COMPONENT: Final = "controllermanager"
DELETION_TIMEOUT: Final = 120.0
"""Seconds in which a pod that was evicted has to be on its way out; else it counts again."""


class DisruptionController:
    """The control loop of budgets."""

    actor = "disruption-controller"
    watches = frozenset({KIND, "Pod"})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        if change.key.kind == KIND:
            if change.verb != DELETED and change.actor != self.actor:
                enqueue(self.queue, change.key, change, store)
            return
        for pod in (change.previous, change.object):
            for budget in budgets_of(store, pod) if pod is not None else ():
                enqueue(self.queue, key_of(budget), change, store)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Count, and report if that changes anything."""
        budget = store.get(*key)
        if budget is None:
            return
        pods = [pod for pod in store.list("Pod", key.namespace) if protects(budget, labels_of(pod))]
        if not pods:
            _tell(store, budget, "NoPods", "No matching pods found", type_="Normal")
        try:
            expected, desired = expected_pods(store, budget, pods)
        except LookupError as error:
            said = f"Failed to calculate the number of expected pods: {error}"
            _tell(store, budget, "CalculateExpectedPodCountFailed", said)
            _report(store, budget, {**status_of(budget), "disruptionsAllowed": 0}, failure=str(error))
            return
        disrupted = disrupted_pods(budget, pods, store.now)
        healthy = sum(_is_healthy(pod, disrupted) for pod in pods)
        _report(store, budget, _counts(budget, healthy, desired, expected, disrupted))
        if disrupted:
            due = min(parse_rfc3339(at) for at in disrupted.values()) + DELETION_TIMEOUT
            self.queue.add_after(key, quantise(due), cause)


def expected_pods(store: Overlay, budget: Object, pods: list[Object]) -> tuple[int, int]:
    """How many pods there should be, and how many of them healthy.

    Raises LookupError if a pod's controller is not one whose size is known.
    """
    spec = budget.get("spec") or {}
    if "maxUnavailable" in spec:
        expected = _expected_scale(store, budget, pods)
        return expected, max(0, expected - scaled_value(spec["maxUnavailable"], expected, round_up=True))
    least = spec.get("minAvailable")
    if isinstance(least, str):
        expected = _expected_scale(store, budget, pods)
        return expected, scaled_value(least, expected, round_up=True)
    return (0, 0) if least is None else (len(pods), least)


def disrupted_pods(budget: Object, pods: list[Object], now: float) -> dict[str, str]:
    """The pods that were evicted and are not being deleted yet: name -> when, as RFC 3339."""
    known = (budget.get("status") or {}).get("disruptedPods") or {}
    return {
        name: at
        for pod in pods
        if (at := known.get(name := name_of(pod)))
        and not is_deleting(pod)
        and parse_rfc3339(at) + DELETION_TIMEOUT > now
    }


def _expected_scale(store: Overlay, budget: Object, pods: list[Object]) -> int:
    """The sizes of all controllers that have one of the pods, together."""
    scales: dict[str, int] = {}
    unmanaged = False
    for pod in pods:
        reference = controller_of(pod)
        if reference is None:
            unmanaged = True
        elif (found := _controller(store, reference, namespace_of(pod))) is None:
            raise LookupError(f'found no controllers for pod "{name_of(pod)}"')
        else:
            scales[uid_of(found)] = found["spec"]["replicas"]
    if unmanaged:
        _tell(store, budget, "UnmanagedPods", _unmanaged(budget))
    return sum(scales.values())


def _controller(store: Overlay, reference: Object, namespace: str) -> Object | None:
    """The object with a size that a reference leads to: a Deployment rather than its ReplicaSet."""
    found = store.get(reference["kind"], namespace, reference["name"])
    if found is None or uid_of(found) != reference["uid"] or "replicas" not in found.get("spec", ()):
        return None
    owner = controller_of(found)
    return found if owner is None else _controller(store, owner, namespace) or found


def _is_healthy(pod: Object, disrupted: dict[str, str]) -> bool:
    return is_ready(pod) and not is_deleting(pod) and name_of(pod) not in disrupted


def _counts(budget: Object, healthy: int, desired: int, expected: int, disrupted: dict[str, str]) -> Object:
    # A budget that has no pods yet allows nothing: its first pods would be gone before they were counted.
    allowed = max(0, healthy - desired) if expected > 0 else 0
    return {
        "observedGeneration": budget["metadata"]["generation"],
        **({"disruptedPods": disrupted} if disrupted else {}),
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
    }


def _report(store: Overlay, budget: Object, status: Object, *, failure: str = "") -> None:
    status = {**status, "conditions": [condition(budget, status, store.now, failure=failure)]}
    if status != budget.get("status"):
        verbs.update_status(store, {**budget, "status": status})


def _unmanaged(budget: Object) -> str:
    return (
        f"Pods selected by this PodDisruptionBudget (selector: {_go_selector(budget['spec']['selector'])})"
        " were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly,"
        " which may result in undefined behavior. To account for these pods please set"
        ' ".spec.minAvailable" field of the PDB to an integer value.'
    )


def _go_selector(selector: Object) -> str:
    """A LabelSelector as Go prints it."""
    labels = "".join(f"{key}: {value}," for key, value in sorted((selector.get("matchLabels") or {}).items()))
    expressions = "".join(
        f"LabelSelectorRequirement{{Key:{wanted['key']},Operator:{wanted['operator']},"
        f"Values:[{' '.join(wanted.get('values') or ())}],}},"
        for wanted in selector.get("matchExpressions") or ()
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )


def _tell(store: Overlay, budget: Object, reason: str, message: str, *, type_: str = "Warning") -> None:
    events.record(store, budget, reason, message, type_=type_, component=COMPONENT)
