"""Nodes that fall silent, and how carefully their pods are driven away."""

import math
from itertools import count

import pytest

from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock, parse_rfc3339
from clusters.engine.control_plane import ControlPlane
from clusters.engine.controllers.node_lifecycle import NodeLifecycleController, taint_interval
from clusters.engine.kubelet import node_status
from clusters.engine.kubelet.kubelet import Kubelet
from clusters.engine.objects import condition_of, is_ready, with_value
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, later, make_node, make_pod, make_store
from tests.engine.world import World, simple_pod

NO_SCHEDULE = ("node.kubernetes.io/unreachable", "NoSchedule")
NO_EXECUTE = ("node.kubernetes.io/unreachable", "NoExecute")


def world(nodes=3):
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=nodes, clock=Clock(NOW, NOW), delays="none")
    return World(store, Kubelet, NodeLifecycleController)


def taints(node):
    return [(taint["key"], taint["effect"]) for taint in node["spec"].get("taints") or ()]


def tainted(w):
    return [node["metadata"]["name"] for node in w.store.list("Node") if NO_EXECUTE in taints(node)]


def bound(name="p", node="node-1"):
    pod = simple_pod(name)
    return {**pod, "spec": {**pod["spec"], "nodeName": node}}


def test_healthy_nodes_cost_nothing():
    w = world()
    revision = w.store.revision
    w.wait(7 * 24 * 3600)
    assert w.store.revision == revision
    assert w.plane.next_due() is None


def test_silence_is_noticed_after_the_grace_period():
    w = world()
    w.wait(3)
    w.act(node_status.power_off, "node-1")
    w.wait(51)
    assert is_ready(w.node())
    w.wait(1)
    ready = condition_of(w.node(), "Ready")
    assert ready["status"] == "Unknown"
    assert ready["reason"] == "NodeStatusUnknown"
    assert ready["message"] == "Kubelet stopped posting node status."
    assert parse_rfc3339(ready["lastTransitionTime"]) == NOW + 55
    assert {c["status"] for c in w.node()["status"]["conditions"]} == {"Unknown"}
    assert w.events(w.node())[-1] == ("NodeNotReady", "Node node-1 status is now: NodeNotReady")
    assert is_ready(w.node("node-2"))


def test_the_silent_node_is_tainted():
    w = world()
    w.act(node_status.power_off, "node-1")
    w.wait(50)
    assert taints(w.node()) == [NO_SCHEDULE, NO_EXECUTE]
    assert [parse_rfc3339(t["timeAdded"]) for t in w.node()["spec"]["taints"]] == [NOW + 50] * 2


def test_its_pods_are_not_ready_any_more():
    w = world()
    w.act(verbs.create, bound())
    w.act(verbs.create, bound("other", "node-2"))
    w.act(node_status.power_off, "node-1")
    w.wait(50)
    assert not is_ready(w.pod())
    assert condition_of(w.pod(), "ContainersReady")["status"] == "True"
    assert ("NodeNotReady", "Node is not ready") in w.events(w.pod())
    event = next(e for e in w.store.list("Event") if e["message"] == "Node is not ready")
    assert event["type"] == "Warning"
    assert event["source"] == {"component": "node-controller"}
    assert is_ready(w.pod("other"))


def test_a_short_silence_goes_unnoticed():
    w = world()
    w.act(node_status.power_off, "node-1")
    w.wait(49)
    w.act(node_status.power_on, "node-1")
    w.wait(600)
    assert is_ready(w.node())
    assert w.count_of(w.node(), "NodeNotReady") == 0
    assert taints(w.node()) == []


def test_the_node_comes_back():
    w = world()
    w.act(verbs.create, bound())
    w.act(node_status.power_off, "node-1")
    w.wait(100)
    w.act(node_status.power_on, "node-1")
    assert is_ready(w.node())
    assert "taints" not in w.node()["spec"]
    assert is_ready(w.pod())
    assert w.count_of(w.node(), "NodeReady") == 2


