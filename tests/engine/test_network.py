"""Who answers at which address, and which requests are lost."""

from random import Random

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.controllers.endpoints import EndpointsController
from clusters.engine.controllers.endpointslice import EndpointSliceController
from clusters.engine.images import Image
from clusters.engine.network import Answer, Network, Refused, TimedOut, Unresolved, dns
from clusters.engine.objects import Key, is_deleting, key_of, name_of, with_value
from tests.engine.builders import make_node, make_pod, make_service, make_store, service_port, settle

KUBIA = Image("luksa/kubia", 1, ports=(8080,), answer="You've hit {hostname}\n")
CLIENT = Key("Pod", "default", "client")
OUTSIDE = None
NODES = (make_node("node-1", ip="172.18.0.2"), make_node("node-2", ip="172.18.0.3"))
PODS = (
    make_pod("client", labels={}, ip="10.244.0.9", ready=True, port=None),
    make_pod("kubia-1", ip="10.244.0.2", ready=True, node="node-1"),
    make_pod("kubia-2", ip="10.244.1.2", ready=True, node="node-2"),
)


def listening(pod):
    return {} if name_of(pod) == "client" else {8080: KUBIA}


def world(*objects):
    """Two nodes, a client, two pods that answer on 8080, and endpoints that are up to date."""
    store = make_store(*NODES, *PODS, *objects)
    settle(store, EndpointsController, EndpointSliceController)
    return store


def ask(store, target, port=80, *, source=CLIENT, times=1, listening=listening):
    """The outcome of a request, or the outcomes of several as a set."""
    network = Network(store, listening, Random(7))
    outcomes = {network.request(source, target, port) for _ in range(times)}
    return outcomes if times > 1 else outcomes.pop()


def who(outcomes):
    return {outcome.pod.name for outcome in outcomes if isinstance(outcome, Answer)}


def power_off(store, node):
    store.update(with_value(store.get("Node", "", node), ("simulation", "powered"), False))


def test_a_pod_answers_at_its_own_address():
    outcome = ask(world(), "10.244.1.2", 8080)
    assert (outcome.service, outcome.pod, outcome.port) == (None, Key("Pod", "default", "kubia-2"), 8080)
    assert outcome.text == "You've hit kubia-2\n"


def test_a_pods_address_means_nothing_outside():
    assert ask(world(), "10.244.1.2", 8080, source=OUTSIDE) == TimedOut()


def test_where_nobody_listens_the_machine_says_so():
    assert ask(world(), "10.244.1.2", 9999) == Refused(None, Key("Pod", "default", "kubia-2"))


def test_where_no_pod_is_nobody_says_anything():
    store = world()
    assert ask(store, "10.244.7.7", 8080) == TimedOut()
    store.update(with_value(store.get("Pod", "default", "kubia-2"), ("status", "phase"), "Failed"))
    assert ask(store, "10.244.1.2", 8080) == TimedOut()


def test_a_pod_reaches_itself():
    pod = Key("Pod", "default", "kubia-1")
    for target in ("localhost", "127.0.0.1"):
        assert ask(world(), target, 8080, source=pod).pod == pod


def test_a_pod_without_power_or_that_is_gone_asks_in_vain():
    store = world()
    power_off(store, "node-1")
    assert ask(store, "10.244.1.2", 8080) == TimedOut()
    assert ask(store, "10.244.1.2", 8080, source=Key("Pod", "default", "gone")) == TimedOut()


def test_a_service_spreads_over_its_ready_pods():
    outcomes = ask(world(make_service()), "10.96.0.10", times=30)
    assert who(outcomes) == {"kubia-1", "kubia-2"}
    assert {outcome.service for outcome in outcomes} == {Key("Service", "default", "kubia")}


def test_the_given_chance_decides():
    store = world(make_service())

    def names(seed):
        network = Network(store, listening, Random(seed))
        return [network.request(CLIENT, "kubia", 80).pod.name for _ in range(20)]

    assert names(1) == names(1) != names(2)


