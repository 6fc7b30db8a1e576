"""Rows of all kinds but pods."""

import pytest

from clusters.engine.apiserver.derived import DERIVED
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.apiserver.tables import definitions, table
from clusters.engine.clock import rfc3339, rfc3339_micro
from clusters.engine.kubelet import node_status
from tests.engine.builders import make_store

NOW = 1_800_000_000.0
SCALE = BY_KIND["Deployment"].subresource("scale")


def cells(kind, **fields):
    """The cells of an object of five minutes' age, by column."""
    metadata = {"name": "a", "creationTimestamp": rfc3339(NOW - 300), **fields.pop("metadata", {})}
    return cells_of(BY_KIND[kind], {"metadata": metadata, **fields})


def cells_of(resource, obj, now=NOW):
    (row,) = table(resource, [obj], now)["rows"]
    return dict(zip([column["name"] for column in definitions(resource)], row["cells"], strict=True))


TEMPLATE = {
    "spec": {"containers": [{"name": "main", "image": "kubia:v1"}, {"name": "log", "image": "busybox"}]}
}


@pytest.mark.parametrize(
    ("conditions", "unschedulable", "status"),
    [
        ([{"type": "Ready", "status": "True"}], None, "Ready"),
        ([{"type": "Ready", "status": "False"}], None, "NotReady"),
        ([{"type": "Ready", "status": "Unknown"}], None, "NotReady"),
        ([{"type": "DiskPressure", "status": "True"}], None, "Unknown"),
        ([], True, "Unknown,SchedulingDisabled"),
        ([{"type": "Ready", "status": "True"}], True, "Ready,SchedulingDisabled"),
        ([{"type": "Ready", "status": "True"}], False, "Ready"),
    ],
)
def test_the_status_of_a_node(conditions, unschedulable, status):
    spec = {} if unschedulable is None else {"unschedulable": unschedulable}
    assert cells("Node", spec=spec, status={"conditions": conditions})["Status"] == status


@pytest.mark.parametrize(
    ("labels", "roles"),
    [
        ({}, "<none>"),
        ({"node-role.kubernetes.io/control-plane": "", "node-role.kubernetes.io/a": "x"}, "a,control-plane"),
        ({"kubernetes.io/role": "worker", "node-role.kubernetes.io/": ""}, "worker"),
        ({"kubernetes.io/role": ""}, "<none>"),
        ({"kubernetes.io/role": "a", "node-role.kubernetes.io/a": ""}, "a"),
    ],
)
def test_the_roles_of_a_node(labels, roles):
    assert cells("Node", metadata={"labels": labels})["Roles"] == roles


def test_a_machine_of_this_simulator():
    store = make_store(now=NOW)
    node = store.create(node_status.new_node(store, "node-1", ip="172.18.0.2", pod_cidr=""))
    found = cells_of(BY_KIND["Node"], node, NOW + 60)
    assert found["Name"] == "node-1"
    assert found["Status"] == "Ready"
    assert found["Age"] == "60s"
    assert found["Version"] == node_status.KUBELET_VERSION
    assert found["Internal-IP"] == "172.18.0.2"
    assert found["External-IP"] == "<none>"
    assert "Debian" in found["OS-Image"]
    assert found["Container-Runtime"].startswith("containerd://")


def test_a_node_that_says_nothing_about_itself():
    found = cells("Node")
    unknown = ("OS-Image", "Kernel-Version", "Container-Runtime")
    assert [found[column] for column in unknown] == ["<unknown>"] * 3
    assert (found["Version"], found["Internal-IP"]) == ("", "<none>")


def test_a_service_of_a_cluster_ip():
    spec = {
        "type": "ClusterIP",
        "clusterIPs": ["10.96.0.10", "fd00::a"],
        "ports": [{"port": 80, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}],
        "selector": {"tier": "web", "app": "kubia"},
    }
    assert cells("Service", spec=spec) == {
        "Name": "a",
        "Type": "ClusterIP",
        "Cluster-IP": "10.96.0.10",
        "External-IP": "<none>",
        "Port(s)": "80/TCP,53/UDP",
        "Age": "5m",
        "Selector": "app=kubia,tier=web",
    }