def test_a_kubelet_that_stopped_looks_the_same():
    w = world()
    w.act(verbs.create, bound())
    w.act(node_status.stop_kubelet, "node-1")
    w.wait(60)
    assert condition_of(w.node(), "Ready")["status"] == "Unknown"
    w.act(node_status.start_kubelet, "node-1")
    assert is_ready(w.pod())
    assert w.container()["restartCount"] == 0


def test_a_node_that_never_spoke_is_given_a_minute():
    w = world()
    ghost = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "ghost"}, "spec": {}}
    w.act(verbs.create, ghost)
    w.wait(59)
    assert "status" not in w.node("ghost")
    w.wait(1)
    ready = condition_of(w.node("ghost"), "Ready")
    assert (ready["status"], ready["reason"]) == ("Unknown", "NodeStatusNeverUpdated")
    assert ready["message"] == "Kubelet never posted node status."
    assert taints(w.node("ghost")) == [NO_SCHEDULE, NO_EXECUTE]


def test_nodes_are_tainted_one_by_one():
    w = world(nodes=5)
    for name in ("node-1", "node-2"):
        w.act(node_status.power_off, name)
    w.wait(50)
    assert tainted(w) == ["node-1"]
    assert taints(w.node("node-2")) == [NO_SCHEDULE]
    w.wait(9)
    assert tainted(w) == ["node-1"]
    w.wait(1)
    assert tainted(w) == ["node-1", "node-2"]


def test_if_most_nodes_are_lost_no_more_pods_are_driven_away():
    w = world(nodes=5)
    for name in ("node-1", "node-2", "node-3"):
        w.act(node_status.power_off, name)
    w.wait(300)
    assert len(tainted(w)) <= 1
    w.act(node_status.power_on, "node-3")
    w.wait(20)
    assert tainted(w) == ["node-1", "node-2"]


def test_if_all_nodes_are_lost_nobody_is_driven_away():
    w = world(nodes=2)
    w.act(node_status.power_off, "node-1")
    w.wait(60)
    assert tainted(w) == ["node-1"]
    w.act(node_status.power_off, "node-2")
    w.wait(60)
    assert tainted(w) == []
    assert taints(w.node("node-1")) == [NO_SCHEDULE]
    w.act(node_status.power_on, "node-2")
    w.wait(1)
    assert tainted(w) == ["node-1"]


@pytest.mark.parametrize(
    ("ready", "nodes", "interval"),
    [
        (3, 3, 10),
        (2, 3, 10),
        (1, 3, 10),
        (0, 3, math.inf),
        (2, 5, math.inf),
        (3, 5, 10),
        (45, 100, 100),
        (46, 100, 10),
        (0, 100, math.inf),
    ],
)
def test_how_fast_nodes_are_tainted(ready, nodes, interval):
    assert taint_interval(ready, nodes) == interval


def test_cordoning_is_a_taint():
    w = world()
    w.act(verbs.update, with_value(w.node(), ("spec", "unschedulable"), True))
    assert taints(w.node()) == [("node.kubernetes.io/unschedulable", "NoSchedule")]
    w.act(verbs.update, with_value(w.node(), ("spec", "unschedulable"), False))
    assert taints(w.node()) == []


def test_other_peoples_taints_stay():
    w = world()
    mine = {"key": "gpu", "effect": "NoExecute"}
    w.act(verbs.update, with_value(w.node(), ("spec", "taints"), [mine]))
    w.act(node_status.power_off, "node-1")
    w.wait(60)
    assert mine in w.node()["spec"]["taints"]
    w.act(node_status.power_on, "node-1")
    assert w.node()["spec"]["taints"] == [mine]


def test_many_pods_are_reported_in_parts():
    node = make_node()
    node["simulation"] = {"powered": False, "kubelet": "stopped", "heartbeat": NOW - 60}
    pods = [make_pod(f"p{n}", ip=f"10.244.0.{n + 2}", ready=True) for n in range(20)]
    store = make_store(node, make_node("node-2"), *pods, limit=12)
    plane = ControlPlane([NodeLifecycleController(count(1))])
    plane.load(store)
    passes = 1
    while plane.run(store, store.now):
        store = later(store, limit=12)
        passes += 1
    assert 3 <= passes <= 6
    assert not any(is_ready(pod) for pod in store.list("Pod"))