def test_a_service_address_means_nothing_outside():
    assert ask(world(make_service()), "10.96.0.10", source=OUTSIDE) == TimedOut()


def test_a_port_that_the_service_does_not_have_leads_nowhere():
    assert ask(world(make_service()), "10.96.0.10", 8080) == TimedOut(Key("Service", "default", "kubia"))


def test_a_service_without_endpoints_refuses():
    store = world(make_service(selector={"app": "nobody"}))
    assert ask(store, "10.96.0.10") == Refused(Key("Service", "default", "kubia"))


@pytest.mark.parametrize(
    "name", ["kubia", "kubia.default", "kubia.default.svc", "kubia.default.svc.cluster.local.", "KUBIA"]
)
def test_names_of_services(name):
    store = world(make_service())
    assert who({ask(store, name)}) <= {"kubia-1", "kubia-2"}
    assert isinstance(ask(store, name), Answer)


@pytest.mark.parametrize(
    "name", ["nobody", "kubia.kube-system", "kubia.default.pod", "example.com", "a.b.c.d"]
)
def test_names_of_nothing(name):
    assert ask(world(make_service()), name) == Unresolved(name)


def test_a_short_name_is_looked_up_where_the_client_lives():
    client = make_pod("client", namespace="kube-system", ip="10.244.0.8", ready=True)
    store = world(make_service(), client)
    source = Key("Pod", "kube-system", "client")
    assert ask(store, "kubia", source=source) == Unresolved("kubia")
    assert isinstance(ask(store, "kubia.default", source=source), Answer)


def test_names_mean_nothing_outside():
    assert ask(world(make_service()), "kubia", source=OUTSIDE) == Unresolved("kubia")


def test_a_headless_service_is_a_name_for_its_pods_and_translates_no_port():
    store = world(make_service(cluster_ip="None"))
    assert who(ask(store, "kubia", 8080, times=30)) == {"kubia-1", "kubia-2"}
    assert isinstance(ask(store, "kubia", 80), Refused)
    found = dns.resolve(store, store.get(*CLIENT), "kubia")
    assert found == ("kubia.default.svc.cluster.local", ["10.244.0.2", "10.244.1.2"])


def test_requests_to_a_dead_node_are_lost_until_the_endpoints_say_otherwise():
    store = world(make_service())
    power_off(store, "node-2")
    outcomes = ask(store, "kubia", times=30)
    lost = TimedOut(Key("Service", "default", "kubia"), Key("Pod", "default", "kubia-2"))
    assert lost in outcomes
    assert who(outcomes) == {"kubia-1"}
    pod = store.get("Pod", "default", "kubia-2")
    store.update(with_value(pod, ("status", "conditions"), [{"type": "Ready", "status": "False"}]))
    settle(store, EndpointSliceController)
    assert lost not in ask(store, "kubia", times=30)


def test_a_killed_pod_gets_no_more_requests_but_finishes_alone():
    store = world(make_service())
    verbs.delete(store, "Pod", "default", "kubia-2")
    settle(store, EndpointSliceController)
    assert who(ask(store, "kubia", times=30)) == {"kubia-1"}
    verbs.delete(store, "Pod", "default", "kubia-1")
    settle(store, EndpointSliceController)
    assert all(is_deleting(pod) for pod in store.list("Pod")[1:])
    assert who(ask(store, "kubia", times=30)) == {"kubia-1", "kubia-2"}


def test_a_client_with_affinity_keeps_its_pod_while_that_is_there():
    store = world(make_service(sessionAffinity="ClientIP"))
    (first,) = who(ask(store, "kubia", times=30) | {ask(store, "kubia")})
    verbs.delete(store, "Pod", "default", first, grace_seconds=0)
    settle(store, EndpointSliceController)
    assert who({ask(store, "kubia")}) == {"kubia-1", "kubia-2"} - {first}


NODE_PORT = make_service(type_="NodePort", ports=[service_port(nodePort=30123)])


