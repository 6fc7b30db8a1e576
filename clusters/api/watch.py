"""Watches: GET of a list with `watch=true`, one JSON object a line, for as long as the client stays.

Models apiserver's `pkg/endpoints/handlers/watch.go` and what stands behind it, `pkg/storage/cacher`. Left
out: watches over WebSockets, and answers in protobuf.

    rest = await begin(request, resource, namespace, name, send)
    await rest()

What is wrong with the request is raised before the answer begins; what goes wrong later is an event of
type ERROR, which ends the watch, as upstream has it.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from functools import partial
from math import inf
from random import Random
from typing import Final

from clusters import journal, memory
from clusters.api import images, negotiation
from clusters.api.answers import JSON, Receive, Rest, Send
from clusters.api.followers import BOOKMARK, followers
from clusters.api.outbox import Outbox
from clusters.api.reads import deprecation, included, simulated_now
from clusters.api.request import Request
from clusters.api.watch_lines import Form, error_line, event_line
from clusters.api.watch_options import WatchOptions, watch_options
from clusters.engine.apiserver.errors import StatusError, expired, too_large_resource_version
from clusters.engine.apiserver.listing import list_page
from clusters.engine.apiserver.resources import Resource
from clusters.engine.apiserver.watching import (
    Event,
    Selection,
    bookmark,
    event_of,
    events,
    selection_of,
)
from clusters.engine.changes import ADDED, MODIFIED, Change
from clusters.engine.objects import version_of
from clusters.engine.store import MemoryStore
from clusters.models import Cluster
from clusters.writer import writer

logger = logging.getLogger(__name__)

MIN_REQUEST_TIMEOUT: Final = 1800.0
"""Seconds, kube-apiserver's flag of that name: who names no timeout gets one to two times as much."""
CHUNK: Final = 64 * 1024
"""Bytes of what has happened already that are sent at a time."""
_CHANCE: Final = Random()


class OpenWatch:
    """One open watch, as its follower knows it. `since` is the revision up to which it has been told."""

    __slots__ = (
        "_first",
        "_form",
        "_outbox",
        "bookmark_at",
        "cluster_id",
        "kind",
        "resource",
        "selection",
        "since",
    )

    def __init__(
        self, cluster_id: str, resource: Resource, selection: Selection, form: Form, outbox: Outbox
    ) -> None:
        self.cluster_id = cluster_id
        self.kind = resource.kind
        self.selection = selection
        self.since = 0
        self.bookmark_at = inf
        self.resource = resource
        self._form = form
        self._outbox = outbox
        self._first = True

    def tell(self, changes: Sequence[Change], image: MemoryStore, shared: dict[object, bytes]) -> None:
        """Send what these changes mean to it, see `followers.Watch`."""
        for change in changes:
            if change.revision > self.since and (event := event_of(self.selection, change)):
                self._outbox.put(self._line(event, image, shared))

    async def tell_past(self, happened: Iterable[Event], image: MemoryStore) -> None:
        """Send what happened before it was open, no faster than the client reads."""
        for event in happened:
            self._outbox.put(self._line(event, image, {}))
            if self._outbox.size > CHUNK:
                await self._outbox.sent()

    def mark(self, image: MemoryStore, shared: dict[object, bytes]) -> None:
        """Send a bookmark."""
        event = bookmark(self.resource, max(image.revision, self.since))
        self._outbox.put(self._line(event, image, shared))

    def fail(self, error: StatusError) -> None:
        """Send why it cannot go on, and end."""
        self._outbox.put(error_line(error))
        self._outbox.end()

    def end(self) -> None:
        """End in order."""
        self._outbox.end()

    async def stay(self, receive: Receive, timer: asyncio.TimerHandle) -> None:
        """Wait until the client is gone, which by ASGI it also is when its answer is complete."""
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            timer.cancel()
            self._outbox.drop()
            followers().leave(self.cluster_id, self)

    def _line(self, event: Event, image: MemoryStore, shared: dict[object, bytes]) -> bytes:
        key = (self.kind, event.revision, event.type, self._form, self._first)
        found = shared.get(key)
        if found is None:
            now = simulated_now(image)
            found = shared[key] = event_line(
                event.type, event.object, self.resource, self._form, now, first=self._first
            )
        self._first = False
        return found


