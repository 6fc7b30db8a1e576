"""Who calls whom: what pages are told, what they draw, and where clients are placed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters import actions, memory, steady, traffic
from clusters.engine.images import image_of
from clusters.engine.network import Answer, Call, Tally, TimedOut, Totals, Unresolved
from clusters.engine.network.clients import KIND, Client
from clusters.engine.network.routing import LAPTOP
from clusters.engine.objects import Key, name_of, uid_of
from clusters.steady import Look
from clusters.web import scene as scenes
from clusters.web.lifelines import lay_out as chart_of
from clusters.web.lifelines_table import table_of
from clusters.web.lineage import History
from clusters.web.map import lay_out, render_map
from clusters.web.render import Look as Seen
from clusters.web.render import pictures, shown
from clusters.web.traffic import Calling, Heard, Pair, Told, merged, next_heard, texts
from tests.web import drawn
from tests.web.stories import START, sample

KUBIA = image_of("luksa/kubia")
SERVICE = Key("Service", "default", "kubia")


def told(time, *, source="internet", service="s", pod="p", answered=True, client="c"):
    return Told(float(time), source, service, pod, answered, client)


class Cluster:
    """The sample story, listened to look by look. Times are seconds since its start."""

    def __init__(self):
        self.story = sample()
        self.history = History()
        for change in self.story.changes:
            self.history.observe(change)
        self.image = self.story.image
        self.heard = Heard()
        self.totals = Totals()

    def uid(self, name):
        return next(life.uid for life in self.history.lives.values() if life.name == name)

    def call(self, time, outcome, *, source=None, target="10.96.118.42", origin="198.51.100.1"):
        pod = outcome.pod if isinstance(outcome, Answer) else None
        uid = uid_of(self.image.get(*pod)) if pod else ""
        call = Call(START + time, source, "", target, 80, outcome, uid, origin=origin)
        self.totals.add(call)
        return call

    def hear(self, until, *calls):
        look = Look(START + until, list(calls), self.totals.copy())
        self.heard = next_heard(self.heard, look, self.image, self.history)
        return self.heard

    def answer(self, pod, service=SERVICE):
        return Answer(service, Key("Pod", "default", pod), 8080, KUBIA)


@pytest.fixture
def cluster():
    return Cluster()


SHELL = Key("Pod", "default", "kubia-x9c4t")


class TestWhatPagesAreTold:
    def test_first_the_whole_window_then_what_is_new(self, cluster):
        cluster.hear(300, cluster.call(200, cluster.answer("kubia-x9c4t")))
        first = cluster.heard.number
        cluster.hear(301, cluster.call(300.5, TimedOut(SERVICE, Key("Pod", "default", "kubia-x9c4t"))))
        whole, rest = cluster.heard.since(0, "en"), cluster.heard.since(first, "en")
        assert [(call[0], call[4]) for call in whole["calls"]] == [(200.0, 1), (300.5, 0)]
        assert [call[0] for call in rest["calls"]] == [300.5]
        assert (whole["whole"], rest["whole"], rest["since"]) == (True, False, 300.0)

    def test_with_uids_in_place_of_names(self, cluster):
        message = cluster.hear(350, cluster.call(300, cluster.answer("kubia-x9c4t"))).since(0, "en")
        [[_time, source, service, pod, answered, times]] = message["calls"]
        names = message["names"]
        [kubia] = [life for life in cluster.history.services.values() if life.name == "kubia"]
        # Ticks do not say who called; packets do, and come from late calls only.
        assert (names[source], names[service], names[pod]) == ("", kubia.uid, cluster.uid("kubia-x9c4t"))
        assert (answered, times) == (1, 1)

    def test_an_address_that_nobody_holds_is_that_of_the_pod_that_had_it_last(self, cluster):
        gone = cluster.history.lives[cluster.uid("kubia-4jfyf")]
        call = cluster.call(300, TimedOut(), source=SHELL, target=gone.ip)
        calling = cluster.hear(301, call).calling
        assert calling.called == calling.charted == {gone.uid}
        assert calling.pairs == {Pair(cluster.uid("kubia-x9c4t"), gone.uid, answered=False)}

    def test_only_totals_that_are_others_than_before(self, cluster):
        gone = cluster.history.lives[cluster.uid("kubia-4jfyf")]
        cluster.hear(300, cluster.call(299, TimedOut(), target=gone.ip))
        first = cluster.heard.number
        cluster.hear(301, cluster.call(300, cluster.answer("kubia-x9c4t")))
        [(_uid, words)] = cluster.heard.since(first, "en")["totals"].items()
        assert words[0] == "1 of 1 answered"
        assert gone.uid in cluster.heard.since(0, "en")["totals"]

    def test_nothing_when_nobody_called(self, cluster):
        cluster.hear(300, cluster.call(299, cluster.answer("kubia-x9c4t")))
        first = cluster.heard.number
        message = cluster.hear(301).since(first, "en")
        assert (message["calls"], message["totals"]) == ([], {})

    def test_what_is_older_than_the_chart_is_forgotten(self, cluster):
        cluster.hear(301, cluster.call(10, cluster.answer("kubia-x9c4t")), cluster.call(300, Unresolved("x")))
        assert len(cluster.heard.since(0, "en")["calls"]) == 2
        cluster.hear(400)
        assert [call[0] for call in cluster.heard.since(0, "en")["calls"]] == [300.0]
        assert cluster.hear(1000).batches == ()

    def test_where_somebody_outside_sits(self, cluster):
        def call(origin):
            return cluster.call(300, cluster.answer("kubia-x9c4t"), origin=origin)

        assert cluster.hear(301, call(LAPTOP), call("203.0.113.9")).calling.outside == {"laptop", "internet"}

    def test_a_call_by_hand_does_not_go_on_for_long(self, cluster):
        life = cluster.history.lives[cluster.uid("kubia-m2vxr")]
        call = cluster.call(300, cluster.answer(life.name, None), source=SHELL, target=life.ip)
        assert cluster.hear(301, call).calling.pairs
        later = cluster.hear(320).calling
        assert (later.pairs, later.sources, later.charted) == (frozenset(), frozenset(), {life.uid})


@given(
    st.lists(st.tuples(st.floats(0, 360), st.sampled_from("abc"), st.booleans()), max_size=300),
    st.floats(0.1, 2),
    st.sampled_from([0.0, 1e9]),
)
def test_merging_forgets_no_call_and_no_loss(calls, length, recent):
    made = [told(time, source=source, answered=answered) for time, source, answered in calls]
    found = merged(made, length, recent)
    assert sum(times for _call, times in found) == len(made)
    assert sum(times for call, times in found if not call.answered) == sum(not c.answered for c in made)
    assert [call.time for call, _times in found] == sorted(call.time for call, _times in found)
    assert len(found) <= (1 if recent else 3) * 2 * (360 / length + 1)


def test_the_words_for_a_tally():
    assert texts(Tally(52, 0)) == ["52 of 52 answered", "52 answered", "", "52 ok"]
    assert texts(Tally(11, 23)) == ["11 of 34 answered", "11 answered", "23 lost", "11 ok"]
    assert texts(Tally(0, 1)) == ["0 of 1 answered", "", "1 lost", ""]


def test_a_pod_whose_own_process_calls_again_and_again_is_a_client(cluster):
    uid, key = cluster.uid("kubia-m2vxr"), Key("Pod", "default", "kubia-m2vxr")
    loop = Client(f"{uid}/main/1", "kubia-m2vxr", key, uid, "", "kubia", 80, 2.0, START)
    look = Look(START + 10, [], Totals(), [loop])
    heard = next_heard(Heard(), look, cluster.image, cluster.history)
    assert (heard.calling.clients, heard.calling.sources) == ({uid}, {uid})


def way(html, name):
    found = re.search(rf'id="{name}" class="[^"]*" d="([^"]*)"', html)
    return found and found[1]


class TestTheMap:
    pods = (
        drawn.pod("shell", slot=0, ip="10.244.1.2"),
        drawn.pod("a", slot=1, ip="10.244.1.3"),
        drawn.pod("b", on="node-2", slot=0, ip="10.244.2.3"),
    )

    def image(self, **service):
        nodes = [drawn.node("node-1"), drawn.node("node-2")]
        return drawn.image(*nodes, *self.pods, *drawn.service("kubia", ready=["a", "b"], **service))

    def drawn(self, calling, layout="wide", image=None, **options):
        return render_map(lay_out(image or self.image(), layout=layout, calling=calling, **options), "/c/x")

    def test_a_pod_with_a_client_says_so(self):
        html = self.drawn(Calling(clients=frozenset({"uid-shell"})))
        assert html.count(">test client<") == 1
        assert "shell, Ready, test client, IP 10.244.1.2" in html

    @pytest.mark.parametrize(("pod", "over"), [("uid-a", False), ("uid-b", True)])
    def test_a_call_of_a_pods_own_address_is_a_line_in_the_gutter(self, pod, over):
        pair = Pair("uid-shell", pod, answered=True)
        calling = Calling(sources=frozenset({"uid-shell"}), pairs=frozenset({pair}), called=frozenset({pod}))
        html = self.drawn(calling)
        line = way(html, f"call-uid-shell-{pod}")
        # Over the roofs only from house to house.
        assert ("V182" in line) == over
        assert 'class="m-call"' in html
        assert "m-no-answer" not in html

    def test_without_an_answer_it_is_crossed_out(self):
        pair = Pair("uid-shell", "uid-a", answered=False)
        calling = Calling(
            sources=frozenset({"uid-shell"}), pairs=frozenset({pair}), called=frozenset({"uid-a"})
        )
        html = self.drawn(calling)
        assert 'class="m-call m-lost"' in html
        assert html.count("m-no-answer") == 1

    @pytest.mark.parametrize("layout", ["wide", "tablet", "phone"])
    @pytest.mark.parametrize("density", ["cards", "slim", "cells", "nodes"])
    def test_there_is_a_way_for_all_who_call(self, layout, density):
        calling = Calling(
            outside=frozenset({"internet", "laptop"}),
            sources=frozenset({"uid-shell"}),
            pairs=frozenset({Pair("uid-shell", "uid-a", answered=False)}),
            called=frozenset({"uid-a"}),
        )
        html = self.drawn(
            calling, layout, self.image(type_="LoadBalancer", external="203.0.113.1"), density=density
        )
        for source in ("internet", "laptop", "uid-shell"):
            assert way(html, f"way-{source}-"), source
            assert way(html, f"way-{source}-uid-kubia"), source

    def test_from_outside_no_way_leads_to_a_services_own_address(self):
        html = self.drawn(Calling(outside=frozenset({"internet"})))
        assert way(html, "way-internet-uid-kubia") is None
        assert way(html, "way-internet-")

    def test_visitors_and_you_come_when_they_call(self):
        assert 'data-place="visitor"' not in self.drawn(Calling())
        assert 'data-place="visitor"' in self.drawn(Calling(outside=frozenset({"internet"})))
        assert 'data-place="you"' not in self.drawn(Calling(), "tablet")
        assert 'data-place="you"' in self.drawn(Calling(outside=frozenset({"laptop"})), "tablet")


class TestTheChart:
    def test_a_row_stays_while_its_address_is_called(self, cluster):
        gone = cluster.uid("kubia-4jfyf")
        late = START + 2000
        assert gone not in [row.uid for row in chart_of(cluster.history, now=late).rows]
        chart = chart_of(cluster.history, now=late, charted={gone})
        [row] = [row for row in chart.rows if row.uid == gone]
        assert row.lines[-1].kind == "called"
        assert row.lines[-1].until is None
        assert gone in [entry.uid for entry in table_of(cluster.history, late, {gone}).entries]

    def test_a_living_pod_that_is_called_has_no_dotted_line(self, cluster):
        uid = cluster.uid("kubia-m2vxr")
        chart = chart_of(cluster.history, now=START + 360, charted={uid})
        [row] = [row for row in chart.rows if row.uid == uid]
        assert row.called
        assert "called" not in [line.kind for line in row.lines]


@pytest.mark.django_db
class TestClients:
    @pytest.fixture(autouse=True)
    def _anew(self, monkeypatch):
        steady.forget()
        traffic.forget()
        monkeypatch.setattr(scenes, "EVERY", 0.0)

    @pytest.fixture
    def cluster(self, learner):
        response = learner.post("/sandbox/")
        cluster = response.url.strip("/").removeprefix("c/")
        self.settle(cluster)
        return cluster

    def settle(self, cluster):
        """Let the control plane do all that is due."""
        while actions.reconcile(cluster, "test", 100, 5.0).result().more:
            pass

    def place(self, learner, cluster, **fields):
        values = {"source": "internet", "target": "10.244.1.9", "port": 80, "every": 3, **fields}
        return learner.post(f"/c/{cluster}/clients/", values, headers={"HX-Request": "true"})

    def test_the_form_places_one_and_its_button_removes_it(self, learner, cluster):
        assert self.place(learner, cluster, target="http://kubia:8080").status_code == 200
        [client] = memory.image(cluster).list(KIND)
        assert (client["spec"]["target"], client["spec"]["port"]) == ("kubia", 8080)
        page = learner.get(f"/c/{cluster}/").content.decode()
        assert f"/clients/{name_of(client)}/remove" in page
        assert f'data-tally="{uid_of(client)}"' in page
        assert learner.post(f"/c/{cluster}/clients/{name_of(client)}/remove").status_code == 302
        assert memory.image(cluster).list(KIND) == []

    @pytest.mark.parametrize(
        "fields",
        [
            {"target": "no address!"},
            {"target": ""},
            {"port": 0},
            {"port": "x"},
            {"every": 1000},
            {"source": "moon"},
            {"source": "pod/default/nobody"},
            {"source": "pod"},
            {"source": ""},
        ],
    )
    def test_what_cannot_be_is_refused_beside_the_form(self, learner, cluster, fields):
        response = self.place(learner, cluster, **fields)
        assert response.status_code == 422
        assert 'class="error"' in response.content.decode()
        assert memory.image(cluster).list(KIND) == []

    def test_names_are_text(self, learner, cluster):
        response = self.place(learner, cluster, target="<script>alert(1)</script>")
        assert "<script>" not in response.content.decode()

    def test_others_may_not(self, learner, other_learner, cluster):
        assert self.place(other_learner, cluster).status_code == 404

    def test_nobody_is_told_of_calls_that_there_are_not(self, cluster):
        found = shown(cluster, [Seen()])
        assert (found.again, found.heard.number) == (None, 0)

    def test_whoever_looks_is_told_and_hears_more_later(self, learner, cluster, monkeypatch):
        self.place(learner, cluster, every=1)
        self.settle(cluster)
        first = shown(cluster, [Seen()])
        assert first.again is not None
        assert first.heard.calling.outside == {"internet"}
        moment = scenes.time.time() + 5
        monkeypatch.setattr(scenes.time, "time", lambda: moment)
        later = shown(cluster, [Seen()]).heard
        assert later.since(first.heard.number, "en")["calls"]
        assert not any(call.answered for batch in later.batches for call in batch.calls)

    def test_a_call_shows_without_a_new_picture_of_anything_else(self, learner, cluster, monkeypatch):
        self.place(learner, cluster, every=1)
        self.settle(cluster)
        shown(cluster, [Seen()])
        before = pictures(cluster, [Seen()])[Seen()]
        moment = scenes.time.time() + 5
        monkeypatch.setattr(scenes.time, "time", lambda: moment)
        assert pictures(cluster, [Seen()])[Seen()] is before
