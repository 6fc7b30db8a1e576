"""Rows of Services and of the addresses behind them.

Models `printService`, `printEndpoints` and `printEndpointSlice` of
`pkg/printers/internalversion/printers.go`.
"""

from typing import Final

from clusters.engine.apiserver.tables.columns import (
    AGE,
    CORE,
    NAME,
    NONE,
    Cells,
    Column,
    Doc,
    Printer,
    age_of,
    labels_text,
    name_of,
    number,
    part,
    parts,
    shortened,
    text,
    texts,
)
from clusters.engine.objects import Object

_UNSET: Final = "<unset>"


def _service_cells(service: Object, now: float) -> Cells:
    spec = part(service, "spec")
    cluster_ips = texts(spec, "clusterIPs")
    return [
        name_of(service),
        text(spec, "type"),
        cluster_ips[0] if cluster_ips else NONE,
        _external_ip(service),
        ",".join(_service_port(port) for port in parts(spec, "ports")) or NONE,
        age_of(service, now),
        labels_text(spec.get("selector")),
    ]


def _external_ip(service: Object) -> str:
    spec = part(service, "spec")
    type_, external = text(spec, "type"), texts(spec, "externalIPs")
    if type_ in ("ClusterIP", "NodePort"):
        return ",".join(external) or NONE
    if type_ == "LoadBalancer":
        ingress = parts(part(part(service, "status"), "loadBalancer"), "ingress")
        given = {text(entry, "ip") or text(entry, "hostname") for entry in ingress} - {""}
        return ",".join([*sorted(given), *external]) or "<pending>"
    return text(spec, "externalName") if type_ == "ExternalName" else "<unknown>"


def _service_port(port: Object) -> str:
    node_port = number(port, "nodePort")
    published = f":{node_port}" if node_port > 0 else ""
    return f"{number(port, 'port')}{published}/{text(port, 'protocol')}"


def _endpoints_cells(endpoints: Object, now: float) -> Cells:
    subsets = parts(endpoints, "subsets")
    addresses = [address for subset in subsets for address in _subset_addresses(subset)]
    return [
        name_of(endpoints),
        shortened(addresses, "") if subsets else NONE,
        age_of(endpoints, now),
    ]


def _subset_addresses(subset: Object) -> list[str]:
    ips = [text(address, "ip") for address in parts(subset, "addresses")]
    ports = parts(subset, "ports")
    if not ports:
        return ips
    return [_host_port(ip, number(port, "port")) for port in ports for ip in ips]


def _host_port(ip: str, port: int) -> str:
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def _slice_cells(endpoint_slice: Object, now: float) -> Cells:
    endpoints = parts(endpoint_slice, "endpoints")
    addresses = [address for endpoint in endpoints for address in texts(endpoint, "addresses")]
    return [
        name_of(endpoint_slice),
        text(endpoint_slice, "addressType"),
        shortened([_slice_port(port) for port in parts(endpoint_slice, "ports")], _UNSET),
        shortened(addresses, _UNSET),
        age_of(endpoint_slice, now),
    ]


def _slice_port(port: Object) -> str:
    if port.get("port") is not None:
        return str(number(port, "port"))
    return "*" if port.get("name") is None else text(port, "name")


_SERVICE: Final = CORE + "ServiceSpec"
_SLICE: Final = "io.k8s.api.discovery.v1.EndpointSlice"

SERVICES: Final = Printer(
    (
        NAME,
        Column("Type", Doc(_SERVICE, "type")),
        Column("Cluster-IP", Doc(_SERVICE, "clusterIP")),
        Column("External-IP", Doc(_SERVICE, "externalIPs")),
        Column("Port(s)", Doc(_SERVICE, "ports")),
        AGE,
        Column("Selector", Doc(_SERVICE, "selector"), priority=1),
    ),
    _service_cells,
)
ENDPOINTS: Final = Printer(
    (NAME, Column("Endpoints", Doc(CORE + "Endpoints", "subsets")), AGE),
    _endpoints_cells,
)
ENDPOINT_SLICES: Final = Printer(
    (
        NAME,
        Column("AddressType", Doc(_SLICE, "addressType")),
        Column("Ports", Doc(_SLICE, "ports")),
        Column("Endpoints", Doc(_SLICE, "endpoints")),
        AGE,
    ),
    _slice_cells,
)
