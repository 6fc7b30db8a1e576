"""Turning a cluster's clock by hand: steps, skips, pauses, and two people who do so at once."""

import time
from threading import Barrier, Thread

import pytest

from clusters import access, actions, journal, memory, storage
from clusters.engine.changes import by_person
from clusters.engine.cluster import clock_of, steps_of
from clusters.engine.stepping import shows
from clusters.models import Cluster
from clusters.writer import writer

pytestmark = pytest.mark.django_db

LEARNER, OTHER = "learner", "other"


@pytest.fixture(params=["real", "none"])
def cluster(request, wall):
    """A cluster at rest with one ReplicationController of two pods."""
    made = actions.create_cluster(LEARNER, delays=request.param)
    actions.create_replication_controller(made.pk, LEARNER, name="web", image="luksa/kubia", replicas=2)
    pass_by(made, wall, 60)
    return made


def work(cluster):
    """Lets the worker do all it may."""
    while actions.reconcile(cluster.pk, "test", 100, 1.0).result().more:
        pass


def pass_by(cluster, wall, seconds):
    """Lets so many seconds of real time pass, with the worker at work."""
    until = wall.now + seconds
    work(cluster)
    while (at := storage.wake_at(cluster.pk)) is not None and at <= until:
        wall.now = max(wall.now, at) + 0.001
        work(cluster)
    wall.now = until


def image(cluster):
    return memory.image(cluster.pk)


def revision(cluster):
    return image(cluster).revision


def clock(cluster):
    return clock_of(image(cluster))


def simulated(cluster):
    return clock(cluster).now(time.time())


def kill(cluster):
    """Somebody kills the first pod; returns the image before."""
    before = image(cluster)
    name = before.list("Pod")[0]["metadata"]["name"]
    actions.kill_pod(cluster.pk, LEARNER, "default", name)
    return before


def since(cluster, before):
    return [change for change in journal.read(cluster.pk, before.revision, before) if shows(change)]


def finish(cluster):
    """Steps until nothing happens by itself; returns them."""
    found = []
    while changes := actions.step(cluster.pk, LEARNER):
        found.append(changes)
    return found


def test_a_step_stops_the_time_and_counts(cluster, wall):
    kill(cluster)
    assert not clock(cluster).paused
    changes = actions.step(cluster.pk, LEARNER)
    assert len({change.actor for change in changes}) == 1
    after = clock(cluster)
    assert after.paused
    assert after.anchor_simulated >= changes[-1].time
    steps = steps_of(image(cluster))
    assert (steps.count, steps.by, steps.at) == (1, "person:learner", after.anchor_simulated)
    assert (steps.first, steps.last) == (changes[0].revision, changes[-1].revision)
    assert storage.wake_at(cluster.pk) is None


def test_what_a_person_does_while_time_stands_is_recorded_and_waits_for_steps(cluster, wall):
    actions.set_clock(cluster.pk, LEARNER, paused=True)
    stood = simulated(cluster)
    before = kill(cluster)
    pass_by(cluster, wall, 1000)
    (killed,) = since(cluster, before)
    assert (by_person(killed.actor), killed.time) == (True, stood)
    assert storage.wake_at(cluster.pk) is None
    after = image(cluster)
    steps = finish(cluster)
    actors = {changes[0].actor.partition("/")[0] for changes in steps}
    assert {"replication-controller", "default-scheduler", "kubelet"} <= actors
    shown = [change.revision for changes in steps for change in changes if shows(change)]
    assert [change.revision for change in since(cluster, after)] == shown
    assert len(image(cluster).list("Pod")) == 2


def test_people_act_between_steps(cluster):
    kill(cluster)
    actions.step(cluster.pk, LEARNER)
    actions.scale(cluster.pk, OTHER, "ReplicationController", "default", "web", 4)
    finish(cluster)
    assert len(image(cluster).list("Pod")) == 4
    assert image(cluster).get("ReplicationController", "default", "web")["status"]["readyReplicas"] == 4


def test_the_last_moment_before_a_pause_is_not_made_up_for_while_time_stands(cluster, wall):
    kill(cluster)
    wall.now += 5  # the worker is late
    actions.set_clock(cluster.pk, LEARNER, paused=True)
    before, stood = revision(cluster), simulated(cluster)
    pass_by(cluster, wall, 100)
    assert revision(cluster) == before
    assert finish(cluster)[0][0].time == stood


def test_after_going_on_all_happens_by_itself(cluster, wall):
    before = kill(cluster)
    actions.step(cluster.pk, LEARNER)
    actions.set_clock(cluster.pk, LEARNER, paused=False)
    pass_by(cluster, wall, 100)
    assert len(image(cluster).list("Pod")) == 2
    times = [change.time for change in journal.read(cluster.pk, before.revision, before)]
    assert times == sorted(times)
    assert not actions.step(cluster.pk, LEARNER)


def test_where_nothing_happens_by_itself_a_step_only_pauses(cluster):
    assert actions.step(cluster.pk, LEARNER) == []
    assert clock(cluster).paused
    assert steps_of(image(cluster)).count == 0
    before = revision(cluster)
    assert actions.step(cluster.pk, LEARNER) == []
    assert actions.skip(cluster.pk, LEARNER) == []
    assert revision(cluster) == before


def test_a_skip_leaves_the_clock_as_it_was(cluster, wall):
    node = image(cluster).list("Pod")[0]["spec"]["nodeName"]
    actions.power(cluster.pk, LEARNER, node, False)
    work(cluster)
    before = simulated(cluster)
    assert actions.skip(cluster.pk, LEARNER)
    assert not clock(cluster).paused
    assert before + 30 < simulated(cluster) < before + 60
    assert storage.wake_at(cluster.pk) is not None
    actions.set_clock(cluster.pk, LEARNER, paused=True)
    before = simulated(cluster)
    while simulated(cluster) < before + 200:
        assert actions.skip(cluster.pk, LEARNER)
        assert clock(cluster).paused
    assert before + 300 <= simulated(cluster) < before + 360


