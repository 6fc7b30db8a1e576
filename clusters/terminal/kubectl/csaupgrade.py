"""Fields that kubectl apply managed by itself become the server's to apply.

Models client-go's `util/csaupgrade`.
"""

from collections.abc import Callable, Collection
from typing import Any, Final

from clusters.engine.apiserver.last_applied import ANNOTATION
from clusters.engine.objects import Object

_PATH: Final = ("f:metadata", "f:annotations", f"f:{ANNOTATION}")
Test = Callable[[Object], bool]


def owners_of_annotation(obj: Object, operation: str) -> list[str]:
    """The managers whose operation, Apply or Update, owns the annotation of what was applied last."""
    return [
        entry["manager"]
        for entry in _managed(obj)
        if entry["operation"] == operation and _owns(entry.get("fieldsV1"))
    ]


def upgrade_patch(obj: Object, client_side: Collection[str], server_side: str) -> list[Object] | None:
    """The JSON patch that gives the fields of some managers to the one that applies on the server.

    None if there is nothing to give.
    """
    before = _managed(obj)
    after = before
    for manager in sorted(client_side):
        after = _upgraded(after, manager, server_side)
    if after == before:
        return None
    version = obj["metadata"].get("resourceVersion", "")
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": after or None},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ]


def _managed(obj: Object) -> list[Object]:
    return list((obj.get("metadata") or {}).get("managedFields") or ())


def _owns(fields: Any) -> bool:
    for part in _PATH:
        if not isinstance(fields, dict) or part not in fields:
            return False
        fields = fields[part]
    return True


def _upgraded(entries: list[Object], client_side: str, server_side: str) -> list[Object]:
    is_old = _manages(client_side, "Update")
    entry = _first(entries, _manages(server_side, "Apply")) or _first(entries, is_old)
    if entry is None:
        return entries
    old = _first(entries, lambda one: is_old(one) and one.get("apiVersion") == entry.get("apiVersion"))
    fields = entry.get("fieldsV1") or {}
    made = {
        **entry,
        "operation": "Apply",
        "manager": server_side,
        "fieldsV1": _union(fields, old.get("fieldsV1") or {}) if old is not None else fields,
    }
    replaced = [made if one is entry else one for one in entries]
    return [one for one in replaced if not is_old(one)]


def _manages(manager: str, operation: str) -> Test:
    def test(entry: Object) -> bool:
        said = entry.get("manager"), entry.get("operation"), entry.get("subresource") or ""
        return said == (manager, operation, "")

    return test


def _first(entries: list[Object], test: Test) -> Object | None:
    return next((entry for entry in entries if test(entry)), None)


def _union(one: Object, other: Object) -> Object:
    """Both sets of fields; what is only a leaf in one of them keeps the dot that says so."""
    if not one or not other:
        fields = one or other
        return {".": {}, **fields} if fields else {}
    both = {key: _union(one[key], other[key]) for key in one.keys() & other.keys()}
    return {**one, **other, **both}
