"""What makes a ReplicaSet or a Deployment wrong.

Models `pkg/apis/apps/validation/validation.go` and, for selectors that may not change, the strategies of
`pkg/registry/apps`.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from clusters.engine import names
from clusters.engine.apiserver.fields import FieldError, forbidden, invalid, not_supported, required
from clusters.engine.apiserver.validation.label_selector import is_empty, validate_label_selector
from clusters.engine.apiserver.validation.metadata import immutable, validate_metadata
from clusters.engine.apiserver.validation.pod import validate_pod_template
from clusters.engine.label_selectors import label_selector
from clusters.engine.labels import matches
from clusters.engine.objects import Object

_PERCENT: Final = "[0-9]+%"
_DIGITS: Final = 100
_NO_PERCENT: Final = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex"
    f" used for validation is '{_PERCENT}')"
)


def validate_replica_set(obj: Object) -> list[FieldError]:
    """Complaints about a filled-in ReplicaSet."""
    spec = obj["spec"]
    errors = validate_metadata(obj)
    errors += _not_negative(spec, "replicas")
    errors += _not_negative(spec, "minReadySeconds")
    return errors + _validate_selector(spec)


def validate_deployment(obj: Object) -> list[FieldError]:
    """Complaints about a filled-in Deployment."""
    spec = obj["spec"]
    errors = validate_metadata(obj)
    errors += _not_negative(spec, "replicas")
    errors += _validate_selector(spec)
    errors += _validate_strategy(spec["strategy"], "spec.strategy")
    for field in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        errors += _not_negative(spec, field)
    deadline = spec["progressDeadlineSeconds"]
    if deadline <= spec.get("minReadySeconds", 0):
        said = "must be greater than minReadySeconds"
        errors.append(invalid("spec.progressDeadlineSeconds", deadline, said))
    return errors


def validate_selector_update(obj: Object, before: Object) -> list[FieldError]:
    """A ReplicaSet or a Deployment selects for ever what it selects."""
    return immutable("spec.selector", obj["spec"].get("selector"), before["spec"].get("selector"))


def validate_replica_set_status(status: Object, before: Object) -> list[FieldError]:
    """Complaints about the counts that a client reports of a ReplicaSet or ReplicationController."""
    counts = ("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration")
    return _not_negative_counts(status, counts) + _not_too_many(status, counts[1:4])


def validate_deployment_status(status: Object, before: Object) -> list[FieldError]:
    """Complaints about the counts that a client reports of a Deployment."""
    counts = (
        "observedGeneration",
        "replicas",
        "updatedReplicas",
        "readyReplicas",
        "availableReplicas",
        "unavailableReplicas",
        "collisionCount",
    )
    errors = _not_negative_counts(status, counts) + _not_too_many(status, counts[2:5])
    collisions = status.get("collisionCount", 0)
    if collisions < before.get("collisionCount", 0):
        errors.append(invalid("status.collisionCount", collisions, "cannot be decremented"))
    return errors


def _not_negative_counts(status: Object, counts: Iterable[str]) -> list[FieldError]:
    found = [(f"status.{count}", status.get(count, 0)) for count in counts]
    return [invalid(field, number, said) for field, number in found for said in names.not_negative(number)]


def _not_too_many(status: Object, counts: Iterable[str]) -> list[FieldError]:
    most, ready = status.get("replicas", 0), status.get("readyReplicas", 0)
    errors = [
        invalid(f"status.{count}", status.get(count, 0), "cannot be greater than status.replicas")
        for count in counts
        if status.get(count, 0) > most
    ]
    available = status.get("availableReplicas", 0)
    if available > ready:
        errors.append(invalid("status.availableReplicas", available, "cannot be greater than readyReplicas"))
    return errors


def int_or_percent(value: int | str, field: str) -> list[FieldError]:
    """Complaints about a number that may be a percentage, such as 1 or `25%`."""
    if isinstance(value, int):
        return [invalid(field, value, said) for said in names.not_negative(value)]
    return [] if re.fullmatch(_PERCENT, value) else [invalid(field, value, _NO_PERCENT)]


def not_over_all(value: int | str, field: str) -> list[FieldError]:
    """A complaint about a percentage of more than 100."""
    if _is_percent(value) and _number(value) > 100:
        return [invalid(field, value, "must not be greater than 100%")]
    return []


def _not_negative(spec: Object, field: str) -> list[FieldError]:
    number = spec.get(field, 0)
    return [invalid(f"spec.{field}", number, said) for said in names.not_negative(number)]


def _validate_selector(spec: Object) -> list[FieldError]:
    selector = spec.get("selector")
    if selector is None:
        errors = [required("spec.selector")]
    elif errors := validate_label_selector(selector, "spec.selector"):
        return [*errors, invalid("spec.selector", selector, "invalid label selector")]
    elif is_empty(selector):
        # Upstream says so of ReplicaSets, too.
        errors.append(invalid("spec.selector", selector, "empty selector is invalid for deployment"))
    labels = (spec["template"].get("metadata") or {}).get("labels")
    if not matches(label_selector(selector), labels or {}):
        said = "`selector` does not match template `labels`"
        errors.append(invalid("spec.template.metadata.labels", labels, said))
    return errors + _validate_template(spec["template"])


def _validate_template(template: Object) -> list[FieldError]:
    field = "spec.template"
    errors = validate_pod_template(template, field)
    policy = template["spec"]["restartPolicy"]
    if policy != "Always":
        errors.append(not_supported(f"{field}.spec.restartPolicy", policy, ("Always",)))
    if template["spec"].get("activeDeadlineSeconds") is not None:
        said = "activeDeadlineSeconds in ReplicaSet is not Supported"
        errors.append(forbidden(f"{field}.spec.activeDeadlineSeconds", said))
    return errors


def _validate_strategy(strategy: Object, field: str) -> list[FieldError]:
    rolling = strategy.get("rollingUpdate")
    if strategy["type"] == "RollingUpdate":
        return _validate_rolling_update(strategy["rollingUpdate"], f"{field}.rollingUpdate")
    if strategy["type"] == "Recreate":
        said = "may not be specified when strategy `type` is 'Recreate'"
        return [] if rolling is None else [forbidden(f"{field}.rollingUpdate", said)]
    # Upstream shows its internal struct, whose fields have Go's names.
    shown = {"Type": strategy["type"], "RollingUpdate": rolling}
    return [not_supported(field, shown, ("Recreate", "RollingUpdate"))]


def _validate_rolling_update(rolling: Object, field: str) -> list[FieldError]:
    unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
    errors = int_or_percent(unavailable, f"{field}.maxUnavailable")
    errors += int_or_percent(surge, f"{field}.maxSurge")
    if _number(unavailable) == 0 and _number(surge) == 0:
        said = "may not be 0 when `maxSurge` is 0"
        errors.append(invalid(f"{field}.maxUnavailable", unavailable, said))
    return errors + not_over_all(unavailable, f"{field}.maxUnavailable")


def _is_percent(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(_PERCENT, value) is not None


def _number(value: int | str) -> int:
    """As Go reads it: what is no number is 0. One with very many digits is taken for a very large one."""
    if isinstance(value, int):
        return value
    digits = value.rstrip("%") if re.fullmatch("[0-9]+%?", value) else "0"
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS
