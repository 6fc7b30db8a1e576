"""One look of a kubelet at one of its pods: what it knows, what it changes, and the one report at the end.

Models the pod worker (`pkg/kubelet/pod_workers.go`) together with the pod cache and the status manager.
Left out: a worker that lives on: what has to last is in the pod's `simulation`, so that a restart of the
simulator in the middle of a pull loses nothing:

    boot        the boot of the node in which the pod's sandbox was made
    mount       while its volumes are not there, when to try again: `until`, and the last `pause`
    sandboxAt   when the sandbox will be there, while it is not
    containers  per container name a state, see states.py
    due         when the kubelet has to look again by itself; None: never
    moved       seconds by which times here and in the status were moved on, see restoring.py

All times are simulated seconds.
"""

from typing import Final

from clusters.engine import cluster, events
from clusters.engine.apiserver import verbs
from clusters.engine.clock import quantise
from clusters.engine.images import Image, image_of
from clusters.engine.kubelet.environment import expanded
from clusters.engine.kubelet.programs import Process, process_of, replay_of
from clusters.engine.kubelet.replay import Replay
from clusters.engine.kubelet.surroundings import Surroundings, surroundings_of
from clusters.engine.objects import (
    Object,
    containers_of,
    ephemeral_containers_of,
    is_ephemeral,
    name_of,
    simulation_of,
)
from clusters.engine.store import Overlay

COMPONENT: Final = "kubelet"


class PodWorker:
    """A pod and its node at one moment. `states` may be changed, everything else is as stored."""

    def __init__(self, store: Overlay, node: Object, pod: Object) -> None:
        self.store = store
        self.node = node
        self.pod = pod
        self.now = store.now
        self.delays = cluster.delays_of(store)
        simulation = simulation_of(pod)
        self.boot: str | None = simulation.get("boot")
        self.mount: Object | None = simulation.get("mount")
        self.sandbox_at: float | None = simulation.get("sandboxAt")
        self.ip: str = (pod.get("status") or {}).get("podIP") or ""
        self.states: dict[str, Object] = {
            name: dict(state) for name, state in (simulation.get("containers") or {}).items()
        }

    def at(self, seconds: float) -> float:
        """The time in so many seconds; quantised, so that what is due together is one commit."""
        return quantise(self.now + seconds) if seconds > 0 else self.now

    def event(
        self, reason: str, message: str, container: Object | None = None, *, type_: str = "Normal"
    ) -> None:
        """Tell people something about the pod, or about one of its containers."""
        field_path = ""
        if container is not None:
            part = "ephemeralContainers" if is_ephemeral(self.pod, container) else "containers"
            field_path = f"spec.{part}{{{container['name']}}}"
        events.record(
            self.store,
            self.pod,
            reason,
            message,
            type_=type_,
            component=COMPONENT,
            host=name_of(self.node),
            field_path=field_path,
        )

    def warn(self, reason: str, message: str, container: Object) -> None:
        self.event(reason, message, container, type_="Warning")

    def images(self) -> dict[str, int]:
        """The images on the node: full name -> bytes."""
        found: dict[str, int] = simulation_of(self.node).get("images") or {}
        return found

    def image(self, container: Object) -> Image:
        """The image that the container runs; its spec may name another one already. It must exist."""
        state = self.states.get(container["name"]) or {}
        image = image_of(state.get("image") or container["image"])
        assert image is not None
        return image

    def process(self, container: Object) -> Process:
        """What the container runs. Its image must exist."""
        state = self.states.get(container["name"]) or {}
        container, answers = self._expanded(container), state.get("answers")
        if answers is None and not container.get("volumeMounts"):
            return process_of(container, self.image(container), state.get("env"))
        around = surroundings_of(self.store, self.pod, container, self.image(container))
        if answers is None:
            # What a volume holds may decide how a command ends; what else there is does not, on the whole.
            around = Surroundings(files=around.files, directory=around.directory)
        return process_of(container, self.image(container), state.get("env"), answers=answers, around=around)

    def replay(self, container: Object) -> Replay:
        """The command of a running container, to be run once more with what the network has told it."""
        state, image = self.states[container["name"]], self.image(container)
        container = self._expanded(container)
        around = surroundings_of(self.store, self.pod, container, image)
        return replay_of(container, image, around.with_variables(state.get("env")), 0.0, state["answers"])

    def _expanded(self, container: Object) -> Object:
        if any("$(" in word for part in ("command", "args") for word in container.get(part) or ()):
            return expanded(self.store, self.pod, container)
        return container

    def containers(self) -> list[Object]:
        """All containers that the kubelet runs in the pod."""
        return [*ephemeral_containers_of(self.pod), *containers_of(self.pod)]

    def running(self) -> list[Object]:
        """The containers that run and could take the ports they want."""
        return [
            container
            for container in self.containers()
            if (state := self.states.get(container["name"])) is not None
            and state["phase"] == "running"
            and "clash" not in state
        ]

    def listening(self) -> dict[int, Image]:
        """The ports at which somebody in the pod listens now, and with which image's program."""
        return {port: image for port, (since, image) in self.ports().items() if self.now >= since}

    def ports(self) -> dict[int, tuple[float, Image]]:
        """The ports of the running containers: since when somebody listens, with which image's program."""
        found: dict[int, tuple[float, Image]] = {}
        for container in self.running():
            process = self.process(container)
            since = self.states[container["name"]]["since"] + self.startup(process)
            found.update(dict.fromkeys(process.ports, (since, self.image(container))))
        return found

    def files(self, container: Object) -> set[str]:
        """The files that were made in a running container, by its own process and by others."""
        state = self.states[container["name"]]
        found = set(self.process(container).files(self.now - state["since"]))
        for path, content in (state.get("files") or {}).items():
            (found.discard if content is None else found.add)(path)
        return found

    def startup(self, process: Process) -> float:
        """Seconds from the start of a process until it listens."""
        return self.delays.ready if process.ready_after is None else process.ready_after

    def commit(self, status: Object, due: float | None) -> None:
        """Store the status and what the next look has to know; a new time of that look alone is no news."""
        before = simulation_of(self.pod)
        simulation = {**before, "boot": self.boot, "containers": self.states}
        for field, value in (("mount", self.mount), ("sandboxAt", self.sandbox_at)):
            if value is None:
                simulation.pop(field, None)
            else:
                simulation[field] = value
        if status != self.pod.get("status") or simulation != before:
            simulation["due"] = due
            self.pod = verbs.update_status(
                self.store, {**self.pod, "status": status, "simulation": simulation}
            )
