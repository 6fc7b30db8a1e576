"""The Service of the API server comes back."""

import pytest

from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.controllers import kubernetes_service
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW
from tests.engine.world import World

KINDS = ("Service", "Endpoints", "EndpointSlice")


@pytest.fixture
def w():
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=1, clock=Clock(NOW, NOW), delays="real")
    return World(store)


def missing(w):
    return [obj["kind"] for obj in kubernetes_service.missing(w.store)]


def test_the_service_comes_back_with_its_address_and_what_is_behind_it(w):
    before = w.get("Service", "kubernetes")
    w.act(verbs.delete, "Service", "default", "kubernetes")
    w.wait(9.9)
    assert missing(w) == ["Service", "Endpoints"]
    w.wait(0.1)
    assert missing(w) == []
    after = w.get("Service", "kubernetes")
    assert after["spec"] == before["spec"]
    assert after["spec"]["clusterIP"] == "10.96.0.1"
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    made = [change for change in w.store.changes if change.actor == "kube-apiserver"]
    assert [change.key.kind for change in made] == ["Service", "Endpoints"]
    w.wait(60)
    assert missing(w) == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_of_them_comes_back_alone(w, kind):
    w.act(verbs.delete, kind, "default", "kubernetes")
    assert kind in missing(w)
    w.wait(10)
    assert missing(w) == []


def test_a_service_of_that_name_that_somebody_else_made_is_left_alone(w):
    w.act(verbs.delete, "Service", "default", "kubernetes")
    port = {"port": 80}
    mine = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kubernetes", "namespace": "default"},
        "spec": {"ports": [port]},
    }
    w.act(verbs.create, mine)
    w.wait(60)
    assert w.get("Service", "kubernetes")["spec"]["ports"][0]["port"] == 80


def test_a_restart_forgets_nothing(w):
    w.act(verbs.delete, "Service", "default", "kubernetes")
    w.wait(5)
    w.restart()
    assert missing(w) == []
