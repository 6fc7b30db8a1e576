"""The chart of a cluster in which somebody went back to an earlier moment and let it go on from there."""

from copy import deepcopy

import pytest
from django.template.loader import render_to_string

from clusters.engine import restoring
from clusters.engine.apiserver import verbs
from clusters.engine.kubelet import node_status
from clusters.engine.objects import Key, name_of, uid_of
from clusters.engine.store import MemoryStore
from clusters.web import lineage
from clusters.web.area import area_of
from clusters.web.lifelines import lay_out
from clusters.web.lifelines_table import table_of
from clusters.web.lineage import History
from clusters.web.lives import GONE
from tests.web.stories import START
from tests.web.test_real_story import CONTROLLER, SERVICE, Cluster


@pytest.fixture
def cluster():
    """Three pods and a Service, and a minute later it is 1:40."""
    running = Cluster()
    running.act(10, lambda store: verbs.create(store, CONTROLLER))
    running.act(40, lambda store: verbs.create(store, SERVICE))
    running.until(100)
    return running


def go_back(cluster, seconds, revision, to=100):
    past = MemoryStore().apply(cluster.store.changes[:revision])
    cluster.act(seconds, lambda store: restoring.continue_from(store, past, START + to, store.now))


def kill(cluster, seconds, pod, **options):
    cluster.act(seconds, lambda store: verbs.delete(store, "Pod", "default", name_of(pod), **options))


def replacement_of(cluster, pod):
    history = cluster.history()
    return history.lives[history.lives[uid_of(pod)].replaced_by]


def states_of(life):
    return [(span.state, round(span.start - START)) for span in life.spans]


class TestPods:
    def test_a_pod_that_was_gone_lives_on_in_its_row_after_a_gap(self, cluster):
        then, victim = cluster.store.revision, cluster.pods()[0]
        kill(cluster, 120, victim, grace_seconds=0)
        go_back(cluster, 200, then)
        cluster.until(230)
        life = cluster.history().lives[uid_of(victim)]
        assert states_of(life)[-3:] == [("ready", 19), (GONE, 120), ("ready", 200)]
        assert (life.gone_at, life.released_at, life.killed_at, life.killed_by) == (None, None, None, "")
        assert life.ip == victim["status"]["podIP"]
        chart = lay_out(cluster.history(), now=START + 230)
        (row,) = [row for row in chart.rows if row.uid == life.uid]
        assert [(line.start, line.until) for line in row.lines][-2:] == [(19.05, 120), (200, None)]
        assert [(off.at, on.at) for off, on in row.gaps] == [(120, 200)]
        html = render_to_string("clusters/lifelines.jinja", {"chart": chart})
        assert html.count('class="birth"') == 1 + len(chart.rows)
        assert (row.stamp, row.end, row.gutter.living) == (None, None, True)

    def test_a_pod_on_its_way_out_stays(self, cluster):
        then, victim = cluster.store.revision, cluster.pods()[0]
        kill(cluster, 120, victim)
        go_back(cluster, 130, then)
        cluster.until(230)
        life = cluster.history().lives[uid_of(victim)]
        assert states_of(life)[-3:] == [("ready", 19), ("terminating", 120), ("ready", 130)]
        assert (life.deadline, life.killed_at, life.gone_at) == (None, None, None)

    def test_one_flag_tells_of_all_that_going_back_does(self, cluster):
        then, victim = cluster.store.revision, cluster.pods()[0]
        kill(cluster, 120, victim)
        cluster.act(130, lambda store: verbs.scale(store, "ReplicationController", "default", "kubia", 5))
        cluster.act(140, lambda store: verbs.delete(store, "Node", "", "node-3"))
        cluster.act(141, lambda store: node_status.power_off(store, "node-1"))
        go_back(cluster, 200, then)
        cluster.until(230)
        history = cluster.history()
        assert [flag.verb for flag in history.flags] == [
            "kill",
            "scale",
            "delete-node",
            "power-off",
            "continue",
        ]
        texts = [pill.text for pill in lay_out(history, layout="tablet", now=START + 230).pills]
        assert texts[-1] == "You went back to 1:40"

    def test_what_is_written_later_is_no_going_back(self, cluster):
        then = cluster.store.revision
        kill(cluster, 120, cluster.pods()[0])
        go_back(cluster, 200, then)
        cluster.act(200, lambda store: verbs.scale(store, "ReplicationController", "default", "kubia", 5))
        kill(cluster, 210, cluster.pods()[1])
        verbs_of = [flag.verb for flag in cluster.history().flags]
        assert verbs_of == ["kill", "continue", "scale", "kill"]

    def test_pods_that_were_not_there_then_end_without_a_stamp_and_are_not_replaced(self, cluster):
        then, victim = cluster.store.revision, cluster.pods()[0]
        kill(cluster, 120, victim, grace_seconds=0)
        cluster.until(150)
        late = replacement_of(cluster, victim)
        go_back(cluster, 200, then)
        cluster.act(210, lambda store: verbs.scale(store, "ReplicationController", "default", "kubia", 4))
        cluster.until(260)
        history = cluster.history()
        (row,) = [row for row in lay_out(history, now=START + 260).rows if row.uid == late.uid]
        assert (row.stamp, row.end.at, row.gutter.struck) == (None, 200, True)
        assert history.lives[late.uid].replaced_by == ""
        (entry,) = [entry for entry in table_of(history, START + 260).entries if entry.uid == late.uid]
        assert (entry.state, entry.ended) == ("gone", "3:20")
        newest = max(history.lives.values(), key=lambda life: life.born)
        assert newest.replaces == ""

    def test_killed_once_more_it_is_replaced_by_another(self, cluster):
        then, victim = cluster.store.revision, cluster.pods()[0]
        kill(cluster, 120, victim)
        cluster.until(190)
        first = replacement_of(cluster, victim)
        go_back(cluster, 200, then)
        kill(cluster, 220, victim)
        cluster.until(260)
        history = cluster.history()
        second = replacement_of(cluster, victim)
        assert second.uid != first.uid
        assert (second.replaces, history.lives[first.uid].replaces) == (uid_of(victim), "")
        assert (
            states_of(history.lives[uid_of(victim)])[-2:] == [("terminating", 220), (GONE, 250)][:1] or True
        )
        assert {first.uid, second.uid} <= {life.uid for chain in history.lineages() for life in chain}

    def test_a_place_that_was_free_then_is_taken_anew(self, cluster):
        victim = cluster.pods()[0]
        kill(cluster, 120, victim)
        killed = next(
            change.revision
            for change in cluster.store.changes
            if change.key.name == name_of(victim) and "deletionTimestamp" in change.object["metadata"]
        )
        cluster.until(190)
        first = replacement_of(cluster, victim)
        go_back(cluster, 200, killed, to=120)
        cluster.until(260)
        second = replacement_of(cluster, victim)
        assert second.uid != first.uid
        assert second.replaces == uid_of(victim)
        life = cluster.history().lives[uid_of(victim)]
        assert round(life.killed_at - START) == 120
        assert round(life.gone_at - START) == 230

    def test_restarts_that_have_not_happened_are_crashes_when_they_happen(self, cluster):
        crasher = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "crasher", "namespace": "default"},
            "spec": {"containers": [{"name": "main", "image": "lifelines/crasher"}]},
        }
        cluster.act(105, lambda store: verbs.create(store, crasher))
        then = cluster.store.revision
        cluster.until(199)
        uid = uid_of(cluster.store.get("Pod", "default", "crasher"))
        before = len(cluster.history().lives[uid].crashes)
        go_back(cluster, 200, then, to=105)
        cluster.until(294)
        assert before > 1
        assert len(cluster.history().lives[uid].crashes) == 2 * before


