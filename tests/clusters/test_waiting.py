"""Everything that waits obeys the cluster's clock: it stands with it, and is twenty times as fast at 20x.

What waits outside of the control plane is tested where it lives: followed logs (tests/api/test_logs.py),
commands in containers (tests/api/test_streams.py), steady clients (test_steady.py), and what is typed in the
terminal (tests/terminal/test_session.py, tests/terminal/kubectl/test_time_limits.py).
"""

from collections.abc import Callable
from typing import NamedTuple

import pytest
import yaml

from clusters import actions, memory, storage
from clusters.engine.objects import condition_of, is_ready
from tests.clusters.test_clock import work

pytestmark = pytest.mark.django_db

LEARNER = "learner"
DAY = 24 * 3600


class Waiting(NamedTuple):
    """Something that waits: how it begins, how one sees that it has come, and after how many seconds."""

    begin: Callable
    has_come: Callable
    seconds: tuple[float, float]


def pod(image="luksa/kubia", command=None, **fields):
    container = {"name": "main", "image": image, **fields}
    if command:
        container["command"] = command
    metadata = {"name": "p", "labels": {"app": "p"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


def applies(*objects):
    def begin(cluster, wall):
        actions.apply_manifests(cluster.pk, LEARNER, yaml.safe_dump_all(objects))

    return begin


def after(*begins):
    """Does the last of these when the ones before have had a minute each."""

    def begin(cluster, wall):
        for act in begins[:-1]:
            act(cluster, wall)
            run(cluster, wall, lambda: False, 60)
        begins[-1](cluster, wall)

    return begin


def kill(cluster, wall):
    actions.kill_pod(cluster.pk, LEARNER, "default", "p")


def power_off(cluster, wall):
    actions.power(cluster.pk, LEARNER, get(cluster)["spec"]["nodeName"], False)


def get(cluster, kind="Pod", name="p"):
    return memory.image(cluster.pk).get(kind, "default", name)


def status(cluster):
    return ((get(cluster) or {}).get("status", {}).get("containerStatuses") or [{}])[0]


def events(cluster):
    found = memory.image(cluster.pk).list("Event", "default")
    return [event for event in found if event["involvedObject"]["name"] == "p"]


PROBE = {"httpGet": {"path": "/", "port": 8080}, "initialDelaySeconds": 20}
BALANCED = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "p"},
    "spec": {"type": "LoadBalancer", "selector": {"app": "p"}, "ports": [{"port": 80}]},
}

WAITING = {
    "a pull": Waiting(applies(pod()), lambda c: "running" in status(c).get("state", {}), (5, 15)),
    "the grace period": Waiting(after(applies(pod()), kill), lambda c: get(c) is None, (29, 32)),
    "a probe": Waiting(applies(pod(readinessProbe=PROBE)), lambda c: get(c) and is_ready(get(c)), (25, 40)),
    "a container that sleeps": Waiting(
        applies(pod("busybox", ["sleep", "300"])), lambda c: status(c).get("restartCount"), (300, 310)
    ),
    "the back-off": Waiting(
        applies(pod("busybox", ["false"])), lambda c: status(c).get("restartCount", 0) >= 4, (60, 120)
    ),
    "a silent node": Waiting(
        after(applies(pod()), power_off),
        lambda c: condition_of(get(c), "Ready")["status"] == "False",
        (40, 60),
    ),
    "the eviction": Waiting(
        after(applies(pod()), power_off),
        lambda c: "deletionTimestamp" in get(c)["metadata"],
        (340, 360),
    ),
    "a load balancer": Waiting(
        applies(BALANCED), lambda c: get(c, "Service")["status"]["loadBalancer"].get("ingress"), (3, 8)
    ),
    "the end of Events": Waiting(
        after(applies(pod()), lambda cluster, wall: None), lambda c: not events(c), (3500, 3800)
    ),
}


@pytest.fixture
def cluster(wall):
    made = actions.create_cluster(LEARNER, nodes=2)
    run(made, wall, lambda: False, 60)
    return made


def run(cluster, wall, has_come, longest):
    """Lets real time pass until it has come, but not longer; the seconds that it took."""
    began = wall.now
    work(cluster)
    while not has_come() and (at := storage.wake_at(cluster.pk)) is not None and at < began + longest:
        wall.now = max(wall.now, at) + 0.001
        work(cluster)
    if not has_come():
        wall.now = began + longest
    return wall.now - began


@pytest.mark.parametrize("name", WAITING)
@pytest.mark.parametrize("speed", [1, 20])
def test_it_comes_at_the_speed_of_the_clock(cluster, wall, name, speed):
    waiting = WAITING[name]
    waiting.begin(cluster, wall)
    actions.set_clock(cluster.pk, LEARNER, speed=speed)
    took = run(cluster, wall, lambda: waiting.has_come(cluster), DAY)
    low, high = waiting.seconds
    assert low <= took * speed <= high + speed


@pytest.mark.parametrize("name", WAITING)
def test_it_stands_with_the_clock(cluster, wall, name):
    waiting = WAITING[name]
    waiting.begin(cluster, wall)
    run(cluster, wall, lambda: False, 1)
    actions.set_clock(cluster.pk, LEARNER, paused=True)
    before = memory.image(cluster.pk)
    run(cluster, wall, lambda: False, DAY)
    assert memory.image(cluster.pk) == before
    assert storage.wake_at(cluster.pk) is None
    actions.set_clock(cluster.pk, LEARNER, paused=False)
    took = run(cluster, wall, lambda: waiting.has_come(cluster), DAY)
    low, high = waiting.seconds
    assert low - 1 <= took <= high
