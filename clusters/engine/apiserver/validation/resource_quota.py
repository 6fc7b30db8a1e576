"""What makes a ResourceQuota wrong.

Models the ResourceQuota parts of `pkg/apis/core/validation/validation.go`. Left out: the scopes
PriorityClass and CrossNamespacePodAffinity, which are refused.
"""

from collections.abc import Iterable
from typing import Final

from clusters.engine import names
from clusters.engine.apiserver.fields import FieldError, invalid, required
from clusters.engine.apiserver.validation.metadata import complaints, validate_metadata
from clusters.engine.objects import Object
from clusters.engine.quantities import parse_quantity

_COMPUTE: Final = frozenset(
    {f"{prefix}{name}" for name in ("cpu", "memory") for prefix in ("", "requests.", "limits.")}
)
_WHOLE: Final = frozenset(
    {
        "configmaps",
        "persistentvolumeclaims",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "services",
        "services.loadbalancers",
        "services.nodeports",
    }
)
_STORAGE: Final = frozenset(
    {"ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage", "requests.storage"}
)
_KNOWN: Final = _COMPUTE | _WHOLE | _STORAGE
_SCOPES: Final = ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort")
_OPPOSITES: Final = ({"Terminating", "NotTerminating"}, {"BestEffort", "NotBestEffort"})
_ONLY_EXISTS: Final = (
    "must be 'Exist' only operator when scope is any of ResourceQuotaScopeTerminating,"
    " ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort and ResourceQuotaScopeNotBestEffort"
)


def validate_resource_quota(obj: Object) -> list[FieldError]:
    """Complaints about what a ResourceQuota limits, and for which pods."""
    spec = obj.get("spec") or {}
    hard: dict[str, str] = spec.get("hard") or {}
    errors = validate_metadata(obj)
    for name, amount in hard.items():
        errors += _validate_limit(name, amount, f"spec.hard[{name}]")
    errors += _validate_scopes(spec.get("scopes") or [], spec.get("scopes"), hard, "spec.scopes")
    return errors + _validate_selector(spec, hard)


def validate_resource_quota_update(obj: Object, before: Object) -> list[FieldError]:
    """A quota keeps its scopes."""
    scopes = (obj.get("spec") or {}).get("scopes") or []
    old = (before.get("spec") or {}).get("scopes") or []
    return [] if set(scopes) == set(old) else [invalid("spec.scopes", scopes, "field is immutable")]


def validate_resource_quota_status(status: Object, before: Object) -> list[FieldError]:
    """Complaints about limits and sums that a client reports."""
    errors: list[FieldError] = []
    for part in ("hard", "used"):
        for name, amount in (status.get(part) or {}).items():
            errors += _validate_limit(name, amount, f"status.{part}[{name}]")
    return errors


def _validate_limit(name: str, amount: str, field: str) -> list[FieldError]:
    return _validate_resource(name, field) + _validate_amount(name, amount, field)


def _validate_resource(name: str, field: str) -> list[FieldError]:
    if errors := complaints(field, name, names.label_key):
        return errors
    if "/" in name or name in _KNOWN or name.startswith(("hugepages-", "requests.hugepages-")):
        return []
    return [
        invalid(field, name, "must be a standard resource type or fully qualified"),
        invalid(field, name, "must be a standard resource for quota"),
    ]


def _validate_amount(name: str, amount: str, field: str) -> list[FieldError]:
    number = parse_quantity(amount)
    errors = []
    if number < 0:
        errors.append(invalid(field, str(amount), "must be greater than or equal to 0"))
    if name in _WHOLE and number % 1:
        errors.append(invalid(field, str(amount), "must be an integer"))
    return errors


def _validate_scopes(
    scopes: Iterable[str], shown: object, hard: Iterable[str], field: str
) -> list[FieldError]:
    errors = []
    for scope in scopes:
        if scope not in _SCOPES:
            errors.append(invalid(field, shown, "unsupported scope"))
            continue
        fitting = {"pods"} if scope == "BestEffort" else {"pods"} | _COMPUTE
        unfit = [name for name in hard if name in _KNOWN and name not in fitting]
        errors += [invalid(field, shown, "unsupported scope applied to resource") for _ in unfit]
    if any(pair <= set(scopes) for pair in _OPPOSITES):
        errors.append(invalid(field, shown, "conflicting scopes"))
    return errors


def _validate_selector(spec: Object, hard: Iterable[str]) -> list[FieldError]:
    field = "spec.scopeSelector.matchExpressions"
    expressions = (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    scopes = [expression.get("scopeName", "") for expression in expressions]
    errors = _validate_scopes(scopes, spec.get("scopeSelector"), hard, field)
    for expression in expressions:
        operator, values = expression.get("operator", ""), expression.get("values") or []
        if expression.get("scopeName") in _SCOPES and operator != "Exists":
            errors.append(invalid(f"{field}.operator", operator, _ONLY_EXISTS))
        if operator in ("In", "NotIn") and not values:
            said = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
            errors.append(required(f"{field}.values", said))
        elif operator in ("Exists", "DoesNotExist") and values:
            said = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
            errors.append(invalid(f"{field}.values", values, said))
        elif operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            errors.append(invalid(f"{field}.operator", operator, "not a valid selector operator"))
    return errors
