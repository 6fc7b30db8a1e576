"""Why a pod gets no further than it is: what was stopped, what fails, what does not fit."""

from typing import Final

from django.utils.translation import gettext as _

from clusters.engine.cluster import is_stopped
from clusters.engine.objects import Object, condition_of, is_deleting, simulation_of
from clusters.engine.store import MemoryStore

FAILED_PULLS: Final = frozenset({"pull-error", "pull-backoff", "never", "invalid"})


def stall_of(image: MemoryStore, obj: Object, stage: str) -> str:
    """Why that stage does not come, "" if it is only a matter of time.

    `obj` is the pod or, as long as there is none, the controller that has to make it; `stage` a key of
    `steps.Stage`.
    """
    if stage == "controllers":
        return _no_pod(image, obj)
    if obj["kind"] != "Pod":
        return ""
    if is_deleting(obj):
        return _("the pod is being deleted")
    if stage == "scheduler":
        return _no_node(image, obj)
    return _node_is_down(image, obj) or _cannot_start(obj, stage)


def _no_pod(image: MemoryStore, scaler: Object) -> str:
    if is_stopped(image, "kube-controller-manager"):
        return _("the controller manager is stopped")
    failure = condition_of(scaler, "ReplicaFailure")
    return str(failure.get("message", "")) if failure and failure["status"] == "True" else ""


def _no_node(image: MemoryStore, pod: Object) -> str:
    name = pod["spec"].get("schedulerName") or "default-scheduler"
    if name != "default-scheduler":
        return _("there is no scheduler %(name)s") % {"name": name}
    if is_stopped(image, name):
        return _("the scheduler is stopped")
    condition = condition_of(pod, "PodScheduled")
    if condition is None or condition["status"] == "True":
        return ""
    return _("no node fits: %(why)s") % {"why": condition.get("message", "")}


def _node_is_down(image: MemoryStore, pod: Object) -> str:
    name = pod["spec"]["nodeName"]
    node = image.get("Node", "", name)
    if node is None:
        return _("%(node)s is gone") % {"node": name}
    if not simulation_of(node).get("powered", True):
        return _("%(node)s has no power") % {"node": name}
    if simulation_of(node).get("kubelet") != "running":
        return _("kubelet on %(node)s is stopped") % {"node": name}
    return ""


def _cannot_start(pod: Object, stage: str) -> str:
    simulation = simulation_of(pod)
    if stage == "runtime" and "mount" in simulation:
        return _("kubelet waits for a volume of the pod")
    states = [*(simulation.get("containers") or {}).values()]
    failing = FAILED_PULLS if stage == "pull" else {"config-error"} if stage == "run" else ()
    stuck = next((state for state in states if state["phase"] in failing), None)
    if stuck is None:
        return ""
    why = stuck.get("error", "").rpartition(": ErrImagePull: ")[2]
    if stage == "pull":
        return _("the pull fails: %(why)s") % {"why": why}
    return _("kubelet cannot make the container: %(why)s") % {"why": why}
