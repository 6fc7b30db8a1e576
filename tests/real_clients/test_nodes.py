"""What is done to nodes, in a cluster of its own: cordon, drain, taint, top."""

import re


def names(world, *words):
    return world.kubectl("get", *words, "-o", "jsonpath={.items[*].metadata.name}").split()


def pods_on(world, node):
    return names(world, "pods", f"--field-selector=spec.nodeName={node}")


def test_a_cordoned_node_gets_no_new_pods(own_world):
    world = own_world
    assert world.kubectl("cordon", "node-1") == "node/node-1 cordoned\n"
    assert re.search("node-1 +Ready,SchedulingDisabled", world.kubectl("get", "nodes"))
    world.kubectl("create", "deployment", "shop", "--image=nginx", "--replicas=6")
    world.kubectl("rollout", "status", "deployment/shop", "--timeout=60s")
    assert not pods_on(world, "node-1")
    assert world.kubectl("uncordon", "node-1") == "node/node-1 uncordoned\n"
    assert "SchedulingDisabled" not in world.kubectl("get", "nodes")


def test_a_drained_node_is_empty_and_its_pods_are_elsewhere(own_world):
    world = own_world
    world.kubectl("create", "deployment", "shop", "--image=nginx", "--replicas=6")
    world.kubectl("rollout", "status", "deployment/shop", "--timeout=60s")
    assert pods_on(world, "node-2")
    drained = world.kubectl("drain", "node-2", "--ignore-daemonsets", "--timeout=60s")
    assert "node/node-2 drained" in drained
    assert f"evicting pod {world.namespace}/shop-" in drained
    assert not pods_on(world, "node-2")
    world.kubectl("rollout", "status", "deployment/shop", "--timeout=60s")
    assert len(names(world, "pods")) == 6


def test_a_budget_holds_a_drain_up(own_world):
    world = own_world
    world.kubectl("create", "deployment", "shop", "--image=nginx", "--replicas=1")
    world.kubectl("rollout", "status", "deployment/shop", "--timeout=60s")
    world.kubectl("create", "pdb", "keep", "--selector=app=shop", "--min-available=1")
    world.eventually(lambda: world.get("pdb", "keep").get("status", {}).get("currentHealthy") == 1)
    (node,) = {pod["spec"]["nodeName"] for pod in world.get("pods")["items"]}
    held = world.try_kubectl("drain", node, "--timeout=3s")
    assert held.code == 1
    assert "Cannot evict pod as it would violate the pod's disruption budget." in held.err


def test_a_pod_without_a_controller_is_not_drained_away(own_world):
    world = own_world
    world.kubectl("run", "alone", "--image=nginx")
    world.kubectl("wait", "pod/alone", "--for=condition=Ready", "--timeout=60s")
    node = world.get("pod", "alone")["spec"]["nodeName"]
    refused = world.try_kubectl("drain", node)
    assert "cannot delete Pods that declare no controller" in refused.err
    assert names(world, "pods") == ["alone"]
    assert "drained" in world.kubectl("drain", node, "--force")


def test_a_taint_keeps_pods_away_and_the_reason_is_told(own_world):
    world = own_world
    assert world.kubectl("taint", "nodes", "--all", "team=other:NoSchedule").count("tainted") == 3
    world.kubectl("run", "web", "--image=nginx")
    world.eventually(lambda: "untolerated taint" in world.kubectl("describe", "pod", "web"))
    assert world.kubectl("taint", "nodes", "node-1", "team-") == "node/node-1 untainted\n"
    world.kubectl("wait", "pod/web", "--for=condition=Ready", "--timeout=60s")
    assert world.get("pod", "web")["spec"]["nodeName"] == "node-1"


def test_top_shows_what_nodes_and_pods_use(own_world):
    world = own_world
    world.kubectl("run", "web", "--image=nginx")
    world.kubectl("wait", "pod/web", "--for=condition=Ready", "--timeout=60s")
    nodes = world.kubectl("top", "nodes")
    assert re.search(r"node-1 +\d+m +\d+% +\d+Mi +\d+%", nodes)
    world.eventually(lambda: re.search(r"web +\d+m +\d+Mi", world.try_kubectl("top", "pods").out))


def test_a_node_tells_of_itself(own_world):
    described = own_world.kubectl("describe", "node", "node-1")
    for part in ("Lease:", "HolderIdentity:  node-1", "Conditions:", "Non-terminated Pods:", "Capacity:"):
        assert part in described
    assert "Failed to get lease" not in described
