"""What several kinds have in common: pod templates, selectors, ports, protocols.

Models kubectl's `pkg/polymorphichelpers`. Left out: kinds that this server has not.
"""

from collections.abc import Iterable
from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.restmapper import Mapping

EXPOSABLE: Final = ("ReplicationController", "Service", "Pod", "Deployment", "ReplicaSet")
_WITH_TEMPLATE: Final = ("ReplicationController", "Deployment", "ReplicaSet")
_NONE: Final = {
    "Pod": "the pod has no labels and cannot be exposed",
    "Service": "the service has no pod selector set",
    "Deployment": "invalid deployment: no selectors, therefore cannot be exposed",
    "ReplicaSet": "invalid replicaset: no selectors, therefore cannot be exposed",
}


def demand_exposable(mapping: Mapping) -> None:
    """Raises CommandError for a kind that no Service can be made of."""
    if mapping.kind not in EXPOSABLE:
        raise CommandError(f"cannot expose a {mapping.group_kind}")


def pod_spec(obj: Object) -> Object:
    """The pod spec of a pod or in a template; may be changed. Raises CommandError."""
    if obj["kind"] == "Pod":
        spec: Object = obj["spec"]
    elif obj["kind"] in _WITH_TEMPLATE:
        spec = obj["spec"].setdefault("template", {}).setdefault("spec", {"containers": []})
    else:
        said = "the object is not a pod or does not have a pod template"
        raise CommandError(f"{said}: {go_type(obj)}")
    return spec


def go_type(obj: Object) -> str:
    """As Go's %T prints it: `*v1.Service`."""
    return f"*{obj['apiVersion'].rpartition('/')[2]}.{obj['kind']}"


def map_based_selector(obj: Object) -> dict[str, str]:
    """The labels that select the pods of an object. Raises CommandError."""
    kind, spec = obj["kind"], obj.get("spec") or {}
    if kind == "Pod":
        labels = obj["metadata"].get("labels")
    elif kind in ("ReplicationController", "Service"):
        labels = spec.get("selector")
    else:
        selector = spec.get("selector") or {}
        labels = selector.get("matchLabels")
        if labels and selector.get("matchExpressions"):
            text = " ".join(_shown_expression(found) for found in selector["matchExpressions"])
            raise CommandError(f'couldn\'t convert expressions - "[{text}]" to map-based selector format')
    if not labels and kind in _NONE:
        raise CommandError(_NONE[kind])
    return dict(labels or {})


def ports(obj: Object) -> list[str]:
    """The ports of the containers, or of a Service, each once."""
    return list(dict.fromkeys(number for number, _protocol in _ports(obj)))


def protocols(obj: Object) -> dict[str, list[str]]:
    """By port, the protocols that are spoken there."""
    found: dict[str, list[str]] = {}
    for number, protocol in _ports(obj):
        found.setdefault(number, []).append(protocol)
    return found


def _ports(obj: Object) -> Iterable[tuple[str, str]]:
    if obj["kind"] == "Service":
        for port in obj["spec"].get("ports") or ():
            yield str(port["port"]), port.get("protocol") or "TCP"
        return
    for container in pod_spec(obj).get("containers") or ():
        for port in container.get("ports") or ():
            yield str(port["containerPort"]), port.get("protocol") or "TCP"


def _shown_expression(expression: Object) -> str:
    """A requirement of a selector as Go's %+v prints it."""
    values = " ".join(expression.get("values") or ())
    return f"{{Key:{expression['key']} Operator:{expression['operator']} Values:[{values}]}}"
