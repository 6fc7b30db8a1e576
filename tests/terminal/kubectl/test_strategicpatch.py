"""Strategic merge patches: what they are made of, and that they do what they were made for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver.patches.strategic_patch import apply_strategic_patch
from clusters.engine.apiserver.schema import struct_of
from clusters.terminal.kubectl.strategicpatch import PatchError, three_way_patch, two_way_patch

POD = struct_of("v1", "Pod")
NAMES = st.sampled_from("abcd")


def named(*fields):
    """Lists of things with different names."""
    item = st.fixed_dictionaries({"name": NAMES}, optional=dict(fields))
    return st.lists(item, max_size=3, unique_by=lambda one: one["name"])


ENV = named(("value", st.sampled_from("xyz")))
VOLUMES = st.lists(
    st.tuples(NAMES, st.sampled_from(["emptyDir", "hostPath"])), max_size=3, unique_by=lambda pair: pair[0]
).map(lambda pairs: [{"name": name, kind: {}} for name, kind in pairs])
SPECS = st.fixed_dictionaries(
    {"containers": named(("image", NAMES), ("env", ENV), ("args", st.lists(NAMES, max_size=2)))},
    optional={
        "nodeName": NAMES,
        "volumes": VOLUMES,
        "nodeSelector": st.dictionaries(NAMES, NAMES, max_size=2),
    },
)
METADATA = st.fixed_dictionaries(
    {},
    optional={
        "labels": st.dictionaries(NAMES, NAMES, max_size=3),
        "finalizers": st.lists(NAMES, max_size=3, unique=True),
    },
)
PODS = st.fixed_dictionaries({"metadata": METADATA, "spec": SPECS})


def without_empty(value):
    """What two states have in common that differ in whether nothing is written down."""
    if isinstance(value, dict):
        kept = {key: without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in ({}, [])}
    return [without_empty(item) for item in value] if isinstance(value, list) else value


@given(PODS, PODS)
def test_a_patch_makes_one_object_of_the_other(before, after):
    patch = two_way_patch(POD, before, after)
    assert without_empty(apply_strategic_patch(POD, before, patch)) == without_empty(after)


@given(PODS)
def test_equal_objects_need_no_patch(pod):
    assert two_way_patch(POD, pod, pod) == {}
    assert three_way_patch(POD, pod, pod, pod) == {}


@given(PODS, PODS)
def test_with_nobody_else_three_ways_lead_to_the_file(before, after):
    patch = three_way_patch(POD, before, after, before)
    assert without_empty(apply_strategic_patch(POD, before, patch)) == without_empty(after)


@given(PODS, PODS, PODS)
def test_what_the_file_says_is_so_whatever_others_did(original, modified, current):
    patch = three_way_patch(POD, original, modified, current)
    found = apply_strategic_patch(POD, current, patch)
    containers = {one["name"]: one for one in found["spec"].get("containers", [])}
    for wanted in modified["spec"]["containers"]:
        assert containers[wanted["name"]].get("image", wanted.get("image")) == wanted.get(
            "image", containers[wanted["name"]].get("image")
        )
    for name, value in modified["metadata"].get("labels", {}).items():
        assert found["metadata"]["labels"][name] == value


def test_directives_are_those_of_kubectl():
    def containers(*names):
        return {"spec": {"containers": [{"name": name, "image": name} for name in names]}}

    patch = three_way_patch(POD, containers("a", "b"), containers("c", "a"), containers("a", "b", "d"))
    assert patch["spec"] == {
        "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}],
        "containers": [{"name": "c", "image": "c"}, {"$patch": "delete", "name": "b"}],
    }
    kept = {"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}}
    made = {"spec": {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}}
    assert two_way_patch(POD, kept, made)["spec"]["volumes"] == [
        {"name": "v", "emptyDir": None, "hostPath": {"path": "/"}, "$retainKeys": ["hostPath", "name"]}
    ]
    before, after = {"metadata": {"finalizers": ["x", "y"]}}, {"metadata": {"finalizers": ["y", "z"]}}
    assert two_way_patch(POD, before, after)["metadata"] == {
        "$deleteFromPrimitiveList/finalizers": ["x"],
        "$setElementOrder/finalizers": ["y", "z"],
        "finalizers": ["z"],
    }


def test_items_of_one_key_are_told_apart_by_their_order():
    service = struct_of("v1", "Service")
    ports = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
    changed = [ports[0], {**ports[1], "name": "dns"}]
    before, after = {"spec": {"ports": ports}}, {"spec": {"ports": changed}}
    assert two_way_patch(service, before, before) == {}
    assert two_way_patch(service, before, after)["spec"]["ports"] == [{"port": 53, "name": "dns"}]


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([{"image": "x"}], "map: map[image:x] does not contain declared merge key: name"),
        (["x"], "list element types are not identical: [[map[name:a]] [x]]"),
        ([[]], "lists of lists are not supported"),
    ],
)
def test_lists_that_cannot_be_compared(items, why):
    with pytest.raises(PatchError) as caught:
        two_way_patch(POD, {"spec": {"containers": [{"name": "a"}]}}, {"spec": {"containers": items}})
    assert str(caught.value) == why
