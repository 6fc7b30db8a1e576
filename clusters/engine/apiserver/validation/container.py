"""What makes a container wrong.

Models the container parts of `pkg/apis/core/validation/validation.go`.
"""

from collections.abc import Iterable, Mapping, Sized
from decimal import Decimal
from typing import Any, Final

from clusters.engine import names
from clusters.engine.apiserver.fields import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_found,
    not_supported,
    required,
    too_many,
)
from clusters.engine.apiserver.validation.metadata import complaints
from clusters.engine.apiserver.validation.sources import validate_value_source, validate_variable_sources
from clusters.engine.objects import Object
from clusters.engine.quantities import parse_quantity

MOST_CONTAINERS: Final = 100
"""Of each kind in a pod, where upstream has no limit: a look at a pod takes as long as it has containers, and
each of them is looked at several times."""
PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_PULL_POLICIES: Final = ("Always", "IfNotPresent", "Never")
_TERMINATION_MESSAGE_POLICIES: Final = ("File", "FallbackToLogsOnError")
_RESOURCES: Final = ("cpu", "memory", "ephemeral-storage")
_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS: Final = ("exec", "httpGet", "tcpSocket", "grpc")
_NOT_NEGATIVE_IN_PROBES: Final = (
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
)


def validate_count(containers: Sized, field: str) -> list[FieldError]:
    """A complaint about more than MOST_CONTAINERS."""
    count = len(containers)
    return [too_many(field, count, MOST_CONTAINERS)] if count > MOST_CONTAINERS else []


def validate_container(
    container: Object, volumes: set[str], field: str, *, host_network: bool
) -> list[FieldError]:
    """Complaints about a filled-in container; `volumes` are the names that it may mount."""
    name, image = container.get("name", ""), container.get("image", "")
    errors = complaints(f"{field}.name", name, names.dns1123_label) if name else [required(f"{field}.name")]
    if not image:
        errors.append(required(f"{field}.image"))
    elif image != image.strip():
        errors.append(invalid(f"{field}.image", image, "must not have leading or trailing whitespace"))
    errors += one_of(f"{field}.imagePullPolicy", container["imagePullPolicy"], _PULL_POLICIES)
    errors += one_of(
        f"{field}.terminationMessagePolicy",
        container["terminationMessagePolicy"],
        _TERMINATION_MESSAGE_POLICIES,
    )
    errors += _validate_ports(container.get("ports") or (), f"{field}.ports", host_network)
    errors += _validate_environment(container.get("env") or (), f"{field}.env")
    errors += validate_variable_sources(container.get("envFrom") or (), f"{field}.envFrom")
    errors += _validate_mounts(container.get("volumeMounts") or (), volumes, f"{field}.volumeMounts")
    errors += _validate_resources(container.get("resources") or {}, f"{field}.resources")
    for probe in _PROBES:
        if container.get(probe):
            errors += _validate_probe(container[probe], probe, f"{field}.{probe}")
    return errors


def _validate_ports(ports: Iterable[Object], field: str, host_network: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    seen = set()
    for index, port in enumerate(ports):
        path = f"{field}[{index}]"
        number, host, name = port.get("containerPort", 0), port.get("hostPort", 0), port.get("name", "")
        if name:
            errors += complaints(f"{path}.name", name, names.port_name)
            if name in seen:
                errors.append(duplicate(f"{path}.name", name))
            seen.add(name)
        errors += numbers(f"{path}.containerPort", number) if number else [required(f"{path}.containerPort")]
        if host:
            errors += numbers(f"{path}.hostPort", host)
            if host_network and host != number:
                said = "must match `containerPort` when `hostNetwork` is true"
                errors.append(invalid(f"{path}.hostPort", host, said))
        errors += one_of(f"{path}.protocol", port["protocol"], PROTOCOLS)
    return errors


def numbers(field: str, port: int) -> list[FieldError]:
    """Complaints about a number that is no port."""
    return [invalid(field, port, said) for said in names.port_number(port)]


def _validate_environment(variables: Iterable[Object], field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, variable in enumerate(variables):
        path = f"{field}[{index}]"
        name = variable.get("name", "")
        if not name:
            errors.append(required(f"{path}.name"))
        else:
            errors += complaints(f"{path}.name", name, names.environment_variable)
        if variable.get("value") and variable.get("valueFrom"):
            said = "may not be specified when `value` is not empty"
            errors.append(invalid(f"{path}.valueFrom", "", said))
        elif variable.get("valueFrom") is not None:
            errors += validate_value_source(variable["valueFrom"], f"{path}.valueFrom")
    return errors


def _validate_mounts(mounts: Iterable[Object], volumes: set[str], field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    seen = set()
    for index, mount in enumerate(mounts):
        path = f"{field}[{index}]"
        name, target = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            errors.append(required(f"{path}.name"))
        elif name not in volumes:
            errors.append(not_found(f"{path}.name", name))
        if not target:
            errors.append(required(f"{path}.mountPath"))
        elif target in seen:
            errors.append(invalid(f"{path}.mountPath", target, "must be unique"))
        seen.add(target)
    return errors


def _validate_resources(resources: Object, field: str) -> list[FieldError]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    errors = _validate_amounts(limits, f"{field}.limits") + _validate_amounts(requests, f"{field}.requests")
    if errors:
        return errors
    for name, asked in requests.items():
        if name in limits and parse_quantity(asked) > parse_quantity(limits[name]):
            said = f"must be less than or equal to {name} limit of {limits[name]}"
            errors.append(invalid(f"{field}.requests", str(asked), said))
    return errors


def _validate_amounts(amounts: Mapping[str, Any], field: str) -> list[FieldError]:
    errors = []
    for name, amount in amounts.items():
        path = f"{field}[{name}]"
        errors += complaints(path, name, names.label_key)
        if "/" not in name and name not in _RESOURCES and not name.startswith("hugepages-"):
            errors.append(invalid(path, name, "must be a standard resource for containers"))
        try:
            if parse_quantity(amount) < Decimal(0):
                errors.append(invalid(path, str(amount), "must be greater than or equal to 0"))
        except ValueError as error:
            errors.append(invalid(path, amount, str(error)))
    return errors


def _validate_probe(probe: Object, name: str, field: str) -> list[FieldError]:
    handlers = [handler for handler in _HANDLERS if probe.get(handler) is not None]
    errors: list[FieldError] = []
    if not handlers:
        errors.append(required(field, "must specify a handler type"))
    for handler in handlers[1:]:
        errors.append(forbidden(f"{field}.{handler}", "may not specify more than 1 handler type"))
    for part in _NOT_NEGATIVE_IN_PROBES:
        errors += [
            invalid(f"{field}.{part}", probe[part], said) for said in names.not_negative(probe.get(part, 0))
        ]
    if name != "readinessProbe" and probe["successThreshold"] != 1:
        errors.append(invalid(f"{field}.successThreshold", probe["successThreshold"], "must be 1"))
    return errors


def one_of(field: str, value: str, supported: tuple[str, ...]) -> list[FieldError]:
    """A complaint about a word that is not among those that the field may hold."""
    return [] if value in supported else [not_supported(field, value, supported)]
