"""Pages of describe, from objects that are given."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.clock import rfc3339
from clusters.terminal.kubectl.describe import fields, pod_template_text
from clusters.terminal.kubectl.describe.events import describe_events
from clusters.terminal.kubectl.describe.namespaces import in_format_of
from clusters.terminal.kubectl.describe.node_resources import describe_node_resources
from clusters.terminal.kubectl.describe.nodes import describe_node
from clusters.terminal.kubectl.describe.pod_resources import pod_amounts
from clusters.terminal.kubectl.describe.pods import describe_pod
from clusters.terminal.kubectl.describe.prefix_writer import PrefixWriter
from clusters.terminal.kubectl.describe.probes import probe_text
from clusters.terminal.kubectl.describe.services import describe_service
from clusters.terminal.kubectl.describe.unstructured import smart_label

NOW = 1_800_000_000.0
POD = {
    "metadata": {
        "name": "p",
        "namespace": "d",
        "labels": {"a": "b"},
        "annotations": {"x": "y"},
        "creationTimestamp": rfc3339(NOW - 60),
        "deletionTimestamp": rfc3339(NOW - 5),
        "deletionGracePeriodSeconds": 30,
        "ownerReferences": [{"kind": "ReplicaSet", "name": "r", "controller": True}],
    },
    "spec": {
        "nodeName": "n",
        "priority": 0,
        "securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "p.json"}},
        "readinessGates": [{"conditionType": "g"}],
        "tolerations": [{"operator": "Exists"}, {"key": "k", "value": "v", "effect": "NoExecute"}],
        "topologySpreadConstraints": [
            {"topologyKey": "z", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}
        ],
        "volumes": [
            {"name": "pr", "projected": {"sources": [{"secret": {"name": "s"}}, {"downwardAPI": {}}]}},
            {
                "name": "d",
                "downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.uid"}}]},
            },
            {"name": "e", "ephemeral": {"volumeClaimTemplate": {"spec": {"dataSource": {"kind": "k"}}}}},
            {"name": "csi", "csi": {"driver": "d", "volumeAttributes": {"k": "v"}}},
        ],
        "containers": [
            {
                "name": "c",
                "image": "i",
                "ports": [{"containerPort": 80, "name": "http", "protocol": "TCP"}],
                "resources": {"limits": {"cpu": "1500m"}, "requests": {"memory": "1Gi"}},
                "livenessProbe": {"httpGet": {"path": "/", "port": "http", "scheme": "HTTP"}},
                "envFrom": [{"secretRef": {"name": "s"}, "prefix": "P_"}],
                "env": [
                    {"name": "A", "value": "1\n2"},
                    {"name": "C", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
                    {"name": "S", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                ],
                "volumeMounts": [{"name": "pr", "mountPath": "/a", "subPath": "b"}],
                "volumeDevices": [{"name": "pr", "devicePath": "/dev/a"}],
            }
        ],
        "initContainers": [{"name": "i", "image": "i"}],
        "ephemeralContainers": [{"name": "x", "image": "i"}],
    },
    "status": {
        "phase": "Running",
        "podIPs": [{"ip": "1.2.3.4"}],
        "startTime": rfc3339(NOW),
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [
            {
                "name": "c",
                "state": {"terminated": {"exitCode": 3, "signal": 9, "reason": "Error", "message": "m"}},
                "lastState": {"terminated": {"exitCode": 1}},
            }
        ],
    },
}


def page(describe, obj, now=NOW):
    w = PrefixWriter()
    describe(obj, w, now)
    return w.tabbed()


def lines_of_node(pods, node):
    w = PrefixWriter()
    describe_node_resources(pods, node, w, NOW)
    return w.tabbed().splitlines()


def places(value, path=()):
    """The paths to all parts of an object."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


def without(obj, path, instead):
    """The object with another value at a path."""
    obj = copy.deepcopy(obj)
    at = obj
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = instead
    return obj


@pytest.mark.parametrize("instead", [None, {}, []])
def test_a_pod_may_lack_anything(instead):
    for path in places(POD):
        if path:
            assert page(describe_pod, without(POD, path, instead), NOW).startswith("Name:")


def test_a_pod_that_is_leaving_says_since_when():
    lines = page(describe_pod, POD, NOW).splitlines()
    assert "Status:                    Terminating (lasts 5s)" in lines
    assert "Termination Grace Period:  30s" in lines
    assert "Controlled By:  ReplicaSet/r" in lines
    assert "SeccompProfile:            Localhost" in lines


def test_a_container_that_ended_and_ended_before():
    page_ = page(describe_pod, POD, NOW)
    assert "    State:          Terminated\n      Reason:       Error\n      Message:      m\n" in page_
    assert "      Exit Code:    3\n      Signal:       9\n      Started:      Mon, 01 Jan 0001" in page_
    assert "    Last State:     Terminated\n      Exit Code:    1\n" in page_


