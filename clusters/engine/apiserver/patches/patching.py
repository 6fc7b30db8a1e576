"""The verb patch: an object is read, patched as clients see it, checked, and written by the other verbs.

Models `pkg/endpoints/handlers/patch.go` of apiserver. Left out: audit, and trying again, as nobody else
writes to an overlay.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from clusters.engine.apiserver import fields, scaling, verbs
from clusters.engine.apiserver.decoding import DecodeError, decode_fields, demand_name
from clusters.engine.apiserver.errors import invalid
from clusters.engine.apiserver.fieldmanager import server_side_apply
from clusters.engine.apiserver.fields import quoted
from clusters.engine.apiserver.go_text import go_text, json_type
from clusters.engine.apiserver.patches.json_patch import apply_json_patch, complaints_about
from clusters.engine.apiserver.patches.merge_patch import apply_merge_patch
from clusters.engine.apiserver.patches.strategic_patch import apply_strategic_patch
from clusters.engine.apiserver.resources import Resource
from clusters.engine.apiserver.schema import struct_of
from clusters.engine.objects import Object, public
from clusters.engine.store import Overlay

JSON: Final = "application/json-patch+json"
MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
APPLY: Final = "application/apply-patch+yaml"

STRICT: Final = "Strict"
IGNORE: Final = "Ignore"


class Patched(NamedTuple):
    """What a patch led to: the object (or Scale) as it is now, whether it is new, and warnings."""

    object: Object
    created: bool
    warnings: list[str]


def apply_patch(
    store: Overlay,
    resource: Resource,
    namespace: str,
    name: str,
    patch_type: str,
    body: Any,
    *,
    subresource: str = "",
    force: bool = False,
    validation: str = "Warn",
    complaints: Sequence[str] = (),
) -> Patched:
    """Patch one object; what the patch leaves as it was is not written.

    `patch_type` is JSON, MERGE, STRATEGIC or APPLY, `body` the parsed patch and `complaints` what is wrong
    with its text, such as `duplicate field "spec.x"`. `validation` is Strict, Warn or Ignore. `subresource`
    is "", status, scale or ephemeralcontainers. `force` is for APPLY, which makes an object too; see
    `server_side_apply`. Raises 404, 400 and 422 for a patch that cannot be applied, and what the verb
    raises that writes the object.
    """
    if patch_type == APPLY:
        applied, created = server_side_apply.apply(
            store, resource, namespace, name, body, force=force, subresource=subresource
        )
        stored = scaling.scale_of(applied) if subresource == "scale" else applied
        return Patched(stored, created, list(complaints))
    before = verbs.get(store, resource.kind, namespace, name)
    current = scaling.scale_of(before) if subresource == "scale" else public(before)
    patched = _patched(patch_type, current, body)
    if patch_type == JSON:
        complaints = [*complaints, *complaints_about(body)]
    try:
        decoded, warnings = _decoded(patched, current, validation, complaints)
    except DecodeError as error:
        shown = go_text(body) if patch_type == STRATEGIC else quoted(patched)
        raise invalid("", "", [fields.invalid("patch", shown, str(error))]) from error
    demand_name(decoded, namespace, name)
    if decoded == decode_fields(current)[0]:
        # Decoding may have left out nulls that the stored object has: that alone is no change.
        return Patched(current if subresource == "scale" else before, False, warnings)
    return Patched(_written(store, resource, subresource, decoded), False, warnings)


def _patched(patch_type: str, current: Object, body: Any) -> Any:
    if patch_type == JSON:
        return apply_json_patch(current, body)
    if patch_type == MERGE:
        return apply_merge_patch(current, body)
    return apply_strategic_patch(struct_of(current["apiVersion"], current["kind"]), current, body)


def _decoded(
    patched: Any, current: Object, validation: str, complaints: Sequence[str]
) -> tuple[Object, list[str]]:
    """The patched object with canonical texts, and warnings about what it has too much."""
    if not isinstance(patched, dict):
        raise DecodeError(f"json: cannot unmarshal {json_type(patched)} into Go value of type struct")
    types = {field: current[field] for field in ("apiVersion", "kind")}
    said = {**types, **patched}
    if any(said[field] != types[field] for field in types):
        raise DecodeError(_other_kind(said, current))
    decoded, unknown = decode_fields(said)
    if validation == IGNORE:
        return decoded, []
    complaints = [*complaints, *unknown]
    if complaints and validation == STRICT:
        raise DecodeError(f"strict decoding error: {', '.join(complaints)}")
    return decoded, complaints


def _other_kind(said: Object, current: Object) -> str:
    group, _, version = str(said["apiVersion"]).rpartition("/")
    package = current["apiVersion"].rpartition("/")[0].partition(".")[0] or "core"
    return f"unable to decode {group}/{version}, Kind={said['kind']} into *{package}.{current['kind']}"


def _written(store: Overlay, resource: Resource, subresource: str, obj: Object) -> Object:
    if subresource == "scale":
        namespace, name = obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
        return scaling.update_scale(store, resource, namespace, name, obj)
    if subresource == "status":
        return verbs.update_status(store, obj)
    return verbs.update(store, obj, subresource=subresource)
