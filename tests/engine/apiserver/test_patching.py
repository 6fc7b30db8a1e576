"""The verb patch: what it reads, checks and writes, and when it writes nothing."""

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.json_text import parse_json
from clusters.engine.apiserver.patches.patching import JSON, MERGE, STRATEGIC, apply_patch
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.apiserver.scaling import scale_of, update_scale
from clusters.engine.objects import public
from tests.engine.apiserver.test_create import bare_controller, bare_pod, refusal
from tests.engine.builders import make_node, make_store

CONTROLLER = "ReplicationController"


def config_map(data, **metadata):
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "default", **metadata},
        "data": data,
    }


def world():
    store = make_store(make_node())
    verbs.create(store, bare_controller(replicas=3))
    verbs.create(store, bare_pod())
    verbs.create(store, config_map({"a": "1"}))
    return store


def patch(store, kind, patch_type, body, name=None, **options):
    names = {CONTROLLER: "kubia", "Pod": "web", "ConfigMap": "settings", "Node": "node-1"}
    resource = BY_KIND[kind]
    namespace = "default" if resource.namespaced else ""
    return apply_patch(store, resource, namespace, name or names[kind], patch_type, body, **options)


def outcome(*arguments, **options):
    """The object and no error, or None and the refusal."""
    try:
        return patch(*arguments, **options).object, None
    except StatusError as error:
        return None, error


REPLICAS = {
    JSON: [{"op": "replace", "path": "/spec/replicas", "value": 5}],
    MERGE: {"spec": {"replicas": 5}},
    STRATEGIC: {"spec": {"replicas": 5}},
}


@pytest.mark.parametrize("patch_type", REPLICAS)
def test_every_type_of_patch_changes_the_object(patch_type):
    store = world()
    patched = patch(store, CONTROLLER, patch_type, REPLICAS[patch_type])
    assert patched.object["spec"]["replicas"] == 5
    assert patched.object["metadata"]["generation"] == 2
    assert (patched.created, patched.warnings) == (False, [])
    assert store.get(CONTROLLER, "default", "kubia") is patched.object


NOTHING = {
    "an empty merge patch": (MERGE, {}),
    "what is so already": (MERGE, {"spec": {"replicas": 3}}),
    "an empty list of operations": (JSON, []),
    "null for what is not there": (STRATEGIC, {"spec": {"minReadySeconds": None}}),
    "the same container": (
        STRATEGIC,
        {"spec": {"template": {"spec": {"containers": [{"name": "kubia", "image": "luksa/kubia"}]}}}},
    ),
    "a field that only the server writes": (MERGE, {"metadata": {"generation": 7}}),
}


@pytest.mark.parametrize(
    ("patch_type", "body"), [pytest.param(*case, id=sentence) for sentence, case in NOTHING.items()]
)
def test_what_changes_nothing_keeps_the_version(patch_type, body):
    store = world()
    before, revision = store.get(CONTROLLER, "default", "kubia"), store.revision
    assert patch(store, CONTROLLER, patch_type, body).object == before
    assert store.revision == revision


