"""Brings a Deployment's ReplicaSets to the sizes that its strategy wants next.

Models `pkg/controller/deployment/rolling.go`, `recreate.go` and the parts of `sync.go` that write.
"""

from dataclasses import dataclass

from clusters.engine import events
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError, has_cause
from clusters.engine.controllers.deployment_status import (
    FOUND_RS,
    NEW_RS,
    PROGRESSING,
    RS_CREATE_ERROR,
    condition,
    has_deadline,
    is_complete,
    paused_status,
    with_condition,
)
from clusters.engine.controllers.deployment_util import (
    HASH_LABEL,
    REVISION,
    active,
    find_active_or_latest,
    find_new,
    find_old,
    is_rolling_update,
    is_saturated,
    max_unavailable,
    new_annotations,
    new_replicas,
    oldest_first,
    proportions,
    replica_set_name,
    replicas,
    replicas_annotations,
    reported,
    revision_of,
    same_template,
    template_hash,
    total,
)
from clusters.engine.label_selectors import with_label
from clusters.engine.objects import (
    REMOVE,
    Object,
    annotations_of,
    condition_of,
    controller_of,
    controller_reference,
    is_deleting,
    is_finished,
    key_of,
    name_of,
    namespace_of,
    uid_of,
    with_value,
)
from clusters.engine.store import Overlay

_NO_HISTORY_LIMIT = 2**31 - 1


@dataclass
class Rollout:
    """One look at a Deployment: itself, its new ReplicaSet (None: not made yet) and all the others.

    What is written is held here as it is stored then, but for `status`, which is reported at the end.
    """

    store: Overlay
    deployment: Object
    status: Object
    new: Object | None
    old: list[Object]

    @property
    def sets(self) -> list[Object]:
        """All ReplicaSets, the new one last."""
        return [*self.old, *([self.new] if self.new is not None else [])]


def start(store: Overlay, deployment: Object, sets: list[Object]) -> Rollout:
    """Find the new ReplicaSet among those claimed, and bring its annotations up to date."""
    new = find_new(deployment, sets)
    status = deployment.get("status") or {}
    if not is_deleting(deployment):
        status = paused_status(deployment, store.now)
    rollout = Rollout(store, deployment, status, new, find_old(oldest_first(sets), new))
    if rollout.new is not None:
        _sync_annotations(rollout, rollout.new)
    return rollout


def scale(rollout: Rollout) -> None:
    """Pass on a new size of a Deployment, in proportion if a rollout is under way."""
    deployment, old = rollout.deployment, rollout.old
    only = find_active_or_latest(rollout.new, old)
    if only is not None:
        _scale_to(rollout, only, replicas(deployment))
    elif is_saturated(deployment, rollout.new):
        for obj in active(old):
            _scale_to(rollout, obj, 0)
    elif is_rolling_update(deployment) and rollout.sets:
        running = active(rollout.sets)
        sizes = proportions(deployment, running)
        for obj in running:
            _resize(rollout, obj, sizes[name_of(obj)])


def rolling_update(rollout: Rollout) -> None:
    """Make some room, or fill it with new pods: one step of the two at a time."""
    new = _demand_new(rollout)
    if not _scale_up(rollout, new) and not _scale_down(rollout, new):
        _clean_up_when_done(rollout)


def recreate(rollout: Rollout) -> None:
    """Stop all old pods, and only when they are gone start new ones."""
    running = active(rollout.old)
    for obj in running:
        _scale_to(rollout, obj, 0)
    if running or _old_pods_run(rollout):
        return
    _scale_to(rollout, _demand_new(rollout), replicas(rollout.deployment))
    _clean_up_when_done(rollout)


def clean_up(rollout: Rollout) -> None:
    """Delete the oldest revisions beyond those that are kept for a way back."""
    limit = rollout.deployment["spec"].get("revisionHistoryLimit", _NO_HISTORY_LIMIT)
    kept = [obj for obj in rollout.old if not is_deleting(obj)]
    for obj in sorted(kept, key=revision_of)[: max(0, len(kept) - limit)]:
        status = obj.get("status") or {}
        seen = status.get("observedGeneration", 0) >= obj["metadata"].get("generation", 0)
        if seen and not replicas(obj) and not status.get("replicas"):
            verbs.delete(rollout.store, *key_of(obj))


