"""Services, Endpoints and EndpointSlices.

Models their describers in kubectl's `pkg/describe/describe.go`.
"""

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.tables.columns import labels_text, number, part, parts, text, texts
from clusters.engine.objects import Object
from clusters.terminal.kubectl.describe import fields
from clusters.terminal.kubectl.describe.fields import UNSET, written
from clusters.terminal.kubectl.describe.prefix_writer import (
    LEVEL_0,
    LEVEL_1,
    LEVEL_2,
    LEVEL_3,
    PrefixWriter,
)
from clusters.terminal.kubectl.describe.probes import int_or_string
from clusters.terminal.kubectl.describe.request import Request

_SHOWN = 3


async def service(request: Request, w: PrefixWriter) -> None:
    """With the first addresses of its EndpointSlices, if they can be had."""
    found = await request.get()
    path = f"/apis/discovery.k8s.io/v1/namespaces/{request.namespace}/endpointslices"
    selector = f"kubernetes.io/service-name={request.name}"
    try:
        slices = await request.list_all(path, chunked=False, labelSelector=selector)
    except StatusError:
        slices = []
    describe_service(found, slices, w)
    await request.describe_events(found, w)


def describe_service(found: Object, slices: list[Object], w: PrefixWriter) -> None:
    """Write all about a Service but its Events; `slices` are its EndpointSlices."""
    spec = part(found, "spec")
    fields.name_and_namespace(w, found)
    fields.labels_and_annotations(w, found)
    w.write(LEVEL_0, f"Selector:\t{labels_text(spec.get('selector'))}\n")
    w.write(LEVEL_0, f"Type:\t{text(spec, 'type')}\n")
    _if_any("IP Family Policy", text(spec, "ipFamilyPolicy"), w)
    w.write(LEVEL_0, f"IP Families:\t{','.join(texts(spec, 'ipFamilies')) or '<none>'}\n")
    w.write(LEVEL_0, f"IP:\t{text(spec, 'clusterIP')}\n")
    w.write(LEVEL_0, f"IPs:\t{','.join(texts(spec, 'clusterIPs')) or '<none>'}\n")
    _if_any("External IPs", ",".join(texts(spec, "externalIPs")), w)
    _if_any("Desired LoadBalancer IP", text(spec, "loadBalancerIP"), w)
    _if_any("External Name", text(spec, "externalName"), w)
    ingress = parts(part(part(found, "status"), "loadBalancer"), "ingress")
    if ingress:
        w.write(LEVEL_0, f"LoadBalancer Ingress:\t{', '.join(map(_ingress, ingress))}\n")
    for port in parts(spec, "ports"):
        _port(port, slices, w)
    _traffic(spec, w)


def _if_any(title: str, said: str, w: PrefixWriter) -> None:
    if said:
        w.write(LEVEL_0, f"{title}:\t{said}\n")


def _ingress(ingress: Object) -> str:
    if not text(ingress, "ip"):
        return text(ingress, "hostname")
    mode = ingress.get("ipMode")
    return text(ingress, "ip") + (f" ({mode})" if mode is not None else "")


def _port(port: Object, slices: list[Object], w: PrefixWriter) -> None:
    name, protocol = text(port, "name") or UNSET, text(port, "protocol")
    w.write(LEVEL_0, f"Port:\t{name}\t{number(port, 'port')}/{protocol}\n")
    w.write(LEVEL_0, f"TargetPort:\t{int_or_string(port.get('targetPort'))}/{protocol}\n")
    if port.get("appProtocol") is not None:
        w.write(LEVEL_0, f"AppProtocol:\t{port['appProtocol']}\n")
    if number(port, "nodePort"):
        w.write(LEVEL_0, f"NodePort:\t{name}\t{number(port, 'nodePort')}/{protocol}\n")
    w.write(LEVEL_0, f"Endpoints:\t{_endpoints(slices, text(port, 'name'))}\n")


def _traffic(spec: Object, w: PrefixWriter) -> None:
    w.write(LEVEL_0, f"Session Affinity:\t{text(spec, 'sessionAffinity')}\n")
    _if_any("External Traffic Policy", text(spec, "externalTrafficPolicy"), w)
    _if_any("Internal Traffic Policy", text(spec, "internalTrafficPolicy"), w)
    if number(spec, "healthCheckNodePort"):
        w.write(LEVEL_0, f"HealthCheck NodePort:\t{number(spec, 'healthCheckNodePort')}\n")
    _if_any("LoadBalancer Source Ranges", ",".join(texts(spec, "loadBalancerSourceRanges")), w)
    _if_any("Traffic Distribution", text(spec, "trafficDistribution"), w)


