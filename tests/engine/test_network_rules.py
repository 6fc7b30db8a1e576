"""Rules of the network that people stumble over, in a cluster at work."""

from random import Random

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet import node_status
from clusters.engine.kubelet.inside import listening
from clusters.engine.network import Answer, Network, Refused, TimedOut, Unresolved
from clusters.engine.objects import Key
from tests.engine import world
from tests.engine.builders import make_node, make_service, make_store, service_port
from tests.engine.world import simple_pod

BOX = Key("Pod", "default", "box")
SLEEP = ["sleep", "1000000"]
ADDRESSES = {"node-1": "172.18.0.2", "node-2": "172.18.0.3"}


class Cluster(world.World):
    """Two nodes, `box` on the first, `kubia-1` and `kubia-2` on one each, behind whatever Service is made."""

    def __init__(self):
        super().__init__(
            make_store(*(make_node(name, ip=ip) for name, ip in ADDRESSES.items()), delays="none")
        )
        self.run("box", "busybox", "node-1", command=SLEEP)
        self.run("kubia-1", "luksa/kubia", "node-1", labels={"app": "kubia"})
        self.run("kubia-2", "luksa/kubia", "node-2", labels={"app": "kubia"})
        self.wait(5)

    def run(self, name, image, node, *, labels=None, spec=None, **container):
        pod = simple_pod(name, image, **container)
        pod["metadata"]["labels"] = labels or {}
        pod["spec"] |= {"nodeName": node, **(spec or {})}
        self.act(verbs.create, pod)

    def expose(self, **fields):
        self.act(verbs.create, make_service(**fields))
        self.wait(5)

    def ask(self, target, port=80, *, source=BOX, seed=1):
        now = self.store.now
        network = Network(self.store, lambda pod: listening(self.store, pod, now), Random(seed), now)
        return network.request(source, target, port)

    def who(self, target, port=80, *, source=BOX):
        """The pods that answer, over many requests; what else comes of them by its type."""
        outcomes = [self.ask(target, port, source=source, seed=seed) for seed in range(12)]
        return {outcome.pod.name if isinstance(outcome, Answer) else type(outcome) for outcome in outcomes}


BOTH = {"kubia-1", "kubia-2"}


@pytest.fixture
def cluster():
    return Cluster()


@pytest.mark.parametrize("source", [BOX, None])
@pytest.mark.parametrize("node", sorted(ADDRESSES))
def test_a_node_port_spreads_over_all_pods_whatever_node_is_asked(cluster, source, node):
    cluster.expose(type_="NodePort", ports=[service_port(nodePort=30080)])
    assert cluster.who(ADDRESSES[node], 30080, source=source) == BOTH


def test_a_node_port_is_not_open_at_the_cluster_ip(cluster):
    cluster.expose(type_="NodePort", ports=[service_port(nodePort=30080)])
    assert cluster.who("kubia", 30080) == {TimedOut}
    assert cluster.who("kubia") == BOTH
    assert cluster.who(ADDRESSES["node-1"], 80) == {Refused}


@pytest.mark.parametrize("node", sorted(ADDRESSES))
def test_with_local_traffic_a_node_port_leads_to_the_pod_of_that_node(cluster, node):
    cluster.expose(type_="NodePort", ports=[service_port(nodePort=30080)], externalTrafficPolicy="Local")
    assert cluster.who(ADDRESSES[node], 30080, source=None) == {node.replace("node", "kubia")}


def test_a_load_balancer_is_reached_from_inside_and_outside(cluster):
    cluster.expose(type_="LoadBalancer", ports=[service_port(nodePort=30080)])
    service = cluster.get("Service", "kubia")
    (entry,) = service["status"]["loadBalancer"]["ingress"]
    assert cluster.who(entry["ip"]) == BOTH
    assert cluster.who(entry["ip"], source=None) == BOTH
    assert cluster.who(entry["ip"], 81) == {TimedOut}


def test_a_cluster_ip_means_nothing_outside(cluster):
    cluster.expose()
    assert cluster.who("10.96.0.10") == BOTH
    assert cluster.who("10.96.0.10", source=None) == {TimedOut}


