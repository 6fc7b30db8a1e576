"""What a Deployment reports about its rollout: arithmetic only, nothing is written here.

Models `pkg/controller/deployment/progress.go` and the status parts of `sync.go` beside it.
"""

from typing import Final

from clusters.engine.clock import parse_rfc3339, rfc3339
from clusters.engine.controllers.deployment_util import max_unavailable, replicas, reported, total
from clusters.engine.objects import Object, condition_of, name_of

AVAILABLE: Final = "Available"
PROGRESSING: Final = "Progressing"
REPLICA_FAILURE: Final = "ReplicaFailure"

NEW_RS: Final = "NewReplicaSetCreated"
FOUND_RS: Final = "FoundNewReplicaSet"
RS_CREATE_ERROR: Final = "ReplicaSetCreateError"
RS_UPDATED: Final = "ReplicaSetUpdated"
RS_AVAILABLE: Final = "NewReplicaSetAvailable"
TIMED_OUT: Final = "ProgressDeadlineExceeded"
PAUSED: Final = "DeploymentPaused"
RESUMED: Final = "DeploymentResumed"

_NO_DEADLINE: Final = 2**31 - 1
"""Upstream takes the largest number as "do not watch the progress"."""


def has_deadline(deployment: Object) -> bool:
    """Whether the rollout has to make progress within a time."""
    deadline: int = deployment["spec"]["progressDeadlineSeconds"]
    return deadline != _NO_DEADLINE


def condition(type_: str, status: str, reason: str, message: str, now: float) -> Object:
    """A new condition of a Deployment."""
    return {
        "type": type_,
        "status": status,
        "lastUpdateTime": rfc3339(now),
        "lastTransitionTime": rfc3339(now),
        "reason": reason,
        "message": message,
    }


def with_condition(status: Object, new: Object) -> Object:
    """A status with this condition, unless one of the same status and reason is there already."""
    before = condition_of({"status": status}, new["type"])
    if before is not None and before.get("status") == new["status"]:
        if _reason(before) == new["reason"]:
            return status
        new = _since(new, before)
    return {**status, "conditions": [*_others(status, new["type"]), new]}


def without_condition(status: Object, type_: str) -> Object:
    """A status without the condition of that type."""
    kept = _others(status, type_)
    if len(kept) == len(status.get("conditions") or ()):
        return status
    rest = {field: value for field, value in status.items() if field != "conditions"}
    return {**rest, "conditions": kept} if kept else rest


def calculate_status(deployment: Object, new: Object | None, old: list[Object], now: float) -> Object:
    """The counts of all ReplicaSets and whether enough pods are available. The other conditions stay."""
    sets = [*old, *([new] if new is not None else [])]
    before = deployment.get("status") or {}
    available = reported(sets, "availableReplicas")
    counts = {
        "observedGeneration": deployment["metadata"].get("generation", 0),
        "replicas": reported(sets, "replicas"),
        "updatedReplicas": reported([new], "replicas") if new is not None else 0,
        "readyReplicas": reported(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, total(sets) - available),
    }
    status: Object = {field: count for field, count in counts.items() if count}
    observed = [obj for obj in sets if (obj.get("status") or {}).get("observedGeneration")]
    status["terminatingReplicas"] = reported(observed, "terminatingReplicas")
    for field in ("collisionCount", "conditions"):
        if field in before:
            status[field] = before[field]
    if available >= replicas(deployment) - max_unavailable(deployment):
        said = "Deployment has minimum availability."
        return with_condition(status, condition(AVAILABLE, "True", "MinimumReplicasAvailable", said, now))
    said = "Deployment does not have minimum availability."
    return with_condition(status, condition(AVAILABLE, "False", "MinimumReplicasUnavailable", said, now))


def paused_status(deployment: Object, now: float) -> Object:
    """The status with a condition that says whether the Deployment was paused or resumed meanwhile.

    A rollout that was paused for longer than its deadline has not failed.
    """
    status: Object = deployment.get("status") or {}
    before = condition_of(deployment, PROGRESSING)
    reason = _reason(before)
    if not has_deadline(deployment) or reason == TIMED_OUT:
        return status
    paused = bool(deployment["spec"].get("paused"))
    if paused and reason != PAUSED:
        said = condition(PROGRESSING, "Unknown", PAUSED, "Deployment is paused", now)
        return with_condition(status, said)
    if not paused and reason == PAUSED:
        said = condition(PROGRESSING, "Unknown", RESUMED, "Deployment is resumed", now)
        return with_condition(status, said)
    return status


