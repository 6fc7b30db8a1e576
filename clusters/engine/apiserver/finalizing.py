"""The sub-resource finalize: whoever has cleaned up after a Namespace says so.

Models `FinalizeREST` of `pkg/registry/core/namespace/storage`. Left out: adding finalizers this way.
"""

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import conflict
from clusters.engine.objects import Object
from clusters.engine.store import Overlay


def finalize(store: Overlay, namespace: Object) -> Object:
    """Take those finalizers from the spec of a Namespace that `namespace` no longer has.

    The last one takes a Namespace that is being deleted with it. Returns the Namespace as it is now, or as
    it was last. Raises 404, 409 Conflict for another resourceVersion.
    """
    name = namespace["metadata"]["name"]
    stored = verbs.get(store, "Namespace", "", name)
    version = namespace["metadata"].get("resourceVersion")
    if version and version != stored["metadata"]["resourceVersion"]:
        raise conflict("Namespace", name)
    kept = (namespace.get("spec") or {}).get("finalizers") or []
    for finalizer in (stored.get("spec") or {}).get("finalizers") or []:
        if finalizer not in kept:
            stored = verbs.remove_finalizer(store, stored, finalizer) or stored
    return stored
