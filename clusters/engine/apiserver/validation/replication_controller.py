"""What makes a ReplicationController wrong.

Models the ReplicationController parts of `pkg/apis/core/validation/validation.go`.
"""

from clusters.engine import names
from clusters.engine.apiserver.fields import FieldError, forbidden, invalid, not_supported, required
from clusters.engine.apiserver.validation.metadata import validate_metadata
from clusters.engine.apiserver.validation.pod import validate_pod_template
from clusters.engine.labels import subset_matches
from clusters.engine.objects import Object


def validate_replication_controller(obj: Object) -> list[FieldError]:
    """Complaints about a filled-in ReplicationController."""
    spec = obj["spec"]
    errors = validate_metadata(obj)
    for part in ("minReadySeconds", "replicas"):
        number = spec.get(part, 0)
        errors += [invalid(f"spec.{part}", number, said) for said in names.not_negative(number)]
    if not spec.get("selector"):
        errors.append(required("spec.selector"))
    if not spec.get("template"):
        return [*errors, required("spec.template")]
    return errors + _validate_template(spec["template"], spec.get("selector") or {})


def _validate_template(template: Object, selector: dict[str, str]) -> list[FieldError]:
    field = "spec.template"
    errors: list[FieldError] = []
    labels = (template.get("metadata") or {}).get("labels")
    if not subset_matches(selector, labels or {}):
        said = "`selector` does not match template `labels`"
        errors.append(invalid(f"{field}.metadata.labels", labels, said))
    errors += validate_pod_template(template, field)
    policy = template["spec"]["restartPolicy"]
    if policy != "Always":
        errors.append(not_supported(f"{field}.spec.restartPolicy", policy, ("Always",)))
    if "activeDeadlineSeconds" in template["spec"]:
        said = "activeDeadlineSeconds in ReplicationController is not Supported"
        errors.append(forbidden(f"{field}.spec.activeDeadlineSeconds", said))
    return errors
