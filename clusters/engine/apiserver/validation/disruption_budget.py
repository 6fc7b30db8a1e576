"""What makes a PodDisruptionBudget wrong.

Models `pkg/apis/policy/validation/validation.go`.
"""

from typing import Final

from clusters.engine import names
from clusters.engine.apiserver.fields import FieldError, invalid, not_supported
from clusters.engine.apiserver.validation.apps import int_or_percent, not_over_all
from clusters.engine.apiserver.validation.label_selector import validate_label_selector
from clusters.engine.apiserver.validation.metadata import validate_metadata
from clusters.engine.objects import Object

_POLICIES: Final = ("AlwaysAllow", "IfHealthyBudget")
_GO_NAMES: Final = {
    "MaxUnavailable": "maxUnavailable",
    "MinAvailable": "minAvailable",
    "Selector": "selector",
    "UnhealthyPodEvictionPolicy": "unhealthyPodEvictionPolicy",
}


def validate_disruption_budget(obj: Object) -> list[FieldError]:
    """Complaints about a PodDisruptionBudget."""
    spec = obj.get("spec") or {}
    errors = validate_metadata(obj)
    numbers = [part for part in ("minAvailable", "maxUnavailable") if part in spec]
    if len(numbers) == 2:
        # Upstream shows its internal struct, whose fields have Go's names.
        shown = {go_name: spec.get(name) for go_name, name in _GO_NAMES.items()}
        errors.append(invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set"))
    for part in numbers:
        errors += int_or_percent(spec[part], f"spec.{part}") + not_over_all(spec[part], f"spec.{part}")
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in _POLICIES:
        errors.append(not_supported("spec.unhealthyPodEvictionPolicy", policy, _POLICIES))
    return errors + validate_label_selector(spec.get("selector") or {}, "spec.selector")


def validate_disruption_budget_status(status: Object, before: Object) -> list[FieldError]:
    """Complaints about counts that a client reports."""
    return [
        invalid(f"status.{count}", status[count], said)
        for count in ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
        for said in names.not_negative(status.get(count, 0))
    ]
