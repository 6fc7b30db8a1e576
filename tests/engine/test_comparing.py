"""Two states of an object differ in the fields that somebody moved, and in no others."""

from clusters.engine.comparing import fields


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