def test_a_headless_service_is_a_name_for_pods_and_maps_no_port(cluster):
    cluster.expose(cluster_ip="None")
    assert cluster.who("kubia", 8080) == BOTH
    assert cluster.who("kubia", 80) == {Refused}


def test_an_external_name_is_another_name(cluster):
    cluster.expose()
    service = make_service(
        "other", type_="ExternalName", selector={}, externalName="kubia.default.svc.cluster.local"
    )
    for field in ("clusterIP", "clusterIPs", "ports"):
        service["spec"].pop(field, None)
    cluster.act(verbs.create, service)
    assert cluster.who("other") == BOTH


def test_the_internet_is_not_there(cluster):
    assert isinstance(cluster.ask("example.com"), Unresolved)
    assert isinstance(cluster.ask("93.184.216.34"), TimedOut)


def test_who_has_affinity_stays_with_a_pod(cluster):
    cluster.expose(sessionAffinity="ClientIP")
    (first,) = cluster.who("kubia")
    cluster.act(verbs.delete, "Pod", "default", first)
    cluster.wait(60)
    assert cluster.who("kubia") == BOTH - {first}


def test_a_host_port_is_the_pods_on_its_node_alone(cluster):
    port = {"containerPort": 80, "hostPort": 8088, "protocol": "TCP"}
    cluster.run("web", "nginx", "node-2", ports=[port])
    cluster.wait(5)
    assert cluster.who(ADDRESSES["node-2"], 8088) == {"web"}
    assert cluster.who(ADDRESSES["node-2"], 8088, source=None) == {"web"}
    assert cluster.who(ADDRESSES["node-1"], 8088) == {Refused}


def test_a_pod_on_the_nodes_network_listens_at_the_nodes_address(cluster):
    cluster.run("web", "nginx", "node-2", spec={"hostNetwork": True})
    cluster.wait(5)
    assert cluster.pod("web")["status"]["podIP"] == ADDRESSES["node-2"]
    assert cluster.who(ADDRESSES["node-2"], 80) == {"web"}


def test_a_node_without_power_loses_requests_until_its_pods_leave_the_endpoints(cluster):
    cluster.expose(type_="NodePort", ports=[service_port(nodePort=30080)])
    cluster.act(node_status.power_off, "node-2")
    assert cluster.who("kubia") == {"kubia-1", TimedOut}
    assert cluster.who(ADDRESSES["node-2"], 30080) == {TimedOut}
    cluster.wait(120)
    assert cluster.who("kubia") == {"kubia-1"}


def test_a_node_whose_kubelet_stands_still_goes_on_serving(cluster):
    cluster.expose()
    cluster.act(node_status.stop_kubelet, "node-2")
    assert cluster.who("kubia") == BOTH
    cluster.wait(120)
    assert cluster.who("kubia") == {"kubia-1"}
    ip = cluster.pod("kubia-2")["status"]["podIP"]
    assert cluster.who(ip, 8080) == {"kubia-2"}


def test_who_has_no_power_asks_in_vain(cluster):
    cluster.expose()
    cluster.act(node_status.power_off, "node-1")
    assert cluster.who("kubia") == {TimedOut}


def test_a_pod_that_is_not_ready_gets_nothing_through_the_service(cluster):
    probe = {"exec": {"command": ["test", "-f", "/ready"]}}
    cluster.run("late", "luksa/kubia", "node-1", labels={"app": "kubia"}, readinessProbe=probe)
    cluster.expose()
    assert cluster.who("kubia") == BOTH
    assert cluster.who(cluster.pod("late")["status"]["podIP"], 8080) == {"late"}


def test_internal_traffic_may_be_kept_on_the_node(cluster):
    cluster.expose(internalTrafficPolicy="Local")
    assert cluster.who("kubia") == {"kubia-1"}
    cluster.act(verbs.delete, "Pod", "default", "kubia-1")
    cluster.wait(60)
    assert cluster.who("kubia") == {TimedOut}


def test_a_named_target_port_is_each_pods_own(cluster):
    ports = [{"name": "http", "containerPort": 80, "protocol": "TCP"}]
    cluster.run("web", "nginx", "node-1", labels={"app": "web"}, ports=ports)
    cluster.expose(name="web", selector={"app": "web"}, ports=[service_port(8000, "http")])
    assert cluster.who("web", 8000) == {"web"}
