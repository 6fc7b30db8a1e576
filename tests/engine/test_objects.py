"""How objects are read, and changed without changing them."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.objects import (
    REMOVE,
    Key,
    annotations_of,
    condition_of,
    containers_of,
    controller_of,
    controller_reference,
    is_active,
    is_deleting,
    is_finished,
    is_ready,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    object_reference,
    owners_of,
    public,
    simulation_of,
    uid_of,
    version_of,
    with_simulation,
    with_status,
    with_value,
)

RC = {
    "apiVersion": "v1",
    "kind": "ReplicationController",
    "metadata": {"name": "kubia", "namespace": "default", "uid": "u-1", "resourceVersion": "12"},
}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "kubia-1", "namespace": "default", "uid": "u-2", "resourceVersion": "13"},
    "spec": {"containers": [{"name": "main"}]},
}


def pod(status=None, **metadata):
    return {**POD, "metadata": {**POD["metadata"], **metadata}, "status": status or {}}


def test_what_names_an_object():
    assert key_of(RC) == Key("ReplicationController", "default", "kubia")
    assert key_of({"kind": "Node", "metadata": {"name": "node-1"}}) == Key("Node", "", "node-1")
    assert (name_of(RC), namespace_of(RC), uid_of(RC), version_of(RC)) == ("kubia", "default", "u-1", 12)


def test_what_is_not_set_is_empty():
    assert labels_of(pod(labels=None)) == labels_of(POD) == {}
    assert annotations_of(POD) == {}
    assert owners_of(POD) == []
    assert simulation_of(POD) == {}
    assert controller_of(POD) is None


def test_the_managing_controller_is_one_of_the_owners():
    shared = {"apiVersion": "v1", "kind": "Node", "name": "node-1", "uid": "u-9"}
    reference = controller_reference(RC)
    assert reference == {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "name": "kubia",
        "uid": "u-1",
        "controller": True,
        "blockOwnerDeletion": True,
    }
    assert controller_of(pod(ownerReferences=[shared, reference])) == reference
    assert controller_of(pod(ownerReferences=[shared])) is None


@pytest.mark.parametrize(
    ("obj", "deleting", "finished", "active"),
    [
        (pod({"phase": "Running"}), False, False, True),
        (pod({"phase": "Pending"}), False, False, True),
        (pod({"phase": "Succeeded"}), False, True, False),
        (pod({"phase": "Failed"}), False, True, False),
        (pod({"phase": "Running"}, deletionTimestamp="2026-11-24T08:00:00Z"), True, False, False),
        (POD, False, False, True),
    ],
)
def test_which_pods_count(obj, deleting, finished, active):
    assert (is_deleting(obj), is_finished(obj), is_active(obj)) == (deleting, finished, active)


def test_conditions():
    ready = {"type": "Ready", "status": "True"}
    told = pod({"conditions": [{"type": "PodScheduled", "status": "True"}, ready]})
    assert condition_of(told, "Ready") is ready
    assert is_ready(told)
    for status in ("False", "Unknown"):
        assert not is_ready(pod({"conditions": [{**ready, "status": status}]}))
    assert condition_of(POD, "Ready") is None
    assert not is_ready(POD)


def test_a_reference_leaves_out_what_is_not_known():
    assert object_reference(POD, "spec.containers{main}")["fieldPath"] == "spec.containers{main}"
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1", "uid": "u"}}
    assert object_reference(node) == {"apiVersion": "v1", "kind": "Node", "name": "node-1", "uid": "u"}


def test_changing_copies_only_the_way_to_the_change():
    changed = with_value(POD, ("metadata", "labels", "app"), "kubia")
    assert changed["metadata"]["labels"] == {"app": "kubia"}
    assert changed["spec"] is POD["spec"]
    assert "labels" not in POD["metadata"]
    assert with_value(changed, ("metadata", "labels", "app"), REMOVE)["metadata"]["labels"] == {}
    assert with_value(changed, ("nothing",), REMOVE) == changed


fields = st.sampled_from("abc")
trees = st.recursive(st.integers(), lambda inner: st.dictionaries(fields, inner, max_size=3), max_leaves=8)


@given(
    st.dictionaries(fields, st.dictionaries(fields, st.dictionaries(fields, trees))),
    st.tuples(fields, fields, fields),
    trees,
)
def test_the_original_never_changes(obj, path, value):
    before = deepcopy(obj)
    changed = with_value(obj, path, value)
    assert obj == before
    assert changed[path[0]][path[1]][path[2]] == value
    assert with_value(changed, path, REMOVE)[path[0]][path[1]].keys() == (
        obj.get(path[0], {}).get(path[1], {}).keys() - {path[2]}
    )


def test_status_and_notes_of_the_simulator():
    noted = with_simulation(with_status(POD, phase="Running"), slot=2)
    noted = with_simulation(with_status(noted, podIP="10.244.0.2"), killAt=5.0)
    assert noted["status"] == {"phase": "Running", "podIP": "10.244.0.2"}
    assert simulation_of(noted) == {"slot": 2, "killAt": 5.0}
    assert "simulation" not in public(noted)
    assert public(POD) is POD
    assert "status" not in POD


def test_containers():
    assert [container["name"] for container in containers_of(POD)] == ["main"]
