"""Each part of the cluster can be stopped: what it would do stays undone, and is done when it goes on."""

import pytest

from clusters.engine import bootstrap, cluster
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.cluster import CONTROLLER_MANAGER, SCHEDULER
from clusters.engine.objects import is_ready, name_of
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, make_replication_controller, pod_template
from tests.engine.world import World


def a_world(delays="real"):
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=3, clock=Clock(NOW, NOW), delays=delays)
    return World(store)


def make(w, replicas=3, image="luksa/kubia"):
    template = pod_template({"app": "kubia"}, image=image)
    w.act(verbs.create, make_replication_controller(replicas=replicas, template=template))


def stop(w, component):
    w.act(cluster.set_component, component, False)


def start(w, component):
    w.act(cluster.set_component, component, True)


def pods(w):
    return w.store.list("Pod")


def ready(w):
    return sum(is_ready(pod) for pod in pods(w))


def doers(w, since):
    """Who has written since that revision."""
    return {change.actor.partition("/")[0] for change in w.store.changes if change.revision > since}


def causes(w, change):
    """The changes that led to this one, nearest first."""
    by_revision = {known.revision: known for known in w.store.changes}
    while change := by_revision.get(change.cause):
        yield change


def test_without_the_controller_manager_a_controller_is_recorded_and_that_is_all():
    w = a_world()
    stop(w, CONTROLLER_MANAGER)
    make(w)
    revision = w.store.revision
    w.wait(600)
    assert not pods(w)
    assert w.store.revision == revision
    assert w.plane.next_due() is None or w.plane.next_due() > w.store.now
    start(w, CONTROLLER_MANAGER)
    w.wait(60)
    assert ready(w) == len(pods(w)) == 3


def test_without_the_scheduler_pods_wait_and_nobody_says_why():
    w = a_world()
    stop(w, SCHEDULER)
    make(w)
    w.wait(600)
    assert len(pods(w)) == 3
    for pod in pods(w):
        assert "nodeName" not in pod["spec"]
        assert pod["status"]["phase"] == "Pending"
        assert w.events(pod) == []
    start(w, SCHEDULER)
    w.wait(60)
    assert ready(w) == 3


@pytest.mark.parametrize("component", cluster.COMPONENTS)
def test_what_goes_on_after_a_start_was_caused_by_it(component):
    w = a_world()
    stop(w, component)
    make(w)
    w.wait(20)
    start(w, component)
    started = w.store.revision
    assert w.store.changes[-1].key == cluster.KEY
    w.wait(60)
    for change in w.store.changes:
        if change.revision > started:
            *_, first = causes(w, change)
            assert (first.revision, first.actor) == (started, "person:1")


@pytest.mark.parametrize("component", cluster.COMPONENTS)
def test_what_was_queued_when_it_stopped_is_done_once_when_it_starts(component):
    w = a_world()
    make(w)
    w.wait(0.05)
    stop(w, component)
    stopped = w.store.revision
    w.wait(300)
    who = {CONTROLLER_MANAGER: {"replication-controller"}, SCHEDULER: {SCHEDULER}}[component]
    assert not who & doers(w, stopped)
    start(w, component)
    w.wait(60)
    assert ready(w) == len(pods(w)) == 3
    made = [change for change in w.store.changes if change.key.kind == "Pod" and change.verb == "ADDED"]
    assert len(made) == 3


def test_what_is_deleted_meanwhile_is_cleaned_up_after_the_start():
    w = a_world()
    make(w)
    w.act(
        verbs.create,
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "kubia", "namespace": "default"},
            "spec": {"selector": {"app": "kubia"}, "ports": [{"port": 80}]},
        },
    )
    w.wait(30)
    stop(w, CONTROLLER_MANAGER)
    w.act(verbs.delete, "ReplicationController", "default", "kubia")
    w.act(verbs.delete, "Service", "default", "kubia")
    w.act(verbs.delete, "Node", "", "node-1")
    w.wait(300)
    assert w.get("Endpoints", "kubia")
    assert len(pods(w)) == 3
    start(w, CONTROLLER_MANAGER)
    w.wait(120)
    assert w.get("Endpoints", "kubia") is None
    assert not pods(w)
    assert not [obj for obj in w.store.list("EndpointSlice") if name_of(obj).startswith("kubia")]


@pytest.mark.parametrize("component", cluster.COMPONENTS)
def test_a_restart_of_the_simulator_starts_nobody(component):
    w = a_world()
    stop(w, component)
    make(w)
    w.wait(20)
    w.restart()
    w.wait(100)
    assert ready(w) == 0
    start(w, component)
    w.wait(60)
    assert ready(w) == 3


def test_stopping_twice_and_starting_what_runs_changes_nothing():
    w = a_world()
    stop(w, SCHEDULER)
    stop(w, CONTROLLER_MANAGER)
    assert cluster.stopped_of(w.store) == sorted(cluster.COMPONENTS)
    revision = w.store.revision
    stop(w, SCHEDULER)
    assert w.store.revision == revision
    start(w, CONTROLLER_MANAGER)
    start(w, SCHEDULER)
    assert cluster.stopped_of(w.store) == []
