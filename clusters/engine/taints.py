"""Taints: marks on nodes that keep pods away, and how long a pod bears one.

Models `pkg/util/taints` and `component-helpers/scheduling/corev1`. The taints here are those that the
control plane sets itself.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from clusters.engine.objects import Object, with_value

NOT_READY: Final = "node.kubernetes.io/not-ready"
UNREACHABLE: Final = "node.kubernetes.io/unreachable"
UNSCHEDULABLE: Final = "node.kubernetes.io/unschedulable"


def taints_of(node: Object) -> list[Object]:
    return (node.get("spec") or {}).get("taints") or []


def no_execute(node: Object) -> list[Object]:
    """The taints that drive pods away which are on the node already."""
    return [taint for taint in taints_of(node) if taint["effect"] == "NoExecute"]


def with_taints(node: Object, taints: list[Object]) -> Object:
    """A copy of the node with these taints; an empty list leaves no field."""
    spec = {field: value for field, value in (node.get("spec") or {}).items() if field != "taints"}
    return with_value(node, ("spec",), {**spec, "taints": taints} if taints else spec)


def tolerates(tolerations: Iterable[Object], taint: Object) -> bool:
    """Whether one of the tolerations is about this taint."""
    return any(tolerated(toleration, taint) for toleration in tolerations)


def tolerated(toleration: Object, taint: Object) -> bool:
    """Whether this toleration is about this taint."""
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    value: str = toleration.get("value", "")
    return bool(toleration.get("key")) and value == taint.get("value", "")


def toleration_seconds(tolerations: Sequence[Object], taints: Sequence[Object]) -> float | None:
    """How long a pod stays on a node with these NoExecute taints; None: for ever, 0: not at all."""
    if not all(tolerates(tolerations, taint) for taint in taints):
        return 0.0
    limits = [
        toleration["tolerationSeconds"]
        for toleration in tolerations
        if toleration.get("tolerationSeconds") is not None
        and any(tolerated(toleration, taint) for taint in taints)
    ]
    return max(0.0, float(min(limits))) if limits else None
