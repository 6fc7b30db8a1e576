"""The worker gives every cluster its turn, whatever is lost, stopped or broken on the way."""

import asyncio
import time
from itertools import pairwise

import pytest
from asgiref.sync import sync_to_async

from clusters import actions, announce, journal, memory, storage, worker
from clusters.actions import transactions
from clusters.engine import cluster as settings_of
from clusters.engine.objects import uid_of, with_value
from clusters.models import Cluster
from clusters.worker import LONGEST_PASS, Reconciler, ReconcileWorker, Supervisor
from clusters.writer import writer
from tests.clusters import fakes
from tests.clusters.makers import bare_cluster, count_up, counter, loaded, pod, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _serving(monkeypatch):
    """The writer's thread runs, and control planes are made of the fakes."""
    monkeypatch.setattr(memory, "build", fakes.build)
    writer.start()
    yield
    writer.stop()
    announce.bind(None)


@pytest.fixture
def cluster():
    """A bare cluster in which nothing is due."""
    made = bare_cluster()
    Cluster.objects.update(wake_at=None)
    return made


in_thread = sync_to_async(thread_sensitive=False)


@in_thread
def ask_for(cluster, replicas, name="web"):
    """Has a ReplicationController want so many pods."""

    def verb(store):
        obj = store.get("ReplicationController", "default", name) or store.create(counter(name))
        store.update(with_value(obj, ("spec", "replicas"), replicas))

    write(cluster, verb)


@in_thread
def set_alarm(cluster, seconds):
    """Makes a pod to which something happens that many simulated seconds from now; returns when."""

    def verb(store):
        store.create({**pod("alarm"), "simulation": {"at": store.now + seconds}})
        return store.now + seconds

    return write(cluster, verb)


def pods_of(cluster):
    image = memory.published(cluster.pk)
    return 0 if image is None else image.count("Pod")


def rang(cluster):
    """When the alarm rang, in simulated seconds; None if it has not."""
    image = memory.published(cluster.pk)
    obj = image and image.get("Pod", "default", "alarm")
    return obj["simulation"].get("rang") if obj else None


