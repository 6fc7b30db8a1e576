"""Which nodes a pod can run on, and in Kubernetes' words why not on the others.

Models the filter plugins of `pkg/scheduler/framework/plugins`: nodeunschedulable, nodename (pods that name
a node never come here), tainttoleration, nodeaffinity, nodeports, noderesources/fit. Left out: pod
affinity, topology spread as a hard rule, volumes, extended resources, node declared features.

A filter returns the reasons that speak against the node, () for none.
"""

from collections.abc import Collection
from typing import Final

from clusters.engine.objects import Object, host_ports, is_finished
from clusters.engine.scheduler.node_info import NodeInfo
from clusters.engine.store import MemoryStore
from clusters.engine.taints import UNSCHEDULABLE as UNSCHEDULABLE_TAINT
from clusters.engine.taints import tolerates

UNSCHEDULABLE: Final = "node(s) were unschedulable"
UNTOLERATED: Final = "node(s) had untolerated taint(s)"
NO_AFFINITY: Final = "node(s) didn't match Pod's node affinity/selector"
NO_PORTS: Final = "node(s) didn't have free ports for the requested pod ports"
FINAL_REASONS: Final = frozenset({UNSCHEDULABLE, UNTOLERATED, NO_AFFINITY})
"""Reasons that would stay if pods were removed from the node (UnschedulableAndUnresolvable)."""

_CORDON: Final = {"key": UNSCHEDULABLE_TAINT, "effect": "NoSchedule"}


def static_filters(spec: Object, info: NodeInfo) -> tuple[str, ...]:
    """What follows from the node's and the pod's spec alone, whatever runs there."""
    tolerations = spec.get("tolerations") or ()
    if info.unschedulable and not tolerates(tolerations, _CORDON):
        return (UNSCHEDULABLE,)
    if not all(tolerates(tolerations, taint) for taint in info.taints):
        return (UNTOLERATED,)
    return () if node_affinity(spec, info) else (NO_AFFINITY,)


def node_affinity(spec: Object, info: NodeInfo) -> bool:
    """Whether nodeSelector and the required node affinity allow the node."""
    selector = spec.get("nodeSelector") or {}
    if any(info.labels.get(key) != value for key, value in selector.items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return required is None or any(_term_matches(term, info) for term in required["nodeSelectorTerms"])


def node_ports(wanted: Collection[tuple[str, int]], info: NodeInfo, store: MemoryStore) -> tuple[str, ...]:
    """Two pods cannot have the same port of one machine."""
    others = store.indexed("pods-by-node", info.name) if wanted else ()
    taken = any(not host_ports(other).keys().isdisjoint(wanted) for other in others if not is_finished(other))
    return (NO_PORTS,) if taken else ()


def node_resources_fit(request: tuple[int, int], info: NodeInfo, usage: tuple[int, ...]) -> tuple[str, ...]:
    """`request` and `usage` are (milli CPU, bytes of memory[, pods])."""
    cpu, memory = request
    used_cpu, used_memory, pods = usage
    if pods < info.pods and cpu <= info.cpu - used_cpu and memory <= info.memory - used_memory:
        return ()
    reasons = []
    if pods >= info.pods:
        reasons.append("Too many pods")
    if cpu and cpu > info.cpu - used_cpu:
        reasons.append("Insufficient cpu")
    if memory and memory > info.memory - used_memory:
        reasons.append("Insufficient memory")
    return tuple(reasons)


def _term_matches(term: Object, info: NodeInfo) -> bool:
    fields = {"metadata.name": info.name}
    expressions = [(expression, info.labels) for expression in term.get("matchExpressions") or ()]
    expressions += [(expression, fields) for expression in term.get("matchFields") or ()]
    return bool(expressions) and all(_matches(expression, labels) for expression, labels in expressions)


def _matches(expression: Object, labels: dict[str, str]) -> bool:
    value = labels.get(expression["key"])
    operator: str = expression["operator"]
    values: list[str] = expression.get("values") or []
    if operator == "In":
        return value in values
    if operator == "NotIn":
        return value not in values
    if operator in ("Exists", "DoesNotExist"):
        return (value is not None) == (operator == "Exists")
    if value is None or not value.isdigit():
        return False
    try:
        limit = int(values[0])
    except ValueError:
        return False
    return int(value) > limit if operator == "Gt" else int(value) < limit
