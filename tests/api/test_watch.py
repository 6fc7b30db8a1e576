"""Watching through the API: what is told from the beginning on and live, in which form, and until when."""

import pytest

from clusters import announce, keys
from clusters.api import followers as module
from clusters.api import watch
from clusters.api.followers import followers
from clusters.api.watch_lines import event_line
from clusters.models import Cluster
from tests.api.caller import TABLE, in_thread
from tests.api.watchers import (
    Watcher,
    create,
    delete,
    label,
    revision,
    summary,
    until,
)
from tests.clusters.makers import bare_cluster, event, write
from tests.engine.builders import make_node

PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
WATCH_LIST = {
    "allowWatchBookmarks": "true",
    "resourceVersionMatch": "NotOlderThan",
    "sendInitialEvents": "true",
}


@pytest.fixture
def cluster(serving):
    return bare_cluster()


@pytest.fixture
def often(monkeypatch):
    """Bookmarks come at every look, and looks come often."""
    monkeypatch.setattr(module, "BOOKMARK", 0.0)
    monkeypatch.setattr(watch, "BOOKMARK", 0.0)
    monkeypatch.setattr(module, "SLOW", 0.02)


@in_thread
def change(cluster, verb):
    return write(cluster, verb)


@pytest.mark.parametrize("version", [{}, {"resourceVersion": "0"}, {"resourceVersion": ""}])
async def test_a_watch_without_a_version_begins_with_what_exists_and_goes_on_live(cluster, version):
    await create(cluster, "old")
    watcher = Watcher(cluster, **version)
    await watcher.told(1)
    await create(cluster, "new")
    await label(cluster, "new", app="kubia")
    await delete(cluster, "old")
    assert summary(await watcher.told(4)) == [
        ("ADDED", "old"),
        ("ADDED", "new"),
        ("MODIFIED", "new"),
        ("DELETED", "old"),
    ]
    assert watcher.status == 200
    assert watcher.headers[b"content-type"] == b"application/json"
    await watcher.leave()


async def test_objects_are_shown_as_kubernetes_shows_them(cluster):
    await change(cluster, lambda store: store.create({**make_node("n1"), "simulation": {"powered": True}}))
    watcher = Watcher(cluster, "/api/v1/nodes")
    (told,) = await watcher.told(1)
    assert (told["object"]["apiVersion"], told["object"]["kind"]) == ("v1", "Node")
    assert "simulation" not in told["object"]
    await watcher.leave()


async def test_a_deletion_is_told_with_its_own_version(cluster):
    await create(cluster, "a")
    watcher = Watcher(cluster)
    await watcher.told(1)
    deleted = await delete(cluster, "a")
    assert revision((await watcher.told(2))[1]["object"]) == deleted
    await watcher.leave()


async def test_who_leaves_the_selector_is_deleted_and_who_enters_is_added(cluster):
    await create(cluster, "in", app="kubia")
    await create(cluster, "out", app="other")
    watcher = Watcher(cluster, labelSelector="app=kubia")
    await watcher.told(1)
    left = await label(cluster, "in", app="other")
    await label(cluster, "out", app="kubia")
    told = await watcher.told(3)
    assert summary(told) == [("ADDED", "in"), ("DELETED", "in"), ("ADDED", "out")]
    assert told[1]["object"]["metadata"]["labels"] == {"app": "kubia"}
    assert revision(told[1]["object"]) == left
    await watcher.leave()


@pytest.mark.parametrize("version", ["", "0"])
async def test_one_object_is_watched_by_its_name(cluster, version):
    await create(cluster, "one")
    await create(cluster, "two")
    watcher = Watcher(cluster, fieldSelector="metadata.name=two", resourceVersion=version)
    await watcher.told(1)
    await label(cluster, "one", app="kubia")
    await label(cluster, "two", app="kubia")
    assert summary(await watcher.told(2)) == [("ADDED", "two"), ("MODIFIED", "two")]
    await watcher.leave()


@pytest.mark.parametrize("named", ["", "/two"])
async def test_the_old_paths_of_watches_work(cluster, named):
    await create(cluster, "one")
    await create(cluster, "two")
    watcher = Watcher(cluster, f"/api/v1/watch/namespaces/default/pods{named}", watch="")
    told = [("ADDED", "two")] if named else [("ADDED", "one"), ("ADDED", "two")]
    assert summary(await watcher.told(len(told))) == told
    await watcher.leave()


async def test_nothing_else_can_be_done_at_an_old_path_of_watches(call):
    assert (await call("POST", "/api/v1/watch/namespaces/default/pods", {})).code == 405
    assert (await call("DELETE", "/api/v1/watch/namespaces/default/pods/p")).code == 405
    assert (await call("GET", "/api/v1/watch/namespaces/default/pods/p/status")).code == 405
    assert (await call("GET", "/api/v1/watch")).code == 404


