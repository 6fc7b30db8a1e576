"""What makes a LabelSelector wrong.

Models apimachinery's `pkg/apis/meta/v1/validation/validation.go`.
"""

from clusters.engine import names
from clusters.engine.apiserver.fields import FieldError, forbidden, invalid, required
from clusters.engine.apiserver.validation.metadata import complaints, validate_labels
from clusters.engine.objects import Object


def validate_label_selector(selector: Object, field: str) -> list[FieldError]:
    """Complaints about a LabelSelector, found at `field`."""
    errors = validate_labels(f"{field}.matchLabels", selector.get("matchLabels"))
    for index, expression in enumerate(selector.get("matchExpressions") or ()):
        errors += _validate_expression(expression, f"{field}.matchExpressions[{index}]")
    return errors


def is_empty(selector: Object) -> bool:
    """Whether a LabelSelector wants nothing in particular, and so selects everything."""
    return not selector.get("matchLabels") and not selector.get("matchExpressions")


def _validate_expression(expression: Object, path: str) -> list[FieldError]:
    operator, values = expression.get("operator", ""), expression.get("values") or []
    errors: list[FieldError] = []
    if operator in ("In", "NotIn"):
        if not values:
            said = "must be specified when `operator` is 'In' or 'NotIn'"
            errors.append(required(f"{path}.values", said))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            said = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            errors.append(forbidden(f"{path}.values", said))
    else:
        errors.append(invalid(f"{path}.operator", operator, "not a valid selector operator"))
    errors += complaints(f"{path}.key", expression.get("key", ""), names.label_key)
    for index, value in enumerate(values):
        errors += complaints(f"{path}.values[{index}]", value, names.label_value)
    return errors
