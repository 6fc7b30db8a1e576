"""Server-side apply: a manager says which fields it wants, and owns them.

Models the managers of apimachinery's `pkg/util/managedfields/internal` around `structured_merge.py`. A
configuration that is not of its type is 400 here, where upstream says 500 with the same words.
"""

import json
from typing import Any, Final

from clusters.engine.apiserver import fields as field_errors
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.decoding import decode, demand_name
from clusters.engine.apiserver.errors import StatusError, bad_request, conflict, invalid, not_found
from clusters.engine.apiserver.fieldmanager.field_sets import FieldSet, difference, holds, path_text, union
from clusters.engine.apiserver.fieldmanager.managed_fields import (
    APPLY,
    UPDATE,
    Entries,
    Owner,
    entries_of,
    has_status,
    moved,
)
from clusters.engine.apiserver.fieldmanager.structured_merge import Conflict, ConflictsError, apply_config
from clusters.engine.apiserver.fieldmanager.typed import Comparison, compare, fields_of
from clusters.engine.apiserver.fieldmanager.typed_validation import errors_of
from clusters.engine.apiserver.fields import quoted
from clusters.engine.apiserver.last_applied import ANNOTATION
from clusters.engine.apiserver.resources import Resource
from clusters.engine.apiserver.schema import struct_of
from clusters.engine.clock import rfc3339
from clusters.engine.objects import REMOVE, Object, annotations_of, public, with_value
from clusters.engine.store import Overlay

BEFORE_FIRST_APPLY: Final = "before-first-apply"
KUBECTL: Final = "kubectl"
"""The manager of `kubectl apply --server-side`, who may take over from `kubectl apply`."""

_IDENTITY: Final = ("name", "namespace", "uid", "resourceVersion")
_SCALE: Final = ("autoscaling/v1", "Scale")


def apply(
    store: Overlay,
    resource: Resource,
    namespace: str,
    name: str,
    body: Any,
    *,
    force: bool = False,
    subresource: str = "",
) -> tuple[Object, bool]:
    """Apply a configuration in the name of the overlay's manager.

    `subresource` is "", status, ephemeralcontainers or scale (the body is a Scale then). `force` takes
    fields from those who manage them. Returns the object that is stored now and whether it is new. Raises
    400 for what is no configuration of this object, 409 for conflicts, and what the verbs create and
    update raise.
    """
    if not store.manager:
        required = field_errors.required("fieldManager", "is required for apply patch")
        raise invalid("PatchOptions.meta.k8s.io", "", [required])
    config = _config(resource, body, subresource)
    before = store.get(resource.kind, namespace, name)
    if before is None and subresource:
        raise not_found(resource.kind, name)
    owner = Owner(store.manager, APPLY, "", subresource)
    try:
        live, entries = _live(store, before, subresource)
        merged, entries = _applied(live, config, entries, owner, force)
    except ConflictsError as error:
        raise _conflict(error.conflicts) from error
    except ValueError as error:
        said = _said_name(before or config)
        raise bad_request(f"failed to create typed live object ({said}): {error}") from error
    if merged != live and owner in entries:
        entries[owner] = entries[owner]._replace(time=rfc3339(store.now))
    if owner.manager == KUBECTL and annotations_of(merged).get(ANNOTATION):
        merged = with_value(merged, ("metadata", "annotations", ANNOTATION), _remembered(body))
    obj = decode(merged)[0]
    demand_name(obj, namespace, name)
    if before is None:
        return _created(store, obj, entries), True
    return _updated(store, before, obj, entries, subresource), False


def _config(resource: Resource, body: Any, subresource: str) -> Object:
    """The configuration, without what this path does not write."""
    if not isinstance(body, dict):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}"
        )
    expected = _SCALE if subresource == "scale" else (resource.api_version, resource.kind)
    if (body.get("apiVersion"), body.get("kind")) != expected:
        raise bad_request(f"invalid object type: {_group_version_kind(body)}")
    if errors := errors_of(struct_of(*expected), body):
        said = errors[0] if len(errors) == 1 else "\n  ".join(["errors:", *errors])
        raise bad_request(f"failed to create typed patch object ({_said_name(body)}): {said}")
    metadata = body.get("metadata") or {}
    if metadata.get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    if not subresource:
        return {part: value for part, value in body.items() if part != "status" or not has_status(body)}
    named = {field: metadata[field] for field in _IDENTITY if field in metadata}
    config = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": named}
    if subresource == "status":
        return {**config, "status": body["status"]} if "status" in body else config
    written = "replicas" if subresource == "scale" else "ephemeralContainers"
    spec = body.get("spec") or {}
    return {**config, "spec": {written: spec[written]}} if written in spec else config


