"""A cluster at work in a test: somebody acts, the control plane answers, time passes."""

from collections.abc import Callable
from itertools import count
from typing import Any

from clusters.engine import assembly
from clusters.engine.apiserver import verbs
from clusters.engine.control_plane import ControlPlane
from clusters.engine.objects import Object
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import STEPS, events_about


class World:
    """An overlay, the control plane that follows it, and the time that both share.

    `makers` are the controllers' classes; without any it is the whole control plane.
    """

    def __init__(self, store: Overlay, *makers: Any) -> None:
        order = count(1)
        self.store = store
        self.plane = ControlPlane([make(order) for make in makers]) if makers else assembly.build(order)
        self.plane.load(store)
        self._seen = len(store.changes)
        self.wait(0)

    def act(self, verb: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Somebody calls `verb(store, ...)`; then all that follows at once happens. Returns its answer."""
        with self.store.acting("person:1"):
            answer = verb(self.store, *args, **options)
        self.plane.observe(self.store.changes[self._seen :], self.store)
        self.wait(0)
        return answer

    def wait(self, seconds: float) -> None:
        """Let simulated time pass."""
        until = self.store.now + seconds
        steps = count(1)
        assert not self.plane.run(self.store, until, lambda: next(steps) < STEPS), "no rest"
        self.store.now = until
        self._seen = len(self.store.changes)

    def restart(self) -> "World":
        """The same cluster after its process died: what was in memory is gone, the image is not."""
        image = MemoryStore.from_entries(
            self.store.revision,
            [(key, self.store.entry(key)) for kind in self.store.kinds() for key in self.store.keys(kind)],
        )
        self.store = Overlay(image, now=self.store.now, seed=self.store.seed)
        self.plane = assembly.build()
        self.plane.load(self.store)
        self._seen = 0
        self.wait(0)
        return self

    def get(self, kind: str, name: str, namespace: str = "default") -> Object | None:
        return self.store.get(kind, namespace, name)

    def pod(self, name: str = "p") -> Object:
        return verbs.get(self.store, "Pod", "default", name)

    def node(self, name: str = "node-1") -> Object:
        return verbs.get(self.store, "Node", "", name)

    def container(self, name: str = "p", index: int = 0) -> Object:
        """The status of one container of a pod."""
        found: Object = self.pod(name)["status"]["containerStatuses"][index]
        return found

    def events(self, obj: Object) -> list[tuple[str, str]]:
        """(reason, message) of the Events about an object."""
        return events_about(self.store, obj)

    def count_of(self, obj: Object, reason: str) -> int:
        """How often Events of that reason were told about an object."""
        return sum(
            event.get("count", 1)
            for event in self.store.list("Event")
            if event["involvedObject"]["name"] == obj["metadata"]["name"] and event["reason"] == reason
        )


def simple_pod(name: str = "p", image: str = "nginx", *, policy: str = "Always", **container: Any) -> Object:
    """A manifest of a pod with one container `main`. `policy` is its restartPolicy."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"restartPolicy": policy, "containers": [{"name": "main", "image": image, **container}]},
    }


def ready_since(obj: Object) -> str:
    """When the condition Ready changed last; "" if it is not True."""
    for condition in obj["status"]["conditions"]:
        if condition["type"] == "Ready" and condition["status"] == "True":
            return str(condition["lastTransitionTime"])
    return ""
