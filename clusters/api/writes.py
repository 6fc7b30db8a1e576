"""POST, PUT and DELETE of objects, and what all writes have in common.

Models apiserver's `pkg/endpoints/handlers/create.go`, `update.go` and `delete.go`. Every write goes through
`clusters.actions`; one that is only tried (dryRun) is run there like any other and thrown away.
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, Generic, NamedTuple, TypeVar

from clusters.actions.transactions import submit
from clusters.api import bodies, negotiation
from clusters.api.answers import Answer, json_answer, warning_headers
from clusters.api.options import DeleteOptions, WriteOptions, delete_options, write_options
from clusters.api.reads import deprecation, included, rendered
from clusters.api.request import Request, Target
from clusters.engine.apiserver import fields, listing, verbs
from clusters.engine.apiserver.decoding import demand_name
from clusters.engine.apiserver.derived import shown
from clusters.engine.apiserver.errors import bad_request, conflict, invalid
from clusters.engine.apiserver.listing import ListOptions
from clusters.engine.apiserver.resources import Resource
from clusters.engine.cluster import clock_of
from clusters.engine.objects import REMOVE, Key, Object, key_of, public, uid_of, with_value
from clusters.engine.store import Overlay

T = TypeVar("T")

PAUSED: Final = "the cluster's clock is paused"
_CREATED_BY_PUT: Final = ("Endpoints", "Event", "Service")
"""Kinds of which PUT makes an object that there is not (AllowCreateOnUpdate)."""
_UNCONDITIONAL_NOT: Final = ("PodDisruptionBudget",)
"""Kinds that are updated only by who names the resourceVersion (AllowUnconditionalUpdate is false)."""
_RETURNED: Final = ("Namespace", "Pod", "ResourceQuota", "Service", "ServiceAccount")
"""Kinds of which a deletion answers the last state (ReturnDeletedObject)."""


class Written(NamedTuple, Generic[T]):
    """What a verb returned, and the cluster it left: its simulated time, and whether that stands still."""

    result: T
    now: float
    paused: bool


async def run(
    request: Request, verb: Callable[[Overlay], T], *, dry_run: bool = False, kills: int = 0
) -> Written[T]:
    """Run a verb on the request's cluster in the name of its client. Raises what the verb raises."""

    def work(store: Overlay) -> Written[T]:
        return Written(verb(store), store.now, clock_of(store).paused)

    future = submit(
        request.cluster_id,
        work,
        actor=request.actor,
        manager=request.manager,
        kills=kills,
        dry_run=dry_run,
    )
    return await asyncio.wrap_future(future)


async def create(request: Request, resource: Resource, target: Target) -> Answer:
    """POST to a collection: 201 with the new object."""
    answer = Answerer(request, resource)
    options = write_options(request, "CreateOptions")
    obj, warnings = await bodies.read(request, bodies.kind_of(resource), options.validation)
    obj = _in_namespace(obj, target.namespace)

    def verb(store: Overlay) -> Object:
        return answered(verbs.create(store, obj), None, options.dry_run)

    written = await run(request, verb, dry_run=options.dry_run)
    return answer(written.result, 201, written, warnings)


async def update(request: Request, resource: Resource, target: Target) -> Answer:
    """PUT of an object: 200 with what is stored now, 201 if it is new."""
    answer = Answerer(request, resource)
    options = write_options(request, "UpdateOptions")
    obj, warnings = await bodies.read(request, bodies.kind_of(resource), options.validation)
    obj = named(obj, target)
    written = await run(request, partial(_update, obj, options), dry_run=options.dry_run)
    stored, created = written.result
    return answer(stored, 201 if created else 200, written, warnings)


def _update(obj: Object, options: WriteOptions, store: Overlay) -> tuple[Object, bool]:
    before = store.get(*key_of(obj))
    kind, metadata = obj["kind"], obj["metadata"]
    if before is None and kind in _CREATED_BY_PUT and not metadata.get("resourceVersion"):
        return answered(verbs.create(store, obj), None, options.dry_run), True
    if kind in _UNCONDITIONAL_NOT and not metadata.get("resourceVersion"):
        said = "must be specified for an update"
        raise invalid(kind, metadata["name"], [fields.invalid("metadata.resourceVersion", 0, said)])
    return answered(verbs.update(store, obj), before, options.dry_run), False


