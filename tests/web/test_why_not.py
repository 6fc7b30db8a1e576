"""What keeps an object from what people expect is said, with the names and numbers behind it."""

import pytest

from clusters.engine import bootstrap, cluster
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.kubelet import node_status
from clusters.engine.objects import Key, with_value
from clusters.engine.store import MemoryStore, Overlay
from clusters.web.inspector import inspect
from clusters.web.why_not import why_not
from tests.engine.builders import NOW, make_replication_controller, pod_template
from tests.engine.world import World, simple_pod
from tests.web.test_chain import Log, plain_text


@pytest.fixture
def world():
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=3, clock=Clock(NOW, NOW), delays="real")
    return World(store)


def told(world, kind, name, namespace="default"):
    """The reasons as (sentence, lines)."""
    reasons = why_not(world.store, world.get(kind, name, namespace), world.store.now)
    return [(plain_text(r.html), [plain_text(line) for line in r.lines]) for r in reasons]


UNWATCHED = ("Nothing watches this pod. If you kill it, it stays gone.", [])


def run(world, name="p", labels=None, **options):
    pod = simple_pod(name, **options)
    pod["metadata"]["labels"] = labels or {}
    world.act(verbs.create, pod)


def expose(world, namespace="default", **spec):
    ports = [{"port": 80}]
    metadata = {"name": "web", "namespace": namespace}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports, **spec}}
    world.act(verbs.create, body)


def control(world, replicas=2):
    template = pod_template({"app": "web"}, image="nginx")
    world.act(
        verbs.create,
        make_replication_controller("web", selector={"app": "web"}, replicas=replicas, template=template),
    )


class TestAPodWithoutANode:
    def test_asks_for_more_than_any_node_has(self, world):
        run(world, resources={"requests": {"cpu": "64"}})
        world.wait(1)
        free = "node-1, node-2, node-3: 3.92 CPU are free, the pod asks for 64"
        assert told(world, "Pod", "p") == [("No node can take it: 3 of 3 refuse.", [free]), UNWATCHED]

    def test_is_refused_by_each_node_for_its_own_reason(self, world):
        node = world.node("node-1")
        world.act(verbs.update, with_value(node, ("spec", "unschedulable"), True))
        taint = {"key": "gpu", "effect": "NoSchedule"}
        world.act(verbs.update, with_value(world.node("node-2"), ("spec", "taints"), [taint]))
        run(world, resources={"requests": {"memory": "64Gi"}})
        world.wait(1)
        (_title, lines), _unwatched = told(world, "Pod", "p")
        assert lines[:2] == [
            "node-1: cordoned, no new pods come",
            "node-2: has the taint gpu:NoSchedule, which the pod does not tolerate",
        ]
        assert lines[2].startswith("node-3: ")
        assert lines[2].endswith("Mi of memory are free, the pod asks for 65536 Mi")

    def test_wants_a_label_that_no_node_has(self, world):
        pod = simple_pod()
        pod["spec"]["nodeSelector"] = {"disk": "ssd"}
        world.act(verbs.create, pod)
        assert told(world, "Pod", "p")[0][1] == ["node-1, node-2, node-3: does not have the label disk=ssd"]

    def test_wants_a_port_of_the_machine_that_is_taken(self, world):
        for number in range(4):
            run(world, f"p{number}", ports=[{"containerPort": 80, "hostPort": 80}])
            world.wait(5)
        waits = next(pod for pod in world.store.list("Pod") if not pod["spec"].get("nodeName"))
        assert told(world, "Pod", waits["metadata"]["name"])[0][1] == [
            "node-1, node-2, node-3: another pod has port 80 of the machine"
        ]

    def test_has_no_reason_as_long_as_nobody_has_looked(self, world):
        world.act(cluster.set_component, cluster.SCHEDULER, False)
        run(world)
        assert told(world, "Pod", "p") == [UNWATCHED]

    def test_waits_for_a_scheduler_that_is_not_here(self, world):
        pod = simple_pod()
        pod["spec"]["schedulerName"] = "mine"
        world.act(verbs.create, pod)
        assert (
            told(world, "Pod", "p")[0][0] == "It waits for the scheduler mine, and nobody here is called so."
        )

    def test_finds_an_empty_cluster(self):
        store = Overlay(MemoryStore(), now=NOW, seed="seed")
        bootstrap.new_cluster(store, nodes=0, clock=Clock(NOW, NOW))
        world = World(store)
        run(world)
        assert told(world, "Pod", "p")[0][0] == "There is no node to run it on."


