"""A status that a client reports: in the shape of Go's structs, within the rules, and nothing but a status.

Models the decoding of the sub-resource status and the `ValidateUpdate` of the status strategies below
`pkg/registry`. What controllers of this engine report is right already.
"""

from collections.abc import Callable
from typing import Any, Final

from clusters.engine.apiserver.errors import invalid
from clusters.engine.apiserver.fields import FieldError
from clusters.engine.apiserver.schema import Field, Struct, struct_of
from clusters.engine.apiserver.validation import apps
from clusters.engine.apiserver.validation.disruption_budget import validate_disruption_budget_status
from clusters.engine.apiserver.validation.pod import validate_pod_status
from clusters.engine.apiserver.validation.resource_quota import validate_resource_quota_status
from clusters.engine.objects import Object, name_of

_ZEROS: Final[dict[str, Any]] = {
    "string": "",
    "bytes": "",
    "bool": False,
    "int32": 0,
    "int64": 0,
    "int-or-string": 0,
    "quantity": "0",
}
_CHECKS: Final[dict[str, Callable[[Object, Object], list[FieldError]]]] = {
    "Deployment": apps.validate_deployment_status,
    "Pod": validate_pod_status,
    "PodDisruptionBudget": validate_disruption_budget_status,
    "ReplicaSet": apps.validate_replica_set_status,
    "ReplicationController": apps.validate_replica_set_status,
    "ResourceQuota": validate_resource_quota_status,
}


def reported(obj: Object, before: Object) -> Object:
    """The object as a client reports its status. Raises 422 Invalid.

    Whoever reads a status may rely on what Go never leaves out, such as the type of a condition. What the
    simulator remembers is none of a client's business.
    """
    struct = struct_of(before["apiVersion"], before["kind"]).fields["status"].struct
    status = obj.get("status") or {}
    if struct is not None:
        status = filled(struct, status)
    check = _CHECKS.get(before["kind"])
    errors = check(status, before.get("status") or {}) if check else []
    if errors:
        raise invalid(before["kind"], name_of(before), errors)
    return {**{part: value for part, value in obj.items() if part != "simulation"}, "status": status}


def filled(struct: Struct, value: Object) -> Object:
    """The value with the fields that Go writes even if they are empty, at all depths."""
    result = {key: _filled(struct.fields[key], item) for key, item in value.items() if key in struct.fields}
    for key, field in struct.fields.items():
        if field.required and result.get(key) is None:
            result[key] = filled(field.struct, {}) if field.struct else _ZEROS.get(field.kind)
    return result


def _filled(field: Field, value: Any) -> Any:
    if field.struct is not None and isinstance(value, dict):
        return filled(field.struct, value)
    if field.item is not None and field.kind == "list" and isinstance(value, list):
        return [_filled(field.item, item) for item in value if item is not None]
    return value
