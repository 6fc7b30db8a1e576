"""Requests, names and the ring of what was asked."""

from random import Random

import pytest

from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.controllers.endpoints import EndpointsController
from clusters.engine.controllers.endpointslice import EndpointSliceController
from clusters.engine.images import image_of
from clusters.engine.network import Answer, Call, Network, Refused, Request, TimedOut, Traffic, dns, http
from clusters.engine.objects import Key, with_value
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, make_node, make_pod, make_service, make_store, service_port, settle

CLIENT = Key("Pod", "default", "client")


def world(*objects):
    pods = (
        make_pod("client", labels={}, ip="10.244.0.9", ready=True, port=None),
        make_pod("kubia-1", ip="10.244.0.2", ready=True),
    )
    store = make_store(make_node(), *pods, *objects)
    settle(store, EndpointsController, EndpointSliceController)
    return store


def network(store, image="luksa/kubia", port=8080, traffic=None):
    def listening(pod):
        return {port: image_of(image)} if pod["metadata"]["name"] != "client" else {}

    return Network(store, listening, Random(7), NOW, traffic)


def name(store, text, pod=CLIENT, **options):
    return dns.resolve(store, store.get(*pod), text, **options)


# HTTP


def respond(image, method="GET", path="/", version="1.1", **headers):
    request = Request(method, path, tuple(headers.items()), version)
    return http.respond(image_of(image), request, "p-1", NOW)


def test_an_image_says_its_name():
    assert respond("luksa/kubia:v2", path="/whatever").body == b"This is v2 running in pod p-1\n"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 200), ("GET", "/?a=b", 200), ("HEAD", "/", 200), ("GET", "/no", 404), ("POST", "/", 405)],
)
def test_nginx_knows_its_paths(method, path, status):
    assert respond("nginx", method, path).status == status


def test_a_head_has_the_length_of_what_it_leaves_out():
    head, whole = respond("nginx", "HEAD"), respond("nginx")
    assert head.body == b""
    assert ("Content-Length", str(len(whole.body))) in head.headers
    assert ("Date", "Tue, 24 Nov 2026 08:00:00 GMT") in head.headers


def test_a_database_speaks_no_http():
    assert respond("postgres") is None


@pytest.mark.parametrize("image", ["nginx", "httpd", "tomcat"])
def test_each_server_has_a_page_for_what_is_missing(image):
    response = respond(image, path="/no")
    assert response.status == 404
    assert b"Not Found" in response.body
    assert b"{" not in response.body


@pytest.mark.parametrize(
    ("data", "length"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 18),
        (b"GET / HTTP/1.1\r\n\r\nmore", 18),
        (b"PUT /x HTTP/1.1\r\ncontent-length: 2\r\n\r\nab", 40),
        (b"GET / HTTP/1.1\r\n", None),
        (b"", None),
    ],
)
def test_requests_are_cut_out_of_bytes(data, length):
    found = http.parse_request(data)
    assert (found[1] if found is not None else None) == length


@pytest.mark.parametrize(
    "data", [b"hello\r\n", b"get / HTTP/1.1\r\n\r\n", b"GET / FTP/1\r\n\r\n", b"G" * 17_000]
)
def test_what_is_no_request_is_refused(data):
    with pytest.raises(ValueError, match="HTTP"):
        http.parse_request(data)


def test_a_response_goes_over_the_wire():
    sent = http.render(respond("luksa/kubia"))
    assert sent.startswith(b"HTTP/1.1 200 OK\r\n")
    assert sent.endswith(b"\r\n\r\nYou've hit p-1\n")


# Who asks whom


def test_a_request_gets_a_response():
    answer = network(world(make_service())).request(CLIENT, "kubia", 80, Request("GET", "/x"))
    assert (answer.response.status, answer.text, answer.client) == (200, "You've hit kubia-1\n", "10.244.0.9")


def test_a_connection_alone_has_no_response():
    assert network(world()).request(CLIENT, "10.244.0.2", 8080, None).response is None


def test_the_server_sees_the_node_for_a_client_outside():
    node_port = make_service(type_="NodePort", ports=[service_port(nodePort=30123)])
    assert network(world(node_port)).request(None, "172.18.0.2", 30123).client == "172.18.0.2"
    local = make_service(
        type_="NodePort", ports=[service_port(nodePort=30123)], externalTrafficPolicy="Local"
    )
    assert network(world(local)).request(None, "172.18.0.2", 30123).client == "172.18.0.1"


def test_the_pod_itself_is_seen_as_localhost():
    answer = network(world()).request(Key("Pod", "default", "kubia-1"), "localhost", 8080)
    assert answer.client == "127.0.0.1"


def test_the_api_server_is_reached_through_its_service():
    store = Overlay(MemoryStore(), now=NOW, seed="s")
    bootstrap.new_cluster(store, nodes=1, clock=Clock(NOW, NOW), delays="none")
    pod = make_pod("client", ip="10.244.0.9", ready=True)
    store.create(pod)
    answer = network(store).request(CLIENT, "kubernetes", 443)
    assert isinstance(answer, Answer)
    assert (answer.pod, answer.response) == (None, None)


def test_machines_and_pods_answer_a_ping_and_services_do_not():
    net = network(world(make_service()))
    assert net.answers_ping(CLIENT, "10.244.0.2")
    assert net.answers_ping(CLIENT, "172.18.0.2")
    assert net.answers_ping(CLIENT, "127.0.0.1")
    assert not net.answers_ping(CLIENT, "10.96.0.10")
    assert not net.answers_ping(CLIENT, "10.244.9.9")


