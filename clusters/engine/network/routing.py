"""From an address to the pod behind it.

Models a flat pod network as any CNI plugin makes it, kube-proxy (`pkg/proxy`, iptables mode), and a load
balancer that sends to the nodes that are Ready as far as the API server knows. Left out: network policies
and UDP.

Nothing here is quicker than the control plane: a Service leads to a pod on a dead node until the
endpoints say otherwise, and that request is lost.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from random import Random
from typing import Final, NamedTuple

from clusters.engine.clock import draw_hex
from clusters.engine.images import Image
from clusters.engine.network import dns, http
from clusters.engine.network.endpoints import endpoints_of
from clusters.engine.network.outcomes import (
    Answer,
    Fork,
    Listening,
    Outcome,
    Refused,
    TimedOut,
    Unresolved,
)
from clusters.engine.network.traffic import Call, Traffic
from clusters.engine.objects import (
    Key,
    Object,
    host_ports,
    is_finished,
    is_ready,
    key_of,
    name_of,
    simulation_of,
    uid_of,
)
from clusters.engine.store import MemoryStore

API_SERVER: Final = Image("kube-apiserver", 0)
_KUBERNETES: Final = Key("Service", "default", "kubernetes")
_GET: Final = http.Request()
LAPTOP: Final = "172.18.0.1"
"""The address from which a client outside of the cluster comes, unless it says another."""


class Source(NamedTuple):
    """Who asks: a pod, None for a client outside of the cluster; and the address it has."""

    pod: Object | None
    ip: str

    @property
    def who(self) -> str:
        """By what kube-proxy knows a client again."""
        return uid_of(self.pod) if self.pod is not None else self.ip


@dataclass(frozen=True, slots=True)
class Network:
    """The network of one image of a cluster at the simulated time `now`.

    `rng` chooses among endpoints. Requests are recorded in `traffic`, if there is one.
    """

    store: MemoryStore
    listening: Listening
    rng: Random
    now: float = 0.0
    traffic: Traffic | None = None

    def request(
        self,
        source: Key | None,
        target: str,
        port: int,
        request: http.Request | None = _GET,
        *,
        name: str = "",
        address: str = LAPTOP,
    ) -> Outcome:
        """What comes of a request to `target`, an address or a name.

        `source` is the pod that asks, None for a client outside of the cluster, at `address`. `request`
        None only connects. `name` is what the client calls a target whose address it has looked up itself.
        """
        found = self.way(source, target, port, address)
        while isinstance(found, Fork):
            found = found.follow(self.rng.choice(found.ways))
        outcome = self.responded(found, request)
        if self.traffic is not None:
            origin = address if source is None else ""
            self.traffic.record(self.call(source, name or target, port, outcome, request, origin))
        return outcome

    def way(self, source: Key | None, target: str, port: int, address: str = LAPTOP) -> Outcome | Fork:
        """What comes of a connection from `source` as `request` has it, chance left open."""
        pod = self.store.get(*source) if source is not None else None
        if source is not None and (pod is None or not self.is_up(pod)):
            return TimedOut()
        client = Source(pod, _ip_of(pod) if pod is not None else address)
        if dns.is_address(target):
            return self._connect(client, target, port)
        found = dns.resolve(self.store, pod, target) if pod is not None else None
        if found is None or not found.addresses:
            return Unresolved(target)
        return Fork(found.addresses, lambda ip: self._connect(client, ip, port))

    def responded(self, outcome: Outcome, request: http.Request | None) -> Outcome:
        """The outcome of a connection with what is said to a request on it."""
        if not isinstance(outcome, Answer) or request is None:
            return outcome
        return outcome._replace(response=self._respond(outcome, request))

    def call(
        self,
        source: Key | None,
        target: str,
        port: int,
        outcome: Outcome,
        request: http.Request | None,
        origin: str = "",
    ) -> Call:
        """The request as it is remembered."""
        pod = self.store.get(*outcome.pod) if isinstance(outcome, Answer) and outcome.pod else None
        client = outcome.client if isinstance(outcome, Answer) else ""
        uid = uid_of(pod) if pod is not None else ""
        return Call(self.now, source, client, target, port, outcome, uid, request, origin=origin)

    def answers_ping(self, source: Key | None, address: str) -> bool:
        """Whether an ICMP echo comes back from there: from machines, never from a Service.

        It comes back from pods to the pod that sent it; `source` None is outside of the cluster.
        """
        pod = self.store.get(*source) if source is not None else None
        if source is not None and (pod is None or not self.is_up(pod)):
            return False
        for node in self.store.list("Node"):
            if address in _node_addresses(node):
                return _has_power(node)
        if source is None:
            return False
        return ip_address(address).is_loopback or any(map(self.is_up, self._pods_at(address)))

    def _respond(self, answer: Answer, request: http.Request) -> http.Response | None:
        pod = self.store.get(*answer.pod) if answer.pod is not None else None
        return http.respond(answer.image, request, hostname_of(pod), self.now) if pod is not None else None

    def _connect(self, source: Source, ip: str, port: int) -> Outcome | Fork:
        if source.pod is not None and ip_address(ip).is_loopback:
            return self._answer(None, source.pod, port, "127.0.0.1")
        return self._to_address(source, ip, port)

    def _to_address(self, source: Source, ip: str, port: int) -> Outcome | Fork:
        for service in self.store.list("Service"):
            if ip in _addresses(service, inside=source.pod is not None):
                return self._to_service(source, service, port)
        for node in self.store.list("Node"):
            if ip in _node_addresses(node):
                return self._to_node(source, node, port)
        # A pod's address means something in the cluster only.
        return self._to_pod(None, ip, port, source.ip) if source.pod is not None else TimedOut()

    def _to_service(self, source: Source, service: Object, port: int) -> Outcome | Fork:
        found = next((p for p in service["spec"].get("ports") or () if p["port"] == port), None)
        if found is None:
            # No rule matches, so the packet leaves for an address that no machine has.
            return TimedOut(key_of(service))
        if source.pod is not None:
            local = service["spec"].get("internalTrafficPolicy") == "Local"
            near = source.pod["spec"]["nodeName"] if local else ""
            return self._forward(source, service, found, near, source.ip)
        nodes = [node for node in self.store.list("Node") if is_ready(node)]
        local = service["spec"].get("externalTrafficPolicy") == "Local"
        if local:
            holders = {endpoint.node for endpoint in endpoints_of(self.store, service, found)}
            nodes = [node for node in nodes if name_of(node) in holders]
        if not nodes:
            return TimedOut(key_of(service))
        return Fork(nodes, lambda node: self._through_node(source, service, found, node))

    def _to_node(self, source: Source, node: Object, port: int) -> Outcome | Fork:
        for service in self.store.list("Service"):
            for found in service["spec"].get("ports") or ():
                if found.get("nodePort") == port:
                    return self._through_node(source, service, found, node)
        for pod in self.store.indexed("pods-by-node", name_of(node)):
            target = host_ports(pod).get(("TCP", port)) if not is_finished(pod) else None
            if target is not None:
                return self._answer(None, pod, target, source.ip)
        if not _has_power(node):
            return TimedOut()
        # What uses the machine's own network listens there without being asked for a port.
        listening = [pod for pod in self._pods_at(_node_addresses(node)[0]) if port in self.listening(pod)]
        return self._answer(None, listening[0], port, source.ip) if listening else Refused()

    def _pods_at(self, ip: str) -> list[Object]:
        return [pod for pod in self.store.indexed("pods-by-ip", ip) if not is_finished(pod)]

    def _through_node(self, source: Source, service: Object, port: Object, node: Object) -> Outcome | Fork:
        if not _has_power(node):
            return TimedOut(key_of(service))
        local = service["spec"].get("externalTrafficPolicy") == "Local"
        # With policy Cluster the node puts its own address in place of the client's.
        client = source.ip if local else _node_addresses(node)[0]
        return self._forward(source, service, port, name_of(node) if local else "", client)

    def _forward(
        self, source: Source, service: Object, port: Object, only_node: str, client: str
    ) -> Outcome | Fork:
        """What kube-proxy does: send to one of the endpoints, of `only_node` if that is not ""."""
        endpoints = endpoints_of(self.store, service, port)
        if not endpoints:
            return Refused(key_of(service))
        near = [endpoint for endpoint in endpoints if only_node in ("", endpoint.node)]
        if not near:
            return TimedOut(key_of(service))
        if key_of(service) == _KUBERNETES:
            return Answer(_KUBERNETES, None, near[0].port, API_SERVER, client)
        if service["spec"].get("sessionAffinity") == "ClientIP":
            # A client keeps its pod as long as that is there, without anybody remembering it.
            near = [min(near, key=lambda end: draw_hex(source.who, 0, f"{uid_of(service)}/{end.ip}"))]
        return Fork(near, lambda chosen: self._to_pod(service, chosen.ip, chosen.port, client))

    def _to_pod(self, service: Object | None, ip: str, port: int, client: str) -> Outcome:
        pods = self._pods_at(ip)
        if not pods:
            return TimedOut(key_of(service) if service is not None else None)
        # Pods on the machine's own network share its address.
        pod = pods[0] if len(pods) == 1 else next((p for p in pods if port in self.listening(p)), pods[0])
        return self._answer(service, pod, port, client)

    def _answer(self, service: Object | None, pod: Object, port: int, client: str) -> Outcome:
        via = key_of(service) if service is not None else None
        if not self.is_up(pod):
            return TimedOut(via, key_of(pod))
        image = self.listening(pod).get(port)
        if image is None:
            return Refused(via, key_of(pod))
        return Answer(via, key_of(pod), port, image, client)

    def is_up(self, pod: Object) -> bool:
        """Whether the pod's machine has power."""
        node = self.store.get("Node", "", pod["spec"].get("nodeName") or "")
        return node is not None and _has_power(node)


def hostname_of(pod: Object) -> str:
    """What `hostname` says in the pod."""
    spec = pod["spec"]
    host = spec.get("nodeName") if spec.get("hostNetwork") else spec.get("hostname")
    return str(host or name_of(pod))[:63]


def _ip_of(pod: Object) -> str:
    return str((pod.get("status") or {}).get("podIP") or "")


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
