"""Leases and ComponentStatuses, which nobody stores."""

import pytest

from clusters.engine.apiserver import derived
from clusters.engine.apiserver.derived import DERIVED, LEASE_NAMESPACE
from clusters.engine.clock import Clock, parse_rfc3339, rfc3339_micro
from clusters.engine.cluster import KEY, cluster_object
from clusters.engine.kubelet import node_status
from clusters.engine.objects import with_value
from tests.engine.builders import NOW, later, make_store


def store_with_node():
    """A cluster of one machine whose kubelet works, and another Node that somebody only wrote down."""
    store = make_store()
    store.create(node_status.new_node(store, "node-1", ip="172.18.0.2", pod_cidr=""))
    return store


def lease_of(store, now):
    (lease,) = DERIVED["Lease"](store.publish(), now)
    return lease


def renewed(lease):
    return parse_rfc3339(lease["spec"]["renewTime"])


def test_a_lease_belongs_to_its_node():
    store = store_with_node()
    node = store.get("Node", "", "node-1")
    lease = lease_of(store, NOW)
    uid = node["metadata"]["uid"]
    assert lease["metadata"]["namespace"] == LEASE_NAMESPACE == "kube-node-lease"
    assert lease["metadata"]["name"] == "node-1"
    assert lease["metadata"]["ownerReferences"] == [
        {"apiVersion": "v1", "kind": "Node", "name": "node-1", "uid": uid}
    ]
    assert lease["metadata"]["resourceVersion"] == node["metadata"]["resourceVersion"]
    assert lease["spec"]["holderIdentity"] == "node-1"
    assert lease["spec"]["leaseDurationSeconds"] == 40


def test_a_lease_keeps_its_own_uid():
    store = store_with_node()
    first = lease_of(store, NOW)["metadata"]["uid"]
    node_status.stop_kubelet(store, "node-1")
    assert lease_of(store, NOW + 100)["metadata"]["uid"] == first
    assert first != store.get("Node", "", "node-1")["metadata"]["uid"]


@pytest.mark.parametrize("passed", [0.0, 9.9, 10.0, 25.0, 3600.5])
def test_a_kubelet_that_runs_renews_every_ten_seconds(passed):
    lease = lease_of(store_with_node(), NOW + passed)
    assert 0 <= NOW + passed - renewed(lease) < 10
    assert renewed(lease) % 10 == 0


@pytest.mark.parametrize("silence", [node_status.stop_kubelet, node_status.power_off])
def test_a_silent_kubelet_leaves_its_lease_as_it_was(silence):
    store = later(store_with_node(), 33.0)
    silence(store, "node-1")
    assert lease_of(store, NOW + 40)["spec"] == lease_of(store, NOW + 4000)["spec"]
    assert renewed(lease_of(store, NOW + 4000)) == pytest.approx(NOW + 33.0)


def test_a_kubelet_that_is_back_renews_again():
    store = store_with_node()
    node_status.power_off(store, "node-1")
    node_status.power_on(store, "node-1")
    assert renewed(lease_of(store, NOW + 500)) > NOW + 480


def test_a_node_without_a_machine_has_no_lease():
    store = make_store()
    store.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "paper"}, "spec": {}})
    assert DERIVED["Lease"](store.publish(), NOW) == []


def test_times_of_leases_have_microseconds():
    assert lease_of(store_with_node(), NOW)["spec"]["renewTime"] == rfc3339_micro(NOW)


def test_the_components_are_well():
    statuses = DERIVED["ComponentStatus"](make_store().publish(), NOW)
    assert [status["metadata"]["name"] for status in statuses] == [
        "controller-manager",
        "scheduler",
        "etcd-0",
    ]
    for status in statuses:
        assert status["conditions"] == [{"type": "Healthy", "status": "True", "message": "ok"}]


@pytest.mark.parametrize(
    ("component", "name", "port"),
    [("default-scheduler", "scheduler", 10259), ("kube-controller-manager", "controller-manager", 10257)],
)
def test_a_stopped_component_refuses_the_connection(component, name, port):
    stopped = with_value(
        cluster_object(delays="none", clock=Clock(NOW, NOW)), ("spec", "stopped"), [component]
    )
    store = make_store(stopped)
    assert store.get(*KEY)["spec"]["stopped"] == [component]
    found = {
        status["metadata"]["name"]: status["conditions"][0]
        for status in DERIVED["ComponentStatus"](store.publish(), NOW)
    }
    address = f"127.0.0.1:{port}"
    assert found.pop(name) == {
        "type": "Healthy",
        "status": "False",
        "message": f'Get "https://{address}/healthz": dial tcp {address}: connect: connection refused',
    }
    assert {condition["status"] for condition in found.values()} == {"True"}


def heartbeats(store, passed):
    node = derived.shown(store.get("Node", "", "node-1"), NOW + passed)
    return {parse_rfc3339(said["lastHeartbeatTime"]) - NOW for said in node["status"]["conditions"]}


def test_a_kubelet_that_runs_repeats_its_status_every_five_minutes():
    store = store_with_node()
    assert [heartbeats(store, passed) for passed in (0, 299, 300, 3601)] == [{0}, {0}, {300}, {3600}]


def test_what_a_silent_kubelet_reported_stays_as_it_was():
    store = store_with_node()
    node_status.power_off(store, "node-1")
    assert heartbeats(store, 3600) == {0}


def test_other_objects_are_shown_as_they_are_stored():
    store = store_with_node()
    namespace = store.get("Namespace", "", "default")
    assert derived.shown(namespace, NOW + 3600) == namespace
    assert "simulation" not in derived.shown(store.get("Node", "", "node-1"), NOW)
