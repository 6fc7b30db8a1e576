"""Pods that take a port of the machine itself."""

from random import Random

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.images import image_of
from clusters.engine.network import Answer, Network, Refused, TimedOut
from clusters.engine.objects import is_ready, name_of, with_value
from tests.engine.builders import make_node, make_pod, make_service, make_store, service_port, settle
from tests.engine.world import World, simple_pod

NODES = make_node("node-1", ip="172.18.1.1"), make_node("node-2", ip="172.18.1.2")
KUBIA = image_of("luksa/kubia")


def on_port(name="p", host=8000, *, node=None, **port):
    pod = simple_pod(name, ports=[{"containerPort": 80, "hostPort": host, **port}])
    return with_value(pod, ("spec", "nodeName"), node) if node else pod


def world(*nodes):
    return World(make_store(*(nodes or NODES)))


def where(w):
    return {name_of(pod): pod["spec"].get("nodeName") for pod in w.store.list("Pod")}


class TestScheduling:
    def test_each_node_takes_one(self):
        w = world()
        for name in ("a", "b", "c"):
            w.act(verbs.create, on_port(name))
        assert where(w) == {"a": where(w)["a"], "b": where(w)["b"], "c": None}
        assert {where(w)["a"], where(w)["b"]} == {"node-1", "node-2"}
        said = w.events(w.pod("c"))[0][1]
        assert "2 node(s) didn't have free ports for the requested pod ports" in said

    def test_another_protocol_is_another_port(self):
        w = world(NODES[0])
        w.act(verbs.create, on_port("a"))
        w.act(verbs.create, on_port("b", protocol="UDP"))
        assert where(w) == {"a": "node-1", "b": "node-1"}

    def test_the_next_comes_when_the_port_is_free_again(self):
        w = world(NODES[0])
        w.act(verbs.create, on_port("a"))
        w.act(verbs.create, on_port("b"))
        assert where(w)["b"] is None
        w.act(verbs.delete, "Pod", "default", "a", grace_seconds=0)
        w.wait(1)
        assert where(w) == {"b": "node-1"}


class TestAdmission:
    def test_who_names_a_node_that_has_the_port_no_more_is_rejected(self):
        w = world()
        w.act(verbs.create, on_port("a", node="node-1"))
        w.act(verbs.create, on_port("b", node="node-1"))
        assert is_ready(w.pod("a"))
        status = w.pod("b")["status"]
        why = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
        assert (status["phase"], status["reason"]) == ("Failed", "NodePorts")
        assert status["message"] == f"Pod was rejected: {why}"
        assert w.events(w.pod("b")) == [("NodePorts", why)]

    def test_a_rejected_pod_stays_so(self):
        w = world()
        w.act(verbs.create, on_port("a", node="node-1"))
        w.act(verbs.create, on_port("b", node="node-1"))
        w.act(verbs.delete, "Pod", "default", "a", grace_seconds=0)
        w.wait(60)
        w = w.restart()
        assert w.pod("b")["status"]["phase"] == "Failed"
        w.act(verbs.delete, "Pod", "default", "b")
        assert w.get("Pod", "b") is None

    def test_a_pod_that_has_ended_holds_no_port(self):
        w = world()
        short = on_port("a", node="node-1")
        short["spec"]["restartPolicy"] = "Never"
        short["spec"]["containers"][0].update(image="busybox", command=["sleep", "1"])
        w.act(verbs.create, short)
        w.wait(5)
        w.act(verbs.create, on_port("b", node="node-1"))
        assert is_ready(w.pod("b"))

    def test_two_containers_cannot_have_the_same_port(self):
        pod = on_port()
        pod["spec"]["containers"].append({**pod["spec"]["containers"][0], "name": "other"})
        with pytest.raises(StatusError) as caught:
            verbs.create(make_store(), pod)
        field = "spec.containers[1].ports[0].hostPort"
        assert f'{field}: Duplicate value: "TCP//8000"' in caught.value.message


class TestNetwork:
    def ask(self, *pods, port=8000, target="172.18.1.1", listens=("a",), source=None):
        store = make_store(*NODES, *pods)
        settle(store)

        def listening(pod):
            return {8080: KUBIA} if name_of(pod) in listens else {}

        return Network(store, listening, Random(7)).request(source, target, port)

    def pod(self, name="a", *, node="node-1", ip="10.244.0.2", **port):
        pod = make_pod(name, ip=ip, node=node, ready=True)
        pod["spec"]["containers"][0]["ports"] = [{"containerPort": 8080, "protocol": "TCP", **port}]
        return pod

    def test_the_machines_port_leads_to_the_pod(self):
        outcome = self.ask(self.pod(hostPort=8000))
        assert isinstance(outcome, Answer)
        assert (outcome.pod.name, outcome.port) == ("a", 8080)

    def test_other_ports_and_other_machines_do_not(self):
        pod = self.pod(hostPort=8000)
        assert self.ask(pod, port=8080) == Refused()
        assert self.ask(pod, target="172.18.1.2") == Refused()
        assert self.ask(self.pod(hostPort=8000, protocol="UDP")) == Refused()

    def test_a_pod_that_does_not_listen_refuses(self):
        assert isinstance(self.ask(self.pod(hostPort=8000), listens=()), Refused)

    def test_a_machine_without_power_says_nothing(self):
        store = make_store(*NODES, self.pod(hostPort=8000))
        store.update(with_value(store.get("Node", "", "node-1"), ("simulation", "powered"), False))
        outcome = Network(store, lambda pod: {8080: KUBIA}, Random(7)).request(None, "172.18.1.1", 8000)
        assert isinstance(outcome, TimedOut)

    def test_a_pod_on_the_machines_own_network_listens_there(self):
        first = self.pod("quiet", ip="172.18.1.1")
        second = self.pod("a", ip="172.18.1.1")
        outcome = self.ask(first, second, port=8080)
        assert isinstance(outcome, Answer)
        assert outcome.pod.name == "a"
        assert self.ask(first, second, port=81) == Refused()

    def test_a_node_port_goes_before(self):
        service = make_service(
            type_="NodePort", selector={"app": "none"}, ports=[service_port(80, nodePort=30000)]
        )
        outcome = self.ask(self.pod(hostPort=30000), service, port=30000)
        assert isinstance(outcome, Refused)
        assert outcome.service.name == "kubia"