@pytest.mark.parametrize("source", [CLIENT, OUTSIDE])
def test_a_node_port_is_open_on_every_node(source):
    store = world(NODE_PORT)
    for ip in ("172.18.0.2", "172.18.0.3"):
        assert who(ask(store, ip, 30123, source=source, times=30)) == {"kubia-1", "kubia-2"}
    assert ask(store, "172.18.0.2", 30999, source=source) == Refused()


def test_a_node_without_power_forwards_nothing():
    store = world(NODE_PORT)
    power_off(store, "node-2")
    assert ask(store, "172.18.0.3", 30123, source=OUTSIDE) == TimedOut(key_of(NODE_PORT))
    assert ask(store, "172.18.0.3", 10250, source=OUTSIDE) == TimedOut()


def test_traffic_that_stays_on_the_node_finds_only_its_pods():
    far = make_pod("only", labels={"app": "x"}, ip="10.244.1.5", ready=True, node="node-2")
    ports = [service_port(nodePort=30123)]
    store = world(
        far, make_service(type_="NodePort", ports=ports, selector={"app": "x"}, externalTrafficPolicy="Local")
    )
    assert ask(store, "172.18.0.2", 30123, source=OUTSIDE) == TimedOut(Key("Service", "default", "kubia"))
    assert who({ask(store, "172.18.0.3", 30123, source=OUTSIDE)}) == {"only"}

    inside = world(far, make_service(selector={"app": "x"}, internalTrafficPolicy="Local"))
    assert ask(inside, "10.96.0.10") == TimedOut(Key("Service", "default", "kubia"))


def load_balancer(**fields):
    service = make_service(type_="LoadBalancer", ports=[service_port(nodePort=30123)], **fields)
    return with_value(
        service, ("status", "loadBalancer"), {"ingress": [{"ip": "203.0.113.7", "ipMode": "VIP"}]}
    )


@pytest.mark.parametrize("source", [CLIENT, OUTSIDE])
def test_a_public_address_leads_to_the_pods(source):
    assert who(ask(world(load_balancer()), "203.0.113.7", source=source, times=30)) == {"kubia-1", "kubia-2"}


def test_the_load_balancer_believes_what_the_api_server_knows_about_nodes():
    store = world(load_balancer())
    power_off(store, "node-2")
    assert TimedOut(key_of(load_balancer())) in ask(store, "203.0.113.7", source=OUTSIDE, times=60)
    for name in ("node-1", "node-2"):
        node = store.get("Node", "", name)
        unknown = [{"type": "Ready", "status": "Unknown"}]
        store.update(with_value(node, ("status", "conditions"), unknown))
        assert ask(store, "203.0.113.7", source=OUTSIDE, times=30) == {TimedOut(key_of(load_balancer()))}


def test_with_local_traffic_the_load_balancer_sends_only_where_pods_are():
    store = world(load_balancer(selector={"app": "x"}, externalTrafficPolicy="Local"))
    store.create(make_pod("only", labels={"app": "x"}, ip="10.244.1.5", ready=True, node="node-2"))
    settle(store, EndpointSliceController)
    assert who(ask(store, "203.0.113.7", source=OUTSIDE, times=30)) == {"only"}


def test_external_addresses_of_a_service_lead_to_it_too():
    store = world(make_service(externalIPs=["192.0.2.1"]))
    assert isinstance(ask(store, "192.0.2.1", source=OUTSIDE), Answer)


def test_endpoints_that_somebody_wrote_are_used():
    manual = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": "kubia", "namespace": "default"},
        "subsets": [
            {"addresses": [{"ip": "10.244.1.2"}], "ports": [{"port": 8080, "protocol": "TCP"}]},
        ],
    }
    assert who({ask(world(make_service(selector={}), manual), "kubia")}) == {"kubia-2"}
    assert isinstance(ask(world(make_service(selector={})), "kubia"), Refused)


def test_each_port_of_a_service_leads_to_its_own():
    ports = [service_port(80, 8080, name="web"), service_port(81, 9090, name="admin")]
    store = world(make_service(ports=ports))
    assert ask(store, "kubia", 80).port == 8080
    assert isinstance(ask(store, "kubia", 81), Refused)
