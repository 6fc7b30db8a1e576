"""Changes seen through selectors: whoever applies them to a list arrives at the list of today."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.listing import ListOptions, list_page
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.apiserver.watching import bookmark, event_of, events, selection_of
from clusters.engine.changes import ADDED, DELETED, MODIFIED
from clusters.engine.objects import key_of, with_value
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, make_node, make_pod, make_service

POD = BY_KIND["Pod"]
NAMES = ("a", "b", "c")
NAMESPACES = ("default", "other")
SELECTORS = (
    "",
    "app=kubia",
    "app!=kubia",
    "app in (kubia, web),tier",
    "!tier",
)
FIELDS = (
    "",
    "metadata.name=a",
    "metadata.name!=a",
    "status.phase=Running",
    "spec.nodeName=n1,status.phase!=Failed",
)


def selection(namespace="", labels="", fields="", resource=POD):
    return selection_of(resource, namespace, ListOptions(label_selector=labels, field_selector=fields))


def make_overlay():
    return Overlay(MemoryStore(), now=NOW, seed="seed")


def told(store, chosen):
    return [(event.type, event.object["metadata"]["name"]) for event in events(chosen, store.changes)]


def relabelled(store, name, **labels):
    return store.update(with_value(store.get("Pod", "default", name), ("metadata", "labels"), labels))


def test_an_object_is_added_modified_and_deleted():
    store = make_overlay()
    store.create(make_pod("a"))
    relabelled(store, "a", app="other")
    store.delete(key_of(make_pod("a")))
    assert told(store, selection()) == [(ADDED, "a"), (MODIFIED, "a"), (DELETED, "a")]


def test_beginning_to_match_is_added_and_ceasing_to_match_is_deleted():
    store = make_overlay()
    store.create(make_pod("a", labels={"app": "other"}))
    relabelled(store, "a", app="kubia")
    relabelled(store, "a", app="kubia", tier="web")
    relabelled(store, "a", app="other")
    store.delete(key_of(make_pod("a")))
    assert told(store, selection(labels="app=kubia")) == [(ADDED, "a"), (MODIFIED, "a"), (DELETED, "a")]


def test_who_ceases_to_match_is_shown_as_it_last_did_with_the_version_of_the_change():
    store = make_overlay()
    store.create(make_pod("a", labels={"app": "kubia"}))
    relabelled(store, "a", app="other")
    *_, last = events(selection(labels="app=kubia"), store.changes)
    assert last.object["metadata"]["labels"] == {"app": "kubia"}
    assert last.object["metadata"]["resourceVersion"] == str(store.revision) == str(last.revision)


def test_a_deletion_carries_its_own_version():
    store = make_overlay()
    store.create(make_pod("a"))
    store.delete(key_of(make_pod("a")))
    *_, last = events(selection(), store.changes)
    assert (last.type, last.object["metadata"]["resourceVersion"]) == (DELETED, "2")


def test_a_change_without_its_previous_state_is_taken_to_have_matched_before():
    store = make_overlay()
    store.create(make_pod("a", labels={"app": "kubia"}))
    relabelled(store, "a", app="kubia", tier="web")
    (change,) = store.changes[1:]
    assert event_of(selection(), change._replace(previous=None)).type == MODIFIED


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (selection(), ["a", "b"]),
        (selection("default"), ["a"]),
        (selection("other"), ["b"]),
        (selection("nowhere"), []),
    ],
)
def test_a_watch_hears_of_its_namespace(chosen, names):
    store = make_overlay()
    store.create(make_pod("a"))
    store.create(make_pod("b", namespace="other"))
    assert [name for _, name in told(store, chosen)] == names


def test_a_watch_hears_of_its_kind_only():
    store = make_overlay()
    store.create(make_service("a"))
    store.create(make_pod("a"))
    assert len(told(store, selection())) == 1


def test_what_only_the_simulator_knows_is_told_to_nobody():
    store = make_overlay()
    store.create(make_node("n1"))
    store.delete(key_of(make_node("n1")))
    nodes = selection(resource=BY_KIND["Node"])
    assert all("simulation" not in event.object for event in events(nodes, store.changes))


@pytest.mark.parametrize(
    ("labels", "fields", "fickle"),
    [
        ("", "", False),
        ("", "metadata.name=a", False),
        ("", "metadata.name=a,metadata.namespace=default", False),
        ("app", "", True),
        ("", "metadata.name=a,status.phase=Running", True),
    ],
)
def test_whether_an_object_may_begin_or_cease_to_match(labels, fields, fickle):
    assert selection(labels=labels, fields=fields).fickle is fickle


@pytest.mark.parametrize("options", [{"labels": "a=("}, {"fields": "spec.colour=red"}])
def test_a_selector_that_cannot_be_read_is_refused(options):
    with pytest.raises(StatusError) as raised:
        selection(**options)
    assert raised.value.code == 400


def test_a_bookmark_has_a_version_and_nothing_else():
    assert bookmark(BY_KIND["Deployment"], 7).object == {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"resourceVersion": "7"},
    }
    end = bookmark(POD, 7, initial_events_end=True)
    assert end.type == "BOOKMARK"
    assert end.object["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "put", "delete"]),
        st.sampled_from(NAMESPACES),
        st.sampled_from(NAMES),
        st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["kubia", "web", ""]), max_size=2),
        st.sampled_from(["Pending", "Running", "Failed"]),
        st.sampled_from([None, "n1", "n2"]),
    ),
    max_size=25,
)


def perform(store, step):
    """Creates, changes or deletes a pod, if that can be done."""
    what, namespace, name, labels, phase, node = step
    wanted = make_pod(name, namespace=namespace, labels=labels, phase=phase, node=node)
    found = store.get("Pod", namespace, name)
    if what == "delete":
        if found is not None:
            store.delete(key_of(found))
    elif found is None:
        store.create(wanted)
    else:
        store.update({**wanted, "metadata": {**found["metadata"], "labels": labels}})


def listed(image, namespace, options):
    page = list_page(image, POD, namespace, options, NOW)
    return {key_of(obj): obj for obj in page.items}


@given(
    steps=STEPS,
    cut=st.integers(0, 25),
    namespace=st.sampled_from(["", *NAMESPACES]),
    labels=st.sampled_from(SELECTORS),
    fields=st.sampled_from(FIELDS),
)
def test_a_list_and_a_watch_from_its_version_give_the_list_of_today(steps, cut, namespace, labels, fields):
    options = ListOptions(label_selector=labels, field_selector=fields)
    store = make_overlay()
    for step in steps[:cut]:
        perform(store, step)
    image, seen = store.publish(), len(store.changes)
    for step in steps[cut:]:
        perform(store, step)
    held = listed(image, namespace, options)
    last = image.revision
    for event in events(selection_of(POD, namespace, options), store.changes[seen:]):
        key, version = key_of(event.object), int(event.object["metadata"]["resourceVersion"])
        assert version > last
        assert (key in held) == (event.type != ADDED)
        if event.type == DELETED:
            del held[key]
        else:
            held[key] = event.object
        last = version
    assert held == listed(store, namespace, options)
