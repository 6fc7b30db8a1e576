"""Where a Service leads to, as kube-proxy and CoreDNS learn it from the API server."""

from typing import NamedTuple

from clusters.engine.objects import Object, key_of, name_of
from clusters.engine.store import MemoryStore


class Endpoint(NamedTuple):
    """One address behind a Service's port; `hostname` is its name below a headless Service, or ""."""

    ip: str
    port: int
    node: str
    hostname: str = ""


def endpoints_of(store: MemoryStore, service: Object, port: Object | None) -> list[Endpoint]:
    """Where kube-proxy sends for a port of the Service (None: for any), as the API server tells it."""
    if not service["spec"].get("selector"):
        return _written_endpoints(store, service, port)
    slices = store.indexed("slices-by-service", f"{key_of(service).namespace}/{name_of(service)}")
    ready, stopping = [], []
    for endpoint_slice in slices:
        number = _port_number(endpoint_slice, port)
        for entry in endpoint_slice["endpoints"] if number is not None else ():
            node, hostname = entry.get("nodeName") or "", entry.get("hostname") or ""
            endpoint = Endpoint(entry["addresses"][0], number or 0, node, hostname)
            if entry["conditions"].get("ready", True):
                ready.append(endpoint)
            elif entry["conditions"].get("serving") and entry["conditions"].get("terminating"):
                stopping.append(endpoint)
    # While nobody else is there, pods that are about to stop still serve.
    return ready or stopping


def _port_number(endpoint_slice: Object, port: Object | None) -> int | None:
    """The number that a Service's port has in this slice; 0 if none in particular was asked for."""
    if port is None:
        return 0
    for candidate in endpoint_slice.get("ports") or ():
        if candidate.get("name", "") == port.get("name", ""):
            number: int = candidate["port"]
            return number
    return None


def _written_endpoints(store: MemoryStore, service: Object, port: Object | None) -> list[Endpoint]:
    """The endpoints that somebody wrote for a Service without a selector."""
    written = store.get("Endpoints", key_of(service).namespace, name_of(service)) or {}
    return [
        Endpoint(address["ip"], number, address.get("nodeName") or "")
        for subset in written.get("subsets") or ()
        if (number := _port_number(subset, port)) is not None
        for address in subset.get("addresses") or ()
    ]
