"""What somebody may do, and how he is told: 403 Forbidden, SelfSubjectAccessReview and its like.

Models `plugin/pkg/auth/authorizer/rbac` with rules that nobody can change, among them those of the
ClusterRoles system:basic-user, system:discovery and system:public-info-viewer, and
`pkg/registry/{authorization,authentication}`. Left out: Roles and their bindings, and reviews about others.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from clusters.engine.apiserver import fields
from clusters.engine.apiserver.errors import StatusError, bad_request, forbidden, invalid
from clusters.engine.apiserver.resources import RESOURCES
from clusters.engine.objects import Object

_ALL: Final = ("*",)
_READS: Final = ("get", "list", "watch")
_STREAMS: Final = ("pods/attach", "pods/exec", "pods/portforward")
_PUBLIC: Final = ("/healthz", "/livez", "/readyz", "/version", "/version/")
_DISCOVERY: Final = ("/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*")


class ResourceRule(NamedTuple):
    """These verbs are allowed on these resources, such as `pods` and `pods/log`, of these API groups."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]


class PathRule(NamedTuple):
    """These verbs are allowed on paths that are no resources; one may end in `*`."""

    verbs: tuple[str, ...]
    paths: tuple[str, ...]


class User(NamedTuple):
    """Who asks, and what he may do. `groups` and `extra` are as `kubectl auth whoami` shows them."""

    name: str
    groups: tuple[str, ...]
    rules: tuple[ResourceRule, ...] = ()
    path_rules: tuple[PathRule, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, str], ...] = ()


class Attributes(NamedTuple):
    """What is asked for. `resource` is a plural, with its sub-resource as in `pods/exec`."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


def _readable(group: str) -> Iterator[str]:
    for resource in RESOURCES:
        if resource.group == group:
            parts = [(resource.plural, resource.verbs)]
            parts += [(f"{resource.plural}/{part.name}", part.verbs) for part in resource.subresources]
            yield from (name for name, verbs in parts if "get" in verbs and name not in _STREAMS)


_BASIC: Final = (
    ResourceRule(("create",), ("authentication.k8s.io",), ("selfsubjectreviews",)),
    ResourceRule(
        ("create",), ("authorization.k8s.io",), ("selfsubjectaccessreviews", "selfsubjectrulesreviews")
    ),
)
_BASIC_PATHS: Final = (PathRule(("get",), (*_DISCOVERY, *_PUBLIC)),)
# A role cannot take anything away: who may not open streams is allowed everything else by its name.
_VIEW: Final = tuple(
    ResourceRule(_READS, (group,), names)
    for group in dict.fromkeys(resource.group for resource in RESOURCES)
    if (names := tuple(_readable(group)))
)


def administrator(name: str) -> User:
    """Who may do everything."""
    rules = (ResourceRule(_ALL, _ALL, _ALL), *_BASIC)
    return _user(name, ("system:masters",), rules)._replace(path_rules=(PathRule(_ALL, _ALL), *_BASIC_PATHS))


def viewer(name: str) -> User:
    """Who may read everything, and change nothing."""
    return _user(name, (), (*_VIEW, *_BASIC))


def service_account(namespace: str, name: str, uid: str, extra: tuple[tuple[str, str], ...]) -> User:
    """An account, which may do what everybody may as long as nothing binds a role to it."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    user = _user(f"system:serviceaccount:{namespace}:{name}", groups, _BASIC)
    return user._replace(uid=uid, extra=extra)


def _user(name: str, groups: tuple[str, ...], rules: tuple[ResourceRule, ...]) -> User:
    return User(name, (*groups, "system:authenticated"), rules, _BASIC_PATHS)


def allows(user: User, asked: Attributes) -> bool:
    """Whether the user may do that."""
    return any(
        _has(rule.verbs, asked.verb)
        and _has(rule.groups, asked.group)
        and _has(rule.resources, asked.resource)
        for rule in user.rules
    )


def allows_path(user: User, verb: str, path: str) -> bool:
    """Whether the user may do that with a path that is no resource."""
    return any(
        _has(rule.verbs, verb) and any(_is_below(path, allowed) for allowed in rule.paths)
        for rule in user.path_rules
    )


def authorize(user: User, asked: Attributes, kind: str) -> None:
    """Raises 403 Forbidden, about an object of that kind, if the user may not do that."""
    if not allows(user, asked):
        why = f'User "{user.name}" cannot {asked.verb} resource "{asked.resource}"'
        where = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
        raise forbidden(kind, asked.name, f'{why} in API group "{asked.group}" {where}')


def self_subject_access_review(user: User, review: Object) -> Object:
    """The review with its answer in the status: what `kubectl auth can-i` asks. Raises 422 Invalid."""
    spec = review.get("spec") or {}
    resource, path = spec.get("resourceAttributes") or {}, spec.get("nonResourceAttributes") or {}
    if bool(resource) == bool(path):
        raise _not_one(spec)
    if resource:
        allowed = allows(user, _attributes(resource))
    else:
        allowed = allows_path(user, path.get("verb", ""), path.get("path", ""))
    return {**review, "status": {"allowed": allowed}}


def self_subject_rules_review(user: User, review: Object) -> Object:
    """All that the user may do: `kubectl auth can-i --list`. Raises 400 without a namespace.

    What may be done in a namespace is the same in all of them.
    """
    if not (review.get("spec") or {}).get("namespace"):
        raise bad_request("no namespace on request")
    rules = [
        {"verbs": list(rule.verbs), "apiGroups": list(rule.groups), "resources": list(rule.resources)}
        for rule in user.rules
    ]
    paths = [{"verbs": list(rule.verbs), "nonResourceURLs": list(rule.paths)} for rule in user.path_rules]
    status = {"resourceRules": rules, "nonResourceRules": paths, "incomplete": False}
    # As upstream, which makes a new review of what it found out.
    return {**review, "metadata": {}, "spec": {}, "status": status}


def self_subject_review(user: User, review: Object) -> Object:
    """The review that says who the user is: `kubectl auth whoami`."""
    told: Object = {"username": user.name}
    if user.uid:
        told["uid"] = user.uid
    told["groups"] = list(user.groups)
    if user.extra:
        told["extra"] = {key: [value] for key, value in user.extra}
    return {**review, "status": {"userInfo": told}}


def _has(allowed: tuple[str, ...], asked: str) -> bool:
    return asked in allowed or allowed == _ALL


def _is_below(path: str, allowed: str) -> bool:
    return path == allowed or (allowed.endswith("*") and path.startswith(allowed[:-1]))


def _attributes(about: Object) -> Attributes:
    resource = about.get("resource", "")
    if about.get("subresource"):
        resource = f"{resource}/{about['subresource']}"
    texts = [about.get(field, "") for field in ("namespace", "name")]
    return Attributes(about.get("verb", ""), about.get("group", ""), resource, *texts)


def _not_one(spec: Object) -> StatusError:
    path = "spec.resourceAttributes"
    said = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
    if spec.get("resourceAttributes"):
        path = "spec.nonResourceAttributes"
        said = "cannot be specified in combination with resourceAttributes"
    return invalid("SelfSubjectAccessReview", "", [fields.invalid(path, None, said)])
