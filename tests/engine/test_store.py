"""What an image and an overlay of it promise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.changes import ADDED, DELETED, MODIFIED, decode, encode
from clusters.engine.clock import rfc3339
from clusters.engine.indexes import INDEXES, TALLIES, pod_requests
from clusters.engine.objects import Key, key_of, name_of, uid_of, with_value
from clusters.engine.store import Entry, MemoryStore, Overlay

NOW = 1_795_500_000.25
OWNERS = ("owner-1", "owner-2")
NODES = ("node-1", "node-2")


def overlay(base=None, **fields):
    return Overlay(base or MemoryStore(), **{"now": NOW, "seed": "seed", **fields})


def pod(name, *, namespace="default", node=None, owners=(), cpu="100m", phase="Pending", labels=None):
    references = [
        {
            "apiVersion": "v1",
            "kind": "ReplicationController",
            "name": uid,
            "uid": uid,
            "controller": index == 0,
        }
        for index, uid in enumerate(owners)
    ]
    spec = {"containers": [{"name": "main", "resources": {"requests": {"cpu": cpu, "memory": "1Mi"}}}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels or {},
            "ownerReferences": references,
        },
        "spec": {**spec, "nodeName": node} if node else spec,
        "status": {"phase": phase},
    }


def names(objects):
    return [name_of(obj) for obj in objects]


def test_a_new_object_gets_identity_time_and_revision():
    store = overlay()
    created = store.create(pod("a"))
    metadata = created["metadata"]
    assert metadata["resourceVersion"] == "1"
    assert metadata["creationTimestamp"] == rfc3339(NOW)
    assert [len(part) for part in metadata["uid"].split("-")] == [8, 4, 4, 4, 12]
    assert metadata["uid"][14] == "4"
    assert store.get("Pod", "default", "a") is created


def test_uids_differ_but_a_retry_draws_the_same():
    one, retry = overlay(), overlay()
    assert uid_of(one.create(pod("a"))) == uid_of(retry.create(pod("a")))
    assert uid_of(one.create(pod("b"))) != uid_of(one.get("Pod", "default", "a"))
    assert uid_of(overlay(seed="other").create(pod("a"))) != uid_of(retry.get("Pod", "default", "a"))


def test_deleted_and_created_again_is_another_object():
    store = overlay()
    first = store.create(pod("a"))
    store.delete(key_of(first))
    assert uid_of(store.create(pod("a"))) != uid_of(first)


def test_the_same_name_twice_is_an_error():
    store = overlay()
    store.create(pod("a"))
    with pytest.raises(KeyError):
        store.create(pod("a"))
    store.create(pod("a", namespace="other"))


def test_what_is_not_there_can_neither_be_updated_nor_deleted():
    store = overlay()
    with pytest.raises(KeyError):
        store.update(pod("a"))
    with pytest.raises(KeyError):
        store.delete(Key("Pod", "default", "a"))


def test_a_write_that_changes_nothing_keeps_the_revision():
    store = overlay()
    created = store.create(pod("a"))
    for same in (created, decode(encode(created)), with_value(created, ("metadata", "resourceVersion"), "0")):
        assert store.update(same) is created
    assert (store.revision, len(store.changes)) == (1, 1)


def test_changes_say_what_was_done_by_whom_why_and_when():
    store = overlay()
    with store.acting("person:1", cause=0):
        created = store.create(pod("a"))
    with store.acting("kubelet/node-1", cause=1):
        store.now += 5
        updated = store.update(with_value(created, ("status", "phase"), "Running"))
        deleted = store.delete(key_of(created))
    assert [(c.revision, c.verb, c.actor, c.cause, c.time) for c in store.changes] == [
        (1, ADDED, "person:1", 0, NOW),
        (2, MODIFIED, "kubelet/node-1", 1, NOW + 5),
        (3, DELETED, "kubelet/node-1", 1, NOW + 5),
    ]
    assert [c.previous for c in store.changes] == [None, created, updated]
    assert deleted == with_value(updated, ("metadata", "resourceVersion"), "3")
    assert store.changes[2].object is deleted


def test_whoever_listens_hears_of_each_write_at_once():
    store, heard = overlay(), []
    store.listener = lambda change: heard.append((change.verb, store.get(*change.key) is not None))
    created = store.create(pod("a"))
    store.update(created)
    store.delete(key_of(created))
    assert heard == [(ADDED, True), (DELETED, False)]


def test_room_shrinks_with_each_write():
    store = overlay(limit=2)
    store.create(pod("a"))
    assert store.room == 1
    store.update(store.get("Pod", "default", "a"))
    assert store.room == 1


def test_lists_are_sorted_by_namespace_and_name():
    store = overlay()
    for namespace, name in (("b", "a"), ("a", "z"), ("a", "b")):
        store.create(pod(name, namespace=namespace))
    assert [(p["metadata"]["namespace"], name_of(p)) for p in store.list("Pod")] == [
        ("a", "b"),
        ("a", "z"),
        ("b", "a"),
    ]
    assert names(store.list("Pod", "a")) == ["b", "z"]
    assert store.list("Node") == []
    assert store.kinds() == ["Pod"]
    store.delete(Key("Pod", "b", "a"))
    assert names(store.list("Pod")) == ["b", "z"]
    assert store.count("Pod") == 2


def test_an_image_made_of_texts_reads_them_only_when_asked():
    created = overlay().create(pod("a"))
    entries = [
        (key_of(created), Entry(text=encode(created))),
        (Key("Pod", "default", "b"), Entry(text="broken")),
    ]
    image = MemoryStore.from_entries(7, entries)
    assert image.get("Pod", "default", "a") == created
    assert image.revision == 7
    assert image.entry(key_of(created)).text == encode(created)
    with pytest.raises(ValueError, match="unexpected"):
        image.get("Pod", "default", "b")


def test_an_objects_text_is_made_once():
    store = overlay()
    created = store.create(pod("a"))
    entry = store.entry(key_of(created))
    assert decode(entry.text) == created
    assert entry.text is entry.text


def test_requests_of_all_containers_add_up():
    two = pod("a")
    two["spec"]["containers"] *= 2
    two["spec"]["containers"].append({"name": "best-effort"})
    assert pod_requests(two) == (200, 2 * 1024**2)


def test_a_node_counts_its_pods_until_they_have_ended():
    store = overlay()
    store.create(pod("a", node="node-1", owners=["owner-1"]))
    store.create(pod("b", node="node-1", cpu="250m", owners=["owner-1"]))
    store.create(pod("waiting"))
    assert store.tally("node-usage", "node-1") == (350, 2 * 1024**2, 2)
    assert store.tally("node-controller-pods", ("node-1", "owner-1")) == (2,)
    store.update(with_value(store.get("Pod", "default", "b"), ("status", "phase"), "Failed"))
    assert store.tally("node-usage", "node-1") == (100, 1024**2, 1)
    store.delete(Key("Pod", "default", "a"))
    assert store.tally("node-usage", "node-1") == ()
    assert store.tally("node-usage", "nowhere") == ()


def test_an_owner_named_twice_is_found_once():
    store = overlay()
    assert store.indexed("by-owner", "owner-1") == []
    store.create(pod("a", owners=["owner-1", "owner-1"]))
    assert names(store.indexed("by-owner", "owner-1")) == ["a"]
    store.delete(Key("Pod", "default", "a"))
    assert store.indexed_keys("by-owner", "owner-1") == []


def test_slices_are_found_by_service_and_events_by_object():
    store = overlay()
    labels = {"kubernetes.io/service-name": "web"}
    metadata = {"name": "s", "namespace": "default"}
    store.create({"kind": "EndpointSlice", "metadata": {**metadata, "labels": labels}})
    store.create({"kind": "EndpointSlice", "metadata": {**metadata, "name": "unlabelled"}})
    store.create({"kind": "Event", "metadata": metadata, "involvedObject": {"uid": "u"}})
    assert names(store.indexed("slices-by-service", "default/web")) == ["s"]
    assert names(store.indexed("events-by-object", "u")) == ["s"]


KEYS = [("default", "a"), ("default", "b"), ("default", "c"), ("other", "a")]
states = st.fixed_dictionaries(
    {
        "node": st.sampled_from([None, *NODES]),
        "owners": st.sampled_from([(), OWNERS[:1], OWNERS, OWNERS[::-1], OWNERS[:1] * 2]),
        "cpu": st.sampled_from(["100m", "1"]),
        "phase": st.sampled_from(["Pending", "Running", "Succeeded"]),
    }
)
writes = st.lists(
    st.tuples(st.sampled_from(["create", "update", "delete"]), st.sampled_from(KEYS), states), max_size=12
)


def perform(store, steps):
    """Try all writes; those that are not possible are errors and change nothing."""
    for verb, (namespace, name), state in steps:
        obj = pod(name, namespace=namespace, **state)
        before = store.revision
        there = store.get("Pod", namespace, name)
        if (there is None) != (verb == "create"):
            with pytest.raises(KeyError):
                store.delete(key_of(obj)) if verb == "delete" else getattr(store, verb)(obj)
            assert store.revision == before
        elif verb == "delete":
            store.delete(key_of(obj))
        elif verb == "update":
            store.update({**obj, "metadata": {**there["metadata"], **obj["metadata"]}})
        else:
            store.create(obj)


def everything_looked_up(store):
    """All that indexes and tallies know, with empty answers left out."""
    asked = [*NODES, *OWNERS, "default", "other", "default-scheduler"]
    found = {(index, value): store.indexed(index, value) for index in INDEXES for value in asked}
    for node in NODES:
        found["node-usage", node] = store.tally("node-usage", node)
        for owner in OWNERS:
            bucket = (node, owner)
            found["node-controller-pods", bucket] = store.tally("node-controller-pods", bucket)
    assert {name for name, _ in found} == {*INDEXES, *TALLIES}
    return {asked: answer for asked, answer in found.items() if answer}


def rebuilt(store):
    """An image with the same contents that was never written to."""
    return MemoryStore.from_entries(store.revision, [(key_of(obj), Entry(obj)) for obj in store.list("Pod")])


@given(writes, writes)
def test_indexes_and_tallies_follow_every_write(before, after):
    """Whether they are built early, late or inherited from the base, they are what a rebuild finds."""
    late = overlay()
    perform(late, before)
    early = overlay(late.publish())
    everything_looked_up(early)
    perform(early, after)
    inherited = overlay(early.publish())
    perform(inherited, before)
    perform(late, after)
    for store in (early, late, inherited, early.publish(), late.base.apply(late.changes)):
        assert everything_looked_up(store) == everything_looked_up(rebuilt(store))


@given(writes, writes, writes)
def test_an_overlay_changes_nobody_else(before, mine, yours):
    """Neither the image below nor an overlay beside it; thrown away, it leaves no trace."""
    start = overlay()
    perform(start, before)
    image = start.publish()
    text = [encode(obj) for obj in image.list("Pod")]
    looked_up = everything_looked_up(image)
    first, second = overlay(image), overlay(image)
    perform(first, mine)
    seen = [encode(obj) for obj in first.list("Pod")]
    perform(second, yours)
    assert [encode(obj) for obj in first.list("Pod")] == seen
    assert [encode(obj) for obj in image.list("Pod")] == text
    assert everything_looked_up(image) == looked_up
    again = overlay(image)
    perform(again, mine)
    assert again.changes == first.changes


@given(writes, writes)
def test_replayed_changes_are_the_published_image(before, after):
    store = overlay()
    perform(store, before)
    following = overlay(store.publish())
    perform(following, after)
    image = following.publish()
    assert store.publish().apply(following.changes) == image
    assert MemoryStore().apply([*store.changes, *following.changes]) == image
    assert image.revision == following.revision
    journalled = [change._replace(object=decode(encode(change.object))) for change in following.changes]
    assert store.publish().apply(journalled) == image


@given(writes)
def test_the_revision_grows_by_one_with_each_write(steps):
    store = overlay()
    perform(store, steps)
    assert [change.revision for change in store.changes] == list(range(1, store.revision + 1))
    for change in store.changes:
        assert change.object["metadata"]["resourceVersion"] == str(change.revision)
    uids = [uid_of(change.object) for change in store.changes if change.verb == ADDED]
    assert len(uids) == len(set(uids))


def test_images_are_compared_by_what_they_hold():
    one, other = overlay(), overlay()
    assert one.publish() == other.publish()
    one.create(pod("a"))
    assert one.publish() != other.publish()
    assert one.publish() != "an image"
