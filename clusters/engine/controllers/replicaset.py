"""Keeps as many pods running as a ReplicaSet, or a ReplicationController, asks for.

Models `pkg/controller/replicaset/replica_set.go` of kube-controller-manager, which its ReplicationManager
wraps, and `pkg/controller/controller_ref_manager.go`. Left out: expectations, since a controller here
reads its own writes at once. Which pods go first when there are too many is in `replication_order.py`,
what is reported in `replication_status.py`.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from clusters.engine import events
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError, has_cause
from clusters.engine.changes import MODIFIED, Change
from clusters.engine.clock import quantise
from clusters.engine.controllers.replication_order import pods_to_delete
from clusters.engine.controllers.replication_status import calculate_status, next_available
from clusters.engine.informer import enqueue
from clusters.engine.label_selectors import label_selector
from clusters.engine.labels import Labels, matches
from clusters.engine.objects import (
    Key,
    Object,
    controller_of,
    controller_reference,
    is_active,
    is_deleting,
    is_finished,
    is_ready,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    owners_of,
    uid_of,
    with_value,
)
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

BURST_REPLICAS: Final = 500
"""Pods that one sync creates or deletes at most."""
WRITES_A_POD: Final = 2
"""The pod and the Event that tells of it."""

Wanted = Callable[[Labels], bool]
"""Whether a selector wants an object with these labels."""


class ReplicaSetController:
    """The control loop of ReplicaSets, and with another `kind` that of ReplicationControllers.

    `counts_terminating` says whether the kind reports `status.terminatingReplicas`.
    """

    kind = "ReplicaSet"
    actor = "replicaset-controller"
    watches = frozenset({"ReplicaSet", "Pod"})
    counts_terminating = True

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def wanted(self, controller: Object) -> Wanted:
        """What the controller's selector says of labels."""
        return partial(matches, label_selector(controller["spec"]["selector"]))

    def on_change(self, change: Change, store: MemoryStore) -> None:
        if change.key.kind == self.kind:
            if change.actor != self.actor:
                # Its own report of a status is no reason to look again.
                enqueue(self.queue, change.key, change, store)
        elif store.count(self.kind) and (
            change.verb != MODIFIED or _counts_differently(change.previous, change.object)
        ):
            for key in self._interested(change, store):
                enqueue(self.queue, key, change, store)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Claim pods, create or delete some, report what was found.

        Raises StatusError when pods could not be created, so that the key comes back later.
        """
        controller = store.get(*key)
        if controller is None:
            return
        wanted = self.wanted(controller)
        terminating = count_terminating(store, controller, wanted) if self.counts_terminating else None
        pods = claim_pods(store, controller, wanted)
        failure = None
        if not is_deleting(controller):
            failure = self._manage_replicas(store, controller, pods, cause)
        said = failure.message if failure else None
        status = calculate_status(controller, pods, said, store.now, terminating)
        if status != controller.get("status"):
            verbs.update_status(store, {**controller, "status": status})
        if failure is not None:
            raise failure
        due = next_available(controller, pods, store.now)
        if due is not None:
            self.queue.add_after(key, quantise(due), cause)

    def _interested(self, change: Change, store: MemoryStore) -> Iterator[Key]:
        """The controllers to which the pod belongs, belonged, or as an orphan could belong."""
        for pod in (change.previous, change.object):
            reference = controller_of(pod) if pod is not None else None
            if reference is not None and reference["kind"] == self.kind:
                yield Key(self.kind, change.key.namespace, reference["name"])
        if controller_of(change.object) is None:
            labels = labels_of(change.object)
            for controller in store.list(self.kind, change.key.namespace):
                if self.wanted(controller)(labels):
                    yield key_of(controller)

    def _manage_replicas(
        self, store: Overlay, controller: Object, pods: list[Object], cause: int
    ) -> StatusError | None:
        diff = len(pods) - controller["spec"]["replicas"]
        wanted = min(abs(diff), BURST_REPLICAS)
        possible = min(wanted, max(1, store.room // WRITES_A_POD))
        failure = None
        if diff < 0:
            failure = slow_start(possible, lambda: _create_pod(store, controller))
        elif diff > 0:
            for pod in pods_to_delete(pods, possible, store.now):
                _delete_pod(store, controller, pod)
        if failure is None and possible < wanted:
            self.queue.add(key_of(controller), cause)
        return failure


def slow_start(count: int, create: Callable[[], StatusError | None]) -> StatusError | None:
    """Call `create` up to `count` times in batches of 1, 2, 4, ..., until a batch has a failure.

    What is refused once is refused again: a thousand pods over the quota cost one attempt, not a
    thousand. Returns the first failure.
    """
    batch = 1
    while count > 0:
        failures = [create() for _ in range(min(batch, count))]
        for failure in failures:
            if failure is not None:
                return failure
        count -= batch
        batch *= 2
    return None


def count_terminating(store: Overlay, controller: Object, wanted: Wanted) -> int:
    """How many pods of this controller were told to stop and have not ended yet."""
    return sum(
        is_deleting(pod) and not is_finished(pod) and wanted(labels_of(pod))
        for pod in store.indexed("pods-by-controller", uid_of(controller))
    )


def claim_pods(store: Overlay, controller: Object, wanted: Wanted) -> list[Object]:
    """The active pods that are this controller's; adopts orphans that match, releases its own that do not."""
    claimed = []
    for pod in store.indexed("pods-by-controller", uid_of(controller)):
        if is_active(pod):
            if wanted(labels_of(pod)):
                claimed.append(pod)
            elif not is_deleting(controller):
                _release(store, controller, pod)
    if is_deleting(controller):
        return claimed
    for pod in store.indexed("orphan-pods", namespace_of(controller)):
        if is_active(pod) and wanted(labels_of(pod)):
            claimed.append(_adopt(store, controller, pod))
    return claimed


