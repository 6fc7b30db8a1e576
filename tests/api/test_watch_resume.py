"""Resuming a watch: from any revision the same state as a list, from memory or from the journal; else 410."""

import pytest

from clusters import journal, memory, storage
from clusters.api import followers as module
from clusters.api import watch
from clusters.api.followers import followers
from clusters.engine.objects import Key
from tests.api.caller import in_thread
from tests.api.watchers import (
    Watcher,
    create,
    delete,
    forget_memory,
    label,
    summary,
    until,
)
from tests.clusters.makers import bare_cluster, event, write

SELECTED = "app=kubia"


@pytest.fixture
def cluster(serving):
    return bare_cluster()


async def history(cluster):
    """What happens to three pods; returns the revision before it."""
    before = await create(cluster, "first", app="kubia")
    await label(cluster, "first", app="other")
    await create(cluster, "second", app="kubia")
    await label(cluster, "first", app="kubia", tier="web")
    await delete(cluster, "second")
    return before


HISTORY = [("DELETED", "first"), ("ADDED", "second"), ("ADDED", "first"), ("DELETED", "second")]


@pytest.mark.parametrize("forget", [False, True], ids=["memory", "journal"])
async def test_a_watch_tells_what_came_after_its_version_and_goes_on(cluster, forget):
    before = await history(cluster)
    if forget:
        await forget_memory()
    watcher = Watcher(cluster, resourceVersion=before, labelSelector=SELECTED)
    assert summary(await watcher.told(4)) == HISTORY
    await create(cluster, "third", app="kubia")
    assert summary(await watcher.told(5))[4:] == [("ADDED", "third")]
    await watcher.leave()


async def test_a_watch_resumed_at_a_deletion_does_not_see_it_again(cluster):
    await create(cluster, "a")
    deleted = await delete(cluster, "a")
    await create(cluster, "b")
    for forget in (False, True):
        if forget:
            await forget_memory()
        watcher = Watcher(cluster, resourceVersion=deleted)
        assert summary(await watcher.told(1)) == [("ADDED", "b")]
        await watcher.leave()


async def test_what_an_object_was_before_the_version_is_looked_up_in_the_journal(cluster):
    await create(cluster, "in", app="kubia")
    before = await create(cluster, "out", app="other")
    await label(cluster, "in", app="kubia", tier="web")
    await label(cluster, "out", app="other", tier="web")
    await label(cluster, "out", app="kubia")
    await forget_memory()
    watcher = Watcher(cluster, resourceVersion=before, labelSelector=SELECTED)
    assert summary(await watcher.told(2)) == [("MODIFIED", "in"), ("ADDED", "out")]
    await watcher.leave()


async def test_events_that_were_deleted_meanwhile_are_told_all_the_same(cluster):
    before = await create(cluster, "a")
    await in_thread(write)(cluster, lambda store: store.create(event("e")))
    await in_thread(write)(cluster, lambda store: store.delete(Key("Event", "default", "e")))
    await forget_memory()
    watcher = Watcher(
        cluster, "/api/v1/events", resourceVersion=before, fieldSelector="involvedObject.name=web"
    )
    assert summary(await watcher.told(2)) == [("ADDED", "e"), ("DELETED", "e")]
    await watcher.leave()


async def test_a_watch_of_a_version_to_come_waits_for_what_comes_after_it(cluster):
    last = await create(cluster, "a")
    watcher = Watcher(cluster, resourceVersion=last + 1)
    await until(lambda: followers()._followers)
    await create(cluster, "b")
    await create(cluster, "c")
    assert summary(await watcher.told(1)) == [("ADDED", "c")]
    await watcher.leave()


@in_thread
def compact(cluster, changes):
    storage.compact(cluster.pk, changes=changes)
    memory.drop_all()


async def test_a_version_that_is_no_longer_kept_is_expired(cluster):
    first = await create(cluster, "a")
    for name in ("b", "c", "d"):
        await create(cluster, name)
        await delete(cluster, name)
    last = await create(cluster, "e")
    await compact(cluster, 2)
    watcher = Watcher(cluster, resourceVersion=first)
    (told,) = await watcher.over()
    assert watcher.status == 200
    assert told["type"] == "ERROR"
    assert told["object"]["reason"] == "Expired"
    assert told["object"]["code"] == 410
    assert told["object"]["message"] == f"too old resource version: {first} ({last - 3})"
    again = Watcher(cluster, resourceVersion=last - 3)
    assert summary(await again.told(3)) == [("ADDED", "d"), ("DELETED", "d"), ("ADDED", "e")]
    await again.leave()


