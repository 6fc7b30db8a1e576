"""What a ReplicaSet does to pods. What it shares with a ReplicationController is in test_replication.py."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.controllers.garbage_collector import GarbageCollector
from clusters.engine.controllers.replicaset import ReplicaSetController
from clusters.engine.controllers.replication import ReplicationManager
from clusters.engine.objects import (
    controller_of,
    controller_reference,
    is_active,
    key_of,
    labels_of,
    name_of,
    uid_of,
    with_value,
)
from tests.engine.builders import (
    NOW,
    carry_on,
    events_about,
    make_pod,
    make_replica_set,
    make_replication_controller,
    make_store,
    running,
    settle,
)


def the_set(store, name="kubia"):
    return store.get("ReplicaSet", "default", name)


def active_pods(store):
    return [pod for pod in store.list("Pod") if is_active(pod)]


def test_creates_the_missing_pods_and_tells_of_them():
    store = make_store(make_replica_set(replicas=2))
    settle(store, ReplicaSetController)
    pods = active_pods(store)
    assert [controller_of(pod) for pod in pods] == [controller_reference(the_set(store))] * 2
    assert {controller_of(pod)["apiVersion"] for pod in pods} == {"apps/v1"}
    told = {("SuccessfulCreate", f"Created pod: {name_of(pod)}") for pod in pods}
    assert set(events_about(store, the_set(store))) == told
    assert {event["source"]["component"] for event in store.list("Event")} == {"replicaset-controller"}
    assert {change.actor for change in store.changes if change.key.kind == "Pod"} == {"replicaset-controller"}
    assert the_set(store)["status"] == {
        "replicas": 2,
        "fullyLabeledReplicas": 2,
        "terminatingReplicas": 0,
        "observedGeneration": 1,
    }


def test_expressions_select_pods_too():
    selector = {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["web", "db"]}]}
    labels = {"tier": "web"}
    store = make_store(
        make_replica_set(replicas=2, labels=labels, selector=selector),
        make_pod("database", labels={"tier": "db"}),
        make_pod("cache", labels={"tier": "cache"}),
    )
    settle(store, ReplicaSetController)
    owned = {name_of(pod) for pod in store.list("Pod") if controller_of(pod)}
    assert "database" in owned
    assert "cache" not in owned
    assert len(owned) == 2


def test_a_pod_whose_labels_leave_the_selector_is_released_and_replaced():
    store = make_store(make_replica_set(replicas=1))
    plane = settle(store, ReplicaSetController)
    (pod,) = active_pods(store)
    seen = len(store.changes)
    verbs.update(store, with_value(pod, ("metadata", "labels"), {"app": "debug"}))
    plane.observe(store.changes[seen:], store)
    carry_on(plane, store)
    assert controller_of(store.get(*key_of(pod))) is None
    assert len(active_pods(store)) == 2


def test_pods_on_their_way_out_are_counted_until_they_are_gone():
    store = make_store(make_replica_set(replicas=2))
    plane = settle(store, ReplicaSetController)
    victim, other = active_pods(store)
    seen = len(store.changes)
    for pod in (victim, other):
        store.update(running(pod, ip="10.244.0.2"))
    verbs.delete(store, *key_of(victim))
    plane.observe(store.changes[seen:], store)
    carry_on(plane, store)
    assert the_set(store)["status"]["terminatingReplicas"] == 1
    assert the_set(store)["status"]["replicas"] == 2  # its replacement is there already
    seen = len(store.changes)
    verbs.delete(store, *key_of(victim), grace_seconds=0)
    plane.observe(store.changes[seen:], store)
    carry_on(plane, store)
    assert the_set(store)["status"]["terminatingReplicas"] == 0


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_ended_while_it_was_told_to_stop_counts_no_more(phase):
    store = make_store(make_replica_set(replicas=0))
    pod = store.create(
        make_pod("kubia-1", owner=the_set(store), ip="10.244.0.2", finalizers=["example.com/hold"])
    )
    verbs.delete(store, *key_of(pod))
    plane = settle(store, ReplicaSetController)
    assert the_set(store)["status"]["terminatingReplicas"] == 1
    seen = len(store.changes)
    stopping = store.get(*key_of(pod))
    verbs.update_status(store, {**stopping, "status": {**stopping["status"], "phase": phase}})
    plane.observe(store.changes[seen:], store)
    carry_on(plane, store)
    assert the_set(store)["status"]["terminatingReplicas"] == 0


def test_pods_are_available_when_they_were_ready_for_long_enough():
    store = make_store(make_replica_set(replicas=1, min_ready_seconds=30))
    store.create(make_pod("kubia-1", owner=the_set(store), ip="10.244.0.2", ready=True, ready_since=NOW))
    plane = settle(store, ReplicaSetController)
    assert "availableReplicas" not in the_set(store)["status"]
    carry_on(plane, store, until=NOW + 29)
    assert "availableReplicas" not in the_set(store)["status"]
    carry_on(plane, store, until=NOW + 30)
    assert the_set(store)["status"]["availableReplicas"] == 1


def test_a_controller_and_a_set_of_one_name_do_not_touch_each_others_pods():
    store = make_store(make_replica_set(replicas=2), make_replication_controller(replicas=3))
    plane = settle(store, ReplicaSetController, ReplicationManager)
    owners = [controller_of(pod)["kind"] for pod in store.list("Pod")]
    assert (owners.count("ReplicaSet"), owners.count("ReplicationController")) == (2, 3)
    seen = len(store.changes)
    verbs.scale(store, "ReplicaSet", "default", "kubia", 0)
    plane.observe(store.changes[seen:], store)
    carry_on(plane, store)
    assert [controller_of(pod)["kind"] for pod in active_pods(store)] == ["ReplicationController"] * 3
    assert "terminatingReplicas" not in store.get("ReplicationController", "default", "kubia")["status"]


def test_what_cannot_be_created_is_a_condition_and_a_warning():
    template = {"metadata": {"labels": {"app": "kubia"}}, "spec": {"containers": []}}
    store = make_store(make_replica_set(replicas=1, template=template))
    settle(store, ReplicaSetController)
    (condition,) = the_set(store)["status"]["conditions"]
    assert (condition["type"], condition["reason"]) == ("ReplicaFailure", "FailedCreate")
    ((reason, message),) = events_about(store, the_set(store))
    assert reason == "FailedCreate"
    assert message.startswith("Error creating: Pod ")


def test_a_set_that_is_being_deleted_makes_nothing():
    store = make_store(make_replica_set(replicas=3, finalizers=["example.com/hold"]))
    verbs.delete(store, "ReplicaSet", "default", "kubia")
    settle(store, ReplicaSetController)
    assert store.count("Pod") == 0


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
def test_its_pods_go_with_it(propagation):
    store = make_store(make_replica_set(replicas=2))
    plane = settle(store, ReplicaSetController, GarbageCollector)
    seen = len(store.changes)
    verbs.delete(store, "ReplicaSet", "default", "kubia", propagation=propagation)
    plane.observe(store.changes[seen:], store)
    carry_on(plane, store)
    assert the_set(store) is None
    assert store.count("Pod") == 0


def test_orphans_stay_and_another_set_takes_them():
    store = make_store(make_replica_set(replicas=2))
    plane = settle(store, ReplicaSetController, GarbageCollector)
    pods = {uid_of(pod) for pod in store.list("Pod")}
    seen = len(store.changes)
    verbs.delete(store, "ReplicaSet", "default", "kubia", propagation="Orphan")
    plane.observe(store.changes[seen:], store)
    carry_on(plane, store)
    assert [controller_of(pod) for pod in store.list("Pod")] == [None, None]
    seen = len(store.changes)
    heir = verbs.create(store, make_replica_set("heir", replicas=2))
    plane.observe(store.changes[seen:], store)
    carry_on(plane, store)
    assert {uid_of(pod) for pod in store.list("Pod")} == pods
    assert {controller_of(pod)["uid"] for pod in store.list("Pod")} == {uid_of(heir)}
    assert all(labels_of(pod) == {"app": "kubia"} for pod in store.list("Pod"))
