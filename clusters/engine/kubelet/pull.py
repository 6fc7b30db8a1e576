"""Gets a container's image onto the node, or says why that cannot be.

Models the kubelet's image manager (`pkg/kubelet/images/image_manager.go`, `puller.go`) with
serializeImagePulls, which is its default: different images are pulled one after the other, pods that want
the same image share one download. A pod's own containers are started one by one, so the next finds the
image of the one before. Pulls may be slow or fail (`cluster.pulls_of`): that counts for what is left of a
pull that is under way, too. Left out: pull secrets, image volumes, what a pull that failed has left for the
next try, and the removal of old images when the disk is full.

Functions take (worker, container, state) and return whether the container went on to another phase.
"""

from typing import Final

from clusters.engine import cluster
from clusters.engine.apiserver import verbs
from clusters.engine.clock import quantise
from clusters.engine.images import full_name, image_id, image_of, pull_error, unreachable_error
from clusters.engine.kubelet.pod_worker import PodWorker
from clusters.engine.kubelet.states import enter, is_starting
from clusters.engine.kubelet.texts import go_duration
from clusters.engine.objects import Object, name_of, simulation_of, uid_of, with_simulation, with_status

BACKOFF_FIRST: Final = 10.0
BACKOFF_LONGEST: Final = 300.0
"""Seconds between two tries to pull an image that cannot be pulled."""
ERROR_SHOWN: Final = 3.0
"""Seconds until a failed pull is reported as backing off: the kubelet's next look at the pod."""
CHECK: Final = 0.25
"""A pull of an image that is there already only asks for its digest: this part of a pull's overhead."""


def ensure_image_exists(worker: PodWorker, container: Object, state: Object) -> bool:
    """Phase `image`: use what is there, or begin to pull, once no other container is being started."""
    if any(is_starting(other) for other in worker.states.values()):
        return False
    name, policy = container["image"], container["imagePullPolicy"]
    state["image"] = name
    try:
        full = full_name(name)
    except ValueError as error:
        return _invalid(worker, container, state, str(error))
    present = full in worker.images()
    if present and policy != "Always":
        said = f'Container image "{name}" already present on machine and can be accessed by the pod'
        worker.event("Pulled", said, container)
        return created(worker, state)
    if policy == "Never":
        said = f'Container image "{name}" is not present with pull policy of Never'
        worker.warn("ErrImageNeverPull", said, container)
        worker.warn("Failed", "Error: ErrImageNeverPull", container)
        enter(state, "never", error=said)
        return False
    worker.event("Pulling", f'Pulling image "{name}"', container)
    begin, end = _download(worker, full, present)
    how = cluster.pulls_of(worker.store)
    enter(state, "pulling", pulls=full, how=how, asked=worker.now, until=end, **{"from": begin})
    return True


def finish_pull(worker: PodWorker, container: Object, state: Object) -> bool:
    """Phase `pulling`."""
    _adapt(worker, state)
    if state["until"] > worker.now:
        return False
    name = container["image"]
    image = image_of(name)
    if state.get("how") == "fail":
        return _failed(worker, container, state, unreachable_error(name))
    if image is None:
        return _failed(worker, container, state, pull_error(name))
    took = go_duration(state["until"] - max(state["from"], state["asked"]))
    waited = go_duration(state["until"] - state["asked"])
    _keep(worker, name, image.size)
    said = f'Successfully pulled image "{name}" in {took} ({waited} including waiting).'
    worker.event("Pulled", f"{said} Image size: {image.size} bytes.", container)
    state.pop("pullBackoff", None)
    return created(worker, state)


def _adapt(worker: PodWorker, state: Object) -> None:
    """What is left of a pull goes on as all pulls do now; one that has found no registry fails anyway."""
    now, before, how = worker.now, state.get("how", "normal"), cluster.pulls_of(worker.store)
    if state["until"] <= now or before in (how, "fail"):
        return
    state["how"] = how
    if how == "fail":
        state["until"] = now
        return
    slower = cluster.SLOW if how == "slow" else 1 / cluster.SLOW
    for field in ("from", "until"):
        # Both move, so that the part of it that is done stays the same.
        state[field] = quantise(now + slower * (state[field] - now))


