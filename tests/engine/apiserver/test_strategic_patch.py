"""Strategic merge patches: lists by their keys, directives, orders, and patches that make no sense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.patches.strategic_patch import apply_strategic_patch
from clusters.engine.apiserver.patches.three_way import three_way_merge
from clusters.engine.apiserver.schema import struct_of
from tests.engine.apiserver.test_create import refusal

POD = struct_of("v1", "Pod")


def pod(**spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}


def patched(before, patch):
    return apply_strategic_patch(POD, before, patch)


def patched_spec(before, patch):
    return patched(pod(**before), {"spec": patch})["spec"]


def containers(*names, **fields):
    return [{"name": name, **fields} for name in names]


CASES = {
    "fields of an object are merged": (
        {"nodeSelector": {"disk": "ssd"}, "hostNetwork": True},
        {"nodeSelector": {"zone": "a"}},
        {"nodeSelector": {"disk": "ssd", "zone": "a"}, "hostNetwork": True},
    ),
    "null takes a field away": (
        {"hostNetwork": True, "nodeName": "n"},
        {"hostNetwork": None, "hostname": None},
        {"nodeName": "n"},
    ),
    "nulls inside of what is new are left out": (
        {},
        {"securityContext": {"runAsUser": None, "fsGroup": 1}},
        {"securityContext": {"fsGroup": 1}},
    ),
    "items are merged by their key": (
        {"containers": containers("a", "b", image="x")},
        {"containers": [{"name": "b", "image": "y"}]},
        {"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y"}]},
    ),
    "new items come first, as upstream has it": (
        {"containers": containers("a")},
        {"containers": containers("b")},
        {"containers": containers("b", "a")},
    ),
    "an item is deleted by its key": (
        {"containers": containers("a", "b")},
        {"containers": [{"name": "a", "$patch": "delete"}]},
        {"containers": containers("b")},
    ),
    "an item is replaced as a whole": (
        {"containers": [{"name": "a", "image": "x", "tty": True}]},
        {"containers": [{"name": "a", "image": "y", "$patch": "replace"}, {"name": "b"}]},
        {"containers": containers("b")},
    ),
    "a list is replaced": (
        {"containers": containers("a", "b")},
        {"containers": [{"$patch": "replace"}, {"name": "c"}]},
        {"containers": containers("c")},
    ),
    "an object is replaced": (
        {"securityContext": {"runAsUser": 1, "fsGroup": 2}},
        {"securityContext": {"$patch": "replace", "fsGroup": 3}},
        {"securityContext": {"fsGroup": 3}},
    ),
    "an object is emptied": (
        {"securityContext": {"runAsUser": 1}},
        {"securityContext": {"$patch": "delete"}},
        {"securityContext": {}},
    ),
    "a directive for something that is not there leaves nothing": (
        {},
        {"securityContext": {"$patch": "delete"}, "volumes": [{"name": "v", "$patch": "delete"}]},
        {"volumes": []},
    ),
    "a list without a key is replaced": (
        {"containers": [{"name": "a", "command": ["x", "y"]}]},
        {"containers": [{"name": "a", "command": ["z"]}]},
        {"containers": [{"name": "a", "command": ["z"]}]},
    ),
    "one port by two protocols is merged into the first": (
        {"containers": [{"name": "a", "ports": [{"containerPort": 53, "protocol": "TCP"}]}]},
        {"containers": [{"name": "a", "ports": [{"containerPort": 53, "protocol": "UDP"}]}]},
        {"containers": [{"name": "a", "ports": [{"containerPort": 53, "protocol": "UDP"}]}]},
    ),
    "only the source of a volume that is named stays": (
        {"volumes": [{"name": "v", "emptyDir": {}}]},
        {"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}]},
        {"volumes": [{"name": "v", "hostPath": {"path": "/x"}}]},
    ),
    "items follow the order that is given": (
        {"containers": containers("a", "b", "c")},
        {"$setElementOrder/containers": containers("c", "a"), "containers": [{"name": "a", "image": "y"}]},
        {"containers": [{"name": "b"}, {"name": "c"}, {"name": "a", "image": "y"}]},
    ),
    "an order alone is enough": (
        {"containers": containers("a", "b")},
        {"$setElementOrder/containers": containers("b", "a")},
        {"containers": containers("b", "a")},
    ),
    "an order for a list that is nowhere does nothing": (
        {},
        {"$setElementOrder/containers": containers("b", "a")},
        {},
    ),
    "a list that comes with its order is taken without its deletions": (
        {},
        {
            "$setElementOrder/containers": containers("a"),
            "containers": [{"name": "a"}, {"name": "b", "$patch": "delete"}],
        },
        {"containers": containers("a")},
    ),
}


@pytest.mark.parametrize(
    ("before", "patch", "after"), [pytest.param(*case, id=sentence) for sentence, case in CASES.items()]
)
def test_a_patch(before, patch, after):
    assert patched_spec(before, patch) == after


def test_lists_of_words_are_joined_and_words_taken_from_them():
    before = {"metadata": {"finalizers": ["a/1", "b/2"]}}
    assert patched(before, {"metadata": {"finalizers": ["c/3", "a/1"]}})["metadata"] == {
        "finalizers": ["c/3", "a/1", "b/2"]
    }
    taken = patched(before, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a/1", "x/9"]}})
    assert taken["metadata"] == {"finalizers": ["b/2"]}
    ordered = {
        "$setElementOrder/finalizers": ["b/2", "a/1"],
        "$deleteFromPrimitiveList/finalizers": ["a/1"],
    }
    assert patched(before, {"metadata": ordered})["metadata"] == {"finalizers": ["b/2"]}


def test_the_document_stays_as_it_was():
    before = pod(containers=containers("a", "b"))
    patched(before, {"spec": {"containers": [{"name": "a", "image": "x"}]}})
    assert before == pod(containers=containers("a", "b"))


WRONG = {
    "a list": ([], "json: cannot unmarshal array into Go value of type map[string]interface {}"),
    "an unknown directive": (
        {"spec": {"$patch": "drop"}},
        "unknown patch type: drop in map: map[$patch:drop]",
    ),
    "an unknown directive for an item": (
        {"spec": {"containers": [{"name": "a", "$patch": "drop"}]}},
        "unknown patch type: drop in map: map[$patch:drop name:a]",
    ),
    "an item without its key": (
        {"spec": {"containers": [{"image": "x"}]}},
        "map: map[image:x] does not contain declared merge key: name",
    ),
    "an item to delete without its key": (
        {"spec": {"containers": [{"$patch": "delete"}]}},
        "map: map[$patch:delete] does not contain declared merge key: name",
    ),
    "a directive to merge a list": (
        {"spec": {"containers": [{"$patch": "merge"}]}},
        "merging lists cannot yet be specified in the patch",
    ),
    "items of two kinds": (
        {"spec": {"containers": ["a"]}},
        "list element types are not identical: [[map[name:a]] [a]]",
    ),
    "kept keys that lack one that is set": (
        {"spec": {"$retainKeys": ["containers"], "hostNetwork": True}},
        "invalid patch format of retainKeys",
    ),
    "kept keys that are no list": (
        {"spec": {"$retainKeys": "containers"}},
        "invalid patch format of retainKeys",
    ),
    "words to delete from no list": (
        {"metadata": {"$deleteFromPrimitiveList": ["x"]}},
        "invalid patch format of primitive list",
    ),
    "an order of no list": (
        {"spec": {"$setElementOrder": []}},
        "invalid patch format of setElementOrder list",
    ),
    "an order that is no list": (
        {"spec": {"$setElementOrder/containers": {}}},
        "expected a []interface {}, but received a map[string]interface {}",
    ),
    "an order of a field that does not exist": (
        {"spec": {"$setElementOrder/boxes": [{"name": "a"}]}},
        'unable to find api field in struct PodSpec for the json field "boxes"',
    ),
    "a list in another order than the one given": (
        {"spec": {"$setElementOrder/containers": containers("b", "a"), "containers": containers("a", "b")}},
        "The order in patch list:\n[map[name:a] map[name:b]]\n"
        " doesn't match $setElementOrder list:\n[map[name:b] map[name:a]]\n",
    ),
}


@pytest.mark.parametrize(
    ("patch", "said"), [pytest.param(*case, id=sentence) for sentence, case in WRONG.items()]
)
def test_what_makes_no_sense_is_400(patch, said):
    error = refusal(patched, pod(containers=containers("a")), patch)
    assert (error.code, error.message) == (400, said)


def test_lists_of_lists_are_422():
    assert refusal(patched, pod(containers=containers("a")), {"spec": {"containers": [[]]}}).code == 422


def test_keys_that_are_no_texts_are_compared_all_the_same():
    before = pod(containers=[{"name": "a", "ports": [{"containerPort": 80}]}])
    ports = [{"containerPort": 80, "name": "http"}, {"containerPort": True}, {"containerPort": {"x": 1}}]
    [container] = patched(before, {"spec": {"containers": [{"name": "a", "ports": ports}]}})["spec"][
        "containers"
    ]
    assert container["ports"] == ports


def test_long_lists_are_merged_in_no_time():
    many = [f"example.com/{i}" for i in range(50_000)]
    merged = patched({"metadata": {"finalizers": many}}, {"metadata": {"finalizers": many[::-1]}})
    assert merged["metadata"]["finalizers"] == many[::-1]


names = st.sampled_from("abcd")
specs = st.fixed_dictionaries(
    {},
    optional={
        "nodeName": names,
        "nodeSelector": st.dictionaries(names, names, max_size=3),
        "containers": st.lists(
            st.fixed_dictionaries({"name": names}, optional={"image": names, "command": st.lists(names)}),
            unique_by=lambda item: item["name"],
            max_size=4,
        ),
    },
)


@given(specs, specs)
def test_what_a_patch_says_is_so_and_saying_it_again_changes_nothing(before, patch):
    after = patched_spec(before, patch)
    assert patched_spec(after, patch) == after
    assert {**before, **after}.keys() == after.keys()
    assert patch.get("nodeSelector", {}).items() <= after.get("nodeSelector", {}).items()
    by_name = {item["name"]: item for item in after.get("containers", ())}
    for item in patch.get("containers", ()):
        assert item.items() <= by_name[item["name"]].items()


def difference(original, modified):
    """The patch that leads from one spec to another, with the directives that are needed for it."""
    patch = {key: None for key in original if key not in modified}
    for key, value in modified.items():
        if key == "nodeSelector" and key in original:
            gone = {name: None for name in original[key] if name not in value}
            patch[key] = {**gone, **value}
        elif key == "containers":
            kept = {item["name"] for item in value}
            deleted = [
                {"name": item["name"], "$patch": "delete"}
                for item in original.get(key, ())
                if item["name"] not in kept
            ]
            had = {item["name"]: item for item in original.get(key, ())}
            changed = [
                {**{field: None for field in had.get(item["name"], {}) if field not in item}, **item}
                for item in value
            ]
            patch[key] = [*changed, *deleted]
            patch["$setElementOrder/containers"] = [{"name": item["name"]} for item in value]
        else:
            patch[key] = value
    return patch


@given(specs, specs)
def test_the_patch_made_of_two_manifests_leads_from_one_to_the_other(original, modified):
    if not original.get("containers") and not modified.get("containers"):
        original.pop("containers", None)
        modified.pop("containers", None)
    target = three_way_merge(POD, pod(**original), pod(**modified), pod(**original))
    assert patched_spec(original, difference(original, modified)) == target["spec"] == modified


json = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | names,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "name",
                    "containers",
                    "$patch",
                    "$retainKeys",
                    "$setElementOrder/containers",
                    "ports",
                    "spec",
                ]
            )
            | st.sampled_from(
                ["$deleteFromPrimitiveList/finalizers", "finalizers", "metadata", "nodeSelector"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(json, json)
def test_whatever_the_patch_there_is_a_document_or_a_refusal(spec, metadata):
    before = pod(containers=[{"name": "a", "ports": [{"containerPort": 1}]}], nodeSelector={"a": "b"})
    before["metadata"]["finalizers"] = ["a/1"]
    try:
        after = patched(before, {"spec": spec, "metadata": metadata})
    except StatusError as error:
        after = {"refused": error.code}
    assert isinstance(after, dict)
    assert after.get("refused", 400) in (400, 422)
