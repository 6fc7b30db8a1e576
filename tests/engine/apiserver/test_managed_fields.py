"""metadata.managedFields: what each write notes, whose the fields are then, and what clients may set."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.fieldmanager.field_sets import (
    difference,
    holds,
    intersection,
    parse_fields,
    path_text,
    paths,
    union,
)
from clusters.engine.apiserver.fieldmanager.managed_fields import MAX_UPDATERS
from clusters.engine.apiserver.fieldmanager.typed import compare, fields_of, merge, remove
from clusters.engine.apiserver.patches.patching import APPLY, JSON, MERGE, apply_patch
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.apiserver.scaling import update_scale
from clusters.engine.apiserver.schema import Field, struct_of
from clusters.engine.clock import rfc3339
from clusters.engine.objects import with_status, with_value
from tests.engine.apiserver.test_create import bare_controller, bare_pod, refusal
from tests.engine.apiserver.test_server_side_apply import config_map, configurations, owners
from tests.engine.builders import NOW, later, make_node, make_store


def created(obj, manager="kubectl-create"):
    store = make_store(make_node())
    store.manager = manager
    return store, verbs.create(store, obj)


def by(store, manager, verb, *arguments, **options):
    store.manager = manager
    return verb(store, *arguments, **options)


class TestCreating:
    def test_notes_what_the_client_and_the_defaults_say(self):
        _, pod = created(bare_pod(), "kubectl-run")
        assert pod["metadata"]["managedFields"] == [
            {
                "manager": "kubectl-run",
                "operation": "Update",
                "apiVersion": "v1",
                "time": rfc3339(NOW),
                "fieldsType": "FieldsV1",
                "fieldsV1": {
                    "f:spec": {
                        "f:containers": {
                            'k:{"name":"main"}': {
                                ".": {},
                                "f:image": {},
                                "f:imagePullPolicy": {},
                                "f:name": {},
                                "f:resources": {},
                                "f:terminationMessagePath": {},
                                "f:terminationMessagePolicy": {},
                            }
                        },
                        "f:dnsPolicy": {},
                        "f:enableServiceLinks": {},
                        "f:restartPolicy": {},
                        "f:schedulerName": {},
                        "f:securityContext": {},
                        "f:terminationGracePeriodSeconds": {},
                    }
                },
            }
        ]

    def test_leaves_what_admission_adds_to_nobody_unless_the_client_wrote_it(self):
        _, pod = created(bare_pod(serviceAccountName="default", tolerations=[{"operator": "Exists"}]))
        [entry] = owners(pod).values()
        assert {"f:serviceAccountName", "f:tolerations"} <= entry["f:spec"].keys()
        assert "f:priority" not in entry["f:spec"]

    def test_leaves_what_the_server_allocates_to_nobody(self):
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"ports": [{"port": 80}], "selector": {"app": "x"}},
        }
        _, made = created(service)
        [entry] = owners(made).values()
        assert made["spec"]["clusterIP"]
        assert "f:clusterIP" not in entry["f:spec"]
        assert entry["f:spec"]["f:selector"] == {}
        assert 'k:{"port":80,"protocol":"TCP"}' in entry["f:spec"]["f:ports"]

    def test_notes_a_template_as_upstream_does(self):
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default", "labels": {"app": "x"}},
            "spec": {
                "selector": {"matchLabels": {"app": "x"}},
                "template": {
                    "metadata": {"labels": {"app": "x"}},
                    "spec": {"containers": [{"name": "a", "image": "nginx"}]},
                },
            },
        }
        _, made = created(deployment)
        [entry] = owners(made).values()
        assert entry["f:metadata"] == {"f:labels": {".": {}, "f:app": {}}}
        assert entry["f:spec"]["f:strategy"] == {
            "f:type": {},
            "f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}},
        }
        template = entry["f:spec"]["f:template"]
        assert template["f:metadata"] == {"f:labels": {".": {}, "f:app": {}}}
        assert "." not in template["f:spec"]["f:containers"]
        assert "f:status" not in entry

    def test_notes_nothing_without_a_manager(self):
        _, pod = created(bare_pod(), "")
        assert "managedFields" not in pod["metadata"]

    def test_of_an_item_without_its_key_is_refused_for_that(self):
        store = make_store()
        store.manager = "me"
        error = refusal(verbs.create, store, bare_pod(containers=[{"image": "nginx"}]))
        assert "spec.containers[0].name: Required value" in error.message

    def test_does_not_believe_the_client_who_says_who_he_is(self):
        given_pod = with_value(
            bare_pod(), ("metadata", "managedFields"), [entry_of("somebody", {"f:spec": {}})]
        )
        _, pod = created(given_pod, "")
        assert "managedFields" not in pod["metadata"]
        assert [key[0] for key in owners(created(given_pod, "me")[1])] == ["me"]


def entry_of(manager, fields, operation="Update", **more):
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        **more,
    }


class TestUpdating:
    def test_moves_what_changed_to_who_changed_it(self):
        store, obj = created(config_map({"a": "1", "b": "1"}), "one")
        store = later(store, 90)
        changed = by(store, "two", verbs.update, {**obj, "data": {"a": "2", "b": "1", "c": "1"}})
        assert owners(changed) == {
            ("one", "Update", ""): {"f:data": {".": {}, "f:b": {}}},
            ("two", "Update", ""): {"f:data": {"f:a": {}, "f:c": {}}},
        }
        assert [entry["time"] for entry in changed["metadata"]["managedFields"]] == [
            rfc3339(NOW),
            rfc3339(NOW + 90),
        ]

    def test_takes_what_is_gone_from_everybody(self):
        store, obj = created(config_map({"a": "1", "b": "1"}), "one")
        changed = by(store, "two", verbs.update, {**obj, "data": {"b": "1"}})
        assert owners(changed) == {("one", "Update", ""): {"f:data": {".": {}, "f:b": {}}}}

    def test_that_changes_nothing_notes_nothing(self):
        store, obj = created(config_map({"a": "1"}), "one")
        assert by(later(store, 90), "two", verbs.update, obj) is obj
        without = with_value(obj, ("metadata", "managedFields"), [])
        without["metadata"].pop("managedFields")
        assert by(later(store, 90), "two", verbs.update, without) is obj

    def test_never_owns_what_names_an_object(self):
        store, obj = created(config_map({"a": "1"}, labels={"x": "y"}), "one")
        for _, entry in owners(obj).items():
            assert entry["f:metadata"] == {"f:labels": {".": {}, "f:x": {}}}
        changed = by(store, "two", verbs.update, with_value(obj, ("metadata", "finalizers"), ["a/b"]))
        assert owners(changed)["two", "Update", ""] == {
            "f:metadata": {"f:finalizers": {".": {}, 'v:"a/b"': {}}}
        }

    def test_is_not_noted_for_an_object_without_entries(self):
        store, obj = created(config_map({"a": "1"}), "")
        assert "managedFields" not in by(store, "two", verbs.update, {**obj, "data": {}})["metadata"]

    def test_to_an_item_without_its_key_keeps_the_entries(self):
        store, node = created({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}, "one")
        node = by(store, "two", verbs.update, with_value(node, ("metadata", "labels"), {"a": "b"}))
        changed = by(store, "two", verbs.update_status, with_status(node, addresses=[{"address": "1.2.3.4"}]))
        assert changed["status"]["addresses"] == [{"address": "1.2.3.4"}]
        assert owners(changed) == owners(node)
        config = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "labels": {"x": "y"}}}
        store.manager = "me"
        error = refusal(apply_patch, store, BY_KIND["Node"], "", "n", APPLY, config)
        assert error.message.startswith("failed to create typed live object (/n; /v1, Kind=Node): assoc")

    def test_without_a_manager_keeps_the_entries(self):
        store, obj = created(config_map({"a": "1"}), "one")
        changed = by(store, "", verbs.update, {**obj, "data": {"b": "1"}})
        assert changed["metadata"]["managedFields"] == obj["metadata"]["managedFields"]

    def test_by_many_ends_in_one_entry_for_the_oldest(self):
        store, obj = created(config_map({"k": "0"}), "m00")
        for i in range(1, 15):
            store = later(store, 60)
            obj = by(store, f"m{i:02}", verbs.update, {**obj, "data": {**obj["data"], f"k{i}": "0"}})
        found = owners(obj)
        assert len(found) == MAX_UPDATERS
        ancient = found["ancient-changes", "Update", ""]["f:data"]
        assert ancient.keys() == {".", "f:k", *(f"f:k{i}" for i in range(1, 6))}
        names = [entry["manager"] for entry in obj["metadata"]["managedFields"]]
        assert names == ["ancient-changes", *(f"m{i:02}" for i in range(6, 15))]


class TestParts:
    def test_the_status_is_noted_by_its_own_path(self):
        store, made = created(bare_controller(), "one")
        changed = by(store, "operator", verbs.update_status, with_status(made, replicas=3, readyReplicas=1))
        assert owners(changed)["operator", "Update", "status"] == {
            "f:status": {"f:replicas": {}, "f:readyReplicas": {}}
        }
        assert owners(changed)["one", "Update", ""] == owners(made)["one", "Update", ""]

    def test_the_kubelet_of_the_simulation_notes_nothing_and_changes_no_entry(self):
        store, pod = created(bare_pod(), "one")
        changed = by(store, "", verbs.update_status, with_status(pod, phase="Running"))
        assert changed["metadata"]["managedFields"] == pod["metadata"]["managedFields"]

    def test_the_scale_is_noted_by_its_own_path(self):
        store, _ = created(bare_controller(replicas=1), "one")
        scale = {"metadata": {"name": "kubia"}, "spec": {"replicas": 4}}
        by(store, "kubectl", update_scale, BY_KIND["ReplicationController"], "default", "kubia", scale)
        found = owners(store.get("ReplicationController", "default", "kubia"))
        assert found["kubectl", "Update", "scale"] == {"f:spec": {"f:replicas": {}}}
        assert "f:replicas" not in found["one", "Update", ""]["f:spec"]


class TestEntriesOfClients:
    def patched(self, managed, manager="two", data=None):
        store, obj = created(config_map({"a": "1"}), "one")
        body = {"metadata": {"managedFields": managed}, **({"data": data} if data else {})}
        store.manager = manager
        return obj, apply_patch(store, BY_KIND["ConfigMap"], "default", "settings", MERGE, body).object

    def test_may_replace_the_ones_there_are(self):
        mine = entry_of("me", {"f:data": {"f:a": {}}}, "Apply", time="2026-01-01T00:00:00Z")
        _, changed = self.patched([mine])
        assert changed["metadata"]["managedFields"] == [mine]

    def test_go_together_with_changes(self):
        _, changed = self.patched([entry_of("me", {"f:data": {"f:a": {}}})], data={"b": "1"})
        assert owners(changed) == {
            ("me", "Update", ""): {"f:data": {"f:a": {}}},
            ("two", "Update", ""): {"f:data": {"f:b": {}}},
        }

    @pytest.mark.parametrize("empty", [[], [{}]])
    def test_end_the_noting_if_there_are_none(self, empty):
        store, obj = created(config_map({"a": "1"}), "one")
        store.manager = "two"
        body = [{"op": "replace", "path": "/metadata/managedFields", "value": empty}]
        changed = apply_patch(store, BY_KIND["ConfigMap"], "default", "settings", JSON, body).object
        assert "managedFields" not in changed["metadata"]
        assert obj["metadata"]["managedFields"]
        again = by(store, "two", verbs.update, {**changed, "data": {"b": "1"}})
        assert "managedFields" not in again["metadata"]

    @pytest.mark.parametrize(
        "wrong",
        [
            entry_of("me", {}, operation="Delete"),
            entry_of("me", {}, apiVersion=""),
            entry_of("me", {}, fieldsType="FieldsV2"),
            entry_of("me", {"data": {}}),
            entry_of("me", {"k:{": {}}),
            entry_of("me", {"k:[1]": {}}),
            entry_of("me", {"v:": {}}),
            entry_of("me", {"i:x": {}}),
            entry_of("me", {"f:data": 1}),
            entry_of("me", []),
            {"manager": "me"},
        ],
    )
    def test_that_are_wrong_do_not_count(self, wrong):
        obj, changed = self.patched([wrong])
        assert changed["metadata"]["managedFields"] == obj["metadata"]["managedFields"]

    def test_in_another_spelling_are_the_same(self):
        fields = {"f:x": {'k:{ "b": 1, "a" : "c" }': {".": {}}, 'v: "x"': {}, "i:01": {}}}
        assert parse_fields(fields) == {"f:x": {'k:{"a":"c","b":1}': {".": {}}, 'v:"x"': {}, "i:1": {}}}

    def test_of_a_part_are_not_asked_for(self):
        store, pod = created(bare_pod(), "one")
        faked = with_value(
            with_status(pod, phase="Failed"), ("metadata", "managedFields"), [entry_of("x", {})]
        )
        changed = by(store, "two", verbs.update_status, faked)
        assert {key[0] for key in owners(changed)} == {"one", "two"}


def test_a_path_is_told_as_upstream_does():
    path = ("f:spec", 'k:{"containerPort":80,"protocol":"TCP"}', 'v:"a/b"', "i:3")
    assert path_text(path) == '.spec[containerPort=80,protocol="TCP"][="a/b"][3]'


elements = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"'])
all_paths = st.lists(st.lists(elements, min_size=1, max_size=3).map(tuple), max_size=6).map(set)


def set_of(members):
    made = {}
    for path in members:
        node = {}
        for element in reversed(path):
            node = {element: node}
        made = union(made, node)
    return made


@given(all_paths, all_paths)
def test_sets_of_fields_are_sets_of_paths(one, other):
    first, second = set_of(one), set_of(other)
    before = copy.deepcopy((first, second))
    assert set(paths(first)) == one
    assert set(paths(union(first, second))) == one | other
    assert set(paths(difference(first, second))) == one - other
    assert set(paths(intersection(first, second))) == one & other
    assert all(holds(first, path) == (path in one) for path in one | other)
    assert (first, second) == before


MAP = struct_of("v1", "ConfigMap")
TYPE = Field("struct", struct=MAP)


CONTAINERS = {("f:data",), ("f:metadata", "f:labels"), ("f:metadata", "f:finalizers")}


def unordered(obj):
    return with_value(obj, ("metadata", "finalizers"), sorted(obj["metadata"].get("finalizers", ())))


@given(configurations, configurations)
def test_a_comparison_tells_what_merging_changes(live, config):
    merged = merge(TYPE, live, config)
    found = compare(MAP, live, merged)
    assert found.removed == {}
    # The order of a set belongs to nobody.
    assert any(found) == (unordered(merged) != unordered(live))
    changed = union(found.modified, found.added)
    assert set(paths(changed)) - CONTAINERS <= set(paths(fields_of(MAP, config)))
    assert merge(TYPE, merged, config) == merged


@given(configurations, configurations)
def test_a_comparison_the_other_way_round_tells_the_opposite(one, other):
    there, back = compare(MAP, one, other), compare(MAP, other, one)
    assert (there.removed, there.modified, there.added) == (back.added, back.modified, back.removed)


@given(configurations)
def test_without_all_that_it_has_nothing_is_left_of_an_object(obj):
    left = remove(TYPE, obj, fields_of(MAP, obj)) or {}
    assert not any((left.get("metadata") or {}).values())
    assert not left.get("data")


words = st.lists(st.sampled_from("abcdef"), unique=True, max_size=5)


@given(words, words)
def test_a_merged_list_has_the_order_of_what_is_applied(live, applied):
    finalizers = struct_of("v1", "Pod").fields["metadata"].struct.fields["finalizers"]
    merged = merge(finalizers, live, applied)
    assert sorted(merged) == sorted({*live, *applied})
    assert [word for word in merged if word in applied] == applied
    assert [word for word in merged if word not in applied] == [word for word in live if word not in applied]


@given(st.lists(st.sampled_from(["one", "two", "three", ""]), min_size=1, max_size=8), st.data())
def test_every_field_has_at_most_one_updater_and_all_of_them_exist(managers, data):
    store, obj = created(config_map({"a": "1"}), "zero")
    for manager in managers:
        wanted = data.draw(st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"), min_size=1))
        obj = by(store, manager, verbs.update, {**obj, "data": wanted})
        if manager:
            owned = [path for fields in owners(obj).values() for path in paths(fields)]
            leaves = [path for path in owned if len(path) == 2]
            assert len(set(leaves)) == len(leaves)
    last = owners(by(store, "last", verbs.update, {**obj, "data": {"z": "1"}}))
    assert last["last", "Update", ""]["f:data"].keys() >= {"f:z"}


def test_an_update_after_an_apply_takes_the_field():
    store, _ = created(config_map({"a": "1"}), "one")
    store.manager = "me"
    apply_patch(store, BY_KIND["ConfigMap"], "default", "settings", APPLY, config_map({"b": "1"}))
    now = store.get("ConfigMap", "default", "settings")
    changed = by(store, "one", verbs.update, with_value(now, ("data", "b"), "2"))
    assert owners(changed) == {("one", "Update", ""): {"f:data": {".": {}, "f:a": {}, "f:b": {}}}}
