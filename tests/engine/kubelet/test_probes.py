"""Startup, liveness and readiness probes."""

import pytest

from clusters.engine.kubelet.kubelet import Kubelet
from clusters.engine.objects import is_ready
from tests.engine.builders import defaulted, make_node, make_pod, make_store
from tests.engine.world import World

HEALTHY_FOR_30 = ["sh", "-c", "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"]


def world(image="luksa/kubia", *, delays="none", others=(), **container):
    pod = make_pod("p", node="node-1", image=image)
    pod["spec"]["containers"][0].update(container)
    pod["spec"]["containers"].extend(others)
    return World(make_store(make_node(), defaulted(pod), delays=delays), Kubelet)


def http(port, path="/", **fields):
    return {"httpGet": {"port": port, "path": path}, **fields}


def unhealthy(w):
    return [message for reason, message in w.events(w.pod()) if reason == "Unhealthy"]


@pytest.mark.parametrize("port", [8080, "http"])
def test_a_good_readiness_probe(port):
    w = world(readinessProbe=http(port))
    assert is_ready(w.pod())
    changes = len(w.store.changes)
    w.wait(3600)
    assert len(w.store.changes) == changes
    assert unhealthy(w) == []


def test_the_first_probe_waits_for_its_delay():
    w = world(readinessProbe=http(8080, initialDelaySeconds=15))
    assert w.pod()["status"]["phase"] == "Running"
    w.wait(14)
    assert not is_ready(w.pod())
    w.wait(1)
    assert is_ready(w.pod())


def test_several_successes_may_be_asked_for():
    w = world(readinessProbe=http(8080, periodSeconds=4, successThreshold=3))
    w.wait(7)
    assert not is_ready(w.pod())
    w.wait(1)
    assert is_ready(w.pod())


@pytest.mark.parametrize(
    ("image", "probe", "message"),
    [
        (
            "luksa/kubia",
            http(9999, "/health"),
            'Get "http://10.244.0.2:9999/health": dial tcp 10.244.0.2:9999: connect: connection refused',
        ),
        ("nginx", http(80, "/healthz"), "HTTP probe failed with statuscode: 404"),
        ("redis", http(6379), 'Get "http://10.244.0.2:6379/": EOF'),
        (
            "nginx",
            {"httpGet": {"port": 80, "scheme": "HTTPS"}},
            'Get "https://10.244.0.2:80/": http: server gave HTTP response to HTTPS client',
        ),
        (
            "luksa/kubia",
            {"tcpSocket": {"port": 81}},
            "dial tcp 10.244.0.2:81: connect: connection refused",
        ),
        (
            "nginx",
            {"exec": {"command": ["cat", "/var/ready"]}},
            "cat: /var/ready: No such file or directory",
        ),
        ("nginx", {"exec": {"command": ["false"]}}, "command exited with 1"),
        ("nginx", http("web"), "couldn't find port: 'web' in container main"),
    ],
)
def test_what_is_wrong_is_told(image, probe, message):
    w = world(image, readinessProbe=probe)
    assert not is_ready(w.pod())
    assert unhealthy(w) == [f"Readiness probe failed: {message}"]
    assert w.container()["started"]


def test_a_probe_of_another_kind_that_works():
    assert is_ready(world("redis", readinessProbe={"tcpSocket": {"port": 6379}}).pod())
    assert is_ready(world("redis", readinessProbe={"exec": {"command": ["redis-cli", "ping"]}}).pod())
    assert is_ready(world("nginx", readinessProbe=http(80, "/index.html?x=1")).pod())


def test_a_failing_probe_is_told_each_time_and_in_the_end_seldom():
    w = world(readinessProbe=http(9999))
    w.wait(95)
    assert w.count_of(w.pod(), "Unhealthy") == 10
    w.wait(24 * 3600)
    assert w.count_of(w.pod(), "Unhealthy") < 25 + 24 * 12 + 2


def test_a_slow_server_fails_until_it_listens():
    w = world("lifelines/slow", readinessProbe=http(8080, periodSeconds=5))
    w.wait(19)
    assert not is_ready(w.pod())
    assert w.count_of(w.pod(), "Unhealthy") == 4
    w.wait(1)
    assert is_ready(w.pod())


def test_without_a_probe_the_image_says_when_it_is_ready():
    w = world("lifelines/slow")
    w.wait(19)
    assert not is_ready(w.pod())
    w.wait(1)
    assert is_ready(w.pod())


def test_readiness_comes_and_goes_with_what_is_probed():
    probe = {"exec": {"command": ["cat", "/tmp/healthy"]}, "periodSeconds": 5, "failureThreshold": 2}
    w = world("busybox", command=HEALTHY_FOR_30, readinessProbe=probe)
    assert is_ready(w.pod())
    w.wait(34)
    assert is_ready(w.pod())
    w.wait(1)
    assert not is_ready(w.pod())
    assert w.container()["restartCount"] == 0


def test_a_failed_liveness_probe_restarts_the_container():
    probe = {"exec": {"command": ["cat", "/tmp/healthy"]}, "initialDelaySeconds": 5, "periodSeconds": 5}
    w = world("busybox", command=HEALTHY_FOR_30, livenessProbe=probe)
    w.wait(39)
    assert w.count_of(w.pod(), "Killing") == 0
    w.wait(1)
    assert ("Killing", "Container main failed liveness probe, will be restarted") in w.events(w.pod())
    w.wait(29)
    assert w.container()["restartCount"] == 0
    w.wait(1)
    assert w.container()["restartCount"] == 1
    assert w.container()["lastState"]["terminated"]["exitCode"] == 137
    assert is_ready(w.pod())


def test_a_liveness_probe_at_the_wrong_port_ends_in_a_crash_loop():
    w = world("nginx", livenessProbe=http(81))
    w.wait(45)
    assert w.container()["state"]["waiting"]["reason"] == "CrashLoopBackOff"


def test_a_startup_probe_holds_the_others_back():
    w = world(
        "lifelines/slow",
        startupProbe=http(8080, periodSeconds=5, failureThreshold=10),
        livenessProbe=http(8080, periodSeconds=1, failureThreshold=1),
        readinessProbe=http(8080, periodSeconds=1),
    )
    w.wait(19)
    assert not w.container()["started"]
    assert {message.split()[0] for message in unhealthy(w)} == {"Startup"}
    w.wait(2)
    assert w.container()["started"]
    assert is_ready(w.pod())
    assert w.container()["restartCount"] == 0


def test_a_startup_probe_that_never_succeeds_restarts_the_container():
    w = world("nginx", startupProbe=http(81, periodSeconds=2, failureThreshold=3))
    w.wait(4)
    assert ("Killing", "Container main failed startup probe, will be restarted") in w.events(w.pod())
    w.wait(1)
    assert w.container()["restartCount"] == 1


def test_a_probe_may_ask_the_neighbour():
    neighbour = {"name": "web", "image": "nginx", "imagePullPolicy": "Always"}
    w = world("busybox", others=[neighbour], command=["sleep", "9999"], readinessProbe=http(80))
    w.wait(20)
    assert [c["ready"] for c in w.pod()["status"]["containerStatuses"]] == [True, True]
