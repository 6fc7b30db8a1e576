"""Stopping parts of a cluster from its page: the commands, how it shows, and what is said of it."""

import json

import pytest
from django.utils import translation
from django.utils.html import strip_tags

from clusters import memory
from clusters.engine import cluster as engine
from clusters.engine.apiserver import verbs
from clusters.engine.changes import Change
from clusters.engine.kubelet import node_status
from clusters.engine.objects import Key, uid_of
from clusters.models import Cluster
from clusters.web.facts import facts_of
from clusters.web.faults import faults_of, told
from clusters.web.inspector import inspect
from clusters.web.lineage import History
from clusters.web.map import lay_out
from clusters.web.map.nodes import NodeView
from clusters.web.news import news_of
from clusters.web.render import pictures
from clusters.web.states import crash_words
from tests.web.test_chain import Log
from tests.web.test_real_story import CONTROLLER
from tests.web.test_real_story import Cluster as World
from tests.web.test_render import LOOKS

HTMX = {"HX-Request": "true"}
NODE = Key("Node", "", "node-2")


@pytest.fixture(autouse=True)
def english():
    """Texts as they are written in the code."""
    with translation.override("en"):
        yield


class TestCommands:
    """What the buttons post."""

    pytestmark = pytest.mark.django_db

    @pytest.fixture
    def cluster(self, learner):
        memory.drop_all()
        learner.post("/sandbox/")
        return Cluster.objects.get()

    @pytest.fixture
    def post(self, learner, cluster):
        return lambda path, **fields: learner.post(f"/c/{cluster.pk}/{path}", fields, headers=HTMX)

    @pytest.mark.parametrize("component", engine.COMPONENTS)
    def test_a_component_is_stopped_and_started(self, cluster, post, component):
        assert post(f"components/{component}").status_code == 200
        assert engine.is_stopped(memory.image(cluster.pk), component)
        assert post(f"components/{component}", running="1").status_code == 200
        assert not engine.stopped_of(memory.image(cluster.pk))

    def test_there_is_no_other_component(self, cluster, post):
        revision = memory.image(cluster.pk).revision
        response = post("components/kube-apiserver")
        assert response.status_code == 422
        assert "There is no component kube-apiserver to stop." in response.content.decode()
        assert memory.image(cluster.pk).revision == revision

    @pytest.mark.parametrize("how", ["slow", "fail", "normal"])
    def test_pulls_come_as_is_said(self, cluster, post, how):
        assert post("pulls", pulls=how).status_code == 200
        assert engine.pulls_of(memory.image(cluster.pk)) == how

    @pytest.mark.parametrize("how", ["", "fast"])
    def test_there_is_no_other_way_to_pull(self, cluster, post, how):
        assert post("pulls", pulls=how).status_code == 422
        assert engine.pulls_of(memory.image(cluster.pk)) == "normal"

    def test_a_kubelet_is_stopped_and_started(self, cluster, post):
        response = post("nodes/node-2/kubelet", running="0")
        assert json.loads(response.headers["HX-Trigger"])["toast"]["title"] == (
            "You stopped the kubelet on node-2."
        )
        assert not node_status.is_running(memory.image(cluster.pk).get(*NODE))
        response = post("nodes/node-2/kubelet", running="1")
        assert json.loads(response.headers["HX-Trigger"])["toast"]["title"] == (
            "You started the kubelet on node-2."
        )
        assert node_status.is_running(memory.image(cluster.pk).get(*NODE))

    def test_there_is_no_other_kubelet(self, post):
        assert post("nodes/node-9/kubelet", running="0").status_code == 422

    def test_every_look_says_what_is_stopped(self, cluster, post):
        post("components/default-scheduler")
        post("nodes/node-2/kubelet", running="0")
        post("pulls", pulls="fail")
        for look, picture in pictures(str(cluster.pk), LOOKS).items():
            sections = {section.id: section.html for section in picture.sections}
            assert 'id="switch-default-scheduler"' in sections["faults"]
            assert "kubelet on node-2" in sections["faults"]
            assert 'id="pulls-fail"' in sections["faults"]
            shown = strip_tags(sections["map"] + sections["stopped"])
            if look.language == "en":
                assert "topped" in shown, look
                assert "kubelet" in shown, look


@pytest.fixture
def cluster():
    return World()


def make(cluster):
    cluster.act(1, lambda store: verbs.create(store, CONTROLLER))


def stop(cluster, component="default-scheduler"):
    cluster.act(1, lambda store: engine.set_component(store, component, False))


def start(cluster, component="default-scheduler"):
    cluster.act(1, lambda store: engine.set_component(store, component, True))


def stop_kubelet(cluster, name="node-2"):
    cluster.act(1, lambda store: node_status.stop_kubelet(store, name))


def fail_pulls(cluster, how="fail"):
    cluster.act(1, lambda store: engine.set_pulls(store, how))


def places(image):
    """The stopped boxes of the control plane and their texts, and the chip of each node's kubelet."""
    view = lay_out(image)
    nodes = [region for region in view.drawn.values() if isinstance(region, NodeView)]
    return (
        {place.key: place.text for place in view.drawn["map-control-plane"].places if place.stopped},
        {node.name: node.foot.kubelet for node in nodes if node.foot.stopped},
    )


