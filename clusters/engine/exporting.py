"""What people made in a cluster, as manifests that `kubectl apply` takes on another one.

Left out are objects that a controller owns or that every cluster comes with, and of the others what a
server fills in by itself: status, identity, allocated addresses and ports, defaults.
"""

from collections.abc import Callable
from typing import Any, Final

from clusters.engine.apiserver import last_applied
from clusters.engine.apiserver.resources import RESOURCES
from clusters.engine.apiserver.strategies import strategy_of
from clusters.engine.objects import (
    Key,
    Object,
    annotations_of,
    controller_of,
    is_deleting,
    key_of,
    labels_of,
    name_of,
    namespace_of,
)
from clusters.engine.store import MemoryStore

INSTALL_ORDER: Final = (
    "Namespace",
    "ResourceQuota",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "Service",
    "Endpoints",
    "EndpointSlice",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
)
"""As Helm installs: what others ask for comes first. Nodes and Events are nobody's to make."""
_OF_EVERY_CLUSTER: Final = frozenset(
    {
        Key("Namespace", "", "default"),
        Key("Service", "default", "kubernetes"),
        Key("Endpoints", "default", "kubernetes"),
        Key("EndpointSlice", "default", "kubernetes"),
    }
)
_OF_EVERY_NAMESPACE: Final = frozenset({("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")})
_MANAGED_BY: Final = "endpointslice.kubernetes.io/managed-by"
_BOOKKEEPING: Final = frozenset(
    {
        last_applied.ANNOTATION,
        "deployment.kubernetes.io/revision",
        "endpoints.kubernetes.io/last-change-trigger-time",
    }
)
_ALLOCATED: Final = ("clusterIP", "clusterIPs", "healthCheckNodePort", "ipFamilies", "ipFamilyPolicy")
_API_VERSIONS: Final = {resource.kind: resource.api_version for resource in RESOURCES}

_OUTLINE: Final = frozenset(
    {
        *("kind", "metadata", "name", "spec", "template", "type", "replicas", "strategy"),
        *("containers", "initContainers", "image", "ports", "port", "containerPort", "hostNetwork"),
        *("livenessProbe", "readinessProbe", "startupProbe", "httpGet", "path", "volumes"),
        *("configMap", "secret", "projected", "downwardAPI"),
    }
)
"""Fields on which defaults depend, or that make a manifest readable: they are never left out."""


def manifests(image: MemoryStore) -> list[Object]:
    """What people made, in the order in which it can be applied."""
    found = []
    for kind in INSTALL_ORDER:
        found += [_manifest(obj) for obj in image.list(kind) if _made_by_people(image, obj)]
    return found


def _made_by_people(image: MemoryStore, obj: Object) -> bool:
    key = key_of(obj)
    place = key.name if key.kind == "Namespace" else key.namespace
    if place.startswith("kube-") or key in _OF_EVERY_CLUSTER or (key.kind, key.name) in _OF_EVERY_NAMESPACE:
        return False
    if is_deleting(obj) or controller_of(obj) is not None or _MANAGED_BY in labels_of(obj):
        return False
    return key.kind != "Endpoints" or not _follows_a_service(image, key)


def _follows_a_service(image: MemoryStore, endpoints: Key) -> bool:
    service = image.get("Service", endpoints.namespace, endpoints.name)
    return service is not None and bool(service["spec"].get("selector"))


def _manifest(obj: Object) -> Object:
    kind = obj["kind"]
    rest = {field: value for field, value in obj.items() if field not in _NOT_OF_MANIFESTS}
    shown: Object = {"apiVersion": _API_VERSIONS[kind], "kind": kind, "metadata": _metadata(obj), **rest}
    if kind in _CLEANERS:
        shown = _CLEANERS[kind](shown, last_applied.manifest_of(obj))
    return _without_defaults(shown)


_NOT_OF_MANIFESTS: Final = frozenset({"apiVersion", "kind", "metadata", "status", "simulation"})


def _metadata(obj: Object) -> Object:
    metadata = {"name": name_of(obj)}
    if namespace_of(obj):
        metadata["namespace"] = namespace_of(obj)
    labels = {name: value for name, value in labels_of(obj).items() if name != "kubernetes.io/metadata.name"}
    annotations = {name: value for name, value in annotations_of(obj).items() if name not in _BOOKKEEPING}
    found = {**metadata, "labels": labels, "annotations": annotations}
    # Those of Kubernetes itself are put there by whoever waits for them.
    held = [name for name in obj["metadata"].get("finalizers") or () if "kubernetes.io/" not in name]
    return {field: value for field, value in (found | {"finalizers": held}).items() if value}


def _namespace(shown: Object, asked: Object) -> Object:
    return {field: value for field, value in shown.items() if field != "spec"}


def _pod(shown: Object, asked: Object) -> Object:
    """A pod that the scheduler may put where it likes, without what was added to look into it."""
    dropped = ("nodeName", "ephemeralContainers")
    return {**shown, "spec": {field: value for field, value in shown["spec"].items() if field not in dropped}}


def _service(shown: Object, asked: Object) -> Object:
    """A Service without what it was given; node ports stay where a manifest asked for them."""
    spec = {field: value for field, value in shown["spec"].items() if field not in _ALLOCATED}
    if shown["spec"].get("clusterIP") == "None":
        spec["clusterIP"] = "None"
    wanted = {port.get("nodePort") for port in (asked.get("spec") or {}).get("ports") or ()}
    if spec.get("ports"):
        spec["ports"] = [_port(port, wanted) for port in spec["ports"]]
    return {**shown, "spec": spec}


def _port(port: Object, wanted: set[int | None]) -> Object:
    if port.get("nodePort") in wanted:
        return port
    return {field: value for field, value in port.items() if field != "nodePort"}


_CLEANERS: Final[dict[str, Callable[[Object, Object], Object]]] = {
    "Namespace": _namespace,
    "Pod": _pod,
    "Service": _service,
}


def _without_defaults(obj: Object) -> Object:
    """The object without what a server adds by itself; whole, if it would add anything else."""
    default = strategy_of(obj["kind"]).default
    outline = _outlined(obj)
    shorter: Object = _short(obj, default(outline), outline)
    return shorter if default(shorter) == default(obj) else obj


def _outlined(value: Any) -> Any:
    if isinstance(value, dict):
        return {field: _outlined(part) for field, part in value.items() if field in _OUTLINE}
    return [_outlined(item) for item in value] if isinstance(value, list) else value


def _short(value: Any, filled: Any, outline: Any) -> Any:
    """The value without the fields that filling in the outline gives it."""
    if isinstance(value, dict) and isinstance(filled, dict) and isinstance(outline, dict):
        return {
            field: _short(part, filled.get(field), outline.get(field))
            for field, part in value.items()
            if field in outline or part != filled.get(field)
        }
    if isinstance(value, list) and isinstance(filled, list) and isinstance(outline, list):
        return [_short(*items) for items in zip(value, filled, outline, strict=True)]
    return value
