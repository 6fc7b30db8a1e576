"""Going on from an earlier moment, with real storage: what is committed, told, and held."""

import time

import pytest

from clusters import actions, journal, memory, storage
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.changes import ADDED, DELETED, MODIFIED
from clusters.engine.cluster import KEY, clock_of, has_cloud
from clusters.engine.objects import is_deleting, is_ready, name_of, uid_of
from clusters.engine.store import MemoryStore
from tests.api.caller import in_thread
from tests.api.watchers import Watcher
from tests.serving import serving as serving

LEARNER = "learner"


def settle(cluster):
    """Runs passes until nothing is left to do for now."""
    while actions.reconcile(cluster.pk, "test", 100, 1.0).result().more:
        pass


def made(replicas=3):
    """A learner's cluster in which nothing takes time, with pods that run."""
    cluster = actions.create_cluster(LEARNER, delays="none")
    actions.create_replication_controller(
        cluster.pk, LEARNER, name="web", image="luksa/kubia", replicas=replicas
    )
    settle(cluster)
    return cluster


def moment(cluster):
    """The cluster now, and its simulated time."""
    held = memory.caught_up(cluster.pk)
    return held.image, held.time


def go_back(cluster, then):
    image, at = then
    actions.continue_from(cluster.pk, LEARNER, image.revision, image, at)


def pods(cluster):
    return memory.image(cluster.pk).list("Pod", "default")


def held_by(pods):
    return {uid_of(pod): (name_of(pod), pod["spec"]["nodeName"], pod["status"]["podIP"]) for pod in pods}


def kill(cluster, number):
    actions.kill_pod(cluster.pk, LEARNER, "default", name_of(pods(cluster)[number]), force=True)
    settle(cluster)


@pytest.mark.django_db
class TestContinuing:
    def test_killed_pods_live_again_with_their_uids_and_addresses(self):
        cluster = made()
        then = moment(cluster)
        before = held_by(pods(cluster))
        kill(cluster, 0)
        actions.scale(cluster.pk, LEARNER, "ReplicationController", "default", "web", 5)
        settle(cluster)
        assert held_by(pods(cluster)) != before
        go_back(cluster, then)
        settle(cluster)
        assert held_by(pods(cluster)) == before
        assert all(is_ready(pod) and not is_deleting(pod) for pod in pods(cluster))

    def test_rows_journal_and_image_say_the_same(self):
        cluster = made()
        then = moment(cluster)
        kill(cluster, 1)
        actions.delete_node(cluster.pk, LEARNER, "node-2")
        settle(cluster)
        go_back(cluster, then)
        settle(cluster)
        replayed = MemoryStore().apply(journal.read(cluster.pk, 0))
        assert storage.load(cluster.pk).image == replayed == memory.image(cluster.pk)

    def test_a_process_that_has_just_begun_goes_on_the_same_way(self):
        cluster = made()
        then = moment(cluster)
        before = held_by(pods(cluster))
        kill(cluster, 2)
        memory.drop_all()
        go_back(cluster, then)
        memory.drop_all()
        settle(cluster)
        assert held_by(pods(cluster)) == before

    def test_all_changes_are_the_persons_and_the_first_is_their_cause(self):
        cluster = made()
        then = moment(cluster)
        kill(cluster, 0)
        since = memory.image(cluster.pk).revision
        go_back(cluster, then)
        first, *others = journal.read(cluster.pk, since)
        assert first.key == KEY
        assert (first.actor, first.cause) == (f"person:{LEARNER}", 0)
        assert {(change.actor, change.cause) for change in others} == {(first.actor, first.revision)}
        assert {change.verb for change in others} == {ADDED, MODIFIED, DELETED}
        image, at = then
        origin = first.object["spec"]["continuedFrom"]
        assert origin == {"revision": image.revision, "time": at, "at": first.time}

    def test_the_simulators_settings_come_back_but_not_the_clock(self):
        cluster = made()
        then = moment(cluster)
        actions.set_cloud(cluster.pk, LEARNER, False)
        actions.set_clock(cluster.pk, LEARNER, speed=5, paused=True)
        stood = clock_of(memory.image(cluster.pk)).now(time.time())
        go_back(cluster, then)
        image = memory.image(cluster.pk)
        clock = clock_of(image)
        assert has_cloud(image)
        assert (clock.speed, clock.paused) == (5, True)
        assert stood <= clock.now(time.time()) < stood + 1
        assert image.get(*KEY)["spec"]["limits"] == then[0].get(*KEY)["spec"]["limits"]

    def test_what_has_not_happened_yet_is_nothing_to_go_back_to(self):
        cluster = made()
        image, at = moment(cluster)
        future = MemoryStore(image.revision + 1)
        for past in (future, image):
            with pytest.raises(StatusError) as caught:
                actions.continue_from(cluster.pk, LEARNER, future.revision, past, at)
            assert caught.value.code == 400
            assert str(future.revision) in caught.value.message
        assert memory.image(cluster.pk).revision == image.revision

    def test_a_later_moment_can_be_gone_back_to_as_well(self):
        cluster = made()
        early = moment(cluster)
        kill(cluster, 0)
        late = moment(cluster)
        held = held_by(pods(cluster))
        go_back(cluster, early)
        settle(cluster)
        go_back(cluster, late)
        settle(cluster)
        assert held_by(pods(cluster)) == held


@pytest.mark.usefixtures("serving")
async def test_a_watch_sees_ordinary_events_in_order():
    cluster = await in_thread(made)()
    watcher = Watcher(cluster, "/api/v1/namespaces/default/pods", resourceVersion="0")
    await watcher.told(3)
    then = await in_thread(moment)(cluster)
    await in_thread(kill)(cluster, 0)
    before = len(watcher.events)
    await in_thread(go_back)(cluster, then)
    revision = (await in_thread(memory.image)(cluster.pk)).revision
    image, _time = then
    await watcher.told(before + 4)
    await watcher.leave()
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in watcher.events[3:]]
    assert versions == sorted(set(versions))
    assert versions[-1] <= revision
    alive = {}
    for event in watcher.events:
        uid = event["object"]["metadata"]["uid"]
        if event["type"] == DELETED:
            del alive[uid]
        else:
            assert (uid in alive) == (event["type"] == MODIFIED)
            alive[uid] = event["object"]["status"].get("podIP")
    assert alive == {uid_of(pod): pod["status"]["podIP"] for pod in image.list("Pod", "default")}
