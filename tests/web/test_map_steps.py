"""The command path and its badges on the map, and who did what last."""

import re

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.cluster import set_cloud
from clusters.engine.kubelet import node_status
from clusters.engine.objects import Key
from clusters.web import render
from clusters.web.activity import activity_of
from clusters.web.following import followed
from clusters.web.inspector import inspect
from clusters.web.lineage import History
from clusters.web.map import lay_out, render_regions
from clusters.web.past import Past
from tests.web.test_chain import Log
from tests.web.test_real_story import CONTROLLER, Cluster
from tests.web.test_steps import pod


@pytest.fixture
def cluster():
    running = Cluster()
    running.act(5, lambda store: verbs.create(store, pod()))
    running.until(7)
    return running


def drawn(cluster, layout="wide"):
    image, log = cluster.store.publish(), Log(cluster.store.changes)
    activity = activity_of(reversed(cluster.store.changes))
    return lay_out(image, layout=layout, activity=activity, walk=followed(image, log))


def acts(cluster):
    return activity_of(reversed(cluster.store.changes))


def test_every_stage_has_a_badge_of_its_own_on_the_map(cluster):
    view = drawn(cluster)
    badges = view.drawn["map-steps"].badges
    assert [badge.stage.number for badge in badges] == [1, 2, 2, 3, 4, 5, 5]
    spots = [(badge.x, badge.y) for badge in badges if badge.drawn]
    assert len(set(spots)) == len(spots) == 6
    assert all(12 < x < view.plan.width - 12 and 12 < y < view.plan.height - 12 for x, y in spots)
    assert [badge.stage.key for badge in badges if badge.drawn][-1] == "pull"
    cluster.until(20)
    assert [badge.stage.key for badge in drawn(cluster).drawn["map-steps"].badges if badge.drawn][-1] == "run"


def test_a_stage_without_a_node_has_no_badge():
    cluster = Cluster()
    cluster.act(5, lambda store: verbs.create(store, pod(nodeSelector={"disk": "ssd"})))
    cluster.until(10)
    badges = drawn(cluster).drawn["map-steps"].badges
    assert [badge.stage.key for badge in badges] == ["request", "etcd", "scheduler"]


def test_each_badge_says_all_of_it_to_those_who_do_not_see_it(cluster):
    html = render_regions(drawn(cluster), "/c/x")["map-steps"]
    labels = re.findall(r'class="m-step" role="listitem" aria-label="([^"]+)"', html)
    asked = acts(cluster)["apiserver"].revision
    assert labels[0] == f"Step 1, done: POST /api/v1/namespaces/default/pods, revision {asked}"
    assert labels[1] == f"Step 2, done: etcd keeps it, revision {asked}"
    assert labels[5].startswith("Step 5, under way: containerd pulls nginx, revision ")
    assert labels[6] == "Step 5, not yet: containerd starts nginx"


def test_nothing_is_drawn_while_nothing_happens():
    cluster = Cluster()
    cluster.until(100)
    assert render_regions(drawn(cluster), "/c/x")["map-steps"] == '<svg id="map-steps" class="m-steps"></svg>'


@pytest.mark.parametrize("layout", ["tablet", "phone"])
def test_layouts_without_a_control_plane_have_no_badges(cluster, layout):
    assert not {"map-steps", "map-commands"} & drawn(cluster, layout).drawn.keys()


def test_a_way_leads_to_every_place_and_knows_what_went_there_last(cluster):
    ways = drawn(cluster).drawn["map-commands"].ways
    assert [(way.place, way.node) for way in ways] == [
        *((place, "") for place in ("apiserver", "etcd", "controllers", "scheduler")),
        *((place, f"node-{number}") for number in (1, 2, 3) for place in ("kubelet", "runtime")),
    ]
    revisions = {way.place: way.revision for way in ways if not way.node}
    walk = followed(cluster.store.publish(), Log(cluster.store.changes))
    by_key = {stage.key: stage for stage in walk.stages}
    assert revisions["apiserver"] == revisions["etcd"] == by_key["request"].revision
    assert revisions["scheduler"] == by_key["scheduler"].revision
    last = max(way.revision for way in ways if way.place == "kubelet")
    assert last == by_key["pull"].revision


class TestActivity:
    def test_a_request_of_a_person_is_told_with_its_path(self, cluster):
        cluster.act(30, lambda store: verbs.create(store, CONTROLLER))
        assert acts(cluster)["apiserver"].text == "POST /api/v1/namespaces/default/replicationcontrollers"

    def test_a_machine_that_is_switched_off_asks_nobody(self, cluster):
        before = acts(cluster)["apiserver"]
        cluster.act(30, lambda store: node_status.power_off(store, "node-3"))
        cluster.act(31, lambda store: set_cloud(store, False))
        assert acts(cluster)["apiserver"] == before

    def test_what_sets_a_cluster_up_is_nobodys_act(self):
        assert activity_of(reversed(Cluster().store.changes)).keys() <= {"apiserver", "controllers"}


def test_an_old_moment_shows_the_walk_that_was_shown_then():
    cluster, past, history = Cluster(), Past(), History()
    taken, live = 0, {}
    cluster.act(5, lambda store: verbs.create(store, CONTROLLER))
    for seconds in range(6, 60, 3):
        cluster.act(seconds, lambda store: verbs.create(store, pod(f"web-{store.revision}")))
        image, changes = cluster.store.publish(), cluster.store.changes[taken:]
        taken += len(changes)
        for change in changes:
            history.observe(change)
        past.extend(changes, image, history)
        live[image.revision] = followed(image, past)
    assert len({walk.uid for walk in live.values()}) > 3
    for revision, walk in live.items():
        assert followed(past.moment(revision).image, past.until(revision)) == walk


def test_the_inspector_shows_the_same_walk(cluster):
    image, log = cluster.store.publish(), Log(cluster.store.changes)
    view = inspect(image, log, Key("Pod", "default", "web"))
    assert view.walk == followed(image, log)
    html = render.template("clusters/inspector.jinja", view=view, base="/c/x")
    assert re.findall(r'data-step="(\d)" data-stage="\w+" data-state="(\w+)"', html) == [
        (str(stage.number), stage.state) for stage in view.walk.stages
    ]
    assert inspect(image, log, Key("Pod", "default", "web"), "yaml").walk is None
    assert inspect(image, log, Key("Node", "", "node-1")).walk is None
