"""Controllers that are small enough to know what they do."""

import itertools

from clusters.engine.control_plane import ControlPlane
from clusters.engine.objects import controller_reference, is_active
from clusters.engine.workqueue import WorkQueue
from tests.clusters.makers import pod, pod_key


class Scaler:
    """Creates pods for ReplicationControllers, as far as a pass has room."""

    actor = "scaler"
    watches = frozenset({"ReplicationController", "Pod"})

    def __init__(self, order):
        self.queue = WorkQueue(order)

    def on_change(self, change, store):
        if change.key.kind == "ReplicationController":
            self.queue.add(change.key, change.revision)

    def sync(self, store, key, cause):
        owner = store.get(*key)
        if owner is None or owner["metadata"]["name"] != "web":
            return
        found = [
            pod for pod in store.indexed("pods-by-controller", owner["metadata"]["uid"]) if is_active(pod)
        ]
        missing = owner["spec"]["replicas"] - len(found)
        for number in range(len(found), len(found) + min(missing, store.room)):
            made = pod(f"web-{number}", app="web")
            made["metadata"]["ownerReferences"] = [controller_reference(owner)]
            store.create(made)
            missing -= 1
        if missing > 0:
            self.queue.add(key, cause)


class Alarm:
    """Writes to a pod with `simulation: {"at": t}` once, at the simulated time t."""

    actor = "alarm"
    watches = frozenset({"Pod"})

    def __init__(self, order):
        self.queue = WorkQueue(order)

    def on_change(self, change, store):
        at = (change.object.get("simulation") or {}).get("at")
        if at is not None:
            self.queue.add_after(change.key, at, change.revision)

    def sync(self, store, key, cause):
        obj = store.get(*key)
        if obj is not None and "at" in (obj.get("simulation") or {}):
            store.update({**obj, "simulation": {"rang": store.now}})


class Broken(Scaler):
    """Raises whenever it is asked to do something for a ReplicationController named broken."""

    actor = "broken"

    def sync(self, store, key, cause):
        if key.name == "broken" and store.get(*key) is not None:
            store.create(pod("half-done"))
            raise ZeroDivisionError("a bug")


def build(*makers):
    """A control plane of these controllers; without any, of a Scaler and an Alarm."""
    order = itertools.count(1)
    return ControlPlane([make(order) for make in makers or (Scaler, Alarm)])


def flip(store):
    """Creates the pod `flip` if it is not there, else deletes it."""
    if store.entry(pod_key("flip")) is None:
        store.create(pod("flip"))
    else:
        store.delete(pod_key("flip"))
