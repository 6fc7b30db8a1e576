"""JSON patches (RFC 6902), which `kubectl patch --type=json` sends.

Models gopkg.in/evanphx/json-patch.v4 as `pkg/endpoints/handlers/patch.go` uses it, with its limits. The
operations are those of the package jsonpatch. Left out: that library's own liberties, such as negative
indices and a `replace` that adds.
"""

import copy
from typing import Any, Final

import jsonpatch
import orjson
from jsonpointer import JsonPointer, JsonPointerException

from clusters.engine.apiserver.errors import StatusError, bad_request, too_large
from clusters.engine.apiserver.go_text import json_type

MAX_OPERATIONS: Final = 10_000
MAX_COPIED: Final = 3 * 1024 * 1024
"""Bytes of JSON that the operations `copy` of one patch may add up to."""
DEEPEST: Final = 254
"""Steps that a path may have: what orjson stores is not nested deeper, and a long path takes long to go."""

_FIELDS: Final = ("op", "path", "from")


def apply_json_patch(document: dict[str, Any], patch: Any) -> Any:
    """What the operations make of the document, which is not changed itself.

    Raises 400 BadRequest for what is no list of operations, 413 for too many, 422 for one that does not
    apply.
    """
    operations = _operations(patch)
    # An operation may change any branch, and the branches of a stored object belong to others too.
    patched: Any = copy.deepcopy(document)
    copied = 0
    try:
        for operation in operations:
            if any(operation.get(field, "").count("/") > DEEPEST for field in ("path", "from")):
                raise does_not_apply()
            if operation.get("op") == "copy":
                copied += len(orjson.dumps(JsonPointer(operation["from"]).resolve(patched)))
                if copied > MAX_COPIED:
                    raise does_not_apply()
            patched = jsonpatch.apply_patch(patched, [{"value": None, **operation}], in_place=True)
        # orjson refuses what is nested deeper than an object can be stored.
        orjson.dumps(patched)
    except _REFUSALS as error:
        raise does_not_apply() from error
    return patched


def complaints_about(patch: list[dict[str, Any]]) -> list[str]:
    """The fields of operations that no operation has, as `json patch unknown field "[0].x"`."""
    return [
        f'json patch unknown field "[{i}].{field}"'
        for i, operation in enumerate(patch)
        for field in operation
        if field != "value" and field not in _FIELDS
    ]


def does_not_apply() -> StatusError:
    """422: the patch is well formed, but not for this object. Kubernetes does not say why."""
    return StatusError(422, "Invalid", "the server rejected our request due to an error in our request")


# What jsonpatch, jsonpointer and orjson raise for odd operations, KeyError for a missing `from`.
_REFUSALS: Final = (
    jsonpatch.JsonPatchException,
    JsonPointerException,
    KeyError,
    RecursionError,
    TypeError,
)


def _operations(patch: Any) -> list[dict[str, Any]]:
    if not isinstance(patch, list):
        raise _undecodable(f"{json_type(patch)} into Go value of type []handlers.jsonPatchOp")
    for operation in patch:
        if not isinstance(operation, dict):
            raise _undecodable(f"{json_type(operation)} into Go value of type handlers.jsonPatchOp")
        for field in _FIELDS:
            value = operation.get(field, "")
            if not isinstance(value, str):
                raise _undecodable(
                    f"{json_type(value)} into Go struct field jsonPatchOp.{field} of type string"
                )
    if len(patch) > MAX_OPERATIONS:
        raise too_large(
            "Request entity too large: The allowed maximum operations in a JSON patch is"
            f" {MAX_OPERATIONS}, got {len(patch)}"
        )
    return patch


def _undecodable(found: str) -> StatusError:
    return bad_request(f"error decoding patch: json: cannot unmarshal {found}")
