"""What a watch sees of the changes of a cluster, through its selectors.

Models the API server's cacher (`apiserver/pkg/storage/cacher/cache_watcher.go`, convertToWatchEvent): an
object that begins to match is ADDED, one that no longer does is DELETED, whatever happened to it in the
store. Left out: the cache itself, as the journal is the history.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from clusters.engine.apiserver import listing
from clusters.engine.apiserver.field_selectors import NAME, NAMESPACE
from clusters.engine.apiserver.resources import Resource
from clusters.engine.changes import ADDED, DELETED, MODIFIED, Change
from clusters.engine.objects import Object, public, with_value

BOOKMARK: Final = "BOOKMARK"


class Selection(NamedTuple):
    """The objects somebody watches: of one kind, and of one namespace unless that is "".

    `selects` says whether the selectors choose an object; `fickle`, whether an object may begin or cease
    to be chosen while it exists.
    """

    kind: str
    namespace: str
    selects: Callable[[Object], bool]
    fickle: bool


class Event(NamedTuple):
    """What a watch tells: `type` is ADDED, MODIFIED, DELETED or BOOKMARK, `object` is as clients see it."""

    revision: int
    type: str
    object: Object


def selection_of(resource: Resource, namespace: str, options: listing.ListOptions) -> Selection:
    """What the selectors of these options choose. Raises StatusError 400."""
    selects, by_fields = listing.selection(options, resource)
    fickle = any(term.field not in (NAME, NAMESPACE) for term in by_fields.terms)
    return Selection(resource.kind, namespace, selects, fickle or bool(options.label_selector))


def event_of(selection: Selection, change: Change) -> Event | None:
    """What a watch tells about a change; None if it concerns nothing that is watched.

    DELETED shows the last state that was chosen, with the version of the change: a watch that is resumed
    there does not see it again.
    """
    kind, namespace, _ = change.key
    if kind != selection.kind or selection.namespace not in ("", namespace):
        return None
    before = change.previous or change.object
    was = change.verb != ADDED and selection.selects(before)
    now = change.verb != DELETED and selection.selects(change.object)
    if now:
        return Event(change.revision, MODIFIED if was else ADDED, public(change.object))
    if not was:
        return None
    last = with_value(public(before), ("metadata", "resourceVersion"), str(change.revision))
    return Event(change.revision, DELETED, last)


def events(selection: Selection, changes: Iterable[Change]) -> Iterator[Event]:
    """What a watch tells about these changes, in their order."""
    for change in changes:
        event = event_of(selection, change)
        if event is not None:
            yield event


def bookmark(resource: Resource, revision: int, *, initial_events_end: bool = False) -> Event:
    """The event that says that everything up to this revision has been told.

    `initial_events_end` marks the one with which the state at the beginning is complete (KEP 3157).
    """
    metadata: dict[str, Any] = {"resourceVersion": str(revision)}
    if initial_events_end:
        metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
    obj = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    return Event(revision, BOOKMARK, obj)
