"""kubectl describe, as a command."""

import pytest

from tests.terminal.kubectl.recorder import Recorder

POD = """
apiVersion: v1
kind: Pod
metadata:
  name: kubia
  labels: {app: kubia}
  annotations: {note: "one\\ntwo"}
spec:
  containers:
  - name: main
    image: luksa/kubia
    ports: [{containerPort: 8080}]
    env:
    - {name: WHO, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
"""
CONTROLLER = """
apiVersion: v1
kind: ReplicationController
metadata: {name: back}
spec: {replicas: 0, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}}
"""
PAGE = """\
Name:             kubia
Namespace:        default
Priority:         0
Service Account:  default
Node:             <none>
Labels:           app=kubia
Annotations:      note:
                    one
                    two
Status:           Pending
IP:               {nothing}
IPs:              <none>
Containers:
  main:
    Image:      luksa/kubia
    Port:       8080/TCP
    Host Port:  0/TCP
    Environment:
      WHO:       kubia (v1:metadata.name)
    Mounts:      <none>
Volumes:         <none>
QoS Class:       BestEffort
Node-Selectors:  <none>
Tolerations:     node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
                 node.kubernetes.io/unreachable:NoExecute op=Exists for 300s
""".format(nothing="")
NO_EVENTS = "Events:          <none>\n"


@pytest.fixture
async def pod(kubectl):
    await kubectl.ok("create -f pod.yaml", pod_yaml=POD)


async def test_it_tells_all_about_a_pod(kubectl, pod):
    assert await kubectl.ok("describe pod kubia") == PAGE + NO_EVENTS


async def test_events_can_be_left_out(kubectl, pod):
    assert await kubectl.ok("describe pod kubia --show-events=false") == PAGE


async def test_a_file_names_what_is_meant(kubectl, pod):
    assert await kubectl.ok("describe -f pod.yaml") == PAGE + NO_EVENTS


async def test_of_several_objects_it_tells_no_events(kubectl, pod):
    other = PAGE.replace("kubia", "other").replace("luksa/other", "luksa/kubia")
    await kubectl.ok(
        "create -f other.yaml", other_yaml=POD.replace("kubia", "other").replace("luksa/other", "luksa/kubia")
    )
    assert await kubectl.ok("describe pods") == f"{PAGE}\n\n{other}"
    assert await kubectl.ok("describe pods -l app=other") == other + NO_EVENTS
    assert await kubectl.ok("describe pods --show-events -A") == f"{PAGE}{NO_EVENTS}\n\n{other}{NO_EVENTS}"


async def test_the_beginning_of_a_name_is_enough(kubectl, pod):
    assert await kubectl.ok("describe pod kub") == f"{PAGE}\n"


async def test_a_name_that_nobody_has(kubectl, pod):
    complaint = 'Error from server (NotFound): pods "nix" not found\n'
    assert await kubectl.refused("describe pod nix") == complaint
    done = await kubectl("describe pod nix kubia")
    assert (done.out, done.err, done.code) == (PAGE, complaint, 1)


async def test_nothing_to_describe(kubectl):
    done = await kubectl("describe pods")
    assert (done.out, done.err, done.code) == ("", "No resources found in default namespace.\n", 0)
    assert (await kubectl("describe pods -A")).err == "No resources found\n"


async def test_a_kind_has_to_be_named(kubectl):
    assert (await kubectl.refused("describe")).startswith("error: You must specify the type of resource to")
    assert await kubectl.refused("describe foo") == 'error: the server doesn\'t have a resource type "foo"\n'


async def test_a_kind_without_a_describer_is_told_field_by_field(kubectl):
    done = await kubectl("describe cs scheduler")
    assert done.out == (
        "Name:         scheduler\n"
        "Namespace:    \n"
        "Labels:       <none>\n"
        "Annotations:  <none>\n"
        "API Version:  v1\n"
        "Conditions:\n"
        "  Message:  ok\n"
        "  Status:   True\n"
        "  Type:     Healthy\n"
        "Kind:       ComponentStatus\n"
        "Metadata:\n"
        "Events:  <none>\n"
    )


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("pod kubia", ["pods/kubia", "pods/kubia", "events"]),
        ("deploy web", ["deployments/web", "deployments/web", "events", "replicasets"]),
        ("rc back", ["replicationcontrollers/back", "replicationcontrollers/back", "pods", "events"]),
        ("svc kubernetes", ["services/kubernetes", "services/kubernetes", "endpointslices", "events"]),
        (
            "node node-1",
            ["nodes/node-1", "nodes/node-1", "pods", "events", "events", "resourceslices", "leases/node-1"],
        ),
        ("ns default", ["namespaces/default", "namespaces/default", "resourcequotas", "limitranges"]),
    ],
)
async def test_it_asks_for_what_upstream_asks(kubectl, pod, line, asked):
    await kubectl.ok("create deployment web --image=x")
    await kubectl.ok("create -f rc.yaml", rc_yaml=CONTROLLER)
    kubectl.transport = Recorder(kubectl.transport)
    await kubectl.ok(f"describe {line}")
    assert kubectl.transport.resources("api", "apis") == asked


async def test_a_deployment_and_what_it_made(kubectl, control_plane):
    await kubectl.ok("create deployment web --image=luksa/kubia --replicas=2")
    out = await kubectl.until("describe deploy web", "2 desired | 2 updated | 2 total | 2 available")
    lines = out.splitlines()
    assert "RollingUpdateStrategy:  25% max unavailable, 25% max surge" in lines
    assert "OldReplicaSets:  <none>" in lines
    assert any(line.endswith(" (2/2 replicas created)") for line in lines)
    assert "  Available      True    MinimumReplicasAvailable" in lines
    assert lines[-1].split()[:2] == ["Normal", "ScalingReplicaSet"]
    assert "deployment-controller  Scaled up replica set web-" in lines[-1]
