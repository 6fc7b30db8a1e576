"""Pods that nobody will ever finish."""

from itertools import count

from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.control_plane import ControlPlane
from clusters.engine.controllers.pod_gc import PodGCController
from clusters.engine.objects import condition_of
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, later, make_pod, make_store
from tests.engine.world import World


def world(pods=1):
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=2, clock=Clock(NOW, NOW), delays="none")
    for number in range(pods):
        store.create(make_pod(f"p{number}", ip=f"10.244.1.{number + 2}"))
    return World(store, PodGCController)


def test_pods_of_a_deleted_node_go_after_the_quarantine():
    w = world()
    w.act(verbs.delete, "Node", "", "node-1")
    w.wait(39)
    assert w.get("Pod", "p0") is not None
    w.wait(1)
    assert w.get("Pod", "p0") is None
    last = w.store.changes[-1].object
    assert last["status"]["phase"] == "Failed"
    assert condition_of(last, "DisruptionTarget")["reason"] == "DeletionByPodGC"


def test_a_node_that_comes_back_in_time_keeps_its_pods():
    w = world()
    w.act(verbs.delete, "Node", "", "node-1")
    w.wait(30)
    w.act(bootstrap.add_node, "node-1")
    w.wait(100)
    assert w.get("Pod", "p0") is not None


def test_a_restart_does_not_start_the_quarantine_again():
    w = world()
    w.act(verbs.delete, "Node", "", "node-1")
    w.wait(30)
    again = World(Overlay(w.store.publish(), now=w.store.now, seed="seed"), PodGCController)
    again.wait(9)
    assert again.get("Pod", "p0") is not None
    again.wait(1)
    assert again.get("Pod", "p0") is None


def test_a_pod_bound_to_a_node_that_never_was():
    w = world()
    w.act(verbs.create, make_pod("lost", node="nowhere"))
    w.wait(41)
    assert w.get("Pod", "lost") is None
    assert w.get("Pod", "p0") is not None


def test_a_finished_pod_keeps_its_end():
    w = world(0)
    pod = make_pod("done", node="node-1", phase="Succeeded")
    w.act(verbs.create, pod)
    w.act(verbs.update_status, {**w.pod("done"), "status": {"phase": "Succeeded"}})
    w.act(verbs.delete, "Node", "", "node-1")
    w.wait(41)
    assert w.get("Pod", "done") is None
    assert w.store.changes[-1].object["status"]["phase"] == "Succeeded"


def test_a_pod_that_is_deleted_before_it_had_a_node():
    pod = make_pod("p", deletionTimestamp="2026-11-24T08:00:00Z", deletionGracePeriodSeconds=30)
    w = World(make_store({**pod, "simulation": {"deletedAt": NOW}}), PodGCController)
    assert w.get("Pod", "p") is None


def test_many_pods_go_in_parts():
    w = world(20)
    w.act(verbs.delete, "Node", "", "node-1")
    store = later(w.store, 40, limit=10)
    plane = ControlPlane([PodGCController(count(1))])
    plane.load(store)
    passes = 1
    while plane.run(store, store.now):
        store = later(store, limit=10)
        passes += 1
    assert passes >= 4
    assert store.list("Pod") == []
