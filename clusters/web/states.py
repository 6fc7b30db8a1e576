"""In which state a pod, a node or a Service is drawn, and the words for it.

Reads what `kubectl get` reads (printers' `printPod`: phase, conditions, containerStatuses,
deletionTimestamp) and reduces it to the few states of the map. Kubernetes' own word for a pod is
`kubectl_status`; the words on cards are translated.
"""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.objects import Object, condition_of, is_deleting, is_finished, is_ready, simulation_of

POD_STATES: Final = (
    "ready",
    "running",
    "starting",
    "pending",
    "terminating",
    "crashing",
    "unreachable",
    "completed",
)

CRASHING: Final = frozenset(
    {
        "CrashLoopBackOff",
        "Error",
        "OOMKilled",
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "ContainerCannotRun",
        "StartError",
    }
)
"""Reasons of a waiting or terminated container that mean: it will not get better by waiting a little."""

IMAGE_REASONS: Final = frozenset({"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull"})
PHASES: Final = {"Succeeded": "completed", "Failed": "crashing", "Unknown": "unreachable"}


def container_statuses(pod: Object) -> list[Object]:
    """The pod's container statuses in the order of its spec; [] before a kubelet has seen it."""
    found: list[Object] = (pod.get("status") or {}).get("containerStatuses") or []
    return found


def failed_container(pod: Object) -> Object | None:
    """The status of the first container that crashes or cannot start."""
    init: list[Object] = (pod.get("status") or {}).get("initContainerStatuses") or []
    for container in [*init, *container_statuses(pod)]:
        state = container.get("state") or {}
        waiting, terminated = state.get("waiting"), state.get("terminated")
        if waiting and waiting.get("reason") in CRASHING:
            return container
        if terminated and terminated.get("exitCode"):
            return container
    return None


def pulling_container(pod: Object) -> Object | None:
    """What the simulator remembers of the container whose image is being pulled: phase, from, until."""
    for container in (simulation_of(pod).get("containers") or {}).values():
        if container.get("phase") == "pulling":
            found: Object = container
            return found
    return None


def pod_state(pod: Object, node: Object | None) -> str:
    """One of POD_STATES. `node` is the Node object that the pod is bound to, None if there is none."""
    if node is not None and not is_ready(node) and not is_finished(pod):
        return "unreachable"
    if is_deleting(pod):
        return "terminating"
    phase = (pod.get("status") or {}).get("phase", "Pending")
    if phase in PHASES:
        return PHASES[phase]
    if not pod["spec"].get("nodeName"):
        return "pending"
    return _bound_state(pod, phase)


def _bound_state(pod: Object, phase: str) -> str:
    # Ready first: it is the common case, and a ready pod has no failed container.
    if is_ready(pod):
        return "ready"
    if failed_container(pod) is not None:
        return "crashing"
    return "running" if phase == "Running" else "starting"


def kubectl_status(pod: Object) -> str:
    """The word under STATUS in `kubectl get pods`, in English as kubectl has it."""
    if is_deleting(pod):
        return "Terminating"
    status = pod.get("status") or {}
    word: str = status.get("reason") or status.get("phase") or "Pending"
    for container in reversed(container_statuses(pod)):
        state = container.get("state") or {}
        waiting, terminated = state.get("waiting"), state.get("terminated")
        if waiting and waiting.get("reason"):
            word = waiting["reason"]
        elif terminated:
            word = terminated.get("reason") or f"ExitCode:{terminated.get('exitCode', 0)}"
    return word


def state_words() -> dict[str, str]:
    """The translated word for each state, for cards, legends and tables."""
    return {
        "ready": _("Ready"),
        "running": _("Not ready yet"),
        "starting": _("Starting"),
        "pending": _("Waiting for a node"),
        "terminating": _("Terminating"),
        "crashing": _("Crashing"),
        "unreachable": _("Unreachable"),
        "completed": _("Finished"),
    }


def crash_words(pod: Object) -> str:
    """Why a crashing pod is not well, short enough for a card."""
    container = failed_container(pod)
    if container is None:
        return _("Evicted") if (pod.get("status") or {}).get("reason") == "Evicted" else _("Failed")
    state = container.get("state") or {}
    why = state.get("waiting") or state.get("terminated") or {}
    reason = why.get("reason", "")
    if reason in IMAGE_REASONS:
        refused = "connection refused" in why.get("message", "")
        return _("No registry answers") if refused else _("Image not found")
    if reason == "InvalidImageName":
        return _("Bad image name")
    if reason in CRASHING - {"CrashLoopBackOff", "Error", "OOMKilled"}:
        return _("Cannot start")
    # A container that waits for its next try has ended once more than it was restarted.
    times = container.get("restartCount", 0) + 1
    return ngettext("Crashed once", "Crashed %(times)d times", times) % {"times": times}


def node_state(node: Object) -> str:
    """`notready`, `cordoned` (spec.unschedulable) or `ready`."""
    if not is_ready(node):
        return "notready"
    return "cordoned" if (node.get("spec") or {}).get("unschedulable") else "ready"


def node_words() -> dict[str, str]:
    """The translated word for each state of a node."""
    return {"ready": _("Ready"), "notready": _("NotReady"), "cordoned": _("Cordoned")}


def is_silent(node: Object) -> bool:
    """Whether nothing has been heard from the node's kubelet for longer than the grace period."""
    condition = condition_of(node, "Ready")
    return condition is not None and condition["status"] == "Unknown"


def kubelet_is_stopped(node: Object) -> bool:
    """Whether somebody stopped the kubelet of a machine that has power."""
    simulation = simulation_of(node)
    return bool(simulation.get("powered", True)) and simulation.get("kubelet") == "stopped"


def external_addresses(service: Object) -> list[str]:
    """The public addresses that a cloud gave a Service of type LoadBalancer."""
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return [entry.get("ip") or entry.get("hostname", "") for entry in ingress]


def service_state(service: Object, ready: int) -> str:
    """`empty` (no ready endpoint), `pending` (waits for its public address) or `ok`."""
    if ready == 0:
        return "empty"
    if service["spec"].get("type") == "LoadBalancer" and not external_addresses(service):
        return "pending"
    return "ok"
