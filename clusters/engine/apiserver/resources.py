"""The kinds that this API server serves, and how they are called.

Models the resource lists of `pkg/registry/*/rest` and apimachinery's RESTMapper. How objects of a kind
are filled in and checked is in `strategies.py`. Every kind is of one group and version only, and no two
groups have a kind of the same name, so that a kind names a resource.
"""

from dataclasses import dataclass
from typing import Final

READ: Final = ("get", "list")
CREATE: Final = ("create",)
ALL: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_CHANGE: Final = ("get", "patch", "update")
_STREAM: Final = ("create", "get")


@dataclass(frozen=True, slots=True)
class Subresource:
    """A part of an object with a path of its own, such as `pods/log`. `kind` is that of its bodies."""

    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """One served kind. `group` is "" for the core group; `short_names` and `categories` are kubectl's.

    `verbs` are what clients may do. A `derived` kind is not stored: it is worked out when it is read.
    """

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[Subresource, ...] = ()
    verbs: tuple[str, ...] = ALL
    derived: bool = False

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

    def subresource(self, name: str) -> Subresource | None:
        """The sub-resource of that name, if this kind has it."""
        return next((found for found in self.subresources if found.name == name), None)


_APPS: Final = "apps"
_AUTHENTICATION: Final = "authentication.k8s.io"
_AUTHORIZATION: Final = "authorization.k8s.io"
_COORDINATION: Final = "coordination.k8s.io"
_DISCOVERY: Final = "discovery.k8s.io"
_METRICS: Final = "metrics.k8s.io"
_POLICY: Final = "policy"


def _status(group: str, kind: str) -> Subresource:
    return Subresource("status", group, "v1", kind, _CHANGE)


SCALE: Final = Subresource("scale", "autoscaling", "v1", "Scale", _CHANGE)
_POD_PARTS: Final = (
    Subresource("attach", "", "v1", "PodAttachOptions", _STREAM),
    Subresource("binding", "", "v1", "Binding", CREATE),
    Subresource("ephemeralcontainers", "", "v1", "Pod", _CHANGE),
    Subresource("eviction", _POLICY, "v1", "Eviction", CREATE),
    Subresource("exec", "", "v1", "PodExecOptions", _STREAM),
    Subresource("log", "", "v1", "Pod", ("get",)),
    Subresource("portforward", "", "v1", "PodPortForwardOptions", _STREAM),
    _status("", "Pod"),
)

RESOURCES: Final = (
    Resource("", "v1", "Binding", "bindings", "binding", True, verbs=CREATE, derived=True),
    Resource(
        "",
        "v1",
        "ComponentStatus",
        "componentstatuses",
        "componentstatus",
        False,
        ("cs",),
        verbs=READ,
        derived=True,
    ),
    Resource("", "v1", "ConfigMap", "configmaps", "configmap", True, ("cm",)),
    Resource("", "v1", "Endpoints", "endpoints", "endpoints", True, ("ep",)),
    Resource("", "v1", "Event", "events", "event", True, ("ev",)),
    Resource(
        "",
        "v1",
        "Namespace",
        "namespaces",
        "namespace",
        False,
        ("ns",),
        subresources=(Subresource("finalize", "", "v1", "Namespace", ("update",)), _status("", "Namespace")),
        verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
    ),
    Resource("", "v1", "Node", "nodes", "node", False, ("no",), subresources=(_status("", "Node"),)),
    Resource("", "v1", "Pod", "pods", "pod", True, ("po",), ("all",), _POD_PARTS),
    Resource(
        "",
        "v1",
        "ReplicationController",
        "replicationcontrollers",
        "replicationcontroller",
        True,
        ("rc",),
        ("all",),
        (SCALE, _status("", "ReplicationController")),
    ),
    Resource(
        "",
        "v1",
        "ResourceQuota",
        "resourcequotas",
        "resourcequota",
        True,
        ("quota",),
        subresources=(_status("", "ResourceQuota"),),
    ),
    Resource("", "v1", "Secret", "secrets", "secret", True),
    Resource(
        "",
        "v1",
        "Service",
        "services",
        "service",
        True,
        ("svc",),
        ("all",),
        (_status("", "Service"),),
    ),
    Resource(
        "",
        "v1",
        "ServiceAccount",
        "serviceaccounts",
        "serviceaccount",
        True,
        ("sa",),
        subresources=(Subresource("token", _AUTHENTICATION, "v1", "TokenRequest", CREATE),),
    ),
    Resource(
        _APPS,
        "v1",
        "Deployment",
        "deployments",
        "deployment",
        True,
        ("deploy",),
        ("all",),
        (SCALE, _status(_APPS, "Deployment")),
    ),
    Resource(
        _APPS,
        "v1",
        "ReplicaSet",
        "replicasets",
        "replicaset",
        True,
        ("rs",),
        ("all",),
        (SCALE, _status(_APPS, "ReplicaSet")),
    ),
    Resource(
        _AUTHENTICATION,
        "v1",
        "SelfSubjectReview",
        "selfsubjectreviews",
        "selfsubjectreview",
        False,
        verbs=CREATE,
        derived=True,
    ),
    Resource(
        _AUTHORIZATION,
        "v1",
        "SelfSubjectAccessReview",
        "selfsubjectaccessreviews",
        "selfsubjectaccessreview",
        False,
        verbs=CREATE,
        derived=True,
    ),
    Resource(
        _AUTHORIZATION,
        "v1",
        "SelfSubjectRulesReview",
        "selfsubjectrulesreviews",
        "selfsubjectrulesreview",
        False,
        verbs=CREATE,
        derived=True,
    ),
    Resource(_COORDINATION, "v1", "Lease", "leases", "lease", True, verbs=(*READ, "watch"), derived=True),
    Resource(_DISCOVERY, "v1", "EndpointSlice", "endpointslices", "endpointslice", True),
    Resource(_METRICS, "v1beta1", "NodeMetrics", "nodes", "", False, verbs=READ, derived=True),
    Resource(_METRICS, "v1beta1", "PodMetrics", "pods", "", True, verbs=READ, derived=True),
    Resource(
        _POLICY,
        "v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        "poddisruptionbudget",
        True,
        ("pdb",),
        subresources=(_status(_POLICY, "PodDisruptionBudget"),),
    ),
)

BY_KIND: Final = {resource.kind: resource for resource in RESOURCES}
BY_PATH: Final = {(resource.group, resource.version, resource.plural): resource for resource in RESOURCES}
"""By group, version and plural, as paths name them."""


def served(api_version: str, kind: str) -> Resource | None:
    """The resource of that apiVersion and kind, if it is served."""
    resource = BY_KIND.get(kind)
    return resource if resource is not None and resource.api_version == api_version else None
