"""Which pods are listed behind a Service."""

from itertools import count

from clusters.engine.apiserver import verbs
from clusters.engine.clock import rfc3339
from clusters.engine.control_plane import ControlPlane
from clusters.engine.controllers.endpoints import (
    MANAGED_BY,
    OVER_CAPACITY,
    EndpointsController,
    capped,
    desired_endpoints,
    subsets_of,
)
from clusters.engine.endpoint_util import HEADLESS_LABEL, find_port
from clusters.engine.objects import Key, name_of, uid_of, with_value
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


def endpoints(store, name="kubia", namespace="default"):
    return store.get("Endpoints", namespace, name)


def addresses(store, field="addresses", name="kubia"):
    """All IPs of the Service's endpoints in order."""
    subsets = endpoints(store, name).get("subsets") or []
    return [address["ip"] for subset in subsets for address in subset.get(field) or ()]


def up(name, ip, **fields):
    return make_pod(name, ip=ip, **{"ready": True, **fields})


def test_lists_ready_pods_and_apart_those_that_are_not():
    store = make_store(
        make_service(),
        up("a", "10.244.0.3", node="node-2"),
        up("b", "10.244.0.2"),
        up("c", "10.244.0.4", ready=False),
        make_pod("pending"),
        up("other", "10.244.0.9", labels={"app": "other"}),
        up("far", "10.244.0.8", namespace="kube-system"),
    )
    settle(store, EndpointsController)
    pod = store.get("Pod", "default", "a")
    found = endpoints(store)
    assert found["metadata"]["labels"] == {MANAGED_BY: "endpoint-controller"}
    (subset,) = found["subsets"]
    assert [address["ip"] for address in subset["addresses"]] == ["10.244.0.2", "10.244.0.3"]
    assert subset["addresses"][1] == {
        "ip": "10.244.0.3",
        "nodeName": "node-2",
        "targetRef": {"kind": "Pod", "namespace": "default", "name": "a", "uid": uid_of(pod)},
    }
    assert [address["ip"] for address in subset["notReadyAddresses"]] == ["10.244.0.4"]
    assert subset["ports"] == [{"port": 8080, "protocol": "TCP"}]


def test_a_service_whose_selector_finds_nothing_has_empty_endpoints():
    store = make_store(make_service())
    settle(store, EndpointsController)
    assert "subsets" not in endpoints(store)


def test_finished_and_terminating_pods_are_not_listed():
    store = make_store(make_service(), up("a", "10.244.0.2"), up("b", "10.244.0.3"))
    store.update(with_value(store.get("Pod", "default", "a"), ("status", "phase"), "Failed"))
    verbs.delete(store, "Pod", "default", "b")
    settle(store, EndpointsController)
    assert addresses(store) == []


def test_publish_not_ready_addresses_lists_everyone_who_has_an_address():
    store = make_store(
        make_service(publishNotReadyAddresses=True),
        up("a", "10.244.0.2", ready=False),
        up("b", "10.244.0.3", deletionTimestamp=rfc3339(NOW), deletionGracePeriodSeconds=30),
        make_pod("pending"),
    )
    settle(store, EndpointsController)
    assert addresses(store) == ["10.244.0.2", "10.244.0.3"]
    assert addresses(store, "notReadyAddresses") == []


def test_a_kill_shows_at_once_and_a_replacement_when_it_is_ready():
    store = make_store(make_service(), up("a", "10.244.0.2"), up("b", "10.244.0.3"), delays="real")
    plane = settle(store, EndpointsController)

    def tell():
        plane.observe(store.changes[-1:], store)
        carry_on(plane, store)

    verbs.delete(store, "Pod", "default", "a")
    tell()
    assert addresses(store) == ["10.244.0.3"]
    replacement = store.create(make_pod("c"))
    tell()
    store.update(running(replacement, ip="10.244.0.7", ready=False))
    tell()
    assert addresses(store, "notReadyAddresses") == ["10.244.0.7"]
    store.update(running(store.get("Pod", "default", "c"), ip="10.244.0.7"))
    tell()
    assert addresses(store) == ["10.244.0.3", "10.244.0.7"]