def _endpoints(slices: list[Object], port_name: str) -> str:
    """The first ready addresses of a port, and how many more there are."""
    if not slices:
        return "<none>"
    ready: list[str] = []
    more = False
    for one in slices:
        ports = one.get("ports")
        endpoints = parts(one, "endpoints")
        for port in parts(one, "ports") if ports else [None]:
            if port is None or text(port, "name") == port_name:
                # Upstream says "more" as soon as it looks at an endpoint when three are shown.
                for endpoint in endpoints:
                    more |= len(ready) >= _SHOWN
                    if part(endpoint, "conditions").get("ready") is not False:
                        ready.append(_address(endpoint, port))
    shown = ",".join(ready[:_SHOWN])
    return f"{shown} + {len(ready) - _SHOWN} more..." if more else shown


def _address(endpoint: Object, port: Object | None) -> str:
    address = next(iter(texts(endpoint, "addresses")), "")
    if port is None:
        return address
    return f"[{address}]:{number(port, 'port')}" if ":" in address else f"{address}:{number(port, 'port')}"


async def endpoints(request: Request, w: PrefixWriter) -> None:
    """All its addresses, and which are not ready."""
    found = await request.get()
    fields.name_and_namespace(w, found)
    fields.labels_and_annotations(w, found)
    w.write(LEVEL_0, "Subsets:\n")
    for subset in parts(found, "subsets"):
        _subset(subset, w)
    await request.describe_events(found, w)


def _subset(subset: Object, w: PrefixWriter) -> None:
    for title, field in (("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")):
        addresses = ",".join(text(address, "ip") for address in parts(subset, field))
        w.write(LEVEL_1, f"{title}:\t{addresses or '<none>'}\n")
    ports = parts(subset, "ports")
    if ports:
        w.write(LEVEL_1, "Ports:\n")
        _ports_header(w, LEVEL_2)
    for port in ports:
        name = text(port, "name") or UNSET
        w.write(LEVEL_2, f"{name}\t{number(port, 'port')}\t{text(port, 'protocol')}\n")
    w.write(LEVEL_0, "\n")


def _ports_header(w: PrefixWriter, level: int) -> None:
    w.write(level, "Name\tPort\tProtocol\n")
    w.write(level, "----\t----\t--------\n")


async def endpoint_slice(request: Request, w: PrefixWriter) -> None:
    """Its endpoints, one after the other."""
    found = await request.get()
    fields.name_and_namespace(w, found)
    fields.labels_and_annotations(w, found)
    w.write(LEVEL_0, f"AddressType:\t{text(found, 'addressType')}\n")
    ports = parts(found, "ports")
    w.write(LEVEL_0, "Ports:\n" if ports else "Ports: <unset>\n")
    if ports:
        _ports_header(w, LEVEL_1)
    for port in ports:
        name, port_number = text(port, "name") or UNSET, written(port.get("port"), UNSET)
        w.write(LEVEL_1, f"{name}\t{port_number}\t{text(port, 'protocol')}\n")
    members = parts(found, "endpoints")
    w.write(LEVEL_0, "Endpoints:\n" if members else "Endpoints: <none>\n")
    for endpoint in members:
        _endpoint(endpoint, w)
    await request.describe_events(found, w)


def _endpoint(endpoint: Object, w: PrefixWriter) -> None:
    w.write(LEVEL_1, f"- Addresses:\t{', '.join(texts(endpoint, 'addresses')) or '<none>'}\n")
    w.write(LEVEL_2, "Conditions:\n")
    w.write(LEVEL_3, f"Ready:\t{written(part(endpoint, 'conditions').get('ready'), UNSET)}\n")
    w.write(LEVEL_2, f"Hostname:\t{written(endpoint.get('hostname'), UNSET)}\n")
    target = endpoint.get("targetRef")
    if isinstance(target, dict):
        w.write(LEVEL_2, f"TargetRef:\t{text(target, 'kind')}/{text(target, 'name')}\n")
    w.write(LEVEL_2, f"NodeName:\t{written(endpoint.get('nodeName'), UNSET)}\n")
    w.write(LEVEL_2, f"Zone:\t{written(endpoint.get('zone'), UNSET)}\n")