async def begin(
    request: Request, resource: Resource, namespace: str, name: str, send: Send, chance: Random = _CHANCE
) -> Rest:
    """Begin the answer to a watch; a `name` is that of the only object. Whoever gets the rest awaits it.

    Raises StatusError and Cluster.DoesNotExist before anything is sent.
    """
    form = Form(negotiation.wanted(request.header(b"accept")), included(request))
    options = watch_options(request.query, resource, name)
    selection = selection_of(resource, namespace, options.selectors)
    watch = OpenWatch(request.cluster_id, resource, selection, form, Outbox(send))
    loop = asyncio.get_running_loop()
    if options.bookmarks:
        watch.bookmark_at = loop.time() + BOOKMARK
    seconds = MIN_REQUEST_TIMEOUT * (1 + chance.random()) if options.timeout is None else options.timeout
    ends_at = loop.time() + seconds
    await _tell_so_far(watch, options, send)
    if followers().stopped:
        watch.end()
    timer = loop.call_at(ends_at, watch.end)
    return partial(watch.stay, request.receive, timer)


async def _tell_so_far(watch: OpenWatch, options: WatchOptions, send: Send) -> None:
    """Send the beginning and what has happened already, and have a follower tell the rest."""
    image = await images.newest(watch.cluster_id)
    headers = [(b"content-type", JSON), *deprecation(watch.resource)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    # Not until there is a body does Daphne send the headers.
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    try:
        after = image.revision if options.revision is None else options.revision
        if options.state:
            image = await _reached(watch.cluster_id, image, after)
            await _tell_state(watch, options, image)
            after = image.revision
        await _join(watch, after)
    except StatusError as error:
        watch.fail(error)
    except Cluster.DoesNotExist:
        watch.end()
    except Exception:
        logger.exception("Cluster %s: a watch could not begin.", watch.cluster_id)
        watch.end()


async def _reached(cluster_id: str, image: MemoryStore, revision: int) -> MemoryStore:
    """An image of at least that revision. Raises 504."""
    if image.revision < revision:
        followed = await asyncio.wrap_future(memory.follow(cluster_id, image.revision))
        image = followed.image
    if image.revision < revision:
        raise too_large_resource_version(revision, image.revision)
    return image


async def _tell_state(watch: OpenWatch, options: WatchOptions, image: MemoryStore) -> None:
    now = simulated_now(image)
    page = list_page(image, watch.resource, watch.selection.namespace, options.selectors, now)
    await watch.tell_past([Event(version_of(obj), ADDED, obj) for obj in page.items], image)
    if options.bookmarks:
        await watch.tell_past([bookmark(watch.resource, image.revision, initial_events_end=True)], image)


async def _join(watch: OpenWatch, after: int) -> None:
    """Tell the watch what happened after a revision, and let a follower tell the rest. Raises 410."""
    while True:
        image, changes = await _since(watch.cluster_id, watch.selection, after)
        after = max([after, image.revision, *(change.revision for change in changes[-1:])])
        await watch.tell_past(events(watch.selection, changes), image)
        follower = followers().follower(watch.cluster_id, image)
        if follower.image.revision <= after:
            watch.since = after
            follower.join(watch)
            return


async def _since(cluster_id: str, selection: Selection, after: int) -> tuple[MemoryStore, Sequence[Change]]:
    """The newest image, and the changes of the watched kind, at least, that led to it."""
    followed = await asyncio.wrap_future(memory.follow(cluster_id, after))
    if followed.changes is not None or followed.image.revision <= after:
        return followed.image, followed.changes or []
    read = writer.submit(partial(_from_journal, cluster_id, selection, after, followed.image.revision))
    return followed.image, await asyncio.wrap_future(read)


def _from_journal(cluster_id: str, selection: Selection, after: int, until: int) -> list[Change]:
    try:
        # What an object was before its first change of these says whether it begins to match there.
        past = journal.past(cluster_id, after, selection.kind) if selection.fickle else None
        changes = journal.read(cluster_id, after, past)
    except journal.ExpiredError:
        changes = []
    if not changes or changes[-1].revision < until or _lacks_past(selection, changes):
        raise expired(f"too old resource version: {after} ({journal.oldest(cluster_id)})")
    return changes


def _lacks_past(selection: Selection, changes: Sequence[Change]) -> bool:
    # At the edge of what was compacted a state may be gone although all changes after it are there. Of an
    # Event, which keeps what it is about, any state will do.
    return selection.fickle and any(
        change.key.kind == selection.kind != "Event" and change.verb == MODIFIED and change.previous is None
        for change in changes
    )
