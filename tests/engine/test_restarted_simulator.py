"""The simulator's own process dies and another one goes on: nothing is lost, nothing happens twice."""

import pytest

from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.kubelet import node_status
from clusters.engine.objects import is_deleting, is_ready, name_of
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, make_replication_controller, pod_template
from tests.engine.world import World, simple_pod


def world():
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=3, clock=Clock(NOW, NOW), delays="real")
    return World(store)


def start_three(w):
    template = pod_template({"app": "kubia"})
    w.act(verbs.create, make_replication_controller(replicas=3, template=template))


def crash(w):
    w.act(verbs.create, simple_pod(image="lifelines/crasher"))


def mistype(w):
    w.act(verbs.create, simple_pod(image="luksa/kubai"))


def lose_power(w):
    start_three(w)
    w.wait(30)
    w.act(node_status.power_off, "node-1")


def stop(w):
    start_three(w)
    w.wait(30)
    w.act(verbs.delete, "ReplicationController", "default", "kubia")


def probe_in_vain(w):
    w.act(verbs.create, simple_pod(readinessProbe={"httpGet": {"port": 81}}))


@pytest.mark.parametrize("begin", [crash, mistype, lose_power, stop, probe_in_vain])
@pytest.mark.parametrize("often", [0.5, 7.3])
def test_the_same_happens_as_without_a_restart(begin, often):
    def story(restarts):
        w = world()
        begin(w)
        for _ in range(int(120 / often)):
            w.wait(often)
            if restarts:
                w.restart()
        return w

    restarted, undisturbed = story(True), story(False)
    assert restarted.store.revision == undisturbed.store.revision
    assert restarted.store == undisturbed.store


def test_a_restart_in_mid_pull():
    w = world()
    start_three(w)
    w.wait(4)
    w.restart()
    w.wait(20)
    pods = w.store.list("Pod")
    assert len(pods) == 3
    assert all(is_ready(pod) for pod in pods)
    for pod in pods:
        for reason in ("Scheduled", "Pulling", "Pulled", "Created", "Started"):
            assert w.count_of(pod, reason) == 1, reason


def test_a_restart_in_the_middle_of_an_eviction():
    w = world()
    start_three(w)
    w.wait(20)
    w.act(node_status.power_off, "node-1")
    w.wait(200)
    w.restart()
    w.wait(149)
    (lost,) = [pod for pod in w.store.list("Pod") if pod["spec"]["nodeName"] == "node-1"]
    assert not is_deleting(lost)
    w.wait(6)
    assert is_deleting(w.pod(name_of(lost)))


def test_what_a_pod_does_after_a_restart_is_still_for_a_reason_of_its_own():
    w = world()
    start_three(w)
    mistype(w)
    # Meanwhile its node has got the other pods' image, which is no reason for it.
    w.wait(20)
    last = int(w.pod()["metadata"]["resourceVersion"])
    w.store.now += 30
    w.restart().wait(60)
    own = [change for change in w.store.changes if change.key.kind == "Pod" and change.key.name == "p"]
    assert len(own) > 1
    assert [change.cause for change in own] == [last, *(change.revision for change in own[:-1])]
