"""New clusters and new nodes."""

import pytest

from clusters.engine import bootstrap, cluster
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.clock import Clock
from clusters.engine.objects import is_ready, name_of
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW
from tests.engine.world import World


@pytest.fixture
def store():
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=3, clock=Clock(NOW, NOW), delays="real")
    return store


def names(store, kind):
    return [name_of(obj) for obj in store.list(kind)]


def test_what_a_new_cluster_has(store):
    assert names(store, "Namespace") == ["default", "kube-node-lease", "kube-public", "kube-system"]
    assert names(store, "Node") == ["node-1", "node-2", "node-3"]
    assert all(is_ready(node) for node in store.list("Node"))
    assert store.list("Pod") == []
    assert cluster.delays_of(store) == cluster.REAL
    assert cluster.clock_of(store) == Clock(NOW, NOW)


def test_the_service_of_the_api_server(store):
    service = store.get("Service", "default", "kubernetes")
    assert service["spec"]["clusterIP"] == "10.96.0.1"
    assert service["spec"]["ports"][0]["port"] == 443
    (subset,) = store.get("Endpoints", "default", "kubernetes")["subsets"]
    assert subset["addresses"] == [{"ip": "172.18.0.2"}]
    assert subset["ports"] == [{"name": "https", "port": 6443, "protocol": "TCP"}]
    endpoint_slice = store.get("EndpointSlice", "default", "kubernetes")
    assert endpoint_slice["metadata"]["labels"] == {"kubernetes.io/service-name": "kubernetes"}
    assert endpoint_slice["endpoints"][0]["addresses"] == ["172.18.0.2"]


def test_nodes_have_addresses_and_ranges_of_their_own(store):
    nodes = store.list("Node")
    assert [node["spec"]["podCIDR"] for node in nodes] == [f"10.244.{n}.0/24" for n in (1, 2, 3)]
    assert [node["status"]["addresses"][0]["address"] for node in nodes] == [
        f"172.18.1.{n}" for n in (1, 2, 3)
    ]
    assert len({node["status"]["nodeInfo"]["machineID"] for node in nodes}) == 3


def test_a_node_that_joins_is_told(store):
    reasons = [
        (event["reason"], event["source"]["component"])
        for event in sorted(store.list("Event"), key=lambda e: int(e["metadata"]["resourceVersion"]))
        if event["involvedObject"]["name"] == "node-1"
    ]
    assert reasons == [
        ("Starting", "kubelet"),
        ("NodeHasSufficientMemory", "kubelet"),
        ("NodeHasNoDiskPressure", "kubelet"),
        ("NodeHasSufficientPID", "kubelet"),
        ("NodeReady", "kubelet"),
        ("RegisteredNode", "node-controller"),
    ]


def test_a_new_node_has_a_name_that_none_had_before(store):
    w = World(store)
    assert name_of(w.act(bootstrap.add_node)) == "node-4"
    w.act(verbs.delete, "Node", "", "node-4")
    w.act(verbs.delete, "Node", "", "node-2")
    assert name_of(w.act(bootstrap.add_node)) == "node-5"
    assert w.node("node-5")["spec"]["podCIDR"] == "10.244.5.0/24"


def test_a_node_may_be_named(store):
    node = bootstrap.add_node(store, "gpu")
    assert node["spec"]["podCIDR"] == "10.244.4.0/24"
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == "gpu"
    assert name_of(bootstrap.add_node(store)) == "node-5"


def test_a_number_that_a_named_node_took_is_not_given_again(store):
    bootstrap.add_node(store, "node-9")
    assert name_of(bootstrap.add_node(store)) == "node-10"


def test_a_name_in_use_is_refused(store):
    with pytest.raises(StatusError, match='nodes "node-1" already exists'):
        bootstrap.add_node(store, "node-1")


def test_a_refused_node_takes_no_range(store):
    before = store.revision
    with pytest.raises(StatusError, match="is invalid"):
        bootstrap.add_node(store, "Node_1")
    assert store.revision == before


def test_a_new_cluster_is_at_rest(store):
    before = store.revision
    w = World(store)
    w.wait(3600 - 1)
    assert store.revision == before


def test_the_same_seed_makes_the_same_cluster(store):
    other = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(other, nodes=3, clock=Clock(NOW, NOW), delays="real")
    assert other == store
    third = Overlay(MemoryStore(), now=NOW, seed="another")
    bootstrap.new_cluster(third, nodes=3, clock=Clock(NOW, NOW), delays="real")
    assert third != store