def _live(store: Overlay, before: Object | None, subresource: str) -> tuple[Object, Entries]:
    """The object as it is, without its entries, and these."""
    if before is None:
        return {}, {}
    entries = entries_of(before["metadata"].get("managedFields") or ())
    live = with_value(public(before), ("metadata", "managedFields"), REMOVE)
    if entries:
        return live, entries
    # Nobody has noted who wrote this; it stays somebody else's than those who apply.
    found = compare(struct_of(live["apiVersion"], live["kind"]), {}, live)
    part = "f:spec" if subresource == "status" else "f:status"
    added = {element: node for element, node in union(found.modified, found.added).items() if element != part}
    owner = Owner(BEFORE_FIRST_APPLY, UPDATE, live["apiVersion"], subresource)
    return live, moved({}, Comparison({}, {}, added), owner, rfc3339(store.now))


def _applied(
    live: Object, config: Object, entries: Entries, owner: Owner, force: bool
) -> tuple[Object, Entries]:
    struct = struct_of(config["apiVersion"], config["kind"])
    try:
        return apply_config(struct, live, config, entries, owner, force=force)
    except ConflictsError as error:
        if owner.manager != KUBECTL:
            raise
        # Who comes from `kubectl apply` keeps what that has written and nobody has changed.
        own = _last_applied(live)
        left = [(other, path) for other, path in error.conflicts if not holds(own, path)]
        if left:
            raise ConflictsError(left) from error
        return apply_config(struct, live, config, entries, owner, force=True)


def _last_applied(live: Object) -> FieldSet:
    struct = struct_of(live["apiVersion"], live["kind"])
    try:
        last = json.loads(annotations_of(live).get(ANNOTATION, ""))
        if (
            not isinstance(last, dict)
            or last.get("apiVersion") != live["apiVersion"]
            or errors_of(struct, last)
        ):
            return {}
        found = compare(struct, last, live)
        return difference(fields_of(struct, last), union(union(found.modified, found.added), found.removed))
    except (ValueError, RecursionError):
        return {}


def _remembered(config: Object) -> str:
    bare = with_value(config, ("metadata", "annotations", ANNOTATION), REMOVE)
    return json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def _created(store: Overlay, obj: Object, entries: Entries) -> Object:
    uid = obj["metadata"].get("uid")
    if uid:
        why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        raise conflict(obj["kind"], obj["metadata"]["name"], why)
    return verbs.create(store, obj, entries=entries)


def _updated(store: Overlay, before: Object, obj: Object, entries: Entries, subresource: str) -> Object:
    stored = entries_of(before["metadata"].get("managedFields") or ())
    if _without_times(stored) == _without_times(entries):
        # Times alone are no reason to write.
        tried = _write(store, obj, stored, subresource, dry_run=True)
        if tried == before:
            return before
    return _write(store, obj, entries, subresource)


def _write(
    store: Overlay, obj: Object, entries: Entries, subresource: str, *, dry_run: bool = False
) -> Object:
    if subresource == "status":
        return verbs.update_status(store, obj, dry_run=dry_run, entries=entries)
    return verbs.update(store, obj, subresource=subresource, dry_run=dry_run, entries=entries)


def _without_times(entries: Entries) -> Entries:
    return {owner: entry._replace(time="") for owner, entry in entries.items()}


def _conflict(conflicts: list[Conflict]) -> StatusError:
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {_owner_text(owner)}",
            "field": path_text(path),
        }
        for owner, path in conflicts
    ]
    if len(conflicts) == 1:
        said = f"1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        lines: dict[str, list[str]] = {}
        for owner, path in conflicts:
            lines.setdefault(f"conflicts with {_owner_text(owner)}:", []).append(f"- {path_text(path)}")
        listed = "\n".join("\n".join([who, *which]) for who, which in lines.items())
        said = f"{len(conflicts)} conflicts: {listed}"
    return StatusError(409, "Conflict", f"Apply failed with {said}", {"causes": causes})


def _owner_text(owner: Owner) -> str:
    text = quoted(owner.manager)
    if owner.subresource:
        text += f" with subresource {quoted(owner.subresource)}"
    return f"{text} using {owner.version}" if owner.operation == UPDATE else text


def _said_name(obj: Object) -> str:
    metadata = obj.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return f"{metadata.get('namespace') or ''}/{metadata.get('name') or ''}; {_group_version_kind(obj)}"


def _group_version_kind(obj: Object) -> str:
    group, _, version = str(obj.get("apiVersion") or "").rpartition("/")
    return f"{group}/{version}, Kind={obj.get('kind') or ''}"
