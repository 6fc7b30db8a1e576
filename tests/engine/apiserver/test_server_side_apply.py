"""Server-side apply: who owns what, conflicts, force, and what is taken away."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.last_applied import ANNOTATION
from clusters.engine.apiserver.patches.patching import APPLY, MERGE, apply_patch
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.apiserver.scaling import update_scale
from clusters.engine.clock import rfc3339
from clusters.engine.objects import with_value
from tests.engine.apiserver.test_create import bare_controller, bare_pod, refusal
from tests.engine.builders import NOW, later, make_store

CONTROLLER = "ReplicationController"


def config_map(data=None, **metadata):
    made = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "default", **metadata},
    }
    return made if data is None else {**made, "data": data}


def controller(**spec):
    made = {"apiVersion": "v1", "kind": CONTROLLER, "metadata": {"name": "kubia"}}
    return {**made, "spec": spec} if spec else made


def template(*containers, labels=None):
    return {"metadata": {"labels": labels or {"app": "kubia"}}, "spec": {"containers": list(containers)}}


def applied(store, config, manager="me", name=None, **options):
    resource = BY_KIND["ReplicationController" if config["kind"] == "Scale" else config["kind"]]
    store.manager = manager
    name = name or config["metadata"].get("name", "kubia")
    return apply_patch(store, resource, "default", name, APPLY, config, **options)


def apply(*arguments, **options):
    return applied(*arguments, **options).object


def update(store, obj, manager="other"):
    store.manager = manager
    return verbs.update(store, obj)


def owners(obj):
    return {
        (entry["manager"], entry["operation"], entry.get("subresource", "")): entry["fieldsV1"]
        for entry in obj["metadata"].get("managedFields", ())
    }


class TestCreating:
    def test_makes_the_object_and_notes_the_fields_that_were_applied(self):
        store = make_store()
        result = applied(store, controller(replicas=2, template=template({"name": "main", "image": "nginx"})))
        assert (result.created, result.warnings) == (True, [])
        assert result.object["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == "Always"
        assert result.object["metadata"]["managedFields"] == [
            {
                "manager": "me",
                "operation": "Apply",
                "apiVersion": "v1",
                "time": rfc3339(NOW),
                "fieldsType": "FieldsV1",
                "fieldsV1": {
                    "f:spec": {
                        "f:replicas": {},
                        "f:template": {
                            "f:metadata": {"f:labels": {"f:app": {}}},
                            "f:spec": {
                                "f:containers": {
                                    'k:{"name":"main"}': {".": {}, "f:name": {}, "f:image": {}},
                                }
                            },
                        },
                    }
                },
            }
        ]

    def test_again_changes_nothing_and_is_not_written(self):
        store = make_store()
        config = controller(replicas=2, template=template({"name": "main", "image": "nginx"}))
        first = apply(store, config)
        store = later(store, 60)
        again = applied(store, config)
        assert again.object is first
        assert not again.created
        assert store.changes == []

    def test_an_amount_in_another_spelling_is_no_change(self):
        store = make_store()
        resources = {"requests": {"cpu": "1000m", "memory": "1024Mi"}}
        config = controller(template=template({"name": "main", "image": "nginx", "resources": resources}))
        first = apply(store, config)
        [container] = first["spec"]["template"]["spec"]["containers"]
        assert container["resources"]["requests"] == {"cpu": "1", "memory": "1Gi"}
        assert apply(later(store, 60), config) is first

    def test_takes_namespace_from_the_path(self):
        config = config_map({"a": "1"})
        del config["metadata"]["namespace"]
        assert apply(make_store(), config)["metadata"]["namespace"] == "default"


BAD = {
    "a list": ([], "cannot unmarshal"),
    "another kind": ({"apiVersion": "v1", "kind": "Pod"}, "invalid object type: /v1, Kind=Pod"),
    "another version": ({"apiVersion": "v2", "kind": CONTROLLER}, "invalid object type: /v2, Kind="),
    "no kind": ({"apiVersion": "v1"}, "invalid object type: /v1, Kind="),
    "entries": (
        {**controller(), "metadata": {"name": "kubia", "managedFields": []}},
        "metadata.managedFields must be nil",
    ),
    "another name": (
        {**controller(), "metadata": {"name": "b"}},
        "the name of the object (b) does not match the name on the URL (kubia)",
    ),
    "another namespace": (
        {**controller(), "metadata": {"name": "kubia", "namespace": "lab"}},
        "the namespace of the provided object does not match the namespace sent on the request",
    ),
    "an unknown field": (
        controller(replica=1),
        "failed to create typed patch object (/kubia; /v1, Kind=ReplicationController):"
        " .spec.replica: field not declared in schema",
    ),
    "two unknown fields": (
        {**controller(a=1), "b": 2},
        "errors:\n  .spec.a: field not declared in schema\n  .b: field not declared in schema",
    ),
    "an unknown field of an item": (
        controller(template=template({"name": "main", "imag": "x"})),
        '.spec.template.spec.containers[name="main"].imag: field not declared in schema',
    ),
    "a number for a text": (
        controller(template=template({"name": "main", "image": 1})),
        "image: expected string, got &value.valueUnstructured{Value:1}",
    ),
    "a text for a number": (
        controller(replicas="3"),
        ".spec.replicas: expected numeric (int or float), got string",
    ),
    "a text for a bool": (
        controller(template=template({"name": "main", "tty": "yes"})),
        "tty: expected boolean, got &{yes}",
    ),
    "a text for an object": (controller(template="x"), ".spec.template: expected map, got &{x}"),
    "an object for a list": (
        controller(template={"spec": {"containers": {}}}),
        ".spec.template.spec.containers: expected list, got &{map[]}",
    ),
    "an item without its key": (
        controller(template=template({"image": "x"})),
        ".spec.template.spec.containers: element 0: associative list with keys has an element that omits all"
        ' key fields ["name"] (and doesn\'t have default values for any key fields)',
    ),
    "an item that is none": (
        controller(template=template("main")),
        "element 0: associative list with keys may not have non-map elements",
    ),
    "an item that is null": (
        controller(template=template(None)),
        "element 0: associative list with keys may not have a null element",
    ),
    "a key that no number is": (
        controller(template=template({"name": "a", "ports": [{"containerPort": 10**30}]})),
        "element 0: Integer exceeds 64-bit range",
    ),
    "one key for two items": (
        controller(template=template({"name": "a"}, {"name": "a"})),
        '.spec.template.spec.containers: duplicate entries for key [name="a"]',
    ),
    "one word twice in a set": (
        {**controller(), "metadata": {"name": "kubia", "finalizers": ["a/b", "a/b"]}},
        '.metadata.finalizers: duplicate entries for key [="a/b"]',
    ),
    "an object in a set": (
        {**controller(), "metadata": {"name": "kubia", "finalizers": [{}]}},
        "element 0: associative list without keys has an element that's a map type",
    ),
}


@pytest.mark.parametrize(
    ("config", "said"), [pytest.param(*case, id=sentence) for sentence, case in BAD.items()]
)
@pytest.mark.parametrize("exists", [True, False])
def test_what_is_no_configuration_of_the_object_is_400(config, said, exists):
    store = make_store()
    if exists:
        verbs.create(store, bare_controller())
    revision = store.revision
    store.manager = "me"
    error = refusal(apply_patch, store, BY_KIND[CONTROLLER], "default", "kubia", APPLY, config)
    assert error.code == 400
    assert said in error.message
    assert store.revision == revision


def test_needs_a_manager():
    error = refusal(apply, make_store(), config_map(), manager="")
    assert (error.code, error.message) == (
        422,
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    )


def test_needs_what_every_new_object_needs():
    assert "spec.template" in refusal(apply, make_store(), controller(replicas=1)).message
    assert refusal(apply, make_store(), config_map(uid="x")).code == 409
    assert refusal(apply, make_store(), config_map(resourceVersion="7")).code == 400


def test_an_old_version_is_a_conflict():
    store = make_store()
    version = apply(store, config_map({"a": "1"}))["metadata"]["resourceVersion"]
    update(store, config_map({"a": "2"}))
    error = refusal(apply, store, config_map({"b": "1"}, resourceVersion=version))
    assert "the object has been modified" in error.message


class TestConflicts:
    def test_name_the_manager_and_the_field(self):
        store = make_store()
        apply(store, config_map({"a": "1"}), "one")
        error = refusal(apply, store, config_map({"a": "2"}), "two")
        assert (error.code, error.reason) == (409, "Conflict")
        assert error.message == 'Apply failed with 1 conflict: conflict with "one": .data.a'
        assert error.details == {
            "causes": [
                {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".data.a"}
            ]
        }

    def test_are_listed_by_manager(self):
        store = make_store()
        apply(store, config_map({"a": "1", "b": "1"}), "one")
        update(store, with_value(store.get("ConfigMap", "default", "settings"), ("data", "c"), "1"), "edit")
        error = refusal(apply, store, config_map({"a": "2", "b": "2", "c": "2"}), "two")
        assert error.message == (
            'Apply failed with 3 conflicts: conflicts with "edit" using v1:\n- .data.c\n'
            'conflicts with "one":\n- .data.a\n- .data.b'
        )

    def test_with_an_update_name_its_version_and_path(self):
        store = make_store()
        apply(store, controller(replicas=1, template=template({"name": "a", "image": "x"})), "one")
        store.manager = "autoscaler"
        scale = {"metadata": {"name": "kubia"}, "spec": {"replicas": 4}}
        update_scale(store, BY_KIND[CONTROLLER], "default", "kubia", scale)
        error = refusal(apply, store, controller(replicas=2), "two")
        assert error.message == (
            'Apply failed with 1 conflict: conflict with "autoscaler" with subresource "scale" using v1:'
            " .spec.replicas"
        )

    def test_are_not_about_what_has_the_wanted_value(self):
        store = make_store()
        apply(store, config_map({"a": "1"}), "one")
        shared = owners(apply(store, config_map({"a": "1"}), "two"))
        assert shared["one", "Apply", ""] == shared["two", "Apply", ""] == {"f:data": {"f:a": {}}}

    def test_are_over_by_force(self):
        store = make_store()
        apply(store, config_map({"a": "1", "b": "1"}), "one")
        forced = apply(store, config_map({"a": "2"}), "two", force=True)
        assert forced["data"] == {"a": "2", "b": "1"}
        assert owners(forced) == {
            ("one", "Apply", ""): {"f:data": {"f:b": {}}},
            ("two", "Apply", ""): {"f:data": {"f:a": {}}},
        }

    def test_are_there_for_the_whole_of_what_is_atomic(self):
        store = make_store()
        apply(
            store,
            controller(selector={"app": "kubia"}, template=template({"name": "a", "image": "x"})),
            "one",
        )
        changed = controller(selector={"app": "kubia", "b": "c"})
        assert refusal(apply, store, changed, "two").message.endswith('conflict with "one": .spec.selector')

    def test_leave_everything_as_it_was(self):
        store = make_store()
        apply(store, config_map({"a": "1"}), "one")
        revision = store.revision
        refusal(apply, store, config_map({"a": "2", "b": "1"}), "two")
        assert store.revision == revision


class TestTakingAway:
    def test_what_is_not_applied_any_more_is_gone(self):
        store = make_store()
        apply(store, config_map({"a": "1", "b": "1"}, labels={"x": "y"}))
        changed = apply(store, config_map({"a": "1"}))
        assert changed["data"] == {"a": "1"}
        assert "labels" not in changed["metadata"]

    def test_what_another_manager_applies_too_stays(self):
        store = make_store()
        apply(store, config_map({"a": "1"}), "one")
        apply(store, config_map({"a": "1"}), "two")
        kept = apply(store, config_map({}), "one")
        assert kept["data"] == {"a": "1"}
        assert owners(kept).keys() == {("two", "Apply", "")} | ({("one", "Apply", "")} & owners(kept).keys())
        assert "data" not in apply(store, config_map(), "two")

    def test_an_item_of_a_list_goes_with_its_defaults(self):
        store = make_store()
        one, two = ({"name": name, "image": "nginx"} for name in "ab")
        apply(store, controller(template=template(one, two)))
        changed = apply(store, controller(template=template(two)))
        assert [item["name"] for item in changed["spec"]["template"]["spec"]["containers"]] == ["b"]

    def test_an_item_stays_as_long_as_somebody_has_a_part_of_it(self):
        def with_variables(*env):
            return controller(template=template({"name": "a", "image": "nginx", "env": list(env)}))

        def variables(obj):
            [container] = obj["spec"]["template"]["spec"]["containers"]
            return container.get("env")

        store = make_store()
        value = {"name": "X", "value": "1"}
        apply(store, with_variables(value), "one")
        apply(store, with_variables({"name": "X"}), "two")
        assert variables(apply(store, with_variables({"name": "Y"}), "one")) == [{"name": "X"}, {"name": "Y"}]
        assert variables(apply(store, with_variables(), "two")) == [{"name": "Y"}]

    def test_a_default_comes_back_for_a_field_that_was_taken_away(self):
        store = make_store()
        apply(store, controller(replicas=3, template=template({"name": "a", "image": "nginx"})))
        changed = apply(store, controller(template=template({"name": "a", "image": "nginx"})))
        assert changed["spec"]["replicas"] == 1

    def test_what_somebody_set_by_an_update_stays(self):
        store = make_store()
        apply(store, config_map({"a": "1"}))
        update(store, config_map({"a": "1", "b": "1"}))
        assert apply(store, config_map({"a": "2"}))["data"] == {"a": "2", "b": "1"}


class TestOtherWrites:
    def test_of_an_object_that_nobody_noted_stand_for_their_writer(self):
        store = make_store()
        verbs.create(store, bare_controller(replicas=3))
        error = refusal(apply, store, controller(replicas=2))
        assert 'conflict with "before-first-apply" using v1: .spec.replicas' in error.message
        found = owners(apply(store, controller(replicas=2), force=True))
        assert found["me", "Apply", ""] == {"f:spec": {"f:replicas": {}}}
        assert "f:replicas" not in found["before-first-apply", "Update", ""]["f:spec"]
        assert "f:selector" in found["before-first-apply", "Update", ""]["f:spec"]
        assert "f:status" not in found["before-first-apply", "Update", ""]

    def test_by_the_same_name_are_another_manager(self):
        store = make_store()
        apply(store, config_map({"a": "1"}))
        found = owners(update(store, config_map({"a": "1", "b": "1"}), "me"))
        assert found == {
            ("me", "Apply", ""): {"f:data": {"f:a": {}}},
            ("me", "Update", ""): {"f:data": {"f:b": {}}},
        }

    def test_that_take_a_field_away_end_its_ownership(self):
        store = make_store()
        apply(store, config_map({"a": "1", "b": "1"}))
        assert owners(update(store, config_map({"a": "1"}))) == {("me", "Apply", ""): {"f:data": {"f:a": {}}}}

    def test_of_the_page_leave_the_entries_alone(self):
        store = make_store()
        before = apply(store, config_map({"a": "1"}))["metadata"]["managedFields"]
        assert update(store, config_map({"a": "2"}), manager="")["metadata"]["managedFields"] == before


class TestParts:
    def test_the_status_has_managers_of_its_own(self):
        store = make_store()
        apply(store, controller(template=template({"name": "a", "image": "x"})), "one")
        config = {**controller(replicas=7), "status": {"replicas": 2}}
        changed = apply(store, config, "operator", subresource="status")
        assert changed["status"]["replicas"] == 2
        assert changed["spec"]["replicas"] == 1
        assert owners(changed)["operator", "Apply", "status"] == {"f:status": {"f:replicas": {}}}
        assert apply(store, config, "operator", subresource="status") is changed

    def test_the_status_is_not_applied_with_the_rest(self):
        store = make_store()
        config = {**controller(template=template({"name": "a", "image": "x"})), "status": {"replicas": 9}}
        made = apply(store, config)
        assert made["status"] == {"replicas": 0}
        assert "f:status" not in owners(made)["me", "Apply", ""]

    def test_the_scale_is_the_number_of_replicas(self):
        store = make_store()
        apply(store, controller(template=template({"name": "a", "image": "x"})), "one")
        scale = {
            "apiVersion": "autoscaling/v1",
            "kind": "Scale",
            "metadata": {"name": "kubia"},
            "spec": {"replicas": 5},
        }
        assert apply(store, scale, "hpa", subresource="scale")["spec"] == {"replicas": 5}
        stored = store.get(CONTROLLER, "default", "kubia")
        assert stored["spec"]["replicas"] == 5
        assert owners(stored)["hpa", "Apply", "scale"] == {"f:spec": {"f:replicas": {}}}
        assert "hpa" in refusal(apply, store, controller(replicas=1), "one").message

    def test_ephemeral_containers_are_all_that_is_taken_of_a_pod(self):
        store = make_store()
        verbs.create(store, bare_pod())
        debugger = {"name": "debugger", "image": "busybox:1"}
        config = bare_pod(ephemeralContainers=[debugger], hostNetwork=True)
        pod = apply(store, config, "debug", subresource="ephemeralcontainers")
        assert [container["name"] for container in pod["spec"]["ephemeralContainers"]] == ["debugger"]
        assert not pod["spec"].get("hostNetwork")
        assert owners(pod)["debug", "Apply", "ephemeralcontainers"] == {
            "f:spec": {
                "f:ephemeralContainers": {'k:{"name":"debugger"}': {".": {}, "f:image": {}, "f:name": {}}}
            }
        }

    def test_are_not_made_for_an_object_that_is_not_there(self):
        config = {**controller(), "status": {"replicas": 2}}
        assert refusal(apply, make_store(), config, subresource="status").code == 404


class TestKubectl:
    def client_side(self, store, data):
        config = config_map(data)
        text = json.dumps(config)
        store.manager = "kubectl-client-side-apply"
        verbs.create(store, config_map(data, annotations={ANNOTATION: text}))

    def test_takes_over_what_its_older_self_applied(self):
        store = make_store()
        self.client_side(store, {"a": "1"})
        changed = apply(store, config_map({"a": "2"}), "kubectl")
        assert changed["data"] == {"a": "2"}
        assert ("kubectl-client-side-apply", "Update", "") in owners(changed)
        remembered = json.loads(changed["metadata"]["annotations"][ANNOTATION])
        assert remembered["data"] == {"a": "2"}

    def test_does_not_take_over_what_somebody_has_changed_since(self):
        store = make_store()
        self.client_side(store, {"a": "1", "b": "1"})
        now = store.get("ConfigMap", "default", "settings")
        update(store, with_value(now, ("data", "a"), "9"), "editor")
        error = refusal(apply, store, config_map({"a": "2", "b": "2"}), "kubectl")
        assert error.message == 'Apply failed with 1 conflict: conflict with "editor" using v1: .data.a'

    def test_is_the_only_one_who_may(self):
        store = make_store()
        self.client_side(store, {"a": "1"})
        assert refusal(apply, store, config_map({"a": "2"}), "another").code == 409

    def test_rewrites_the_entries_when_it_comes_from_its_older_self(self):
        store = make_store()
        self.client_side(store, {"a": "1"})
        [entry] = store.get("ConfigMap", "default", "settings")["metadata"]["managedFields"]
        moved = {**entry, "manager": "kubectl", "operation": "Apply"}
        body = {"metadata": {"managedFields": [moved]}}
        store.manager = "kubectl"
        apply_patch(store, BY_KIND["ConfigMap"], "default", "settings", MERGE, body)
        changed = apply(store, config_map({"b": "1"}), "kubectl")
        assert changed["data"] == {"b": "1"}
        assert owners(changed).keys() == {("kubectl", "Apply", "")}


keys = st.sampled_from("abcd")
maps = st.dictionaries(keys, st.sampled_from("12"), max_size=4)


@given(maps, maps)
def test_managers_of_different_fields_never_meet(one, two):
    two = {key: value for key, value in two.items() if key not in one}
    store = make_store()
    apply(store, config_map(one or None), "one")
    both = apply(store, config_map(two or None), "two")
    assert both.get("data", {}) == {**one, **two}
    assert apply(store, config_map(one or None), "one") is both


def configuration(data, labels, finalizers):
    """Without what is empty: it would be owned, though no object has it."""
    metadata = {field: value for field, value in (("labels", labels), ("finalizers", finalizers)) if value}
    return config_map(data or None, **metadata)


configurations = st.builds(
    configuration, maps, maps, st.lists(st.sampled_from(["x/a", "x/b", "x/c"]), unique=True)
)


@given(st.lists(st.tuples(st.sampled_from(["one", "two", "three"]), configurations), min_size=1, max_size=6))
def test_a_field_is_there_as_long_as_somebody_applies_it(steps):
    store = make_store()
    last = {}
    for manager, config in steps:
        obj = apply(store, config, manager, force=True)
        last.pop(manager, None)
        last[manager] = config
        assert apply(later(store), config, manager) == obj
    for part, of in (("data", lambda o: o), ("labels", lambda o: o["metadata"])):
        wanted = {}
        for config in last.values():
            wanted.update(of(config).get(part) or {})
        # Whoever forced a field last has its value; who lost it does not hold it any more.
        found = of(obj).get(part) or {}
        assert found.keys() <= wanted.keys()
        assert (of(steps[-1][1]).get(part) or {}).items() <= found.items()
    finalizers = {name for config in last.values() for name in config["metadata"].get("finalizers", ())}
    assert set(obj["metadata"].get("finalizers", ())) == finalizers


@given(maps, maps, maps)
def test_what_one_stops_to_apply_goes_if_and_only_if_nobody_else_has_it(one, two, then):
    two = {**two, **{key: value for key, value in one.items() if key in two}}
    store = make_store()
    apply(store, config_map(one or None), "one")
    apply(store, config_map(two or None), "two")
    then = {key: value for key, value in {**one, **two}.items() if key in then}
    assert apply(store, config_map(then or None), "one").get("data", {}) == {**two, **then}