def test_a_skip_while_time_runs_is_followed_by_the_worker(cluster, wall):
    kill(cluster)
    before = simulated(cluster)
    actions.skip(cluster.pk, LEARNER)
    pass_by(cluster, wall, 100)
    assert len(image(cluster).list("Pod")) == 2
    assert simulated(cluster) >= before + 100
    assert not actions.step(cluster.pk, LEARNER)


def test_time_never_goes_back(cluster, wall):
    kill(cluster)
    seen = [simulated(cluster)]
    for turn in (actions.step, actions.skip, actions.step):
        wall.now += 3
        turn(cluster.pk, LEARNER)
        seen.append(simulated(cluster))
        wall.now -= 10  # somebody sets the clock on the wall back
        actions.set_clock(cluster.pk, LEARNER, paused=False)
        seen.append(simulated(cluster))
    assert seen == sorted(seen)


def test_the_journal_tells_the_same_story_with_steps_as_without(wall):
    """Who waits and who steps see the same pods on the same nodes, with the same addresses."""
    made = [actions.create_cluster(LEARNER) for _ in range(2)]
    Cluster.objects.filter(pk__in=[one.pk for one in made]).update(seed="same")
    memory.drop_all()
    for one in made:
        actions.set_clock(one.pk, LEARNER, paused=True)
        actions.create_replication_controller(one.pk, LEARNER, name="web", image="luksa/kubia", replicas=3)
    finish(made[0])
    actions.set_clock(made[1].pk, LEARNER, paused=False)
    pass_by(made[1], wall, 60)

    def addresses(one):
        return sorted(pod["status"]["podIP"] for pod in image(one).list("Pod"))

    assert addresses(made[0]) == addresses(made[1])


class TestTwoPeople:
    def test_who_did_not_see_the_others_step_does_not_take_one(self, cluster):
        kill(cluster)
        assert actions.step(cluster.pk, LEARNER, seen=0)
        before = revision(cluster)
        for turn in (actions.step, actions.skip):
            with pytest.raises(actions.TakenError):
                turn(cluster.pk, OTHER, seen=0)
        assert revision(cluster) == before
        assert actions.step(cluster.pk, OTHER, seen=1)

    def test_ones_own_quick_presses_all_count(self, cluster):
        kill(cluster)
        for _ in range(3):
            assert actions.step(cluster.pk, LEARNER, seen=0)
        assert steps_of(image(cluster)).count == 3

    def test_a_lost_commit_is_tried_again_and_nothing_is_done_twice(self, cluster, monkeypatch):
        kill(cluster)
        commit, lost = storage.commit, []

        def losing(*arguments, **options):
            if len(lost) < 2:
                lost.append(1)
                return False
            return commit(*arguments, **options)

        monkeypatch.setattr(storage, "commit", losing)
        assert actions.step(cluster.pk, LEARNER)
        assert len(lost) == 2
        assert steps_of(image(cluster)).count == 1
        finish(cluster)
        assert len(image(cluster).list("Pod")) == 2

    def test_what_breaks_in_the_middle_has_not_happened(self, cluster, monkeypatch):
        kill(cluster)
        before = revision(cluster)

        def fails(*arguments, **options):
            raise OSError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(storage, "commit", fails)
            with pytest.raises(OSError, match="full"):
                actions.step(cluster.pk, LEARNER)
        assert revision(cluster) == before
        finish(cluster)
        assert len(image(cluster).list("Pod")) == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_step_at_once_exactly_one_does(count):
    writer.start()
    try:
        made = actions.create_cluster(LEARNER)
        for number in range(count(5, 100)):
            actions.set_clock(made.pk, LEARNER, paused=True)
            actions.create_replication_controller(
                made.pk, LEARNER, name=f"web-{number}", image="luksa/kubia", replicas=1
            )
            assert race(made, steps_of(image(made)).count) == ["done", "taken"]
            assert steps_of(image(made)).count == number + 1
    finally:
        writer.stop()


def race(cluster, seen):
    """Two people take the step that both see; how it went for them, sorted."""
    barrier, outcomes = Barrier(2), []

    def run(person):
        barrier.wait()
        try:
            outcomes.append("done" if actions.step(cluster.pk, person, seen=seen) else "nothing")
        except actions.TakenError:
            outcomes.append("taken")

    threads = [Thread(target=run, args=(person,)) for person in (LEARNER, OTHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_a_cluster_that_is_gone_cannot_be_stepped(cluster):
    actions.delete_cluster(cluster.pk)
    for turn in (actions.step, actions.skip):
        with pytest.raises(Cluster.DoesNotExist):
            turn(cluster.pk, LEARNER)


def test_setting_what_is_already_so_is_no_change(cluster):
    before = revision(cluster)
    actions.set_clock(cluster.pk, LEARNER, speed=1, paused=False)
    assert revision(cluster) == before


def test_who_turns_the_clock_is_kept_with_the_cluster_and_told_to_pages(cluster):
    assert access.clock_role(cluster) == access.ACT
    before = revision(cluster)
    actions.set_clock_role(cluster.pk, LEARNER, access.OWN)
    cluster.refresh_from_db()
    assert access.clock_role(cluster) == access.OWN
    assert revision(cluster) == before + 1
    assert not access.may_turn_clock(OTHER, cluster)
    assert access.may_turn_clock(LEARNER, cluster)
