"""What an Event says, and how repetitions are counted."""

from clusters.engine import events, names
from clusters.engine.clock import rfc3339
from clusters.engine.objects import key_of, name_of, uid_of
from tests.engine.builders import NOW, make_node, make_pod, make_store


def the_pod(store):
    return store.get("Pod", "default", "kubia-1")


def about(store, obj):
    """The Events about an object, by the order in which they were first told: their names follow the time."""
    return store.indexed("events-by-object", uid_of(obj))


def test_an_event_says_who_told_what_about_which_part_of_whom():
    store = make_store(make_pod())
    pod = the_pod(store)
    events.record(
        store,
        pod,
        "Pulled",
        "Successfully pulled",
        component="kubelet",
        host="node-1",
        field_path="spec.containers{main}",
    )
    (event,) = about(store, pod)
    assert event["metadata"]["namespace"] == "default"
    assert event["involvedObject"] == {
        "kind": "Pod",
        "namespace": "default",
        "name": "kubia-1",
        "uid": pod["metadata"]["uid"],
        "apiVersion": "v1",
        "resourceVersion": pod["metadata"]["resourceVersion"],
        "fieldPath": "spec.containers{main}",
    }
    assert event["source"] == {"component": "kubelet", "host": "node-1"}
    assert (event["type"], event["reason"], event["count"]) == ("Normal", "Pulled", 1)
    assert event["firstTimestamp"] == event["lastTimestamp"] == rfc3339(NOW)


def test_the_same_message_counts_up_and_another_is_another():
    store = make_store(make_pod())
    for message in ("Back-off", "Back-off", "gone"):
        events.record(store, the_pod(store), "BackOff", message, type_="Warning", component="kubelet")
        store.now += 10
    told = about(store, the_pod(store))
    assert [(event["message"], event["count"]) for event in told] == [("Back-off", 2), ("gone", 1)]
    assert told[0]["lastTimestamp"] == rfc3339(NOW + 10)


def test_a_new_object_of_the_same_name_has_events_of_its_own():
    store = make_store(make_pod())
    for _ in range(2):
        events.record(store, the_pod(store), "Started", "Container started", component="kubelet")
        store.delete(key_of(the_pod(store)))
        store.create(make_pod())
    assert store.count("Event") == 2
    assert about(store, the_pod(store)) == []


def test_events_about_cluster_scoped_objects_are_in_the_default_namespace():
    store = make_store(make_node())
    events.record(store, store.list("Node")[0], "Starting", "Starting kubelet.", component="kubelet")
    (event,) = store.list("Event", "default")
    assert "namespace" not in event["involvedObject"]


def test_the_schedulers_way():
    store = make_store(make_pod())
    for _ in range(3):
        events.record_action(
            store,
            the_pod(store),
            "FailedScheduling",
            "no room",
            component="default-scheduler",
            action="Scheduling",
        )
    (event,) = about(store, the_pod(store))
    assert (event["reportingComponent"], event["action"]) == ("default-scheduler", "Scheduling")
    assert (event["firstTimestamp"], event["lastTimestamp"], event["source"]) == (None, None, {})
    assert event["series"]["count"] == 3


def test_a_long_name_is_cut_so_that_the_events_is_one_too():
    pods = [make_pod("a" * 250 + "b"), make_pod("c" * 235 + "." + "d" * 17)]
    store = make_store(*pods)
    for pod in store.list("Pod"):
        events.record(store, pod, "Started", "Container started", component="kubelet")
        events.record_action(store, pod, "Scheduled", "assigned", component="s", action="Binding")
        told = [name_of(event) for event in about(store, pod)]
        assert len(set(told)) == 2
        for name in told:
            assert name.startswith(name_of(pod)[:235])
            assert names.dns1123_subdomain(name) == ()


def test_what_is_told_in_one_instant_keeps_its_order_by_name():
    pod = make_pod("p")
    store = make_store(pod)
    reasons = [f"Reason{number}" for number in range(9)]
    for reason in reasons:
        events.record(store, pod_of(store), reason, "said", component="kubelet")
    assert [event["reason"] for event in store.list("Event")] == reasons


def test_a_name_that_somebody_took_is_left_to_him():
    pod = make_pod("p")
    trial, store = make_store(pod), make_store(pod)
    events.record(trial, pod_of(trial), "Started", "said", component="kubelet")
    (taken,) = trial.list("Event")
    for told in range(3):
        store = make_store(pod, {**taken, "reason": "Mine"})
        store.revision = trial.revision - 1
        events.record(store, pod_of(store), f"Started{told}", "said", component="kubelet")
        assert len(store.list("Event")) == 2


def pod_of(store):
    return store.get("Pod", "default", "p")
