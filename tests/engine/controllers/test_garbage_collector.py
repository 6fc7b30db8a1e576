"""What happens to dependents when their owner goes."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.controllers.garbage_collector import GarbageCollector
from clusters.engine.controllers.replication import ReplicationManager
from clusters.engine.objects import (
    controller_reference,
    is_active,
    is_deleting,
    key_of,
    name_of,
    owners_of,
    with_value,
)
from tests.engine.builders import (
    carry_on,
    later,
    make_pod,
    make_replication_controller,
    make_service,
    make_store,
    settle,
)

RC = ("ReplicationController", "default", "kubia")


def store_with_pods(count=3, **fields):
    """A ReplicationController and its pods, not yet on any node, so that they go at once."""
    store = make_store(make_replication_controller(replicas=count), **fields)
    for number in range(count):
        store.create(make_pod(f"kubia-{number}", owner=store.get(*RC)))
    return later(store, limit=fields.get("limit", 1_000_000))


def config(name, *owners, **metadata):
    """Something without behaviour that may own and be owned."""
    references = [controller_reference(owner) | {"controller": False} for owner in owners]
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": name, "namespace": "default", "ownerReferences": references, **metadata},
    }


def test_pods_follow_their_controller():
    store = store_with_pods()
    plane = settle(store, GarbageCollector)
    deleted = verbs.delete(store, *RC)
    assert store.count("Pod") == 3
    plane.observe(store.changes, store)
    carry_on(plane, store)
    assert store.count("Pod") == 0
    assert {(change.actor, change.cause) for change in store.changes[1:]} >= {
        ("garbage-collector", int(deleted["metadata"]["resourceVersion"]))
    }


def test_pods_on_a_node_get_their_grace_period():
    store = make_store(make_replication_controller(replicas=1))
    store.create(make_pod("kubia-1", owner=store.get(*RC), ip="10.244.0.2", ready=True))
    verbs.delete(store, *RC)
    settle(store, GarbageCollector)
    assert is_deleting(store.get("Pod", "default", "kubia-1"))
    before = store.revision
    settle(store, GarbageCollector)
    assert store.revision == before


def test_after_a_restart_it_finds_what_lost_its_owner_meanwhile():
    store = store_with_pods()
    verbs.delete(store, *RC)
    settle(store, GarbageCollector)
    assert store.count("Pod") == 0


def test_an_owner_of_the_same_name_but_another_uid_is_another():
    store = store_with_pods()
    verbs.delete(store, *RC)
    verbs.create(store, make_replication_controller(replicas=0))
    settle(store, GarbageCollector)
    assert store.count("Pod") == 0


def test_what_has_its_owner_is_not_even_looked_at():
    store = store_with_pods()
    plane = settle(store, GarbageCollector)
    store.create(make_pod("kubia-9", owner=store.get(*RC)))
    plane.observe(store.changes, store)
    assert not plane.has_work()


def test_orphans_lose_their_reference_and_live_on():
    store = store_with_pods()
    verbs.delete(store, *RC, propagation="Orphan")
    assert store.get(*RC) is not None
    settle(store, GarbageCollector)
    assert store.get(*RC) is None
    assert [owners_of(pod) for pod in store.list("Pod")] == [[], [], []]
    assert all(is_active(pod) for pod in store.list("Pod"))


def test_orphaned_pods_find_a_new_controller():
    store = store_with_pods()
    verbs.delete(store, *RC, propagation="Orphan")
    settle(store, GarbageCollector)
    verbs.create(store, make_replication_controller("heir", replicas=3))
    settle(store, GarbageCollector, ReplicationManager)
    assert {owners_of(pod)[0]["name"] for pod in store.list("Pod")} == {"heir"}
    assert store.count("Pod") == 3


def test_in_the_foreground_the_owner_goes_last():
    store = make_store(make_replication_controller(replicas=2))
    for number in range(2):
        store.create(make_pod(f"kubia-{number}", owner=store.get(*RC), node="node-1"))
    plane = settle(store, GarbageCollector, ReplicationManager)
    since = store.revision
    verbs.delete(store, *RC, propagation="Foreground")

    def tell():
        plane.observe([change for change in store.changes if change.revision > since], store)
        carry_on(plane, store)

    tell()
    assert is_deleting(store.get(*RC))
    assert [is_deleting(pod) for pod in store.list("Pod")] == [True, True]
    since = store.revision
    verbs.delete(store, "Pod", "default", "kubia-0", grace_seconds=0)
    tell()
    assert store.get(*RC) is not None
    since = store.revision
    verbs.delete(store, "Pod", "default", "kubia-1", grace_seconds=0)
    tell()
    assert store.get(*RC) is None
    assert store.count("Pod") == 0


def test_in_the_foreground_dependents_of_dependents_go_first():
    store = make_store(config("grandparent"))
    parent = store.create(config("parent", store.get("Endpoints", "default", "grandparent")))
    child = store.create(config("child", parent, finalizers=["example.com/hold"]))
    verbs.delete(store, "Endpoints", "default", "grandparent", propagation="Foreground")
    settle(store, GarbageCollector)
    assert all(is_deleting(obj) for obj in store.list("Endpoints"))
    assert store.count("Endpoints") == 3
    plane = settle(store, GarbageCollector)
    since = store.revision
    verbs.remove_finalizer(store, child, "example.com/hold")
    plane.observe([change for change in store.changes if change.revision > since], store)
    carry_on(plane, store)
    assert store.count("Endpoints") == 0


def test_only_dependents_that_block_hold_their_owner():
    store = make_store(config("owner"))
    dependent = config("dependent", store.get("Endpoints", "default", "owner"), finalizers=["example.com/x"])
    del dependent["metadata"]["ownerReferences"][0]["blockOwnerDeletion"]
    store.create(dependent)
    verbs.delete(store, "Endpoints", "default", "owner", propagation="Foreground")
    settle(store, GarbageCollector)
    assert [name_of(obj) for obj in store.list("Endpoints")] == ["dependent"]
    assert is_deleting(store.list("Endpoints")[0])


def test_one_owner_that_stays_is_enough():
    store = make_store(config("one"), config("two"))
    one, two = store.list("Endpoints")
    store.create(config("shared", one, two))
    verbs.delete(store, *key_of(one))
    settle(store, GarbageCollector)
    shared = store.get("Endpoints", "default", "shared")
    assert [reference["name"] for reference in owners_of(shared)] == ["two"]
    assert not is_deleting(shared)


def test_an_owner_that_waits_lets_go_of_a_dependent_with_another_owner():
    store = make_store(config("one"), config("two"))
    one, two = store.list("Endpoints")
    store.create(config("shared", one, two))
    verbs.delete(store, *key_of(one), propagation="Foreground")
    settle(store, GarbageCollector)
    assert [name_of(obj) for obj in store.list("Endpoints")] == ["shared", "two"]


def test_an_owner_of_a_kind_that_nobody_serves_is_not_known_to_be_gone():
    reference = {"apiVersion": "example.com/v1", "kind": "Boat", "name": "b", "uid": "u"}
    store = make_store(make_pod(ownerReferences=[reference]))
    settle(store, GarbageCollector)
    assert store.count("Pod") == 1


def test_a_cluster_scoped_owner_counts():
    store = make_store()
    store.create(config("lease", store.get("Namespace", "", "default")))
    settle(store, GarbageCollector)
    assert store.count("Endpoints") == 1


def test_a_reference_added_later_is_looked_at():
    store = make_store(make_pod("stray"))
    plane = settle(store, GarbageCollector)
    dead = {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "name": "dead",
        "uid": "no",
        "controller": True,
    }
    verbs.update(store, with_value(store.list("Pod")[0], ("metadata", "ownerReferences"), [dead]))
    plane.observe(store.changes, store)
    carry_on(plane, store)
    assert store.count("Pod") == 0


@pytest.mark.parametrize("propagation", ["Background", "Foreground", "Orphan"])
def test_many_dependents_take_several_passes(propagation):
    store = store_with_pods(30, limit=8)
    store.create(make_service())
    verbs.delete(store, *RC, propagation=propagation)
    plane = settle(store, GarbageCollector)
    for _ in range(20):
        assert len(store.changes) <= 8 + 1
        store = later(store, limit=8)
        carry_on(plane, store)
    assert not plane.has_work()
    assert store.get(*RC) is None
    assert store.count("Pod") == (30 if propagation == "Orphan" else 0)
    assert not any(owners_of(pod) for pod in store.list("Pod"))
