"""Parts of objects with paths of their own: status, scale, binding and so on.

Models the `rest.Storage` of each below `pkg/registry`.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from clusters.api import bodies, images, negotiation, reads, tokens
from clusters.api.answers import Answer, json_answer
from clusters.api.bodies import Kind
from clusters.api.options import write_options
from clusters.api.patches import patch
from clusters.api.request import Request, Target
from clusters.api.streams import door
from clusters.api.writes import Answerer, answered, named, run, warnings_of
from clusters.engine.apiserver import fields, scaling, verbs
from clusters.engine.apiserver.errors import bad_request, invalid, method_not_supported
from clusters.engine.apiserver.eviction import evict
from clusters.engine.apiserver.finalizing import finalize
from clusters.engine.apiserver.resources import SCALE, Resource
from clusters.engine.objects import Object, key_of
from clusters.engine.store import Overlay

Handler = Callable[[Request, Resource, Target], Awaitable[Answer]]

STREAMS: Final = ("attach", "exec", "portforward")
_SUCCESS: Final = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


async def serve(request: Request, resource: Resource, target: Target, verb: str) -> Answer:
    """The answer about a sub-resource, for a verb that it has."""
    if target.subresource in STREAMS:
        # WebSockets come in through a door of their own. Whom that had to refuse without a word asks here
        # once more, for SPDY, and is told why.
        await door.plan_of(request, target)
        asked = request.header(b"upgrade")
        raise bad_request(f"{asked} is not served, only WebSockets" if asked else "Upgrade request required")
    handler = _HANDLERS.get((target.subresource, verb))
    if handler is None:
        raise method_not_supported(resource.kind, verb)
    return await handler(request, resource, target)


async def _update_part(request: Request, resource: Resource, target: Target) -> Answer:
    answer = Answerer(request, resource)
    options = write_options(request, "UpdateOptions")
    obj, warnings = await bodies.read(request, bodies.kind_of(resource), options.validation)
    obj = named(obj, target)

    def verb(store: Overlay) -> Object:
        before = store.get(*key_of(obj))
        if target.subresource == "status":
            stored = verbs.update_status(store, obj)
        else:
            stored = verbs.update(store, obj, subresource=target.subresource)
        return answered(stored, before, options.dry_run)

    written = await run(request, verb, dry_run=options.dry_run)
    return answer(written.result, 200, written, warnings)


async def _get_scale(request: Request, resource: Resource, target: Target) -> Answer:
    form = negotiation.wanted(request.header(b"accept"))
    include = reads.included(request)
    image = await images.newest(request.cluster_id)
    scale = scaling.get_scale(image, resource, target.namespace, target.name)
    return Answer(200, reads.rendered(SCALE, scale, form, include, reads.simulated_now(image)))


async def _update_scale(request: Request, resource: Resource, target: Target) -> Answer:
    options = write_options(request, "UpdateOptions")
    body = await bodies.read(request, Kind("autoscaling/v1", "Scale"), options.validation)
    scale = named(body.object, target)

    def verb(store: Overlay) -> Object:
        before = store.get(resource.kind, target.namespace, target.name)
        stored = scaling.update_scale(store, resource, target.namespace, target.name, scale)
        return answered(stored, before, options.dry_run)

    written = await run(request, verb, dry_run=options.dry_run)
    return json_answer(written.result, warnings=[*body.warnings, *warnings_of(written)])


async def bind(request: Request, resource: Resource, target: Target) -> Answer:
    """POST of a Binding, to the pod that it names or to the collection of all bindings."""
    options = write_options(request, "CreateOptions")
    body = await bodies.read(request, Kind("v1", "Binding"), options.validation)
    verb = partial(_bind, body.object, target)
    written = await run(request, verb, dry_run=options.dry_run)
    return json_answer(_SUCCESS, 201, [*body.warnings, *warnings_of(written)])


def _bind(binding: Object, target: Target, store: Overlay) -> None:
    name = binding["metadata"].get("name", "")
    if target.name not in ("", name):
        raise bad_request("name in URL does not match name in Binding object")
    node = binding.get("target") or {}
    errors = []
    if node.get("kind", "Node") not in ("", "Node"):
        errors.append(fields.not_supported("target.kind", node["kind"], ("Node", "<empty>")))
    if not node.get("name"):
        errors.append(fields.required("target.name"))
    if errors:
        raise invalid("Binding", name, errors)
    verbs.bind(store, target.namespace, name, node["name"])


async def _evict(request: Request, resource: Resource, target: Target) -> Answer:
    options = write_options(request, "CreateOptions")
    body = await bodies.read(request, Kind("policy/v1", "Eviction"), options.validation)
    dry_run = options.dry_run or bool((body.object.get("deleteOptions") or {}).get("dryRun"))
    verb = partial(evict, namespace=target.namespace, name=target.name, eviction=body.object)
    written = await run(request, verb, dry_run=dry_run, kills=1)
    return json_answer(written.result, 201, [*body.warnings, *warnings_of(written)])


async def _finalize(request: Request, resource: Resource, target: Target) -> Answer:
    answer = Answerer(request, resource)
    options = write_options(request, "UpdateOptions")
    obj, warnings = await bodies.read(request, bodies.kind_of(resource), options.validation)
    written = await run(request, partial(finalize, namespace=named(obj, target)), dry_run=options.dry_run)
    return answer(written.result, 200, written, warnings)


_HANDLERS: Final[dict[tuple[str, str], Handler]] = {
    ("binding", "create"): bind,
    ("ephemeralcontainers", "get"): reads.get,
    ("ephemeralcontainers", "patch"): patch,
    ("ephemeralcontainers", "update"): _update_part,
    ("eviction", "create"): _evict,
    ("finalize", "update"): _finalize,
    ("scale", "get"): _get_scale,
    ("scale", "patch"): patch,
    ("scale", "update"): _update_scale,
    ("status", "get"): reads.get,
    ("status", "patch"): patch,
    ("status", "update"): _update_part,
    ("token", "create"): tokens.create,
}
"""By sub-resource and verb."""