# The ring


def test_calls_are_remembered_with_what_came_of_them():
    traffic = Traffic()
    net = network(world(make_service()), traffic=traffic)
    net.request(CLIENT, "10.96.0.10", 80, Request("GET", "/a"), name="kubia")
    net.request(CLIENT, "10.244.0.2", 81)
    net.request(CLIENT, "10.244.9.9", 80)
    first, second, third = traffic.calls
    assert (first.time, first.source, first.target, first.port) == (NOW, CLIENT, "kubia", 80)
    assert isinstance(first.outcome, Answer)
    assert isinstance(second.outcome, Refused)
    assert isinstance(third.outcome, TimedOut)
    assert second.pod_uid == third.pod_uid == ""


def test_a_pod_knows_what_it_served():
    traffic, store = Traffic(), world(make_service())
    network(store, traffic=traffic).request(CLIENT, "kubia", 80, Request("GET", "/a"))
    uid = store.get("Pod", "default", "kubia-1")["metadata"]["uid"]
    (served,) = traffic.served(uid)
    assert (served.client, served.port, served.request.path) == ("10.244.0.9", 8080, "/a")
    assert list(traffic.served("other")) == []


def test_the_ring_forgets_the_oldest():
    traffic = Traffic(kept=3)
    for port in range(5):
        traffic.record(Call(NOW, None, "", "x", port, Refused()))
    assert [call.port for call in traffic.calls] == [2, 3, 4]
    assert traffic.count == 5


def test_long_requests_are_not_remembered_whole():
    traffic = Traffic()
    headers = (("User-Agent", "x" * 9_000), ("Cookie", "y" * 9_000))
    traffic.record(Call(NOW, None, "", "x", 1, Refused(), "", Request("GET", "/" * 9_000, headers)))
    (call,) = traffic.calls
    assert len(call.request.path) + sum(len(value) for _, value in call.request.headers) < 2_000


# Names


def test_a_name_is_found_in_full():
    store = world(make_service())
    assert name(store, "kubia") == ("kubia.default.svc.cluster.local", ["10.96.0.10"])
    assert name(store, "kubia", search=False) is None
    assert name(store, "kubia.default.svc.cluster.local", search=False).addresses == ["10.96.0.10"]


def test_a_pod_knows_itself_and_its_aliases():
    store = world()
    pod = with_value(
        store.get(*CLIENT), ("spec", "hostAliases"), [{"ip": "192.0.2.7", "hostnames": ["printer"]}]
    )
    assert dns.resolve(store, pod, "client").addresses == ["10.244.0.9"]
    assert dns.resolve(store, pod, "printer").addresses == ["192.0.2.7"]
    assert dns.resolve(store, pod, "localhost").addresses == ["127.0.0.1"]


def test_pods_have_names_made_of_their_addresses():
    store = world()
    assert name(store, "10-244-0-2.default.pod.cluster.local").addresses == ["10.244.0.2"]
    assert name(store, "10-244-0-2.nowhere.pod.cluster.local") is None
    assert name(store, "10-244-0-999.default.pod.cluster.local") is None


def test_below_a_headless_service_pods_have_names():
    named = make_pod("web-0", labels={"app": "db"}, ip="10.244.0.5", ready=True)
    named["spec"] |= {"hostname": "web-0", "subdomain": "db"}
    store = world(named, make_service("db", selector={"app": "db"}, cluster_ip="None"))
    assert name(store, "web-0.db").addresses == ["10.244.0.5"]
    assert name(store, "web-1.db") is None


def test_a_headless_service_without_pods_is_no_name():
    assert name(world(make_service("db", selector={"app": "x"}, cluster_ip="None")), "db") is None


def test_another_name_for_a_service_of_the_cluster():
    alias = make_service("alias", selector={}, type_="ExternalName", cluster_ip="")
    alias["spec"]["externalName"] = "kubia.default.svc.cluster.local"
    outside = make_service("outside", selector={}, type_="ExternalName", cluster_ip="")
    outside["spec"]["externalName"] = "example.com"
    loop = make_service("loop", selector={}, type_="ExternalName", cluster_ip="")
    loop["spec"]["externalName"] = "loop.default.svc.cluster.local"
    store = world(make_service(), alias, outside, loop)
    assert name(store, "alias").addresses == ["10.96.0.10"]
    assert name(store, "outside") is None
    assert name(store, "loop") is None


@pytest.mark.parametrize(
    ("policy", "host", "found"),
    [
        ("ClusterFirst", False, True),
        ("ClusterFirst", True, False),
        ("ClusterFirstWithHostNet", True, True),
        ("Default", False, False),
        ("None", False, False),
    ],
)
def test_the_dns_policy_decides_whom_a_pod_asks(policy, host, found):
    store = world(make_service())
    pod = with_value(store.get(*CLIENT), ("spec", "dnsPolicy"), policy)
    pod = with_value(pod, ("spec", "hostNetwork"), host)
    assert (dns.resolve(store, pod, "kubia.default.svc.cluster.local") is not None) is found
    assert bool(dns.search_domains(pod)) is found


def test_a_deleted_service_has_no_name():
    store = world(make_service())
    verbs.delete(store, "Service", "default", "kubia")
    assert name(store, "kubia") is None
