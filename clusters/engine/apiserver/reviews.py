"""What the holder of a key may do, and how he is told: 403 Forbidden, SelfSubjectAccessReview.

Models `plugin/pkg/auth/authorizer/rbac` with two roles that nobody can change, cluster-admin and one that
reads everything, and `pkg/registry/{authorization,authentication}`. Left out: Roles and their bindings,
and reviews about others.
"""

from typing import Final, NamedTuple

from clusters.engine.apiserver import fields
from clusters.engine.apiserver.errors import StatusError, forbidden, invalid
from clusters.engine.objects import Object

_READS: Final = ("get", "list", "watch")
_STREAMS: Final = ("pods/attach", "pods/exec", "pods/portforward")
_ABOUT_ONESELF: Final = ("selfsubjectaccessreviews", "selfsubjectreviews")


class User(NamedTuple):
    """Who asks. Without `writes` he may only read."""

    name: str
    writes: bool

    @property
    def groups(self) -> list[str]:
        """The groups he is in, as `kubectl auth whoami` shows them."""
        return [*(["system:masters"] if self.writes else []), "system:authenticated"]


class Attributes(NamedTuple):
    """What is asked for. `resource` is a plural, with its sub-resource as in `pods/exec`."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


def allows(user: User, asked: Attributes) -> bool:
    """Whether the user may do that."""
    if user.writes or asked.resource in _ABOUT_ONESELF:
        return True
    return asked.verb in _READS and asked.resource not in _STREAMS


def authorize(user: User, asked: Attributes, kind: str) -> None:
    """Raises 403 Forbidden, about an object of that kind, if the user may not do that."""
    if not allows(user, asked):
        why = f'User "{user.name}" cannot {asked.verb} resource "{asked.resource}"'
        where = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
        raise forbidden(kind, asked.name, f'{why} in API group "{asked.group}" {where}')


def self_subject_access_review(user: User, review: Object) -> Object:
    """The review with its answer in the status: what `kubectl auth can-i` asks. Raises 422 Invalid."""
    spec = review.get("spec") or {}
    about = [spec[field] for field in ("resourceAttributes", "nonResourceAttributes") if spec.get(field)]
    if len(about) != 1:
        raise _not_one(spec)
    allowed = allows(user, _attributes(about[0]))
    reason = "" if allowed else f"{user.name} may only read"
    return {**review, "status": {"allowed": allowed, **({"reason": reason} if reason else {})}}


def self_subject_review(user: User, review: Object) -> Object:
    """The review that says who the user is: `kubectl auth whoami`."""
    return {**review, "status": {"userInfo": {"username": user.name, "groups": user.groups}}}


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
