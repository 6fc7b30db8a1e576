"""How large objects may be, and all that people store together."""

import pytest

from clusters.engine.apiserver import admission, verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import Key, with_status, with_value
from tests.engine.builders import make_store

KEY = Key("ConfigMap", "default", "settings")
PERSON = "client:kubectl"
NEARLY_A_MEBIBYTE = "x" * 1_000_000


def config_map(name="settings", text=""):
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"text": text}}


def pod(arguments=""):
    container = {"name": "main", "image": "nginx", "args": [arguments]}
    metadata = {"name": "web", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


def refused(verb, store, obj):
    with store.acting(PERSON), pytest.raises(StatusError) as caught:
        verb(store, obj)
    return caught.value.code, caught.value.reason


def test_data_may_be_as_large_as_upstream():
    with make_store().acting(PERSON) as store:
        assert verbs.create(store, config_map(text=NEARLY_A_MEBIBYTE))["data"]["text"] == NEARLY_A_MEBIBYTE


def test_what_controllers_go_through_may_be_less_large():
    store = make_store()
    assert refused(verbs.create, store, pod("x" * admission.LARGEST)) == (413, "RequestEntityTooLarge")
    with store.acting(PERSON):
        assert verbs.create(store, pod("x" * (admission.LARGEST // 2)))


def test_nobody_can_make_an_object_too_large_afterwards():
    store = make_store()
    with store.acting(PERSON):
        small = verbs.create(store, pod())
    large = with_value(small, ("metadata", "labels"), {"a": "x" * admission.LARGEST})
    assert refused(verbs.update, store, large) == (413, "RequestEntityTooLarge")
    report = with_status(small, message="x" * admission.LARGEST)
    assert refused(verbs.update_status, store, report) == (413, "RequestEntityTooLarge")
    assert store.get("Pod", "default", "web") is small


def test_components_are_not_held_back():
    store = make_store()
    with store.acting("replication-controller"):
        assert verbs.create(store, pod("x" * admission.LARGEST))


def full():
    store, number = make_store(), 0
    with store.acting("bootstrap"):
        while store.size() + len(NEARLY_A_MEBIBYTE) < admission.MOST_BYTES:
            number += 1
            verbs.create(store, config_map(f"part-{number}", NEARLY_A_MEBIBYTE))
    return store


def test_a_cluster_that_is_full_takes_no_large_object():
    store = full()
    assert refused(verbs.create, store, config_map(text=NEARLY_A_MEBIBYTE)) == (403, "Forbidden")
    with store.acting(PERSON):
        assert verbs.create(store, config_map("small", "x"))


def test_room_is_made_by_what_gets_smaller_or_goes():
    store = full()
    with store.acting(PERSON):
        verbs.update(store, config_map("part-1", "x" * 100_000))
        verbs.update(store, config_map("part-1", NEARLY_A_MEBIBYTE))
        verbs.delete(store, "ConfigMap", "default", "part-2")
        assert verbs.create(store, config_map(text=NEARLY_A_MEBIBYTE))
    assert refused(verbs.create, store, config_map("one-more", NEARLY_A_MEBIBYTE)) == (403, "Forbidden")


def test_the_size_of_a_store_is_that_of_its_texts():
    store = make_store()
    before = store.size()
    created = verbs.create(store, config_map())
    assert store.size() == before + len(store.entry(KEY).text)
    store.update(with_value(created, ("data", "text"), "0123456789"))
    assert store.size() == before + len(store.entry(KEY).text)
