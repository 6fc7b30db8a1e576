"""The verbs of the API server: what clients and controllers may do to objects.

Models the generic registry (`apiserver/pkg/registry/generic/registry/store.go`, `rest/create.go`,
`rest/update.go`, `rest/delete.go`) and the sub-resources of `pkg/registry/core/pod/storage`. Left out:
who may do what, and requests from afar: callers hand in the overlay they write to.

Every verb raises StatusError, with Kubernetes' own words, for what is refused.
"""

from clusters.engine import names
from clusters.engine.apiserver import admission, allocation, defaults, fields, last_applied, quota
from clusters.engine.apiserver.decoding import decode_strictly
from clusters.engine.apiserver.errors import (
    StatusError,
    already_exists,
    bad_request,
    conflict,
    invalid,
    not_found,
)
from clusters.engine.apiserver.fieldmanager import managed_fields
from clusters.engine.apiserver.fieldmanager.managed_fields import Entries
from clusters.engine.apiserver.names import generate
from clusters.engine.apiserver.patches.three_way import three_way_merge
from clusters.engine.apiserver.reporting import reported
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.apiserver.schema import struct_of
from clusters.engine.apiserver.strategies import Strategy, strategy_of
from clusters.engine.changes import by_person
from clusters.engine.clock import rfc3339
from clusters.engine.objects import (
    REMOVE,
    Key,
    Object,
    is_deleting,
    is_finished,
    key_of,
    public,
    simulation_of,
    with_simulation,
    with_status,
    with_value,
)
from clusters.engine.store import MemoryStore, Overlay

_GENERATE_ATTEMPTS = 8
_KEPT_METADATA = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "resourceVersion",
)
_SERVER_METADATA = frozenset({*_KEPT_METADATA, "selfLink", "managedFields"})


def get(store: MemoryStore, kind: str, namespace: str, name: str) -> Object:
    """The stored object. Raises 404 NotFound."""
    obj = store.get(kind, namespace, name)
    if obj is None:
        raise not_found(kind, name)
    return obj


def create(store: Overlay, obj: Object, *, dry_run: bool = False, entries: Entries | None = None) -> Object:
    """Store a new object, filled in, checked and with everything that the server allocates.

    Returns what was stored, or with `dry_run` what would be. `entries` are its managedFields if they are
    known already. Raises 409 AlreadyExists, 413 for one that is too large, 422 Invalid, 403 Forbidden, 404
    for a missing namespace.
    """
    strategy = strategy_of(obj["kind"])
    asked, obj = obj, _prepared(store, obj, strategy)
    if store.entry(key_of(obj)) is not None:
        raise already_exists(obj["kind"], obj["metadata"]["name"])
    admission.may_create(store, obj)
    obj = strategy.default(obj)
    if entries is None:
        obj = managed_fields.created(store, asked, obj)
    else:
        obj = managed_fields.with_entries(obj, entries)
    admission.may_store(store, obj)
    errors = strategy.validate(obj)
    if not errors:
        obj, errors = allocation.allocate(store, obj)
    if errors:
        raise invalid(obj["kind"], obj["metadata"]["name"], errors)
    if obj["kind"] == "Pod" and obj["spec"].get("nodeName"):
        # Somebody who names the node himself goes round the scheduler and its binding.
        obj = with_simulation(obj, slot=_free_slot(store, obj["spec"]["nodeName"]))
    if dry_run:
        return obj
    quota.charge(store, obj)
    return store.create(obj)


def update(
    store: Overlay,
    obj: Object,
    *,
    subresource: str = "",
    dry_run: bool = False,
    entries: Entries | None = None,
) -> Object:
    """Store new metadata and a new spec; the status stays as it is.

    A resourceVersion or uid in `obj` is a precondition. An object that waits for its deletion goes with
    its last finalizer. `subresource` is by which path the spec was changed; `entries` are the
    managedFields if they are known already. Returns what is stored now. Raises 403, 404, 409 Conflict, 413,
    422 Invalid.
    """
    before = _current(store, obj)
    strategy = strategy_of(obj["kind"], subresource)
    # As if it were read from etcd: what was stored before a default was known has it too.
    before = strategy.default(before)
    asked, obj = obj, strategy.carry_over(strategy.default(_merged(obj, before)), before)
    obj = _noted(store, asked, before, obj, subresource, entries)
    admission.may_store(store, obj)
    errors = [*strategy.validate(obj), *strategy.validate_update(obj, before)]
    if not errors:
        obj, errors = allocation.allocate(store, obj)
    if errors:
        raise invalid(obj["kind"], obj["metadata"]["name"], errors)
    if strategy.counts_generations and _content(obj) != _content(before):
        obj = _next_generation(obj)
    if dry_run:
        return obj
    if obj["kind"] == "Service":
        quota.charge(store, obj, before)
    return _stored(store, obj)