class TestAPodThatDoesNotStart:
    def test_has_a_mistyped_image(self, world):
        run(world, image="luksa/kubai")
        world.wait(10)
        assert told(world, "Pod", "p")[0] == (
            "No registry has the image luksa/kubai.",
            ["There is luksa/kubia."],
        )

    def test_has_a_tag_that_does_not_exist(self, world):
        run(world, image="luksa/kubia:v9")
        world.wait(10)
        title, (line,) = told(world, "Pod", "p")[0]
        assert title == "No registry has the image luksa/kubia:v9."
        assert "luksa/kubia:v2" in line

    def test_may_not_pull(self, world):
        run(world, imagePullPolicy="Never")
        world.wait(5)
        assert told(world, "Pod", "p")[0][0].endswith("imagePullPolicy Never forbids to pull it.")

    def test_cannot_reach_the_registry(self, world):
        world.act(cluster.set_pulls, "fail")
        run(world, image="luksa/kubia")
        world.wait(10)
        assert told(world, "Pod", "p")[0] == ("No registry answers: luksa/kubia cannot be pulled.", [])

    def test_lacks_a_config_map(self, world):
        run(world, envFrom=[{"configMapRef": {"name": "none"}}])
        world.wait(30)
        title, (line,) = told(world, "Pod", "p")[0]
        assert title == "kubelet cannot start container main: CreateContainerConfigError."
        assert "none" in line

    def test_crashes_and_has_said_why(self, world):
        run(world, image="lifelines/crasher")
        world.wait(30)
        title, (line,) = told(world, "Pod", "p")[0]
        assert title == "Container main ended 3 times so far, at last with exit code 1."
        assert line.startswith("It wrote last: panic")

    def test_has_a_probe_that_fails(self, world):
        run(world, readinessProbe={"httpGet": {"port": 81}, "periodSeconds": 5})
        world.wait(30)
        title, _lines = told(world, "Pod", "p")[0]
        assert title.startswith("The readiness probe of container main has failed ")

    def test_is_on_a_node_of_which_nobody_hears(self, world):
        run(world)
        world.wait(30)
        node = world.pod()["spec"]["nodeName"]
        world.act(node_status.power_off, node)
        world.wait(70)
        assert told(world, "Pod", "p")[0][0] == f"{node} is silent: the pod may still run, nobody can tell."
        assert told(world, "Node", node, "")[0][0] == (
            f"{node} has no power: its kubelet and its pods do not run."
        )


def test_a_pod_that_is_well_and_watched_has_nothing_against_it(world):
    control(world)
    world.wait(30)
    assert all(told(world, "Pod", pod["metadata"]["name"]) == [] for pod in world.store.list("Pod"))


def test_a_node_whose_kubelet_was_stopped_says_so(world):
    world.act(node_status.stop_kubelet, "node-1")
    assert told(world, "Node", "node-1", "")[0][0] == "The kubelet on node-1 is stopped."
    assert told(world, "Node", "node-2", "") == []


