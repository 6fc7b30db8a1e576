"""Every namespace has an account for its pods."""

from clusters.engine import assembly
from clusters.engine.apiserver import verbs
from clusters.engine.controllers.serviceaccounts import ServiceAccountsController
from clusters.engine.objects import is_active
from tests.engine.builders import (
    make_namespace,
    make_node,
    make_replication_controller,
    make_service_account,
    make_store,
)
from tests.engine.world import World


def accounts(w):
    return [(key.namespace, key.name) for key in w.store.keys("ServiceAccount")]


def test_a_new_namespace_gets_its_account():
    w = World(make_store(), ServiceAccountsController)
    w.act(verbs.create, make_namespace("lab"))
    assert accounts(w) == [("default", "default"), ("kube-system", "default"), ("lab", "default")]
    change = w.store.changes[-1]
    assert change.actor == "service-account-controller"
    assert change.cause == change.revision - 1


def test_a_deleted_account_comes_back():
    w = World(make_store(), ServiceAccountsController)
    before = w.get("ServiceAccount", "default")["metadata"]["uid"]
    w.act(verbs.delete, "ServiceAccount", "default", "default")
    assert w.get("ServiceAccount", "default")["metadata"]["uid"] != before


def test_other_accounts_stay_away():
    w = World(make_store(make_service_account("robot")), ServiceAccountsController)
    w.act(verbs.delete, "ServiceAccount", "default", "robot")
    assert w.get("ServiceAccount", "robot") is None


def test_a_cluster_that_never_had_accounts_gets_them_when_it_is_loaded():
    store = make_store()
    for key in store.keys("ServiceAccount"):
        store.delete(key)
    w = World(store)
    assert accounts(w) == [("default", "default"), ("kube-system", "default")]


def test_a_namespace_on_its_way_out_gets_none():
    w = World(make_store())
    w.act(verbs.create, make_namespace("lab"))
    w.act(verbs.delete, "Namespace", "", "lab")
    assert w.get("Namespace", "lab", "") is None
    assert ("lab", "default") not in accounts(w)


def test_a_controller_in_a_namespace_that_is_just_being_made_gets_its_pods():
    w = World(make_store(make_node()))

    def namespace_and_controller(store):
        verbs.create(store, make_namespace("lab"))
        return verbs.create(store, make_replication_controller(namespace="lab", replicas=2))

    w.act(namespace_and_controller)
    w.wait(5)
    assert len([pod for pod in w.store.list("Pod", "lab") if is_active(pod)]) == 2


def test_the_control_plane_includes_it():
    assert any(isinstance(c, ServiceAccountsController) for c in assembly.build().controllers)
