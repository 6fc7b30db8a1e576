"""What makes a pod, or a pod template, wrong.

Models the pod parts of `pkg/apis/core/validation/validation.go`. Containers of one pod share its ports,
but like upstream two of them may declare the same one: the clash shows when they run.
"""

from collections.abc import Iterable
from typing import Any, Final

from clusters.engine import names
from clusters.engine.apiserver.fields import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from clusters.engine.apiserver.validation.affinity import validate_affinity
from clusters.engine.apiserver.validation.container import one_of, validate_container, validate_count
from clusters.engine.apiserver.validation.metadata import complaints, validate_annotations, validate_labels
from clusters.engine.apiserver.validation.service import NOT_AN_IP, is_ipv4
from clusters.engine.apiserver.validation.sources import validate_volume_source
from clusters.engine.objects import Object

_RESTART_POLICIES: Final = ("Always", "OnFailure", "Never")
_DNS_POLICIES: Final = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_TAINT_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_UPDATABLE: Final = (
    "`spec.containers[*].image`",
    "`spec.initContainers[*].image`",
    "`spec.activeDeadlineSeconds`",
    "`spec.tolerations` (only additions to existing tolerations)",
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
)


def validate_pod_template(template: Object, field: str) -> list[FieldError]:
    """Complaints about a filled-in PodTemplateSpec; `field` is its path in the object."""
    metadata = template.get("metadata") or {}
    return [
        # Upstream really leaves "metadata" out of these two paths.
        *validate_labels(f"{field}.labels", metadata.get("labels")),
        *validate_annotations(f"{field}.annotations", metadata.get("annotations")),
        *validate_pod_spec(template.get("spec") or {}, f"{field}.spec"),
        *_without_ephemeral_containers(template, f"{field}.spec.ephemeralContainers"),
    ]


def validate_pod_spec(spec: Object, field: str = "spec") -> list[FieldError]:
    """Complaints about a filled-in PodSpec; `field` is its path in the object."""
    volumes = {volume.get("name", "") for volume in spec.get("volumes") or ()}
    errors = _validate_volumes(spec.get("volumes") or (), f"{field}.volumes")
    errors += _validate_containers(spec, volumes, field)
    errors += one_of(f"{field}.restartPolicy", spec["restartPolicy"], _RESTART_POLICIES)
    errors += one_of(f"{field}.dnsPolicy", spec["dnsPolicy"], _DNS_POLICIES)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None:
        said = names.in_range(deadline, 1, 2**31 - 1)
        errors += [invalid(f"{field}.activeDeadlineSeconds", deadline, text) for text in said]
    errors += validate_labels(f"{field}.nodeSelector", spec.get("nodeSelector"))
    errors += validate_affinity(spec.get("affinity") or {}, f"{field}.affinity")
    if node := spec.get("nodeName"):
        errors += complaints(f"{field}.nodeName", node, names.dns1123_subdomain)
    if account := spec.get("serviceAccountName"):
        errors += complaints(f"{field}.serviceAccountName", account, names.dns1123_subdomain)
    for part in ("hostname", "subdomain"):
        if spec.get(part):
            errors += complaints(f"{field}.{part}", spec[part], names.dns1123_label)
    return errors + validate_tolerations(spec.get("tolerations") or (), f"{field}.tolerations")


def _without_ephemeral_containers(template: Object, field: str) -> list[FieldError]:
    if not (template.get("spec") or {}).get("ephemeralContainers"):
        return []
    return [forbidden(field, "ephemeral containers not allowed in pod template")]


def validate_pod_update(pod: Object, before: Object) -> list[FieldError]:
    """A pod's spec stays what it was, but for images, a deadline and more tolerations."""
    spec, old = pod["spec"], before["spec"]
    errors: list[FieldError] = []
    for part in ("containers", "initContainers"):
        if len(spec.get(part) or ()) != len(old.get(part) or ()):
            return [forbidden(f"spec.{part}", "pod updates may not add or remove containers")]
    errors += _validate_deadline_update(spec.get("activeDeadlineSeconds"), old.get("activeDeadlineSeconds"))
    kept = [_toleration_key(toleration) for toleration in spec.get("tolerations") or ()]
    if any(_toleration_key(toleration) not in kept for toleration in old.get("tolerations") or ()):
        said = "existing toleration can not be modified except its tolerationSeconds"
        errors.append(forbidden("spec.tolerations", said))
    if _without_updatable(spec) != _without_updatable(old):
        said = f"pod updates may not change fields other than {','.join(_UPDATABLE)}"
        errors.append(forbidden("spec", said))
    return errors


def validate_pod_status(status: Object, before: Object) -> list[FieldError]:
    """Complaints about the addresses that a reported status names."""
    named = [("status.podIP", status.get("podIP") or "")]
    named += [
        (f"status.podIPs[{index}]", item.get("ip") or "")
        for index, item in enumerate(status.get("podIPs") or ())
    ]
    return [invalid(field, ip, NOT_AN_IP) for field, ip in named if ip and not is_ipv4(ip)]


