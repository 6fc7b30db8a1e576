"""From a pod that is bound to a node to containers that are ready."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet.kubelet import Kubelet
from clusters.engine.objects import is_ready, simulation_of, with_status
from tests.engine.builders import NOW, events_about, make_node, make_pod, make_store, settle
from tests.engine.world import World, simple_pod


def world(*pods, delays="real", **node):
    return World(make_store(make_node(**node), *pods, delays=delays), Kubelet)


def bound(name="p", image="nginx", **options):
    return make_pod(name, node="node-1", image=image, **options)


def waiting(pod):
    return pod["status"]["containerStatuses"][0]["state"].get("waiting", {}).get("reason")


def test_without_delays_a_pod_is_ready_at_once_with_few_writes():
    store = make_store(make_node(), bound(image="nginx:1.27"))
    settle(store, Kubelet)
    pod = store.get("Pod", "default", "p")
    assert is_ready(pod)
    kinds = [change.key.kind for change in store.changes]
    assert kinds == ["IPAMBlock", "IPAMBlock", "Event", "Node", "Event", "Event", "Event", "Pod"]
    again = make_store(*[store.get("Node", "", "node-1")], bound("q", "nginx:1.27"))
    settle(again, Kubelet)
    assert [change.key.kind for change in again.changes].count("Event") == 3
    assert [change.key.kind for change in again.changes].count("Pod") == 1


def test_what_people_are_told():
    store = make_store(make_node(), bound())
    settle(store, Kubelet)
    assert events_about(store, store.get("Pod", "default", "p")) == [
        ("Pulling", 'Pulling image "nginx"'),
        (
            "Pulled",
            'Successfully pulled image "nginx" in 0s (0s including waiting). Image size: 72000000 bytes.',
        ),
        ("Created", "Container created"),
        ("Started", "Container started"),
    ]
    event = store.list("Event")[0]
    assert event["source"] == {"component": "kubelet", "host": "node-1"}
    assert event["involvedObject"]["fieldPath"] == "spec.containers{main}"


def test_each_step_takes_its_time():
    w = world(bound())
    assert waiting(w.pod()) == "ContainerCreating"
    assert w.pod()["status"]["startTime"]
    assert w.pod()["status"]["hostIP"] == "172.18.0.2"
    assert "podIP" not in w.pod()["status"]
    w.wait(0.5)
    assert w.pod()["status"]["podIP"] == "10.244.0.2"
    assert simulation_of(w.pod())["containers"]["main"]["phase"] == "pulling"
    w.wait(2.6)
    assert simulation_of(w.node())["images"] == {"docker.io/library/nginx:latest": 72_000_000}
    assert w.node()["status"]["images"][0]["sizeBytes"] == 72_000_000
    assert w.pod()["status"]["phase"] == "Pending"
    w.wait(0.4)
    assert w.pod()["status"]["phase"] == "Running"
    assert not is_ready(w.pod())
    w.wait(0.5)
    assert is_ready(w.pod())


@pytest.mark.parametrize(("image", "fastest", "slowest"), [("nginx", 3, 6), ("luksa/kubia", 6, 10)])
def test_first_and_second_pulls_take_as_long_as_promised(image, fastest, slowest):
    w = World(make_store(make_node(), delays="real"))
    w.act(verbs.create, simple_pod(image=image))
    w.wait(fastest)
    assert not is_ready(w.pod())
    w.wait(slowest - fastest)
    assert is_ready(w.pod())
    w.act(verbs.create, simple_pod("second", image))
    w.wait(2)
    assert is_ready(w.pod("second"))


def test_a_running_container_is_reported_as_upstream_does():
    w = world(bound(), delays="none")
    status = w.container()
    assert status["state"] == {"running": {"startedAt": "2026-11-24T08:00:00Z"}}
    assert status["image"] == "docker.io/library/nginx:latest"
    assert status["imageID"].startswith("docker.io/library/nginx@sha256:")
    scheme, _, digits = status["containerID"].partition("://")
    assert scheme == "containerd"
    assert len(digits) == 64
    assert (status["ready"], status["started"], status["restartCount"]) == (True, True, 0)
    assert status["lastState"] == {}


def test_conditions_say_how_far_the_pod_is():
    w = world(bound())
    conditions = {c["type"]: c for c in w.pod()["status"]["conditions"]}
    assert conditions["PodReadyToStartContainers"]["status"] == "False"
    assert conditions["Ready"]["reason"] == "ContainersNotReady"
    assert conditions["Ready"]["message"] == "containers with unready status: [main]"
    w.wait(10)
    conditions = {c["type"]: c for c in w.pod()["status"]["conditions"]}
    assert list(conditions) == [
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
    ]
    assert {c["status"] for c in conditions.values()} == {"True"}
    assert conditions["Initialized"]["lastTransitionTime"] == "2026-11-24T08:00:00Z"
    assert conditions["Ready"]["lastTransitionTime"] == "2026-11-24T08:00:04Z"


def test_pods_share_one_download():
    w = world(bound())
    w.wait(1)
    w.act(verbs.create, bound("q"))
    w.wait(0.5)
    ends = [simulation_of(w.pod(name))["containers"]["main"]["until"] for name in ("p", "q")]
    assert ends[0] == ends[1]
    w.wait(10)
    assert is_ready(w.pod("q"))
    assert sum(change.key.kind == "Node" for change in w.store.changes) == 1
    pulled = dict(w.events(w.pod("q")))["Pulled"]
    assert pulled.startswith('Successfully pulled image "nginx" in 1.6s (1.6s including waiting)')


def test_different_images_are_pulled_one_after_the_other():
    w = world(bound(), bound("q", "redis"))
    w.wait(0.5)
    first = simulation_of(w.pod("p"))["containers"]["main"]
    second = simulation_of(w.pod("q"))["containers"]["main"]
    assert second["from"] == first["until"]
    w.wait(10)
    assert "in 1.95s (4.55s including waiting)" in dict(w.events(w.pod("q")))["Pulled"]


def together(*images, **options):
    """A pod with a container c0, c1, ... for each image; none of them listens at a port of another."""
    pod = bound()
    pod["spec"]["containers"] = [
        {**pod["spec"]["containers"][0], "name": f"c{number}", "image": image, **options}
        for number, image in enumerate(images)
    ]
    return pod


def phases(w):
    return [state["phase"] for state in simulation_of(w.pod())["containers"].values()]


def test_the_containers_of_a_pod_are_started_one_by_one():
    w = world(together("nginx", "redis"))
    w.wait(0.5)
    assert phases(w) == ["pulling", "image"]
    w.wait(2.6)
    assert phases(w) == ["creating", "image"]
    w.wait(0.4)
    assert phases(w) == ["running", "pulling"]
    w.wait(1.95)
    assert phases(w) == ["running", "creating"]
    w.wait(0.9)
    assert is_ready(w.pod())
    assert w.container(index=1)["state"] == {"running": {"startedAt": "2026-11-24T08:00:05Z"}}


@pytest.mark.parametrize(
    ("policy", "reasons", "said"),
    [
        ("IfNotPresent", ["Pulling", "Pulled", "Pulled"], "already present on machine"),
        ("Always", ["Pulling", "Pulled", "Pulling", "Pulled"], "in 200ms (200ms including waiting)"),
    ],
)
def test_a_container_finds_the_image_that_the_one_before_pulled(policy, reasons, said):
    w = world(together("busybox", "busybox", command=["sleep", "9999"], imagePullPolicy=policy))
    w.wait(10)
    assert is_ready(w.pod())
    told = [(reason, text) for reason, text in w.events(w.pod()) if reason.startswith("Pull")]
    assert [reason for reason, _ in told] == reasons
    assert said in told[-1][1]


def test_a_container_whose_image_is_missing_holds_up_the_next_only_while_it_asks():
    w = world(together("ngnix", "nginx"))
    w.wait(1.2)
    assert phases(w) == ["pulling", "image"]
    w.wait(5)
    assert w.container(index=1)["ready"]
    assert waiting(w.pod()) == "ImagePullBackOff"


def test_a_container_that_crashed_waits_for_one_that_is_being_started_behind_it():
    node = make_node()
    node["simulation"]["bandwidth"] = 2.2e6
    w = World(make_store(node, together("busybox", "redis"), delays="real"), Kubelet)
    w.wait(20)
    assert phases(w) == ["image", "pulling"]
    ends = simulation_of(w.pod())["containers"]["c1"]["until"]
    w.wait(ends + 0.35 - w.store.now)
    assert phases(w) == ["image", "creating"]
    w.wait(0.1)
    assert phases(w) == ["pulling", "running"]


def test_a_slow_node_pulls_slowly():
    node = make_node()
    node["simulation"]["bandwidth"] = 7.2e6
    w = World(make_store(node, bound(), delays="real"), Kubelet)
    w.wait(11)
    assert waiting(w.pod()) == "ContainerCreating"
    w.wait(1.5)
    assert is_ready(w.pod())


def test_an_image_that_is_there_is_used_if_the_policy_allows():
    node = make_node()
    node["simulation"]["images"] = {"docker.io/library/nginx:1.27": 72_000_000}
    w = World(make_store(node, bound(image="nginx:1.27"), delays="real"), Kubelet)
    w.wait(1.4)
    assert is_ready(w.pod())
    said = 'Container image "nginx:1.27" already present on machine and can be accessed by the pod'
    assert w.events(w.pod())[0] == ("Pulled", said)


def test_a_pod_on_the_machines_network_has_its_address():
    pod = bound()
    pod["spec"]["hostNetwork"] = True
    w = world(pod, delays="none")
    assert w.pod()["status"]["podIP"] == w.pod()["status"]["hostIP"] == "172.18.0.2"


def test_pods_have_addresses_of_their_own():
    w = world(*(bound(f"p{number}") for number in range(5)), delays="none")
    assert {w.pod(f"p{number}")["status"]["podIP"] for number in range(5)} == {
        f"10.244.0.{host}" for host in range(2, 7)
    }


def test_a_range_without_addresses_is_told_and_tried_again():
    w = world(delays="none")
    w.act(verbs.create, bound())
    block = w.get("IPAMBlock", "node-1", "")
    w.store.update({**block, "spec": {**block["spec"], "next": 255, "freed": []}})
    for host in range(3, 255):
        w.store.create(with_status(make_pod(f"x{host}", ip=f"10.244.0.{host}"), phase="Succeeded"))
    w.act(verbs.create, bound("late"))
    assert w.count_of(w.pod("late"), "FailedCreatePodSandBox") == 1
    assert waiting(w.pod("late")) == "ContainerCreating"
    w.act(verbs.delete, "Pod", "default", "p", grace_seconds=0)
    w.wait(11)
    assert w.pod("late")["status"]["podIP"] == "10.244.0.2"


def test_a_pod_of_a_silent_node_waits():
    w = world(bound(), powered=False)
    w.wait(60)
    assert w.pod()["status"] == {"phase": "Pending"}


def test_several_containers_share_the_address_and_ports():
    pod = bound(image="luksa/kubia")
    pod["spec"]["containers"].append({**pod["spec"]["containers"][0], "name": "second"})
    w = world(pod, delays="none")
    w.wait(1)
    first, second = w.pod()["status"]["containerStatuses"]
    assert first["ready"]
    assert second["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    ended = second["lastState"]["terminated"]
    assert (ended["exitCode"], ended["message"]) == (1, "listen tcp :8080: bind: address already in use")
    assert not is_ready(w.pod())
    message = next(c for c in w.pod()["status"]["conditions"] if c["type"] == "Ready")["message"]
    assert message == "containers with unready status: [second]"


def test_a_sidecar_without_a_port_is_no_clash():
    pod = bound()
    pod["spec"]["containers"].append(
        {**pod["spec"]["containers"][0], "name": "sidecar", "image": "busybox", "command": ["sleep", "9999"]}
    )
    w = world(pod, delays="none")
    w.wait(1)
    assert [c["ready"] for c in w.pod()["status"]["containerStatuses"]] == [True, True]


def test_times_are_those_of_the_cluster():
    w = world(bound(), delays="none")
    assert w.store.now == NOW
    assert w.container()["state"]["running"]["startedAt"] == "2026-11-24T08:00:00Z"
