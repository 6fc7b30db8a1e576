"""What the kubelet reports about a pod: its status, made from the states of its containers.

Models `generateAPIPodStatus` and `convertToAPIContainerStatuses` (`pkg/kubelet/kubelet_pods.go`) and
`pkg/kubelet/status/generate.go`. Left out: init containers, readiness gates, and as whom
a container runs.

Nothing here writes.
"""

from typing import Final

from clusters.engine.clock import rfc3339
from clusters.engine.images import full_name, image_id
from clusters.engine.kubelet import probes
from clusters.engine.kubelet.pod_worker import PodWorker
from clusters.engine.kubelet.texts import go_duration, pod_text
from clusters.engine.objects import Object, containers_of, ephemeral_containers_of
from clusters.engine.pod_conditions import pod_condition

_WAITING: Final = {
    "pull-error": "ErrImagePull",
    "pull-backoff": "ImagePullBackOff",
    "never": "ErrImageNeverPull",
    "invalid": "InvalidImageName",
    "config-error": "CreateContainerConfigError",
    "backoff": "CrashLoopBackOff",
}
_FINISHED: Final = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}
_OURS: Final = frozenset(
    {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"}
)


def generate_api_pod_status(worker: PodWorker, *, terminal: bool = False) -> Object:
    """The pod's status now. `terminal`: the pod is being removed and all its containers have ended."""
    pod, now = worker.pod, rfc3339(worker.now)
    before = pod.get("status") or {}
    containers = [
        container_status(container, worker.states.get(container["name"]), worker)
        for container in containers_of(pod)
    ]
    added = [
        ephemeral_status(container, worker.states.get(container["name"]), worker)
        for container in ephemeral_containers_of(pod)
    ]
    phase = get_phase(pod, containers, terminal=terminal)
    host = host_ip(worker.node)
    status = {
        **before,
        "phase": phase,
        "conditions": _conditions(worker, phase, containers),
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "startTime": before.get("startTime") or now,
        "containerStatuses": containers,
        **({"ephemeralContainerStatuses": added} if added else {}),
    }
    if "generation" in pod["metadata"]:
        status["observedGeneration"] = pod["metadata"]["generation"]
    if worker.ip:
        status.update(podIP=worker.ip, podIPs=[{"ip": worker.ip}])
    else:
        status.pop("podIP", None)
        status.pop("podIPs", None)
    return status


def container_status(container: Object, state: Object | None, worker: PodWorker) -> Object:
    """A core/v1 ContainerStatus."""
    state = state or {"phase": "image"}
    last, attempts = state.get("last"), state.get("attempts", 0)
    running = state["phase"] == "running"
    current = _current_state(container, state, worker)
    image = state.get("made") or container["image"]
    pulled = "made" in state
    return {
        "name": container["name"],
        "state": current,
        "lastState": {"terminated": last} if last is not None and "terminated" not in current else {},
        "ready": running and state["ready"],
        "restartCount": max(0, attempts - 1),
        "image": full_name(image) if pulled else image,
        "imageID": image_id(image) if pulled else "",
        **({"containerID": f"containerd://{state['id']}"} if pulled else {}),
        "started": running and probes.has_started(state),
        **(_granted(container) if pulled else {}),
    }


def _granted(container: Object) -> Object:
    """What the container has of its node: resources as asked for, and mounts."""
    mounts = [_mount_status(mount) for mount in container.get("volumeMounts") or ()]
    return {"resources": container.get("resources") or {}, **({"volumeMounts": mounts} if mounts else {})}


def _mount_status(mount: Object) -> Object:
    status = {"name": mount["name"], "mountPath": mount["mountPath"]}
    if mount.get("readOnly"):
        asked = mount.get("recursiveReadOnly") or "Disabled"
        status |= {
            "readOnly": True,
            "recursiveReadOnly": "Enabled" if asked == "IfPossible" else asked,
        }
    return status


def ephemeral_status(container: Object, state: Object | None, worker: PodWorker) -> Object:
    """The ContainerStatus of an ephemeral container: nobody asks whether it is ready."""
    status = container_status(container, state, worker)
    del status["started"]
    return status


def get_phase(pod: Object, containers: list[Object], *, terminal: bool) -> str:
    """Pending, Running, Succeeded or Failed; the last two are for good."""
    before = (pod.get("status") or {}).get("phase")
    if before in ("Succeeded", "Failed"):
        return str(before)
    ended = [_ended(container) for container in containers if "running" not in container["state"]]
    codes = [code for code in ended if code is not None]
    succeeded = len(codes) == len(containers) and not any(codes)
    policy = pod["spec"]["restartPolicy"]
    if terminal:
        return "Succeeded" if succeeded else "Failed"
    if len(codes) < len(ended):
        return "Pending"
    if len(codes) < len(containers) or policy == "Always":
        return "Running"
    if succeeded:
        return "Succeeded"
    return "Failed" if policy == "Never" else "Running"


def _ended(container: Object) -> int | None:
    """The exit code of a container that does not run; None if it never did."""
    for state in (container["state"], container["lastState"]):
        if "terminated" in state:
            code: int = state["terminated"]["exitCode"]
            return code
    return None


def _current_state(container: Object, state: Object, worker: PodWorker) -> Object:
    phase = state["phase"]
    if phase == "running":
        return {"running": {"startedAt": rfc3339(state["since"])}}
    if phase not in _WAITING:
        last = state.get("last")
        return {"terminated": last} if last else {"waiting": {"reason": "ContainerCreating"}}
    said = state.get("error")
    if phase == "backoff":
        pause = go_duration(state["backoff"])
        said = f"back-off {pause} restarting failed container={container['name']} pod={pod_text(worker.pod)}"
    return {"waiting": {"reason": _WAITING[phase], "message": said}}


def _conditions(worker: PodWorker, phase: str, containers: list[Object]) -> list[Object]:
    pod = worker.pod
    finished = _FINISHED.get(phase, "")
    unready = _unready(finished, containers)
    ready = "False" if unready[0] else "True"
    completed = finished if phase == "Succeeded" else ""
    found = [
        pod_condition(pod, type_, status, worker.now, *why)
        for type_, status, *why in (
            ("PodReadyToStartContainers", "True" if worker.ip and not finished else "False"),
            ("Initialized", "True", completed),
            ("Ready", ready, *unready),
            ("ContainersReady", ready, *unready),
            ("PodScheduled", "True"),
        )
    ]
    old = (pod.get("status") or {}).get("conditions") or ()
    return found + [condition for condition in old if condition["type"] not in _OURS]


def _unready(finished: str, containers: list[Object]) -> tuple[str, str]:
    """Why the containers of a pod are not ready: reason and message, both "" if they are."""
    if finished:
        return finished, ""
    unready = [container["name"] for container in containers if not container["ready"]]
    said = f"containers with unready status: [{' '.join(unready)}]"
    return ("ContainersNotReady", said) if unready else ("", "")


def host_ip(node: Object) -> str:
    """The node's own address."""
    for address in (node.get("status") or {}).get("addresses") or ():
        if address["type"] == "InternalIP":
            return str(address["address"])
    return ""