def update_status(
    store: Overlay, obj: Object, *, dry_run: bool = False, entries: Entries | None = None
) -> Object:
    """Store the status, and what the simulator remembers, of `obj`; nothing else of it is taken.

    A person's is checked, and has no say in what the simulator remembers. `entries` are as for `update`. A
    resourceVersion in `obj` that is not the stored one is 409 Conflict. Raises 422 Invalid.
    """
    before = _current(store, obj)
    if by_person(store.actor):
        obj = reported(obj, before)
    changed = {**before, "status": obj.get("status")}
    if "simulation" in obj:
        changed["simulation"] = obj["simulation"]
    changed = _noted(store, obj, before, changed, "status", entries)
    admission.may_store(store, changed)
    return changed if dry_run else store.update(changed)


def update_simulation(store: Overlay, obj: Object) -> Object:
    """Store only what the simulator remembers about `obj`."""
    before = _current(store, obj)
    return store.update({**before, "simulation": obj["simulation"]})


def delete(
    store: Overlay,
    kind: str,
    namespace: str,
    name: str,
    *,
    grace_seconds: int | None = None,
    propagation: str = "Background",
    uid: str | None = None,
) -> Object:
    """Delete an object, or mark it as being deleted while grace period or finalizers hold it.

    `grace_seconds` is for pods (None: what the pod says; 0: at once). `propagation` is Background,
    Foreground or Orphan. `uid` is a precondition. Deleting again may only shorten the grace period.
    Returns the object as it is now, or as it was last.
    """
    obj = get(store, kind, namespace, name)
    if uid is not None and uid != obj["metadata"]["uid"]:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {obj['metadata']['uid']}"
        raise conflict(kind, name, why)
    admission.may_delete(kind, name)
    if is_deleting(obj):
        # Somebody deleted it before; now it may at most have less time.
        had = obj["metadata"]["deletionGracePeriodSeconds"]
        if grace_seconds is None or max(0, grace_seconds) >= had:
            return obj
        deleted_at = simulation_of(obj).get("deletedAt", store.now)
        return _stored(store, _marked(store, obj, max(0, grace_seconds), deleted_at))
    obj = with_value(obj, ("metadata", "finalizers"), _finalizers(obj, propagation))
    return _stored(store, _marked(store, obj, _grace(obj, grace_seconds), store.now))


def remove_finalizer(store: Overlay, obj: Object, finalizer: str) -> Object | None:
    """Take a finalizer from an object, for a Namespace also from its spec.

    Returns the object, None if that was what held it and it is gone now.
    """
    before = _current(store, with_value(obj, ("metadata", "resourceVersion"), REMOVE))
    changed = before
    for part in ("metadata", "spec"):
        held = (before.get(part) or {}).get("finalizers") or []
        if finalizer in held:
            changed = with_value(changed, (part, "finalizers"), [name for name in held if name != finalizer])
    if changed is before:
        return before
    _stored(store, changed)
    return store.get(*key_of(before))


def bind(store: Overlay, namespace: str, name: str, node: str) -> Object:
    """Assign a pod to a node, as the sub-resource pods/binding does. Raises 409 if it has one."""
    pod = get(store, "Pod", namespace, name)
    assigned = pod["spec"].get("nodeName")
    if assigned:
        raise _binding_conflict(name, f'pod {name} is already assigned to node "{assigned}"')
    if is_deleting(pod):
        raise _binding_conflict(name, f"pod {name} is being deleted, cannot be assigned to a host")
    scheduled = {
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": rfc3339(store.now),
    }
    status = pod.get("status") or {}
    others = [c for c in status.get("conditions") or () if c["type"] != "PodScheduled"]
    pod = {
        **with_simulation(pod, slot=_free_slot(store, node)),
        "spec": {**pod["spec"], "nodeName": node},
        "status": {**status, "conditions": [*others, scheduled]},
    }
    return store.update(pod)


def scale(store: Overlay, kind: str, namespace: str, name: str, replicas: int) -> Object:
    """Set how many pods a controller keeps, as the sub-resource scale does. Raises 422 Invalid."""
    obj = get(store, kind, namespace, name)
    errors = [fields.invalid("spec.replicas", replicas, said) for said in names.not_negative(replicas)]
    if errors:
        raise invalid("Scale.autoscaling", name, errors)
    return update(store, with_value(obj, ("spec", "replicas"), replicas))


def apply(store: Overlay, manifest: Object) -> tuple[Object, str]:
    """Create what a manifest describes, or change it so that it does, as `kubectl apply` would.

    `manifest` comes from `manifests.parse_manifests`; unknown fields are refused. What somebody else set
    and no manifest ever did, stays. Returns the object and "created", "configured" or "unchanged".
    Raises what create and update raise, and 400 BadRequest.
    """
    obj = last_applied.annotated(_placed(decode_strictly(manifest)))
    before = store.get(*key_of(obj))
    if before is None:
        return create(store, with_value(obj, ("metadata", "resourceVersion"), REMOVE)), "created"
    struct = struct_of(obj["apiVersion"], obj["kind"])
    merged = three_way_merge(struct, last_applied.manifest_of(before), obj, public(before))
    after = update(store, merged)
    return after, "unchanged" if after is before else "configured"


