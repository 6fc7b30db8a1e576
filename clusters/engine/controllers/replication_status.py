"""What a ReplicaSet or a ReplicationController reports about its pods. Nothing is written here.

Models `pkg/controller/replicaset/replica_set_utils.go` and `IsPodAvailable` of
`pkg/api/v1/pod/util.go`.
"""

from clusters.engine.clock import parse_rfc3339, rfc3339
from clusters.engine.labels import subset_matches
from clusters.engine.objects import Object, condition_of, is_ready, labels_of


def calculate_status(
    controller: Object, pods: list[Object], failure: str | None, now: float, terminating: int | None = None
) -> Object:
    """The status for these claimed pods. `failure` says why more could not be created.

    Counts of zero are left out, as Go's `omitempty` does; that of `terminating` pods is a pointer there,
    and None for a kind that does not count them.
    """
    labels = (controller["spec"]["template"].get("metadata") or {}).get("labels") or {}
    ready = [pod for pod in pods if is_ready(pod)]
    wait = controller["spec"].get("minReadySeconds", 0)
    counts = {
        "fullyLabeledReplicas": sum(subset_matches(labels, labels_of(pod)) for pod in pods),
        "readyReplicas": len(ready),
        "availableReplicas": sum(ready_at(pod) + wait <= now for pod in ready) if wait else len(ready),
    }
    status: Object = {"replicas": len(pods), **{name: count for name, count in counts.items() if count}}
    if terminating is not None:
        status["terminatingReplicas"] = terminating
    generation = controller["metadata"].get("generation")
    if generation:
        status["observedGeneration"] = generation
    conditions = _conditions(controller, failure, now)
    if conditions:
        status["conditions"] = conditions
    return status


def next_available(controller: Object, pods: list[Object], now: float) -> float | None:
    """When the next pod will have been ready for minReadySeconds; None if none waits for that."""
    wait = controller["spec"].get("minReadySeconds", 0)
    if not wait:
        return None
    due = [ready_at(pod) + wait for pod in pods if is_ready(pod)]
    return min((at for at in due if at > now), default=None)


def ready_at(pod: Object) -> float:
    """Since when a ready pod is ready, in simulated seconds; 0 if it does not say."""
    condition = condition_of(pod, "Ready")
    since = condition.get("lastTransitionTime") if condition else None
    return parse_rfc3339(since) if since else 0.0


def _conditions(controller: Object, failure: str | None, now: float) -> list[Object]:
    kept = (controller.get("status") or {}).get("conditions") or []
    failing = condition_of(controller, "ReplicaFailure")
    if failure is None:
        return [condition for condition in kept if condition is not failing]
    if failing is not None:
        # As upstream: it tells of the first failure until all is well again.
        return kept
    told = {
        "type": "ReplicaFailure",
        "status": "True",
        "lastTransitionTime": rfc3339(now),
        "reason": "FailedCreate",
        "message": failure,
    }
    return [*kept, told]