def rollout_status(deployment: Object, new: Object | None, old: list[Object], now: float) -> Object:
    """The status of a rollout in progress, with what it says of its progress and of failures."""
    status = calculate_status(deployment, new, old, now)
    if not has_deadline(deployment):
        status = without_condition(status, PROGRESSING)
    elif not _was_complete(status):
        status = _with_progress(deployment, status, new, now)
    failure = _replica_failure(new, old)
    if failure is None:
        return without_condition(status, REPLICA_FAILURE)
    return with_condition(status, failure)


def is_complete(deployment: Object, status: Object) -> bool:
    """Whether all pods asked for are new and available, and no old one runs."""
    wanted = replicas(deployment)
    counts = ("updatedReplicas", "replicas", "availableReplicas")
    return all(status.get(count, 0) == wanted for count in counts) and (
        status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    )


def next_progress_check(deployment: Object) -> float | None:
    """When the rollout will have been without progress for too long; None if nobody waits for that."""
    before = condition_of(deployment, PROGRESSING)
    if before is None or not has_deadline(deployment) or _reason(before) in (TIMED_OUT, RS_AVAILABLE):
        return None
    # Times are written in whole seconds: the second after is the first that is late for sure.
    return _deadline(deployment, before) + 1


def _with_progress(deployment: Object, status: Object, new: Object | None, now: float) -> Object:
    what = f'ReplicaSet "{name_of(new)}"' if new is not None else f'Deployment "{name_of(deployment)}"'
    if is_complete(deployment, status):
        said = f"{what} has successfully progressed."
        return with_condition(status, condition(PROGRESSING, "True", RS_AVAILABLE, said, now))
    before = condition_of(deployment, PROGRESSING)
    if _has_progressed(deployment.get("status") or {}, status):
        progress = condition(PROGRESSING, "True", RS_UPDATED, f"{what} is progressing.", now)
        if before is not None and before.get("status") == "True":
            progress = _since(progress, before)
        # Each progress is news, though status and reason are the same: the deadline counts from it.
        return with_condition(without_condition(status, PROGRESSING), progress)
    if before is not None and _reason(before) != RS_AVAILABLE and now > _deadline(deployment, before):
        said = f"{what} has timed out progressing."
        return with_condition(status, condition(PROGRESSING, "False", TIMED_OUT, said, now))
    return status


def _was_complete(status: Object) -> bool:
    """Whether the rollout was over before, so that what happens now is no progress of it."""
    before = condition_of({"status": status}, PROGRESSING)
    if _reason(before) != RS_AVAILABLE:
        return False
    return bool(status.get("replicas", 0) == status.get("updatedReplicas", 0))


def _has_progressed(before: Object, after: Object) -> bool:
    grown = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return _old_pods(after) < _old_pods(before) or any(
        after.get(count, 0) > before.get(count, 0) for count in grown
    )


def _old_pods(status: Object) -> int:
    count: int = status.get("replicas", 0) - status.get("updatedReplicas", 0)
    return count


def _deadline(deployment: Object, progress: Object) -> float:
    seconds: int = deployment["spec"]["progressDeadlineSeconds"]
    told = progress.get("lastUpdateTime")
    return seconds + (parse_rfc3339(told) if told else 0.0)


def _replica_failure(new: Object | None, old: list[Object]) -> Object | None:
    """The failure of the new ReplicaSet, or else of an old one, as a condition of the Deployment."""
    for obj in [*([new] if new is not None else []), *old]:
        found = condition_of(obj, REPLICA_FAILURE)
        if found is not None:
            return {**found, "lastUpdateTime": found.get("lastTransitionTime")}
    return None


def _reason(condition: Object | None) -> str:
    """Its reason; "" if it has none, as one that somebody else wrote."""
    reason: str = (condition or {}).get("reason", "")
    return reason


def _since(new: Object, before: Object) -> Object:
    """The condition `new`, true for as long as `before` was."""
    since = before.get("lastTransitionTime")
    return {**new, "lastTransitionTime": since} if since else new


def _others(status: Object, type_: str) -> list[Object]:
    return [found for found in status.get("conditions") or () if found.get("type") != type_]