def test_a_pod_leaves_and_enters_with_its_labels():
    store = make_store(make_service(), up("a", "10.244.0.2"))
    plane = settle(store, EndpointsController)
    for labels, expected in (({"app": "x"}, []), ({"app": "kubia", "more": "yes"}, ["10.244.0.2"])):
        verbs.update(store, with_value(store.get("Pod", "default", "a"), ("metadata", "labels"), labels))
        plane.observe(store.changes[-1:], store)
        carry_on(plane, store)
        assert addresses(store) == expected


def test_named_ports_are_looked_up_in_each_pod():
    store = make_store(
        make_service(ports=[service_port(target="http")]),
        up("a", "10.244.0.2", port=8080),
        up("b", "10.244.0.3", port=9090),
        up("c", "10.244.0.4", port=None),
    )
    settle(store, EndpointsController)
    subsets = endpoints(store)["subsets"]
    assert [(subset["addresses"][0]["ip"], subset["ports"][0]["port"]) for subset in subsets] == [
        ("10.244.0.2", 8080),
        ("10.244.0.3", 9090),
    ]


def test_a_named_port_must_have_the_protocol_too():
    pod = make_pod()
    assert find_port(pod, service_port(target="http")) == 8080
    assert find_port(pod, service_port(target="http", protocol="UDP")) is None
    assert find_port(pod, service_port(target="metrics")) is None
    assert find_port(pod, service_port(target=99)) == 99


def test_several_ports_share_their_addresses():
    ports = [service_port(80, 8080, name="web"), service_port(443, 8443, name="tls", appProtocol="https")]
    store = make_store(make_service(ports=ports), up("a", "10.244.0.2"))
    settle(store, EndpointsController)
    (subset,) = endpoints(store)["subsets"]
    assert subset["ports"] == [
        {"name": "web", "port": 8080, "protocol": "TCP"},
        {"name": "tls", "port": 8443, "protocol": "TCP", "appProtocol": "https"},
    ]


def test_a_headless_service_is_marked_and_may_do_without_ports():
    service = make_service(cluster_ip="None", ports=[])
    store = make_store(service, up("a", "10.244.0.2"))
    settle(store, EndpointsController)
    assert endpoints(store)["metadata"]["labels"][HEADLESS_LABEL] == ""
    assert endpoints(store)["subsets"][0].get("ports") is None
    assert addresses(store) == ["10.244.0.2"]
    assert subsets_of(make_service(ports=[]), store.list("Pod")) == []


def test_a_pod_with_a_hostname_below_the_service_is_listed_under_it():
    pod = up("a", "10.244.0.2")
    pod["spec"] = {**pod["spec"], "hostname": "web-0", "subdomain": "kubia"}
    (subset,) = subsets_of(make_service(), [{**pod, "metadata": {**pod["metadata"], "uid": "u"}}])
    assert subset["addresses"][0]["hostname"] == "web-0"


def test_endpoints_that_people_write_are_left_alone():
    manual = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": "kubia", "namespace": "default"},
        "subsets": [{"addresses": [{"ip": "11.11.11.11"}], "ports": [{"port": 80, "protocol": "TCP"}]}],
    }
    store = make_store(make_service(selector={}), manual, up("a", "10.244.0.2"))
    before = store.revision
    settle(store, EndpointsController)
    assert store.revision == before
    without_service = make_store(manual)
    settle(without_service, EndpointsController)
    assert addresses(without_service) == ["11.11.11.11"]


def test_an_external_name_has_no_endpoints():
    store = make_store(make_service(type_="ExternalName", externalName="example.com"))
    settle(store, EndpointsController)
    assert endpoints(store) is None


