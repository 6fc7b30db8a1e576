"""What conditions of pods say, whoever sets them."""

import pytest

from clusters.engine.kubelet.kubelet import Kubelet
from clusters.engine.pod_conditions import pod_condition, with_pod_condition
from tests.engine.builders import NOW, make_node, make_pod, make_store
from tests.engine.world import World


def conditions_of(pod):
    return {condition["type"]: condition for condition in pod["status"]["conditions"]}


def test_a_transition_is_a_change_of_the_status_not_of_the_reason():
    pod = {"metadata": {"name": "p", "generation": 3}}
    first = pod_condition(pod, "PodScheduled", "False", NOW, "Unschedulable", "no room")
    pod = with_pod_condition(pod, first)
    again = pod_condition(pod, "PodScheduled", "False", NOW + 60, "Unschedulable", "no room at all")
    assert again == {**first, "message": "no room at all"}
    scheduled = pod_condition(pod, "PodScheduled", "True", NOW + 60)
    assert scheduled["lastTransitionTime"] > first["lastTransitionTime"]
    assert {"reason", "message"}.isdisjoint(scheduled)
    assert scheduled["observedGeneration"] == 3


def test_a_condition_takes_the_place_of_the_one_of_its_type():
    pod = {"metadata": {"name": "p"}, "status": {"phase": "Pending", "conditions": [{"type": "Mine"}]}}
    for status in ("False", "True"):
        pod = with_pod_condition(pod, pod_condition(pod, "PodScheduled", status, NOW))
    assert [condition["type"] for condition in pod["status"]["conditions"]] == ["Mine", "PodScheduled"]
    assert pod["status"]["phase"] == "Pending"
    assert "observedGeneration" not in pod["status"]["conditions"][1]


@pytest.mark.parametrize(
    ("script", "initialized", "ready"),
    [("exit 0", "PodCompleted", "PodCompleted"), ("exit 3", None, "PodFailed")],
)
def test_a_finished_pod_says_how_it_ended(script, initialized, ready):
    pod = make_pod("p", node="node-1", image="busybox:1.36")
    pod["metadata"]["generation"] = 1
    pod["spec"]["restartPolicy"] = "Never"
    pod["spec"]["containers"][0]["command"] = ["sh", "-c", script]
    world = World(make_store(make_node(), pod), Kubelet)
    world.wait(30)
    found = conditions_of(world.pod())
    assert found["Initialized"].get("reason") == initialized
    assert found["PodReadyToStartContainers"]["status"] == "False"
    for type_ in ("Ready", "ContainersReady"):
        assert (found[type_]["status"], found[type_]["reason"]) == ("False", ready)
        assert "message" not in found[type_]
    assert {condition["observedGeneration"] for condition in found.values()} == {1}
