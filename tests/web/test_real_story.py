"""Chart and chain on what the real control plane writes: a kill, a node without power, an eviction."""

import re

import pytest

from clusters.engine import assembly, bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.kubelet import node_status
from clusters.engine.objects import labels_of, name_of
from clusters.engine.store import MemoryStore, Overlay
from clusters.web.chain import story
from clusters.web.lifelines import lay_out
from clusters.web.lineage import History
from tests.web.stories import PERSON, START
from tests.web.test_chain import Log, texts

CONTROLLER = {
    "apiVersion": "v1",
    "kind": "ReplicationController",
    "metadata": {"name": "kubia", "namespace": "default"},
    "spec": {
        "replicas": 3,
        "selector": {"app": "kubia"},
        "template": {
            "metadata": {"labels": {"app": "kubia"}},
            "spec": {"containers": [{"name": "kubia", "image": "luksa/kubia"}]},
        },
    },
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "kubia", "namespace": "default"},
    "spec": {"selector": {"app": "kubia"}, "ports": [{"port": 80, "targetPort": 8080}]},
}


class Cluster:
    """A cluster of three nodes with its control plane; a person acts between its passes."""

    def __init__(self):
        self.store = Overlay(MemoryStore(), now=START, seed="real", actor=PERSON)
        bootstrap.new_cluster(self.store, nodes=3, clock=Clock(START, START))
        self.plane = assembly.build()
        self.plane.load(self.store)

    def until(self, seconds):
        self.plane.run(self.store, START + seconds)
        self.store.now = max(self.store.now, START + seconds)

    def act(self, seconds, verb):
        self.until(seconds)
        before = len(self.store.changes)
        with self.store.acting(PERSON):
            verb(self.store)
        self.plane.observe(self.store.changes[before:], self.store)

    def pods(self):
        return [pod for pod in self.store.list("Pod") if labels_of(pod).get("app") == "kubia"]

    def history(self):
        history = History()
        for change in self.store.changes:
            history.observe(change)
        return history

    def story_of(self, uid):
        return texts(story(self.store.publish(), Log(self.store.changes), uid))


@pytest.fixture
def cluster():
    running = Cluster()
    running.act(10, lambda store: verbs.create(store, CONTROLLER))
    running.act(40, lambda store: verbs.create(store, SERVICE))
    running.until(60)
    assert len(running.pods()) == 3
    return running


def test_a_killed_pod_and_its_replacement(cluster):
    victim = cluster.pods()[0]
    cluster.act(120, lambda store: verbs.delete(store, "Pod", "default", name_of(victim)))
    cluster.until(200)
    chart = lay_out(cluster.history(), now=START + 200)
    old = next(row for row in chart.rows if row.full_name == name_of(victim))
    new = chart.rows[chart.rows.index(old) + 1]
    assert old.arrow is not None
    assert new.birth.at > 120
    assert new.ip != old.ip
    assert (old.gutter.struck, new.gutter.living) == (True, True)
    assert [line.kind for line in new.lines][-1] == "ready"
    assert [line.until for line in chart.bands[0].lines] == [None]
    told = cluster.story_of(new.uid)
    assert told[0] == f"You killed {name_of(victim)}"
    assert told[1] == "ReplicationController counted 2 pods, wants 3"
    assert told[2] == f"It created {new.full_name}"
    assert re.fullmatch(r"Scheduler chose node-\d", told[3])
    assert told[-1] == f"{new.full_name} is ready"


def test_a_node_without_power_and_the_eviction(cluster):
    cluster.act(100, lambda store: node_status.power_off(store, "node-2"))
    cluster.until(200)
    on_node = [pod for pod in cluster.pods() if pod["spec"]["nodeName"] == "node-2"]
    lives = cluster.history().lives
    assert all(lives[pod["metadata"]["uid"]].state == "unreachable" for pod in on_node)
    cluster.until(600)
    history = cluster.history()
    for pod in on_node:
        life = history.lives[pod["metadata"]["uid"]]
        assert life.killed_by == "taint-eviction-controller"
        assert life.gone_at is None
        told = cluster.story_of(life.replaced_by)
        assert told[0] == "You powered node-2 off"
        evicted = f"After 5 min, Taint eviction gave up waiting for the node and deleted {name_of(pod)}"
        assert told.index(evicted) < told.index("ReplicationController counted 2 pods, wants 3")
    assert "After 50 s without a signal, Node controller marked node-2 NotReady" in cluster.story_of(
        cluster.store.get("Node", "", "node-2")["metadata"]["uid"]
    )
    assert [flag.verb for flag in history.flags] == ["power-off"]


def test_a_node_that_comes_back_lets_its_pods_go(cluster):
    cluster.act(100, lambda store: node_status.power_off(store, "node-2"))
    cluster.act(600, lambda store: node_status.power_on(store, "node-2"))
    cluster.until(700)
    ended = [life for life in cluster.history().lives.values() if life.gone_at is not None]
    assert ended
    assert all(START + 600 <= life.gone_at <= START + 700 for life in ended)
    assert all(life.replaced_by for life in ended)