def test_a_service_without_anything():
    found = cells("Service", spec={"type": "ClusterIP"})
    assert [found[column] for column in ("Cluster-IP", "Port(s)", "Selector")] == ["<none>"] * 3


def test_node_ports_stand_behind_the_port():
    spec = {"type": "NodePort", "ports": [{"port": 80, "nodePort": 31234, "protocol": "TCP"}]}
    assert cells("Service", spec=spec)["Port(s)"] == "80:31234/TCP"


INGRESS = [{"ip": "9.9.9.9"}, {"hostname": "lb.example.com"}, {"ip": "1.1.1.1"}, {"ip": "9.9.9.9"}, {}]


@pytest.mark.parametrize(
    ("spec", "ingress", "external"),
    [
        ({"type": "ClusterIP", "externalIPs": ["2.2.2.2", "1.1.1.1"]}, [], "2.2.2.2,1.1.1.1"),
        ({"type": "NodePort"}, INGRESS, "<none>"),
        ({"type": "NodePort", "externalIPs": ["2.2.2.2"]}, [], "2.2.2.2"),
        ({"type": "LoadBalancer"}, [], "<pending>"),
        ({"type": "LoadBalancer"}, INGRESS, "1.1.1.1,9.9.9.9,lb.example.com"),
        ({"type": "LoadBalancer", "externalIPs": ["0.0.0.1"]}, [{"ip": "1.1.1.1"}], "1.1.1.1,0.0.0.1"),
        ({"type": "LoadBalancer", "externalIPs": ["0.0.0.1"]}, [], "0.0.0.1"),
        ({"type": "ExternalName", "externalName": "example.com"}, [], "example.com"),
        ({}, [], "<unknown>"),
    ],
)
def test_how_a_service_is_reached_from_outside(spec, ingress, external):
    status = {"loadBalancer": {"ingress": ingress}}
    assert cells("Service", spec=spec, status=status)["External-IP"] == external


def addresses(*ips):
    return [{"ip": ip} for ip in ips]


@pytest.mark.parametrize(
    ("subsets", "shown"),
    [
        (None, "<none>"),
        ([], "<none>"),
        ([{"addresses": addresses("10.0.0.1"), "ports": [{"port": 80}]}], "10.0.0.1:80"),
        ([{"addresses": addresses("10.0.0.1", "10.0.0.2")}], "10.0.0.1,10.0.0.2"),
        ([{"notReadyAddresses": addresses("10.0.0.1"), "ports": [{"port": 80}]}], ""),
        (
            [{"addresses": addresses("10.0.0.1", "10.0.0.2"), "ports": [{"port": 80}, {"port": 443}]}],
            "10.0.0.1:80,10.0.0.2:80,10.0.0.1:443 + 1 more...",
        ),
        (
            [{"addresses": addresses("1.1.1.1", "2.2.2.2", "3.3.3.3"), "ports": [{"port": 1}]}],
            "1.1.1.1:1,2.2.2.2:1,3.3.3.3:1",
        ),
        (
            [
                {"addresses": addresses("1.1.1.1")},
                {"addresses": addresses("fd00::1"), "ports": [{"port": 1}]},
            ],
            "1.1.1.1,[fd00::1]:1",
        ),
    ],
)
def test_the_addresses_of_endpoints(subsets, shown):
    assert cells("Endpoints", subsets=subsets) == {"Name": "a", "Endpoints": shown, "Age": "5m"}


@pytest.mark.parametrize(
    ("fields", "ports", "endpoints"),
    [
        ({}, "<unset>", "<unset>"),
        ({"ports": [{"name": "", "port": 80}]}, "80", "<unset>"),
        (
            {"ports": [{"name": "http"}, {}, {"port": 1}, {"port": 2}, {"port": 3}]},
            "http,*,1 + 2 more...",
            "<unset>",
        ),
        (
            {"endpoints": [{"addresses": ["a", "b"]}, {"addresses": ["c"]}, {"addresses": ["d"]}]},
            "<unset>",
            "a,b,c + 1 more...",
        ),
    ],
)
def test_the_addresses_of_an_endpoint_slice(fields, ports, endpoints):
    found = cells("EndpointSlice", addressType="IPv4", **fields)
    assert (found["AddressType"], found["Ports"], found["Endpoints"]) == ("IPv4", ports, endpoints)


