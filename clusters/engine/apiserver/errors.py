"""Refusals of the API server, with Kubernetes' own words.

Models apimachinery's `pkg/api/errors/errors.go`. One exception class: what went wrong is its `code`
(HTTP) and `reason`.
"""

from collections.abc import Sequence

from clusters.engine.apiserver.fields import FieldError
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.objects import Object


class StatusError(Exception):
    """A refused request. `details` is the Status' details: name, group, kind, causes.

    `continue_` is the token by which a list whose first state is gone can go on all the same.
    """

    def __init__(
        self, code: int, reason: str, message: str, details: Object | None = None, *, continue_: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details or {}
        self.continue_ = continue_

    def status(self) -> Object:
        """The body of the answer: a metav1.Status."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {"continue": self.continue_} if self.continue_ else {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            **({"details": self.details} if self.details else {}),
            "code": self.code,
        }


def not_found(kind: str, name: str) -> StatusError:
    """404: there is no such object."""
    return StatusError(404, "NotFound", f'{_resource(kind)} "{name}" not found', _details(kind, name))


def already_exists(kind: str, name: str) -> StatusError:
    """409: the name is taken."""
    message = f'{_resource(kind)} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, _details(kind, name))


def conflict(kind: str, name: str, why: str = "") -> StatusError:
    """The write does not fit the stored object; without `why` because that has a newer version."""
    why = why or (
        "the object has been modified; please apply your changes to the latest version and try again"
    )
    message = f'Operation cannot be fulfilled on {_resource(kind)} "{name}": {why}'
    return StatusError(409, "Conflict", message, _details(kind, name))


def forbidden(kind: str, name: str, why: str, causes: Sequence[Object] = ()) -> StatusError:
    """403: not allowed, because of `why`. Without a name it is about the kind as a whole."""
    message = (
        f'{_resource(kind)} "{name}" is forbidden: {why}'
        if name
        else f"{_resource(kind)} is forbidden: {why}"
    )
    return StatusError(403, "Forbidden", message, _details(kind, name, causes))


def bad_request(message: str) -> StatusError:
    """400: the request cannot be understood."""
    return StatusError(400, "BadRequest", message)


def method_not_supported(kind: str, verb: str) -> StatusError:
    """405: there is no such verb for this kind."""
    message = f'{verb} is not supported on resources of kind "{_resource(kind)}"'
    return StatusError(405, "MethodNotAllowed", message, _details(kind, ""))


def too_large(message: str) -> StatusError:
    """413: the request is longer than the server reads."""
    return StatusError(413, "RequestEntityTooLarge", message)


def expired(message: str, continue_: str = "") -> StatusError:
    """410: the cluster's state of that time is not kept any more."""
    return StatusError(410, "Expired", message, continue_=continue_)


def too_large_resource_version(asked: int, current: int) -> StatusError:
    """504: the client has seen a later state than this server."""
    message = f"Too large resource version: {asked}, current: {current}"
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    details: Object = {"causes": [cause], "retryAfterSeconds": 1}
    return StatusError(504, "Timeout", f"Timeout: {message}", details)


def invalid(kind: str, name: str, errors: Sequence[FieldError]) -> StatusError:
    """The object breaks these rules. `kind` may carry a group, as in `Deployment.apps`."""
    texts = list(dict.fromkeys(str(error) for error in errors))
    said = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    resource = BY_KIND.get(kind)
    qualified = resource.qualified_kind if resource else kind
    details: Object = {"name": name, "kind": kind.split(".")[0]}
    if "." in qualified:
        details["group"] = qualified.split(".", 1)[1]
    details["causes"] = [
        {"reason": error.reason, "message": error.message, "field": error.field} for error in errors
    ]
    return StatusError(422, "Invalid", f'{qualified} "{name}" is invalid: {said}', _without_empty(details))


def has_cause(error: StatusError, reason: str) -> bool:
    """Whether one of the causes that the refusal names is of that reason."""
    return any(cause["reason"] == reason for cause in error.details.get("causes") or ())


def _resource(kind: str) -> str:
    resource = BY_KIND.get(kind)
    return resource.qualified if resource else kind


def _details(kind: str, name: str, causes: Sequence[Object] = ()) -> Object:
    resource = BY_KIND.get(kind)
    return _without_empty(
        {
            "name": name,
            "group": resource.group if resource else "",
            "kind": resource.plural if resource else kind,
            "causes": list(causes),
        }
    )


def _without_empty(details: Object) -> Object:
    return {field: value for field, value in details.items() if value}