def test_a_template_is_written_with_tabs():
    template = {
        "metadata": {"labels": {"b": "2", "a": "1"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    }
    assert pod_template_text(template) == (
        "Pod Template:\n"
        "  Labels:\ta=1\n"
        "\tb=2\n"
        "  Containers:\n"
        "   c:\n"
        "    Image:\ti\n"
        "    Port:\t<none>\n"
        "    Host Port:\t<none>\n"
        "    Environment:\t<none>\n"
        "    Mounts:\t<none>\n"
        "  Volumes:\t<none>\n"
        "  Node-Selectors:\t<none>\n"
        "  Tolerations:\t<none>\n"
    )
    assert pod_template_text(None) == "Pod Template:\n  <unset>"


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        (
            {"httpGet": {"scheme": "HTTPS", "port": 8080, "path": "/a b?c"}},
            "http-get https://:8080/a%20b%3Fc",
        ),
        (
            {"httpGet": {"scheme": "HTTP", "host": "::1", "port": "http", "path": "x"}},
            "http-get http://[::1]:http/x",
        ),
        ({"exec": {"command": ["ls", "/tmp"]}}, "exec [ls /tmp]"),
        ({"tcpSocket": {"port": 80}}, "tcp-socket :80"),
        ({"grpc": {"port": 9, "service": "s"}}, "grpc <pod>:9 s"),
        ({}, "unknown"),
    ],
)
def test_probes_in_one_line(probe, said):
    times = {"initialDelaySeconds": 1, "timeoutSeconds": 2, "periodSeconds": 3, "failureThreshold": 4}
    attributes = "delay=1s timeout=2s period=3s successThreshold=0 failureThreshold=4"
    assert probe_text({**probe, **times}) == f"{said} {attributes}"


@given(st.text(), st.integers(0, 20))
def test_lines_are_cut_by_bytes(line, longest):
    shown = fields.shorten(line, longest)
    if len(line.encode()) <= longest:
        assert shown == line
    else:
        whole = shown.removesuffix("...").removesuffix("\N{REPLACEMENT CHARACTER}")
        assert line.startswith(whole)
        assert longest - 4 < len(whole.encode()) <= longest


@given(st.dictionaries(st.text("abc", min_size=1), st.text("xyz \n")))
def test_annotations_stand_by_their_keys(found):
    w = PrefixWriter()
    fields.annotations(w, "Annotations", found)
    lines = w.text().removeprefix("Annotations:").removesuffix("\n").split("\n")
    keys = [line[1:].partition(":")[0] for line in lines if not line.startswith("\t ")]
    assert keys == (sorted(found) or ["<none>"])


def test_what_was_applied_last_is_no_annotation():
    w = PrefixWriter()
    fields.annotations(w, "Annotations", {"kubectl.kubernetes.io/last-applied-configuration": "{}"})
    assert w.text() == "Annotations:\t<none>\n"


def test_what_steers_a_terminal_is_made_visible():
    w = PrefixWriter()
    w.write(1, "a\x1b[31mb\r\n")
    assert w.tabbed() == "  a^[[31mb\\r\n"


def event(message, last=None, count=1, **more):
    return {
        "type": "Normal",
        "reason": "R",
        "message": message,
        "lastTimestamp": last,
        "count": count,
        **more,
    }


def test_events_stand_in_the_order_in_which_they_last_happened():
    events = [
        event(
            " late \n", rfc3339(NOW - 5), 3, firstTimestamp=rfc3339(NOW - 65), source={"component": "kubelet"}
        ),
        event("never", eventTime=rfc3339(NOW - 7), reportingComponent="default-scheduler"),
        event(
            "once", rfc3339(NOW - 9), firstTimestamp=rfc3339(NOW - 9), involvedObject={"fieldPath": "spec"}
        ),
        event("series", rfc3339(NOW - 8), series={"count": 4, "lastObservedTime": rfc3339(NOW - 2)}),
    ]
    assert page(describe_events, events, NOW) == (
        "Events:\n"
        "  Type    Reason  Age                     From               Message\n"
        "  ----    ------  ----                    ----               -------\n"
        "  Normal  R       7s                      default-scheduler  never\n"
        "  Normal  R       9s                                         spec: once\n"
        "  Normal  R       2s (x4 over <unknown>)                     series\n"
        "  Normal  R       5s (x3 over 65s)        kubelet            late\n"
    )


@pytest.mark.parametrize(
    ("field", "title"),
    [
        ("lastTransitionTime", "Last Transition Time"),
        ("podCIDRs", "Pod CIDRs"),
        ("apiVersion", "API Version"),
        ("uid", "UID"),
        ("a.b/c", "a.b/c"),
        ("kubernetes-io", "Kubernetes - Io"),
        ("ipv4", "ipv4"),
        ("selfURLs", "Self URLs"),
    ],
)
def test_names_of_fields_become_titles(field, title):
    assert smart_label(field) == title


def pod_of(*containers, **spec):
    return {"metadata": {}, "spec": {"containers": [{"resources": c} for c in containers], **spec}}


