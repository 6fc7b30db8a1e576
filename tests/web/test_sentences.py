"""Every change says who did what; where nothing else is known of it, which field moved from what to what."""

import re

import pytest

from clusters.engine import bootstrap, cluster
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.cluster import CONTROLLER_MANAGER
from clusters.engine.controllers import event_ttl
from clusters.engine.objects import with_simulation, with_status, with_value
from clusters.engine.store import MemoryStore, Overlay
from clusters.web.chain import sentence_of
from clusters.web.field_sentences import short
from tests.engine.builders import NOW, make_replication_controller, pod_template
from tests.engine.world import World, simple_pod
from tests.web.stories import Story, sample
from tests.web.test_chain import Log, plain_text


def said(story, **options):
    """The sentence of the last change."""
    return plain_text(sentence_of(Log(story.changes), story.changes[-1], **options).html)


@pytest.fixture
def world():
    store = Overlay(MemoryStore(), now=NOW, seed="seed", actor="bootstrap")
    bootstrap.new_cluster(store, nodes=2, clock=Clock(NOW, NOW))
    return World(store)


def last(world, kind, name):
    """The sentence of the last change of an object."""
    changes = [change for change in world.store.changes if (change.key.kind, change.key.name) == (kind, name)]
    return plain_text(sentence_of(Log(world.store.changes), changes[-1]).html)


def test_a_kubelet_that_reports_a_pod_for_the_first_time_has_heard_of_it(world):
    world.act(verbs.create, simple_pod("web"))
    world.wait(60)
    told = [
        plain_text(sentence_of(Log(world.store.changes), change).html)
        for change in world.store.changes
        if change.key.name == "web" and change.actor.startswith("kubelet/")
    ]
    node = world.pod("web")["spec"]["nodeName"]
    assert told[0] == f"web: kubelet on {node} hears of it and prepares it"
    assert sum("hears of it" in sentence for sentence in told) == 1


class TestAFieldThatMoved:
    def test_is_told_with_both_of_its_values(self):
        told = sample()
        told.kubelet("kubia-x9c4t", 300, phase="Unknown")
        assert said(told) == ("kubia-x9c4t: kubelet on node-1 changed status.phase from Running to Unknown")

    def test_that_was_not_there_is_set(self):
        told = sample()
        told.kubelet("kubia-x9c4t", 300, hostIP="172.18.0.1")
        assert said(told, named=False) == "kubelet on node-1 set status.hostIP to 172.18.0.1"

    def test_that_is_gone_is_told_with_what_it_was(self):
        told = sample()
        pod = told.pod("kubia-x9c4t")
        metadata = {**pod["metadata"], "labels": {}}
        with told.at(300) as store:
            store.update({**pod, "metadata": metadata})
        assert said(told, named=False) == "You removed metadata.labels.app, which was kubia"

    def test_is_told_for_several_if_it_says_most(self):
        told = sample()
        told.kubelet("kubia-x9c4t", 300, qosClass="BestEffort", hostIP="172.18.0.1", phase="Unknown")
        assert said(told, named=False) == (
            "kubelet on node-1 changed status.phase from Running to Unknown, and 2 more fields"
        )

    def test_is_none_where_only_the_simulator_took_notes(self):
        told = sample()
        with told.at(300, "kubelet/node-1") as store:
            store.update(with_simulation(told.pod("kubia-x9c4t"), due=5))
        assert said(told) == "kubelet on node-1 went on with its work on kubia-x9c4t. No field moved"

    def test_is_not_known_where_the_state_before_is_not_kept(self):
        told = sample()
        told.kubelet("kubia-x9c4t", 300, hostIP="172.18.0.1")
        change = told.changes[-1]._replace(previous=None)
        change = change._replace(actor="endpoint-controller")
        sentence = sentence_of(Log([change]), change)
        assert plain_text(sentence.html) == "Endpoints controller changed Pod kubia-x9c4t"

    def test_is_text_whatever_it_holds(self):
        told = sample()
        with told.at(300) as store:
            pod = told.pod("kubia-x9c4t")
            store.update(with_value(pod, ("metadata", "labels"), {"app": "<script>"}))
        assert "<script>" not in sentence_of(Log(told.changes), told.changes[-1]).html


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        ("", '""'),
        ("two\n lines", "two lines"),
        (3, "3"),
        (["a"], '["a"]'),
        ({"type": "Ready", "status": "True"}, "True"),
        ("x" * 80, "x" * 59 + "…"),
    ],
)
def test_a_value_is_one_short_line(value, text):
    assert short(value) == text