async def test_a_version_is_expired_if_it_cannot_be_told_what_matched_then(cluster):
    await create(cluster, "a", app="kubia")
    before = await create(cluster, "b")
    await label(cluster, "a", app="other")
    await create(cluster, "c")
    await compact(cluster, 1)
    assert await in_thread(journal.oldest)(cluster.pk) < before
    watcher = Watcher(cluster, resourceVersion=before, labelSelector=SELECTED)
    (told,) = await watcher.over()
    assert told["object"]["code"] == 410
    unselective = Watcher(cluster, resourceVersion=before)
    assert summary(await unselective.told(2)) == [("MODIFIED", "a"), ("ADDED", "c")]
    await unselective.leave()


async def test_a_journal_that_was_forgotten_up_to_its_last_change_is_expired_too(cluster):
    first = await create(cluster, "a")
    await create(cluster, "b")
    await delete(cluster, "b")
    await create(cluster, "c")
    await compact(cluster, 0)
    watcher = Watcher(cluster, resourceVersion=first)
    (told,) = await watcher.over()
    assert told["object"]["code"] == 410


async def test_a_follower_that_missed_too_much_for_memory_reads_the_journal(cluster, monkeypatch):
    watcher = Watcher(cluster)
    await until(lambda: followers()._followers)
    monkeypatch.setattr(memory, "follow", forgetful(memory.follow))
    monkeypatch.setattr(memory, "news", lambda cluster_id, after: None)
    await create(cluster, "a")
    await create(cluster, "b")
    assert summary(await watcher.told(2)) == [("ADDED", "a"), ("ADDED", "b")]
    await watcher.leave()


def forgetful(follow):
    """memory.follow of a process whose memory of changes is always too short."""

    def asked(cluster_id, after):
        followed = follow(cluster_id, after)
        followed.result()
        return memory.writer.submit(lambda: followed.result()._replace(changes=None))

    return asked


async def test_watches_end_when_the_database_is_put_back_to_an_earlier_state(cluster, monkeypatch):
    await create(cluster, "a")
    watcher = Watcher(cluster)
    await watcher.told(1)
    await until(lambda: followers()._followers)
    (follower,) = followers()._followers.values()
    follower.image = follower.image.apply([])
    follower.image.revision += 100
    follower.nudge()
    told = await watcher.over()
    assert told[-1]["object"]["code"] == 410


async def test_what_happens_while_a_watch_begins_is_told_once(cluster, monkeypatch):
    monkeypatch.setattr(watch, "CHUNK", 0)
    for number in range(5):
        await create(cluster, f"old-{number}")
    watcher = Watcher(cluster)
    watcher.reading.clear()
    await until(lambda: watcher.sent)
    for number in range(5):
        await create(cluster, f"new-{number}")
    watcher.reading.set()
    await watcher.told(10)
    await create(cluster, "last")
    names = [name for _, name in summary(await watcher.told(11))]
    assert names == [f"old-{n}" for n in range(5)] + [f"new-{n}" for n in range(5)] + ["last"]
    await watcher.leave()


async def test_a_process_knows_what_it_has_committed_itself_without_looking(cluster):
    before = await create(cluster, "a")
    await label(cluster, "a", app="kubia")
    last = await delete(cluster, "a")
    image, changes = memory.news(cluster.pk, before)
    assert image.revision == last
    assert [change.verb for change in changes] == ["MODIFIED", "DELETED"]
    assert memory.news(cluster.pk, last) is None
    assert memory.news(cluster.pk, last + 5) is None


async def test_a_process_that_does_not_know_all_changes_has_to_look(cluster):
    before = await create(cluster, "a")
    await create(cluster, "b")
    await forget_memory()
    assert memory.news(cluster.pk, before) is None
    await create(cluster, "c")
    assert memory.news(cluster.pk, before) is None
    assert len(memory.news(cluster.pk, before + 1).changes) == 1


async def test_what_another_process_has_committed_is_told_at_the_next_look(cluster, monkeypatch):
    monkeypatch.setattr(module, "SLOW", 0.02)
    watcher = Watcher(cluster)
    await until(lambda: followers()._followers)
    other = memory._held.pop(cluster.pk)
    await create(cluster, "elsewhere")
    memory._held[cluster.pk] = other
    assert summary(await watcher.told(1)) == [("ADDED", "elsewhere")]
    await watcher.leave()


async def test_the_journal_knows_the_past_of_a_kind(cluster):
    first = await create(cluster, "a", app="kubia")
    await create(cluster, "b")
    await label(cluster, "a", app="other")
    gone = await delete(cluster, "b")

    def names_at(at):
        return {found["metadata"]["name"]: found for found in journal.past(cluster.pk, at, "Pod").list("Pod")}

    assert (await in_thread(names_at)(first))["a"]["metadata"]["labels"] == {"app": "kubia"}
    assert (await in_thread(names_at)(gone - 1)).keys() == {"a", "b"}
    assert (await in_thread(names_at)(gone)).keys() == {"a"}
    assert await in_thread(journal.oldest)(cluster.pk) == 0
