"""kubectl expose."""

import json

import pytest

SERVICES = "/api/v1/namespaces/default/services"
CONTROLLER = """\
apiVersion: v1
kind: ReplicationController
metadata: {name: web, labels: {tier: front}}
spec:
  replicas: 1
  selector: {app: web}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 8080}]}]}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: dns}
spec:
  replicas: 0
  selector: {matchLabels: {app: dns}}
  template:
    metadata: {labels: {app: dns}}
    spec:
      containers:
      - name: c
        image: a
        ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}, {containerPort: 9}]
"""


@pytest.fixture
async def web(kubectl):
    """A kubectl whose cluster has a ReplicationController."""
    await kubectl.ok("create -f web.yaml", web_yaml=CONTROLLER)
    return kubectl


async def test_a_controller_gets_a_service_with_its_port_selector_and_labels(web):
    assert await web.ok("expose rc web --type=LoadBalancer --name web-http") == "service/web-http exposed\n"
    service = await web.read(f"{SERVICES}/web-http")
    spec = service["spec"]
    assert (spec["type"], spec["selector"]) == ("LoadBalancer", {"app": "web"})
    assert service["metadata"]["labels"] == {"tier": "front"}
    (port,) = spec["ports"]
    assert (port["port"], port["targetPort"], port["protocol"]) == (8080, 8080, "TCP")


async def test_flags_come_before_what_is_found_out(web):
    line = "expose rc web --port=80 --target-port=http --selector=a=b -l c=d --protocol=UDP --dry-run=client"
    assert await web.ok(line) == "service/web exposed (dry run)\n"
    service = json.loads(await web.ok(f"{line} -o json"))
    assert service["metadata"]["labels"] == {"c": "d"}
    assert service["spec"] == {
        "ports": [{"protocol": "UDP", "port": 80, "targetPort": "http"}],
        "selector": {"a": "b"},
    }


async def test_several_ports_are_numbered_and_several_protocols_named(kubectl):
    await kubectl.ok("create -f dns.yaml", dns_yaml=DEPLOYMENT)
    service = json.loads(await kubectl.ok("expose deployment dns --dry-run=client -o json"))
    assert [(port["name"], port["port"], port["protocol"]) for port in service["spec"]["ports"]] == [
        ("port-1-udp", 53, "UDP"),
        ("port-1-tcp", 53, "TCP"),
        ("port-2", 9, "TCP"),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("expose node node-1 --port=80", "cannot expose a Node"),
        ("expose pod bare", "couldn't find port via --port flag or introspection"),
        (
            "expose pod none --port=80",
            "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and "
            "cannot be exposed",
        ),
        ("expose pod bare --port=80 --session-affinity=x", "unknown session affinity: x"),
        ("expose pod bare --port=80a", 'strconv.Atoi: parsing "80a": invalid syntax'),
        ("expose pod bare --port=80 -l a", "unexpected label spec: a"),
    ],
)
async def test_what_cannot_be_exposed_is_refused(kubectl, line, said):
    await kubectl.ok("run bare --image=nginx")
    await kubectl.ok("run none --image=nginx")
    await kubectl.ok("label pod none run-")
    assert await kubectl.refused(line) == f"error: {said}\n"


async def test_a_long_name_is_cut_to_63_letters(kubectl):
    name = "a" * 70
    await kubectl.ok("create -f web.yaml", web_yaml=CONTROLLER.replace("name: web,", f"name: {name},"))
    assert await kubectl.ok(f"expose rc {name}") == f"service/{'a' * 63} exposed\n"