def test_endpoints_go_with_their_service_also_after_a_restart():
    store = make_store(make_service(), up("a", "10.244.0.2"))
    plane = settle(store, EndpointsController)
    verbs.delete(store, "Service", "default", "kubia")
    again = list(store.changes)
    plane.observe(again[-1:], store)
    carry_on(plane, store)
    assert endpoints(store) is None

    store = make_store(make_service(), up("a", "10.244.0.2"))
    settle(store, EndpointsController)
    verbs.delete(store, "Service", "default", "kubia")
    settle(store, EndpointsController)
    assert endpoints(store) is None


def test_what_somebody_spoiled_is_written_again():
    store = make_store(make_service(), up("a", "10.244.0.2"))
    plane = settle(store, EndpointsController)
    for spoil in (
        lambda: store.update({**endpoints(store), "subsets": []}),
        lambda: store.delete(Key("Endpoints", "default", "kubia")),
    ):
        with store.acting("person:1"):
            spoil()
        plane.observe(store.changes[-1:], store)
        carry_on(plane, store)
        assert addresses(store) == ["10.244.0.2"]


def test_labels_of_the_service_are_passed_on():
    service = make_service()
    service["metadata"]["labels"] = {"tier": "web", HEADLESS_LABEL: ""}
    written = desired_endpoints(service, [], None)
    assert written["metadata"]["labels"] == {"tier": "web", MANAGED_BY: "endpoint-controller"}


def test_nothing_is_created_in_a_namespace_that_goes():
    store = make_store(
        make_namespace("dying", deletionTimestamp=rfc3339(NOW)), make_service(namespace="dying")
    )
    settle(store, EndpointsController)
    assert endpoints(store, namespace="dying") is None


def test_more_than_a_thousand_addresses_are_cut_and_marked():
    pods = [
        {**pod, "metadata": {**pod["metadata"], "uid": name_of(pod)}}
        for pod in (
            up(f"p{number}", f"10.244.{number // 250}.{number % 250}", ready=number % 10 > 0)
            for number in range(1105)
        )
    ]
    cut, truncated = capped(subsets_of(make_service(), pods))
    assert truncated
    assert len(cut[0]["addresses"]) == 1105 - 111
    assert len(cut[0]["notReadyAddresses"]) == 6
    written = desired_endpoints(make_service(), pods, None)
    assert written["metadata"]["annotations"] == {OVER_CAPACITY: "truncated"}
    assert desired_endpoints(make_service(), pods[:3], written)["metadata"]["annotations"] == {}
    many_ready = capped([{"addresses": [{"ip": str(n)} for n in range(1001)], "notReadyAddresses": [{}]}])
    assert many_ready == ([{"addresses": [{"ip": str(n)} for n in range(1000)]}], True)


def test_a_big_service_gathers_new_pods_but_tells_of_a_loss_at_once():
    """Else a thousand pods that become ready would be a thousand times a thousand addresses."""
    pods = [up(f"p{n}", f"10.244.0.{n}") for n in range(101)]
    coming = [make_pod(f"q{n}") for n in range(50)]
    store = make_store(make_service(), *pods, *coming)
    plane = ControlPlane([EndpointsController(count(1))])
    plane.load(store)
    carry_on(plane, store)

    def change(function, pods):
        for pod in pods:
            function(pod)
            plane.observe(store.changes[-1:], store)

    written = len(store.changes)
    change(lambda pod: store.update(running(pod, ip=f"10.244.1.{name_of(pod)[1:]}")), store.list("Pod")[101:])
    assert not plane.has_work()
    assert NOW + 0.1 <= plane.next_due() <= NOW + 0.15
    carry_on(plane, store, until=NOW + 1)
    assert len(addresses(store)) == 151
    assert len(store.changes) == written + 50 + 1
    change(lambda pod: verbs.delete(store, "Pod", "default", name_of(pod)), store.list("Pod")[:1])
    assert plane.has_work()
    carry_on(plane, store)
    assert len(addresses(store)) == 150


def test_a_pod_in_progress_wakes_nobody():
    store = make_store(make_service(), make_pod("a"))
    plane = settle(store, EndpointsController)
    verbs.bind(store, "default", "a", "node-1")
    plane.observe(store.changes[-1:], store)
    assert not plane.has_work()
