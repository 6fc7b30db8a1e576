"""Who manages which field of an object: metadata.managedFields.

Models apimachinery's `pkg/util/managedfields/internal`: every write of a client moves what it changes to
its manager, with the operation Update. Only the writes of an overlay that names a manager are noted.
Server-side apply is in `server_side_apply.py`.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from clusters.engine.apiserver.fieldmanager.field_sets import FieldSet, difference, parse_fields, union
from clusters.engine.apiserver.fieldmanager.typed import Comparison, compare
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.apiserver.schema import struct_of
from clusters.engine.clock import parse_rfc3339, rfc3339
from clusters.engine.objects import REMOVE, Object, with_value
from clusters.engine.store import Overlay

APPLY: Final = "Apply"
UPDATE: Final = "Update"
MAX_UPDATERS: Final = 10
"""How many Update entries an object has at most; the oldest ones become ANCIENT."""
ANCIENT: Final = "ancient-changes"

_ADMITTED: Final = ("preemptionPolicy", "priority", "serviceAccount", "serviceAccountName", "tolerations")
"""What admission fills into a pod's spec: it is nobody's."""
_UNMANAGED: Final[FieldSet] = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {
        ".": {},
        **{
            f"f:{field}": {}
            for field in (
                "name",
                "namespace",
                "creationTimestamp",
                "selfLink",
                "uid",
                "generation",
                "managedFields",
                "resourceVersion",
            )
        },
    },
}


class Owner(NamedTuple):
    """What tells an entry from the others. `version` is the apiVersion of an Update, "" for Apply."""

    manager: str
    operation: str
    version: str
    subresource: str


class Entry(NamedTuple):
    """One entry: its fields, their apiVersion, and when it changed last (as RFC 3339, "" for never)."""

    fields: FieldSet
    version: str
    time: str


Entries = dict[Owner, Entry]


def created(store: Overlay, asked: Object, obj: Object) -> Object:
    """A new object with an entry for the overlay's manager, if it has one.

    `asked` is what the client sent. What is its own in `obj`, with defaults, is the manager's.
    """
    if not store.manager:
        return obj
    found = _found({}, obj)
    if found is None:
        return obj
    changed = dict(union(found.modified, found.added))
    if has_status(obj):
        changed.pop("f:status", None)
    if obj["kind"] == "Pod":
        wrote = asked.get("spec") or {}
        spec = changed.get("f:spec", {})
        changed["f:spec"] = {
            element: node
            for element, node in spec.items()
            if element[2:] not in _ADMITTED or element[2:] in wrote
        }
    owner = Owner(store.manager, UPDATE, obj["apiVersion"], "")
    return with_entries(obj, moved({}, Comparison({}, {}, changed), owner, rfc3339(store.now)))


def updated(store: Overlay, asked: Object, before: Object, obj: Object, subresource: str = "") -> Object:
    """A changed object with its entries: what changed belongs to the overlay's manager from now on.

    `asked` is what the client sent: its managedFields count if they are right, and [] or [{}] ends the
    noting. Without a manager, and for an object that has no entries, nothing is noted.
    """
    stored = before["metadata"].get("managedFields") or []
    listed = stored if subresource or not store.manager else _asked(asked["metadata"], stored)
    if not store.manager or not listed:
        return _with_list(obj, listed)
    found = _found(before, obj)
    if found is None or (listed == stored and not any(found)):
        return _with_list(obj, stored)
    owner = Owner(store.manager, UPDATE, obj["apiVersion"], subresource)
    return with_entries(obj, moved(entries_of(listed), found, owner, rfc3339(store.now)))


def _found(before: Object, obj: Object) -> Comparison | None:
    """What changed; None if an item lacks its key, so that nobody can tell whose it is."""
    try:
        return compare(struct_of(obj["apiVersion"], obj["kind"]), before, obj)
    except ValueError:
        return None


def moved(entries: Entries, found: Comparison, owner: Owner, now: str) -> Entries:
    """The entries after a write by `owner`: what it changed is its own, what is gone is nobody's."""
    changed = managed_part(union(found.modified, found.added))
    after = without(entries, union(changed, found.removed))
    if changed:
        had = after[owner].fields if owner in after else {}
        after[owner] = Entry(union(had, changed), owner.version, now)
    return _capped(after)