def test_the_map_shows_what_is_stopped(cluster):
    assert places(cluster.store) == ({}, {})
    stop(cluster)
    stop_kubelet(cluster)
    assert places(cluster.store) == ({"scheduler": "stopped"}, {"node-2": "kubelet stopped"})
    stop(cluster, engine.CONTROLLER_MANAGER)
    assert places(cluster.store)[0] == {"scheduler": "stopped", "controllers": "stopped"}


def test_without_power_it_is_not_the_kubelet_that_somebody_stopped(cluster):
    stop_kubelet(cluster)
    cluster.act(1, lambda store: node_status.power_off(store, "node-2"))
    assert places(cluster.store)[1] == {}
    assert faults_of(cluster.store).kubelets == ()
    cluster.act(1, lambda store: node_status.power_on(store, "node-2"))
    assert node_status.is_running(cluster.store.get(*NODE))


def test_a_line_says_it_where_the_map_has_no_room(cluster):
    def line(components=True, kubelets=True):
        return told(faults_of(cluster.store), components=components, kubelets=kubelets)

    assert line() == ""
    fail_pulls(cluster, "slow")
    assert line() == "Image pulls are slow."
    stop(cluster)
    stop_kubelet(cluster)
    fail_pulls(cluster)
    assert line() == "Stopped: Scheduler, kubelet on node-2. Image pulls fail."
    assert line(components=False) == "Stopped: kubelet on node-2."
    assert line(components=False, kubelets=False) == ""


def test_the_inspector_stops_and_starts_a_kubelet(cluster):
    def shown():
        view = inspect(cluster.store, Log(cluster.store.changes), NODE)
        return view.actions.kubelet, view.actions.power

    assert shown() == ("stop", "off")
    stop_kubelet(cluster)
    assert shown() == ("start", "off")
    facts = {fact.label: fact.value for fact in facts_of(cluster.store, cluster.store.get(*NODE))}
    assert facts["Kubelet"] == "stopped"
    cluster.act(1, lambda store: node_status.power_off(store, "node-2"))
    assert shown() == ("", "on")


def test_a_pod_whose_registry_is_away_does_not_say_that_its_image_is_unknown(cluster):
    fail_pulls(cluster)
    make(cluster)
    cluster.until(5)
    assert {crash_words(pod) for pod in cluster.store.list("Pod")} == {"No registry answers"}


def titles(change):
    return [news.title for news in news_of([change], History())]


def change_of(before, after, key=engine.KEY):
    return Change(9, "MODIFIED", key, after, before, "person:1", 0, 0.0)


def test_it_is_told_to_who_cannot_see_the_map(cluster):
    def news(act, key=engine.KEY):
        before = cluster.store.get(*key)
        act()
        return titles(change_of(before, cluster.store.get(*key), key))

    assert news(lambda: stop(cluster)) == ["The scheduler is stopped. New pods wait."]
    assert news(lambda: start(cluster)) == ["The scheduler runs again."]
    manager = engine.CONTROLLER_MANAGER
    assert news(lambda: stop(cluster, manager)) == ["The controller manager is stopped. Nobody counts pods."]
    assert news(lambda: start(cluster, manager)) == ["The controller manager runs again."]
    assert news(lambda: fail_pulls(cluster)) == ["No registry answers. No image can be pulled."]
    assert news(lambda: fail_pulls(cluster, "slow")) == ["Images come ten times as slowly."]
    assert news(lambda: fail_pulls(cluster, "normal")) == ["Images come at full speed again."]
    assert news(lambda: stop_kubelet(cluster), NODE) == [
        "The kubelet on node-2 is stopped. Nothing new starts there."
    ]
    assert news(lambda: cluster.act(1, lambda s: node_status.start_kubelet(s, "node-2")), NODE) == [
        "The kubelet on node-2 runs again."
    ]
    assert news(lambda: cluster.act(1, lambda s: node_status.power_off(s, "node-2")), NODE) == []


def test_a_pods_story_says_who_started_what_it_waited_for(cluster):
    stop(cluster)
    make(cluster)
    cluster.until(60)
    start(cluster)
    cluster.until(120)
    told = cluster.story_of(uid_of(cluster.pods()[0]))
    assert told[0] == "You created ReplicationController kubia"
    assert "You started the scheduler" in told
    assert told.index("You started the scheduler") < next(
        number for number, said in enumerate(told) if said.startswith("Scheduler chose")
    )


def test_the_stories_of_pods_that_came_late_begin_with_who_let_them_come(cluster):
    stop(cluster, engine.CONTROLLER_MANAGER)
    make(cluster)
    cluster.until(60)
    start(cluster, engine.CONTROLLER_MANAGER)
    cluster.until(120)
    assert cluster.story_of(uid_of(cluster.pods()[0]))[0] == "You started the controller manager"


def test_a_kubelets_switch_is_told_of_its_node(cluster):
    stop_kubelet(cluster)
    cluster.act(1, lambda store: node_status.start_kubelet(store, "node-2"))
    assert cluster.story_of(uid_of(cluster.store.get(*NODE)))[-2:] == [
        "You stopped the kubelet on node-2",
        "You started the kubelet on node-2",
    ]
