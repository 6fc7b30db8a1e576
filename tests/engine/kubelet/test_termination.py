"""Pods that are deleted: SIGTERM, the grace period, SIGKILL."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet.kubelet import Kubelet
from clusters.engine.objects import is_deleting, is_ready
from tests.engine.builders import make_node, make_pod, make_store
from tests.engine.world import World


def world(image="nginx", *, delays="none", grace=None, **container):
    pod = make_pod("p", node="node-1", image=image)
    pod["spec"]["containers"][0].update(container)
    if grace is not None:
        pod["spec"]["terminationGracePeriodSeconds"] = grace
    return World(make_store(make_node(), pod, delays=delays), Kubelet)


def last_state(w):
    """The pod as it was when it went."""
    found = [change.object for change in w.store.changes if change.verb == "DELETED"]
    return found[-1]


def lasts(w):
    """Whole seconds until the pod is gone."""
    seconds = 0
    while w.get("Pod", "p") is not None:
        w.wait(1)
        seconds += 1
    return seconds


@pytest.mark.parametrize(
    ("image", "grace", "seconds", "code", "phase"),
    [
        ("nginx", None, 1, 0, "Succeeded"),
        ("tomcat", None, 1, 143, "Failed"),
        ("luksa/kubia", None, 30, 137, "Failed"),
        ("lifelines/stubborn", 5, 5, 137, "Failed"),
        ("lifelines/slow", 30, 5, 0, "Succeeded"),
        ("lifelines/slow", 2, 2, 137, "Failed"),
    ],
)
def test_how_images_take_sigterm(image, grace, seconds, code, phase):
    w = world(image, grace=grace)
    w.act(verbs.delete, "Pod", "default", "p")
    assert lasts(w) == seconds
    ended = last_state(w)["status"]["containerStatuses"][0]["state"]["terminated"]
    assert ended["exitCode"] == code
    assert ended["reason"] == ("Completed" if code == 0 else "Error")
    assert last_state(w)["status"]["phase"] == phase


def test_while_it_stops_it_still_runs_and_people_are_told_once():
    w = world("luksa/kubia")
    w.act(verbs.delete, "Pod", "default", "p")
    w.wait(10)
    assert is_deleting(w.pod())
    assert is_ready(w.pod())
    assert "running" in w.container()["state"]
    assert w.count_of(w.pod(), "Killing") == 1
    assert ("Killing", "Stopping container main") in w.events(w.pod())


def test_a_shorter_period_counts_from_the_first_delete():
    w = world("luksa/kubia")
    w.act(verbs.delete, "Pod", "default", "p")
    w.wait(5)
    w.act(verbs.delete, "Pod", "default", "p", grace_seconds=8)
    assert lasts(w) == 3


def test_force_removes_at_once():
    w = world("luksa/kubia")
    w.act(verbs.delete, "Pod", "default", "p", grace_seconds=0)
    assert w.get("Pod", "p") is None


def test_stopping_with_a_grace_of_one_second_is_quick():
    w = world("luksa/kubia", delays="real")
    w.wait(20)
    w.act(verbs.delete, "Pod", "default", "p", grace_seconds=1)
    assert lasts(w) <= 2


def test_a_container_that_does_not_run_has_nothing_to_stop():
    w = world("luksa/kubia", delays="real")
    w.wait(2)
    w.act(verbs.delete, "Pod", "default", "p")
    assert w.get("Pod", "p") is None
    w = world("luksa/kubai")
    w.act(verbs.delete, "Pod", "default", "p")
    assert w.get("Pod", "p") is None


def test_a_container_that_runs_and_is_not_ready_yet_is_stopped_too():
    w = world("lifelines/slow")
    w.wait(1)
    w.act(verbs.delete, "Pod", "default", "p", grace_seconds=25)
    assert lasts(w) == 5
    w = world("lifelines/stubborn", delays="real")
    w.wait(2.2)
    assert "running" in w.container()["state"]
    assert not is_ready(w.pod())
    w.act(verbs.delete, "Pod", "default", "p", grace_seconds=5)
    assert lasts(w) == 5


def test_a_crash_loop_ends_with_its_pod():
    w = world("lifelines/crasher")
    w.wait(20)
    w.act(verbs.delete, "Pod", "default", "p")
    w.wait(3)
    assert w.get("Pod", "p") is None
    changes = len(w.store.changes)
    w.wait(1000)
    assert len(w.store.changes) == changes
    assert w.plane.next_due() is None


def test_a_container_that_would_end_anyway_is_not_killed_later():
    w = world("busybox", command=["sleep", "7"])
    w.act(verbs.delete, "Pod", "default", "p")
    assert lasts(w) == 7
    assert last_state(w)["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 0


def test_finalizers_hold_the_pod_but_not_its_containers():
    pod = make_pod("p", node="node-1", image="nginx", finalizers=["example.com/wait"])
    w = World(make_store(make_node(), pod), Kubelet)
    w.act(verbs.delete, "Pod", "default", "p")
    w.wait(60)
    assert "terminated" in w.container()["state"]
    w.act(verbs.remove_finalizer, w.pod(), "example.com/wait")
    assert w.get("Pod", "p") is None


def test_a_container_of_two_that_stops_first_waits_for_the_other():
    pod = make_pod("p", node="node-1", image="nginx")
    pod["spec"]["containers"].append(
        {**pod["spec"]["containers"][0], "name": "slow", "image": "lifelines/stubborn"}
    )
    w = World(make_store(make_node(), pod), Kubelet)
    w.act(verbs.delete, "Pod", "default", "p", grace_seconds=10)
    w.wait(1)
    assert "terminated" in w.container(index=0)["state"]
    assert "running" in w.container(index=1)["state"]
    assert not is_ready(w.pod())
    assert lasts(w) == 9
