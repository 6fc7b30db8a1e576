"""What a pod's containers request, and what they are limited to, together.

Models PodRequests and PodLimits of component-helpers' `resource/helpers.go`. Left out: resizing in place.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from clusters.engine.apiserver.quantity_text import plus
from clusters.engine.apiserver.tables.columns import part, parts
from clusters.engine.objects import Object
from clusters.engine.quantities import parse_quantity

HUGE_PAGES: Final = "hugepages-"
_OF_PODS: Final = ("cpu", "memory")

Amounts = dict[str, str]
"""Quantities by resource."""


def pod_amounts(pod: Object, kind: Literal["requests", "limits"]) -> Amounts:
    """The requests or the limits of a pod."""
    spec = part(pod, "spec")
    amounts = _of_containers(spec, kind)
    for name, quantity in part(part(spec, "resources"), kind).items():
        if name in _OF_PODS or name.startswith(HUGE_PAGES):
            amounts[name] = quantity
    overhead = part(spec, "overhead")
    limited = overhead if kind == "requests" else {n: q for n, q in overhead.items() if n in amounts}
    return added(amounts, limited)


def added(amounts: Mapping[str, str], more: Mapping[str, str]) -> Amounts:
    """The sum of both."""
    return {**amounts, **{n: plus(amounts[n], q) if n in amounts else q for n, q in more.items()}}


def total(of: Iterable[Mapping[str, str]]) -> Amounts:
    """The sum of all."""
    result: Amounts = {}
    for amounts in of:
        result = added(result, amounts)
    return result


def _of_containers(spec: Object, kind: str) -> Amounts:
    amounts = total(part(part(c, "resources"), kind) for c in parts(spec, "containers"))
    largest: Amounts = {}
    sidecars: Amounts = {}
    for container in parts(spec, "initContainers"):
        own = part(part(container, "resources"), kind)
        if container.get("restartPolicy") == "Always":
            amounts, sidecars = added(amounts, own), added(sidecars, own)
            own = sidecars
        else:
            own = added(own, sidecars)
        largest = _largest(largest, own)
    return _largest(amounts, largest)


def _largest(amounts: Amounts, others: Mapping[str, str]) -> Amounts:
    more = {
        n: q for n, q in others.items() if n not in amounts or parse_quantity(q) > parse_quantity(amounts[n])
    }
    return {**amounts, **more}
