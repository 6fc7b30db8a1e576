"""Which pod's way the map shows. It follows from an image and the journal up to its revision."""

from typing import TYPE_CHECKING, Final

from clusters.engine.changes import Change, by_person
from clusters.engine.clock import rfc3339
from clusters.engine.objects import Object, is_active, is_deleting, uid_of
from clusters.engine.store import MemoryStore
from clusters.web.steps import SHOWN_FOR, Walk, scaler_of, walk_of, walk_of_request

if TYPE_CHECKING:
    from clusters.web.chain import Journal

LOOKED_BACK: Final = 300
"""Revisions among which a request is looked for that no controller has answered."""
EXAMINED: Final = 50
"""Pods whose journal is read to find the one to follow."""


def followed(image: MemoryStore, journal: "Journal") -> Walk | None:
    """The way that the map shows: of the newest pod that somebody asked for and that does not run yet, or
    has not for long; or of a request that no controller has answered. None: all is calm.
    """
    pod = _newest_pod(image, journal)
    asked = _unanswered(image, journal)
    if asked is not None and (pod is None or asked.revision > pod.asked):
        return walk_of_request(image, asked)
    return pod


def _newest_pod(image: MemoryStore, journal: "Journal") -> Walk | None:
    now = _time_of(image, journal)
    recent = rfc3339(now - SHOWN_FOR - 1)
    pods = [pod for pod in image.list("Pod") if _is_young(pod, recent) and not is_deleting(pod)]
    pods.sort(key=lambda pod: pod["metadata"]["creationTimestamp"], reverse=True)
    for pod in pods[:EXAMINED]:
        walk = walk_of(image, journal, uid_of(pod))
        if walk and walk.asked and (walk.shown_until is None or now < walk.shown_until):
            return walk
    return None


def _is_young(pod: Object, recent: str) -> bool:
    """Whether the pod may be on its way, by what is cheap to know: it has not been running for long."""
    status = pod.get("status") or {}
    if status.get("phase", "Pending") == "Pending":
        return True
    for container in status.get("containerStatuses") or ():
        state = container.get("state") or {}
        begun = (state.get("running") or state.get("terminated") or {}).get("startedAt", "")
        # Whoever waits again has run before.
        if begun >= recent or not (begun or container.get("lastState")):
            return True
    return False


def _time_of(image: MemoryStore, journal: "Journal") -> float:
    """When the last change was that caused something."""
    for revision in range(image.revision, image.revision - LOOKED_BACK, -1):
        change = journal.at(revision)
        if change is not None:
            return change.time
    return 0.0


def _unanswered(image: MemoryStore, journal: "Journal") -> Change | None:
    """The last request for which a controller has to make a pod, if there are not as many as are wanted."""
    for revision in range(image.revision, image.revision - LOOKED_BACK, -1):
        change = journal.at(revision)
        if change is None or not by_person(change.actor):
            continue
        scaler = scaler_of(image, change)
        if scaler is not None:
            return change if _wants_pods(image, scaler) else None
    return None


def _wants_pods(image: MemoryStore, scaler: Object) -> bool:
    if is_deleting(scaler):
        return False
    if scaler["kind"] == "Deployment":
        seen = (scaler.get("status") or {}).get("observedGeneration", 0)
        sets = [obj for obj in image.indexed("by-owner", uid_of(scaler)) if obj["kind"] == "ReplicaSet"]
        return bool(
            scaler["metadata"].get("generation", 0) > seen or any(_wants_pods(image, s) for s in sets)
        )
    pods = sum(map(is_active, image.indexed("pods-by-controller", uid_of(scaler))))
    return bool(scaler["spec"].get("replicas", 1) > pods)