async def test_a_watch_of_a_namespace_hears_nothing_of_others(cluster):
    watcher = Watcher(cluster, "/api/v1/namespaces/default/events")
    await until(lambda: watcher.status)
    await change(
        cluster,
        lambda store: store.create({**event("elsewhere"), "metadata": {"name": "e", "namespace": "other"}}),
    )
    await change(cluster, lambda store: store.create(event("here")))
    assert summary(await watcher.told(1)) == [("ADDED", "here")]
    await watcher.leave()


async def test_derived_objects_are_told_once(cluster):
    await change(cluster, lambda store: store.create(make_node("n1")))
    watcher = Watcher(cluster, "/apis/coordination.k8s.io/v1/leases")
    assert summary(await watcher.told(1)) == [("ADDED", "n1")]
    await watcher.leave()


async def test_a_watch_list_says_when_the_state_at_the_beginning_is_complete(cluster):
    await create(cluster, "a")
    last = await create(cluster, "b")
    watcher = Watcher(cluster, **WATCH_LIST)
    *state, end = await watcher.told(3)
    assert summary(state) == [("ADDED", "a"), ("ADDED", "b")]
    assert end == {
        "type": "BOOKMARK",
        "object": {
            "kind": "Pod",
            "apiVersion": "v1",
            "metadata": {
                "resourceVersion": str(last),
                "annotations": {"k8s.io/initial-events-end": "true"},
            },
        },
    }
    await delete(cluster, "a")
    assert summary(await watcher.told(4))[3:] == [("DELETED", "a")]
    await watcher.leave()


async def test_a_watch_list_of_nothing_is_complete_at_once(cluster):
    watcher = Watcher(cluster, fieldSelector="metadata.name=gone", **WATCH_LIST)
    assert [told["type"] for told in await watcher.told(1)] == ["BOOKMARK"]
    await watcher.leave()


async def test_a_watch_list_without_state_begins_now(cluster):
    await create(cluster, "old")
    watcher = Watcher(cluster, **{**WATCH_LIST, "sendInitialEvents": "false"})
    await until(lambda: followers()._followers)
    await create(cluster, "new")
    assert summary(await watcher.told(1)) == [("ADDED", "new")]
    await watcher.leave()