def _clean_up_when_done(rollout: Rollout) -> None:
    if is_complete(rollout.deployment, rollout.deployment.get("status") or {}):
        clean_up(rollout)


def _scale_up(rollout: Rollout, new: Object) -> bool:
    wanted = replicas(rollout.deployment)
    if replicas(new) >= wanted:
        return _scale_to(rollout, new, wanted)
    return _scale_to(rollout, new, new_replicas(rollout.deployment, rollout.sets, new))


def _scale_down(rollout: Rollout, new: Object) -> bool:
    """Take old pods away: first those that are not available anyway, then as many as may be missed."""
    least = replicas(rollout.deployment) - max_unavailable(rollout.deployment)
    spare = total(rollout.old) + _available(new) - least
    scaled = False
    for obj in active(rollout.old):
        unhealthy = min(spare, replicas(obj) - _available(obj))
        if unhealthy > 0:
            spare -= unhealthy
            scaled |= _scale_to(rollout, obj, replicas(obj) - unhealthy)
    spare = sum(map(_available, rollout.sets)) - least
    for obj in active(rollout.old):
        taken = min(spare, replicas(obj))
        if taken > 0:
            spare -= taken
            scaled |= _scale_to(rollout, obj, replicas(obj) - taken)
    return scaled


def _available(obj: Object) -> int:
    """How many pods of this ReplicaSet can be counted on.

    What it reported last may be older than its size: pods above that are as good as gone.
    """
    return min(replicas(obj), reported([obj], "availableReplicas"))


def _old_pods_run(rollout: Rollout) -> bool:
    """Whether a pod of an old ReplicaSet is still there, be it on its way out."""
    return reported(rollout.old, "replicas") > 0 or any(
        not is_finished(pod)
        for obj in rollout.old
        for pod in rollout.store.indexed("pods-by-controller", uid_of(obj))
    )


def _scale_to(rollout: Rollout, obj: Object, size: int) -> bool:
    """Give a ReplicaSet that size; says whether it had another."""
    if replicas(obj) == size:
        return False
    _resize(rollout, obj, size)
    return True


def _resize(rollout: Rollout, obj: Object, size: int) -> None:
    before = replicas(obj)
    annotations = {**annotations_of(obj), **replicas_annotations(rollout.deployment)}
    changed = with_value(
        with_value(obj, ("spec", "replicas"), size), ("metadata", "annotations"), annotations
    )
    _hold(rollout, verbs.update(rollout.store, changed))
    if size != before:
        _tell_scaled(rollout, name_of(obj), before, size)


def _tell_scaled(rollout: Rollout, name: str, before: int, size: int) -> None:
    direction = "up" if size > before else "down"
    said = f"Scaled {direction} replica set {name} from {before} to {size}"
    _tell(rollout, "ScalingReplicaSet", said)


def _tell(rollout: Rollout, reason: str, message: str, *, type_: str = "Normal") -> None:
    store = rollout.store
    events.record(store, rollout.deployment, reason, message, type_=type_, component=store.actor)


def _hold(rollout: Rollout, obj: Object) -> None:
    """Remember how a ReplicaSet is stored now."""
    if rollout.new is not None and uid_of(rollout.new) == uid_of(obj):
        rollout.new = obj
    rollout.old = [obj if uid_of(known) == uid_of(obj) else known for known in rollout.old]


def _demand_new(rollout: Rollout) -> Object:
    """The new ReplicaSet, made if need be. Raises StatusError if it cannot be made."""
    if rollout.new is None:
        rollout.new = _create_new(rollout)
    return rollout.new


