"""Cluster IPs and node ports of Services.

Models `pkg/registry/core/service/storage/alloc.go`, `pkg/registry/core/service/strategy.go` and the
allocators below them. Left out: IPv6, health check node ports and stored bitmaps: what is taken follows
from the Services themselves.
"""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from itertools import chain
from typing import Final

from clusters.engine.apiserver.fields import FieldError, internal, invalid
from clusters.engine.cluster import SERVICE_CIDR
from clusters.engine.objects import Object, name_of, namespace_of
from clusters.engine.store import Overlay

SERVICE_NETWORK: Final = IPv4Network(SERVICE_CIDR)
KUBERNETES_IP: Final = str(SERVICE_NETWORK[1])
"""The address of the API server: the Service default/kubernetes."""
NODE_PORTS: Final = range(30000, 32768)
_STATIC_IPS: Final = 256
_STATIC_PORTS: Final = 86
"""So many at the start of a range are given only on request, or when the rest is used up (upstream's
ServiceIPStaticSubrange and ServiceNodePortStaticSubrange)."""
_WITH_NODE_PORTS: Final = ("NodePort", "LoadBalancer")


def carry_over(obj: Object, before: Object) -> Object:
    """A new state of a Service with what the old one had allocated and the new one does not mention.

    What only the old type needed goes away, unless it was changed at the same time.
    """
    spec, old = dict(obj["spec"]), before["spec"]
    if spec["type"] == "ExternalName":
        _drop_unchanged(spec, old, "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")
    elif old["type"] != "ExternalName":
        _carry_address(spec, old)
    if spec["type"] != "LoadBalancer":
        _drop_unchanged(spec, old, "allocateLoadBalancerNodePorts", "loadBalancerClass")
    if spec["type"] in _WITH_NODE_PORTS:
        _carry_node_ports(spec, old)
    else:
        _drop_unchanged(spec, old, "externalTrafficPolicy")
        _drop_node_ports(spec, old)
    return {**obj, "spec": spec}


def allocate(store: Overlay, obj: Object) -> tuple[Object, list[FieldError]]:
    """The object with what it needs allocated, and why it cannot have what it asks for."""
    if obj["kind"] != "Service":
        return obj, []
    spec = dict(obj["spec"])
    me = namespace_of(obj), name_of(obj)
    others = [other for other in store.list("Service") if (namespace_of(other), name_of(other)) != me]
    errors: list[FieldError] = []
    if spec["type"] != "ExternalName":
        errors += _allocate_address(store, f"{me[0]}/{me[1]}", spec, others)
    if spec["type"] in _WITH_NODE_PORTS and spec.get("allocateLoadBalancerNodePorts", True):
        errors += _allocate_node_ports(store, f"{me[0]}/{me[1]}", spec, others)
    return {**obj, "spec": spec}, errors


def _allocate_address(store: Overlay, me: str, spec: Object, others: list[Object]) -> list[FieldError]:
    taken = {address for other in others if (address := other["spec"].get("clusterIP"))}
    if me != "default/kubernetes":
        taken.add(KUBERNETES_IP)
    asked = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or ()), "")
    errors = _complain_of_address(asked, taken)
    if not asked:
        # Neither the first nor the last address of a network is one of a host.
        offset = _draw(
            store,
            f"cluster-ip/{me}",
            range(1, SERVICE_NETWORK.num_addresses - 1),
            _STATIC_IPS,
            lambda offset: str(SERVICE_NETWORK[offset]) in taken,
        )
        if offset is None:
            return [internal("spec.clusterIPs", "failed to allocate a serviceIP: range is full")]
        asked = str(SERVICE_NETWORK[offset])
    spec["clusterIP"], spec["clusterIPs"] = asked, [asked]
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    return errors


def _complain_of_address(asked: str, taken: set[str]) -> list[FieldError]:
    if asked in ("", "None"):
        return []
    if IPv4Address(asked) not in SERVICE_NETWORK:
        why = f"the provided IP ({asked}) is not in the valid range. "
        why += f"The range of valid IPs is {SERVICE_CIDR}"
    elif asked in taken:
        why = "provided IP is already allocated"
    else:
        return []
    return [invalid("spec.clusterIPs", [asked], f"failed to allocate IP {asked}: {why}")]


def _allocate_node_ports(store: Overlay, me: str, spec: Object, others: list[Object]) -> list[FieldError]:
    taken = {
        port["nodePort"]
        for other in others
        for port in other["spec"].get("ports") or ()
        if port.get("nodePort")
    }
    errors = _complain_of_node_ports(spec["ports"], taken)
    taken |= {port["nodePort"] for port in spec["ports"] if port.get("nodePort")}
    ports = []
    for index, port in enumerate(spec["ports"]):
        number = port.get("nodePort")
        if not number:
            number = _draw(store, f"node-port/{me}/{index}", NODE_PORTS, _STATIC_PORTS, taken.__contains__)
            if number is None:
                field = f"spec.ports[{index}].nodePort"
                return [*errors, internal(field, "failed to allocate a nodePort: range is full")]
        taken.add(number)
        ports.append({**port, "nodePort": number})
    spec["ports"] = ports
    return errors


def _complain_of_node_ports(ports: list[Object], taken: set[int]) -> list[FieldError]:
    errors = []
    for index, port in enumerate(ports):
        number, field = port.get("nodePort"), f"spec.ports[{index}].nodePort"
        if number and number not in NODE_PORTS:
            why = "provided port is not in the valid range. The range of valid ports is 30000-32767"
            errors.append(invalid(field, number, why))
        elif number in taken:
            errors.append(invalid(field, number, "provided port is already allocated"))
    return errors


def _draw(
    store: Overlay, what: str, numbers: range, static: int, is_taken: Callable[[int], bool]
) -> int | None:
    chance = int(store.unique(what, 16), 16)
    for band in (numbers[static:], numbers[:static]):
        start = chance % len(band)
        for number in chain(band[start:], band[:start]):
            if not is_taken(number):
                return number
    return None


def _drop_unchanged(spec: Object, old: Object, *fields: str) -> None:
    for field in fields:
        if field in spec and spec[field] == old.get(field):
            del spec[field]


def _carry_address(spec: Object, old: Object) -> None:
    asked = spec.get("clusterIPs")
    if not spec.get("clusterIP"):
        spec["clusterIP"] = old["clusterIP"]
    elif spec["clusterIP"] == old["clusterIP"] and asked and asked != old["clusterIPs"]:
        return
    spec["clusterIPs"] = [spec["clusterIP"]]


def _carry_node_ports(spec: Object, old: Object) -> None:
    used = {port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")}
    known = {port.get("name", ""): port.get("nodePort") for port in old.get("ports") or ()}
    ports = []
    for port in spec.get("ports") or ():
        before = known.get(port.get("name", ""))
        if before and not port.get("nodePort") and before not in used:
            port = {**port, "nodePort": before}
            used.add(before)
        ports.append(port)
    spec["ports"] = ports


def _drop_node_ports(spec: Object, old: Object) -> None:
    had = {port.get("nodePort") for port in old.get("ports") or ()}
    if old["type"] in _WITH_NODE_PORTS and spec.get("ports"):
        spec["ports"] = [
            {field: value for field, value in port.items() if field != "nodePort" or value not in had}
            for port in spec["ports"]
        ]
