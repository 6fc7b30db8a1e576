"""Running containers from the inside: where they are, what is in them, what they listen to.

Models the way of a request for logs, exec, attach or port-forward from the API server
(`pkg/registry/core/pod/strategy.go`, LogLocation and streamLocation) through the kubelet's server
(`pkg/kubelet/server`, `kubelet_pods.go`) into a container. Left out: authorisation.

Nothing here writes.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from clusters.engine import base64_text
from clusters.engine.apiserver.errors import StatusError, bad_request
from clusters.engine.images import Image, image_of
from clusters.engine.kubelet.environment import expanded
from clusters.engine.kubelet.pod_worker import PodWorker
from clusters.engine.kubelet.programs import Process, words_of
from clusters.engine.kubelet.shell.catalogue import PROGRAMS
from clusters.engine.kubelet.shell.files import Files
from clusters.engine.kubelet.shell.machine import Machine
from clusters.engine.kubelet.surroundings import Surroundings, surroundings_of
from clusters.engine.objects import Object, name_of, simulation_of
from clusters.engine.store import MemoryStore, Overlay

KUBELET_PORT: Final = 10250
_KERNEL: Final = "6.12.57+deb13-amd64"
_FILES: Final = {
    "none": (),
    "busybox": ("/etc/localtime", "/etc/nsswitch.conf", "/etc/shadow"),
    "alpine": ("/etc/alpine-release", "/etc/apk/repositories", "/etc/os-release", "/etc/shadow"),
    "debian": ("/etc/debian_version", "/etc/os-release", "/etc/profile", "/etc/shadow", "/root/.bashrc"),
}
"""Files that each base has, with contents that are not simulated."""


class Running(NamedTuple):
    """A container that runs now: `id` changes when it is started again."""

    pod: Object
    container: Object
    state: Object
    image: Image
    process: Process

    @property
    def id(self) -> str:
        return str(self.state["id"])


def all_containers(pod: Object) -> Iterator[Object]:
    """The pod's containers: those of its spec, init containers and ephemeral ones."""
    for part in ("containers", "initContainers", "ephemeralContainers"):
        yield from pod["spec"].get(part) or ()


def choose_container(pod: Object, name: str) -> Object:
    """The container of that name, or the only one for "". Raises StatusError 400."""
    containers = pod["spec"]["containers"]
    if not name:
        if len(containers) == 1:
            return dict(containers[0])
        names = " ".join(container["name"] for container in containers)
        said = f"a container name must be specified for pod {name_of(pod)}, choose one of: [{names}]"
        inits = " ".join(container["name"] for container in pod["spec"].get("initContainers") or ())
        raise bad_request(said + (f" or one of the init containers: [{inits}]" if inits else ""))
    for container in all_containers(pod):
        if container["name"] == name:
            return dict(container)
    raise bad_request(f"container {name} is not valid for pod {name_of(pod)}")


def reach_kubelet(store: MemoryStore, pod: Object, path: str, *, dialing: bool = False) -> None:
    """Check that the pod's kubelet can be asked.

    Raises StatusError 500 with the API server's words: about the URL `path`, or with `dialing` about the
    connection alone.
    """
    node = store.get("Node", "", pod["spec"].get("nodeName") or "")
    if node is None:
        raise StatusError(404, "NotFound", f'nodes "{pod["spec"].get("nodeName")}" not found')
    simulation = simulation_of(node)
    if simulation.get("powered", True) and simulation.get("kubelet", "running") == "running":
        return
    why = "connection refused" if simulation.get("powered", True) else "no route to host"
    addresses = (node.get("status") or {}).get("addresses") or ()
    ip = next((entry["address"] for entry in addresses if entry["type"] == "InternalIP"), "")
    failed = f"dial tcp {ip}:{KUBELET_PORT}: connect: {why}"
    if dialing:
        raise StatusError(500, "InternalError", f"error dialing backend: {failed}")
    raise StatusError(500, "", f'Get "https://{ip}:{KUBELET_PORT}{path}": {failed}')


def worker_of(store: MemoryStore, pod: Object, now: float) -> PodWorker | None:
    """The pod as its kubelet sees it, for reading only; None without a node, or if the machine was restarted
    since, so that nothing of the pod runs."""
    node = store.get("Node", "", pod["spec"].get("nodeName") or "")
    if node is None:
        return None
    worker = PodWorker(Overlay(store, now=now, seed=""), node, pod)
    return worker if worker.boot == simulation_of(node).get("boot", "") else None


def listening(store: MemoryStore, pod: Object, now: float) -> Mapping[int, Image]:
    """The ports at which somebody in the pod listens now, and with which image's program."""
    worker = worker_of(store, pod, now)
    return worker.listening() if worker is not None else {}


def ports_of(store: MemoryStore, pod: Object) -> Mapping[int, tuple[float, Image]]:
    """The ports of the pod's running containers: since when somebody listens, with which image's program."""
    worker = worker_of(store, pod, 0.0)
    return worker.ports() if worker is not None else {}


def running_container(store: MemoryStore, pod: Object, name: str, now: float) -> Running | None:
    """The container of that name, if it runs now."""
    worker = worker_of(store, pod, now)
    state = worker.states.get(name) if worker is not None else None
    if worker is None or state is None or state["phase"] != "running":
        return None
    if "dies" in state and state["dies"]["at"] <= now:
        return None
    container = expanded(store, pod, choose_container(pod, name))
    return Running(pod, container, state, worker.image(container), worker.process(container))


def machine_of(store: MemoryStore, running: Running, now: float, *, tty: bool = False) -> Machine:
    """What a program that is started in the container now finds."""
    image = running.image
    around = surroundings_of(store, running.pod, running.container, image)
    own = _command_line(running.container, image)
    target = _target(running)
    return Machine(
        image,
        _files(running, around, now),
        PROGRAMS,
        dict(around.variables) | ({"TERM": "xterm"} if tty else {}),
        around.hostname,
        around.address,
        kernel=_KERNEL,
        command=target or own,
        directory=around.directory,
        started=running.state["since"],
        processes=[own] if target else [],
        now=now,
        tty=tty,
    )


def _command_line(container: Object, image: Image) -> str:
    words = words_of(container, image)
    return " ".join(words) or image.runs or (image.serves[0] if image.serves else "sh")


def _target(running: Running) -> str:
    """The process 1 of the container whose processes an ephemeral container sees, "" for its own."""
    name = running.container.get("targetContainerName")
    for container in running.pod["spec"]["containers"] if name else ():
        image = image_of(container["image"])
        if container["name"] == name and image is not None:
            return _command_line(container, image)
    return ""


def _files(running: Running, around: Surroundings, now: float) -> Files:
    container, image = running.container, running.image
    texts: dict[str, bytes | None] = dict.fromkeys((*image.files, *_FILES[image.base]))
    texts |= dict(around.files)
    texts |= running.process.files(now - running.state["since"])
    mounts = [mount["mountPath"].rstrip("/") or "/" for mount in container.get("volumeMounts") or ()]
    files = Files(texts, [around.directory, *mounts])
    for path, text in (running.state.get("files") or {}).items():
        if text is None:
            files.remove(path)
        else:
            files.write(path, base64_text.decode(text))
    return files


def image_for(state: Object, container: Object) -> Image | None:
    """The image that the container was started from."""
    return image_of(state.get("image") or container["image"])
