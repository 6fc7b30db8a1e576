"""Rolls out new versions of an application, and back, by the sizes of ReplicaSets.

Models `pkg/controller/deployment/deployment_controller.go` and `pkg/controller/controller_ref_manager.go`
of kube-controller-manager. Left out: the deprecated rollback annotation, and watching pods, since a
ReplicaSet reports those that are on their way out. The steps of a rollout are in `deployment_rollout.py`,
what is reported in `deployment_status.py`, the arithmetic in `deployment_util.py`.
"""

from collections.abc import Callable, Iterator
from typing import Final

from clusters.engine.apiserver import verbs
from clusters.engine.changes import Change
from clusters.engine.clock import quantise
from clusters.engine.controllers import deployment_rollout
from clusters.engine.controllers.deployment_rollout import Rollout
from clusters.engine.controllers.deployment_status import (
    calculate_status,
    next_progress_check,
    rollout_status,
)
from clusters.engine.controllers.deployment_util import is_rolling_update, is_scaled
from clusters.engine.informer import enqueue
from clusters.engine.label_selectors import label_selector
from clusters.engine.labels import matches
from clusters.engine.objects import (
    Key,
    Object,
    controller_of,
    controller_reference,
    is_deleting,
    key_of,
    labels_of,
    namespace_of,
    owners_of,
    uid_of,
    with_value,
)
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.workqueue import WorkQueue

KIND: Final = "Deployment"


class DeploymentController:
    """The control loop of Deployments."""

    actor = "deployment-controller"
    watches = frozenset({KIND, "ReplicaSet"})

    def __init__(self, order: Iterator[int]) -> None:
        self.queue = WorkQueue(order)

    def on_change(self, change: Change, store: MemoryStore) -> None:
        keys = [change.key] if change.key.kind == KIND else _interested(change, store)
        for key in keys:
            enqueue(self.queue, key, change, store)

    def sync(self, store: Overlay, key: Key, cause: int) -> None:
        """Claim ReplicaSets, take the next step of the rollout, report where it stands.

        Raises StatusError when a ReplicaSet could not be made, so that the key comes back later.
        """
        deployment = store.get(*key)
        if deployment is None:
            return
        sets = claim_replica_sets(store, deployment)
        rollout = deployment_rollout.start(store, deployment, sets)
        calculate = _step(rollout)
        deployment = {**rollout.deployment, "status": rollout.status}
        status = calculate(deployment, rollout.new, rollout.old, store.now)
        deployment = verbs.update_status(store, {**deployment, "status": status})
        due = next_progress_check(deployment)
        if due is not None and not is_deleting(deployment):
            self.queue.add_after(key, quantise(due), cause)


def _step(rollout: Rollout) -> Callable[[Object, Object | None, list[Object], float], Object]:
    """Do what is next; returns the function that says what to report of it."""
    deployment = rollout.deployment
    if is_deleting(deployment):
        return calculate_status
    paused = bool(deployment["spec"].get("paused"))
    if paused or is_scaled(deployment, rollout.sets):
        deployment_rollout.scale(rollout)
        if paused:
            deployment_rollout.clean_up(rollout)
        return calculate_status
    if is_rolling_update(deployment):
        deployment_rollout.rolling_update(rollout)
    else:
        deployment_rollout.recreate(rollout)
    return rollout_status


def claim_replica_sets(store: Overlay, deployment: Object) -> list[Object]:
    """The ReplicaSets that are this Deployment's; adopts orphans that match, releases what does not."""
    selector = label_selector(deployment["spec"]["selector"])
    stays = not is_deleting(deployment)
    claimed = []
    for obj in store.indexed("by-owner", uid_of(deployment)):
        if obj["kind"] != "ReplicaSet" or not _is_controlled(obj, deployment):
            continue
        if matches(selector, labels_of(obj)):
            claimed.append(obj)
        elif stays:
            kept = [reference for reference in owners_of(obj) if reference["uid"] != uid_of(deployment)]
            verbs.update(store, with_value(obj, ("metadata", "ownerReferences"), kept))
    for obj in store.indexed("orphan-replica-sets", namespace_of(deployment)) if stays else ():
        if matches(selector, labels_of(obj)) and not is_deleting(obj):
            owners = [*owners_of(obj), controller_reference(deployment)]
            claimed.append(verbs.update(store, with_value(obj, ("metadata", "ownerReferences"), owners)))
    return claimed


def _is_controlled(obj: Object, deployment: Object) -> bool:
    owner = controller_of(obj)
    return owner is not None and owner["uid"] == uid_of(deployment)


def _interested(change: Change, store: MemoryStore) -> list[Key]:
    """The Deployments to which the ReplicaSet belongs, belonged, or as an orphan could belong."""
    owners = [controller_of(obj) for obj in (change.previous, change.object) if obj is not None]
    keys = [
        Key(KIND, change.key.namespace, owner["name"])
        for owner in owners
        if owner is not None and owner["kind"] == KIND
    ]
    labels = labels_of(change.object)
    if controller_of(change.object) is None and labels:
        keys += [
            key_of(deployment)
            for deployment in store.list(KIND, change.key.namespace)
            if matches(label_selector(deployment["spec"]["selector"]), labels)
        ]
    return keys