def test_amounts_are_written_in_their_canonical_form():
    store = world()
    resources = {"requests": {"cpu": "1000m", "memory": "1024Mi"}}
    body = {"spec": {"template": {"spec": {"containers": [{"name": "kubia", "resources": resources}]}}}}
    patched = patch(store, CONTROLLER, STRATEGIC, body).object
    [container] = patched["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["requests"] == {"cpu": "1", "memory": "1Gi"}
    revision = store.revision
    patch(store, CONTROLLER, STRATEGIC, body)
    assert store.revision == revision


def test_what_only_the_simulator_knows_is_out_of_reach():
    store = world()
    powered = store.get("Node", "", "node-1")["simulation"]
    assert refusal(patch, store, "Node", JSON, [{"op": "remove", "path": "/simulation"}]).code == 422
    patched = patch(
        store, "Node", MERGE, {"simulation": {"powered": False}, "metadata": {"labels": {"a": "b"}}}
    )
    assert patched.warnings == ['unknown field "simulation"']
    assert patched.object["simulation"] == powered


UNKNOWN = {"spec": {"replica": 2, "replicas": 4}}


def test_unknown_fields_are_told_and_dropped_or_refused():
    store = world()
    assert patch(store, CONTROLLER, MERGE, UNKNOWN).warnings == ['unknown field "spec.replica"']
    assert patch(store, CONTROLLER, MERGE, UNKNOWN, validation="Ignore").warnings == []
    error = refusal(patch, store, CONTROLLER, STRATEGIC, UNKNOWN, validation="Strict")
    assert (error.code, error.reason) == (422, "Invalid")
    assert error.message == (
        ' "" is invalid: patch: Invalid value: "map[spec:map[replica:2 replicas:4]]":'
        ' strict decoding error: unknown field "spec.replica"'
    )


def test_the_whole_object_is_shown_when_another_patch_is_refused():
    error = refusal(patch, world(), "ConfigMap", MERGE, {"date": {}}, validation="Strict")
    assert error.message.startswith(' "" is invalid: patch: Invalid value: "{\\"apiVersion\\":\\"v1\\"')
    assert error.message.endswith('strict decoding error: unknown field "date"')


def test_fields_that_are_there_twice_are_told():
    body, complaints = parse_json(b'{"spec": {"replicas": 1, "replicas": 2}}')
    patched = patch(world(), CONTROLLER, MERGE, body, complaints=complaints)
    assert patched.object["spec"]["replicas"] == 2
    assert patched.warnings == ['duplicate field "spec.replicas"']
    operation = [{"op": "add", "path": "/metadata/labels", "value": {}, "x": 1}]
    assert patch(world(), CONTROLLER, JSON, operation).warnings == ['json patch unknown field "[0].x"']


def test_a_value_of_a_wrong_type_is_422():
    error = refusal(patch, world(), CONTROLLER, STRATEGIC, {"spec": {"replicas": "many"}})
    assert error.code == 422
    assert error.message.endswith(
        "json: cannot unmarshal string into Go struct field"
        " ReplicationControllerSpec.spec.replicas of type int32"
    )


OTHER_OBJECTS = {
    "another name": (
        MERGE,
        {"metadata": {"name": "b"}},
        400,
        "the name of the object (b) does not match the name on the URL (kubia)",
    ),
    "no name": (
        MERGE,
        {"metadata": {"name": None}},
        400,
        "the name of the object (kubia based on URL) was undeterminable: name must be provided",
    ),
    "another namespace": (
        MERGE,
        {"metadata": {"namespace": "lab"}},
        400,
        "the namespace of the provided object does not match the namespace sent on the request",
    ),
    "another uid": (MERGE, {"metadata": {"uid": "x"}}, 409, "Precondition failed: UID in precondition: x"),
    "an old version": (
        MERGE,
        {"metadata": {"resourceVersion": "1"}},
        409,
        "the object has been modified; please apply your changes to the latest version and try again",
    ),
    "another kind": (
        MERGE,
        {"kind": "Pod"},
        422,
        "unable to decode /v1, Kind=Pod into *core.ReplicationController",
    ),
    "nothing at all": (
        JSON,
        [{"op": "replace", "path": "", "value": []}],
        422,
        "json: cannot unmarshal array into Go value of type struct",
    ),
}


@pytest.mark.parametrize(
    ("patch_type", "body", "code", "said"),
    [pytest.param(*case, id=sentence) for sentence, case in OTHER_OBJECTS.items()],
)
def test_a_patch_makes_no_other_object_of_it(patch_type, body, code, said):
    store = world()
    revision = store.revision
    error = refusal(patch, store, CONTROLLER, patch_type, body)
    assert error.code == code
    assert said in error.message
    assert store.revision == revision


def test_the_version_may_be_named_or_taken_away():
    store = world()
    version = store.get(CONTROLLER, "default", "kubia")["metadata"]["resourceVersion"]
    named = {"metadata": {"resourceVersion": version, "labels": {"a": "b"}}}
    assert patch(store, CONTROLLER, MERGE, named).object["metadata"]["labels"]["a"] == "b"
    removed = [{"op": "remove", "path": "/metadata/resourceVersion"}, *REPLICAS[JSON]]
    assert patch(store, CONTROLLER, JSON, removed).object["spec"]["replicas"] == 5


def test_what_breaks_a_rule_is_refused_as_for_any_update():
    error = refusal(patch, world(), CONTROLLER, MERGE, {"spec": {"replicas": -1}})
    assert "must be greater than or equal to 0" in error.message


def test_an_object_that_is_not_there_is_404():
    assert refusal(patch, world(), "Pod", MERGE, {}, name="x").code == 404


def test_the_status_is_patched_by_its_own_path_only():
    store = world()
    body = {"status": {"replicas": 2}, "spec": {"replicas": 9}}
    assert patch(store, CONTROLLER, MERGE, body, subresource="status").object["status"]["replicas"] == 2
    assert store.get(CONTROLLER, "default", "kubia")["spec"]["replicas"] == 3
    patched = patch(store, CONTROLLER, MERGE, {"status": {"replicas": 7}})
    assert patched.object["status"]["replicas"] == 2


def test_a_status_with_nulls_in_it_is_left_alone():
    store = world()
    verbs.bind(store, "default", "web", "node-1")
    revision = store.revision
    patch(store, "Pod", MERGE, {"status": {}}, subresource="status")
    assert store.revision == revision


class TestScale:
    def test_shows_what_a_controller_keeps(self):
        store = world()
        controller = store.get(CONTROLLER, "default", "kubia")
        assert scale_of(controller) == {
            "kind": "Scale",
            "apiVersion": "autoscaling/v1",
            "metadata": {
                field: controller["metadata"][field]
                for field in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
            },
            "spec": {"replicas": 3},
            "status": {"replicas": 0, "selector": "app=kubia"},
        }

    def test_writes_a_label_selector_as_a_text(self):
        expressions = [
            {"key": "tier", "operator": "In", "values": ["web", "db"]},
            {"key": "old", "operator": "DoesNotExist"},
            {"key": "zone", "operator": "Exists"},
            {"key": "env", "operator": "NotIn", "values": ["test"]},
        ]
        spec = {"selector": {"matchLabels": {"app": "kubia"}, "matchExpressions": expressions}}
        scale = scale_of({"kind": "ReplicaSet", "metadata": {"name": "x"}, "spec": spec})
        assert scale["status"]["selector"] == "app=kubia,env notin (test),!old,tier in (db,web),zone"

    @pytest.mark.parametrize("patch_type", REPLICAS)
    def test_is_patched(self, patch_type):
        store = world()
        patched = patch(store, CONTROLLER, patch_type, REPLICAS[patch_type], subresource="scale")
        assert (patched.object["kind"], patched.object["spec"]["replicas"]) == ("Scale", 5)
        controller = store.get(CONTROLLER, "default", "kubia")
        assert controller["spec"]["replicas"] == 5
        assert patched.object["metadata"]["resourceVersion"] == controller["metadata"]["resourceVersion"]

    def test_that_changes_nothing_is_not_written(self):
        store = world()
        revision = store.revision
        assert patch(store, CONTROLLER, MERGE, {}, subresource="scale").object["spec"]["replicas"] == 3
        assert store.revision == revision

    def test_is_put(self):
        store = world()
        scale = scale_of(store.get(CONTROLLER, "default", "kubia"))
        scaled = update_scale(store, BY_KIND[CONTROLLER], "default", "kubia", {**scale, "spec": {}})
        assert scaled["spec"]["replicas"] == 0
        stale = {**scale, "spec": {"replicas": 4}}
        assert refusal(update_scale, store, BY_KIND[CONTROLLER], "default", "kubia", stale).code == 409

    def test_of_less_than_nothing_is_refused(self):
        scale = {"metadata": {"name": "kubia"}, "spec": {"replicas": -1}}
        error = refusal(update_scale, world(), BY_KIND[CONTROLLER], "default", "kubia", scale)
        assert error.message == (
            'Scale.autoscaling "kubia" is invalid: spec.replicas: Invalid value: -1:'
            " must be greater than or equal to 0"
        )

    def test_of_another_name_is_refused(self):
        scale = {"metadata": {"name": "b"}, "spec": {"replicas": 1}}
        assert refusal(update_scale, world(), BY_KIND[CONTROLLER], "default", "kubia", scale).code == 400


words = st.sampled_from(["a", "b", "c.d"])
values = st.sampled_from(["", "1", "2"])


def merged(target, changes):
    """RFC 7386, section 2, for maps of texts."""
    kept = {key: value for key, value in target.items() if changes.get(key, "") is not None}
    return {**kept, **{key: value for key, value in changes.items() if value is not None}}


@given(st.dictionaries(words, values, max_size=4), st.dictionaries(words, values | st.none(), max_size=4))
def test_a_merge_patch_does_to_a_map_what_the_rules_say(data, changes):
    body = {"data": changes, "metadata": {"annotations": changes}}
    for patch_type in (MERGE, STRATEGIC):
        store = make_store()
        verbs.create(store, config_map(data, annotations=dict(data)))
        patched = patch(store, "ConfigMap", patch_type, body).object
        assert patched.get("data", {}) == merged(data, changes)
        assert patched["metadata"].get("annotations", {}) == merged(data, changes)


ANNOTATIONS = "/metadata/annotations"
pointers = st.sampled_from([f"{ANNOTATIONS}/{word}" for word in ("a", "b", "c~1d", "a/b", "~2", "-")])
operations = st.one_of(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "replace", "test"]), "path": pointers, "value": values}
    ),
    st.fixed_dictionaries({"op": st.just("remove"), "path": pointers}),
    st.fixed_dictionaries({"op": st.sampled_from(["move", "copy"]), "path": pointers, "from": pointers}),
)


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c/d"]), values, min_size=1),
    st.lists(operations, max_size=5),
)
def test_a_json_patch_does_to_a_map_what_the_rules_say(annotations, body):
    store = make_store()
    before = public(verbs.create(store, config_map({}, annotations=annotations)))
    try:
        expected = jsonpatch.apply_patch(before, body)["metadata"]["annotations"]
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
        expected = None
    patched, error = outcome(store, "ConfigMap", JSON, body)
    if expected is None:
        assert error.code == 422
    elif "-" in expected:
        assert "metadata.annotations: Invalid value" in error.message
    else:
        assert patched["metadata"].get("annotations", {}) == expected


@given(
    st.sampled_from([JSON, MERGE, STRATEGIC]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=2),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "metadata",
                        "spec",
                        "status",
                        "kind",
                        "apiVersion",
                        "name",
                        "labels",
                        "managedFields",
                        "template",
                        "containers",
                        "replicas",
                        "finalizers",
                        "$patch",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=15,
    ),
)
def test_whatever_the_patch_there_is_an_object_or_a_refusal(patch_type, body):
    store = world()
    for subresource in ("", "status", "scale"):
        patched, error = outcome(store, CONTROLLER, patch_type, body, subresource=subresource)
        assert patched["metadata"]["name"] == "kubia" if error is None else error.code in (400, 409, 422)
