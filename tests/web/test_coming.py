"""A chain ends in what comes next, with the time at which it does, and says who is stopped."""

import re

import pytest

from clusters.engine import bootstrap, cluster
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.kubelet import node_status
from clusters.engine.objects import simulation_of, uid_of, with_value
from clusters.engine.store import MemoryStore, Overlay
from clusters.web.chain import story
from clusters.web.coming import coming
from tests.engine.builders import NOW, make_replication_controller, pod_template
from tests.engine.world import World, simple_pod
from tests.web.test_chain import Log, plain_text


@pytest.fixture
def world():
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=3, clock=Clock(NOW, NOW), delays="real")
    return World(store)


def html(world, kind, name, namespace="default"):
    return coming(world.store, world.get(kind, name, namespace), world.store.now)


def following(world, *key):
    """What comes next as text, with the time that is left as it is first written; "" for nothing."""
    return plain_text(html(world, *key) or "")


def until(world, *key):
    """The simulated time to which the page counts down."""
    return float(re.search(r'data-until="([^"]+)"', html(world, *key))[1])


def control(world, replicas=3, image="nginx"):
    template = pod_template({"app": "web"}, image=image)
    controller = make_replication_controller(
        "web", selector={"app": "web"}, replicas=replicas, template=template
    )
    world.act(verbs.create, controller)


def stop(world, component):
    world.act(cluster.set_component, component, False)


class TestAPod:
    def test_waits_for_the_scheduler(self, world):
        world.act(verbs.create, simple_pod())
        assert following(world, "Pod", "p") == "Scheduler chooses a node"

    def test_that_no_node_takes_waits_until_something_changes(self, world):
        world.act(verbs.create, with_value(simple_pod(), ("spec", "nodeSelector"), {"disk": "ssd"}))
        world.wait(2)
        assert following(world, "Pod", "p") == "Scheduler tries again when the cluster changes"

    def test_does_not_go_on_where_the_power_is_gone(self, world):
        world.act(verbs.create, simple_pod(image="luksa/kubia"))
        world.wait(1)
        node = world.pod()["spec"]["nodeName"]
        world.act(node_status.power_off, node)
        said = f"No kubelet runs on {node}: nobody looks after the pod"
        assert following(world, "Pod", "p") == said

    def test_waits_in_vain_for_one_that_is_stopped(self, world):
        stop(world, cluster.SCHEDULER)
        world.act(verbs.create, simple_pod())
        assert following(world, "Pod", "p") == "The scheduler is stopped: nobody chooses a node"

    def test_waits_in_vain_for_a_kubelet_that_is_stopped(self, world):
        for name in ("node-1", "node-2", "node-3"):
            world.act(node_status.stop_kubelet, name)
        world.act(verbs.create, simple_pod())
        world.wait(1)
        node = world.pod()["spec"]["nodeName"]
        said = f"The kubelet on {node} is stopped: nobody looks after the pod"
        assert following(world, "Pod", "p") == said

    def test_is_tried_again_after_a_crash(self, world):
        world.act(verbs.create, simple_pod(image="lifelines/crasher"))
        world.wait(15)
        state = simulation_of(world.pod())["containers"]["main"]
        assert state["phase"] == "backoff"
        left = round(state["until"] - world.store.now + 0.49)
        assert following(world, "Pod", "p") == f"kubelet tries again in {left} s"
        assert until(world, "Pod", "p") == state["until"]

    def test_is_tried_again_when_its_image_was_not_found(self, world):
        world.act(verbs.create, simple_pod(image="luksa/kubai"))
        world.wait(15)
        assert following(world, "Pod", "p").startswith("kubelet tries again in ")

    def test_is_gone_when_its_grace_period_is_over(self, world):
        world.act(verbs.create, simple_pod(image="lifelines/stubborn"))
        world.wait(20)
        world.act(verbs.delete, "Pod", "default", "p")
        world.wait(18)
        assert following(world, "Pod", "p") == "The pod is gone in 12 s at the latest"

    def test_is_not_replaced_by_a_controller_manager_that_is_stopped(self, world):
        control(world, 1, "lifelines/stubborn")
        world.wait(20)
        (pod,) = world.store.list("Pod")
        stop(world, cluster.CONTROLLER_MANAGER)
        world.act(verbs.delete, "Pod", "default", pod["metadata"]["name"])
        said = "The pod is gone in 30 s at the latest. The controller manager is stopped: nobody replaces it"
        assert following(world, "Pod", pod["metadata"]["name"]) == said

    def test_stays_as_long_as_a_finalizer_holds_it(self, world):
        pod = simple_pod()
        pod["metadata"]["finalizers"] = ["example.com/held"]
        world.act(verbs.create, pod)
        world.wait(20)
        world.act(verbs.delete, "Pod", "default", "p")
        world.wait(60)
        said = "The pod stays until somebody removes its finalizer example.com/held"
        assert following(world, "Pod", "p") == said

    def test_that_is_well_has_nothing_to_come(self, world):
        world.act(verbs.create, simple_pod())
        world.wait(30)
        assert html(world, "Pod", "p") is None