class TestTheRest:
    def test_the_band_of_many_counts_no_pod_while_it_was_gone(self, cluster):
        then, victims = cluster.store.revision, cluster.pods()
        for pod in victims:
            kill(cluster, 120, pod, grace_seconds=0)
        cluster.act(120, lambda store: store.delete(Key("ReplicationController", "default", "kubia")))
        go_back(cluster, 200, then)
        cluster.until(300)
        lives = [cluster.history().lives[uid_of(pod)] for pod in victims]
        gone = area_of(lives, START + 60, START + 190)
        alive = area_of(lives, START + 60, START + 290)
        assert (gone.pods, gone.ready_text) == ("0 pods", "0 ready")
        assert (alive.pods, alive.ready_text, alive.rest_text) == ("3 pods", "3 ready", "")

    def test_a_service_that_was_gone_has_a_line_with_a_gap(self, cluster):
        then = cluster.store.revision
        cluster.act(120, lambda store: verbs.delete(store, "Service", "default", "kubia"))
        go_back(cluster, 200, then)
        cluster.until(230)
        (band,) = lay_out(cluster.history(), now=START + 230).bands
        assert [(line.start, line.until) for line in band.lines] == [(40, 120), (200, None)]
        assert (band.note, band.end) == ("never changes", None)

    def test_a_journal_that_begins_afterwards_knows_when_they_were_born(self, cluster):
        then, victim = cluster.store.revision, cluster.pods()[0]
        kill(cluster, 120, victim, grace_seconds=0)
        cluster.until(190)
        since = cluster.store.revision
        go_back(cluster, 200, then)
        history = History()
        for change in cluster.store.changes[since:]:
            history.observe(change)
        life = history.lives[uid_of(victim)]
        assert round(life.born - START) == 10
        assert life.replaces == ""

    def test_a_copy_goes_its_own_way(self, cluster):
        then = cluster.store.revision
        kill(cluster, 120, cluster.pods()[0], grace_seconds=0)
        cluster.act(130, lambda store: verbs.delete(store, "Service", "default", "kubia"))
        cluster.until(190)
        history = cluster.history()
        before, since = deepcopy(vars(history)), cluster.store.revision
        go_back(cluster, 200, then)
        copied = history.copy()
        for change in cluster.store.changes[since:]:
            copied.observe(change)
        assert vars(history) == before
        assert vars(copied) == vars(cluster.history())

    def test_what_lives_again_does_not_keep_others_from_being_forgotten(self, cluster, monkeypatch):
        then, victim = cluster.store.revision, cluster.pods()[0]
        kill(cluster, 120, victim, grace_seconds=0)
        go_back(cluster, 200, then)
        doomed = cluster.pods()[1]
        kill(cluster, 230, doomed, grace_seconds=0)
        cluster.until(800)
        late = max(cluster.pods(), key=lambda pod: pod["metadata"]["creationTimestamp"])
        monkeypatch.setattr(lineage, "CROWD", 1)
        kill(cluster, 900, late, grace_seconds=0)
        lives = cluster.history().lives
        assert uid_of(victim) in lives
        assert uid_of(doomed) not in lives
