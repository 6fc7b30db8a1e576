"""The kinds that this API server serves, and how they are called.

Models the resource lists of `pkg/registry/core/rest` and apimachinery's RESTMapper. How objects of a
kind are filled in and checked is in `strategies.py`.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Resource:
    """One served kind. `group` is "" for the core group; `short_names` and `categories` are kubectl's."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """As manifests write it: `v1`, `discovery.k8s.io/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """As error messages name it: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """As error messages name the kind: `Pod`, `Deployment.apps`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


_DISCOVERY: Final = "discovery.k8s.io"

RESOURCES: Final = (
    Resource("", "v1", "Endpoints", "endpoints", "endpoints", True, ("ep",)),
    Resource("", "v1", "Event", "events", "event", True, ("ev",)),
    Resource("", "v1", "Namespace", "namespaces", "namespace", False, ("ns",)),
    Resource("", "v1", "Node", "nodes", "node", False, ("no",)),
    Resource("", "v1", "Pod", "pods", "pod", True, ("po",), ("all",)),
    Resource(
        "",
        "v1",
        "ReplicationController",
        "replicationcontrollers",
        "replicationcontroller",
        True,
        ("rc",),
        ("all",),
    ),
    Resource("", "v1", "Service", "services", "service", True, ("svc",), ("all",)),
    Resource(_DISCOVERY, "v1", "EndpointSlice", "endpointslices", "endpointslice", True),
)

BY_KIND: Final = {resource.kind: resource for resource in RESOURCES}
_BY_NAME: Final = {
    name: resource
    for resource in RESOURCES
    for name in (resource.plural, resource.singular, *resource.short_names, resource.qualified)
}


def find(name: str) -> Resource | None:
    """The resource that a person calls by plural, singular or short name, or by kind."""
    return _BY_NAME.get(name.lower()) or BY_KIND.get(name)


def served(api_version: str, kind: str) -> Resource | None:
    """The resource of that apiVersion and kind, if it is served."""
    resource = BY_KIND.get(kind)
    return resource if resource is not None and resource.api_version == api_version else None


def in_category(category: str) -> list[Resource]:
    """What `kubectl get all` asks for, with "all"."""
    return [resource for resource in RESOURCES if category in resource.categories]