def created(worker: PodWorker, state: Object) -> bool:
    """The image is there: the container is being made."""
    enter(state, "creating", until=worker.at(worker.delays.container))
    return True


def back_off(worker: PodWorker, container: Object, state: Object) -> bool:
    """Phase `pull-error`: wait before the next try."""
    if state["until"] > worker.now:
        return False
    name = container["image"]
    worker.event("BackOff", f'Back-off pulling image "{name}"', container)
    worker.warn("Failed", "Error: ImagePullBackOff", container)
    said = f'Back-off pulling image "{name}": ErrImagePull: {state["error"]}'
    enter(state, "pull-backoff", until=state["retry"], error=said)
    return True


def try_again(worker: PodWorker, container: Object, state: Object) -> bool:
    """Phase `pull-backoff`."""
    if state["until"] > worker.now:
        return False
    enter(state, "image")
    return True


def await_image(worker: PodWorker, container: Object, state: Object) -> bool:
    """Phase `never`: somebody else may bring the image."""
    if full_name(container["image"]) not in worker.images():
        return False
    enter(state, "image")
    return True


def _failed(worker: PodWorker, container: Object, state: Object, why: str) -> bool:
    name = container["image"]
    worker.warn("Failed", f'Failed to pull image "{name}": {why}', container)
    worker.warn("Failed", "Error: ErrImagePull", container)
    delay = min(2 * state["pullBackoff"], BACKOFF_LONGEST) if "pullBackoff" in state else BACKOFF_FIRST
    state["pullBackoff"] = delay
    enter(state, "pull-error", error=why, until=worker.at(ERROR_SHOWN), retry=worker.at(delay))
    return True


def _invalid(worker: PodWorker, container: Object, state: Object, why: str) -> bool:
    name = container["image"]
    said = f'Failed to apply default image tag "{name}": couldn\'t parse image name "{name}": {why}'
    worker.warn("InspectFailed", said, container)
    worker.warn("Failed", "Error: InvalidImageName", container)
    enter(state, "invalid", error=said)
    return False


def _download(worker: PodWorker, full: str, present: bool) -> tuple[float, float]:
    """When the pull begins and ends."""
    image = image_of(full)
    overhead, how = worker.delays.pull_overhead, cluster.pulls_of(worker.store)
    if present or image is None or how == "fail":
        return worker.now, worker.at(overhead * CHECK if present else overhead)
    bandwidth = simulation_of(worker.node).get("bandwidth") or worker.delays.bandwidth
    if how == "slow":
        bandwidth /= cluster.SLOW
    seconds = overhead + image.size / bandwidth
    begin = worker.now
    for state in _pulls(worker):
        if state["pulls"] == full:
            return state["from"], max(state["until"], worker.now)
        begin = max(begin, state["until"])
    return begin, worker.at(begin - worker.now + seconds)


def _pulls(worker: PodWorker) -> list[Object]:
    """The states of containers of other pods on the node that pull."""
    return [
        state
        for pod in worker.store.indexed("pods-by-node", name_of(worker.node))
        if uid_of(pod) != uid_of(worker.pod)
        for state in (simulation_of(pod).get("containers") or {}).values()
        if state["phase"] == "pulling"
    ]


def _keep(worker: PodWorker, name: str, size: int) -> None:
    """Note on the node that it has the image now."""
    full = full_name(name)
    if full in worker.images():
        return
    node = with_simulation(worker.node, images={**worker.images(), full: size})
    listed = (node.get("status") or {}).get("images") or []
    known = {"names": [image_id(name), full], "sizeBytes": size}
    worker.node = verbs.update_status(worker.store, with_status(node, images=[*listed, known]))