class TestANodeThatFallsSilent:
    @pytest.fixture
    def node(self, world):
        control(world)
        world.wait(30)
        node = world.store.list("Pod")[0]["spec"]["nodeName"]
        world.act(node_status.power_off, node)
        return node

    def pods(self, world, node):
        return list(world.store.indexed("pods-by-node", node))

    def test_is_lost_at_the_time_at_which_the_controller_looks(self, world, node):
        lost_at = until(world, "Node", node, "")
        assert following(world, "Node", node, "").startswith(f"If {node} stays silent, it is NotReady in ")
        world.wait(lost_at - world.store.now - 0.1)
        assert world.get("Node", node, "")["status"]["conditions"][-1]["status"] == "True"
        world.wait(0.1)
        assert world.get("Node", node, "")["status"]["conditions"][-1]["status"] == "Unknown"

    def test_loses_its_pods_at_the_time_that_was_said(self, world, node):
        world.wait(110)
        (pod, *_others) = self.pods(world, node)
        at = until(world, "Node", node, "")
        said = following(world, "Node", node, "")
        assert re.fullmatch(rf"If {node} stays silent, its pods move in \d min( \d+ s)?", said)
        assert until(world, "Pod", pod["metadata"]["name"]) == at
        world.wait(at - world.store.now)
        assert all("deletionTimestamp" in pod["metadata"] for pod in self.pods(world, node))

    def test_is_noticed_by_nobody_while_the_controller_manager_is_stopped(self, world, node):
        stop(world, cluster.CONTROLLER_MANAGER)
        said = "The controller manager is stopped: nobody notices that the node is silent"
        assert following(world, "Node", node, "") == said

    def test_keeps_its_pods_when_no_node_is_left(self, world, node):
        for other in ("node-1", "node-2", "node-3"):
            world.act(node_status.power_off, other)
        world.wait(120)
        assert following(world, "Node", node, "").startswith("No node is ready, so no pods are moved")


class TestAController:
    def test_makes_the_pods_that_are_missing(self, world):
        control(world, 0)
        stored = world.get("ReplicationController", "web")
        world.store.update(with_value(stored, ("spec", "replicas"), 2))
        said = "ReplicationController makes 2 more pods"
        assert following(world, "ReplicationController", "web") == said

    def test_makes_none_while_it_is_stopped(self, world):
        stop(world, cluster.CONTROLLER_MANAGER)
        control(world)
        assert following(world, "ReplicationController", "web") == (
            "The controller manager is stopped: nobody makes the pods that are missing"
        )

    def test_waits_for_its_pods_and_then_for_nothing(self, world):
        control(world)
        world.wait(1)
        assert following(world, "ReplicationController", "web") == "3 pods have to become ready"
        world.wait(30)
        assert html(world, "ReplicationController", "web") is None


class TestADeployment:
    def roll_out(self, world, image, **spec):
        template = pod_template({"app": "web"}, image=image)
        body = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "web"}},
                "template": template,
                **spec,
            },
        }
        current = world.get("Deployment", "web")
        if current is None:
            world.act(verbs.create, body)
        else:
            world.act(verbs.update, {**current, "spec": {**current["spec"], "template": template, **spec}})

    def test_replaces_its_old_pods_and_fails_at_its_deadline(self, world):
        self.roll_out(world, "nginx", progressDeadlineSeconds=60)
        world.wait(40)
        assert html(world, "Deployment", "web") is None
        self.roll_out(world, "nowhere/nothing")
        world.wait(10)
        said = following(world, "Deployment", "web")
        assert re.fullmatch(
            r"2 old pods are replaced\. If nothing moves, the rollout has failed in \d+ s", said
        )
        world.wait(until(world, "Deployment", "web") - world.store.now)
        said = "The rollout goes on as soon as its new pods become ready"
        assert following(world, "Deployment", "web") == said

    def test_waits_while_it_is_paused(self, world):
        self.roll_out(world, "nginx")
        world.wait(40)
        self.roll_out(world, "httpd", paused=True)
        assert following(world, "Deployment", "web").startswith("The rollout is paused")


def test_a_cloud_gives_a_service_its_address_when_it_said_so(world):
    body = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]}
    metadata = {"name": "web", "namespace": "default"}
    world.act(verbs.create, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": body})
    assert re.fullmatch(r"The cloud gives it an address in \d s", following(world, "Service", "web"))
    world.wait(until(world, "Service", "web") - world.store.now)
    assert world.get("Service", "web")["status"]["loadBalancer"]["ingress"]
    assert html(world, "Service", "web") is None


def test_a_namespace_goes_with_what_is_in_it(world):
    world.act(verbs.create, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    pod = simple_pod()
    pod["metadata"] = {"name": "p", "namespace": "shop", "finalizers": ["example.com/held"]}
    world.act(verbs.create, pod)
    world.wait(20)
    world.act(verbs.delete, "Namespace", "", "shop")
    world.wait(60)
    assert following(world, "Namespace", "shop", "").startswith("It goes when its ")


def test_an_event_is_forgotten_after_an_hour(world):
    (event, *_others) = world.store.list("Event")
    said = plain_text(coming(world.store, event, world.store.now))
    assert said == "The API server forgets it in 60 min"


def test_a_chain_says_for_how_long_somebody_waited(world):
    control(world, 1, "lifelines/stubborn")
    world.act(verbs.create, simple_pod(image="lifelines/crasher"))
    world.wait(60)
    assert any(said.startswith("After a pause of 20 s, kubelet on ") for said in told(world, world.pod()))
    (pod,) = world.store.indexed("pods-by-controller", uid_of(world.get("ReplicationController", "web")))
    world.act(verbs.delete, "Pod", "default", pod["metadata"]["name"])
    world.wait(40)
    kubelet = f"kubelet on {pod['spec']['nodeName']}"
    assert told(world, pod)[-1] == (
        f"After the 30 s it had to finish, {kubelet} removed it. Its IP is free again"
    )


def told(world, obj):
    steps = story(world.store, Log(world.store.changes), uid_of(obj), world.store.now)
    return [plain_text(step.html) for step in steps]
