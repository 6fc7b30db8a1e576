"""Which pods are listed behind a Service, in slices of at most a hundred."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import verbs
from clusters.engine.clock import rfc3339
from clusters.engine.controllers.endpointslice import (
    MANAGED_BY,
    MAX_ENDPOINTS,
    SERVICE_NAME,
    EndpointSliceController,
    reconcile,
)
from clusters.engine.endpoint_util import HEADLESS_LABEL
from clusters.engine.objects import controller_reference, name_of, uid_of, with_value
from tests.engine.builders import (
    NOW,
    carry_on,
    make_namespace,
    make_pod,
    make_service,
    make_store,
    running,
    service_port,
    settle,
)

SERVICE = {**make_service(), "metadata": {**make_service()["metadata"], "uid": "service-uid"}}


def slices(store):
    return store.list("EndpointSlice")


def up(name, ip, **fields):
    return make_pod(name, ip=ip, **{"ready": True, **fields})


def test_a_slice_says_all_about_its_endpoints():
    store = make_store(make_service(), up("a", "10.244.0.2", node="node-2"))
    settle(store, EndpointSliceController)
    service, pod = store.get("Service", "default", "kubia"), store.get("Pod", "default", "a")
    (found,) = slices(store)
    assert name_of(found).startswith("kubia-")
    assert found["metadata"]["labels"] == {
        SERVICE_NAME: "kubia",
        MANAGED_BY: "endpointslice-controller.k8s.io",
    }
    assert found["metadata"]["ownerReferences"] == [controller_reference(service)]
    assert found["addressType"] == "IPv4"
    assert found["ports"] == [{"name": "", "port": 8080, "protocol": "TCP"}]
    assert found["endpoints"] == [
        {
            "addresses": ["10.244.0.2"],
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "nodeName": "node-2",
            "targetRef": {"kind": "Pod", "namespace": "default", "name": "a", "uid": uid_of(pod)},
        }
    ]


def conditions(store):
    return {
        endpoint["targetRef"]["name"]: tuple(
            endpoint["conditions"][name] for name in ("ready", "serving", "terminating")
        )
        for found in slices(store)
        for endpoint in found["endpoints"]
    }


def test_pods_that_stop_stay_listed_as_terminating():
    store = make_store(
        make_service(), up("a", "10.244.0.2"), up("b", "10.244.0.3", ready=False), make_pod("pending")
    )
    verbs.delete(store, "Pod", "default", "a")
    settle(store, EndpointSliceController)
    assert conditions(store) == {"a": (False, True, True), "b": (False, False, False)}


def test_publish_not_ready_addresses_calls_everyone_ready():
    store = make_store(
        make_service(publishNotReadyAddresses=True), up("a", "10.244.0.2"), up("b", "10.244.0.3", ready=False)
    )
    verbs.delete(store, "Pod", "default", "a")
    settle(store, EndpointSliceController)
    assert conditions(store) == {"a": (True, True, True), "b": (True, False, False)}


def test_a_finished_pod_is_not_listed():
    store = make_store(make_service(), up("a", "10.244.0.2"))
    store.update(with_value(store.get("Pod", "default", "a"), ("status", "phase"), "Succeeded"))
    settle(store, EndpointSliceController)
    assert conditions(store) == {}


def test_the_slice_keeps_its_name_while_pods_come_and_go():
    store = make_store(make_service())
    plane = settle(store, EndpointSliceController)
    (first,) = slices(store)
    assert (first["endpoints"], first["ports"]) == ([], [])
    for expected, change in [
        (1, lambda: store.create(up("a", "10.244.0.2"))),
        (2, lambda: store.create(up("b", "10.244.0.3"))),
        (1, lambda: verbs.delete(store, "Pod", "default", "a", grace_seconds=0)),
        (0, lambda: verbs.delete(store, "Pod", "default", "b", grace_seconds=0)),
    ]:
        change()
        plane.observe(store.changes[-1:], store)
        carry_on(plane, store)
        (only,) = slices(store)
        assert (name_of(only), len(only["endpoints"])) == (name_of(first), expected)
    before = store.revision
    settle(store, EndpointSliceController)
    assert store.revision == before


def test_pods_with_other_ports_are_in_slices_of_their_own():
    store = make_store(
        make_service(ports=[service_port(target="http", name="web")]),
        up("a", "10.244.0.2", port=8080),
        up("b", "10.244.0.3", port=9090),
    )
    settle(store, EndpointSliceController)
    assert sorted(found["ports"][0]["port"] for found in slices(store)) == [8080, 9090]


def test_headless_services_mark_their_slices():
    store = make_store(make_service(cluster_ip="None"))
    settle(store, EndpointSliceController)
    assert slices(store)[0]["metadata"]["labels"][HEADLESS_LABEL] == ""


def test_new_labels_of_the_service_reach_its_slices():
    store = make_store(make_service(), up("a", "10.244.0.2"))
    plane = settle(store, EndpointSliceController)
    service = store.get("Service", "default", "kubia")
    verbs.update(store, with_value(service, ("metadata", "labels"), {"tier": "web"}))
    plane.observe(store.changes[-1:], store)
    carry_on(plane, store)
    assert slices(store)[0]["metadata"]["labels"]["tier"] == "web"


def test_slices_of_others_are_left_alone():
    theirs = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "mine", "namespace": "default", "labels": {SERVICE_NAME: "kubia"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["11.11.11.11"]}],
        "ports": [],
    }
    store = make_store(make_service(), theirs)
    settle(store, EndpointSliceController)
    assert store.get("EndpointSlice", "default", "mine")["endpoints"] == theirs["endpoints"]
    assert len(slices(store)) == 2


def test_what_somebody_spoiled_is_written_again():
    store = make_store(make_service(), up("a", "10.244.0.2"))
    plane = settle(store, EndpointSliceController)
    for spoil in (
        lambda found: verbs.update(store, {**found, "endpoints": []}),
        lambda found: verbs.delete(store, "EndpointSlice", "default", name_of(found)),
    ):
        with store.acting("person:1"):
            spoil(slices(store)[0])
        plane.observe(store.changes[-1:], store)
        carry_on(plane, store)
        assert conditions(store) == {"a": (True, True, False)}


def test_services_without_pods_of_their_own_have_no_slices():
    store = make_store(
        make_service(selector={}),
        make_service("outside", type_="ExternalName", externalName="example.com"),
        make_namespace("dying", deletionTimestamp=rfc3339(NOW)),
        make_service("late", namespace="dying"),
    )
    settle(store, EndpointSliceController)
    assert slices(store) == []


def test_one_more_pod_is_one_small_write():
    pods = [up(f"p{n:03}", f"10.244.{n // 250}.{n % 250}") for n in range(250)]
    store = make_store(make_service(), *pods, make_pod("last"))
    plane = settle(store, EndpointSliceController)
    assert sorted(len(found["endpoints"]) for found in slices(store)) == [50, 100, 100]
    store.update(running(store.get("Pod", "default", "last"), ip="10.244.9.9"))
    plane.observe(store.changes[-1:], store)
    written = len(store.changes)
    carry_on(plane, store)
    assert len(store.changes) == written, "a big Service gathers new pods first"
    carry_on(plane, store, until=NOW + 1)
    assert len(store.changes) == written + 1
    assert len(store.changes[-1].object["endpoints"]) == 51


def pods_of(uids):
    return [
        {**pod, "metadata": {**pod["metadata"], "uid": name_of(pod)}}
        for pod in (up(f"p{uid}", f"10.244.{uid // 250}.{uid % 250}") for uid in sorted(uids))
    ]


uids = st.sets(st.integers(0, 700), max_size=400)


@given(st.lists(uids, min_size=1, max_size=5))
def test_slices_always_hold_the_pods_and_few_are_written(steps):
    """After any change each pod is in one slice, none is over-full, and those that fit are not touched."""
    names = count()
    existing = []
    for wanted in steps:
        plan = reconcile(SERVICE, pods_of(wanted), existing)
        touched = {name_of(found) for found in (*plan.update, *plan.delete)}
        for found in existing:
            if name_of(found) not in touched:
                assert {int(e["targetRef"]["uid"][1:]) for e in found["endpoints"]} <= wanted
        created = [with_value(found, ("metadata", "name"), f"s{next(names)}") for found in plan.create]
        existing = [found for found in existing if name_of(found) not in touched] + plan.update + created
        held = [endpoint["targetRef"]["uid"] for found in existing for endpoint in found["endpoints"]]
        assert sorted(held) == sorted(f"p{uid}" for uid in wanted)
        assert existing
        assert all(len(found["endpoints"]) <= MAX_ENDPOINTS for found in existing)
        assert wanted == set() or all(found["endpoints"] for found in existing)
        assert not any(reconcile(SERVICE, pods_of(wanted), existing)[::2])
