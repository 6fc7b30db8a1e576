"""What makes a pod's node affinity wrong.

Models `ValidateNodeSelector` and its parts of `pkg/apis/core/validation/validation.go`. Left out: preferred
node affinity and the affinity between pods, which no filter here reads.
"""

from clusters.engine import names
from clusters.engine.apiserver.fields import FieldError, forbidden, invalid, required
from clusters.engine.apiserver.validation.metadata import complaints
from clusters.engine.objects import Object


def validate_affinity(affinity: Object, field: str) -> list[FieldError]:
    """Complaints about the node affinity that a pod requires, found at `field`."""
    selector = (affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    if selector is None:
        return []
    path = f"{field}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
    if not selector.get("nodeSelectorTerms"):
        return [required(path, "must have at least one node selector term")]
    errors: list[FieldError] = []
    for number, term in enumerate(selector["nodeSelectorTerms"]):
        for index, wanted in enumerate(term.get("matchExpressions") or ()):
            errors += _validate_expression(wanted, f"{path}[{number}].matchExpressions[{index}]")
        for index, wanted in enumerate(term.get("matchFields") or ()):
            errors += _validate_field(wanted, f"{path}[{number}].matchFields[{index}]")
    return errors


def _validate_expression(wanted: Object, path: str) -> list[FieldError]:
    operator, values = wanted.get("operator", ""), wanted.get("values") or ()
    errors: list[FieldError] = []
    if operator in ("In", "NotIn"):
        if not values:
            said = "must be specified when `operator` is 'In' or 'NotIn'"
            errors.append(required(f"{path}.values", said))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            said = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            errors.append(forbidden(f"{path}.values", said))
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            said = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            errors.append(required(f"{path}.values", said))
    else:
        errors.append(invalid(f"{path}.operator", operator, "not a valid selector operator"))
    return errors + complaints(f"{path}.key", wanted.get("key", ""), names.label_key)


def _validate_field(wanted: Object, path: str) -> list[FieldError]:
    operator, key = wanted.get("operator", ""), wanted.get("key", "")
    errors: list[FieldError] = []
    if operator not in ("In", "NotIn"):
        errors.append(invalid(f"{path}.operator", operator, "not a valid selector operator"))
    elif len(wanted.get("values") or ()) != 1:
        said = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        errors.append(required(f"{path}.values", said))
    if key != "metadata.name":
        errors.append(invalid(f"{path}.key", key, "not a valid field selector key"))
    return errors
