"""What `kubectl top` reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import listing, verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.listing import ListOptions
from clusters.engine.apiserver.metrics import node_metrics, pod_metrics
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.kubelet import node_status
from clusters.engine.objects import name_of, with_value
from clusters.engine.quantities import milli, whole
from tests.engine.builders import NOW, make_node, make_pod, make_store
from tests.engine.world import World, simple_pod

MEBIBYTE = 2**20


def pod_with(name="p", resources=None, node="node-1", **container):
    pod = make_pod(name, ip="10.244.0.7", node=node, ready=True, image=container.pop("image", "nginx"))
    pod["spec"]["containers"][0].update(resources=resources or {}, **container)
    return pod


def usage(pod, now=NOW + 60):
    """(thousandths of a CPU, bytes) of the only container of a pod."""
    (found,) = pod_metrics(make_store(make_node(), pod), now)
    (container,) = found["containers"]
    return milli(container["usage"]["cpu"]), whole(container["usage"]["memory"])


def test_a_pod_has_its_figures_container_by_container():
    pod = pod_with()
    pod["spec"]["containers"].append({"name": "side", "image": "busybox", "command": ["sleep", "9999"]})
    pod["status"]["containerStatuses"].append({**pod["status"]["containerStatuses"][0], "name": "side"})
    (found,) = pod_metrics(make_store(make_node(), pod), NOW + 62.5)
    assert (found["apiVersion"], found["kind"]) == ("metrics.k8s.io/v1beta1", "PodMetrics")
    assert found["metadata"] == {
        "name": "p",
        "namespace": "default",
        "labels": {"app": "kubia"},
        "creationTimestamp": "2026-11-24T08:01:02Z",
    }
    assert found["timestamp"] == "2026-11-24T08:01:00Z"
    assert 14.5 <= float(found["window"].rstrip("s")) <= 15.5
    assert [container["name"] for container in found["containers"]] == ["main", "side"]
    for container in found["containers"]:
        assert container["usage"]["cpu"].endswith("n")
        assert container["usage"]["memory"].endswith("Ki")


def test_figures_come_with_the_second_look_and_stay_until_the_next():
    store = make_store(make_node(), pod_with())
    assert pod_metrics(store, NOW + 14.9) == []
    first = pod_metrics(store, NOW + 15)
    again = pod_metrics(store, NOW + 29.9)
    assert first[0]["containers"] == again[0]["containers"]
    assert pod_metrics(store, NOW + 30)[0]["containers"] != first[0]["containers"]
    late = make_store(make_node(), make_pod("p", ip="10.244.0.7", ready_since=NOW + 1))
    assert pod_metrics(late, NOW + 29.9) == []
    assert len(pod_metrics(late, NOW + 30)) == 1


def test_the_same_pod_has_the_same_figures_and_another_one_others():
    assert usage(pod_with()) == usage(pod_with())
    both = pod_metrics(make_store(make_node(), pod_with(), pod_with("q")), NOW + 60)
    assert both[0]["containers"] != both[1]["containers"]


def test_a_server_that_waits_uses_little_and_a_loop_a_whole_processor():
    cpu, memory = usage(pod_with())
    assert 0 < cpu <= 5
    assert MEBIBYTE < memory < 32 * MEBIBYTE
    assert usage(pod_with(image="busybox", command=["sleep", "9999"]))[0] <= 1
    loop = ["sh", "-c", "while true; do :; done"]
    assert 900 <= usage(pod_with(image="busybox", command=loop))[0] <= 1000
    rests = ["sh", "-c", "while true; do date; sleep 1; done"]
    assert usage(pod_with(image="busybox", command=rests))[0] <= 1
    last = ["sh", "-c", "while sleep 1; do date; done; while true; do :; done"]
    assert usage(pod_with(image="busybox", command=last))[0] >= 900


def test_a_very_long_command_is_looked_through_in_one_go():
    words = ["sh", "-c", "while " * 100_000 + "sleep"]
    assert usage(pod_with(image="busybox", command=words))[0] <= 1


@given(
    cpu=st.integers(min_value=1, max_value=4000),
    memory=st.integers(min_value=1, max_value=4096),
    busy=st.booleans(),
    seconds=st.integers(min_value=15, max_value=10_000),
)
def test_nobody_uses_more_than_his_limit(cpu, memory, busy, seconds):
    limits = {"cpu": f"{cpu}m", "memory": f"{memory}Mi"}
    command = {"command": ["yes"]} if busy else {}
    resources = {"limits": limits, "requests": limits}
    used = usage(pod_with(resources=resources, **command), NOW + seconds)
    assert used[0] <= cpu
    assert used[1] <= memory * MEBIBYTE


@pytest.mark.parametrize("phase", ["Pending", "Succeeded", "Failed"])
def test_pods_that_do_not_run_have_no_figures(phase):
    pod = make_pod("p", node="node-1", phase=phase)
    assert pod_metrics(make_store(make_node(), pod), NOW + 60) == []


def test_a_node_has_what_its_pods_use_and_its_own():
    bare = node_metrics(make_store(make_node()), NOW + 60)[0]["usage"]
    busy = pod_with(image="busybox", command=["yes"])
    (found,) = node_metrics(make_store(make_node(), busy), NOW + 60)
    assert found["kind"] == "NodeMetrics"
    assert found["metadata"]["labels"] == {"kubernetes.io/hostname": "node-1"}
    assert "namespace" not in found["metadata"]
    assert milli(found["usage"]["cpu"]) >= 900
    assert 60 <= milli(bare["cpu"]) <= 130
    assert 400 * MEBIBYTE < whole(bare["memory"]) < 700 * MEBIBYTE


def test_a_node_cannot_use_more_than_it_has():
    pods = [pod_with(f"p{i}", image="busybox", command=["yes"]) for i in range(9)]
    (found,) = node_metrics(make_store(make_node(cpu="4"), *pods), NOW + 60)
    assert milli(found["usage"]["cpu"]) == 4000


def test_a_node_that_is_silent_has_no_figures_nor_have_its_pods():
    w = World(make_store(make_node(), make_node("node-2", ip="172.18.0.3")))
    w.act(lambda store: store.create(pod_with()))
    w.wait(60)
    assert len(pod_metrics(w.store, w.store.now)) == 1
    w.act(node_status.stop_kubelet, "node-1")
    assert pod_metrics(w.store, w.store.now) == []
    assert [name_of(found) for found in node_metrics(w.store, w.store.now)] == ["node-2"]


class TestThroughTheList:
    STORE = make_store(
        make_node(),
        make_node("node-2", ip="172.18.0.3", powered=False),
        pod_with(),
        with_value(pod_with("q"), ("metadata", "labels"), {"app": "other"}),
    )

    def names(self, kind="PodMetrics", namespace="", **options):
        page = listing.list_page(self.STORE, BY_KIND[kind], namespace, ListOptions(**options), NOW + 60)
        return [name_of(found) for found in page.items]

    def test_all_and_by_label_and_by_namespace(self):
        assert self.names() == ["p", "q"]
        assert self.names(label_selector="app=other") == ["q"]
        assert self.names(namespace="kube-system") == []
        assert self.names("NodeMetrics") == ["node-1"]

    def test_one_by_name(self):
        found = listing.get(self.STORE, BY_KIND["PodMetrics"], "default", "q", NOW + 60)
        assert name_of(found) == "q"

    @pytest.mark.parametrize(
        ("kind", "namespace", "name", "said"),
        [
            ("PodMetrics", "default", "q", 'podmetrics.metrics.k8s.io "default/q" not found'),
            ("PodMetrics", "default", "x", 'pods "x" not found'),
            ("NodeMetrics", "", "node-2", 'nodemetrics.metrics.k8s.io "node-2" not found'),
            ("NodeMetrics", "", "x", 'nodes "x" not found'),
        ],
    )
    def test_one_that_has_none(self, kind, namespace, name, said):
        with pytest.raises(StatusError) as caught:
            listing.get(self.STORE, BY_KIND[kind], namespace, name, NOW)
        assert (caught.value.code, caught.value.message) == (404, said)


def test_a_new_pod_has_its_figures_within_half_a_minute():
    w = World(make_store(make_node(), delays="real"))
    w.act(verbs.create, simple_pod())
    w.wait(5 + 30)
    assert [name_of(found) for found in pod_metrics(w.store, w.store.now)] == ["p"]
