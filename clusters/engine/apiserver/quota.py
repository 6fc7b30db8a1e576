"""What objects use of a namespace's ResourceQuotas, and whether there is enough left.

Models apiserver's admission plugin (`pkg/admission/plugin/resourcequota/controller.go`) and the evaluators
of `pkg/quota/v1/evaluator/core`. Left out: the scopes PriorityClass and CrossNamespacePodAffinity,
storage, extended resources, and limits that hold without any quota.

Usage is a dict of canonical quantities by resource, such as `{"pods": "1", "requests.cpu": "500m"}`.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from clusters.engine.apiserver.errors import forbidden
from clusters.engine.apiserver.quantity_text import canonical, plus
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.objects import Object, is_finished, name_of, namespace_of, with_status
from clusters.engine.quantities import parse_quantity
from clusters.engine.store import Overlay

KIND: Final = "ResourceQuota"
Usage = dict[str, str]

_COUNTED_BY_NAME: Final = ("configmaps", "replicationcontrollers", "resourcequotas", "secrets")
"""Kinds that may be counted by their plural alone, besides `count/<plural>`."""
_IGNORED: Final = frozenset({"Event"})
_COMPUTE: Final = ("cpu", "memory", "ephemeral-storage")
_POD_RESOURCES: Final = frozenset(
    {"count/pods", "pods"}
    | {f"{prefix}{name}" for name in _COMPUTE for prefix in ("", "requests.", "limits.")}
)
_DEMANDED: Final = frozenset(
    {f"{prefix}{name}" for name in ("cpu", "memory") for prefix in ("", "requests.", "limits.")}
)
"""If a quota limits these, every container has to say how much it wants."""


def charge(store: Overlay, obj: Object, before: Object | None = None) -> None:
    """Take what a new object, or its change from `before`, uses from the quotas of its namespace.

    Raises 403 Forbidden if a quota is used up, not yet counted, or wants to know what a pod does not say.
    """
    namespace = namespace_of(obj)
    if not namespace or not store.count(KIND):
        return
    charged = []
    for quota in store.list(KIND, namespace):
        if matches(quota, obj):
            _demand(quota, obj)
            usage = _increase(usage_of(obj), usage_of(before) if before is not None else {})
            charged.append(with_status(quota, used=_charged(quota, obj, usage)))
    for quota in charged:
        store.update(quota)


def usage_of(obj: Object) -> Usage:
    """All that a quota could count of an object; nothing for kinds that no quota counts."""
    resource = BY_KIND.get(obj["kind"])
    if resource is None or obj["kind"] in _IGNORED:
        return {}
    usage = {f"count/{resource.qualified}": "1"}
    if resource.plural in _COUNTED_BY_NAME:
        usage[resource.plural] = "1"
    if obj["kind"] == "Pod" and not is_finished(obj):
        usage.update(_pod_usage(obj))
    elif obj["kind"] == "Service":
        usage.update(_service_usage(obj["spec"]))
    return usage


def matches(quota: Object, obj: Object) -> bool:
    """Whether the quota counts anything of the object, and the object is in the quota's scopes."""
    if not _limited(quota, obj):
        return False
    scopes = _scopes(quota)
    return not scopes or (obj["kind"] == "Pod" and all(_in_scope(obj, scope) for scope in scopes))


def total(hard: Iterable[str], usages: Iterable[Usage]) -> Usage:
    """The sums of what the quota with these resources limits."""
    sums = dict.fromkeys(sorted(hard), "0")
    for usage in usages:
        for name in sums.keys() & usage.keys():
            sums[name] = plus(sums[name], usage[name])
    return sums


def _hard(quota: Object) -> Usage:
    return (quota.get("status") or {}).get("hard") or {}


def _used(quota: Object) -> Usage:
    return (quota.get("status") or {}).get("used") or {}


def _limited(quota: Object, obj: Object) -> list[str]:
    """The resources of objects of this kind that the quota limits."""
    counted = _POD_RESOURCES if obj["kind"] == "Pod" else usage_of(obj).keys()
    return sorted(_hard(quota).keys() & counted)


