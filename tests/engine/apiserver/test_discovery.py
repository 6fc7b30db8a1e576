"""What the server tells about itself, plainly and in one document."""

import pytest

from clusters.engine import cluster
from clusters.engine.apiserver import discovery
from clusters.engine.apiserver.resources import BY_KIND, RESOURCES
from clusters.engine.kubelet.node_status import KUBELET_VERSION

GROUPS = {resource.group for resource in RESOURCES if resource.group}


def plain(group, version):
    return {entry["name"]: entry for entry in discovery.api_resource_list(group, version)["resources"]}


def aggregated():
    """Every entry of both aggregated documents by (group, version, resource)."""
    found = {}
    for legacy in (True, False):
        for group in discovery.aggregated(legacy)["items"]:
            for version in group["versions"]:
                for entry in version["resources"]:
                    key = (group["metadata"].get("name", ""), version["version"], entry["resource"])
                    found[key] = entry
    return found


def test_api_names_the_core_group_only():
    assert discovery.api_versions("10.0.0.1:8000") == {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "10.0.0.1:8000"}],
    }


def test_apis_names_every_other_group_once():
    groups = discovery.api_group_list()["groups"]
    assert sorted(group["name"] for group in groups) == sorted(GROUPS)
    for group in groups:
        assert group["versions"] == [group["preferredVersion"]]
        assert group["preferredVersion"]["groupVersion"].startswith(group["name"] + "/")


def test_a_group_is_described_like_in_the_list():
    listed = next(group for group in discovery.api_group_list()["groups"] if group["name"] == "apps")
    assert discovery.api_group("apps") == {"kind": "APIGroup", "apiVersion": "v1", **listed}
    assert listed["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}


@pytest.mark.parametrize("group", ["", "batch", "autoscaling", "nonsense"])
def test_a_group_that_is_not_served_is_none(group):
    assert discovery.api_group(group) is None


@pytest.mark.parametrize(
    ("group", "version"), [("", "v2"), ("apps", "v1beta1"), ("batch", "v1"), ("metrics.k8s.io", "v1")]
)
def test_a_version_that_is_not_served_is_none(group, version):
    assert discovery.api_resource_list(group, version) is None


def test_the_core_list_has_no_api_version_and_the_others_have():
    core, apps = discovery.api_resource_list("", "v1"), discovery.api_resource_list("apps", "v1")
    assert "apiVersion" not in core
    assert core["groupVersion"] == "v1"
    assert (apps["apiVersion"], apps["groupVersion"]) == ("v1", "apps/v1")


def test_pods_are_described_with_all_that_kubectl_asks_for():
    assert plain("", "v1")["pods"] == {
        "name": "pods",
        "singularName": "pod",
        "namespaced": True,
        "kind": "Pod",
        "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        "shortNames": ["po"],
        "categories": ["all"],
    }


def test_drain_finds_the_group_of_evictions():
    assert plain("", "v1")["pods/eviction"] == {
        "name": "pods/eviction",
        "singularName": "",
        "namespaced": True,
        "group": "policy",
        "version": "v1",
        "kind": "Eviction",
        "verbs": ["create"],
    }


@pytest.mark.parametrize(
    ("group", "name"),
    [("", "replicationcontrollers/scale"), ("apps", "replicasets/scale"), ("apps", "deployments/scale")],
)
def test_scales_are_of_the_group_autoscaling(group, name):
    entry = plain(group, "v1")[name]
    assert (entry["group"], entry["version"], entry["kind"]) == ("autoscaling", "v1", "Scale")
    assert entry["verbs"] == ["get", "patch", "update"]


def test_a_subresource_of_the_same_group_does_not_repeat_it():
    entry = plain("apps", "v1")["deployments/status"]
    assert "group" not in entry
    assert "version" not in entry


def test_names_that_a_kind_lacks_are_left_out():
    assert "shortNames" not in plain("", "v1")["secrets"]
    assert "categories" not in plain("", "v1")["nodes"]
    assert plain("metrics.k8s.io", "v1beta1")["nodes"]["singularName"] == ""


def test_lists_are_in_order_and_name_nothing_twice():
    for group in ("", *GROUPS):
        version = next(found.version for found in RESOURCES if found.group == group)
        names = [entry["name"] for entry in discovery.api_resource_list(group, version)["resources"]]
        assert len(names) == len(set(names))
        plurals = [name for name in names if "/" not in name]
        assert plurals == sorted(plurals)


def test_the_aggregated_document_of_the_core_group_has_no_name():
    (core,) = discovery.aggregated(legacy=True)["items"]
    assert core["metadata"] == {}
    assert [version["version"] for version in core["versions"]] == ["v1"]
    assert core["versions"][0]["freshness"] == "Current"


def test_both_aggregated_documents_say_which_kind_they_are():
    for legacy in (True, False):
        document = discovery.aggregated(legacy)
        assert document["kind"] == "APIGroupDiscoveryList"
        assert document["apiVersion"] == "apidiscovery.k8s.io/v2"


def test_an_aggregated_entry_has_the_kinds_of_its_subresources():
    entry = aggregated()["apps", "v1", "deployments"]
    assert entry == {
        "resource": "deployments",
        "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
        "scope": "Namespaced",
        "singularResource": "deployment",
        "verbs": list(BY_KIND["Deployment"].verbs),
        "shortNames": ["deploy"],
        "categories": ["all"],
        "subresources": [
            {
                "subresource": "scale",
                "responseKind": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
                "verbs": ["get", "patch", "update"],
            },
            {
                "subresource": "status",
                "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
                "verbs": ["get", "patch", "update"],
            },
        ],
    }


def test_the_plain_and_the_aggregated_documents_agree():
    for (group, version, name), entry in aggregated().items():
        listed = plain(group, version)
        assert listed[name]["kind"] == entry["responseKind"]["kind"]
        assert listed[name]["verbs"] == entry["verbs"]
        assert listed[name]["namespaced"] is (entry["scope"] == "Namespaced")
        parts = [part["subresource"] for part in entry.get("subresources", [])]
        assert parts == [found.split("/")[1] for found in listed if found.startswith(f"{name}/")]


def test_every_served_resource_is_told_and_nothing_else():
    told = aggregated()
    assert set(told) == {(found.group, found.version, found.plural) for found in RESOURCES}
    kinds = {entry["responseKind"]["kind"] for entry in told.values()}
    assert not kinds & cluster.INTERNAL_KINDS


def test_nodes_and_pods_are_of_the_core_group_before_they_are_of_the_metrics():
    groups = [group["name"] for group in discovery.api_group_list()["groups"]]
    assert groups[-1] == "metrics.k8s.io"


def test_the_server_is_of_the_version_of_its_kubelets():
    said = discovery.version()
    assert said["gitVersion"] == KUBELET_VERSION
    assert (said["major"], said["minor"]) == ("1", "37")
    assert said["platform"] == "linux/amd64"
    assert all(isinstance(value, str) for value in said.values())