def test_what_people_do_to_nodes_and_labels_is_told_by_its_name(world):
    world.act(verbs.update, with_value(world.node(), ("spec", "unschedulable"), True))
    world.store.actor = ""
    changes = [change for change in world.store.changes if change.actor == "person:1"]
    log = Log(world.store.changes)
    assert plain_text(sentence_of(log, changes[-1]).html) == "You cordoned node-1: no new pods come"


def test_the_cluster_came_with_what_was_there_at_first(world):
    assert last(world, "Namespace", "kube-system") == "The cluster came with Namespace kube-system"


def test_who_controls_endpoints_says_which_addresses_come_and_go(world):
    metadata = {"name": "web", "namespace": "default"}
    body = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    world.act(verbs.create, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": body})
    pods = [simple_pod(name) for name in ("a", "b")]
    for pod in pods:
        pod["metadata"]["labels"] = {"app": "web"}
        world.act(verbs.create, pod)
        world.wait(30)
    ip = world.pod("b")["status"]["podIP"]
    assert last(world, "Endpoints", "web") == f"web: Endpoints controller added the address {ip}"
    world.act(verbs.delete, "Pod", "default", "b")
    world.wait(40)
    assert last(world, "Endpoints", "web") == f"web: Endpoints controller took out the address {ip}"
    slices = [obj["metadata"]["name"] for obj in world.store.list("EndpointSlice", "default")]
    name = next(name for name in slices if name.startswith("web-"))
    assert f"EndpointSlice controller took out the address {ip}" in " ".join(_all(world, name))


def _all(world, name):
    log = Log(world.store.changes)
    return [
        plain_text(sentence_of(log, change).html) for change in world.store.changes if change.key.name == name
    ]


@pytest.mark.parametrize(
    ("act", "text"),
    [
        ((cluster.set_cloud, False), "You switched the cloud off"),
        ((cluster.set_component, CONTROLLER_MANAGER, False), "You stopped the controller manager"),
        ((cluster.set_pulls, "slow"), "You made the registry slow"),
        ((cluster.set_pulls, "fail"), "You cut the nodes off from the registry"),
        ((cluster.set_clock, Clock(NOW, NOW, paused=True)), "You stopped the clock"),
        ((cluster.set_clock, Clock(NOW, NOW, speed=20)), "You set the clock to 20×"),
    ],
)
def test_what_people_do_to_the_simulator_is_told(world, act, text):
    world.act(*act)
    assert last(world, "Cluster", "cluster") == text


def test_an_event_is_told_in_its_own_words_and_forgotten_after_an_hour(world):
    world.act(verbs.create, simple_pod())
    world.wait(30)
    event = next(obj for obj in world.store.list("Event") if obj["reason"] == "Scheduled")
    name = event["metadata"]["name"]
    assert re.match(r"p\.\w+: Scheduler said Scheduled: Successfully assigned", last(world, "Event", name))
    world.wait(event_ttl.TTL + event_ttl.SWEEP_PERIOD)
    assert last(world, "Event", name) == f"After 60 min, {name}: API server dropped the Event Scheduled"


def test_a_controllers_report_is_a_sentence_with_its_numbers(world):
    template = pod_template({"app": "web"}, image="nginx")
    world.act(
        verbs.create,
        make_replication_controller("web", selector={"app": "web"}, replicas=1, template=template),
    )
    world.wait(30)
    assert last(world, "ReplicationController", "web") == "web: ReplicationManager counted 1 pod, 1 ready"


def test_whoever_has_no_name_here_is_called_by_his_own():
    told = Story()
    told.create("lonely", 5, owner="", actor="my-operator")
    with told.at(6, "my-operator") as store:
        store.update(with_status(told.pod("lonely"), phase="Failed"))
    assert said(told, named=False) == "my-operator changed status.phase from Pending to Failed"
