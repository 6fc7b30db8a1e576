"""The YAML box: applying a manifest again changes what the manifest changed, and no more."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.last_applied import ANNOTATION
from clusters.engine.apiserver.manifests import parse_manifests
from clusters.engine.apiserver.patches.three_way import three_way_merge
from clusters.engine.apiserver.schema import struct_of
from clusters.engine.objects import with_value
from tests.engine.apiserver.test_create import bare_controller, bare_pod, refusal
from tests.engine.builders import make_store

CONTROLLER = """
apiVersion: v1
kind: ReplicationController
metadata:
  name: kubia
spec:
  replicas: 3
  selector: {app: kubia}
  template:
    metadata: {labels: {app: kubia}}
    spec:
      containers:
      - name: kubia
        image: luksa/kubia
"""


def with_metadata(line, text=CONTROLLER):
    return text.replace("name: kubia\nspec", f"name: kubia\n  {line}\nspec")


def apply(store, text):
    return [verbs.apply(store, manifest) for manifest in parse_manifests(text)]


def apply_one(store, text):
    [(obj, what)] = apply(store, text)
    return obj, what


def test_creates_changes_and_leaves_alone():
    store = make_store()
    created, what = apply_one(store, CONTROLLER)
    assert what == "created"
    assert created["metadata"]["namespace"] == "default"
    same, what = apply_one(store, CONTROLLER)
    assert what == "unchanged"
    assert same is created
    scaled, what = apply_one(store, CONTROLLER.replace("replicas: 3", "replicas: 5"))
    assert what == "configured"
    assert scaled["spec"]["replicas"] == 5
    assert scaled["metadata"]["uid"] == created["metadata"]["uid"]


def test_remembers_the_manifest_as_kubectl_does():
    created, _ = apply_one(make_store(), "apiVersion: v1\nkind: Namespace\nmetadata: {name: lab}")
    text = created["metadata"]["annotations"][ANNOTATION]
    assert text == '{"apiVersion":"v1","kind":"Namespace","metadata":{"annotations":{},"name":"lab"}}\n'


def test_takes_away_what_the_last_manifest_had_and_this_one_lacks():
    store = make_store()
    apply_one(store, CONTROLLER.replace("name: kubia\nspec", "name: kubia\n  labels: {a: b, c: d}\nspec"))
    changed, _ = apply_one(
        store, CONTROLLER.replace("name: kubia\nspec", "name: kubia\n  labels: {a: x}\nspec")
    )
    assert changed["metadata"]["labels"] == {"a": "x"}


def test_keeps_what_others_set_and_no_manifest_ever_did():
    store = make_store()
    without = CONTROLLER.replace("  replicas: 3\n", "")
    apply_one(store, without)
    verbs.scale(store, "ReplicationController", "default", "kubia", 7)
    changed, what = apply_one(store, with_metadata("labels: {a: b}", without))
    assert what == "configured"
    assert changed["spec"]["replicas"] == 7


def test_puts_back_what_others_changed_of_the_manifest():
    store = make_store()
    apply_one(store, CONTROLLER)
    verbs.scale(store, "ReplicationController", "default", "kubia", 7)
    assert apply_one(store, CONTROLLER)[0]["spec"]["replicas"] == 3


def test_merges_containers_by_name_and_keeps_their_defaults():
    store = make_store()
    apply_one(store, CONTROLLER)
    sidecar = CONTROLLER + "      - name: log\n        image: busybox:1\n"
    changed, _ = apply_one(store, sidecar)
    containers = changed["spec"]["template"]["spec"]["containers"]
    assert [(c["name"], c["imagePullPolicy"]) for c in containers] == [
        ("kubia", "Always"),
        ("log", "IfNotPresent"),
    ]
    changed, _ = apply_one(store, CONTROLLER)
    assert [c["name"] for c in changed["spec"]["template"]["spec"]["containers"]] == ["kubia"]


def test_takes_over_an_object_that_was_created_otherwise():
    store = make_store()
    verbs.create(store, bare_controller(replicas=2))
    changed, what = apply_one(store, CONTROLLER)
    assert what == "configured"
    assert changed["spec"]["replicas"] == 3


@pytest.mark.parametrize("spoilt", ["", "[", "[]", '"x"', '{"spec": "x"}', '{"a":' * 5000])
def test_does_without_an_annotation_that_somebody_spoilt(spoilt):
    store = make_store()
    created, _ = apply_one(store, CONTROLLER)
    annotations = {ANNOTATION: spoilt}
    verbs.update(store, with_value(created, ("metadata", "annotations"), annotations))
    changed, what = apply_one(store, CONTROLLER)
    assert what == "configured"
    assert json.loads(changed["metadata"]["annotations"][ANNOTATION])["kind"] == "ReplicationController"


def test_refuses_an_unknown_field_and_changes_nothing():
    store = make_store()
    error = refusal(apply_one, store, CONTROLLER.replace("replicas", "replica"))
    assert error.message == (
        'ReplicationController in version "v1" cannot be handled as a ReplicationController: strict decoding'
        ' error: unknown field "spec.replica"'
    )
    assert store.changes == []


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ("{}", "resource name may not be empty"),
        ("{generateName: a-}", "cannot use generate name with apply"),
    ],
)
def test_needs_a_name(metadata, said):
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {metadata}"
    assert refusal(apply_one, make_store(), text).message == said


def test_takes_what_kubectl_has_dumped():
    store = make_store()
    pod = verbs.create(store, bare_pod())
    verbs.delete(store, "Pod", "default", "web")
    created, what = apply_one(store, json.dumps(pod))
    assert what == "created"
    assert created["metadata"]["uid"] != pod["metadata"]["uid"]
    assert created["spec"] == pod["spec"]


def test_of_an_old_version_is_a_conflict():
    store = make_store()
    created, _ = apply_one(store, CONTROLLER)
    version = created["metadata"]["resourceVersion"]
    verbs.scale(store, "ReplicationController", "default", "kubia", 7)
    old = with_metadata(f"resourceVersion: '{version}'")
    assert refusal(apply_one, store, old).code == 409


def test_the_namespace_of_something_without_one_is_ignored():
    node, _ = apply_one(make_store(), "apiVersion: v1\nkind: Node\nmetadata: {name: node-1, namespace: lab}")
    assert "namespace" not in node["metadata"]


class TestThreeWayMerge:
    pod = staticmethod(lambda **spec: {"spec": spec})

    def merge(self, original, modified, current):
        return three_way_merge(struct_of("v1", "Pod"), original, modified, current)

    def test_replaces_lists_that_have_no_keys(self):
        before = self.pod(containers=[{"name": "a", "command": ["x", "y"]}])
        after = self.pod(containers=[{"name": "a", "command": ["z"]}])
        assert self.merge(before, after, before) == after

    def test_joins_lists_of_words(self):
        original = {"metadata": {"finalizers": ["a/1", "a/2"]}}
        modified = {"metadata": {"finalizers": ["a/1"]}}
        current = {"metadata": {"finalizers": ["a/1", "a/2", "b/3"]}}
        assert self.merge(original, modified, current) == {"metadata": {"finalizers": ["a/1", "b/3"]}}

    def test_replaces_items_that_cannot_be_told_apart(self):
        def ports(*protocols):
            numbered = [{"containerPort": 53, "protocol": protocol} for protocol in protocols]
            return self.pod(containers=[{"name": "a", "ports": numbered}])

        assert self.merge(ports("TCP"), ports("TCP", "UDP"), ports("TCP")) == ports("TCP", "UDP")

    def test_keeps_only_the_new_source_of_a_volume(self):
        original = self.pod(volumes=[{"name": "v", "emptyDir": {}}])
        modified = self.pod(volumes=[{"name": "v", "hostPath": {"path": "/x"}}])
        assert self.merge({}, modified, original) == modified

    @given(
        *[
            st.fixed_dictionaries(
                {},
                optional={
                    "nodeName": st.sampled_from("ab"),
                    "nodeSelector": st.dictionaries(st.sampled_from("xyz"), st.sampled_from("12")),
                    "containers": st.lists(
                        st.fixed_dictionaries(
                            {"name": st.sampled_from("abc"), "image": st.sampled_from("ij")}
                        ),
                        unique_by=lambda container: container["name"],
                    ),
                },
            )
        ]
        * 3
    )
    def test_holds_what_was_applied_and_is_stable(self, original, modified, current):
        merged = self.merge(self.pod(**original), self.pod(**modified), self.pod(**current))
        spec = merged["spec"]
        assert spec.get("nodeName") == modified.get(
            "nodeName", None if "nodeName" in original else current.get("nodeName")
        )
        assert modified.get("nodeSelector", {}).items() <= spec.get("nodeSelector", {}).items()
        names = [container["name"] for container in spec.get("containers", ())]
        assert len(set(names)) == len(names)
        assert all(container in spec["containers"] for container in modified.get("containers", ()))
        assert self.merge(self.pod(**modified), self.pod(**modified), merged) == merged
