"""How a namespace goes, and everything in it."""

from clusters.engine import events
from clusters.engine.apiserver import verbs
from clusters.engine.controllers.endpoints import EndpointsController
from clusters.engine.controllers.endpointslice import EndpointSliceController
from clusters.engine.controllers.namespace import NamespaceController
from clusters.engine.controllers.replication import ReplicationManager
from clusters.engine.objects import condition_of, is_deleting
from tests.engine.builders import (
    carry_on,
    later,
    make_namespace,
    make_pod,
    make_replication_controller,
    make_service,
    make_store,
    settle,
)

ALL = (NamespaceController, ReplicationManager, EndpointsController, EndpointSliceController)


def namespace(store):
    return store.get("Namespace", "", "team")


def in_team(store):
    return [key for kind in store.kinds() for key in store.keys(kind) if key.namespace == "team"]


def delete_namespace(store):
    return verbs.delete(store, "Namespace", "", "team")


def test_an_active_namespace_is_left_alone():
    store = make_store(make_namespace("team"), make_pod(namespace="team"))
    before = store.revision
    settle(store, NamespaceController)
    assert store.revision == before


def test_an_empty_one_goes_at_once():
    store = make_store(make_namespace("team"))
    delete_namespace(store)
    assert namespace(store)["status"]["phase"] == "Terminating"
    settle(store, NamespaceController)
    assert namespace(store) is None


def test_everything_in_it_goes_and_nothing_comes_back():
    store = make_store(
        make_namespace("team"),
        make_replication_controller(namespace="team", replicas=3),
        make_service(namespace="team"),
        make_pod("mine", namespace="team", labels={"app": "other"}),
        make_replication_controller(replicas=1),
    )
    settle(store, *ALL)
    assert {key.kind for key in in_team(store)} >= {"Event", "Endpoints", "EndpointSlice", "Pod"}
    delete_namespace(store)
    settle(store, *ALL)
    assert namespace(store) is None
    assert in_team(store) == []
    assert store.count("Pod") == 1


def test_it_waits_for_pods_and_says_so():
    store = make_store(
        make_namespace("team"), make_pod("slow", namespace="team", ip="10.244.0.2", ready=True)
    )
    plane = settle(store, *ALL)
    since = store.revision
    delete_namespace(store)
    plane.observe([change for change in store.changes if change.revision > since], store)
    carry_on(plane, store)
    assert is_deleting(store.get("Pod", "team", "slow"))
    condition = condition_of(namespace(store), "NamespaceContentRemaining")
    assert condition["message"] == "Some resources are remaining: pods. has 1 resource instances"
    assert condition_of(namespace(store), "NamespaceFinalizersRemaining")["status"] == "False"

    since = store.revision
    verbs.delete(store, "Pod", "team", "slow", grace_seconds=0)
    plane.observe([change for change in store.changes if change.revision > since], store)
    carry_on(plane, store)
    assert namespace(store) is None


def test_it_names_finalizers_that_hold_its_contents():
    store = make_store(
        make_namespace("team"), make_pod("held", namespace="team", finalizers=["example.com/hold"])
    )
    delete_namespace(store)
    settle(store, NamespaceController)
    condition = condition_of(namespace(store), "NamespaceFinalizersRemaining")
    assert (condition["status"], condition["reason"]) == ("True", "SomeFinalizersRemain")
    assert condition["message"].endswith("example.com/hold in 1 resource instances")
    told = condition["lastTransitionTime"]
    store = later(store, 60)
    settle(store, NamespaceController)
    assert condition_of(namespace(store), "NamespaceFinalizersRemaining")["lastTransitionTime"] == told

    verbs.remove_finalizer(store, store.get("Pod", "team", "held"), "example.com/hold")
    settle(store, NamespaceController)
    assert namespace(store) is None


def test_many_objects_take_several_passes():
    pods = [make_pod(f"p{n}", namespace="team") for n in range(20)]
    store = make_store(make_namespace("team"), *pods, limit=5)
    delete_namespace(store)
    plane = settle(store, NamespaceController)
    for _ in range(10):
        assert len(store.changes) <= 5 + 1
        store = later(store, limit=5)
        carry_on(plane, store)
    assert namespace(store) is None
    assert in_team(store) == []


def test_an_event_in_a_namespace_that_goes_is_lost():
    """Else it would outlive its namespace, since whoever tells of the last object's end comes too late."""
    store = make_store(make_namespace("team"), make_pod(namespace="team"))
    delete_namespace(store)
    before = store.revision
    pod = store.get("Pod", "team", "kubia-1")
    events.record(store, pod, "Killing", "Stopping container main", component="kubelet")
    events.record_action(store, pod, "Scheduled", "assigned", component="default-scheduler", action="Binding")
    assert store.revision == before