def _placed(obj: Object) -> Object:
    metadata = dict(obj["metadata"])
    if not metadata.get("name"):
        generates = metadata.get("generateName")
        raise bad_request(
            "cannot use generate name with apply" if generates else "resource name may not be empty"
        )
    if BY_KIND[obj["kind"]].namespaced:
        metadata["namespace"] = metadata.get("namespace") or "default"
    else:
        metadata.pop("namespace", None)
    return {**obj, "metadata": metadata}


def _prepared(store: Overlay, obj: Object, strategy: Strategy) -> Object:
    metadata = {field: value for field, value in obj["metadata"].items() if field not in _SERVER_METADATA}
    if obj["metadata"].get("resourceVersion"):
        raise bad_request("resourceVersion should not be set on objects to be created")
    if not metadata.get("name"):
        metadata["name"] = _generated(store, obj, metadata)
    if strategy.counts_generations:
        metadata["generation"] = 1
    obj = {**obj, "metadata": metadata}
    if strategy.status is not None:
        obj["status"] = strategy.status(obj)
    return obj


def _generated(store: Overlay, obj: Object, metadata: Object) -> str:
    base = metadata.get("generateName")
    if not base:
        raise invalid(obj["kind"], "", [fields.required("metadata.name", "name or generateName is required")])
    for attempt in range(_GENERATE_ATTEMPTS):
        name = generate(store, base, attempt)
        if store.entry(Key(obj["kind"], metadata.get("namespace", ""), name)) is None:
            break
    return name


def _current(store: Overlay, obj: Object) -> Object:
    key = key_of(obj)
    before = store.get(*key)
    if before is None:
        raise not_found(key.kind, key.name)
    stored, given = before["metadata"], obj["metadata"]
    if given is not stored:
        uid = given.get("uid")
        if uid and uid != stored["uid"]:
            why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {stored['uid']}"
            raise conflict(key.kind, key.name, why)
        version = given.get("resourceVersion")
        if version and version != stored["resourceVersion"]:
            raise conflict(key.kind, key.name)
    return before


def _merged(obj: Object, before: Object) -> Object:
    stored = before["metadata"]
    metadata = {field: value for field, value in obj["metadata"].items() if field not in _SERVER_METADATA}
    metadata.update({field: stored[field] for field in _KEPT_METADATA if field in stored})
    merged = {**obj, "metadata": metadata}
    for field in ("status", "simulation"):
        merged.pop(field, None)
        if field in before:
            merged[field] = before[field]
    return merged


def _noted(
    store: Overlay, asked: Object, before: Object, obj: Object, subresource: str, entries: Entries | None
) -> Object:
    if entries is None:
        return managed_fields.updated(store, asked, before, obj, subresource)
    return managed_fields.with_entries(obj, entries)


def _next_generation(obj: Object) -> Object:
    return with_value(obj, ("metadata", "generation"), obj["metadata"].get("generation", 0) + 1)


def _grace(obj: Object, asked: int | None) -> int:
    if obj["kind"] != "Pod" or not obj["spec"].get("nodeName") or is_finished(obj):
        return 0
    if asked is None:
        asked = int(obj["spec"].get("terminationGracePeriodSeconds", defaults.GRACE_PERIOD))
    return 1 if asked < 0 else asked


def _marked(store: Overlay, obj: Object, grace: int, deleted_at: float) -> Object:
    delete_at = max(store.now, deleted_at + grace)
    metadata = {
        **obj["metadata"],
        "deletionTimestamp": rfc3339(delete_at),
        "deletionGracePeriodSeconds": grace,
    }
    if not metadata.get("finalizers"):
        metadata.pop("finalizers", None)
    if "generation" in metadata and not is_deleting(obj):
        metadata["generation"] += 1
    marked = {**with_simulation(obj, deletedAt=deleted_at, deleteAt=delete_at), "metadata": metadata}
    return with_status(marked, phase="Terminating") if obj["kind"] == "Namespace" else marked


def _finalizers(obj: Object, propagation: str) -> list[str]:
    asked = {"Orphan": ["orphan"], "Foreground": ["foregroundDeletion"]}.get(propagation, [])
    kept = obj["metadata"].get("finalizers") or []
    return [name for name in kept if name not in ("orphan", "foregroundDeletion")] + asked


def _stored(store: Overlay, obj: Object) -> Object:
    if _holds_nothing(obj):
        return store.delete(key_of(obj))
    return store.update(obj)


def _holds_nothing(obj: Object) -> bool:
    metadata = obj["metadata"]
    if not is_deleting(obj) or metadata.get("deletionGracePeriodSeconds") or metadata.get("finalizers"):
        return False
    return obj["kind"] != "Namespace" or not obj["spec"].get("finalizers")


def _content(obj: Object) -> Object:
    return {part: value for part, value in obj.items() if part not in ("metadata", "status", "simulation")}


def _free_slot(store: Overlay, node: str) -> int:
    taken = {simulation_of(pod).get("slot") for pod in store.indexed("pods-by-node", node)}
    slot = 0
    while slot in taken:
        slot += 1
    return slot


def _binding_conflict(name: str, why: str) -> StatusError:
    return conflict("pods/binding", name, why)
