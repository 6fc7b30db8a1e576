"""Rows, journal and images say the same, whatever happens."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from clusters import actions, journal, memory, storage
from clusters.engine.changes import ADDED, DELETED, MODIFIED
from clusters.engine.objects import Key, uid_of, with_value
from clusters.engine.store import MemoryStore, Overlay
from clusters.models import Change, Cluster, KubeObject, Pod, ReplicationController
from tests.clusters.makers import (
    bare_cluster,
    count_up,
    counter,
    event,
    loaded,
    pod,
    pod_key,
    revisions,
    write,
)

pytestmark = pytest.mark.django_db


def replayed(cluster):
    """The image that the journal alone makes."""
    return MemoryStore().apply(journal.read(cluster.pk, 0))


def test_what_is_committed_is_loaded_again(cluster):
    write(cluster, lambda store: [store.create(pod("a", app="web")), store.create(event("e"))])
    assert loaded(cluster) == memory.image(cluster.pk)
    assert loaded(cluster).get("Pod", "default", "a")["metadata"]["labels"] == {"app": "web"}
    assert loaded(cluster).revision == 3


def test_columns_show_what_people_look_for(cluster):
    write(
        cluster,
        lambda store: [store.create(pod("a", tier="front", app="web")), store.create(counter(replicas=3))],
    )
    row = Pod.objects.get(cluster=cluster, name="a")
    assert (row.node, row.phase, row.pod_ip, row.labels) == (
        "node-1",
        "Running",
        "10.244.1.2",
        "app=web,tier=front",
    )
    assert ReplicationController.objects.get(cluster=cluster).replicas == 3


def test_row_and_journal_hold_the_same_text(cluster):
    write(cluster, lambda store: store.create(pod("a")))
    assert Pod.objects.get(cluster=cluster).manifest == Change.objects.get(cluster=cluster, kind="Pod").object


def test_the_same_key_twice_in_one_commit(cluster):
    def twice(store):
        created = store.create(pod("a", app="one"))
        store.update(with_value(created, ("metadata", "labels"), {"app": "two"}))

    write(cluster, twice)
    assert Pod.objects.get(cluster=cluster).labels == "app=two"
    assert [change.verb for change in journal.read(cluster.pk, 1)] == [ADDED, MODIFIED]
    assert replayed(cluster) == loaded(cluster)


def test_delete_and_recreate_in_one_commit_and_in_two(cluster):
    first = write(cluster, lambda store: store.create(pod("a")))
    second = write(cluster, lambda store: (store.delete(pod_key("a")), store.create(pod("a")))[1])
    write(cluster, lambda store: store.delete(pod_key("a")))
    assert not Pod.objects.filter(cluster=cluster).exists()
    third = write(cluster, lambda store: store.create(pod("a")))
    assert len({uid_of(first), uid_of(second), uid_of(third)}) == 3
    assert Pod.objects.get(cluster=cluster).uid == uid_of(third)
    assert replayed(cluster) == loaded(cluster) == memory.image(cluster.pk)


def test_created_and_deleted_in_one_commit_leaves_no_row(cluster):
    write(cluster, lambda store: (store.create(pod("a")), store.delete(pod_key("a"))))
    assert not Pod.objects.filter(cluster=cluster).exists()
    assert [change.verb for change in journal.read(cluster.pk, 1)] == [ADDED, DELETED]


def test_what_changes_nothing_writes_nothing(cluster):
    write(cluster, lambda store: store.create(pod("a")))
    write(cluster, lambda store: store.update(store.get("Pod", "default", "a")))
    assert Cluster.objects.get(pk=cluster.pk).revision == 2


def test_a_lost_commit_writes_nothing(cluster):
    held = memory.caught_up(cluster.pk)
    overlay = Overlay(held.image, now=held.time, seed=held.seed)
    overlay.create(pod("late"))
    write(cluster, lambda store: store.create(pod("early")))
    assert not storage.commit(cluster.pk, 1, overlay.changes, wake_at=None)
    assert [row.name for row in Pod.objects.filter(cluster=cluster)] == ["early"]
    assert revisions(cluster) == [1, 2]


def test_a_commit_that_fails_halfway_leaves_rows_and_image_clean(cluster, monkeypatch):
    before = memory.image(cluster.pk)

    def broken(*arguments):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "_write_journal", broken)
        with pytest.raises(OSError, match="disk full"):
            write(cluster, lambda store: store.create(pod("a")))
    assert memory.image(cluster.pk) is before
    assert loaded(cluster) == before
    write(cluster, lambda store: store.create(pod("a")))
    assert revisions(cluster) == [1, 2]


def test_a_verb_that_raises_writes_nothing(cluster):
    def refused(store):
        store.create(pod("a"))
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        write(cluster, refused)
    assert revisions(cluster) == [1]
    assert memory.image(cluster.pk).count("Pod") == 0


def test_whoever_loses_catches_up_and_tries_again(cluster):
    """The verb sees what the faster one wrote."""
    tries = []

    def slow(store):
        if not tries:
            tries.append(1)
            other = Overlay(store.base, now=store.now, seed="x")
            count_up(other)
            assert storage.commit(cluster.pk, store.base.revision, other.changes, wake_at=None)
        return count_up(store)

    write(cluster, count_up)
    assert write(cluster, slow) == 3
    assert replayed(cluster) == loaded(cluster) == memory.image(cluster.pk)


def test_after_three_losses_the_row_is_taken_first(cluster, monkeypatch):
    real, tries = storage.commit, []

    def unlucky(*arguments, **options):
        tries.append(options)
        return len(tries) > 3 and real(*arguments, **options)

    locked = []
    take = storage.locked
    monkeypatch.setattr(storage, "commit", unlucky)
    monkeypatch.setattr(storage, "locked", lambda pk: (locked.append(len(tries)), take(pk))[1])
    assert write(cluster, count_up) == 1
    assert locked == [3]


def test_others_changes_reach_the_image_through_the_journal(cluster):
    image = memory.image(cluster.pk)
    overlay = Overlay(image, now=0.0, seed="x", actor="somebody else", cause=1)
    overlay.create(pod("a"))
    overlay.create(event("e"))
    assert storage.commit(cluster.pk, 1, overlay.changes, wake_at=None)
    followed = memory.follow(cluster.pk, 1).result()
    assert followed.image == overlay.publish()
    assert [(change.key.kind, change.actor, change.cause) for change in followed.changes] == [
        ("Pod", "somebody else", 1),
        ("Event", "somebody else", 1),
    ]


def test_following_tells_everything_once(cluster):
    write(cluster, lambda store: store.create(pod("a")))
    write(cluster, lambda store: store.delete(pod_key("a")))
    changes = memory.follow(cluster.pk, 1).result().changes
    assert [(change.revision, change.verb) for change in changes] == [(2, ADDED), (3, DELETED)]
    assert changes[1].previous["metadata"]["resourceVersion"] == "2"
    assert memory.follow(cluster.pk, 3).result().changes == []


def test_who_asks_for_too_much_is_told_to_begin_again(cluster, monkeypatch):
    write(cluster, lambda store: [store.create(pod(f"p-{i}")) for i in range(memory.RECENT + 5)])
    assert memory.follow(cluster.pk, 1).result().changes is None
    memory.drop_all()
    write(cluster, lambda store: store.create(pod("last")))
    assert memory.follow(cluster.pk, 5).result().changes is None


def test_published_never_asks_the_database(cluster, django_assert_num_queries):
    write(cluster, lambda store: store.create(pod("a")))
    with django_assert_num_queries(0):
        assert memory.published(cluster.pk).revision == 2
        assert memory.published("nobody") is None


def test_an_image_that_nobody_asks_for_is_dropped_after_a_minute(cluster):
    memory.image(cluster.pk)
    used_at = memory.caught_up(cluster.pk).used_at
    memory.sweep(used_at + 59)
    assert memory.published(cluster.pk) is not None
    memory.sweep(used_at + 71)
    assert memory.published(cluster.pk) is None


def test_a_database_put_back_is_believed(cluster):
    write(cluster, lambda store: store.create(pod("a")))
    assert memory.image(cluster.pk).count("Pod") == 1
    Pod.objects.filter(cluster=cluster).delete()
    Change.objects.filter(cluster=cluster, revision=2).delete()
    Cluster.objects.filter(pk=cluster.pk).update(revision=1)
    assert memory.image(cluster.pk).count("Pod") == 0


def test_a_removed_cluster_is_forgotten(cluster):
    memory.image(cluster.pk)
    Cluster.objects.get(pk=cluster.pk).delete()
    with pytest.raises(Cluster.DoesNotExist):
        memory.image(cluster.pk)
    assert memory.published(cluster.pk) is None
    assert not Change.objects.filter(cluster=cluster.pk).exists()
    assert not KubeObject.objects.filter(cluster=cluster.pk).exists()


def test_clusters_do_not_see_each_other(cluster):
    other = bare_cluster()
    write(cluster, lambda store: store.create(pod("a")))
    assert memory.image(other.pk).count("Pod") == 0
    assert revisions(other) == [1]


def test_time_never_goes_back(cluster, monkeypatch):
    """A wall clock that is set back does not turn the simulated one back."""
    write(cluster, count_up)
    monkeypatch.setattr(actions.transactions.time, "time", lambda: 5.0)
    write(cluster, count_up)
    times = [change.time for change in journal.read(cluster.pk, 0)]
    assert times == sorted(times)


def test_an_unusual_text_survives(cluster):
    labels = {"note": "\u0000<b>\u2028\U0001f600"}
    write(
        cluster,
        lambda store: store.create(
            {**pod("a"), "metadata": {"name": "a", "namespace": "x", "annotations": labels}}
        ),
    )
    assert loaded(cluster).get("Pod", "x", "a")["metadata"]["annotations"] == labels


class TestEvents:
    """The journal tells of Events as it does of all else: as they were."""

    def test_an_event_that_was_counted_up_shows_the_count_it_had(self, cluster):
        write(cluster, lambda store: store.create(event("e")))
        write(
            cluster, lambda store: store.update(with_value(store.get("Event", "default", "e"), ("count",), 7))
        )
        first, second = journal.read(cluster.pk, 1)
        assert (first.object["count"], second.object["count"]) == (1, 7)
        assert first.object["metadata"]["resourceVersion"] == "2"
        assert replayed(cluster) == loaded(cluster)

    def test_an_event_that_is_gone_is_still_told(self, cluster):
        key = Key("Event", "default", "e")
        write(cluster, lambda store: store.create(event("e", about="old")))
        write(cluster, lambda store: store.delete(key))
        write(cluster, lambda store: store.create(event("e", about="new")))
        told = [(c.verb, c.object["involvedObject"]["uid"]) for c in journal.read(cluster.pk, 1)]
        assert told == [(ADDED, "old"), (DELETED, "old"), (ADDED, "new")]
        assert replayed(cluster) == loaded(cluster)

    def test_rows_that_once_referred_to_the_events_own_are_written_out(self, cluster):
        write(cluster, lambda store: [store.create(event("kept")), store.create(event("gone"))])  # 2, 3
        write(cluster, lambda store: store.delete(Key("Event", "default", "gone")))  # 4
        write(cluster, lambda store: store.create(event("forgotten")))  # 5
        before = journal.history(cluster.pk)
        Change.objects.filter(cluster=cluster, kind="Event").exclude(verb=DELETED).update(object="")
        KubeObject.objects.get(cluster=cluster, name="forgotten").delete()
        migration = import_module("clusters.migrations.0005_events_in_the_journal")
        migration.write_out_events(apps, connection.schema_editor())
        assert journal.history(cluster.pk) == before[:-1]


class TestCompaction:
    """Kept are the last changes, and what is needed to know the objects before them."""

    def fill(self, cluster):
        write(cluster, lambda store: store.create(pod("quiet")))  # 2
        write(cluster, lambda store: store.create(pod("gone")))  # 3
        write(cluster, lambda store: store.delete(pod_key("gone")))  # 4
        for _ in range(10):
            write(cluster, count_up)  # 5, 6, 7 ... 15
        write(cluster, lambda store: store.create(pod("doomed")))  # 16
        write(cluster, lambda store: store.delete(pod_key("doomed")))  # 17

    def test_the_last_changes_and_the_newest_row_of_what_lived_before_them(self, cluster):
        self.fill(cluster)
        storage.compact(cluster.pk, changes=4)
        # 1 is the cluster's own object, 13 the counter as it was when the kept changes begin
        assert revisions(cluster) == [1, 2, 13, 14, 15, 16, 17]
        assert MemoryStore().apply(journal.history(cluster.pk)) == loaded(cluster)

    def test_compacting_again_keeps_the_same(self, cluster):
        self.fill(cluster)
        storage.compact(cluster.pk, changes=4)
        before = revisions(cluster)
        storage.compact(cluster.pk, changes=4)
        assert revisions(cluster) == before

    def test_older_reads_are_refused(self, cluster):
        self.fill(cluster)
        storage.compact(cluster.pk, changes=4)
        assert len(journal.read(cluster.pk, 12)) == 5
        with pytest.raises(journal.ExpiredError):
            journal.read(cluster.pk, 11)

    def test_an_image_too_old_to_catch_up_is_loaded_again(self, cluster):
        image = memory.image(cluster.pk)
        held = memory.caught_up(cluster.pk)
        self.fill(cluster)
        held.image = image
        memory._held[cluster.pk] = held
        storage.compact(cluster.pk, changes=4)
        assert memory.image(cluster.pk) == loaded(cluster)

    def test_the_last_change_is_kept_however_large_the_rest_is(self, cluster):
        self.fill(cluster)
        storage.compact(cluster.pk, size=0)
        assert revisions(cluster)[-1] == 17
        assert MemoryStore().apply(journal.history(cluster.pk)) == loaded(cluster)
        assert write(cluster, count_up) == 11

    def test_large_texts_leave_room_for_fewer_changes(self, cluster):
        for number in range(20):
            write(cluster, lambda store, n=number: store.create({**pod(f"p-{n}"), "data": "x" * 10_000}))
            write(cluster, lambda store, n=number: store.delete(pod_key(f"p-{n}")))
        storage.compact(cluster.pk, size=100_000)
        assert sum(len(text) for text in Change.objects.values_list("object", flat=True)) <= 100_000
        assert 5 <= len(revisions(cluster)) <= 10

    def test_it_happens_by_itself(self, cluster, monkeypatch):
        monkeypatch.setattr(storage, "COMPACT_EVERY", 10)
        monkeypatch.setattr(storage.compact, "__defaults__", (5, storage.KEPT_SIZE))
        for _ in range(30):
            write(cluster, count_up)
        assert len(revisions(cluster)) < 20

    def test_large_objects_do_not_wait_for_many_changes(self, cluster, monkeypatch):
        monkeypatch.setattr(storage, "COMPACT_SIZE", 100_000)
        monkeypatch.setattr(storage.compact, "__defaults__", (storage.KEPT_CHANGES, 200_000))
        write(cluster, lambda store: store.create(pod("large")))
        for number in range(100):
            data = f"{number}" + "x" * 10_000
            write(
                cluster,
                lambda store, data=data: store.update({**store.get(*pod_key("large")), "data": data}),
            )
        assert sum(len(text) for text in Change.objects.values_list("object", flat=True)) < 350_000


def test_what_is_kept_for_those_who_follow_is_not_much(cluster, monkeypatch):
    monkeypatch.setattr(memory, "RECENT_SIZE", 100_000)
    for number in range(30):
        write(cluster, lambda store, n=number: store.create({**pod(f"p-{n}"), "data": "x" * 10_000}))
    held = memory.caught_up(cluster.pk)
    assert 5 <= len(held.recent) <= 10
    assert len(held.sizes) == len(held.recent)
    newest = held.image.revision
    assert len(memory.follow(cluster.pk, newest - 3).result().changes) == 3
    assert memory.follow(cluster.pk, newest - 20).result().changes is None


def test_kills_are_counted(cluster):
    for _ in range(3):
        actions.transact(cluster.pk, count_up, actor="person:a", kills=1)
    storage.compact(cluster.pk, changes=1)
    assert Cluster.objects.get(pk=cluster.pk).kills == 3
