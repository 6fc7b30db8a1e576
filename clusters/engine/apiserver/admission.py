"""What is added to, and demanded of, every request before it is carried out.

Models the admission plugins NamespaceLifecycle, DefaultTolerationSeconds, Priority and ServiceAccount
(`plugin/pkg/admission`), and the limits of a sandbox besides; ResourceQuota is in `quota.py`. Left out: the
volume with the account's token.
"""

from typing import Final

from clusters.engine import cluster
from clusters.engine.apiserver.errors import forbidden, method_not_supported, not_found, too_large
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.changes import by_person, encode
from clusters.engine.objects import Key, Object, is_deleting, key_of, name_of, namespace_of
from clusters.engine.store import Overlay

IMMORTAL_NAMESPACES: Final = frozenset({"default", "kube-system", "kube-public"})
DEFAULT_LIMITS: Final = {
    "ConfigMap": 1000,
    "Deployment": 1000,
    "Endpoints": 2000,
    "EndpointSlice": 2000,
    "Event": 5000,
    "Namespace": 100,
    "Node": 100,
    "Pod": 1000,
    "PodDisruptionBudget": 1000,
    "ReplicaSet": 4000,
    "ReplicationController": 1000,
    "ResourceQuota": 200,
    "Secret": 1000,
    "Service": 1000,
    "ServiceAccount": 1000,
}
"""How many a cluster may have; its `Cluster` object may say otherwise in spec.limits, by plural."""
_FOLLOWS: Final = frozenset({"Endpoints", "EndpointSlice", "Event"})
"""Kinds that components make by themselves, as much as the rest asks for: only people are refused."""
LARGEST: Final = 512 * 1024
"""Bytes of JSON that people may make an object of, where etcd takes 1.5 MiB: controllers go through all of it
again and again."""
LARGEST_OF_DATA: Final = 2 * 1024 * 1024
"""The same of ConfigMaps and Secrets, which are only kept; upstream they may have 1 MiB of data."""
_DATA: Final = frozenset({"ConfigMap", "Secret"})
SMALL: Final = 16 * 1024
MOST_BYTES: Final = 32 * 1024 * 1024
"""Bytes of JSON in a cluster up to which people may store objects that are not SMALL."""
_NODE_PROBLEMS: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_TOLERATION_SECONDS: Final = 300


def may_create(store: Overlay, obj: Object) -> None:
    """Raises 403 Forbidden for an object there is no room for, 404 for a missing namespace,
    405 for what is not stored."""
    resource = BY_KIND.get(obj["kind"])
    if resource is None:
        return
    if resource.derived:
        raise method_not_supported(resource.kind, "create")
    if resource.namespaced:
        _demand_namespace(store, obj)
    if resource.kind == "Pod":
        _demand_account(store, obj)
    if resource.kind not in _FOLLOWS or by_person(store.actor):
        _demand_room(store, obj, resource.plural)


def may_store(store: Overlay, obj: Object) -> None:
    """Raises 413 RequestEntityTooLarge for a state of an object that is too large, and 403 Forbidden if too
    many large ones are there. What components make is not looked at."""
    size = len(encode(obj)) if by_person(store.actor) else 0
    if size <= SMALL:
        return
    limit = LARGEST_OF_DATA if obj["kind"] in _DATA else LARGEST
    if size > limit:
        raise too_large(f"the object is too large: {size} bytes, where the limit is {limit}")
    before = store.entry(key_of(obj))
    had = before.size if before is not None else 0
    if size > had and store.size() - had + size > MOST_BYTES:
        why = f"exceeded quota: this cluster may have {MOST_BYTES} bytes of objects"
        raise forbidden(obj["kind"], name_of(obj), why)


def may_delete(kind: str, name: str) -> None:
    """Raises 403 Forbidden for the namespaces that a cluster cannot do without."""
    if kind == "Namespace" and name in IMMORTAL_NAMESPACES:
        raise forbidden(kind, name, "this namespace may not be deleted")


def admitted_pod_spec(spec: Object) -> Object:
    """A pod's spec with its priority and account, and tolerations for nodes that fail for a while."""
    tolerations = spec.get("tolerations") or []
    added = [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _TOLERATION_SECONDS}
        for key in _NODE_PROBLEMS
        if not any(_tolerates(toleration, key) for toleration in tolerations)
    ]
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    filled = {
        "priority": 0,
        "preemptionPolicy": "PreemptLowerPriority",
        **spec,
        "serviceAccountName": account,
        "serviceAccount": account,
    }
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


def _demand_account(store: Overlay, pod: Object) -> None:
    spec, namespace = pod.get("spec") or {}, namespace_of(pod)
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    if store.entry(Key("ServiceAccount", namespace, account)) is None:
        missing = f'serviceaccount "{account}" not found'
        why = f"error looking up service account {namespace}/{account}: {missing}"
        raise forbidden("Pod", name_of(pod), why)


def _demand_room(store: Overlay, obj: Object, plural: str) -> None:
    settings = store.get(*cluster.KEY) or {}
    limits = (settings.get("spec") or {}).get("limits") or {}
    limit = limits.get(plural, DEFAULT_LIMITS[obj["kind"]])
    if store.count(obj["kind"]) >= limit:
        why = f"exceeded quota: this cluster may have {limit} {plural}"
        raise forbidden(obj["kind"], obj["metadata"]["name"], why)
