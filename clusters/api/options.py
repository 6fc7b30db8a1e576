"""The options of a write: dry run, field validation, field manager; and those of a delete.

Models apimachinery's CreateOptions, UpdateOptions, PatchOptions and DeleteOptions with
`pkg/apis/meta/v1/validation`.
"""

import re
from typing import Final, NamedTuple

from clusters.api.request import MAX_MANAGER, Request
from clusters.engine.apiserver import fields
from clusters.engine.apiserver.errors import bad_request, invalid
from clusters.engine.apiserver.fields import FieldError
from clusters.engine.objects import Object

STRICT: Final = "Strict"
WARN: Final = "Warn"
IGNORE: Final = "Ignore"
_VALIDATIONS: Final = ("", IGNORE, STRICT, WARN)
_PROPAGATIONS: Final = ("Background", "Foreground", "Orphan")


class WriteOptions(NamedTuple):
    """`validation` is STRICT, WARN or IGNORE; `manager` who owns the fields that are written."""

    dry_run: bool
    validation: str
    manager: str


def write_options(request: Request, kind: str) -> WriteOptions:
    """The options in a query; `kind` is how errors call them. Raises 422 Invalid."""
    validation = request.query.get("fieldValidation", "")
    said = request.query.get("fieldManager", "")
    errors = _dry_run_errors([value for name, value in request.parameters if name == "dryRun"])
    if validation not in _VALIDATIONS:
        errors.append(fields.not_supported("fieldValidation", validation, _VALIDATIONS))
    if len(said.encode()) > MAX_MANAGER:
        errors.append(fields.too_long("fieldManager", MAX_MANAGER))
    for at, char in enumerate(said[:MAX_MANAGER]):
        if not char.isprintable():
            why = f"invalid character U+{ord(char):04X} (at position {len(said[:at].encode())})"
            errors.append(fields.invalid("fieldManager", said, why))
    if errors:
        raise invalid(f"{kind}.meta.k8s.io", "", errors)
    return WriteOptions("dryRun" in request.query, validation or WARN, request.manager)


class DeleteOptions(NamedTuple):
    """`grace_seconds` None is what the object says; `propagation` None what the kind is used to."""

    dry_run: bool = False
    grace_seconds: int | None = None
    propagation: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    orphan_dependents: bool | None = None


def delete_options(request: Request, body: Object | None) -> DeleteOptions:
    """The options in a decoded body, without one those in the query. Raises 400 and 422 Invalid."""
    said = _from_query(request) if body is None else body
    dry_run = [value for name, value in request.parameters if name == "dryRun"] or said.get("dryRun") or []
    propagation, orphan = said.get("propagationPolicy"), said.get("orphanDependents")
    errors = _dry_run_errors(dry_run)
    if propagation is not None and orphan is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        errors.append(fields.invalid("propagationPolicy", propagation, why))
    if propagation is not None and propagation not in _PROPAGATIONS:
        supported = ("Foreground", "Background", "Orphan", "nil")
        errors.append(fields.not_supported("propagationPolicy", propagation, supported))
    if errors:
        raise invalid("DeleteOptions.meta.k8s.io", "", errors)
    if orphan is not None:
        propagation = "Orphan" if orphan else "Background"
    demanded = said.get("preconditions") or {}
    return DeleteOptions(
        dry_run=bool(dry_run),
        grace_seconds=said.get("gracePeriodSeconds"),
        propagation=propagation,
        uid=demanded.get("uid"),
        resource_version=demanded.get("resourceVersion"),
        orphan_dependents=orphan,
    )


def _from_query(request: Request) -> Object:
    said: Object = {}
    if propagation := request.query.get("propagationPolicy"):
        said["propagationPolicy"] = propagation
    if "orphanDependents" in request.query:
        said["orphanDependents"] = request.flag("orphanDependents")
    if seconds := request.query.get("gracePeriodSeconds"):
        if re.fullmatch("[+-]?[0-9]{1,18}", seconds) is None:
            raise bad_request(f'strconv.ParseInt: parsing "{seconds}": invalid syntax')
        said["gracePeriodSeconds"] = int(seconds)
    return said


def _dry_run_errors(values: list[str]) -> list[FieldError]:
    if all(value == "All" for value in values):
        return []
    return [fields.not_supported("dryRun", values, ("All",))]
