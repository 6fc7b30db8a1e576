"""Tables as a whole: their form, ages, and that every object can be printed."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.resources import BY_KIND, RESOURCES
from clusters.engine.apiserver.tables import PRINTERS, definitions, table
from clusters.engine.apiserver.tables.ages import human_duration, since
from clusters.engine.clock import rfc3339

NOW = 1_800_000_000.0
POD = BY_KIND["Pod"]
SCALE = BY_KIND["Deployment"].subresource("scale")
KINDS = [*RESOURCES, SCALE]

COLUMNS = {
    "Pod": "Name Ready Status Restarts Age IP* Node* Nominated_Node* Readiness_Gates*",
    "ReplicationController": "Name Desired# Current# Ready# Age Containers* Images* Selector*",
    "ReplicaSet": "Name Desired# Current# Ready# Age Containers* Images* Selector*",
    "Deployment": "Name Ready Up-to-date Available Age Containers* Images* Selector*",
    "Scale": "Name Desired# Available# Age",
    "Service": "Name Type Cluster-IP External-IP Port(s) Age Selector*",
    "Endpoints": "Name Endpoints Age",
    "EndpointSlice": "Name AddressType Ports Endpoints Age",
    "Node": "Name Status Roles Age Version Internal-IP* External-IP* OS-Image* Kernel-Version*"
    " Container-Runtime*",
    "Event": "Last_Seen Type Reason Object Subobject* Source* Message First_Seen* Count* Name*",
    "Namespace": "Name Status Age",
    "ConfigMap": "Name Data Age",
    "Secret": "Name Type Data Age",
    "ServiceAccount": "Name Age",
    "ResourceQuota": "Name Request Limit Age",
    "PodDisruptionBudget": "Name Min_Available Max_Unavailable Allowed_Disruptions# Age",
    "Lease": "Name Holder Age",
    "ComponentStatus": "Name Status Message Error",
    "PodMetrics": "Name Created_At",
    "NodeMetrics": "Name Created_At",
}


def written(column):
    """`*` for wide output only, `#` for a number."""
    marks = ("#" if column["type"] == "integer" else "") + ("*" if column["priority"] else "")
    return column["name"].replace(" ", "_") + marks


@pytest.mark.parametrize("resource", KINDS, ids=lambda resource: resource.kind)
def test_the_columns_of_every_kind(resource):
    if resource.kind in COLUMNS:
        assert " ".join(written(column) for column in definitions(resource)) == COLUMNS[resource.kind]
    else:
        # Only reviews are left, which can be created and not read.
        assert resource.verbs == ("create",)


def test_every_column_is_described_in_the_api_s_own_words():
    for resource in KINDS:
        for column in definitions(resource):
            assert set(column) == {"name", "type", "format", "description", "priority"}
            assert len(column["description"]) > 10
    by_name = {column["name"]: column for column in definitions(POD)}
    assert by_name["Name"]["description"].startswith("Name must be unique within a namespace.")
    assert by_name["IP"]["description"].startswith("podIP address allocated to the pod.")


def test_the_name_has_a_format_of_its_own():
    for resource in KINDS:
        formats = {column["name"]: column["format"] for column in definitions(resource)}
        assert formats.pop("Name") == ("" if resource is SCALE else "name")
        assert set(formats.values()) <= {""}


def test_only_ages_of_unknown_kinds_are_dates():
    types = {column["type"] for resource in KINDS for column in definitions(resource)}
    assert types == {"string", "integer", "date"}
    assert definitions(BY_KIND["PodMetrics"])[1]["type"] == "date"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-2.0, "<invalid>"),
        (-1.9, "0s"),
        (-0.5, "0s"),
        (0, "0s"),
        (0.9, "0s"),
        (59, "59s"),
        (119.9, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (599, "9m59s"),
        (600, "10m"),
        (659, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"),
        (8 * 3600 - 1, "7h59m"),
        (8 * 3600, "8h"),
        (48 * 3600 - 1, "47h"),
        (48 * 3600, "2d"),
        (49 * 3600, "2d1h"),
        (8 * 86400 - 1, "7d23h"),
        (8 * 86400, "8d"),
        (2 * 365 * 86400 - 1, "729d"),
        (2 * 365 * 86400, "2y"),
        (2 * 365 * 86400 + 86400, "2y1d"),
        (8 * 365 * 86400 - 1, "7y364d"),
        (8 * 365 * 86400, "8y"),
        (100 * 365 * 86400 + 86400, "100y"),
    ],
)
def test_ages_as_kubectl_prints_them(seconds, text):
    assert human_duration(seconds) == text


@given(st.floats(-1e6, 1e12), st.floats(0, 1e6))
def test_an_age_is_short_and_only_the_future_is_invalid(seconds, more):
    assert len(human_duration(seconds)) <= 9
    assert (human_duration(seconds) == "<invalid>") is (seconds <= -2)
    assert human_duration(max(seconds, 0) + more) != "<invalid>"


@pytest.mark.parametrize("stamp", [None, "", "yesterday", 7, {}, "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_has_no_age(stamp):
    assert since(stamp, NOW) == "<unknown>"


def test_ages_are_of_the_time_that_is_asked_for():
    stamp = rfc3339(NOW)
    assert [since(stamp, NOW + later) for later in (0, 60, 600)] == ["0s", "60s", "10m"]
    assert since("2027-01-15T09:00:00+01:00", NOW) == "0s"


def pod(**metadata):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a", "namespace": "default", "resourceVersion": "7", **metadata},
        "spec": {},
        "simulation": {"slot": 1},
    }


def test_a_row_comes_with_the_metadata_of_its_object():
    found = table(POD, [pod()], NOW)
    assert (found["kind"], found["apiVersion"], found["metadata"]) == ("Table", "meta.k8s.io/v1", {})
    (row,) = found["rows"]
    assert row["object"] == {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": pod()["metadata"],
    }
    assert "conditions" not in row


def test_a_row_comes_with_its_object_if_that_is_asked_for():
    (row,) = table(POD, [pod()], NOW, include_object="Object")["rows"]
    assert row["object"] == {field: value for field, value in pod().items() if field != "simulation"}


def test_a_row_comes_alone_if_that_is_asked_for():
    (row,) = table(POD, [pod()], NOW, include_object="None")["rows"]
    assert row["object"] is None


def test_another_include_is_refused():
    with pytest.raises(StatusError) as refused:
        table(POD, [], NOW, include_object="All")
    assert refused.value.code == 400
    assert refused.value.message == (
        'Unable to convert to Table as requested: includeObject: Invalid value: "All": must be'
        " 'Metadata', 'Object', 'None', or empty"
    )


def test_a_table_has_the_metadata_of_its_list():
    found = table(POD, [], NOW, revision=12, continue_="token", remaining=3)
    assert found["metadata"] == {"resourceVersion": "12", "continue": "token", "remainingItemCount": 3}
    assert found["rows"] == []


def test_only_the_first_table_of_a_watch_has_headers():
    assert table(POD, [pod()], NOW, headers=False)["columnDefinitions"] == []
    assert table(POD, [pod()], NOW)["columnDefinitions"] == definitions(POD)


def test_old_clients_get_the_version_that_they_know():
    found = table(POD, [pod()], NOW, version="v1beta1")
    assert found["apiVersion"] == "meta.k8s.io/v1beta1"
    assert found["rows"][0]["object"]["apiVersion"] == "meta.k8s.io/v1beta1"


@pytest.mark.parametrize("resource", KINDS, ids=lambda resource: resource.kind)
@pytest.mark.parametrize("obj", [{}, {"metadata": None, "spec": None, "status": None}, {"metadata": {}}])
def test_an_object_that_lacks_everything_is_printed(resource, obj):
    (row,) = table(resource, [obj], NOW)["rows"]
    assert len(row["cells"]) == len(definitions(resource))


# One object that has every field which some printer reads, so that what is odd is where it is read.
FULL = {
    "metadata": {
        "name": "a",
        "creationTimestamp": "2026-11-24T08:00:00Z",
        "deletionTimestamp": "2026-11-24T08:00:00Z",
        "labels": {"node-role.kubernetes.io/worker": "", "kubernetes.io/role": "x"},
    },
    "spec": {
        "replicas": 3,
        "selector": {
            "matchLabels": {"app": "x"},
            "matchExpressions": [{"key": "k", "operator": "In", "values": ["v"]}],
        },
        "template": {"spec": {"containers": [{"name": "main", "image": "kubia"}]}},
        "containers": [{"name": "main"}],
        "initContainers": [{"name": "init", "restartPolicy": "Always"}],
        "readinessGates": [{"conditionType": "Ready"}],
        "nodeName": "n",
        "type": "LoadBalancer",
        "clusterIPs": ["10.96.0.1"],
        "externalIPs": ["1.2.3.4"],
        "ports": [{"port": 80, "nodePort": 30000, "protocol": "TCP"}],
        "unschedulable": True,
        "minAvailable": "50%",
        "holderIdentity": "n",
    },
    "status": {
        "phase": "Failed",
        "reason": "NodeLost",
        "replicas": 3,
        "conditions": [{"type": "Ready", "status": "True", "reason": "x"}],
        "podIPs": [{"ip": "10.0.0.1"}],
        "initContainerStatuses": [
            {"name": "init", "started": True, "ready": True, "restartCount": 1, "state": {"running": {}}}
        ],
        "containerStatuses": [
            {
                "name": "main",
                "ready": True,
                "restartCount": 2,
                "state": {
                    "terminated": {"exitCode": 1, "signal": 9, "reason": "Error"},
                    "waiting": {"reason": "x"},
                },
                "lastState": {"terminated": {"finishedAt": "2026-11-24T08:00:00Z"}},
            }
        ],
        "addresses": [{"type": "InternalIP", "address": "172.18.0.2"}],
        "nodeInfo": {"kubeletVersion": "v1.37.1", "osImage": "Debian"},
        "loadBalancer": {"ingress": [{"ip": "5.6.7.8"}, {"hostname": "lb"}]},
        "hard": {"pods": "4", "limits.cpu": "2"},
        "used": {"pods": "1"},
    },
    "data": {"a": "b"},
    "binaryData": {"c": "ZA=="},
    "type": "Normal",
    "conditions": [{"type": "Healthy", "status": "True", "message": "ok"}],
    "subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}],
    "endpoints": [{"addresses": ["10.0.0.1"]}],
    "ports": [{"name": "http", "port": 80}],
    "addressType": "IPv4",
    "involvedObject": {"kind": "Pod", "name": "a", "fieldPath": "spec"},
    "series": {"count": 3, "lastObservedTime": "2026-11-24T08:00:00.000000Z"},
    "source": {"component": "kubelet", "host": "n"},
    "message": "hello",
    "count": 4,
}


def paths_of(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from paths_of(part, (*path, key))


PATHS = st.sampled_from([path for path in paths_of(FULL) if path])
ODD = st.sampled_from([None, "", "x", 0, -1, 2**40, True, [], {}, [None], [{}], {"": None}, [[]], 1.5])


def holds(value, step):
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)


def with_odd(obj, changes):
    """The object with other values at some places, unless an earlier change took the place away."""
    for path, value in changes:
        found = obj
        for step in path[:-1]:
            found = found[step] if holds(found, step) else None
        if holds(found, path[-1]):
            found[path[-1]] = copy.deepcopy(value)
    return obj


@given(st.lists(st.tuples(PATHS, ODD), max_size=6))
def test_no_object_is_too_odd_to_be_printed(changes):
    obj = with_odd(copy.deepcopy(FULL), changes)
    for resource in KINDS:
        found = table(resource, [obj], NOW)
        for row in found["rows"]:
            assert len(row["cells"]) == len(found["columnDefinitions"])
            assert all(type(cell) in (str, int) for cell in row["cells"])


def test_the_full_object_is_read_by_all_printers():
    for resource in KINDS:
        if resource.kind in PRINTERS:
            (full,), (bare,) = table(resource, [FULL], NOW)["rows"], table(resource, [{}], NOW)["rows"]
            assert full["cells"] != bare["cells"]


@given(st.lists(st.tuples(PATHS, ODD), max_size=3))
def test_printing_changes_nothing(changes):
    obj = with_odd(copy.deepcopy(FULL), changes)
    before = copy.deepcopy(obj)
    for resource in KINDS:
        table(resource, [obj], NOW)
    assert obj == before