async def test_a_watch_list_of_a_version_that_is_not_there_yet_is_refused(cluster):
    watcher = Watcher(cluster, resourceVersion="1000", **WATCH_LIST)
    (told,) = await watcher.over()
    assert (told["type"], told["object"]["code"]) == ("ERROR", 504)
    assert told["object"]["message"] == "Timeout: Too large resource version: 1000, current: 1"
    assert told["object"]["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


async def test_options_that_do_not_go_together_are_refused_before_the_answer_begins(cluster):
    watcher = Watcher(cluster, sendInitialEvents="true")
    (status,) = await watcher.over()
    assert (watcher.status, status["reason"], status["code"]) == (422, "Invalid", 422)


@pytest.mark.parametrize("options", [{"labelSelector": "=a"}, {"fieldSelector": "spec.colour=red"}])
async def test_selectors_that_cannot_be_read_are_refused(cluster, options):
    watcher = Watcher(cluster, **options)
    (status,) = await watcher.over()
    assert (watcher.status, status["reason"]) == (400, "BadRequest")


async def test_kinds_that_cannot_be_watched_say_so(cluster):
    watcher = Watcher(cluster, "/api/v1/componentstatuses")
    (status,) = await watcher.over()
    assert (watcher.status, status["reason"]) == (405, "MethodNotAllowed")


async def test_a_table_has_one_row_an_event_and_tells_its_columns_once(cluster):
    await create(cluster, "a")
    watcher = Watcher(cluster, accept=TABLE)
    await watcher.told(1)
    await create(cluster, "b")
    first, second = (told["object"] for told in await watcher.told(2))
    assert (first["kind"], first["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [column["name"] for column in first["columnDefinitions"]][:2] == ["Name", "Ready"]
    assert second["columnDefinitions"] == []
    for table, name in ((first, "a"), (second, "b")):
        (row,) = table["rows"]
        assert row["cells"][0] == name
        assert len(row["cells"]) == len(first["columnDefinitions"])
        assert row["object"]["kind"] == "PartialObjectMetadata"
        assert table["metadata"]["resourceVersion"] == row["object"]["metadata"]["resourceVersion"]
    await watcher.leave()


async def test_the_rows_of_a_table_carry_the_object_if_that_is_asked_for(cluster):
    await create(cluster, "a")
    watcher = Watcher(cluster, accept=TABLE, includeObject="Object")
    (told,) = await watcher.told(1)
    assert told["object"]["rows"][0]["object"]["spec"]["nodeName"] == "node-1"
    await watcher.leave()


@pytest.mark.parametrize("accept", [TABLE, PARTIAL])
async def test_a_bookmark_comes_in_the_form_that_was_asked_for(cluster, accept):
    watcher = Watcher(cluster, accept=accept, **WATCH_LIST)
    (told,) = await watcher.told(1)
    shown = told["object"]
    metadata = shown["rows"][0]["object"]["metadata"] if accept == TABLE else shown["metadata"]
    assert metadata["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert shown["metadata"]["resourceVersion"] == metadata["resourceVersion"] == "1"
    await watcher.leave()


async def test_only_the_metadata_is_told_if_that_is_asked_for(cluster):
    await create(cluster, "a", app="kubia")
    watcher = Watcher(cluster, accept=PARTIAL)
    (told,) = await watcher.told(1)
    assert told["object"].keys() == {"kind", "apiVersion", "metadata"}
    assert told["object"]["metadata"]["labels"] == {"app": "kubia"}
    await watcher.leave()


async def test_bookmarks_say_how_far_the_cluster_is_whatever_changed_there(cluster, often):
    watcher = Watcher(cluster, allowWatchBookmarks="true", resourceVersion="1")
    await until(lambda: watcher.status)
    far = revision(await change(cluster, lambda store: store.create(event("e"))))
    await until(lambda: watcher.events and revision(watcher.events[-1]["object"]) == far)
    assert {told["type"] for told in watcher.events} == {"BOOKMARK"}
    assert not any("annotations" in told["object"]["metadata"] for told in watcher.events)
    await watcher.leave()


async def test_without_being_allowed_there_are_no_bookmarks(cluster, often):
    plain, allowed = Watcher(cluster), Watcher(cluster, allowWatchBookmarks="true")
    await allowed.told(3)
    assert plain.events == []
    for watcher in (plain, allowed):
        await watcher.leave()


async def test_a_watch_ends_in_order_when_its_time_is_over(cluster):
    await create(cluster, "a")
    watcher = Watcher(cluster, timeoutSeconds="1")
    assert summary(await watcher.over()) == [("ADDED", "a")]
    assert not followers()._followers


async def test_a_client_that_leaves_leaves_nothing_behind(cluster):
    watchers = [Watcher(cluster), Watcher(cluster, "/api/v1/nodes")]
    await until(lambda: followers()._followers)
    await until(lambda: len(followers()._followers[cluster.pk].all()) == 2)
    for watcher in watchers:
        await watcher.leave()
    assert not followers()._followers


async def test_what_happened_while_a_nudge_was_lost_is_told_a_little_later(cluster, often, monkeypatch):
    watcher = Watcher(cluster)
    await until(lambda: watcher.status)
    monkeypatch.setattr(announce, "committed", lambda *args, **kwargs: None)
    await create(cluster, "silent")
    assert summary(await watcher.told(1)) == [("ADDED", "silent")]
    await watcher.leave()


async def test_watches_end_when_the_keys_are_replaced(cluster, often, monkeypatch):
    monkeypatch.setattr(keys, "CACHED_FOR", 0.0)
    watcher = Watcher(cluster)
    await until(lambda: followers()._followers and followers()._followers[cluster.pk]._keys)
    await in_thread(keys.key_of)(cluster.pk, keys.WRITE)
    await create(cluster, "a")
    await watcher.told(1)
    assert not watcher.ended
    await in_thread(keys.replace)(cluster.pk)
    assert summary(await watcher.over()) == [("ADDED", "a")]


async def test_a_watch_of_a_cluster_that_goes_away_ends(cluster, often):
    watcher = Watcher(cluster)
    await until(lambda: watcher.status)
    await in_thread(Cluster.objects.filter(pk=cluster.pk).delete)()
    (told,) = await watcher.over()
    assert (told["type"], told["object"]["code"]) == ("ERROR", 410)
    assert not followers()._followers


async def test_when_the_server_ends_all_watches_end_in_order(cluster):
    await create(cluster, "a")
    watchers = [Watcher(cluster) for _ in range(3)]
    for watcher in watchers:
        await watcher.told(1)
    followers().stop()
    for watcher in watchers:
        assert summary(await watcher.over()) == [("ADDED", "a")]


async def test_an_event_is_put_into_words_once_for_all_who_want_it_in_the_same_form(cluster, monkeypatch):
    made = []

    def counted(*args, **options):
        made.append(args)
        return event_line(*args, **options)

    monkeypatch.setattr(watch, "event_line", counted)
    await create(cluster, "old")
    plain = [Watcher(cluster) for _ in range(5)]
    tables = [Watcher(cluster, accept=TABLE) for _ in range(5)]
    await until(lambda: followers()._followers and len(followers()._followers[cluster.pk].all()) == 10)
    made.clear()
    await create(cluster, "new")
    for watcher in plain:
        assert summary(await watcher.told(2)) == [("ADDED", "old"), ("ADDED", "new")]
    for watcher in tables:
        assert (await watcher.told(2))[1]["object"]["rows"][0]["cells"][0] == "new"
    assert len(made) == 2
    for watcher in plain + tables:
        await watcher.leave()
