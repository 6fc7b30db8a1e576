"""Who answers at an address: pod network, kube-proxy, cluster DNS and the cloud's load balancers.

Models a flat pod network as any CNI plugin makes it, kube-proxy (`pkg/proxy`, iptables mode), CoreDNS'
kubernetes plugin for Services, and a load balancer that sends to the nodes that are Ready as far as the
API server knows. Left out: network policies, names of single pods, UDP, and CoreDNS as pods that can
fail.

Nothing here is quicker than the control plane: a Service leads to a pod on a dead node until the
endpoints say otherwise, and that request is lost.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from random import Random
from typing import Final, NamedTuple

from clusters.engine.clock import draw_hex
from clusters.engine.images import Image
from clusters.engine.objects import (
    Key,
    Object,
    is_finished,
    is_ready,
    key_of,
    name_of,
    simulation_of,
    uid_of,
)
from clusters.engine.store import MemoryStore

CLUSTER_DOMAIN: Final = "cluster.local"

Listening = Callable[[Object], Mapping[int, Image]]
"""The ports at which somebody in that pod listens now, if its node is up, and with which image's program."""


class Answer(NamedTuple):
    """A pod answered with `text`. `service` is the Service that led to it, None for a pod's own address."""

    service: Key | None
    pod: Key
    port: int
    text: str


class Refused(NamedTuple):
    """Somebody said at once that nobody listens there: the machine, or kube-proxy without endpoints."""

    service: Key | None = None
    pod: Key | None = None


class TimedOut(NamedTuple):
    """Nobody ever answered. `pod` is where the request was lost, if it had got that far."""

    service: Key | None = None
    pod: Key | None = None


class Unresolved(NamedTuple):
    """There is no such name."""

    name: str


Outcome = Answer | Refused | TimedOut | Unresolved


class Endpoint(NamedTuple):
    """One address behind a Service's port."""

    ip: str
    port: int
    node: str


