"""How a Service of type LoadBalancer gets a public address, and gives it back."""

from ipaddress import ip_address

import pytest

from clusters.engine import cluster
from clusters.engine.apiserver import verbs
from clusters.engine.controllers.service import FINALIZER, PUBLIC_NETWORKS, ServiceController
from clusters.engine.objects import is_deleting, with_value
from tests.engine.builders import (
    NOW,
    carry_on,
    events_about,
    later,
    make_service,
    make_store,
    settle,
)


def load_balancer(name="kubia", **fields):
    return make_service(name, type_="LoadBalancer", **fields)


def service(store, name="kubia"):
    return store.get("Service", "default", name)


def public_ip(store, name="kubia"):
    """The Service's public address, None while it is pending."""
    ingress = service(store, name)["status"]["loadBalancer"].get("ingress")
    return ingress[0]["ip"] if ingress else None


def reasons(store):
    return [reason for reason, _ in events_about(store, make_service())]


def tell(plane, store, since, until=None):
    plane.observe([change for change in store.changes if change.revision > since], store)
    carry_on(plane, store, until=until)


def test_the_address_comes_after_some_seconds():
    store = make_store(load_balancer(), delays="real")
    plane = settle(store, ServiceController)
    assert public_ip(store) is None
    assert service(store)["metadata"]["finalizers"] == [FINALIZER]
    assert reasons(store) == ["EnsuringLoadBalancer"]
    assert NOW + 3.5 <= plane.next_due() <= NOW + 7.05

    carry_on(plane, store, until=NOW + 8)
    (ingress,) = service(store)["status"]["loadBalancer"]["ingress"]
    assert ingress["ipMode"] == "VIP"
    assert ip_address(ingress["ip"]) in PUBLIC_NETWORKS[0]
    assert reasons(store) == ["EnsuringLoadBalancer", "EnsuredLoadBalancer"]
    assert plane.next_due() is None


def test_a_restart_neither_forgets_nor_prolongs_the_wait():
    store = make_store(load_balancer(), delays="real")
    due = settle(store, ServiceController).next_due()
    store = later(store, 1.0)
    plane = settle(store, ServiceController)
    assert plane.next_due() == due
    carry_on(plane, store, until=due)
    assert public_ip(store)
    assert reasons(store) == ["EnsuringLoadBalancer", "EnsuredLoadBalancer"]


def test_the_same_seed_draws_the_same_and_another_does_not():
    def address(seed):
        store = make_store(load_balancer(), seed=seed)
        settle(store, ServiceController)
        return public_ip(store)

    assert address("a") == address("a")
    assert len({address(seed) for seed in "abcdef"}) > 1


def test_no_address_is_given_twice_and_the_second_network_follows_the_first():
    count = 254 + 3
    store = make_store(
        *(load_balancer(f"s{n}", cluster_ip=f"10.97.{n // 250}.{n % 250}") for n in range(count))
    )
    settle(store, ServiceController)
    given = {public_ip(store, f"s{n}") for n in range(count)}
    assert len(given) == count
    assert sum(ip_address(ip) in PUBLIC_NETWORKS[1] for ip in given) == 3


def test_when_all_addresses_are_taken_it_says_so_and_tries_again(monkeypatch):
    monkeypatch.setattr("clusters.engine.controllers.service.PUBLIC_NETWORKS", ())
    store = make_store(load_balancer())
    plane = settle(store, ServiceController)
    assert reasons(store) == ["EnsuringLoadBalancer", "SyncLoadBalancerFailed"]
    assert plane.next_due() > NOW
    monkeypatch.undo()
    carry_on(plane, store, until=NOW + 1)
    assert public_ip(store)


def test_without_a_cloud_it_stays_pending_and_nobody_says_a_word():
    store = make_store(load_balancer(), cloud=False)
    before = store.revision
    plane = settle(store, ServiceController, until=NOW + 100)
    assert store.revision == before
    cluster.set_cloud(store, True)
    tell(plane, store, before)
    assert public_ip(store)


def test_a_cloud_that_goes_away_keeps_what_it_gave_and_what_waits():
    store = make_store(load_balancer(), cloud=True, delays="none")
    plane = settle(store, ServiceController)
    since = store.revision
    cluster.set_cloud(store, False)
    verbs.delete(store, "Service", "default", "kubia")
    tell(plane, store, since)
    assert public_ip(store)
    assert is_deleting(service(store))
    since = store.revision
    cluster.set_cloud(store, True)
    tell(plane, store, since)
    assert service(store) is None


def test_deleting_the_service_takes_the_load_balancer_down_first():
    store = make_store(load_balancer())
    plane = settle(store, ServiceController)
    since = store.revision
    verbs.delete(store, "Service", "default", "kubia")
    assert is_deleting(service(store))
    tell(plane, store, since)
    assert service(store) is None
    assert reasons(store)[2:] == ["DeletingLoadBalancer", "DeletedLoadBalancer"]


def test_deleting_it_while_the_cloud_is_at_work():
    store = make_store(load_balancer(), delays="real")
    plane = settle(store, ServiceController)
    since = store.revision
    verbs.delete(store, "Service", "default", "kubia")
    tell(plane, store, since, until=NOW + 20)
    assert service(store) is None
    assert reasons(store) == ["EnsuringLoadBalancer", "DeletedLoadBalancer"]


def test_another_type_gives_the_address_back_and_a_change_of_mind_gets_a_new_one():
    store = make_store(load_balancer())
    plane = settle(store, ServiceController)
    first, since = public_ip(store), store.revision
    changed = with_value(service(store), ("spec", "type"), "NodePort")
    del changed["spec"]["allocateLoadBalancerNodePorts"]
    verbs.update(store, changed)
    tell(plane, store, since)
    assert public_ip(store) is None
    assert not service(store)["metadata"].get("finalizers")
    assert first is not None

    since = store.revision
    verbs.update(store, with_value(service(store), ("spec", "type"), "LoadBalancer"))
    tell(plane, store, since)
    assert public_ip(store)
    assert service(store)["metadata"]["finalizers"] == [FINALIZER]


@pytest.mark.parametrize(
    "other",
    [make_service(), make_service(type_="NodePort"), load_balancer(loadBalancerClass="example.com/mine")],
)
def test_other_services_are_none_of_its_business(other):
    store = make_store(other)
    before = store.revision
    settle(store, ServiceController)
    assert store.revision == before


def test_a_finalizer_that_somebody_wrote_is_kept_only_once():
    service_with_finalizer = load_balancer()
    service_with_finalizer["metadata"]["finalizers"] = [FINALIZER]
    store = make_store(service_with_finalizer)
    settle(store, ServiceController)
    assert public_ip(store)
    assert service(store)["metadata"]["finalizers"] == [FINALIZER]
