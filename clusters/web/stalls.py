"""Why a pod gets no further than it is: what was stopped, what fails, what does not fit."""

from typing import Final, NamedTuple

from django.utils.translation import gettext as _

from clusters.engine.cluster import CONTROLLER_MANAGER, SCHEDULER, is_stopped
from clusters.engine.objects import Object, condition_of, is_deleting, simulation_of
from clusters.engine.store import MemoryStore

FAILED_PULLS: Final = frozenset({"pull-error", "pull-backoff", "never", "invalid"})


class Stall(NamedTuple):
    """Why something does not go on, in a few words, and what the component itself says, "" for nothing."""

    text: str
    message: str = ""


def stall_of(image: MemoryStore, obj: Object, stage: str) -> Stall | None:
    """Why that stage does not come, None if it is only a matter of time.

    `obj` is the pod or, as long as there is none, the controller that has to make it; `stage` a key of
    `steps.Stage`.
    """
    if stage == "controllers":
        return _no_pod(image, obj)
    if obj["kind"] != "Pod":
        return None
    if is_deleting(obj):
        return Stall(_("the pod is being deleted"))
    if stage == "scheduler":
        return _no_node(image, obj)
    return _node_is_down(image, obj) or _cannot_start(obj, stage)


def _no_pod(image: MemoryStore, scaler: Object) -> Stall | None:
    if is_stopped(image, CONTROLLER_MANAGER):
        return Stall(_("the controller manager is stopped"))
    failure = condition_of(scaler, "ReplicaFailure")
    if failure is None or failure["status"] != "True":
        return None
    return Stall(_("the API server refuses the pod"), failure.get("message", ""))


def _no_node(image: MemoryStore, pod: Object) -> Stall | None:
    name = pod["spec"].get("schedulerName") or SCHEDULER
    if name != SCHEDULER:
        return Stall(_("there is no scheduler %(name)s") % {"name": name})
    if is_stopped(image, SCHEDULER):
        return Stall(_("the scheduler is stopped"))
    condition = condition_of(pod, "PodScheduled")
    if condition is None or condition["status"] == "True":
        return None
    return Stall(_("no node fits"), condition.get("message", ""))


def _node_is_down(image: MemoryStore, pod: Object) -> Stall | None:
    name = pod["spec"]["nodeName"]
    node = image.get("Node", "", name)
    if node is None:
        return Stall(_("%(node)s is gone") % {"node": name})
    if not simulation_of(node).get("powered", True):
        return Stall(_("%(node)s has no power") % {"node": name})
    if simulation_of(node).get("kubelet") != "running":
        return Stall(_("kubelet on %(node)s is stopped") % {"node": name})
    return None


def _cannot_start(pod: Object, stage: str) -> Stall | None:
    simulation = simulation_of(pod)
    if stage == "runtime" and "mount" in simulation:
        return Stall(_("kubelet waits for a volume of the pod"))
    failing = {"pull": FAILED_PULLS, "run": {"config-error"}}.get(stage, frozenset())
    states = (simulation.get("containers") or {}).values()
    stuck = next((state for state in states if state["phase"] in failing), None)
    if stuck is None:
        return None
    # While it waits, the kubelet says so before it repeats why.
    message = stuck.get("error", "").rpartition(": ErrImagePull: ")[2]
    if stage == "pull":
        return Stall(_("the image cannot be pulled"), message)
    return Stall(_("kubelet cannot make the container"), message)
