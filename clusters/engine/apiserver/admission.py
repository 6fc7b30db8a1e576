"""What is added to, and demanded of, every request before it is carried out.

Models the admission plugins NamespaceLifecycle, DefaultTolerationSeconds and ServiceAccount
(`plugin/pkg/admission`), and in place of ResourceQuota the limits of a sandbox.
"""

from typing import Final

from clusters.engine import cluster
from clusters.engine.apiserver.errors import forbidden, not_found
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.objects import Object, is_deleting
from clusters.engine.store import Overlay

IMMORTAL_NAMESPACES: Final = frozenset({"default", "kube-system", "kube-public"})
DEFAULT_LIMITS: Final = {"nodes": 100, "pods": 1000}
_NODE_PROBLEMS: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_TOLERATION_SECONDS: Final = 300


def admit(store: Overlay, obj: Object) -> Object:
    """A new object as it may be stored. Raises 403 Forbidden, 404 for a missing namespace."""
    kind = obj["kind"]
    resource = BY_KIND.get(kind)
    if resource is None:
        return obj
    if resource.namespaced:
        _demand_namespace(store, obj)
    if kind in ("Node", "Pod"):
        _demand_room(store, obj, resource.plural)
    return {**obj, "spec": admitted_pod_spec(obj["spec"])} if kind == "Pod" else obj


def may_delete(kind: str, name: str) -> None:
    """Raises 403 Forbidden for the namespaces that a cluster cannot do without."""
    if kind == "Namespace" and name in IMMORTAL_NAMESPACES:
        raise forbidden(kind, name, "this namespace may not be deleted")


def admitted_pod_spec(spec: Object) -> Object:
    """A pod's spec with its service account, and tolerations for nodes that fail for a while."""
    tolerations = spec.get("tolerations") or []
    added = [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _TOLERATION_SECONDS}
        for key in _NODE_PROBLEMS
        if not any(_tolerates(toleration, key) for toleration in tolerations)
    ]
    account = spec.get("serviceAccountName") or "default"
    filled = {**spec, "serviceAccountName": account, "serviceAccount": account}
    if added:
        filled["tolerations"] = [*tolerations, *added]
    return filled


def _tolerates(toleration: Object, key: str) -> bool:
    return toleration.get("key", "") in ("", key) and toleration.get("effect", "") in ("", "NoExecute")


def _demand_namespace(store: Overlay, obj: Object) -> None:
    name = obj["metadata"].get("namespace", "")
    namespace = store.get("Namespace", "", name)
    if namespace is None:
        raise not_found("Namespace", name)
    if is_deleting(namespace):
        why = f"unable to create new content in namespace {name} because it is being terminated"
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {name} is being terminated",
            "field": "metadata.namespace",
        }
        raise forbidden(obj["kind"], obj["metadata"]["name"], why, [cause])


def _demand_room(store: Overlay, obj: Object, plural: str) -> None:
    settings = store.get(*cluster.KEY) or {}
    limit = ((settings.get("spec") or {}).get("limits") or DEFAULT_LIMITS).get(plural, DEFAULT_LIMITS[plural])
    if store.count(obj["kind"]) >= limit:
        why = f"exceeded quota: this cluster may have {limit} {plural}"
        raise forbidden(obj["kind"], obj["metadata"]["name"], why)
