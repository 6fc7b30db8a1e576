"""What makes the ephemeral containers of a pod wrong, and what may be changed about them.

Models `validateEphemeralContainers` and `ValidatePodEphemeralContainersUpdate` of
`pkg/apis/core/validation/validation.go`, and `dropNonEphemeralContainerUpdates` of
`pkg/registry/core/pod/strategy.go`. Left out: upstream's print of the difference to what was there.
"""

from typing import Final

from clusters.engine.apiserver.fields import FieldError, duplicate, forbidden, not_found, quoted
from clusters.engine.apiserver.validation.container import validate_container, validate_count
from clusters.engine.objects import Object, with_value

FIELD: Final = "spec.ephemeralContainers"
_ALLOWED: Final = frozenset(
    {
        "args",
        "command",
        "env",
        "envFrom",
        "image",
        "imagePullPolicy",
        "name",
        "securityContext",
        "stdin",
        "stdinOnce",
        "targetContainerName",
        "terminationMessagePath",
        "terminationMessagePolicy",
        "tty",
        "volumeDevices",
        "volumeMounts",
        "workingDir",
    }
)
_NOT_HERE: Final = "cannot be set for an Ephemeral Container"


def validate_ephemeral_containers(pod: Object) -> list[FieldError]:
    """Complaints about the ephemeral containers of a filled-in pod. A new pod has none."""
    if "uid" not in pod["metadata"]:
        return [forbidden(FIELD, "cannot be set on create")]
    spec = pod["spec"]
    volumes = {volume["name"] for volume in spec.get("volumes") or ()}
    others = {c["name"] for part in ("containers", "initContainers") for c in spec.get(part) or ()}
    seen = set(others)
    errors = validate_count(spec["ephemeralContainers"], FIELD)
    for index, container in enumerate(spec["ephemeralContainers"]):
        path, name = f"{FIELD}[{index}]", container.get("name", "")
        errors += validate_container(container, volumes, path, host_network=bool(spec.get("hostNetwork")))
        if name in seen:
            errors.append(duplicate(f"{path}.name", name))
        seen.add(name)
        target = container.get("targetContainerName")
        if target and target not in others:
            errors.append(not_found(f"{path}.targetContainerName", target))
        errors += _validate_fields(container, path)
    return errors


def validate_ephemeral_containers_update(pod: Object, before: Object) -> list[FieldError]:
    """Ephemeral containers may be added, and then stay as they are."""
    new = {container.get("name"): container for container in pod["spec"].get("ephemeralContainers") or ()}
    errors = []
    for old in before["spec"].get("ephemeralContainers") or ():
        if old["name"] not in new:
            said = f"existing ephemeral containers {quoted(old['name'])} may not be removed\n"
            errors.append(forbidden(FIELD, said))
        elif new[old["name"]] != old:
            said = f"existing ephemeral containers {quoted(old['name'])} may not be changed\n"
            errors.append(forbidden(FIELD, said))
    return errors


def carry_over(pod: Object, before: Object) -> Object:
    """The stored pod with nothing but its ephemeral containers changed."""
    containers = pod["spec"].get("ephemeralContainers") or []
    return with_value(before, ("spec", "ephemeralContainers"), containers)


def _validate_fields(container: Object, path: str) -> list[FieldError]:
    wrong = [
        field for field, value in container.items() if field not in _ALLOWED and value not in ({}, [], "")
    ]
    errors = [forbidden(f"{path}.{field}", _NOT_HERE) for field in wrong]
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        for field in ("subPath", "subPathExpr"):
            if mount.get(field):
                errors.append(forbidden(f"{path}.volumeMounts[{index}].{field}", _NOT_HERE))
    return errors
