"""JSON merge patches (RFC 7386), which `kubectl patch --type=merge` sends.

Models `MergePatch` of gopkg.in/evanphx/json-patch.v4 as `pkg/endpoints/handlers/patch.go` uses it.
"""

from typing import Any

from clusters.engine.apiserver.errors import bad_request
from clusters.engine.apiserver.go_text import json_type


def apply_merge_patch(document: dict[str, Any], patch: Any) -> dict[str, Any]:
    """The document with what the patch sets; what is null in the patch is gone.

    Neither is changed. Raises 400 BadRequest for a patch that is no object.
    """
    if not isinstance(patch, dict):
        raise bad_request(
            f"error decoding patch: json: cannot unmarshal {json_type(patch)}"
            " into Go value of type map[string]interface {}"
        )
    return _merged(document, patch)


def _merged(document: Any, patch: dict[str, Any]) -> dict[str, Any]:
    merged = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value) if isinstance(value, dict) else value
    return merged
