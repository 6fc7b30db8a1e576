"""What applying a configuration makes of an object, and who owns its fields afterwards.

Models `merge/update.go` of sigs.k8s.io/structured-merge-diff. Left out: the conversion between versions,
as every kind has one.
"""

from typing import Any

from clusters.engine.apiserver.fieldmanager.field_sets import (
    EMPTY,
    FieldSet,
    Path,
    difference,
    intersection,
    paths,
    union,
)
from clusters.engine.apiserver.fieldmanager.managed_fields import Entries, Entry, Owner, managed_part, without
from clusters.engine.apiserver.fieldmanager.typed import compare, fields_of, merge, remove, with_named_fields
from clusters.engine.apiserver.schema import Field, Struct

Conflict = tuple[Owner, Path]


class ConflictsError(Exception):
    """Fields that have other managers. `conflicts` are sorted by them."""

    def __init__(self, conflicts: list[Conflict]) -> None:
        super().__init__(conflicts)
        self.conflicts = conflicts


def apply_config(
    struct: Struct,
    live: dict[str, Any],
    config: dict[str, Any],
    entries: Entries,
    owner: Owner,
    *,
    force: bool = False,
) -> tuple[dict[str, Any], Entries]:
    """The live object with the configuration on top, and the entries then.

    What the owner applied the last time and now does not is taken away, unless somebody else manages it.
    Without `force` it raises ConflictsError if it would change what others manage. Raises ValueError for
    an item of a list that has no key.
    """
    last = entries.get(owner)
    mine = Entry(fields_of(struct, config), config["apiVersion"], last.time if last else "")
    others = {other: entry for other, entry in entries.items() if other != owner}
    merged = merge(Field("struct", struct=struct), live, config)
    if last is not None:
        managed = mine.fields
        for entry in others.values():
            managed = union(managed, entry.fields)
        merged = _pruned(struct, merged, last.fields, managed)
    found = compare(struct, live, merged)
    changed = union(found.modified, found.added)
    conflicts = [
        (other, path)
        for other in sorted(others)
        for path in paths(intersection(others[other].fields, changed))
    ]
    if conflicts and not force:
        raise ConflictsError(conflicts)
    after = without(others, union(changed, found.removed))
    if fields := managed_part(mine.fields):
        after[owner] = mine._replace(fields=fields)
    return merged, after


def _pruned(struct: Struct, merged: Any, last: FieldSet, managed: FieldSet) -> dict[str, Any]:
    """The merged object without the `last` applied fields, but with all that is `managed` now."""
    root = Field("struct", struct=struct)

    def members(fields: FieldSet) -> FieldSet:
        return with_named_fields(root, fields)

    whole, last = members(fields_of(struct, merged)), members(last)
    pruned = remove(root, merged, last) or {}
    kept = union(members(fields_of(struct, pruned)), members(managed))
    pruned = remove(root, merged, difference(whole, kept)) or {}
    # Removing a thing removes all below it, of which some may never have been this manager's.
    gone = difference(whole, members(fields_of(struct, pruned)))
    return remove(root, merged, intersection(gone, last)) or EMPTY
