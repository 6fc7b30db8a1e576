"""Conditions of pods, and how one replaces another.

Models `UpdatePodCondition` and `CalculatePodConditionObservedGeneration` of `pkg/api/v1/pod/util.go`.
Nothing here writes.
"""

from clusters.engine.clock import rfc3339
from clusters.engine.objects import Object, condition_of, with_status


def pod_condition(
    pod: Object, type_: str, status: str, now: float, reason: str = "", message: str = ""
) -> Object:
    """A condition of that type, seen at that simulated time of the pod as it is.

    The last transition stays when it was as long as the status is what it was.
    """
    before = condition_of(pod, type_)
    # What a client has reported may have no time.
    since = before.get("lastTransitionTime") if before and before["status"] == status else None
    since = since or rfc3339(now)
    condition = {"type": type_, "status": status, "lastProbeTime": None, "lastTransitionTime": since}
    if generation := pod["metadata"].get("generation"):
        condition["observedGeneration"] = generation
    if reason:
        condition["reason"] = reason
    if message:
        condition["message"] = message
    return condition


def with_pod_condition(pod: Object, condition: Object) -> Object:
    """The pod with that condition behind all others, instead of the one of its type."""
    found = (pod.get("status") or {}).get("conditions") or ()
    others = [old for old in found if old["type"] != condition["type"]]
    return with_status(pod, conditions=[*others, condition])
