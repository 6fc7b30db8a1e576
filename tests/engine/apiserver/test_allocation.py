"""Cluster IPs and node ports: given once, kept, and free again."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import allocation, verbs
from clusters.engine.objects import with_value
from tests.engine.apiserver.test_create import refusal
from tests.engine.builders import make_store


def service(name="web", **spec):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"app": "kubia"}, "ports": [{"port": 80, "targetPort": 8080}], **spec},
    }


def node_ports(obj):
    return [port.get("nodePort") for port in obj["spec"]["ports"]]


class TestAddresses:
    def test_come_from_the_range_but_not_from_its_reserved_start(self):
        spec = verbs.create(make_store(), service())["spec"]
        address = IPv4Address(spec["clusterIP"])
        assert address in allocation.SERVICE_NETWORK
        assert int(address) - int(allocation.SERVICE_NETWORK[0]) >= 256
        assert spec["clusterIPs"] == [spec["clusterIP"]]
        assert (spec["ipFamilies"], spec["ipFamilyPolicy"]) == (["IPv4"], "SingleStack")

    def test_follow_from_the_seed(self):
        first, again, other = (
            verbs.create(make_store(seed=seed), service())["spec"]["clusterIP"] for seed in ("s", "s", "t")
        )
        assert first == again != other

    def test_can_be_asked_for(self):
        created = verbs.create(make_store(), service(clusterIP="10.96.0.10"))
        assert created["spec"]["clusterIPs"] == ["10.96.0.10"]

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ("10.96.0.10", "provided IP is already allocated"),
            ("10.96.0.1", "provided IP is already allocated"),
            (
                "192.168.0.1",
                "the provided IP (192.168.0.1) is not in the valid range."
                " The range of valid IPs is 10.96.0.0/12",
            ),
        ],
    )
    def test_that_cannot_be_had_are_refused(self, asked, said):
        store = make_store()
        verbs.create(store, service("first", clusterIP="10.96.0.10"))
        error = refusal(verbs.create, store, service(clusterIP=asked))
        assert error.message == (
            f'Service "web" is invalid: spec.clusterIPs: Invalid value: ["{asked}"]:'
            f" failed to allocate IP {asked}: {said}"
        )
        assert store.get("Service", "default", "web") is None

    def test_the_first_one_is_for_the_api_server(self):
        kubernetes = service("kubernetes", clusterIP=allocation.KUBERNETES_IP)
        assert verbs.create(make_store(), kubernetes)["spec"]["clusterIP"] == "10.96.0.1"

    def test_can_be_done_without(self):
        spec = verbs.create(make_store(), service(clusterIP="None"))["spec"]
        assert spec["clusterIPs"] == ["None"]

    def test_several_services_may_do_without(self):
        store = make_store()
        verbs.create(store, service("a", clusterIP="None"))
        assert verbs.create(store, service("b", clusterIP="None"))

    def test_do_not_change(self):
        store = make_store()
        before = verbs.create(store, service())
        changed = with_value(before, ("spec", "clusterIP"), "10.96.0.99")
        error = refusal(verbs.update, store, changed)
        assert error.message == (
            'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.0.99"]:'
            " may not change once set"
        )

    def test_stay_when_an_update_does_not_mention_them(self):
        store = make_store()
        before = verbs.create(store, service())
        after = verbs.update(store, service(selector={"app": "other"}))
        assert after["spec"]["clusterIP"] == before["spec"]["clusterIP"]
        assert after["spec"]["clusterIPs"] == before["spec"]["clusterIPs"]

    def test_are_free_when_the_service_is_gone(self):
        store = make_store()
        address = verbs.create(store, service())["spec"]["clusterIP"]
        verbs.delete(store, "Service", "default", "web")
        assert verbs.create(store, service("next", clusterIP=address))

    def test_are_given_up_by_an_external_name(self):
        store = make_store()
        before = verbs.create(store, service())
        spec = {**before["spec"], "type": "ExternalName", "externalName": "example.com"}
        after = verbs.update(store, {**before, "spec": spec})
        assert "clusterIP" not in after["spec"]
        assert "clusterIPs" not in after["spec"]
        back = verbs.update(store, {**after, "spec": {"ports": after["spec"]["ports"]}})
        assert back["spec"]["clusterIP"]


class TestNodePorts:
    @pytest.mark.parametrize("type_", ["NodePort", "LoadBalancer"])
    def test_come_from_their_range(self, type_):
        created = verbs.create(make_store(), service(type=type_))
        assert node_ports(created)[0] in range(30086, 32768)
        assert created["spec"]["externalTrafficPolicy"] == "Cluster"

    def test_are_not_for_a_cluster_ip(self):
        assert node_ports(verbs.create(make_store(), service())) == [None]

    def test_are_not_needed_by_a_load_balancer_that_says_so(self):
        created = verbs.create(
            make_store(), service(type="LoadBalancer", allocateLoadBalancerNodePorts=False)
        )
        assert node_ports(created) == [None]

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            (30080, "provided port is already allocated"),
            (80, "provided port is not in the valid range. The range of valid ports is 30000-32767"),
            (40000, "provided port is not in the valid range. The range of valid ports is 30000-32767"),
        ],
    )
    def test_that_cannot_be_had_are_refused(self, asked, said):
        store = make_store()
        verbs.create(store, service("first", type="NodePort", ports=[{"port": 80, "nodePort": 30080}]))
        error = refusal(
            verbs.create, store, service(type="NodePort", ports=[{"port": 80, "nodePort": asked}])
        )
        assert error.message == (
            f'Service "web" is invalid: spec.ports[0].nodePort: Invalid value: {asked}: {said}'
        )

    def test_stay_when_an_update_does_not_mention_them(self):
        store = make_store()
        before = verbs.create(store, service(type="NodePort"))
        after = verbs.update(store, service(type="NodePort", ports=[{"port": 81}]))
        assert node_ports(after) == node_ports(before)
        assert after["spec"]["ports"][0]["port"] == 81

    def test_stay_when_a_load_balancer_is_wanted_in_front(self):
        store = make_store()
        before = verbs.create(store, service(type="NodePort"))
        after = verbs.update(store, with_value(before, ("spec", "type"), "LoadBalancer"))
        assert node_ports(after) == node_ports(before)
        assert after["spec"]["allocateLoadBalancerNodePorts"] is True

    def test_are_given_up_when_the_type_goes_back(self):
        store = make_store()
        before = verbs.create(store, service(type="LoadBalancer"))
        after = verbs.update(store, with_value(before, ("spec", "type"), "ClusterIP"))
        assert node_ports(after) == [None]
        assert "externalTrafficPolicy" not in after["spec"]
        assert "allocateLoadBalancerNodePorts" not in after["spec"]
        taken = node_ports(before)[0]
        assert verbs.create(store, service("next", type="NodePort", ports=[{"port": 1, "nodePort": taken}]))

    def test_may_not_be_asked_for_with_a_cluster_ip(self):
        error = refusal(verbs.create, make_store(), service(ports=[{"port": 80, "nodePort": 30080}]))
        assert error.message == (
            'Service "web" is invalid: spec.ports[0].nodePort: Forbidden:'
            " may not be used when `type` is 'ClusterIP'"
        )

    def test_serve_tcp_and_udp_under_one_number(self):
        ports = [
            {"name": "dns", "port": 53, "protocol": "UDP", "nodePort": 30053},
            {"name": "dns-tcp", "port": 53, "protocol": "TCP", "nodePort": 30053},
        ]
        assert node_ports(verbs.create(make_store(), service(type="NodePort", ports=ports))) == [30053, 30053]

    def test_run_out_with_a_message(self, monkeypatch):
        monkeypatch.setattr(allocation, "NODE_PORTS", range(30000, 30004))
        monkeypatch.setattr(allocation, "_STATIC_PORTS", 2)
        store = make_store()
        given_ports = {node_ports(verbs.create(store, service(name, type="NodePort")))[0] for name in "abcd"}
        assert given_ports == {30000, 30001, 30002, 30003}
        error = refusal(verbs.create, store, service("e", type="NodePort"))
        assert "failed to allocate a nodePort: range is full" in error.message


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer"])),
        max_size=25,
    )
)
def test_whatever_happens_no_address_and_no_port_is_held_twice(steps):
    store = make_store()
    for name, type_ in steps:
        before = store.get("Service", "default", name)
        if before is None:
            verbs.create(store, service(name, type=type_))
        elif before["spec"]["type"] == type_:
            verbs.delete(store, "Service", "default", name)
        else:
            after = verbs.update(store, with_value(before, ("spec", "type"), type_))
            assert after["spec"]["clusterIP"] == before["spec"]["clusterIP"]
    services = store.list("Service")
    addresses = [obj["spec"]["clusterIP"] for obj in services]
    ports = [number for obj in services for number in node_ports(obj) if number]
    assert len(set(addresses)) == len(addresses)
    assert len(set(ports)) == len(ports)
    assert all((obj["spec"]["type"] == "ClusterIP") == (node_ports(obj) == [None]) for obj in services)
