"""What the API server tells about itself: groups, resources and its version.

Models apiserver's `pkg/endpoints/discovery` (plain) and its `aggregated` package
(apidiscovery.k8s.io/v2). Left out: hashes of storage versions, since nothing is stored in versions.
"""

from collections.abc import Iterator
from typing import Final

from clusters.engine.apiserver.resources import RESOURCES, Resource, Subresource
from clusters.engine.objects import Object

GIT_VERSION: Final = "v1.37.1"
_GROUPS: Final = (
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "policy",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "metrics.k8s.io",
)
"""In the order in which kubectl resolves a name that several groups have."""
_VERSIONS: Final = {resource.group: resource.version for resource in RESOURCES}


def version() -> Object:
    """The body of /version. What a real server knows of its build is empty here."""
    major, minor, _ = GIT_VERSION.removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": str(int(minor) - 1),
        "gitVersion": GIT_VERSION,
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "linux/amd64",
    }


def api_versions(server_address: str = "") -> Object:
    """The plain body of /api. `server_address` is the host and port that clients may use."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": server_address}],
    }


def api_group_list() -> Object:
    """The plain body of /apis."""
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in _GROUPS]}


def api_group(group: str) -> Object | None:
    """The body of /apis/GROUP, None for a group that is not served."""
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(group)} if group in _GROUPS else None


def api_resource_list(group: str, version: str) -> Object | None:
    """The body of /api/v1 (group "") or /apis/GROUP/VERSION, None if that is not served."""
    if _VERSIONS.get(group) != version:
        return None
    return {
        "kind": "APIResourceList",
        # The core group's list has never had an apiVersion.
        **({"apiVersion": "v1"} if group else {}),
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": [found for resource in _resources(group) for found in _plain(resource)],
    }


def aggregated(legacy: bool) -> Object:
    """All resources in one document: those of the core group (/api) or of all other groups (/apis)."""
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [_aggregated_group(group) for group in (("",) if legacy else _GROUPS)],
    }


def _resources(group: str) -> list[Resource]:
    return sorted((found for found in RESOURCES if found.group == group), key=lambda found: found.plural)


def _group(name: str) -> Object:
    version = {"groupVersion": f"{name}/{_VERSIONS[name]}", "version": _VERSIONS[name]}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _plain(resource: Resource) -> Iterator[Object]:
    yield {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
        **_names(resource),
    }
    for part in resource.subresources:
        own = (part.group, part.version) == (resource.group, resource.version)
        yield {
            "name": f"{resource.plural}/{part.name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            **({} if own else {"group": part.group, "version": part.version}),
            "kind": part.kind,
            "verbs": list(part.verbs),
        }


def _names(resource: Resource) -> Object:
    names = {"shortNames": list(resource.short_names), "categories": list(resource.categories)}
    return {field: value for field, value in names.items() if value}


def _aggregated_group(group: str) -> Object:
    resources = [_aggregated_resource(resource) for resource in _resources(group)]
    return {
        "metadata": {"name": group} if group else {},
        "versions": [{"version": _VERSIONS[group], "resources": resources, "freshness": "Current"}],
    }


def _aggregated_resource(resource: Resource) -> Object:
    subresources = [
        {"subresource": part.name, "responseKind": _kind(part), "verbs": list(part.verbs)}
        for part in resource.subresources
    ]
    return {
        "resource": resource.plural,
        "responseKind": _kind(resource),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
        **_names(resource),
        **({"subresources": subresources} if subresources else {}),
    }


def _kind(of: Resource | Subresource) -> Object:
    return {"group": of.group, "version": of.version, "kind": of.kind}
