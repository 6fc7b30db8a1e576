"""Whether a pod that somebody has bound to a node can run there at all.

Models `pkg/kubelet/lifecycle/predicate.go` and `rejectPod` of `pkg/kubelet/kubelet.go`. The scheduler has
looked at all this before; who names the node by hand has not. Left out: resources, taints and affinity.
"""

from typing import Final

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet.pod_worker import PodWorker
from clusters.engine.objects import (
    Object,
    host_ports,
    is_finished,
    name_of,
    simulation_of,
    uid_of,
    with_status,
)

_REASON: Final = "NodePorts"
_MESSAGE: Final = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"


def is_admitted(worker: PodWorker) -> bool:
    """Whether the pod may run; one that may not is reported as failed, and stays so."""
    if worker.boot is not None or not _clashes(worker):
        return True
    worker.event(_REASON, _MESSAGE, type_="Warning")
    status = {"phase": "Failed", "reason": _REASON, "message": f"Pod was rejected: {_MESSAGE}"}
    worker.pod = verbs.update_status(worker.store, with_status(worker.pod, **status))
    return False


def _clashes(worker: PodWorker) -> bool:
    """Whether another pod has a port of the machine that this one wants."""
    wanted = host_ports(worker.pod)
    others = worker.store.indexed("pods-by-node", name_of(worker.node)) if wanted else ()
    return any(
        not host_ports(pod).keys().isdisjoint(wanted) for pod in others if _was_before(pod, worker.pod)
    )


def _was_before(other: Object, pod: Object) -> bool:
    """Whether the kubelet has let another pod in before this one, and that one has not ended."""
    return uid_of(other) != uid_of(pod) and "boot" in simulation_of(other) and not is_finished(other)