def without(entries: Entries, fields: FieldSet) -> Entries:
    """The entries without these fields; those that have none left are gone."""
    left = {
        owner: entry._replace(fields=difference(entry.fields, fields)) for owner, entry in entries.items()
    }
    return {owner: entry for owner, entry in left.items() if entry.fields}


def managed_part(fields: FieldSet) -> FieldSet:
    """The fields without those that belong to nobody, such as metadata.name."""
    return difference(fields, _UNMANAGED)


def has_status(obj: Object) -> bool:
    """Whether the status of this kind is written by a path of its own."""
    return BY_KIND[obj["kind"]].subresource("status") is not None


def entries_of(listed: Iterable[Object]) -> Entries:
    """The entries of a metadata.managedFields that this module has written or checked."""
    entries = {}
    for item in listed:
        version = item["apiVersion"]
        operation = item["operation"]
        owner = Owner(
            item.get("manager", ""),
            operation,
            version if operation == UPDATE else "",
            item.get("subresource", ""),
        )
        entries[owner] = Entry(item.get("fieldsV1") or {}, version, item.get("time", ""))
    return entries


def with_entries(obj: Object, entries: Entries) -> Object:
    """The object with these entries, in upstream's order."""
    ordered = sorted(entries.items(), key=lambda item: (item[0].operation, _seconds(item[1]), item[0]))
    return _with_list(obj, [_encoded(owner, entry) for owner, entry in ordered])


def _encoded(owner: Owner, entry: Entry) -> Object:
    encoded = {
        "manager": owner.manager,
        "operation": owner.operation,
        "apiVersion": entry.version,
        "time": entry.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": entry.fields,
        "subresource": owner.subresource,
    }
    return {field: value for field, value in encoded.items() if value != ""}


def _with_list(obj: Object, listed: list[Object]) -> Object:
    if obj["metadata"].get("managedFields", []) == listed:
        return obj
    return with_value(obj, ("metadata", "managedFields"), listed or REMOVE)


def _seconds(entry: Entry) -> int:
    return int(parse_rfc3339(entry.time)) if entry.time else 0


def _asked(metadata: Object, stored: list[Object]) -> list[Object]:
    """The entries that count: those of the client, if it sent some and they are right."""
    asked = metadata.get("managedFields")
    if asked is None or asked == stored:
        return stored
    if asked in ([], [{}]):
        return []
    try:
        return checked(asked)
    except ValueError:
        return stored


def checked(listed: list[Object]) -> list[Object]:
    """Entries from outside in our spelling. Raises ValueError for what is no metadata.managedFields."""
    try:
        return [_checked(entry) for entry in listed]
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def _checked(entry: Object) -> Object:
    if entry.get("operation") not in (APPLY, UPDATE):
        raise ValueError("operation must be `Apply` or `Update`")
    if not entry.get("apiVersion") or entry.get("fieldsType") != "FieldsV1":
        raise ValueError("apiVersion must not be empty, fieldsType must be FieldsV1")
    return {**entry, "fieldsV1": parse_fields(entry.get("fieldsV1", {}))}


def _capped(entries: Entries) -> Entries:
    updaters = [owner for owner in entries if owner.operation == UPDATE]
    surplus = len(updaters) - MAX_UPDATERS
    if surplus <= 0:
        return entries
    updaters.sort(key=lambda owner: (_seconds(entries[owner]), owner))
    # All are of one version, so the oldest two become one, and then each next one joins it.
    joined = updaters[: surplus + 1]
    kept = {owner: entry for owner, entry in entries.items() if owner not in joined}
    newest = entries[joined[-1]]
    fields: FieldSet = {}
    for owner in joined:
        fields = union(fields, entries[owner].fields)
    bucket = Owner(ANCIENT, UPDATE, newest.version, "")
    if bucket in kept:
        fields = union(fields, kept[bucket].fields)
    return {**kept, bucket: newest._replace(fields=fields)}
