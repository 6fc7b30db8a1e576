"""Containers that end: exit codes, restart policies, waiting longer and longer."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet.kubelet import Kubelet
from clusters.engine.objects import is_ready, with_value
from tests.engine.builders import make_node, make_pod, make_store
from tests.engine.world import World


def world(image="lifelines/crasher", *, policy="Always", delays="none", command=None, **container):
    pod = make_pod("p", node="node-1", image=image)
    pod["spec"]["restartPolicy"] = policy
    pod["spec"]["containers"][0].update(container)
    if command:
        pod["spec"]["containers"][0]["command"] = command
    return World(make_store(make_node(), pod, delays=delays), Kubelet)


def phase(w):
    return w.pod()["status"]["phase"]


def state(w):
    return w.container()["state"]


def test_the_first_crash_is_answered_at_once_and_then_later_and_later():
    w = world()
    starts = []
    for _ in range(800):
        running = state(w).get("running")
        if running and running["startedAt"] not in starts:
            starts.append(running["startedAt"])
        w.wait(1)
    seconds = [int(at[14:16]) * 60 + int(at[17:19]) for at in starts]
    # Each run takes 2 s; before the next one it waits 0, 10, 20, 40, 80, 160, 300 s.
    assert seconds == [0, 2, 14, 36, 78, 160, 322, 624]


def test_what_a_crash_loop_looks_like():
    w = world()
    w.wait(5)
    uid = w.pod()["metadata"]["uid"]
    assert state(w)["waiting"] == {
        "reason": "CrashLoopBackOff",
        "message": f"back-off 10s restarting failed container=main pod=p_default({uid})",
    }
    last = w.container()["lastState"]["terminated"]
    assert last["exitCode"] == 1
    assert last["reason"] == "Error"
    assert last["message"] == "panic: something is wrong in here"
    assert (last["startedAt"], last["finishedAt"]) == ("2026-11-24T08:00:02Z", "2026-11-24T08:00:04Z")
    assert last["containerID"].startswith("containerd://")
    assert w.container()["restartCount"] == 1
    assert phase(w) == "Running"
    assert not is_ready(w.pod())
    said = f"Back-off restarting failed container main in pod p_default({uid})"
    assert ("BackOff", said) in w.events(w.pod())


def test_events_of_a_crash_loop_count_up():
    w = world()
    w.wait(80)
    assert w.count_of(w.pod(), "Started") == 5
    assert w.count_of(w.pod(), "BackOff") == 4
    assert len(w.events(w.pod())) == 5


def test_a_long_run_makes_the_next_crash_the_first():
    w = world("busybox", command=["sh", "-c", "sleep 601; exit 1"])
    w.wait(602)
    assert "running" in state(w)
    w.wait(601)
    assert "running" in state(w)
    assert w.container()["restartCount"] == 2


def test_between_two_runs_the_end_of_the_first_is_shown():
    w = world(delays="real", image="busybox", command=["false"])
    w.wait(2)
    assert state(w)["terminated"]["exitCode"] == 1
    assert w.container()["lastState"] == {}


@pytest.mark.parametrize(
    ("policy", "command", "ends"),
    [
        ("Never", ["true"], "Succeeded"),
        ("Never", ["false"], "Failed"),
        ("OnFailure", ["true"], "Succeeded"),
        ("OnFailure", ["sh", "-c", "exit 3"], "Running"),
        ("Always", ["true"], "Running"),
    ],
)
def test_restart_policies(policy, command, ends):
    w = world("busybox", policy=policy, command=command)
    w.wait(5)
    assert phase(w) == ends
    if ends != "Running":
        assert "terminated" in state(w)
        assert w.container()["restartCount"] == 0
        changes = len(w.store.changes)
        w.wait(1000)
        assert len(w.store.changes) == changes


def test_a_completed_pod_says_so():
    w = world("busybox", policy="Never", command=["sleep", "3"])
    w.wait(4)
    assert state(w)["terminated"]["reason"] == "Completed"
    ready = next(c for c in w.pod()["status"]["conditions"] if c["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "PodCompleted")


def test_one_of_two_containers_may_end():
    pod = make_pod("p", node="node-1", image="nginx")
    pod["spec"]["restartPolicy"] = "Never"
    second = {**pod["spec"]["containers"][0], "name": "task", "image": "busybox", "command": ["true"]}
    pod["spec"]["containers"].append(second)
    w = World(make_store(make_node(), pod), Kubelet)
    assert phase(w) == "Running"
    assert [c["ready"] for c in w.pod()["status"]["containerStatuses"]] == [True, False]


def test_busybox_without_a_command_ends_again_and_again():
    w = world("busybox")
    w.wait(1)
    assert state(w)["waiting"]["reason"] == "CrashLoopBackOff"
    last = w.container()["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (0, "Completed")


def test_a_command_that_is_not_there_cannot_be_started():
    w = world("busybox", command=["python3"])
    last = w.container()["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (128, "StartError")
    assert last["message"].endswith('exec: "python3": executable file not found in $PATH')
    assert last["startedAt"] == "1970-01-01T00:00:00Z"
    assert state(w)["waiting"]["reason"] == "CrashLoopBackOff"
    assert ("Failed", f"Error: {last['message']}") in w.events(w.pod())


def test_another_image_restarts_the_container():
    w = world("nginx")
    before = w.container()["containerID"]
    containers = [{**w.pod()["spec"]["containers"][0], "image": "httpd"}]
    w.act(verbs.update, with_value(w.pod(), ("spec", "containers"), containers))
    assert ("Killing", "Container main definition changed, will be restarted") in w.events(w.pod())
    w.wait(1)
    assert w.container()["image"] == "docker.io/library/httpd:latest"
    assert w.container()["containerID"] != before
    assert w.container()["restartCount"] == 1
    assert is_ready(w.pod())


@pytest.mark.parametrize("name", ["NGINX", "nginx:", "nothing/there"])
def test_a_container_keeps_its_image_where_another_one_cannot_be_had(name):
    w = world("nginx")
    before = w.container()
    containers = [{**w.pod()["spec"]["containers"][0], "image": name}]
    w.act(verbs.update, with_value(w.pod(), ("spec", "containers"), containers))
    w.wait(1)
    assert state(w)["waiting"]["reason"] in ("InvalidImageName", "ErrImagePull")
    same = ("image", "imageID", "containerID", "restartCount")
    assert [w.container()[field] for field in same] == [before[field] for field in same]


def test_nobody_looks_at_a_pod_that_runs():
    w = world("nginx")
    changes = len(w.store.changes)
    w.wait(100_000)
    assert len(w.store.changes) == changes
    assert w.plane.next_due() is None
