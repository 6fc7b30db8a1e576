"""What may follow in a line: from programs to the names of objects."""

import pytest

from clusters import actions, memory
from clusters.api.app import application
from clusters.engine.apiserver import verbs
from clusters.terminal.completion import MOST, complete
from clusters.terminal.files import Files
from clusters.terminal.names import PROGRAMS
from clusters.terminal.visit import Visitor
from clusters.terminal.words import LONGEST
from tests.api.caller import config_map, controller, in_thread, pod


def service(name, type_, **status):
    ports = [{"port": 80, "nodePort": 30080}] if type_ != "ClusterIP" else [{"port": 80}]
    spec = {"type": type_, "selector": {"run": "web"}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


OBJECTS = [pod("web"), pod("web-2"), pod("db"), controller("web"), service("http", "NodePort")]


CASES = [
    ("", sorted(f"{name} " for name in PROGRAMS), ""),
    ("ku", ["kubectl "], "ku"),
    ("  ku", ["kubectl "], "ku"),
    ("$ ku", ["kubectl "], "ku"),
    ("cl", ["clear "], "cl"),
    ("x", [], "x"),
    ("kubectl desc", ["describe "], "desc"),
    ("k desc", ["describe "], "desc"),
    ("kubectl -n kube-system desc", ["describe "], "desc"),
    ("kubectl create dep", ["deployment "], "dep"),
    ("kubectl get no", ["nodes "], "no"),
    ("kubectl get rep", ["replicasets ", "replicationcontrollers "], "rep"),
    ("kubectl get pods,rep", ["replicasets ", "replicationcontrollers "], "rep"),
    ("kubectl get pods w", ["web ", "web-2 "], "w"),
    ("kubectl get po w", ["web ", "web-2 "], "w"),
    ("kubectl delete pods web ", ["db ", "web-2 "], ""),
    ("kubectl delete pod/w", ["web ", "web-2 "], "w"),
    ("kubectl delete pod/web pod/d", ["db "], "d"),
    ("kubectl delete pod/web ns", [], "ns"),
    ("kubectl delete pod/web name", ["namespace/"], "name"),
    ("kubectl get pods -n kube-system ", ["aside "], ""),
    ("kubectl get pods --namespace=kube-system ", ["aside "], ""),
    ("kubectl get pods -A a", ["aside "], "a"),
    ("kubectl get pods -n kube-s", ["kube-system "], "kube-s"),
    ("kubectl get pods --namespace=kube-s", ["kube-system "], "kube-s"),
    ("kubectl get pods --namespace kube-s", ["kube-system "], "kube-s"),
    ("kubectl get foo ", [], ""),
    ("kubectl get no,no ", ["node-1 "], ""),
    ("kubectl logs w", ["web ", "web-2 "], "w"),
    ("kubectl exec d", ["db "], "d"),
    ("kubectl exec db -- l", [], "l"),
    ("kubectl logs -n kube-system aside -c ", ["aside ", "sidecar "], ""),
    ("kubectl logs -n kube-system aside --container=s", ["sidecar "], "s"),
    ("kubectl logs nobody -c ", [], ""),
    ("kubectl cordon ", ["node-1 "], ""),
    ("kubectl drain n", ["node-1 "], "n"),
    ("kubectl top pod w", ["web ", "web-2 "], "w"),
    ("kubectl describe node ", ["node-1 "], ""),
    ("kubectl explain pods", ["pods "], "pods"),
    ("kubectl wait pod/d", ["db "], "d"),
    ("kubectl delete --casc", ["--cascade "], "--casc"),
    ("kubectl delete --cascade=f", ["foreground "], "f"),
    ("kubectl logs --tai", ["--tail="], "--tai"),
    ("kubectl get pods -o j", ["json ", "jsonpath="], "j"),
    ("kubectl get pods -o=j", ["json ", "jsonpath="], "j"),
    ("kubectl get pods -oj", ["json ", "jsonpath="], "j"),
    ("kubectl get pods -nkube-s", ["kube-system "], "kube-s"),
    ("kubectl expose s", ["service "], "s"),
    ("kubectl scale r", ["replicaset ", "replicationcontroller "], "r"),
    ("kubectl scale rc ", ["web "], ""),
    ("kubectl taint n", ["node "], "n"),
    ("kubectl taint node ", ["node-1 "], ""),
    (
        "kubectl run kubia --image=luk",
        ["luksa/batch-job ", "luksa/kubia ", "luksa/kubia:v1 ", "luksa/kubia:v2 "],
        "luk",
    ),
    ("kubectl wait pod/web --for=c", ["condition=", "create "], "c"),
    ("kubectl expose pod web --type=", ["ClusterIP ", "LoadBalancer ", "NodePort "], ""),
    ("kubectl delete -f ", ["pod.yaml ", "rc.yaml "], ""),
    ("kubectl delete -f p", ["pod.yaml "], "p"),
    ("kubectl delete --filename=rc", ["rc.yaml "], "rc"),
    ("cat ", ["pod.yaml ", "rc.yaml "], ""),
    ("edit r", ["rc.yaml "], "r"),
    ("help ", [], ""),
    ("docker p", [], "p"),
    ("kubectl get 'po", [], ""),
    ("kubectl get pods 'a b' w", ["web ", "web-2 "], "w"),
    ("kubectl get | w", [], ""),
    ("kubectl unknown ", [], ""),
    ("kubectl proxy ", [], ""),
]
"""A line, what may stand at its end, and in place of what."""


@pytest.fixture
async def candidates(cluster):
    """Completes a line in a cluster with some objects; returns (candidates, the part they replace)."""

    def make(store):
        for obj in OBJECTS:
            verbs.create(store, {**obj, "metadata": {**obj["metadata"], "namespace": "default"}})
        side = pod("aside")
        side["metadata"]["namespace"] = "kube-system"
        side["spec"]["containers"].append({"name": "sidecar", "image": "nginx"})
        verbs.create(store, side)

    await in_thread(actions.transact)(cluster.pk, make, actor="person:alice")
    files = Files(cluster.pk, "alice", {"pod.yaml": "", "rc.yaml": ""})
    visitor = Visitor(cluster.pk, "alice", application, "http://testserver")

    async def ask(line, cursor=None):
        cursor = len(line) if cursor is None else cursor
        found, start = await complete(line, cursor, visitor, files)
        return found, line[start:cursor]

    return ask


async def test_what_may_follow(candidates):
    for line, found, part in CASES:
        assert (line, *await candidates(line)) == (line, found, part)


async def test_the_cursor_may_stand_before_the_end(candidates):
    assert await candidates("kubectl get po -o wide", 14) == (["poddisruptionbudgets ", "pods "], "po")
    assert await candidates("kubectl get po -o wide", 2) == (["kubectl "], "ku")
    for cursor in (-1, 0):
        assert len((await candidates("kubectl", cursor))[0]) == len(PROGRAMS)
    assert (await candidates("ku", 99))[0] == ["kubectl "]


async def test_a_line_that_is_too_long_to_run_is_not_looked_at(candidates):
    assert await candidates("kubectl get " + "x " * LONGEST) == ([], "")


async def test_only_commands_that_work_are_offered(candidates):
    told, _part = await candidates("kubectl ")
    assert "get " in told
    assert not {"proxy ", "kustomize ", "options "} & set(told)


async def test_flags_that_every_command_has_and_that_mean_nothing_here_are_not_offered(candidates):
    told, _part = await candidates("kubectl get --")
    assert {"--namespace=", "--output=", "--all-namespaces ", "--watch "} <= set(told)
    assert not {"--token=", "--kubeconfig="} & set(told)


async def test_addresses_that_answer_outside_are_offered(candidates, cluster):
    image = await in_thread(memory.image)(cluster.pk)
    (node,) = image.list("Node")
    address = node["status"]["addresses"][0]["address"]
    assert (await candidates("curl "))[0] == [f"http://{address}:30080 "]
    assert (await candidates("curl http://"))[0] == [f"http://{address}:30080 "]
    assert (await candidates(f"curl {address[:3]}"))[0] == [f"{address}:30080 "]
    assert (await candidates("ping "))[0] == [f"{address} "]


async def test_there_are_at_most_a_hundred(candidates, cluster):
    def make(store):
        for number in range(MOST + 20):
            verbs.create(
                store,
                config_map(f"cm-{number:03}")
                | {"metadata": {"name": f"cm-{number:03}", "namespace": "default"}},
            )

    await in_thread(actions.transact)(cluster.pk, make, actor="person:alice")
    told, _part = await candidates("kubectl get configmaps cm")
    # The last one too: what all share is what the first and the last share.
    assert told == [f"cm-{number:03} " for number in (*range(MOST - 1), MOST + 19)]