async def until(condition, seconds=10.0):
    """Waits until a condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


class Running:
    """A Reconciler or ReconcileWorker that runs while the block does."""

    def __init__(self, what):
        self.what = what

    async def __aenter__(self):
        work = self.what.handle if isinstance(self.what, ReconcileWorker) else self.what.run
        self.task = asyncio.create_task(work())
        return self.what

    async def __aexit__(self, *error):
        getattr(self.what, "reconciler", self.what).stop()
        await asyncio.wait_for(self.task, 5)


@in_thread
def row_of(cluster):
    return Cluster.objects.get(pk=cluster.pk)


@in_thread
def changes_of(cluster):
    return journal.read(cluster.pk, 0)


async def test_work_is_done_in_passes_and_then_it_sleeps(cluster, monkeypatch):
    sizes = []
    commit = storage.commit
    monkeypatch.setattr(storage, "commit", lambda *a, **k: (sizes.append(len(a[2])), commit(*a, **k))[1])
    await ask_for(cluster, 250)
    async with Running(Reconciler()):
        await until(lambda: pods_of(cluster) == 250)
    assert max(sizes) <= LONGEST_PASS
    assert len(sizes) >= 4
    row = await row_of(cluster)
    assert (row.wake_at, row.lease_until) == (None, None)
    assert await in_thread(lambda: loaded(cluster))() == memory.published(cluster.pk)


async def test_the_cause_of_what_the_worker_writes_is_what_made_it_act(cluster):
    await ask_for(cluster, 1)
    async with Running(Reconciler()):
        await until(lambda: pods_of(cluster) == 1)
    *_, asked, made = await changes_of(cluster)
    assert (asked.actor, made.actor) == ("person:tester", "scaler")
    assert made.cause in (asked.revision, asked.revision - 1)


async def test_it_wakes_when_something_is_due_and_says_when_that_was(cluster):
    at = await set_alarm(cluster, 1.3)
    async with Running(Reconciler()):
        await until(lambda: rang(cluster) is not None)
        late = time.time() - at
    assert rang(cluster) == at
    assert late >= 0


async def test_at_twenty_times_the_speed_it_is_due_sooner(cluster):
    await in_thread(actions.set_clock)(cluster.pk, "a", speed=20)
    at = await set_alarm(cluster, 40)
    async with Running(Reconciler()):
        await until(lambda: rang(cluster) is not None, 30)
    assert rang(cluster) == at


async def test_a_cluster_that_nobody_has_touched_for_a_month_goes(cluster):
    old = await in_thread(bare_cluster)()
    await in_thread(Cluster.objects.filter(pk=old.pk).update)(used_at=time.time() - 31 * 24 * 3600)
    async with Running(Reconciler()):
        async with asyncio.timeout(10):
            while await in_thread(Cluster.objects.filter(pk=old.pk).exists)():
                await asyncio.sleep(0.005)
    assert await in_thread(Cluster.objects.filter(pk=cluster.pk).exists)()


async def test_nothing_is_due_while_the_clock_is_paused(cluster):
    await in_thread(actions.set_clock)(cluster.pk, "a", paused=True)
    at = await set_alarm(cluster, 0.05)
    async with Running(Reconciler()):
        async with asyncio.timeout(10):
            while (await row_of(cluster)).wake_at is not None:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)  # longer than the alarm was set for
        assert rang(cluster) is None
        await in_thread(actions.set_clock)(cluster.pk, "a", paused=False)
        await until(lambda: rang(cluster) == at)


async def test_a_lost_nudge_is_found_by_the_poll(cluster):
    async with Running(Reconciler()):
        await asyncio.sleep(0.05)
        await ask_for(cluster, 3)
        await until(lambda: pods_of(cluster) == 3)


async def test_a_nudge_is_heard_at_once(cluster, monkeypatch):
    monkeypatch.setattr(worker, "POLL", 60.0)
    announce.bind(asyncio.get_running_loop())
    async with Running(ReconcileWorker()):
        await asyncio.sleep(0.05)
        await ask_for(cluster, 3)
        await until(lambda: pods_of(cluster) == 3, 30)


async def test_hubs_hear_of_every_commit_and_workers_not_of_their_own(cluster):
    announce.bind(asyncio.get_running_loop())
    heard, nudges = [], announce.nudges()

    async def listen():
        async for nudge in nudges:
            heard.append(nudge)

    listening = asyncio.create_task(listen())
    worked = ReconcileWorker()
    woken = []
    wake = worked.reconciler.wake
    async with Running(worked):
        await asyncio.sleep(0.05)
        worked.reconciler.wake = lambda *a: (woken.append(a), wake(*a))
        await ask_for(cluster, 3)
        await until(lambda: len(heard) == 2)
    listening.cancel()
    assert heard == [(cluster.pk, False), (cluster.pk, True)]
    assert woken.count((cluster.pk,)) <= 2


async def test_clusters_take_turns(cluster, monkeypatch):
    other = await in_thread(bare_cluster)()
    turns = []
    reconcile = actions.reconcile
    monkeypatch.setattr(actions, "reconcile", lambda *a: (turns.append(a[0]), reconcile(*a))[1])
    for each in (cluster, other):
        await ask_for(each, 350)
    async with Running(Reconciler()):
        await until(lambda: pods_of(cluster) == pods_of(other) == 350)
    busy = turns[:8]
    assert busy.count(cluster.pk) == busy.count(other.pk) == 4
    assert all(first != second for first, second in pairwise(busy))


async def test_a_loss_makes_the_next_pass_shorter_and_wins_make_it_longer(cluster, monkeypatch):
    """Somebody else commits between the load and the commit of the first two passes."""
    limits, lost = [], []
    run_pass = transactions._pass

    def interrupted(held, limit, deadline):
        limits.append(limit)
        if len(lost) < 2:
            lost.append(held.image.revision)
            faster = storage.load(cluster.pk)
            overlay = transactions.Overlay(faster.image, now=held.time, seed="x", actor="faster")
            count_up(overlay)
            assert storage.commit(cluster.pk, faster.image.revision, overlay.changes, wake_at=time.time())
        return run_pass(held, limit, deadline)

    await ask_for(cluster, 300)
    monkeypatch.setattr(transactions, "_pass", interrupted)
    async with Running(Reconciler()):
        await until(lambda: pods_of(cluster) == 300)
    assert limits[:6] == [100, 25, 25, 50, 100, 100]
    changes = await changes_of(cluster)
    assert [change.revision for change in changes] == list(range(1, len(changes) + 1))
    assert len({uid_of(change.object) for change in changes if change.key.kind == "Pod"}) == 300


async def test_a_restart_in_the_middle_loses_nothing_and_does_nothing_twice(cluster):
    await ask_for(cluster, 250)
    done = await asyncio.wrap_future(actions.reconcile(cluster.pk, "first", 100, 1.0))
    assert (done.writes, done.more) == (100, True)
    await asyncio.wrap_future(writer.submit(memory.drop_all))
    await in_thread(lambda: Cluster.objects.update(lease_until=time.time() - 1))()
    async with Running(Reconciler()):
        await until(lambda: pods_of(cluster) == 250)
    added = [change.key for change in await changes_of(cluster) if change.key.kind == "Pod"]
    assert len(added) == len(set(added)) == 250


async def test_stopping_ends_the_pass_that_is_under_way_and_begins_no_other(cluster):
    await ask_for(cluster, 1000)
    supervisor = Supervisor()
    running = asyncio.create_task(supervisor.run())
    await until(lambda: pods_of(cluster) > 0)
    supervisor.stop()
    await asyncio.wait_for(running, 2)
    assert 0 < pods_of(cluster) < 1000
    assert await in_thread(lambda: loaded(cluster))() == memory.published(cluster.pk)


async def test_a_failed_commit_is_tried_again_from_the_database(cluster, monkeypatch):
    real, failures = storage._write_journal, []

    def failing(*arguments):
        if not failures:
            failures.append(1)
            raise OSError("disk full")
        real(*arguments)

    await ask_for(cluster, 5)
    monkeypatch.setattr(storage, "_write_journal", failing)
    async with Running(Reconciler()):
        await until(lambda: pods_of(cluster) == 5)
    assert failures
    assert await in_thread(lambda: loaded(cluster))() == memory.published(cluster.pk)


async def test_a_cluster_whose_passes_raise_rests_and_others_do_not_notice(cluster, monkeypatch, caplog):
    monkeypatch.setattr(memory, "build", lambda: fakes.build(fakes.Broken, fakes.Scaler))
    healthy = await in_thread(bare_cluster)()
    await ask_for(cluster, 1, name="broken")
    async with Running(Reconciler()):
        await until(lambda: "a pass of its control plane failed" in caplog.text)
        await ask_for(healthy, 3)
        await until(lambda: pods_of(healthy) == 3)
    assert caplog.text.count("ZeroDivisionError: a bug") <= 3
    image = await in_thread(lambda: loaded(cluster))()
    assert image.count("Pod") == 0


async def test_a_worker_that_fails_is_started_again_and_catches_up(cluster, monkeypatch, caplog):
    monkeypatch.setattr(worker, "RESTART_AFTER", 0.01)
    real, failures = Reconciler._poll, []

    async def failing(self):
        if len(failures) < 2:
            failures.append(1)
            raise ConnectionError("the database is away")
        await real(self)

    monkeypatch.setattr(Reconciler, "_poll", failing)
    supervisor = Supervisor()
    running = asyncio.create_task(supervisor.run())
    await ask_for(cluster, 3)
    await until(lambda: pods_of(cluster) == 3)
    supervisor.stop()
    await asyncio.wait_for(running, 5)
    assert caplog.text.count("The worker failed and is started again.") == 2


async def test_what_is_not_a_nudge_is_dropped(cluster):
    layer = announce.get_channel_layer()
    async with Running(ReconcileWorker()) as worked:
        await layer.send(announce.RECONCILE, {"cluster": cluster.pk})
        await layer.send(announce.RECONCILE, {"type": "other", "cluster": cluster.pk})
        await asyncio.sleep(0.1)
        assert not worked.reconciler._line


async def test_a_cluster_that_is_removed_is_forgotten(cluster):
    await ask_for(cluster, 3)
    async with Running(Reconciler()) as reconciler:
        await until(lambda: pods_of(cluster) == 3)
        await in_thread(actions.delete_cluster)(cluster.pk)
        reconciler.wake(cluster.pk)
        await until(lambda: memory.published(cluster.pk) is None)


async def test_an_idle_cluster_is_not_looked_at(cluster, monkeypatch):
    async with Running(Reconciler()) as reconciler:
        await ask_for(cluster, 3)
        await until(lambda: pods_of(cluster) == 3)
        await asyncio.sleep(0.1)
        monkeypatch.setattr(actions, "reconcile", None)
        before = await row_of(cluster)
        await asyncio.sleep(1.3)
        assert not reconciler._line
        assert not reconciler._heap
    after = await row_of(cluster)
    assert (before.revision, before.lease_until) == (after.revision, after.lease_until)


def test_a_lease_belongs_to_one_worker_until_it_ends(cluster):
    now = time.time()
    assert storage.claim(cluster.pk, "one", now, now + 10)
    assert storage.claim(cluster.pk, "one", now + 5, now + 15)
    assert not storage.claim(cluster.pk, "two", now + 6, now + 16)
    assert storage.claim(cluster.pk, "two", now + 15.1, now + 25)


def test_a_leased_cluster_is_due_for_its_worker_only(cluster):
    now = time.time()
    write(cluster, count_up)
    storage.claim(cluster.pk, "one", now, now + 10)
    assert [pk for pk, _ in storage.due(now + 1, "one")] == [cluster.pk]
    assert storage.due(now + 1, "two") == []
    assert [pk for pk, _ in storage.due(now + 11, "two")] == [cluster.pk]


def test_the_cluster_object_keeps_its_clock_through_the_store(cluster):
    actions.set_clock(cluster.pk, "a", speed=5)
    assert settings_of.clock_of(loaded(cluster)).speed == 5
