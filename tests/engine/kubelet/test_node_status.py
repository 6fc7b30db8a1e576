"""Machines that lose power, kubelets that stop, and what is seen of it."""

import pytest

from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.clock import Clock
from clusters.engine.kubelet import node_status
from clusters.engine.kubelet.kubelet import Kubelet
from clusters.engine.objects import is_deleting, is_ready, simulation_of, with_value
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW
from tests.engine.world import World, simple_pod


@pytest.fixture
def world():
    """One node and its kubelet; nothing takes time and nobody watches the node."""
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=1, clock=Clock(NOW, NOW), delays="none")
    return World(store, Kubelet)


def bound(name="p", image="nginx", **options):
    pod = simple_pod(name, image, **options)
    return {**pod, "spec": {**pod["spec"], "nodeName": "node-1"}}


def test_a_node_registers_as_upstream_does(world):
    node = world.node()
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == "node-1"
    assert node["status"]["capacity"]["cpu"] == "4"
    assert node["status"]["allocatable"]["pods"] == "110"
    assert [c["type"] for c in node["status"]["conditions"]] == [
        "MemoryPressure",
        "DiskPressure",
        "PIDPressure",
        "Ready",
    ]
    assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.37.1"
    assert is_ready(node)


def test_power_goes_without_a_word(world):
    world.act(verbs.create, bound())
    before = world.store.revision
    world.act(node_status.power_off, "node-1")
    assert world.store.revision == before + 1
    assert is_ready(world.node())
    assert is_ready(world.pod())
    assert simulation_of(world.node())["heartbeat"] == NOW
    world.wait(30)
    assert world.store.revision == before + 1


def test_after_a_reboot_containers_start_again_in_a_new_sandbox(world):
    world.act(verbs.create, bound())
    old_ip, old_id = world.pod()["status"]["podIP"], world.container()["containerID"]
    world.act(node_status.power_off, "node-1")
    world.wait(20)
    world.act(node_status.power_on, "node-1")
    assert is_ready(world.pod())
    assert world.pod()["status"]["podIP"] not in ("", old_ip)
    assert world.container()["restartCount"] == 1
    ended = world.container()["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"], ended["containerID"]) == (255, "Unknown", old_id)
    said = "Pod sandbox changed, it will be killed and re-created."
    assert ("SandboxChanged", said) in world.events(world.pod())
    assert world.count_of(world.node(), "Rebooted") == 1
    assert world.count_of(world.node(), "NodeReady") == 1


def test_restart_policies_hold_over_a_reboot(world):
    for policy in ("Never", "OnFailure"):
        world.act(verbs.create, bound(policy.lower(), policy=policy))
    world.act(verbs.create, bound("done", "busybox", policy="Never"))
    world.act(node_status.power_off, "node-1")
    world.act(node_status.power_on, "node-1")
    assert world.pod("never")["status"]["phase"] == "Failed"
    assert world.count_of(world.pod("never"), "SandboxChanged") == 0
    assert is_ready(world.pod("onfailure"))
    assert world.pod("done")["status"]["phase"] == "Succeeded"


def test_a_reboot_ends_the_wait_of_a_crash_loop(world):
    world.act(verbs.create, bound(image="lifelines/crasher"))
    world.wait(5)
    assert "waiting" in world.container()["state"]
    world.act(node_status.power_off, "node-1")
    world.act(node_status.power_on, "node-1")
    assert "running" in world.container()["state"]


def test_a_reboot_in_mid_pull_pulls_again():
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=1, clock=Clock(NOW, NOW), delays="real")
    world = World(store, Kubelet)
    world.act(verbs.create, bound())
    world.wait(2)
    world.act(node_status.power_off, "node-1")
    world.wait(60)
    assert simulation_of(world.node())["images"] == {}
    world.act(node_status.power_on, "node-1")
    world.wait(10)
    assert is_ready(world.pod())
    assert world.container()["restartCount"] == 0
    assert world.count_of(world.pod(), "Pulled") == 1


def test_pods_deleted_meanwhile_go_when_the_power_is_back(world):
    world.act(verbs.create, bound(image="luksa/kubia"))
    world.act(node_status.power_off, "node-1")
    world.act(verbs.delete, "Pod", "default", "p")
    world.wait(600)
    assert is_deleting(world.pod())
    world.act(node_status.power_on, "node-1")
    assert world.get("Pod", "p") is None


def test_switching_twice_is_like_once(world):
    world.act(node_status.power_off, "node-1")
    world.wait(5)
    before = world.node()
    assert world.act(node_status.power_off, "node-1") is before
    world.act(node_status.power_on, "node-1")
    before = world.node()
    assert world.act(node_status.power_on, "node-1") is before


def test_a_machine_that_is_not_there_has_no_switch(world):
    with pytest.raises(StatusError, match='nodes "node-9" not found'):
        world.act(node_status.power_off, "node-9")


def test_without_its_kubelet_containers_run_on(world):
    world.act(verbs.create, bound())
    world.act(node_status.stop_kubelet, "node-1")
    world.act(verbs.create, bound("late"))
    world.wait(30)
    assert world.pod("late")["status"]["phase"] == "Pending"
    world.act(node_status.start_kubelet, "node-1")
    assert is_ready(world.pod("late"))
    assert world.container()["restartCount"] == 0
    assert world.count_of(world.node(), "Rebooted") == 0


def test_a_kubelet_without_power_cannot_be_started(world):
    world.act(node_status.power_off, "node-1")
    world.act(node_status.start_kubelet, "node-1")
    assert not node_status.is_running(world.node())


def test_cordoning_is_told(world):
    for cordoned, reason in ((True, "NodeNotSchedulable"), (False, "NodeSchedulable")):
        world.act(verbs.update, with_value(world.node(), ("spec", "unschedulable"), cordoned))
        assert (reason, f"Node node-1 status is now: {reason}") in world.events(world.node())


def test_events_of_a_kubelet_name_its_node_by_name(world):
    event = next(event for event in world.store.list("Event") if event["reason"] == "Starting")
    assert event["involvedObject"]["uid"] == "node-1"


def test_a_node_that_somebody_only_wrote_down_runs_nothing(world):
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "ghost"}, "spec": {}}
    world.act(verbs.create, node)
    pod = bound()
    world.act(verbs.create, {**pod, "spec": {**pod["spec"], "nodeName": "ghost"}})
    world.wait(10)
    assert world.pod()["status"]["phase"] == "Pending"


def test_a_reboot_before_the_sandbox_was_made():
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=1, clock=Clock(NOW, NOW), delays="real")
    world = World(store, Kubelet)
    world.act(verbs.create, bound())
    world.act(node_status.power_off, "node-1")
    world.act(node_status.power_on, "node-1")
    world.wait(10)
    assert is_ready(world.pod())
