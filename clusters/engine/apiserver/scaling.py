"""The sub-resource scale: how many pods a controller keeps, as an object of its own.

Models `ScaleREST` of `pkg/registry/core/replicationcontroller/storage` and `pkg/registry/apps/*/storage`:
clients that know nothing of a kind scale it by its autoscaling/v1 Scale.
"""

from typing import Final

from clusters.engine.apiserver import fields, verbs
from clusters.engine.apiserver.errors import bad_request, invalid
from clusters.engine.apiserver.resources import Resource
from clusters.engine.label_selectors import format_label_selector
from clusters.engine.names import not_negative
from clusters.engine.objects import Object, with_value
from clusters.engine.store import MemoryStore, Overlay

_METADATA: Final = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale_of(obj: Object) -> Object:
    """The autoscaling/v1 Scale of a ReplicationController, ReplicaSet or Deployment."""
    metadata, spec = obj["metadata"], obj["spec"]
    selector = _selector_text(obj["kind"], spec.get("selector") or {})
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {field: metadata[field] for field in _METADATA if field in metadata},
        "spec": {"replicas": spec.get("replicas", 0)},
        "status": {
            "replicas": (obj.get("status") or {}).get("replicas", 0),
            **({"selector": selector} if selector else {}),
        },
    }


def get_scale(store: MemoryStore, resource: Resource, namespace: str, name: str) -> Object:
    """The Scale of a stored object. Raises 404 NotFound."""
    return scale_of(verbs.get(store, resource.kind, namespace, name))


def update_scale(store: Overlay, resource: Resource, namespace: str, name: str, scale: Object) -> Object:
    """Set how many pods an object keeps, as a Scale says.

    A uid or resourceVersion of the Scale is a precondition. Returns the Scale that is stored now. Raises
    400 for another name, 404, 409 Conflict, 422 Invalid.
    """
    before = verbs.get(store, resource.kind, namespace, name)
    metadata = scale["metadata"]
    if metadata.get("name", name) != name:
        raise bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL ({name})"
        )
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    errors = [fields.invalid("spec.replicas", replicas, said) for said in not_negative(replicas)]
    if errors:
        raise invalid("Scale.autoscaling", name, errors)
    asked = {field: metadata[field] for field in ("uid", "resourceVersion") if field in metadata}
    scaled = with_value(before, ("spec", "replicas"), replicas)
    scaled["metadata"] = {**before["metadata"], **asked}
    return scale_of(verbs.update(store, scaled, subresource="scale"))


def _selector_text(kind: str, selector: Object) -> str:
    # That of a ReplicationController is a plain map.
    return format_label_selector({"matchLabels": selector} if kind == "ReplicationController" else selector)
