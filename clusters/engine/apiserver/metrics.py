"""What nodes and pods use: the group metrics.k8s.io, as `kubectl top` reads it.

Models metrics-server (`pkg/storage`, `pkg/api`), which asks the kubelets every 15 s and answers from the
last two looks. What the containers use follows from their uid, the time and what they run: a server that
waits uses little, a loop that never rests a whole CPU, if it may. Left out: that usage grows with traffic.
"""

import re
from typing import Final

from clusters.engine import quantities
from clusters.engine.apiserver import errors
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.clock import draw_hex, parse_rfc3339, rfc3339
from clusters.engine.images import Image, image_of
from clusters.engine.objects import Object, is_finished, labels_of, name_of, simulation_of, uid_of
from clusters.engine.store import MemoryStore

API_VERSION: Final = "metrics.k8s.io/v1beta1"
INTERVAL: Final = 15
"""Simulated seconds between two looks; a container that started since the last one has no figures yet."""
_BUSY: Final = re.compile(r"\b(yes|stress|stress-ng|md5sum|sha1sum|burn)\b")
"""Commands that never rest."""
_LOOP: Final = re.compile(r"\bwhile\b")
_REST: Final = re.compile(r"\bsleep\b")
_CORE: Final = 10**9
"""Billionths of a CPU."""
_MEBIBYTE: Final = 2**20
_IDLE_SERVER: Final = (200_000, 3_000_000)
_IDLE: Final = (1_000, 60_000)
_BUSY_SHARE: Final = (0.93, 1.0)
_OF_REQUESTED_CPU: Final = (0.01, 0.12)
_OF_REQUESTED_MEMORY: Final = (0.3, 0.7)
_OF_IMAGE: Final = (0.02, 0.12)
_MOST_OF_LIMIT: Final = 0.92
_SYSTEM_CPU: Final = (60_000_000, 130_000_000)
_SYSTEM_MEMORY: Final = (480 * _MEBIBYTE, 620 * _MEBIBYTE)
"""What a machine's own programs use: the kubelet, the container runtime, the kernel."""

Used = tuple[int, int]
"""Billionths of a CPU, and bytes of memory."""


