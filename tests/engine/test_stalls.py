"""Each part of the cluster can be stopped: what it would do stays undone, and is done when it goes on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.engine import bootstrap, cluster
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.cluster import CONTROLLER_MANAGER, SCHEDULER
from clusters.engine.kubelet import node_status
from clusters.engine.objects import is_deleting, is_ready, name_of, with_value
from clusters.engine.store import MemoryStore, Overlay
from clusters.engine.taints import taints_of
from tests.engine.builders import NOW, make_replication_controller, pod_template
from tests.engine.world import World, simple_pod


def a_world(delays="real"):
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=3, clock=Clock(NOW, NOW), delays=delays)
    return World(store)


def make(w, replicas=3, image="luksa/kubia"):
    template = pod_template({"app": "kubia"}, image=image)
    w.act(verbs.create, make_replication_controller(replicas=replicas, template=template))


def expose(w):
    spec = {"selector": {"app": "kubia"}, "ports": [{"port": 80}]}
    metadata = {"name": "kubia", "namespace": "default"}
    w.act(verbs.create, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})


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
    expose(w)
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


def pull(w, how):
    w.act(cluster.set_pulls, how)


def reasons(w):
    """Why the containers of all pods wait."""
    statuses = [status for pod in pods(w) for status in pod["status"].get("containerStatuses") or ()]
    return {status["state"].get("waiting", {}).get("reason") for status in statuses}


REFUSED = (
    'failed to pull and unpack image "docker.io/luksa/kubia:latest": failed to resolve reference'
    ' "docker.io/luksa/kubia:latest": failed to do request: Head'
    ' "https://registry-1.docker.io/v2/luksa/kubia/manifests/latest": dial tcp 192.0.2.53:443: connect:'
    " connection refused"
)


def test_while_no_registry_answers_pods_are_bound_and_get_no_further():
    w = a_world()
    pull(w, "fail")
    make(w, replicas=1)
    w.wait(2)
    (pod,) = pods(w)
    assert pod["spec"]["nodeName"]
    assert pod["status"]["podIP"]
    assert w.container(name_of(pod))["state"]["waiting"] == {"reason": "ErrImagePull", "message": REFUSED}
    w.wait(4)
    assert reasons(w) == {"ImagePullBackOff"}
    w.wait(60)
    assert ready(w) == 0
    pull(w, "normal")
    w.wait(1)
    assert reasons(w) == {"ImagePullBackOff"}
    w.wait(60)
    assert ready(w) == 1


def test_who_has_the_image_needs_no_registry_unless_the_policy_is_to_ask():
    w = a_world()
    w.act(verbs.create, simple_pod("first", imagePullPolicy="IfNotPresent"))
    w.wait(30)
    pull(w, "fail")
    for policy in ("IfNotPresent", "Always"):
        pod = simple_pod(policy.lower(), imagePullPolicy=policy)
        pod["spec"]["nodeName"] = w.pod("first")["spec"]["nodeName"]
        w.act(verbs.create, pod)
    w.wait(30)
    assert is_ready(w.pod("ifnotpresent"))
    assert reasons(w) == {None, "ImagePullBackOff"}


def node_pulls(w):
    """(from, until) of everything that is being pulled."""
    states = [state for pod in pods(w) for state in pod["simulation"].get("containers", {}).values()]
    return [(state["from"], state["until"]) for state in states if state["phase"] == "pulling"]


def until_it_pulls(w):
    w.wait(2)
    ((begin, end),) = node_pulls(w)
    return (w.store.now - begin) / (end - begin), end - w.store.now


def test_what_is_left_of_a_pull_is_slow_too_and_fast_again_after_that():
    w = a_world()
    make(w, replicas=1)
    done, left = until_it_pulls(w)
    assert 0.05 < done < 0.95
    for how, slower in (("slow", 10), ("normal", 1), ("slow", 10)):
        pull(w, how)
        ((begin, end),) = node_pulls(w)
        assert (w.store.now - begin) / (end - begin) == pytest.approx(done, abs=0.02)
        assert end - w.store.now == pytest.approx(slower * left, rel=0.1)
    w.wait(9 * left)
    assert node_pulls(w)
    w.wait(2 * left + 2)
    assert ready(w) == 1


def test_a_new_pull_may_be_slow_from_the_beginning():
    w = a_world()
    make(w, replicas=1)
    _done, left = until_it_pulls(w)
    pull(w, "slow")
    w.wait(12 * left + 3)
    assert ready(w) == 1
    w.act(verbs.create, simple_pod(image="nginx"))
    w.wait(18)
    assert node_pulls(w)
    w.wait(10)
    assert ready(w) == 2
    assert dict(w.events(w.pod()))["Pulled"].startswith('Successfully pulled image "nginx" in 18.8s (18.8s')


def test_a_pull_under_way_fails_when_the_registry_goes():
    w = a_world()
    make(w, replicas=1)
    until_it_pulls(w)
    pull(w, "fail")
    assert reasons(w) == {"ErrImagePull"}
    pull(w, "normal")
    w.wait(60)
    assert ready(w) == 1


def test_a_pull_that_found_no_registry_fails_though_there_is_one_again():
    w = a_world()
    pull(w, "fail")
    make(w, replicas=1)
    w.wait(1.2)
    assert node_pulls(w)
    pull(w, "normal")
    w.wait(1)
    assert reasons(w) == {"ErrImagePull"}
    w.wait(30)
    assert ready(w) == 1


def test_without_its_kubelet_a_node_gets_pods_that_never_start():
    w = a_world()
    for name in ("node-1", "node-2", "node-3"):
        w.act(node_status.stop_kubelet, name)
    make(w)
    w.wait(20)
    assert len(pods(w)) == 3
    for pod in pods(w):
        assert pod["spec"]["nodeName"]
        assert pod["status"]["phase"] == "Pending"
        assert "containerStatuses" not in pod["status"]
        assert [reason for reason, _said in w.events(pod)] == ["Scheduled"]
    for name in ("node-1", "node-2", "node-3"):
        w.act(node_status.start_kubelet, name)
    w.wait(60)
    assert ready(w) == 3


def test_what_ran_when_the_kubelet_stopped_runs_on_and_a_crash_is_seen_when_it_starts():
    w = a_world()
    w.act(verbs.create, simple_pod(image="busybox", command=["sleep", "100"], policy="Never"))
    w.wait(30)
    node = w.pod()["spec"]["nodeName"]
    w.act(node_status.stop_kubelet, node)
    w.wait(49)
    assert is_ready(w.node(node))
    w.wait(10)
    assert not is_ready(w.node(node))
    w.wait(100)
    assert "running" in w.container()["state"]
    w.act(node_status.start_kubelet, node)
    assert w.container()["state"]["terminated"]["reason"] == "Completed"
    assert is_ready(w.node(node))
    w.wait(60)
    assert w.pod()["status"]["phase"] == "Succeeded"


def kill(w, number):
    alive = [name_of(pod) for pod in pods(w) if not is_deleting(pod)]
    if alive:
        w.act(verbs.delete, "Pod", "default", alive[number % len(alive)])


def scale(w, replicas):
    controller = verbs.get(w.store, "ReplicationController", "default", "kubia")
    w.act(verbs.update, with_value(controller, ("spec", "replicas"), replicas))


def switch(w, node, on):
    w.act(node_status.start_kubelet if on else node_status.stop_kubelet, node)


NODES = ("node-1", "node-2", "node-3")
ACTS = st.one_of(
    st.tuples(st.just(start), st.sampled_from(cluster.COMPONENTS)),
    st.tuples(st.just(stop), st.sampled_from(cluster.COMPONENTS)),
    st.tuples(st.just(switch), st.sampled_from(NODES), st.booleans()),
    st.tuples(st.just(pull), st.sampled_from(cluster.PULLS)),
    st.tuples(st.just(kill), st.integers(0, 9)),
    st.tuples(st.just(scale), st.integers(0, 5)),
    st.tuples(st.just(World.restart)),
    st.tuples(st.just(World.wait), st.sampled_from([0.2, 3.0, 40.0, 400.0])),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ACTS, max_size=20))
def test_whatever_was_stopped_when_all_run_again_there_is_what_was_asked_for(acts):
    w = a_world()
    make(w)
    expose(w)
    for act, *args in acts:
        act(w, *args)
    for component in cluster.COMPONENTS:
        start(w, component)
    for node in NODES:
        switch(w, node, True)
    pull(w, "normal")
    w.wait(700)
    wanted = verbs.get(w.store, "ReplicationController", "default", "kubia")["spec"]["replicas"]
    addresses = {pod["status"]["podIP"] for pod in pods(w)}
    assert ready(w) == len(pods(w)) == len(addresses) == wanted
    assert addresses == {
        address["ip"]
        for subset in w.get("Endpoints", "kubia").get("subsets", ())
        for address in subset["addresses"]
    }
    assert all(is_ready(node) and not taints_of(node) for node in w.store.list("Node"))