def test_a_replication_controller():
    spec = {"replicas": 3, "selector": {"app": "kubia"}, "template": TEMPLATE}
    assert cells("ReplicationController", spec=spec, status={"replicas": 2, "readyReplicas": 1}) == {
        "Name": "a",
        "Desired": 3,
        "Current": 2,
        "Ready": 1,
        "Age": "5m",
        "Containers": "main,log",
        "Images": "kubia:v1,busybox",
        "Selector": "app=kubia",
    }


EXPRESSIONS = {
    "matchLabels": {"tier": "web"},
    "matchExpressions": [
        {"key": "env", "operator": "In", "values": ["prod", "dev"]},
        {"key": "app", "operator": "NotIn", "values": ["x"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "zone", "operator": "Exists"},
    ],
}
WRITTEN = "app notin (x),env in (dev,prod),!old,tier=web,zone"
WRONG = {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}


@pytest.mark.parametrize(
    ("selector", "of_replica_set", "of_deployment"),
    [
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2", "a=1,b=2"),
        (EXPRESSIONS, WRITTEN, WRITTEN),
        ({}, "<none>", ""),
        (None, "<none>", ""),
        (WRONG, "<error>", "<invalid>"),
    ],
)
def test_the_selectors_of_replica_sets_and_deployments(selector, of_replica_set, of_deployment):
    spec = {"selector": selector, "template": TEMPLATE}
    assert cells("ReplicaSet", spec=spec)["Selector"] == of_replica_set
    assert cells("Deployment", spec=spec)["Selector"] == of_deployment


def test_a_replica_set_that_has_no_pods_yet():
    found = cells("ReplicaSet", spec={"replicas": 2, "template": TEMPLATE})
    assert [found[column] for column in ("Desired", "Current", "Ready")] == [2, 0, 0]
    assert found["Images"] == "kubia:v1,busybox"


def test_a_deployment():
    status = {"replicas": 4, "readyReplicas": 2, "updatedReplicas": 1, "availableReplicas": 2}
    found = cells("Deployment", spec={"replicas": 3, "template": TEMPLATE}, status=status)
    assert [found[column] for column in ("Ready", "Up-to-date", "Available")] == ["2/3", 1, 2]
    assert cells("Deployment", spec={"replicas": 0})["Ready"] == "0/0"


def test_a_scale():
    metadata = {"name": "a", "creationTimestamp": rfc3339(NOW - 300)}
    scale = {"metadata": metadata, "spec": {"replicas": 3}, "status": {"replicas": 2}}
    assert cells_of(SCALE, scale) == {"Name": "a", "Desired": 3, "Available": 2, "Age": "5m"}
    assert cells_of(SCALE, {"metadata": metadata, "spec": {}})["Desired"] == 0


@pytest.mark.parametrize(
    ("spec", "lowest", "highest"),
    [
        ({"minAvailable": 2}, "2", "N/A"),
        ({"minAvailable": "50%"}, "50%", "N/A"),
        ({"maxUnavailable": 0}, "N/A", "0"),
        ({}, "N/A", "N/A"),
    ],
)
def test_a_disruption_budget(spec, lowest, highest):
    assert cells("PodDisruptionBudget", spec=spec, status={"disruptionsAllowed": 1}) == {
        "Name": "a",
        "Min Available": lowest,
        "Max Unavailable": highest,
        "Allowed Disruptions": 1,
        "Age": "5m",
    }


def ago(seconds):
    return rfc3339(NOW - seconds)


def test_an_event_of_the_kubelet():
    event = {
        "involvedObject": {"kind": "Pod", "name": "kubia", "fieldPath": "spec.containers{main}"},
        "type": "Normal",
        "reason": "Started",
        "message": "Container started\n",
        "source": {"component": "kubelet", "host": "node-1"},
        "firstTimestamp": ago(500),
        "lastTimestamp": ago(20),
        "count": 4,
    }
    assert cells("Event", **event) == {
        "Last Seen": "20s",
        "Type": "Normal",
        "Reason": "Started",
        "Object": "pod/kubia",
        "Subobject": "spec.containers{main}",
        "Source": "kubelet, node-1",
        "Message": "Container started",
        "First Seen": "8m20s",
        "Count": 4,
        "Name": "a",
    }


def test_an_event_of_the_scheduler_is_dated_by_its_event_time():
    event = {
        "involvedObject": {"kind": "Pod", "name": "kubia"},
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": rfc3339_micro(NOW - 30.5),
        "reportingComponent": "default-scheduler",
        "reportingInstance": "",
        "source": {},
    }
    found = cells("Event", **event)
    assert (found["Last Seen"], found["First Seen"], found["Count"]) == ("30s", "30s", 1)
    assert found["Source"] == "default-scheduler"


def test_a_series_of_events_is_dated_by_its_last():
    series = {"count": 7, "lastObservedTime": rfc3339_micro(NOW - 5)}
    found = cells("Event", eventTime=rfc3339_micro(NOW - 900), series=series, involvedObject={"kind": "Node"})
    assert (found["Last Seen"], found["First Seen"], found["Count"]) == ("5s", "15m", 7)
    assert found["Object"] == "node"


def test_an_event_without_any_time():
    found = cells("Event", reportingComponent="x", reportingInstance="host", involvedObject={})
    assert (found["Last Seen"], found["First Seen"], found["Source"]) == ("<unknown>", "<unknown>", "x, host")


@pytest.mark.parametrize("phase", ["Active", "Terminating"])
def test_a_namespace(phase):
    assert cells("Namespace", status={"phase": phase}) == {"Name": "a", "Status": phase, "Age": "5m"}


def test_how_much_configuration_holds():
    config_map = cells("ConfigMap", data={"a": "1", "b": ""}, binaryData={"c": "ZA=="})
    assert config_map == {"Name": "a", "Data": 3, "Age": "5m"}
    secret = cells("Secret", type="Opaque", data={"a": "MQ=="})
    assert secret == {"Name": "a", "Type": "Opaque", "Data": 1, "Age": "5m"}
    assert cells("ConfigMap")["Data"] == 0


def test_a_service_account():
    assert cells("ServiceAccount") == {"Name": "a", "Age": "5m"}


def test_a_quota_parts_requests_from_limits():
    status = {
        "hard": {"requests.cpu": "1", "pods": "4", "limits.memory": "2Gi", "limits.cpu": "2", "limits": "1"},
        "used": {"pods": "3", "requests.cpu": "500m", "limits.cpu": "1"},
    }
    found = cells("ResourceQuota", status=status)
    assert found["Request"] == "limits: 0/1, pods: 3/4, requests.cpu: 500m/1"
    assert found["Limit"] == "limits.cpu: 1/2, limits.memory: 0/2Gi"


def test_a_quota_that_nobody_has_counted_yet():
    found = cells("ResourceQuota", spec={"hard": {"pods": "4"}})
    assert (found["Request"], found["Limit"]) == ("", "")


def test_a_lease():
    store = make_store(now=NOW)
    store.create(node_status.new_node(store, "node-1", ip="172.18.0.2", pod_cidr=""))
    (lease,) = DERIVED["Lease"](store.publish(), NOW + 30)
    found = cells_of(BY_KIND["Lease"], lease, NOW + 30)
    assert found == {"Name": "node-1", "Holder": "node-1", "Age": "30s"}


def test_the_components():
    found = [
        cells_of(BY_KIND["ComponentStatus"], status)
        for status in DERIVED["ComponentStatus"](make_store().publish(), NOW)
    ]
    assert {row["Status"] for row in found} == {"Healthy"}
    assert found[-1] == {"Name": "etcd-0", "Status": "Healthy", "Message": "ok", "Error": ""}


def test_a_component_that_is_unwell():
    conditions = [{"type": "Healthy", "status": "False", "message": "m", "error": "e"}]
    found = cells("ComponentStatus", conditions=conditions)
    assert found == {"Name": "a", "Status": "Unhealthy", "Message": "m", "Error": "e"}
    assert cells("ComponentStatus", conditions=[{"type": "Other"}])["Status"] == "Unknown"


@pytest.mark.parametrize("kind", ["PodMetrics", "NodeMetrics"])
def test_kinds_without_columns_of_their_own(kind):
    assert cells(kind) == {"Name": "a", "Created At": ago(300)}
    assert cells_of(BY_KIND[kind], {"metadata": {"name": "b"}}) == {
        "Name": "b",
        "Created At": "0001-01-01T00:00:00Z",
    }
