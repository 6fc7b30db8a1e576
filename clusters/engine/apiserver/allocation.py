"""Cluster IPs and node ports of Services.

Models `pkg/registry/core/service/storage/alloc.go` and the allocators below it. Left out: IPv6 and
stored bitmaps: what is taken follows from the Services themselves.
"""

from ipaddress import IPv4Network
from typing import Final

from clusters.engine.apiserver.fields import FieldError, invalid
from clusters.engine.cluster import SERVICE_CIDR
from clusters.engine.objects import Object, name_of, namespace_of
from clusters.engine.store import Overlay

SERVICE_NETWORK: Final = IPv4Network(SERVICE_CIDR)
KUBERNETES_IP: Final = str(SERVICE_NETWORK[1])
"""The address of the API server: the Service default/kubernetes."""
NODE_PORTS: Final = range(30000, 32768)


def allocate(store: Overlay, obj: Object, before: Object | None) -> tuple[Object, list[FieldError]]:
    """The object with what it needs allocated, and why it cannot have what it asks for."""
    if obj["kind"] != "Service":
        return obj, []
    spec = dict(obj["spec"])
    errors = _allocate_ip(store, obj, spec)
    errors += _allocate_ports(store, obj, spec)
    return {**obj, "spec": spec}, errors


def _allocate_ip(store: Overlay, obj: Object, spec: Object) -> list[FieldError]:
    if spec["type"] == "ExternalName":
        return []
    taken = {service["spec"].get("clusterIP") for service in _others(store, obj)}
    spec.setdefault("clusterIP", _free_ip(store, obj, taken))
    spec["clusterIPs"] = [spec["clusterIP"]]
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    if spec["clusterIP"] != "None" and spec["clusterIP"] in taken:
        message = f"failed to allocate IP {spec['clusterIP']}: provided IP is already allocated"
        return [invalid("spec.clusterIPs", spec["clusterIPs"], message)]
    return []


def _allocate_ports(store: Overlay, obj: Object, spec: Object) -> list[FieldError]:
    if spec["type"] not in ("NodePort", "LoadBalancer"):
        return []
    taken = {
        port["nodePort"]
        for service in _others(store, obj)
        for port in service["spec"].get("ports") or ()
        if port.get("nodePort")
    }
    ports, errors = [], []
    for index, port in enumerate(spec.get("ports") or ()):
        asked = port.get("nodePort")
        if asked and asked in taken:
            errors.append(
                invalid(f"spec.ports[{index}].nodePort", asked, "provided port is already allocated")
            )
        number = asked or _free_port(store, obj, taken)
        taken.add(number)
        ports.append({**port, "nodePort": number})
    spec["ports"] = ports
    return errors


def _others(store: Overlay, obj: Object) -> list[Object]:
    mine = namespace_of(obj), name_of(obj)
    return [other for other in store.list("Service") if (namespace_of(other), name_of(other)) != mine]


def _free_ip(store: Overlay, obj: Object, taken: set[str | None]) -> str:
    size = SERVICE_NETWORK.num_addresses - 3
    offset = int(store.unique(f"cluster-ip/{namespace_of(obj)}/{name_of(obj)}", 16), 16)
    while True:
        # The first address is the API server's, the ends are network and broadcast.
        address = str(SERVICE_NETWORK[2 + offset % size])
        if address not in taken:
            return address
        offset += 1


def _free_port(store: Overlay, obj: Object, taken: set[int]) -> int:
    offset = int(store.unique(f"node-port/{namespace_of(obj)}/{name_of(obj)}/{len(taken)}", 16), 16)
    while True:
        port = NODE_PORTS[offset % len(NODE_PORTS)]
        if port not in taken:
            return port
        offset += 1
