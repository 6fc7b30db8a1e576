"""GET of an object, and of a list of them.

Models apiserver's `pkg/endpoints/handlers/get.go` and `response.go`. Nothing here waits for a thread as
long as this process knows the cluster's newest state; only long lists are put into words in one.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import orjson

from clusters.api import images, negotiation
from clusters.api.answers import NO_CACHE, Answer, warning_headers
from clusters.api.negotiation import PARTIAL, PARTIAL_LIST, TABLE, Wanted
from clusters.api.request import Request, Target
from clusters.api.watch_options import parse_timeout
from clusters.engine.apiserver import fields, listing, tables
from clusters.engine.apiserver.errors import StatusError, bad_request, too_large_resource_version
from clusters.engine.apiserver.listing import ListOptions, Page
from clusters.engine.apiserver.resources import Resource, Subresource
from clusters.engine.cluster import clock_of
from clusters.engine.objects import Object
from clusters.engine.store import MemoryStore

LONG: Final = 100
"""Objects of a kind from which on a list is rendered in a thread."""
LONG_OF_DATA: Final = 8
"""The same of ConfigMaps and Secrets, which may have a megabyte each."""
MOST_LONG: Final = 20
"""Long lists of a cluster that may wait to be rendered."""
INCLUDE_OBJECT: Final = ("Metadata", "None", "Object")

_DEPRECATED: Final = {
    "ComponentStatus": "v1 ComponentStatus is deprecated in v1.19+",
    "Endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
}

_renderers: Final = ThreadPoolExecutor(2, thread_name_prefix="lists")
_rendering: Counter[str] = Counter()


async def get(request: Request, resource: Resource, target: Target) -> Answer:
    """The object. Raises 404, 406, and 504 for a resourceVersion that there is not yet."""
    form = negotiation.wanted(request.header(b"accept"))
    include = included(request)
    image = await images.newest(request.cluster_id)
    asked = listing.parse_resource_version(request.query.get("resourceVersion", ""))
    if asked > image.revision:
        raise too_large_resource_version(asked, image.revision)
    now = simulated_now(image)
    obj = listing.get(image, resource, target.namespace, target.name, now)
    return Answer(200, rendered(resource, obj, form, include, now), headers=deprecation(resource))


async def list_(request: Request, resource: Resource, target: Target) -> Answer:
    """The objects of the target's namespace, or of all if it names none, by the options of the query.

    Raises 400, 406, 410 for pages whose first state is gone, 422, 429, 504.
    """
    form = negotiation.wanted(request.header(b"accept"), listing=True)
    include = included(request)
    options = listing.options_of(request.query)
    parse_timeout(request.query.get("timeoutSeconds", ""))
    image = await images.of_list(request.cluster_id, options)
    render = partial(_listed, image, resource, target.namespace, options, form, include)
    size = image.count("Pod" if resource.derived else resource.kind)
    long = LONG_OF_DATA if resource.kind in ("ConfigMap", "Secret") else LONG
    text, more = render() if size <= long else await _in_thread(request.cluster_id, render)
    if more:
        images.keep(request.cluster_id, image)
    return Answer(200, text, headers=deprecation(resource))


async def _in_thread(cluster_id: str, render: Callable[..., tuple[bytes, bool]]) -> tuple[bytes, bool]:
    """What `render` returns, which gives the event loop its turns. Raises 429 if too many wait for it."""
    if _rendering[cluster_id] >= MOST_LONG:
        message = "too many long lists are asked for at once, please try again later"
        raise StatusError(429, "TooManyRequests", message, {"retryAfterSeconds": 1})
    _rendering[cluster_id] += 1
    try:
        work = partial(render, dumps=_dumps_in_parts)
        return await asyncio.get_running_loop().run_in_executor(_renderers, work)
    finally:
        _rendering[cluster_id] -= 1


def _dumps_in_parts(document: Object) -> bytes:
    # Nobody else computes while orjson works on one thing.
    parts = "rows" if "rows" in document else "items"
    texts = [orjson.Fragment(orjson.dumps(part)) for part in document[parts]]
    return orjson.dumps({**document, parts: texts})


def rendered(resource: Resource | Subresource, obj: Object, form: Wanted, include: str, now: float) -> bytes:
    """One object as JSON in the form that is wanted. `now` is simulated time."""
    if form.kind == TABLE:
        revision = int(obj["metadata"].get("resourceVersion") or 0)
        table = tables.table(resource, [obj], now, include_object=include, revision=revision)
        return orjson.dumps(_of_version(table, form))
    if form.kind == PARTIAL:
        return orjson.dumps(_partial(obj, form))
    return orjson.dumps(obj)


def included(request: Request) -> str:
    """How much of the objects is in a Table's rows: one of INCLUDE_OBJECT. Raises 400."""
    include = request.query.get("includeObject") or "Metadata"
    if include not in INCLUDE_OBJECT:
        error = fields.invalid("includeObject", include, "must be 'Metadata', 'Object', 'None', or empty")
        raise bad_request(f"Unable to convert to Table as requested: {error}")
    return include


def simulated_now(image: MemoryStore) -> float:
    """The cluster's time at this moment."""
    return clock_of(image).now(time.time())


def deprecation(resource: Resource) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of an answer about a kind; some kinds are said to be outdated."""
    said = _DEPRECATED.get(resource.kind)
    return (NO_CACHE, *warning_headers([said] if said else []))


def _listed(
    image: MemoryStore,
    resource: Resource,
    namespace: str,
    options: ListOptions,
    form: Wanted,
    include: str,
    dumps: Callable[[Any], bytes] = orjson.dumps,
) -> tuple[bytes, bool]:
    """The list as JSON, and whether more pages follow."""
    now = simulated_now(image)
    page = listing.list_page(image, resource, namespace, options, now)
    return dumps(_list_document(resource, page, form, include, now)), bool(page.continue_)


def _list_document(resource: Resource, page: Page, form: Wanted, include: str, now: float) -> Object:
    if form.kind == TABLE:
        table = tables.table(
            resource,
            page.items,
            now,
            include_object=include,
            revision=page.revision,
            continue_=page.continue_,
            remaining=page.remaining,
        )
        return _of_version(table, form)
    listed = listing.list_object(resource, page)
    return _partial_list(listed, form) if form.kind == PARTIAL_LIST else listed


def _of_version(table: Object, form: Wanted) -> Object:
    return {**table, "apiVersion": f"{negotiation.META}/{form.version}"}


def _partial(obj: Object, form: Wanted) -> Object:
    return {"kind": PARTIAL, "apiVersion": f"{negotiation.META}/{form.version}", "metadata": obj["metadata"]}


def _partial_list(listed: Object, form: Wanted) -> Object:
    return {
        "kind": PARTIAL_LIST,
        "apiVersion": f"{negotiation.META}/{form.version}",
        "metadata": listed["metadata"],
        "items": [_partial(obj, form) for obj in listed["items"]],
    }
