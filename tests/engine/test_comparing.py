"""Two states of an object differ in the fields that somebody moved, and in no others."""

from clusters.engine.changes import ADDED, DELETED, MODIFIED
from clusters.engine.comparing import compare, fields
from clusters.engine.objects import Key, with_value
from clusters.engine.store import MemoryStore, Overlay


def pod(**more):
    return {
        "kind": "Pod",
        "metadata": {"name": "p", "resourceVersion": "1", "managedFields": [1], "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "main", "image": "nginx"}]},
        "status": {"conditions": [{"type": "Ready", "status": "False"}]},
        "simulation": {"slot": 1},
        **more,
    }


def test_the_same_twice_differs_in_nothing():
    assert fields(pod(), pod()) == []


def test_what_moves_with_every_write_and_what_only_the_simulator_knows_is_left_out():
    metadata = {**pod()["metadata"], "resourceVersion": "2", "managedFields": [2]}
    assert fields(pod(), pod(metadata=metadata, simulation={"slot": 2})) == []


def test_a_field_that_comes_and_one_that_goes():
    status = {"conditions": [{"type": "Ready", "status": "False"}], "podIP": "10.244.1.2"}
    assert fields(pod(), pod(status=status)) == [("status.podIP", None, "10.244.1.2")]
    assert fields(pod(status=status), pod()) == [("status.podIP", "10.244.1.2", None)]


def test_entries_of_a_list_are_found_by_what_names_them():
    ready = [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "True"}]
    assert fields(pod(), pod(status={"conditions": ready})) == [
        ("status.conditions[Ready].status", "False", "True"),
        ("status.conditions[PodScheduled]", None, ready[0]),
    ]


def test_taints_of_one_key_are_told_apart_by_their_effect():
    def node(*effects):
        return {
            "kind": "Node",
            "metadata": {},
            "spec": {"taints": [{"key": "a", "effect": e} for e in effects]},
        }

    assert fields(node("NoSchedule"), node("NoSchedule", "NoExecute")) == [
        ("spec.taints[a:NoExecute]", None, {"key": "a", "effect": "NoExecute"})
    ]


def test_a_list_that_nothing_tells_apart_moves_as_a_whole():
    def running(*args):
        return pod(spec={"containers": [{"name": "main", "image": "nginx", "args": list(args)}]})

    assert fields(running("a", "b"), running("b")) == [("spec.containers[main].args", ["a", "b"], ["b"])]


def test_a_key_with_dots_stands_in_brackets():
    labelled = {**pod()["metadata"], "labels": {"app": "web", "app.kubernetes.io/name": "web"}}
    assert fields(pod(), pod(metadata=labelled)) == [("metadata.labels[app.kubernetes.io/name]", None, "web")]


def test_an_object_that_comes_is_one_field():
    ((path, before, after),) = fields(None, pod())
    assert (path, before) == ("", None)
    assert after["spec"] == pod()["spec"]
    assert "simulation" not in after


def simple(kind, name, namespace="default", **spec):
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def image_of(*objects):
    return moved_on(MemoryStore(), *[lambda store, o=obj: store.create(o) for obj in objects])


def moved_on(image, *verbs):
    store = Overlay(image, now=1.0, seed="seed")
    for verb in verbs:
        verb(store)
    return store.publish()


def told(differences):
    return [(found.verb, found.key.kind, found.key.name) for found in differences]


def test_a_moment_differs_from_itself_in_nothing():
    image = image_of(simple("Pod", "a"))
    assert compare(image, image) == []


def test_what_was_added_changed_and_gone():
    then = image_of(simple("Pod", "gone"), simple("Service", "web", port=80), simple("Pod", "same"))
    now = moved_on(
        then,
        lambda store: store.delete(Key("Pod", "default", "gone")),
        lambda store: store.create(simple("Pod", "new")),
        lambda store: store.update(
            with_value(store.get("Service", "default", "web"), ("spec", "port"), 8080)
        ),
    )
    found = compare(then, now)
    assert told(found) == [(MODIFIED, "Service", "web"), (DELETED, "Pod", "gone"), (ADDED, "Pod", "new")]
    assert found[0].fields == [("spec.port", 80, 8080)]
    assert told(compare(now, then)) == [
        (MODIFIED, "Service", "web"),
        (ADDED, "Pod", "gone"),
        (DELETED, "Pod", "new"),
    ]


def test_an_object_that_came_again_under_its_name_is_another_one():
    then = image_of(simple("Pod", "a"))
    key = Key("Pod", "default", "a")
    now = moved_on(then, lambda store: store.delete(key), lambda store: store.create(simple("Pod", "a")))
    assert told(compare(then, now)) == [(DELETED, "Pod", "a"), (ADDED, "Pod", "a")]


def test_an_object_that_was_only_written_again_is_not_told():
    then = image_of(simple("Pod", "a"))
    now = moved_on(then, lambda s: s.update({**s.get("Pod", "default", "a"), "simulation": {"slot": 3}}))
    assert compare(then, now) == []


def test_kinds_come_in_the_order_in_which_people_look_for_them():
    kinds = ["Secret", "Pod", "Event", "ConfigMap", "Node", "Cluster", "Service", "ReplicaSet"]
    now = image_of(*[simple(kind, "a") for kind in kinds])
    shown = ["Node", "Service", "ReplicaSet", "Pod", "ConfigMap", "Secret"]
    assert [found.key.kind for found in compare(MemoryStore(), now)] == shown
    assert [found.key.kind for found in compare(MemoryStore(), now, events=True)] == [*shown, "Event"]
