"""What makes a reference to a ConfigMap, a Secret or a pod's own field wrong.

Models the parts of `pkg/apis/core/validation/validation.go` about variables with a source and about the
volumes configMap, secret, downwardAPI and projected. Left out: what is special about all other volumes.
"""

import re
from collections.abc import Iterable
from typing import Final

from clusters.engine import names
from clusters.engine.apiserver.fields import (
    FieldError,
    forbidden,
    invalid,
    not_supported,
    required,
)
from clusters.engine.apiserver.validation.metadata import complaints
from clusters.engine.objects import Object
from clusters.engine.quantities import parse_quantity

_TOO_MANY: Final = "may not have more than one field specified at a time"
_ENV_FIELDS: Final = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
_FILE_FIELDS: Final = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
_KNOWN_FIELDS: Final = frozenset(_ENV_FIELDS + _FILE_FIELDS)
_KEYED: Final = re.compile(r"metadata\.(?:labels|annotations)\['(.*)'\]")
_RESOURCES: Final = (
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
)
_CPU_DIVISORS: Final = ("1m", "1")
_BYTE_DIVISORS: Final = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")


def validate_value_source(source: Object, field: str) -> list[FieldError]:
    """Complaints about the `valueFrom` of a variable, found at `field`."""
    checks = {
        "fieldRef": lambda found, path: _validate_field(found, path, _ENV_FIELDS),
        "resourceFieldRef": _validate_resource,
        "configMapKeyRef": _validate_key,
        "secretKeyRef": _validate_key,
    }
    given = [part for part in checks if source.get(part) is not None]
    if not given:
        said = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
        return [invalid(field, "", said)]
    errors = [invalid(field, "", _TOO_MANY)] if len(given) > 1 else []
    for part in given:
        errors += checks[part](source[part], f"{field}.{part}")
    return errors


def validate_variable_sources(sources: Iterable[Object], field: str) -> list[FieldError]:
    """Complaints about the `envFrom` of a container."""
    errors: list[FieldError] = []
    for index, source in enumerate(sources):
        path = f"{field}[{index}]"
        if source.get("prefix"):
            errors += complaints(f"{path}.prefix", source["prefix"], names.environment_variable)
        given = [part for part in ("configMapRef", "secretRef") if source.get(part) is not None]
        if not given:
            errors.append(invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
        elif len(given) > 1:
            errors.append(invalid(path, "", _TOO_MANY))
        for part in given:
            errors += _validate_name(source[part].get("name", ""), f"{path}.{part}.name")
    return errors


def validate_volume_source(volume: Object, field: str) -> list[FieldError]:
    """Complaints about what a filled-in volume is made of."""
    given = [part for part in volume if part != "name"]
    errors = [forbidden(f"{field}.{part}", "may not specify more than 1 volume type") for part in given[1:]]
    for part in given[:1]:
        source, path = volume[part], f"{field}.{part}"
        if part == "configMap":
            errors += _validate_object(source, "name", path)
        elif part == "secret":
            errors += _validate_object(source, "secretName", path)
        elif part == "downwardAPI":
            errors += _validate_downward(source, path)
        elif part == "projected":
            errors += _validate_projected(source, path)
    return errors


def _validate_projected(source: Object, field: str) -> list[FieldError]:
    errors = []
    for index, projection in enumerate(source.get("sources") or ()):
        path = f"{field}.sources[{index}]"
        given = [part for part, value in projection.items() if value is not None]
        errors += [forbidden(f"{path}.{part}", _TOO_MANY) for part in given[1:]]
        for part in given[:1]:
            if part in ("configMap", "secret"):
                errors += _validate_object(projection[part], "name", f"{path}.{part}")
            elif part == "downwardAPI":
                errors += _validate_downward(projection[part], f"{path}.{part}")
    return errors


def _validate_object(source: Object, name_field: str, field: str) -> list[FieldError]:
    errors = [] if source.get(name_field) else [required(f"{field}.{name_field}")]
    for index, item in enumerate(source.get("items") or ()):
        path = f"{field}.items[{index}]"
        if not item.get("key"):
            errors.append(required(f"{path}.key"))
        errors += _validate_path(item.get("path", ""), f"{path}.path")
    return errors


def _validate_downward(source: Object, field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, item in enumerate(source.get("items") or ()):
        path = f"{field}.items[{index}]"
        errors += _validate_path(item.get("path", ""), f"{path}.path")
        by_field, by_resource = item.get("fieldRef"), item.get("resourceFieldRef")
        if by_field is not None:
            errors += _validate_field(by_field, f"{path}.fieldRef", _FILE_FIELDS)
            if by_resource is not None:
                said = "fieldRef and resourceFieldRef can not be specified simultaneously"
                errors.append(invalid(path, "resource", said))
        elif by_resource is None:
            errors.append(required(path, "one of fieldRef and resourceFieldRef is required"))
        else:
            if not by_resource.get("containerName"):
                errors.append(required(f"{path}.resourceFieldRef.containerName"))
            errors += _validate_resource(by_resource, f"{path}.resourceFieldRef")
    return errors


def _validate_path(path: str, field: str) -> list[FieldError]:
    if not path:
        return [required(field)]
    errors = [invalid(field, path, "must be a relative path")] if path.startswith("/") else []
    if ".." in path.split("/"):
        errors.append(invalid(field, path, "must not contain '..'"))
    elif path.startswith(".."):
        errors.append(invalid(field, path, "must not start with '..'"))
    return errors


def _validate_field(reference: Object, field: str, supported: tuple[str, ...]) -> list[FieldError]:
    path = reference.get("fieldPath", "")
    if not path:
        return [required(f"{field}.fieldPath")]
    keyed = _KEYED.fullmatch(path)
    if keyed is not None:
        return complaints(field, keyed[1], names.label_key)
    if path not in _KNOWN_FIELDS:
        said = f"error converting fieldPath: field label not supported: {path}"
        return [invalid(f"{field}.fieldPath", path, said)]
    return [] if path in supported else [not_supported(f"{field}.fieldPath", path, supported)]


def _validate_resource(reference: Object, field: str) -> list[FieldError]:
    resource = reference.get("resource", "")
    if not resource:
        return [required(f"{field}.resource")]
    if resource not in _RESOURCES:
        return [not_supported(f"{field}.resource", resource, _RESOURCES)]
    divisor = str(reference.get("divisor") or "0")
    if parse_quantity(divisor) == 0:
        return []
    if resource.endswith(".cpu"):
        said = "only divisor's values 1m and 1 are supported with the cpu resource"
        return [] if divisor in _CPU_DIVISORS else [invalid(f"{field}.divisor", divisor, said)]
    said = f"only divisor's values {', '.join(_BYTE_DIVISORS)} are supported with the memory resource"
    return [] if divisor in _BYTE_DIVISORS else [invalid(f"{field}.divisor", divisor, said)]


def _validate_key(reference: Object, field: str) -> list[FieldError]:
    errors = _validate_name(reference.get("name", ""), f"{field}.name")
    key = reference.get("key", "")
    return errors + (complaints(f"{field}.key", key, names.config_key) if key else [required(f"{field}.key")])


def _validate_name(name: str, field: str) -> list[FieldError]:
    return complaints(field, name, names.dns1123_subdomain) if name else [required(field)]
