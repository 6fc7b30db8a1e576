"""Pods that have to leave nodes with NoExecute taints."""

import pytest

from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock, rfc3339
from clusters.engine.controllers.taint_eviction import TaintEvictionController
from clusters.engine.kubelet import node_status
from clusters.engine.objects import condition_of, is_deleting, is_ready, simulation_of, with_value
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.taints import toleration_seconds
from tests.engine.builders import NOW, make_node, make_pod, make_store
from tests.engine.world import World, simple_pod

TAINT = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "timeAdded": rfc3339(NOW)}
BEARS_300 = {"key": TAINT["key"], "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}


def world(*tolerations, tainted=True):
    pod = make_pod("p", ip="10.244.0.2", ready=True)
    pod["spec"]["tolerations"] = list(tolerations)
    taints = [TAINT] if tainted else None
    return World(make_store(make_node(taints=taints), pod), TaintEvictionController)


def set_taints(w, *taints):
    w.act(verbs.update, with_value(w.node(), ("spec", "taints"), list(taints)))


def whole_cluster():
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=3, clock=Clock(NOW, NOW), delays="none")
    return World(store)


def test_a_pod_leaves_when_its_patience_is_over():
    w = world(BEARS_300)
    w.wait(299)
    assert not is_deleting(w.pod())
    assert simulation_of(w.pod())["evictAt"] == NOW + 300
    w.wait(1)
    assert is_deleting(w.pod())
    assert w.events(w.pod()) == [("TaintManagerEviction", "Marking for deletion Pod default/p")]
    condition = condition_of(w.pod(), "DisruptionTarget")
    assert (condition["status"], condition["reason"]) == ("True", "DeletionByTaintManager")
    assert condition["message"] == "Taint manager: deleting due to NoExecute taint"


def test_without_a_toleration_it_leaves_at_once():
    assert is_deleting(world().pod())


def test_a_toleration_without_a_limit_is_for_ever():
    w = world({"operator": "Exists"})
    w.wait(100_000)
    assert not is_deleting(w.pod())
    assert w.plane.next_due() is None


def test_a_taint_that_goes_in_time_cancels_it():
    w = world(BEARS_300)
    w.wait(200)
    set_taints(w)
    said = "Cancelling deletion of Pod default/p"
    assert w.events(w.pod()) == [("TaintManagerEviction", said)]
    w.wait(1000)
    assert not is_deleting(w.pod())
    assert w.count_of(w.pod(), "TaintManagerEviction") == 1


def test_a_second_silence_starts_anew():
    w = world(BEARS_300)
    w.wait(200)
    set_taints(w)
    w.wait(50)
    set_taints(w, {**TAINT, "timeAdded": rfc3339(w.store.now)})
    w.wait(299)
    assert not is_deleting(w.pod())
    w.wait(1)
    assert is_deleting(w.pod())


def test_the_least_patient_toleration_counts():
    short = {**BEARS_300, "key": "", "tolerationSeconds": 20}
    assert toleration_seconds([BEARS_300, short], [TAINT]) == 20
    assert toleration_seconds([BEARS_300], [TAINT, {**TAINT, "key": "other"}]) == 0
    assert toleration_seconds([{**BEARS_300, "tolerationSeconds": -5}], [TAINT]) == 0
    assert toleration_seconds([{"operator": "Exists"}], [TAINT]) is None


def test_a_pod_that_comes_later_is_looked_at_too():
    w = world({"operator": "Exists"})
    late = make_pod("late", ip="10.244.0.3")
    late["spec"]["tolerations"] = []
    w.act(Overlay.create, late)
    assert is_deleting(w.pod("late"))


def test_other_effects_drive_nobody_away():
    w = world(tainted=False)
    set_taints(w, {**TAINT, "effect": "NoSchedule"})
    assert not is_deleting(w.pod())


@pytest.mark.parametrize("seconds", [0, 100, 299])
def test_a_restart_in_the_middle_keeps_the_time(seconds):
    w = world(BEARS_300)
    w.wait(seconds)
    again = World(Overlay(w.store.publish(), now=w.store.now, seed="seed"), TaintEvictionController)
    again.wait(299 - seconds)
    assert not is_deleting(again.pod())
    again.wait(1)
    assert is_deleting(again.pod())


class TestPowerCut:
    """What learners see when they pull the plug."""

    @pytest.fixture
    def w(self):
        w = whole_cluster()
        pod = simple_pod()
        w.act(verbs.create, {**pod, "spec": {**pod["spec"], "nodeName": "node-1"}})
        w.act(node_status.power_off, "node-1")
        return w

    def test_after_350_seconds_it_is_terminating_and_stays_so(self, w):
        w.wait(349)
        assert not is_deleting(w.pod())
        w.wait(1)
        assert is_deleting(w.pod())
        w.wait(24 * 3600)
        assert is_deleting(w.pod())

    def test_it_goes_when_the_node_is_back(self, w):
        w.wait(400)
        w.act(node_status.power_on, "node-1")
        assert w.get("Pod", "p") is None

    def test_it_goes_some_time_after_the_node_was_deleted(self, w):
        w.wait(400)
        w.act(verbs.delete, "Node", "", "node-1")
        w.wait(39)
        assert w.get("Pod", "p") is not None
        w.wait(1)
        assert w.get("Pod", "p") is None

    def test_it_stays_when_the_power_is_back_in_time(self, w):
        w.wait(200)
        w.act(node_status.power_on, "node-1")
        assert is_ready(w.pod())
        w.wait(1000)
        assert is_ready(w.pod())
        assert ("TaintManagerEviction", "Cancelling deletion of Pod default/p") in w.events(w.pod())