def _adopt(store: Overlay, controller: Object, pod: Object) -> Object:
    owners = [*owners_of(pod), controller_reference(controller)]
    return verbs.update(store, with_value(pod, ("metadata", "ownerReferences"), owners))


def _release(store: Overlay, controller: Object, pod: Object) -> None:
    owners = [reference for reference in owners_of(pod) if reference["uid"] != uid_of(controller)]
    verbs.update(store, with_value(pod, ("metadata", "ownerReferences"), owners))


def _create_pod(store: Overlay, controller: Object) -> StatusError | None:
    try:
        pod = verbs.create(store, new_pod(controller))
    except StatusError as error:
        if has_cause(error, "NamespaceTerminating"):
            # The namespace controller is about to delete this controller too.
            return None
        _tell(store, controller, "FailedCreate", f"Error creating: {error.message}", type_="Warning")
        return error
    _tell(store, controller, "SuccessfulCreate", f"Created pod: {name_of(pod)}")
    return None


def _delete_pod(store: Overlay, controller: Object, pod: Object) -> None:
    verbs.delete(store, *key_of(pod))
    _tell(store, controller, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")


def _tell(store: Overlay, controller: Object, reason: str, message: str, *, type_: str = "Normal") -> None:
    events.record(store, controller, reason, message, type_=type_, component=store.actor)


def new_pod(controller: Object) -> Object:
    """A pod from the controller's template, owned by it and still without a name."""
    template = controller["spec"]["template"]
    given = template.get("metadata") or {}
    metadata: Object = {
        "generateName": f"{name_of(controller)}-",
        "namespace": namespace_of(controller),
        "labels": given.get("labels") or {},
        "ownerReferences": [controller_reference(controller)],
    }
    for field in ("annotations", "finalizers"):
        if given.get(field):
            metadata[field] = given[field]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def _counts_differently(before: Object | None, after: Object) -> bool:
    """Whether the pod's change can matter to any controller: most are reports of a start in progress."""
    if before is None:
        return True
    old, new = before["metadata"], after["metadata"]
    return (
        is_deleting(before) != is_deleting(after)
        or is_finished(before) != is_finished(after)
        or is_ready(before) != is_ready(after)
        or old.get("labels") != new.get("labels")
        or old.get("ownerReferences") != new.get("ownerReferences")
    )