def test_init_containers_count_if_they_want_more_and_sidecars_always():
    sidecar = {"restartPolicy": "Always", "resources": {"requests": {"cpu": "100m"}}}
    first = {"resources": {"requests": {"cpu": "2", "memory": "1Gi"}}}
    pod = pod_of(
        {"requests": {"cpu": "500m"}}, {"requests": {"cpu": "500m"}}, initContainers=[sidecar, first]
    )
    assert pod_amounts(pod, "requests") == {"cpu": "2100m", "memory": "1Gi"}
    assert pod_amounts(pod, "limits") == {}


def test_what_a_whole_pod_asks_for_and_its_overhead():
    pod = pod_of(
        {"requests": {"cpu": "3"}, "limits": {"cpu": "4"}},
        resources={"requests": {"cpu": "1", "x.io/y": "2"}},
        overhead={"cpu": "250m", "memory": "1Mi"},
    )
    assert pod_amounts(pod, "requests") == {"cpu": "1250m", "memory": "1Mi"}
    assert pod_amounts(pod, "limits") == {"cpu": "4250m"}


def test_shares_of_a_node():
    node = {
        "status": {
            "capacity": {"cpu": "2", "memory": "1Gi", "pods": "9", "x.io/gpu": "4", "hugepages-2Mi": "0"}
        }
    }
    pod = pod_of({"requests": {"cpu": "500m", "x.io/gpu": "1"}, "limits": {"memory": "256Mi"}})
    lines = lines_of_node([pod], node)
    assert lines[3].split() == ["500m", "(25%)", "0", "(0%)", "0", "(0%)", "256Mi", "(25%)", "<unknown>"]
    assert lines[-5:] == [
        "  cpu                500m (25%)  0 (0%)",
        "  memory             0 (0%)      256Mi (25%)",
        "  ephemeral-storage  0 (0%)      0 (0%)",
        "  hugepages-2Mi      0 (0%)      0 (0%)",
        "  x.io/gpu           1           0",
    ]


def test_a_node_that_has_nothing_divides_by_nothing():
    lines = lines_of_node([pod_of({})], {})
    assert lines[3].count(f"0 ({-(2**63)}%)") == 4


def test_a_node_without_a_lease():
    w = PrefixWriter()
    labels = {"node-role.kubernetes.io/worker": "", "kubernetes.io/role": "master"}
    taints = [
        {"key": "b", "effect": "NoSchedule"},
        {"key": "a", "value": "v", "effect": "NoSchedule"},
        {"key": "c"},
    ]
    describe_node({"metadata": {"labels": labels}, "spec": {"taints": taints}}, "no leases", [], w)
    lines = w.text().splitlines()
    assert "Roles:\tmaster,worker" in lines
    assert "Lease:\tFailed to get lease: no leases" in lines
    at = lines.index("Taints:\tc")
    assert lines[at + 1 : at + 3] == ["\ta=v:NoSchedule", "\tb:NoSchedule"]


@pytest.mark.parametrize(
    ("ready", "said"),
    [
        ([], "<none>"),
        ([True] * 3, "10.0.0.0:8080,10.0.0.1:8080,10.0.0.2:8080"),
        ([True, False, None], "10.0.0.0:8080,10.0.0.2:8080"),
        ([True] * 5, "10.0.0.0:8080,10.0.0.1:8080,10.0.0.2:8080 + 2 more..."),
        ([True, True, True, False], "10.0.0.0:8080,10.0.0.1:8080,10.0.0.2:8080 + 0 more..."),
    ],
)
def test_the_first_endpoints_of_a_service(ready, said):
    endpoints = [
        {"addresses": [f"10.0.0.{at}"], "conditions": {"ready": is_ready}}
        for at, is_ready in enumerate(ready)
    ]
    one = {"ports": [{"name": "web", "port": 8080}, {"name": "other", "port": 1}], "endpoints": endpoints}
    service = {"spec": {"ports": [{"name": "web", "port": 80, "protocol": "TCP", "targetPort": "http"}]}}
    w = PrefixWriter()
    describe_service(service, [one] if ready else [], w)
    assert f"Endpoints:\t{said}\n" in w.text()
    assert "Port:\tweb\t80/TCP\nTargetPort:\thttp/TCP\n" in w.text()


def test_addresses_without_a_port_and_of_ipv6():
    service = {"spec": {"ports": [{"port": 80, "protocol": "TCP"}]}}
    slices = [
        {"endpoints": [{"addresses": ["10.0.0.1"]}]},
        {"ports": [{"name": "", "port": 1}], "endpoints": [{"addresses": ["fd00::1"]}]},
    ]
    w = PrefixWriter()
    describe_service(service, slices, w)
    assert "Endpoints:\t10.0.0.1,[fd00::1]:1\n" in w.text()


@pytest.mark.parametrize(
    ("hard", "used", "shown"),
    [
        ("1Gi", "512Mi", "512Mi"),
        ("1Gi", "512M", "500000Ki"),
        ("1Gi", "0", "0"),
        ("2", "128Mi", "134217728"),
        ("2", "500m", "500m"),
        ("1Gi", "100", "100"),
    ],
)
def test_what_is_used_is_written_as_the_limit_is(hard, used, shown):
    assert in_format_of(hard, used) == shown
