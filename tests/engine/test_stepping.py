"""The control plane by hand: each step is one work item that shows, each skip a moment."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.engine import assembly, bootstrap, stepping
from clusters.engine.apiserver import verbs
from clusters.engine.changes import Change
from clusters.engine.clock import Clock
from clusters.engine.kubelet import node_status
from clusters.engine.objects import Key, name_of, with_simulation, with_value
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, make_pod, make_replication_controller, make_service, make_store

CALM = 400.0
"""Seconds in which a new cluster comes to rest."""


class Bench:
    """A cluster of three nodes at rest, its control plane, and the hand that moves it on."""

    def __init__(self, delays="real", seed="steps"):
        self.store = Overlay(MemoryStore(), now=NOW, seed=seed, actor="bootstrap")
        bootstrap.new_cluster(self.store, nodes=3, delays=delays, clock=Clock(NOW, NOW))
        self.plane = assembly.build()
        self.plane.load(self.store)
        self.rest()

    def act(self, verb, *args, **options):
        seen = len(self.store.changes)
        with self.store.acting("person:1"):
            answer = verb(self.store, *args, **options)
        self.plane.observe(self.store.changes[seen:], self.store)
        return answer

    def rest(self):
        self.store.limit = 1_000_000
        self.plane.run(self.store, self.store.now + CALM)

    def step(self):
        return stepping.step(self.plane, self.store)

    def skip(self):
        return stepping.skip(self.plane, self.store)

    def steps(self):
        """All steps until nothing happens by itself."""
        found = []
        while changes := self.step():
            found.append(changes)
        return found

    def pods(self):
        return [name_of(pod) for pod in self.store.list("Pod")]


@pytest.fixture(params=["real", "none"])
def bench(request):
    made = Bench(request.param)
    made.act(verbs.create, make_replication_controller("web", replicas=1))
    made.act(verbs.create, make_service("web"))
    made.rest()
    return made


def actors(steps):
    return [changes[0].actor.partition("/")[0] for changes in steps]


def about(changes, name):
    return any(change.key.name == name for change in changes)


def test_a_kill_is_answered_in_order_controller_then_scheduler_then_kubelet(bench):
    bench.act(verbs.delete, "Pod", "default", bench.pods()[0])
    known = set(bench.pods())
    steps = bench.steps()
    (made,) = {key.name for key in created(steps)} - known
    of_new = [changes[0].actor.partition("/")[0] for changes in steps if about(changes, made)]
    assert of_new[:3] == ["replication-controller", "default-scheduler", "kubelet"]
    assert set(of_new[3:]) <= {"kubelet"}


def created(steps):
    return [c.key for changes in steps for c in changes if c.verb == "ADDED" and c.key.kind == "Pod"]


def test_one_step_is_of_one_component(bench):
    bench.act(verbs.delete, "Pod", "default", bench.pods()[0])
    for changes in bench.steps():
        assert len({change.actor for change in changes}) == 1
        assert any(stepping.shows(change) for change in changes)


def test_at_rest_nothing_happens_by_itself(bench):
    assert bench.step() == []
    assert bench.skip() == []


def sleeper(seconds):
    """A cluster at rest with a pod that ends after so long."""
    bench = Bench()
    pod = make_pod("sleeper", image="busybox")
    pod["spec"]["restartPolicy"] = "Never"
    pod["spec"]["containers"][0]["command"] = ["sleep", str(seconds)]
    bench.act(verbs.create, pod)
    bench.rest()
    return bench


def test_a_step_waits_for_what_is_far_away():
    bench = sleeper(7200)
    before = bench.store.now
    (change,) = [change for change in bench.step() if stepping.shows(change)]
    assert (change.key.name, change.object["status"]["phase"]) == ("sleeper", "Succeeded")
    assert before + 3600 < change.time == bench.store.now


def test_what_is_later_than_the_horizon_does_not_happen():
    assert sleeper(int(stepping.HORIZON) + 7200).step() == []


def test_a_skip_does_all_that_is_due_at_a_moment_and_nothing_later():
    bench, other = Bench(), Bench()
    for one in (bench, other):
        one.act(verbs.create, make_replication_controller("web", replicas=3))
    changes = bench.skip()
    assert {change.time for change in changes} == {bench.store.now}
    stepped = []
    while (step := other.step()) and step[0].time <= bench.store.now:
        stepped += step
    assert changes == stepped


def test_a_skip_goes_to_an_eviction_that_is_minutes_away():
    bench = Bench()
    bench.act(verbs.create, make_replication_controller("web", replicas=1))
    bench.rest()
    node = bench.store.list("Pod")[0]["spec"]["nodeName"]
    bench.act(node_status.power_off, node)
    began, moments = bench.store.now, []
    while changes := bench.skip():
        moments.append((bench.store.now - began, {change.actor for change in changes}))
    (at, *_) = [time for time, who in moments if "taint-eviction-controller" in who and time > 60]
    assert 340 < at < 360
    assert [time for time, _ in moments] == sorted(time for time, _ in moments)
    assert len(moments) < 20


@pytest.mark.parametrize(
    ("verb", "kind", "does"),
    [
        ("ADDED", "Pod", True),
        ("DELETED", "Pod", True),
        ("ADDED", "Endpoints", True),
        ("ADDED", "Event", False),
        ("DELETED", "Event", False),
        ("ADDED", "IPAMBlock", False),
    ],
)
def test_what_shows(verb, kind, does):
    pod = make_store(make_pod("p")).get("Pod", "default", "p")
    before = None if verb == "ADDED" else pod
    assert stepping.shows(Change(9, verb, Key(kind, "default", "p"), pod, before, "", 0, NOW)) is does


def test_what_the_simulator_notes_down_does_not_show():
    pod = make_store(make_pod("p")).get("Pod", "default", "p")
    noted, labelled = with_simulation(pod, x=1), with_value(pod, ("metadata", "labels"), {"a": "b"})
    key = Key("Pod", "default", "p")
    assert not stepping.shows(Change(9, "MODIFIED", key, noted, pod, "", 0, NOW))
    assert stepping.shows(Change(9, "MODIFIED", key, labelled, pod, "", 0, NOW))


COMMANDS = st.lists(
    st.tuples(st.sampled_from(["kill", "scale", "off", "on"]), st.integers(0, 4)), min_size=1, max_size=4
)


@settings(max_examples=15, deadline=None)
@given(commands=COMMANDS, delays=st.sampled_from(["real", "none"]))
def test_step_by_step_the_cluster_becomes_what_it_becomes_by_itself(commands, delays):
    walked, ran = Bench(delays), Bench(delays)
    for bench in (walked, ran):
        bench.act(verbs.create, make_replication_controller("web", replicas=2))
        bench.rest()
    for command, number in commands:
        for bench in (walked, ran):
            do(bench, command, number)
    while walked.step():
        pass
    ran.store.limit = 1_000_000
    ran.plane.run(ran.store, walked.store.now)
    assert shown(walked.store) == shown(ran.store)


def do(bench, command, number):
    if command == "kill" and bench.pods():
        bench.act(verbs.delete, "Pod", "default", bench.pods()[number % len(bench.pods())])
    elif command == "scale":
        bench.act(verbs.scale, "ReplicationController", "default", "web", number)
    elif command in ("on", "off"):
        switch = node_status.power_on if command == "on" else node_status.power_off
        bench.act(switch, f"node-{1 + number % 3}")


def shown(store):
    """All objects that a person sees."""
    kinds = [kind for kind in store.kinds() if kind not in stepping.UNSEEN_KINDS]
    return [obj for kind in kinds for obj in store.list(kind)]
