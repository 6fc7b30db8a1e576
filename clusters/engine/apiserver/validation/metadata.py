"""Names, labels and the rest of metadata.

Models apimachinery's `pkg/api/validation/objectmeta.go`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from clusters.engine import names
from clusters.engine.apiserver.fields import FieldError, forbidden, invalid, required, too_long
from clusters.engine.objects import Object

_ANNOTATIONS_SIZE: Final = 256 * 1024
"""Bytes of all keys and values together."""
_STANDARD_FINALIZERS: Final = ("kubernetes", "orphan", "foregroundDeletion")

Check = Callable[[str], Iterable[str]]


def validate_metadata(
    obj: Object, *, namespaced: bool = True, name_check: Check = names.dns1123_subdomain
) -> list[FieldError]:
    """Complaints about name, labels, annotations, finalizers and owners.

    `name_check` says which names a kind may have.
    """
    metadata = obj["metadata"]
    errors: list[FieldError] = []
    if base := metadata.get("generateName"):
        # A prefix may end in a dash, which no whole name may.
        masked = base[:-1] + "a" if base.endswith("-") else base
        errors += [invalid("metadata.generateName", base, said) for said in name_check(masked)]
    if not metadata.get("name"):
        errors.append(required("metadata.name", "name or generateName is required"))
    else:
        errors += complaints("metadata.name", metadata["name"], name_check)
    if not namespaced and metadata.get("namespace"):
        errors.append(forbidden("metadata.namespace", "not allowed on this type"))
    errors += validate_labels("metadata.labels", metadata.get("labels"))
    errors += validate_annotations("metadata.annotations", metadata.get("annotations"))
    errors += _validate_finalizers(metadata.get("finalizers") or ())
    return errors + _validate_owners(metadata.get("ownerReferences") or ())


def validate_labels(field: str, labels: Mapping[str, str] | None) -> list[FieldError]:
    """Complaints about a map of labels, or a selector, found at `field`."""
    errors = []
    for key, value in (labels or {}).items():
        errors += complaints(field, key, names.label_key)
        errors += complaints(field, value, names.label_value)
    return errors


def validate_annotations(field: str, annotations: Mapping[str, str] | None) -> list[FieldError]:
    """Complaints about keys of annotations and about their size."""
    if not annotations:
        return []
    errors = []
    for key in annotations:
        errors += [invalid(field, key, said) for said in names.label_key(key.lower())]
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > _ANNOTATIONS_SIZE:
        errors.append(too_long(field, _ANNOTATIONS_SIZE))
    return errors


def complaints(field: str, value: str, check: Check) -> list[FieldError]:
    """An Invalid value for each thing that the check says of it."""
    return [invalid(field, value, said) for said in check(value)]


def immutable(field: str, value: Any, before: Any) -> list[FieldError]:
    """A complaint if the value is not what it was before."""
    return [] if value == before else [invalid(field, value, "field is immutable")]


def _validate_finalizers(finalizers: Iterable[str]) -> list[FieldError]:
    errors = []
    for index, finalizer in enumerate(finalizers):
        errors += complaints("metadata.finalizers", finalizer, names.label_key)
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            said = "name is neither a standard finalizer name nor is it fully qualified"
            errors.append(invalid(f"metadata.finalizers[{index}]", finalizer, said))
    return errors


def _validate_owners(owners: Iterable[Object]) -> list[FieldError]:
    errors = []
    controllers = []
    for index, owner in enumerate(owners):
        field = f"metadata.ownerReferences[{index}]"
        for part in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(part):
                errors.append(invalid(f"{field}.{part}", owner.get(part, ""), "must not be empty"))
        if owner.get("controller"):
            controllers.append(owner)
    if len(controllers) > 1:
        said = 'Only one reference can have Controller set to true. Found "true" in references for {} and {}'
        shown = [f"{owner.get('kind')}/{owner.get('name')}" for owner in controllers]
        errors.append(invalid("metadata.ownerReferences", list(owners), said.format(*shown)))
    return errors