class TestAServiceThatNobodyAnswersFor:
    def test_looks_for_labels_that_are_spelt_otherwise(self, world):
        for name, labels in (("a", {"app": "web"}), ("b", {"app": "web"}), ("c", {"app": "sql"})):
            run(world, name, labels)
        world.wait(30)
        expose(world, selector={"app": "wbe"})
        assert told(world, "Service", "web") == [
            (
                "Nobody answers: no ready pod has app=wbe.",
                ["2 pods have app=web instead of app=wbe", "1 pod has app=sql instead of app=wbe"],
            )
        ]

    def test_looks_for_one_label_too_many(self, world):
        run(world, "a", {"app": "web"})
        world.wait(30)
        expose(world, selector={"app": "web", "tier": "front"})
        assert told(world, "Service", "web")[0][1] == ["1 pod lacks tier=front"]

    def test_has_pods_that_are_not_ready(self, world):
        run(world, "a", {"app": "web"}, image="luksa/kubai")
        run(world, "b", {"app": "web"}, readinessProbe={"httpGet": {"port": 81}})
        world.wait(30)
        expose(world, selector={"app": "web"})
        assert told(world, "Service", "web")[0][1] == [
            "a has them, but is not ready: ImagePullBackOff",
            "b has them, but is not ready: Running",
        ]

    def test_leads_to_a_port_that_no_container_names(self, world):
        run(world, "a", {"app": "web"})
        world.wait(30)
        expose(world, selector={"app": "web"}, ports=[{"port": 80, "targetPort": "http"}])
        assert told(world, "Service", "web") == [
            (
                "Nobody answers: its port leads nowhere.",
                ["a has its labels, but none of its containers names the port http"],
            )
        ]

    def test_does_not_look_into_other_namespaces(self, world):
        world.act(verbs.create, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
        run(world, "a", {"app": "web"})
        world.wait(30)
        expose(world, "shop", selector={"app": "web"})
        assert told(world, "Service", "web", "shop")[0][1] == [
            "a in namespace default has them: a Service looks in its own namespace only"
        ]

    def test_finds_no_pods_at_all(self, world):
        expose(world, selector={"app": "web"})
        assert told(world, "Service", "web")[0][1] == ["There are no pods in its namespace."]

    def test_has_no_selector(self, world):
        expose(world)
        assert told(world, "Service", "web")[0][0].startswith("It has no selector")

    def test_says_nothing_as_soon_as_somebody_answers(self, world):
        run(world, "a", {"app": "web"})
        expose(world, selector={"app": "web"})
        world.wait(30)
        assert told(world, "Service", "web") == []


def test_a_load_balancer_without_a_cloud_says_so(world):
    world.act(cluster.set_cloud, False)
    control(world)
    expose(world, type="LoadBalancer", selector={"app": "web"})
    world.wait(30)
    assert told(world, "Service", "web") == [
        (
            "There is no cloud: nobody gives it a public address.",
            ["Switch the cloud on, or use NodePort."],
        )
    ]


def test_a_controller_whose_pods_are_refused_says_by_what(world):
    hard = {"metadata": {"name": "few", "namespace": "default"}, "spec": {"hard": {"pods": "1"}}}
    world.act(verbs.create, {"apiVersion": "v1", "kind": "ResourceQuota", **hard})
    world.wait(1)
    control(world)
    world.wait(1)
    title, (line,) = told(world, "ReplicationController", "web")[0]
    assert title == "The API server refuses its pods:"
    assert "exceeded quota: few" in line


class TestAPodThatIsGone:
    def gone(self, world, name):
        log = Log(world.store.changes)
        uid = next(c.object["metadata"]["uid"] for c in world.store.changes if c.key.name == name)
        view = inspect(world.store, log, Key("Pod", "default", name), uid=uid, now=world.store.now)
        assert view.gone
        return [plain_text(reason.html) for reason in view.reasons]

    def test_was_watched_by_nothing(self, world):
        run(world)
        world.wait(20)
        world.act(verbs.delete, "Pod", "default", "p")
        world.wait(40)
        assert self.gone(world, "p") == ["Nothing watched this pod: nobody replaces it."]

    def test_was_one_too_many(self, world):
        control(world, 1)
        world.wait(20)
        (pod,) = world.store.list("Pod")
        world.act(verbs.scale, "ReplicationController", "default", "web", 0)
        world.wait(40)
        assert self.gone(world, pod["metadata"]["name"]) == [
            "ReplicationController web wanted fewer pods: it deleted this one and does not replace it."
        ]

    def test_went_with_its_controller(self, world):
        control(world, 1)
        world.wait(20)
        (pod,) = world.store.list("Pod")
        world.act(verbs.delete, "ReplicationController", "default", "web")
        world.wait(40)
        assert self.gone(world, pod["metadata"]["name"]) == [
            "ReplicationController web is gone, too: nobody replaces the pod."
        ]

    def test_was_replaced(self, world):
        control(world, 1)
        world.wait(20)
        (pod,) = world.store.list("Pod")
        world.act(verbs.delete, "Pod", "default", pod["metadata"]["name"])
        world.wait(40)
        assert self.gone(world, pod["metadata"]["name"]) == []