def validate_tolerations(tolerations: Iterable[Object], field: str) -> list[FieldError]:
    """Complaints about a pod's tolerations, found at `field`."""
    errors = []
    for index, toleration in enumerate(tolerations):
        path = f"{field}[{index}]"
        key, operator = toleration.get("key", ""), toleration.get("operator") or "Equal"
        if key:
            errors += complaints(f"{path}.key", key, names.label_key)
        elif operator != "Exists":
            said = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            errors.append(invalid(f"{path}.operator", operator, said))
        if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
            said = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            errors.append(invalid(f"{path}.effect", toleration.get("effect", ""), said))
        errors += _validate_toleration_value(toleration, operator, path)
        if toleration.get("effect"):
            errors += one_of(f"{path}.effect", toleration["effect"], _TAINT_EFFECTS)
    return errors


def validate_taints(taints: Iterable[Object], field: str) -> list[FieldError]:
    """Complaints about a node's taints, found at `field`."""
    errors: list[FieldError] = []
    seen = set()
    for index, taint in enumerate(taints):
        path = f"{field}[{index}]"
        key, effect = taint.get("key", ""), taint.get("effect", "")
        errors += complaints(f"{path}.key", key, names.label_key)
        errors += complaints(f"{path}.value", taint.get("value", ""), names.label_value)
        errors += one_of(f"{path}.effect", effect, _TAINT_EFFECTS) if effect else [required(f"{path}.effect")]
        if (key, effect) in seen:
            errors.append(duplicate(path, taint, "taints must be unique by key and effect pair"))
        seen.add((key, effect))
    return errors


def _validate_containers(spec: Object, volumes: set[str], field: str) -> list[FieldError]:
    if not spec.get("containers"):
        return [required(f"{field}.containers")]
    errors: list[FieldError] = []
    seen: set[str] = set()
    for part in ("containers", "initContainers"):
        errors += validate_count(spec.get(part) or (), f"{field}.{part}")
        for index, container in enumerate(spec.get(part) or ()):
            path = f"{field}.{part}[{index}]"
            errors += validate_container(container, volumes, path, host_network=bool(spec.get("hostNetwork")))
            if container.get("name") in seen:
                errors.append(duplicate(f"{path}.name", container["name"]))
            seen.add(container.get("name", ""))
    return errors + _host_port_clashes(spec["containers"], f"{field}.containers")


def _host_port_clashes(containers: Iterable[Object], field: str) -> list[FieldError]:
    errors = []
    seen = set()
    for index, container in enumerate(containers):
        for number, port in enumerate(container.get("ports") or ()):
            if port.get("hostPort"):
                asked = f"{port.get('protocol')}/{port.get('hostIP', '')}/{port['hostPort']}"
                if asked in seen:
                    errors.append(duplicate(f"{field}[{index}].ports[{number}].hostPort", asked))
                seen.add(asked)
    return errors


def _validate_volumes(volumes: Iterable[Object], field: str) -> list[FieldError]:
    errors: list[FieldError] = []
    seen = set()
    for index, volume in enumerate(volumes):
        name, path = volume.get("name", ""), f"{field}[{index}].name"
        if not name:
            errors.append(required(path))
        else:
            errors += complaints(path, name, names.dns1123_label)
        if name in seen:
            errors.append(duplicate(path, name))
        seen.add(name)
        errors += validate_volume_source(volume, f"{field}[{index}]")
    return errors


def _validate_toleration_value(toleration: Object, operator: str, path: str) -> list[FieldError]:
    value = toleration.get("value", "")
    if operator == "Equal":
        return complaints(f"{path}.value", value, names.label_value)
    if operator != "Exists":
        return [not_supported(f"{path}.operator", operator, ("Equal", "Exists"))]
    return (
        [invalid(f"{path}.operator", value, "value must be empty when `operator` is 'Exists'")]
        if value
        else []
    )


def _validate_deadline_update(deadline: int | None, before: int | None) -> list[FieldError]:
    field = "spec.activeDeadlineSeconds"
    if before is None or deadline == before:
        return []
    if deadline is None:
        return [invalid(field, None, "must not update from a positive integer to nil value")]
    return (
        [invalid(field, deadline, "must be less than or equal to previous value")]
        if deadline > before
        else []
    )


def _without_updatable(spec: Object) -> Object:
    rest: dict[str, Any] = {
        field: value for field, value in spec.items() if field not in ("activeDeadlineSeconds", "tolerations")
    }
    for part in ("containers", "initContainers"):
        if part in rest:
            rest[part] = [{**container, "image": None} for container in rest[part]]
    if rest.get("terminationGracePeriodSeconds", 0) < 0:
        rest["terminationGracePeriodSeconds"] = 1
    return rest


def _toleration_key(toleration: Object) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(item for item in toleration.items() if item[0] != "tolerationSeconds"))
