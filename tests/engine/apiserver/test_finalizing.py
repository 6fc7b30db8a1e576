"""The sub-resource finalize of a Namespace."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.finalizing import finalize
from clusters.engine.objects import with_value
from tests.engine.builders import make_store


@pytest.fixture
def store():
    made = make_store()
    verbs.create(made, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "blue"}})
    return made


def test_a_doomed_namespace_goes_with_its_last_finalizer(store):
    doomed = verbs.delete(store, "Namespace", "", "blue")
    told = finalize(store, with_value(doomed, ("spec", "finalizers"), []))
    assert told["metadata"]["name"] == "blue"
    assert store.get("Namespace", "", "blue") is None


def test_what_is_still_named_still_holds_it(store):
    doomed = verbs.delete(store, "Namespace", "", "blue")
    assert finalize(store, doomed) == doomed
    assert store.get("Namespace", "", "blue") == doomed


def test_a_living_namespace_only_loses_the_finalizer(store):
    living = verbs.get(store, "Namespace", "", "blue")
    assert finalize(store, {**living, "spec": {}})["spec"]["finalizers"] == []
    assert store.get("Namespace", "", "blue")


def test_an_older_version_is_a_conflict(store):
    living = verbs.get(store, "Namespace", "", "blue")
    stale = with_value({**living, "spec": {}}, ("metadata", "resourceVersion"), "1")
    with pytest.raises(StatusError) as refused:
        finalize(store, stale)
    assert refused.value.reason == "Conflict"
    assert store.get("Namespace", "", "blue") == living


def test_a_namespace_that_there_is_not_is_not_found(store):
    with pytest.raises(StatusError) as refused:
        finalize(store, {"metadata": {"name": "none"}})
    assert refused.value.reason == "NotFound"