def _sync_annotations(rollout: Rollout, new: Object) -> None:
    deployment = rollout.deployment
    revision = max(map(revision_of, rollout.old), default=0) + 1
    annotations = new_annotations(deployment, annotations_of(new), revision)
    ready_after = deployment["spec"].get("minReadySeconds", 0)
    if annotations != annotations_of(new) or ready_after != new["spec"].get("minReadySeconds", 0):
        changed = with_value(new, ("metadata", "annotations"), annotations)
        changed = with_value(changed, ("spec", "minReadySeconds"), ready_after or REMOVE)
        new = verbs.update(rollout.store, changed)
        _hold(rollout, new)
    _set_revision(rollout, annotations_of(new).get(REVISION, ""))
    if has_deadline(deployment) and condition_of({"status": rollout.status}, PROGRESSING) is None:
        _report_progress(rollout, "True", FOUND_RS, f'Found new replica set "{name_of(new)}"')


def _set_revision(rollout: Rollout, revision: str) -> None:
    if annotations_of(rollout.deployment).get(REVISION) != revision:
        annotations = {**annotations_of(rollout.deployment), REVISION: revision}
        changed = with_value(rollout.deployment, ("metadata", "annotations"), annotations)
        rollout.deployment = verbs.update(rollout.store, changed)


def _report_progress(rollout: Rollout, status: str, reason: str, message: str) -> None:
    if has_deadline(rollout.deployment):
        said = condition(PROGRESSING, status, reason, message, rollout.store.now)
        rollout.status = with_condition(rollout.status, said)


def _store_status(rollout: Rollout) -> None:
    """Store what there is to report now, as there will be no end."""
    verbs.update_status(rollout.store, {**rollout.deployment, "status": rollout.status})


def _create_new(rollout: Rollout) -> Object:
    planned = _new_replica_set(rollout)
    try:
        new = verbs.create(rollout.store, planned)
    except StatusError as error:
        if error.reason == "AlreadyExists":
            return _existing(rollout, planned, error)
        if not has_cause(error, "NamespaceTerminating"):
            said = f'Failed to create new replica set "{name_of(planned)}": {error.message}'
            _report_progress(rollout, "False", RS_CREATE_ERROR, said)
            _store_status(rollout)
            _tell(rollout, RS_CREATE_ERROR, said, type_="Warning")
        raise
    if replicas(new):
        _tell_scaled(rollout, name_of(new), 0, replicas(new))
    _set_revision(rollout, annotations_of(new)[REVISION])
    _report_progress(rollout, "True", NEW_RS, f'Created new replica set "{name_of(new)}"')
    return new


def _existing(rollout: Rollout, planned: Object, error: StatusError) -> Object:
    """The ReplicaSet that has the planned one's name, if it is what was planned.

    Else two templates have the same hash, and the next attempt takes another: raises `error`.
    """
    deployment = rollout.deployment
    there = verbs.get(rollout.store, *key_of(planned))
    owner = controller_of(there)
    ours = owner is not None and owner["uid"] == uid_of(deployment)
    if ours and same_template(there["spec"]["template"], deployment["spec"]["template"]):
        return there
    count = rollout.status.get("collisionCount", 0) + 1
    rollout.status = {**rollout.status, "collisionCount": count}
    _store_status(rollout)
    raise error


def _new_replica_set(rollout: Rollout) -> Object:
    deployment = rollout.deployment
    spec, template = deployment["spec"], deployment["spec"]["template"]
    hashed = template_hash(template, (deployment.get("status") or {}).get("collisionCount"))
    labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH_LABEL: hashed}
    planned: Object = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": replica_set_name(deployment, hashed),
            "namespace": namespace_of(deployment),
            "labels": labels,
            "ownerReferences": [controller_reference(deployment)],
        },
        "spec": {
            "replicas": 0,
            "selector": with_label(spec["selector"], HASH_LABEL, hashed),
            "template": with_value(template, ("metadata", "labels"), labels),
        },
    }
    if spec.get("minReadySeconds"):
        planned["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    planned["spec"]["replicas"] = new_replicas(deployment, [*rollout.old, planned], planned)
    revision = max(map(revision_of, rollout.old), default=0) + 1
    annotations = new_annotations(deployment, {}, revision)
    planned["metadata"]["annotations"] = {**annotations, **replicas_annotations(deployment)}
    return planned