def node_metrics(image: MemoryStore, now: float) -> list[Object]:
    """A NodeMetrics for each node whose kubelet answers, at the simulated time `now`."""
    looked_at = _last_look(now)
    found = []
    for node in _answering(image):
        seed = f"{uid_of(node)}/{looked_at}"
        cpu, memory = int(_between(f"{seed}/cpu", *_SYSTEM_CPU)), int(_between(seed, *_SYSTEM_MEMORY))
        for pod in image.indexed("pods-by-node", name_of(node)):
            for used in _usage_of_pod(pod, looked_at).values():
                cpu, memory = cpu + used[0], memory + used[1]
        capacity = node["status"].get("capacity") or {}
        cpu = min(cpu, quantities.milli(capacity.get("cpu", "4")) * _CORE // 1000)
        memory = min(memory, quantities.whole(capacity.get("memory", "8Gi")))
        found.append({**_metrics("NodeMetrics", node, looked_at, now), "usage": _amounts((cpu, memory))})
    return found


def pod_metrics(image: MemoryStore, now: float) -> list[Object]:
    """A PodMetrics for each pod that has run for two looks, at the simulated time `now`."""
    looked_at = _last_look(now)
    found = []
    for node in _answering(image):
        for pod in image.indexed("pods-by-node", name_of(node)):
            usage = _usage_of_pod(pod, looked_at)
            if usage:
                containers = [{"name": name, "usage": _amounts(used)} for name, used in usage.items()]
                found.append({**_metrics("PodMetrics", pod, looked_at, now), "containers": containers})
    return found


def not_found(image: MemoryStore, kind: str, namespace: str, name: str) -> StatusError | None:
    """404 as metrics-server says it: there is no such node or pod, or it has no figures yet.

    None for kinds that are no metrics.
    """
    measured = {"NodeMetrics": "Node", "PodMetrics": "Pod"}.get(kind)
    if measured is None:
        return None
    if image.get(measured, namespace, name) is None:
        return errors.not_found(measured, name)
    said = f"{namespace}/{name}" if namespace else name
    return errors.not_found(f"{kind.lower()}.metrics.k8s.io", said)


def _last_look(now: float) -> int:
    return int(now // INTERVAL) * INTERVAL


def _answering(image: MemoryStore) -> list[Object]:
    return [node for node in image.list("Node") if simulation_of(node).get("kubelet") == "running"]


def _usage_of_pod(pod: Object, looked_at: int) -> dict[str, Used]:
    """What each container that runs uses; {} for a pod of which not all have been seen twice."""
    if is_finished(pod):
        return {}
    started = {
        status["name"]: parse_rfc3339(at)
        for status in (pod.get("status") or {}).get("containerStatuses") or ()
        if (at := ((status.get("state") or {}).get("running") or {}).get("startedAt"))
    }
    if any(since > looked_at - INTERVAL for since in started.values()):
        return {}
    return {
        container["name"]: _usage(pod, container, looked_at)
        for container in pod["spec"]["containers"]
        if container["name"] in started
    }


def _usage(pod: Object, container: Object, looked_at: int) -> Used:
    resources = container.get("resources") or {}
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    image = image_of(container["image"])
    usual, now = f"{uid_of(pod)}/{container['name']}", f"{uid_of(pod)}/{container['name']}/{looked_at}"
    cpu = _cpu(container, image, requests, now)
    # Memory stays about the same for as long as a program runs; processor time does not.
    memory = _memory(image, requests, usual) * _between(now, 0.98, 1.02)
    if "cpu" in limits:
        cpu = min(cpu, quantities.milli(limits["cpu"]) * _CORE / 1000)
    if "memory" in limits:
        memory = min(memory, quantities.whole(limits["memory"]) * _MOST_OF_LIMIT)
    return int(cpu), int(memory)


def _never_rests(command: str) -> bool:
    if _BUSY.search(command):
        return True
    loops = list(_LOOP.finditer(command))
    return bool(loops) and _REST.search(command, loops[-1].end()) is None


def _cpu(container: Object, image: Image | None, requests: Object, seed: str) -> float:
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    if _never_rests(" ".join(words)):
        return _between(seed, *_BUSY_SHARE) * _CORE
    if words or image is None or not image.ports:
        return _between(seed, *_IDLE)
    if requests.get("cpu"):
        return _between(seed, *_OF_REQUESTED_CPU) * quantities.milli(requests["cpu"]) * _CORE / 1000
    return _between(seed, *_IDLE_SERVER)


def _memory(image: Image | None, requests: Object, seed: str) -> float:
    if requests.get("memory"):
        return _between(seed, *_OF_REQUESTED_MEMORY) * quantities.whole(requests["memory"])
    size = image.size if image is not None else _MEBIBYTE
    return _MEBIBYTE / 2 + _between(seed, *_OF_IMAGE) * size


def _between(seed: str, low: float, high: float) -> float:
    return low + (high - low) * int(draw_hex(seed, 0, "usage", 8), 16) / 16**8


def _amounts(used: Used) -> Object:
    cpu, memory = used
    return {"cpu": f"{cpu}n" if cpu else "0", "memory": f"{memory // 1024}Ki"}


def _metrics(kind: str, obj: Object, looked_at: int, now: float) -> Object:
    metadata = {"name": name_of(obj), "creationTimestamp": rfc3339(now)}
    if "namespace" in obj["metadata"]:
        metadata["namespace"] = obj["metadata"]["namespace"]
    labels = labels_of(obj)
    window = _between(f"{uid_of(obj)}/{looked_at}/window", INTERVAL - 0.5, INTERVAL + 0.5)
    return {
        "kind": kind,
        "apiVersion": API_VERSION,
        "metadata": {**metadata, **({"labels": labels} if labels else {})},
        "timestamp": rfc3339(looked_at),
        "window": f"{window:.3f}s",
    }
