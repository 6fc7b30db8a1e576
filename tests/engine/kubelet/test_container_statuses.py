"""What the status of a container says of what its node gives it."""

from clusters.engine.kubelet.kubelet import Kubelet
from clusters.engine.kubelet.node_status import new_node
from tests.engine.builders import make_node, make_pod, make_store
from tests.engine.world import World


def status_of(**fields):
    pod = make_pod("p", node="node-1", image="nginx:1.27")
    pod["spec"]["containers"][0].update(fields)
    pod["spec"]["volumes"] = [{"name": name, "emptyDir": {}} for name in ("a", "b", "c")]
    world = World(make_store(make_node(), pod, delays="real"), Kubelet)
    waiting = world.container()
    world.wait(60)
    return waiting, world.container()


def test_resources_are_granted_once_there_is_a_container():
    asked = {"requests": {"cpu": "100m"}}
    waiting, running = status_of(resources=asked)
    assert "resources" not in waiting
    assert running["resources"] == asked
    assert status_of(resources={})[1]["resources"] == {}


def test_mounts_say_whether_anything_below_can_be_written():
    mounts = [
        {"name": "a", "mountPath": "/a"},
        {"name": "b", "mountPath": "/b", "readOnly": True},
        {"name": "c", "mountPath": "/c", "readOnly": True, "recursiveReadOnly": "IfPossible"},
    ]
    assert status_of(volumeMounts=mounts)[1]["volumeMounts"] == [
        {"name": "a", "mountPath": "/a"},
        {"name": "b", "mountPath": "/b", "readOnly": True, "recursiveReadOnly": "Disabled"},
        {"name": "c", "mountPath": "/c", "readOnly": True, "recursiveReadOnly": "Enabled"},
    ]
    assert "volumeMounts" not in status_of()[1]


def test_a_node_lists_images_once_it_has_some():
    store = make_store()
    assert "images" not in new_node(store, "node-9", ip="172.18.0.9", pod_cidr="")["status"]
    world = World(make_store(make_node(), make_pod("p", node="node-1", image="nginx:1.27")), Kubelet)
    world.wait(60)
    assert len(world.node()["status"]["images"]) == 1
