"""The ASGI application of the Kubernetes API: from a path and a method to whoever answers.

Models apiserver's `pkg/endpoints/installer.go`. Paths work with and without a slash at their end, and
nobody is ever redirected. Whatever goes wrong is answered with a Status.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from clusters.api import logs, patches, reads, reviews, subresources, watch, writes
from clusters.api.answers import Answer, Message, Receive, Rest, Send, refusal, send_answer
from clusters.api.documents import document
from clusters.api.doors import admit
from clusters.api.request import DisconnectedError, Request, Target, target_of
from clusters.api.streams import door
from clusters.engine.apiserver.errors import StatusError, method_not_supported
from clusters.engine.apiserver.resources import BY_PATH, Resource
from clusters.engine.apiserver.reviews import Attributes, authorize
from clusters.models import Cluster
from clusters.writer import writer

logger = logging.getLogger(__name__)
access = logging.getLogger("clusters.api.access")

Handler = Callable[[Request, Resource, Target], Awaitable[Answer]]

_VERBS: Final = {
    "GET": ("get", "list"),
    "POST": ("", "create"),
    "PUT": ("update", ""),
    "PATCH": ("patch", ""),
    "DELETE": ("delete", "deletecollection"),
}
"""The verb of a method for a named object, and for a collection; "": there is none."""


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Serve one connection below /k8s/."""
    writer.start()  # under a bare Daphne nobody has: an event loop may not do the work itself
    if scope["type"] == "websocket":
        await door.application(scope, receive, send)
        return
    started = time.perf_counter()
    codes: list[int] = []

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            codes.append(message["status"])
        await send(message)

    try:
        answer = await _answer(scope, receive, sending)
        if isinstance(answer, Answer):
            await send_answer(sending, answer, scope.get("cluster_id", ""))
        elif answer is not None:
            await answer()
    except DisconnectedError:
        pass
    finally:
        elapsed = (time.perf_counter() - started) * 1000
        # What a line of the page's terminal asks for is no news: the line is.
        level = logging.DEBUG if "actor" in scope else logging.INFO
        code = codes[0] if codes else "-"
        access.log(level, "%s %s %s %.0f ms", scope["method"], _shown(scope), code, elapsed)


async def _answer(scope: Message, receive: Receive, send: Send) -> Answer | Rest | None:
    """The answer, the rest of one that has begun, None if it was sent. What is raised becomes a Status."""
    try:
        path, visitor = await admit(scope)
        scope["cluster_id"] = visitor.cluster_id
        return await _route(Request(scope, receive, path, visitor), send)
    except StatusError as error:
        return refusal(error)
    except Cluster.DoesNotExist:
        return refusal(StatusError(401, "Unauthorized", "Unauthorized"))
    except DisconnectedError:
        raise
    except Exception:
        logger.exception("%s %s", scope["method"], _shown(scope))
        return refusal(StatusError(500, "InternalError", "Internal error occurred"))


async def _route(request: Request, send: Send) -> Answer | Rest | None:
    target = target_of(request.path)
    if target is not None:
        return await _resource(request, target, send)
    answer = await document(request)
    if answer is None:
        raise _unknown_path()
    if request.method != "GET":
        raise _wrong_method()
    return answer


async def _resource(request: Request, target: Target, send: Send) -> Answer | Rest | None:
    resource = BY_PATH.get((target.group, target.version, target.plural))
    if resource is None or not _is_place(resource, target):
        raise _unknown_path()
    if target.subresource:
        part = resource.subresource(target.subresource)
        if part is None:
            raise _unknown_path()
        served = part.verbs
    else:
        served = resource.verbs
    verb = _verb(request, target)
    if verb not in served or _lacks_namespace(resource, target, verb):
        raise method_not_supported(resource.kind, verb or request.method)
    _authorize(request, target, verb, resource)
    return await _serve(request, resource, target, verb, send)


def _verb(request: Request, target: Target) -> str:
    """What is asked for, "" for something that there is not."""
    if request.method == "GET" and (target.watch or (request.flag("watch") and not target.name)):
        return "watch"
    if target.watch:
        return ""
    if target.subresource and request.method == "POST":
        return "create"
    return _VERBS.get(request.method, ("", ""))[0 if target.name else 1]


async def _serve(
    request: Request, resource: Resource, target: Target, verb: str, send: Send
) -> Answer | Rest | None:
    if target.subresource == "log":
        return await logs.begin(request, target, send)
    if target.subresource:
        return await subresources.serve(request, resource, target, verb)
    if verb == "watch":
        return await watch.begin(request, resource, target.namespace, target.name, send)
    handler = _CREATES.get(resource.kind) or _HANDLERS[verb]
    return await handler(request, resource, target)


_HANDLERS: Final[dict[str, Handler]] = {
    "get": reads.get,
    "list": reads.list_,
    "create": writes.create,
    "update": writes.update,
    "patch": patches.patch,
    "delete": writes.delete,
    "deletecollection": writes.delete_collection,
}

_CREATES: Final[dict[str, Handler]] = {
    "Binding": subresources.bind,
    "SelfSubjectAccessReview": reviews.create,
    "SelfSubjectReview": reviews.create,
    "SelfSubjectRulesReview": reviews.create,
}
"""By kind: what is created to be answered, and is never stored."""


def _is_place(resource: Resource, target: Target) -> bool:
    # Objects of the cluster are in no namespace; those of a namespace have no name without it.
    if not resource.namespaced:
        return not target.namespace
    return bool(target.namespace) or not target.name


def _lacks_namespace(resource: Resource, target: Target, verb: str) -> bool:
    return resource.namespaced and not target.namespace and verb not in ("list", "watch")


def _authorize(request: Request, target: Target, verb: str, resource: Resource) -> None:
    name = f"{target.plural}/{target.subresource}" if target.subresource else target.plural
    asked = Attributes(verb, target.group, name, target.namespace, target.name)
    authorize(request.user, asked, resource.kind)


def _unknown_path() -> StatusError:
    return StatusError(404, "NotFound", "the server could not find the requested resource")


def _wrong_method() -> StatusError:
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message)


def _shown(scope: Message) -> str:
    # Keys are masked where lines are written; the query can hold none.
    query = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else str(scope["path"])
