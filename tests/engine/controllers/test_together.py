"""What the controllers bring about together: Services lead to pods, owners and clouds leave nothing behind.

`tests/engine/test_whole_cluster.py` is about pods and nodes, this about everything around them.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clusters.engine import bootstrap, cluster
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.kubelet import node_status
from clusters.engine.objects import (
    controller_of,
    is_active,
    is_deleting,
    is_finished,
    is_ready,
    key_of,
    labels_of,
    name_of,
    owners_of,
    public,
    uid_of,
    with_value,
)
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, make_replication_controller, make_service, pod_template
from tests.engine.world import World

APPS = st.sampled_from(["red", "blue"])
NODES = st.sampled_from(["node-1", "node-2", "node-3"])
PROPAGATIONS = st.sampled_from(["Background", "Foreground", "Orphan"])
WAITS = st.sampled_from([0.2, 3.0, 20.0, 55.0, 400.0])
INDEX = st.integers(0, 20)
LONG = 1200.0
"""Simulated seconds after which nothing is under way any more: the pods of a dead node are evicted."""


def manifest(obj):
    """An object as somebody would post it."""
    return {field: value for field, value in obj.items() if field != "status"}


def controller(app, replicas, image="nginx"):
    template = pod_template({"app": app}, image=image, port=80)
    made = make_replication_controller(app, replicas=replicas, selector={"app": app}, template=template)
    return manifest(made)


def service(app, type_):
    made = manifest(make_service(app, selector={"app": app}, type_=type_))
    for field in ("clusterIP", "clusterIPs"):
        del made["spec"][field]
    return made


def new_world(delays):
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=3, clock=Clock(NOW, NOW), delays=delays)
    return World(store)


class Cluster(RuleBasedStateMachine):
    """Three nodes, two applications, and people who do anything that the pages let them do."""

    delays = "real"

    def __init__(self):
        super().__init__()
        self.world = new_world(self.delays)

    @property
    def store(self):
        return self.world.store

    def named(self, kind, name):
        return self.store.get(kind, "default", name)

    def pods(self):
        return self.store.list("Pod")

    @rule(app=APPS, replicas=st.integers(0, 5), image=st.sampled_from(["nginx", "luksa/kubia", "redis"]))
    def create_or_scale(self, app, replicas, image):
        if self.named("ReplicationController", app) is None:
            self.world.act(verbs.create, controller(app, replicas, image))
        else:
            self.world.act(verbs.scale, "ReplicationController", "default", app, replicas)

    @rule(app=APPS, propagation=PROPAGATIONS)
    def delete_controller(self, app, propagation):
        if self.named("ReplicationController", app) is not None:
            self.world.act(verbs.delete, "ReplicationController", "default", app, propagation=propagation)

    @rule(app=APPS, type_=st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer"]))
    def create_or_delete_service(self, app, type_):
        if self.named("Service", app) is None:
            self.world.act(verbs.create, service(app, type_))
        else:
            self.world.act(verbs.delete, "Service", "default", app)

    @precondition(lambda self: self.pods())
    @rule(index=INDEX, grace=st.sampled_from([None, 0, 1]))
    def kill(self, index, grace):
        pod = self.pods()[index % len(self.pods())]
        self.world.act(verbs.delete, *key_of(pod), grace_seconds=grace)

    @precondition(lambda self: self.pods())
    @rule(index=INDEX, app=st.sampled_from(["red", "blue", "neither"]))
    def relabel(self, index, app):
        pod = self.pods()[index % len(self.pods())]
        self.world.act(verbs.update, with_value(pod, ("metadata", "labels"), {"app": app}))

    @rule(node=NODES)
    def power(self, node):
        powered = self.store.get("Node", "", node)["simulation"]["powered"]
        self.world.act(node_status.power_off if powered else node_status.power_on, node)

    @rule(cloud=st.booleans())
    def switch_the_cloud(self, cloud):
        self.world.act(cluster.set_cloud, cloud)

    @rule(seconds=WAITS)
    def wait(self, seconds):
        self.world.wait(seconds)

    @rule()
    def restart(self):
        self.world.restart()

    @invariant()
    def no_pod_shares_its_place_on_a_node(self):
        places = [
            (pod["spec"]["nodeName"], pod["simulation"]["slot"])
            for pod in self.pods()
            if pod["spec"].get("nodeName")
        ]
        assert len(places) == len(set(places))

    def teardown(self):
        """With power everywhere and time to settle, everything is as it was asked for, and stays so."""
        for node in ("node-1", "node-2", "node-3"):
            if not self.store.get("Node", "", node)["simulation"]["powered"]:
                self.world.act(node_status.power_on, node)
        self.world.act(cluster.set_cloud, True)
        self.world.wait(LONG)
        self.replicas_are_what_was_asked_for()
        self.endpoints_are_the_pods()
        self.nothing_is_left_over()
        revision = self.store.revision
        self.world.restart()
        assert self.store.revision == revision

    def replicas_are_what_was_asked_for(self):
        for found in self.store.list("ReplicationController"):
            wanted = found["spec"]["replicas"]
            mine = [pod for pod in self.pods() if (controller_of(pod) or {}).get("uid") == uid_of(found)]
            assert len([pod for pod in mine if is_active(pod) and is_ready(pod)]) == wanted
            assert found["status"].get("availableReplicas", 0) == found["status"]["replicas"] == wanted

    def endpoints_are_the_pods(self):
        for found in self.store.list("Service", "default"):
            if "selector" not in found["spec"]:
                continue
            app = found["spec"]["selector"]["app"]
            pods = [p for p in self.pods() if labels_of(p).get("app") == app and not is_finished(p)]
            ready = sorted(p["status"]["podIP"] for p in pods if is_ready(p) and not is_deleting(p))
            subsets = self.named("Endpoints", name_of(found)).get("subsets") or []
            assert sorted(a["ip"] for s in subsets for a in s.get("addresses") or ()) == ready
            slices = self.store.indexed("slices-by-service", f"default/{name_of(found)}")
            assert ready == sorted(
                endpoint["addresses"][0]
                for endpoint_slice in slices
                for endpoint in endpoint_slice["endpoints"]
                if endpoint["conditions"]["ready"]
            )
            wants = found["spec"]["type"] == "LoadBalancer"
            assert wants == bool(found["status"]["loadBalancer"].get("ingress"))

    def nothing_is_left_over(self):
        uids = {uid_of(obj) for kind in self.store.kinds() for obj in self.store.list(kind)}
        for kind in self.store.kinds():
            for obj in self.store.list(kind):
                assert not is_deleting(obj), public(obj)
                assert {owner["uid"] for owner in owners_of(obj)} <= uids
        services = {name_of(found) for found in self.store.list("Service", "default")}
        assert {name_of(found) for found in self.store.list("Endpoints", "default")} == services


class FastCluster(Cluster):
    """The same without delays: everything that can happen at once does."""

    delays = "none"


FEW = settings(
    max_examples=max(10, settings.default.max_examples // 4), stateful_step_count=15, deadline=None
)
TestCluster = Cluster.TestCase
TestCluster.settings = FEW
TestFastCluster = FastCluster.TestCase
TestFastCluster.settings = FEW