async def delete(request: Request, resource: Resource, target: Target) -> Answer:
    """DELETE of an object: the object while something holds it or its kind does so, else a Status."""
    answer = Answerer(request, resource)
    options = await _delete_options(request)
    key = Key(resource.kind, target.namespace, target.name)
    kills = int(resource.kind == "Pod")
    verb = partial(_delete, key, options)
    written = await run(request, verb, dry_run=options.dry_run, kills=kills)
    obj, gone = written.result
    if gone and resource.kind not in _RETURNED:
        return json_answer(_deleted(resource, obj), warnings=warnings_of(written))
    code = 202 if not gone and options.orphan_dependents is False else 200
    return answer(obj, code, written)


async def delete_collection(request: Request, resource: Resource, target: Target) -> Answer:
    """DELETE of a collection: the list of what the selectors chose."""
    options = await _delete_options(request)
    chosen = listing.options_of(request.query)
    verb = partial(_delete_all, resource, target.namespace, chosen, options)
    written = await run(request, verb, dry_run=options.dry_run)
    return json_answer(written.result, warnings=warnings_of(written))


def warnings_of(written: Written[Any]) -> list[str]:
    """What every write to such a cluster is warned of."""
    return [PAUSED] if written.paused else []


def named(obj: Object, target: Target) -> Object:
    """The object with the namespace of the URL, if it has the name that the URL names. Raises 400."""
    obj = _in_namespace(obj, target.namespace)
    demand_name(obj, target.namespace, target.name)
    return obj


def answered(stored: Object, before: Object | None, dry_run: bool) -> Object:
    """What a verb has stored as the answer has it: after a dry run with the version of before, if any."""
    if not dry_run:
        return stored
    version = REMOVE if before is None else before["metadata"]["resourceVersion"]
    return with_value(stored, ("metadata", "resourceVersion"), version)


class Answerer:
    """Answers with an object in the form that a request wants; 406 before anything was written."""

    def __init__(self, request: Request, resource: Resource) -> None:
        self._resource = resource
        self._form = negotiation.wanted(request.header(b"accept"))
        self._include = included(request)

    def __call__(self, obj: Object, code: int, written: Written[Any], warnings: Iterable[str] = ()) -> Answer:
        text = rendered(self._resource, shown(obj, written.now), self._form, self._include, written.now)
        said = [*warnings, *warnings_of(written)]
        return Answer(code, text, headers=(*deprecation(self._resource), *warning_headers(said)))


async def _delete_options(request: Request) -> DeleteOptions:
    body = await request.read_body()
    if not body.strip():
        return delete_options(request, None)
    media = negotiation.media_type(request.header(b"content-type"), negotiation.BODIES)
    return delete_options(request, await bodies.decoding(bodies.decoded_options, body, media))


def _delete(key: Key, options: DeleteOptions, store: Overlay) -> tuple[Object, bool]:
    before = verbs.get(store, *key)
    version, wanted = before["metadata"]["resourceVersion"], options.resource_version
    if wanted is not None and wanted != version:
        why = "Precondition failed: ResourceVersion in precondition: "
        raise conflict(key.kind, key.name, f"{why}{wanted}, ResourceVersion in object meta: {version}")
    deleted = verbs.delete(
        store,
        *key,
        grace_seconds=options.grace_seconds,
        propagation=options.propagation or _usual_propagation(key.kind),
        uid=options.uid,
    )
    gone = store.get(*key) is None
    return answered(deleted, before, options.dry_run), gone


def _usual_propagation(kind: str) -> str:
    # As old clients of v1 expect: deleting a controller leaves its pods alone.
    return "Orphan" if kind == "ReplicationController" else "Background"


def _delete_all(
    resource: Resource, namespace: str, chosen: ListOptions, options: DeleteOptions, store: Overlay
) -> Object:
    page = listing.list_page(store, resource, namespace, chosen, store.now)
    deleted = [_delete(key_of(obj), options, store)[0] for obj in page.items]
    return listing.list_object(resource, page._replace(items=[public(obj) for obj in deleted]))


def _deleted(resource: Resource, obj: Object) -> Object:
    details = {"name": obj["metadata"]["name"], "group": resource.group, "kind": resource.plural}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {**{field: value for field, value in details.items() if value}, "uid": uid_of(obj)},
    }


def _in_namespace(obj: Object, namespace: str) -> Object:
    said = obj["metadata"].get("namespace")
    if said == namespace:
        return obj
    if said and namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    metadata = {field: value for field, value in obj["metadata"].items() if field != "namespace"}
    return {**obj, "metadata": {**metadata, **({"namespace": namespace} if namespace else {})}}