@dataclass(frozen=True, slots=True)
class Network:
    """The network of one image of a cluster. `rng` chooses among endpoints."""

    store: MemoryStore
    listening: Listening
    rng: Random

    def request(self, source: Key | None, target: str, port: int) -> Outcome:
        """What comes of connecting to `target`, an address or a name.

        `source` is the pod that asks, None for a client outside of the cluster.
        """
        pod = self.store.get(*source) if source is not None else None
        if source is not None and (pod is None or not self._is_up(pod)):
            return TimedOut()
        if target == "localhost":
            target = "127.0.0.1"
        if not _is_address(target):
            addresses = self.resolve(source, target)
            if not addresses:
                return Unresolved(target)
            target = self.rng.choice(addresses)
        if pod is not None and ip_address(target).is_loopback:
            return self._answer(None, pod, port)
        return self._to_address(pod, target, port)

    def resolve(self, source: Key | None, name: str) -> list[str]:
        """The addresses that a pod finds for a name: one for a Service, its pods' for a headless one.

        Understood are `svc`, `svc.ns`, `svc.ns.svc` and `svc.ns.svc.cluster.local`. Empty if there is no
        such name; outside of the cluster there is none.
        """
        short = name.lower().rstrip(".").removesuffix(f".{CLUSTER_DOMAIN}").removesuffix(".svc")
        service_name, _, namespace = short.partition(".")
        if source is None or "." in namespace:
            return []
        service = self.store.get("Service", namespace or source.namespace, service_name)
        address = service["spec"].get("clusterIP") if service is not None else None
        if service is not None and address == "None":
            return sorted({endpoint.ip for endpoint in self._endpoints(service, None)})
        return [address] if address else []

    def _to_address(self, source: Object | None, ip: str, port: int) -> Outcome:
        for service in self.store.list("Service"):
            if ip in _addresses(service, inside=source is not None):
                return self._to_service(source, service, ip, port)
        for node in self.store.list("Node"):
            if ip in _node_addresses(node):
                return self._to_node(source, node, port)
        # A pod's address means something in the cluster only.
        return self._to_pod(None, ip, port) if source is not None else TimedOut()

    def _to_service(self, source: Object | None, service: Object, ip: str, port: int) -> Outcome:
        found = next((p for p in service["spec"].get("ports") or () if p["port"] == port), None)
        if found is None:
            # No rule matches, so the packet leaves for an address that no machine has.
            return TimedOut(key_of(service))
        if source is not None:
            local = service["spec"].get("internalTrafficPolicy") == "Local"
            return self._forward(source, service, found, source["spec"]["nodeName"] if local else "")
        nodes = [node for node in self.store.list("Node") if is_ready(node)]
        local = service["spec"].get("externalTrafficPolicy") == "Local"
        if local:
            near = {endpoint.node for endpoint in self._endpoints(service, found)}
            nodes = [node for node in nodes if name_of(node) in near]
        if not nodes:
            return TimedOut(key_of(service))
        return self._through_node(None, service, found, self.rng.choice(nodes))

    def _to_node(self, source: Object | None, node: Object, port: int) -> Outcome:
        for service in self.store.list("Service"):
            for found in service["spec"].get("ports") or ():
                if found.get("nodePort") == port:
                    return self._through_node(source, service, found, node)
        return Refused() if _has_power(node) else TimedOut()

    def _through_node(self, source: Object | None, service: Object, port: Object, node: Object) -> Outcome:
        if not _has_power(node):
            return TimedOut(key_of(service))
        local = service["spec"].get("externalTrafficPolicy") == "Local"
        return self._forward(source, service, port, name_of(node) if local else "")

    def _forward(self, source: Object | None, service: Object, port: Object, only_node: str) -> Outcome:
        """What kube-proxy does: send to one of the endpoints, of `only_node` if that is not ""."""
        endpoints = self._endpoints(service, port)
        if not endpoints:
            return Refused(key_of(service))
        near = [endpoint for endpoint in endpoints if only_node in ("", endpoint.node)]
        if not near:
            return TimedOut(key_of(service))
        if service["spec"].get("sessionAffinity") == "ClientIP":
            # A client keeps its pod as long as that is there, without anybody remembering it.
            client = uid_of(source) if source is not None else "outside"
            chosen = min(near, key=lambda endpoint: draw_hex(client, 0, f"{uid_of(service)}/{endpoint.ip}"))
        else:
            chosen = self.rng.choice(near)
        return self._to_pod(service, chosen.ip, chosen.port)

    def _endpoints(self, service: Object, port: Object | None) -> list[Endpoint]:
        """Where kube-proxy sends for a port of the Service (None: for any), as the API server tells it."""
        if not service["spec"].get("selector"):
            return _written_endpoints(self.store, service, port)
        slices = self.store.indexed("slices-by-service", f"{key_of(service).namespace}/{name_of(service)}")
        ready, stopping = [], []
        for endpoint_slice in slices:
            number = _port_number(endpoint_slice, port)
            for entry in endpoint_slice["endpoints"] if number is not None else ():
                endpoint = Endpoint(entry["addresses"][0], number or 0, entry.get("nodeName") or "")
                if entry["conditions"].get("ready", True):
                    ready.append(endpoint)
                elif entry["conditions"].get("serving") and entry["conditions"].get("terminating"):
                    stopping.append(endpoint)
        # While nobody else is there, pods that are about to stop still serve.
        return ready or stopping

    def _to_pod(self, service: Object | None, ip: str, port: int) -> Outcome:
        for pod in self.store.list("Pod"):
            if (pod.get("status") or {}).get("podIP") == ip and not is_finished(pod):
                return self._answer(service, pod, port)
        return TimedOut(key_of(service) if service is not None else None)

    def _answer(self, service: Object | None, pod: Object, port: int) -> Outcome:
        via = key_of(service) if service is not None else None
        if not self._is_up(pod):
            return TimedOut(via, key_of(pod))
        image = self.listening(pod).get(port)
        if image is None:
            return Refused(via, key_of(pod))
        hostname = pod["spec"].get("hostname") or name_of(pod)
        return Answer(via, key_of(pod), port, image.answer.replace("{hostname}", hostname))

    def _is_up(self, pod: Object) -> bool:
        node = self.store.get("Node", "", pod["spec"].get("nodeName") or "")
        return node is not None and _has_power(node)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _has_power(node: Object) -> bool:
    return bool(simulation_of(node).get("powered", True))


def _node_addresses(node: Object) -> list[str]:
    return [
        entry["address"] for entry in node["status"].get("addresses") or () if entry["type"] != "Hostname"
    ]


def _addresses(service: Object, *, inside: bool) -> list[str]:
    """The addresses at which the Service is reached: from outside those that the world knows."""
    balancer = (service.get("status") or {}).get("loadBalancer") or {}
    world = [entry["ip"] for entry in balancer.get("ingress") or () if "ip" in entry]
    world += service["spec"].get("externalIPs") or []
    return [service["spec"].get("clusterIP", ""), *world] if inside else world


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