def _demand(quota: Object, obj: Object) -> None:
    """Refuse a pod that does not say what the quota has to count, and a quota that was not counted yet."""
    limited = _limited(quota, obj)
    missing: dict[str, list[str]] = {}
    for container in _all_containers(obj) if obj["kind"] == "Pod" else ():
        for name in _DEMANDED.intersection(limited) - _compute_usage(container).keys():
            missing.setdefault(name, []).append(container["name"])
    if missing:
        said = "; ".join(f"{name} for: {','.join(sorted(missing[name]))}" for name in sorted(missing))
        raise forbidden(obj["kind"], name_of(obj), f"failed quota: {name_of(quota)}: must specify {said}")
    if not _used(quota).keys() >= set(limited):
        why = f"status unknown for quota: {name_of(quota)}, resources: {','.join(limited)}"
        raise forbidden(obj["kind"], name_of(obj), why)


def _charged(quota: Object, obj: Object, usage: Usage) -> Usage:
    hard, used = _hard(quota), _used(quota)
    wanted = {name: amount for name, amount in usage.items() if name in hard and parse_quantity(amount)}
    new = {name: plus(used[name], amount) for name, amount in wanted.items()}
    exceeded = [name for name, amount in new.items() if parse_quantity(amount) > parse_quantity(hard[name])]
    if exceeded:
        why = (
            f"exceeded quota: {name_of(quota)}, requested: {_listed(wanted, exceeded)},"
            f" used: {_listed(used, exceeded)}, limited: {_listed(hard, exceeded)}"
        )
        raise forbidden(obj["kind"], name_of(obj), why)
    return {**used, **new}


def _listed(amounts: Mapping[str, str], names: Iterable[str]) -> str:
    return ",".join(f"{name}={amounts[name]}" for name in sorted(names))


def _increase(usage: Usage, before: Usage) -> Usage:
    if not before:
        return usage
    more = {name: parse_quantity(amount) - parse_quantity(before[name]) for name, amount in usage.items()}
    return {name: canonical(str(amount)) for name, amount in more.items() if amount > 0}


def _pod_usage(pod: Object) -> Usage:
    usage: Usage = {"pods": "1"}
    for container in pod["spec"]["containers"]:
        for name, amount in _compute_usage(container).items():
            usage[name] = plus(usage.get(name, "0"), amount)
    # Init containers run one by one before the others, so that the most demanding one counts.
    for container in pod["spec"].get("initContainers") or ():
        for name, amount in _compute_usage(container).items():
            usage[name] = max(usage.get(name, "0"), amount, key=parse_quantity)
    return usage


def _compute_usage(container: Object) -> Usage:
    usage: Usage = {}
    resources = container.get("resources") or {}
    for name in _COMPUTE:
        request = (resources.get("requests") or {}).get(name)
        if request is not None:
            usage |= {name: canonical(request), f"requests.{name}": canonical(request)}
        limit = (resources.get("limits") or {}).get(name)
        if limit is not None:
            usage[f"limits.{name}"] = canonical(limit)
    return usage


def _service_usage(spec: Object) -> Usage:
    ports, type_ = spec.get("ports") or [], spec.get("type", "ClusterIP")
    if type_ == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False:
        ports = [port for port in ports if port.get("nodePort")]
    return {
        "services": "1",
        "services.loadbalancers": str(int(type_ == "LoadBalancer")),
        "services.nodeports": str(len(ports) if type_ in ("NodePort", "LoadBalancer") else 0),
    }


def _scopes(quota: Object) -> list[str]:
    spec = quota.get("spec") or {}
    selected = (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    return [*(spec.get("scopes") or ()), *(expression["scopeName"] for expression in selected)]


def _in_scope(pod: Object, scope: str) -> bool:
    if scope in ("Terminating", "NotTerminating"):
        return (pod["spec"].get("activeDeadlineSeconds") is not None) == (scope == "Terminating")
    best_effort = not any(
        amounts
        for container in _all_containers(pod)
        for amounts in (container.get("resources") or {}).values()
    )
    return best_effort == (scope == "BestEffort")


def _all_containers(pod: Object) -> list[Object]:
    return [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())]
