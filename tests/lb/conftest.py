"""What the tests of load balancers share: a cluster with three kubias behind one, and whoever asks it."""

import time

import pytest

from clusters import actions, keys, memory
from tests.lb.visitor import Visitor
from tests.serving import serving as serving

PERSON = "tester"


@pytest.fixture
def bare(serving):
    """A cluster of three nodes in which nothing takes time, and nothing runs."""
    return actions.create_cluster(PERSON, nodes=3, delays="none")


@pytest.fixture
def cluster(bare):
    """That cluster with three pods of kubia behind the load balancer kubia-http; all is at work."""
    run(bare)
    settle(bare, lambda image: len(ready(image)) == 3 and address(image))
    return bare


@pytest.fixture
def ask(cluster):
    """Asks that load balancer."""
    return Visitor(keys.link_of(cluster.pk, "default", "kubia-http"))


def run(cluster, name="kubia", replicas=3, image="luksa/kubia", port=8080, type_="LoadBalancer"):
    """Creates pods, and a Service `<name>-http` on port 80 that leads to them."""
    actions.create_replication_controller(cluster.pk, PERSON, name=name, image=image, replicas=replicas)
    actions.expose(
        cluster.pk,
        PERSON,
        kind="ReplicationController",
        namespace="default",
        name=name,
        service=f"{name}-http",
        type_=type_,
        port=80,
        target_port=port,
    )


def settle(cluster, done):
    """Lets the control plane work until `done(image)`."""
    deadline = time.monotonic() + 20
    while True:
        passed = actions.reconcile(cluster.pk, "tester", 1_000, 5.0).result()
        if passed is not None and done(memory.published(cluster.pk)):
            return
        assert time.monotonic() < deadline, "the control plane did not come to it"
        time.sleep(0.01)


def ready(image, name="kubia-http"):
    """The names of the pods to which the Service leads."""
    slices = image.indexed("slices-by-service", f"default/{name}")
    return [
        end["targetRef"]["name"]
        for found in slices
        for end in found["endpoints"]
        if end["conditions"]["ready"]
    ]


def address(image, name="kubia-http"):
    """The Service's public address, None if it has none."""
    balancer = (image.get("Service", "default", name).get("status") or {}).get("loadBalancer") or {}
    return next((entry["ip"] for entry in balancer.get("ingress") or ()), None)
