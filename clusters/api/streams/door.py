"""A WebSocket comes in: who asks for what, whether he may, and whether the pod can be reached.

Models apiserver's `pkg/registry/core/pod/rest/subresources.go`. All that can be refused is refused before
the WebSocket is accepted, with a Status, see refusals.py. Left out: watches over WebSockets.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from django.conf import settings

from clusters.api import images
from clusters.api.answers import Message, Receive, Send, refusal
from clusters.api.doors import admit
from clusters.api.request import Request, Target, target_of
from clusters.api.streams import channels, places, portforward, remotecommand
from clusters.api.streams.portforward import Forwarding
from clusters.api.streams.refusals import refuse
from clusters.api.streams.remotecommand import Command, world_of
from clusters.engine.apiserver.errors import StatusError, bad_request, not_found
from clusters.engine.apiserver.reviews import Attributes, authorize
from clusters.engine.kubelet.inside import reach_kubelet
from clusters.engine.kubelet.shell.session import Session, attach
from clusters.engine.objects import Object, key_of, name_of
from clusters.engine.store import MemoryStore
from clusters.models import Cluster

logger = logging.getLogger(__name__)
access = logging.getLogger("clusters.api.access")

_OTHERS: Final = "only exec, attach and portforward of a pod are served over WebSockets"


Stream = Callable[[Receive, Send], Awaitable[None]]
"""Carries what was agreed on until it is over."""


class Plan(NamedTuple):
    """What has been granted: which protocols can carry it, and what does so for one of them.

    `over` raises StatusError 400 if that protocol needs to be told more.
    """

    protocols: Sequence[str]
    over: Callable[[str], Stream]


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Serve one WebSocket below /k8s/."""
    started = time.perf_counter()
    code = 101
    try:
        try:
            request, stream, protocol = await _open(scope, receive)
        except StatusError as error:
            code = error.code
            await refuse(scope, send, refusal(error))
            return
        try:
            await send({"type": "websocket.accept", "subprotocol": protocol or None})
            await stream(receive, send)
        finally:
            places.leave(request.cluster_id)
    finally:
        elapsed = (time.perf_counter() - started) * 1000
        level = logging.DEBUG if "actor" in scope else logging.INFO
        access.log(level, "WEBSOCKET %s %s %.0f ms", scope["path"], code, elapsed)


async def _open(scope: Message, receive: Receive) -> tuple[Request, Stream, str]:
    """The request, what it gets, and over which protocol; a place has been taken for it."""
    await receive()  # websocket.connect
    try:
        path, visitor = await admit(scope)
        _demand_own_origin(scope)
        request = Request({**scope, "method": "GET"}, receive, path, visitor)
        plan = await plan_of(request, _target(request))
        protocol = channels.chosen(scope.get("subprotocols") or (), plan.protocols)
        stream = plan.over(protocol)
        places.take(request.cluster_id)
    except Cluster.DoesNotExist as error:
        raise StatusError(401, "Unauthorized", "Unauthorized") from error
    except StatusError:
        raise
    except Exception as error:
        logger.exception("WEBSOCKET %s", scope["path"])
        raise StatusError(500, "InternalError", "Internal error occurred") from error
    return request, stream, protocol


def _demand_own_origin(scope: Message) -> None:
    """Browsers say whose page asks. Raises 403 for a page that is not ours."""
    headers = dict(scope["headers"])
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    host = headers.get(b"host", b"").decode("latin-1").lower()
    if origin not in ("", f"http://{host}", f"https://{host}", *settings.CSRF_TRUSTED_ORIGINS):
        raise StatusError(403, "Forbidden", "WebSockets are not for pages of other origins")


def _target(request: Request) -> Target:
    target = target_of(request.path)
    if target is None or (target.group, target.version, target.plural) != ("", "v1", "pods"):
        raise bad_request(_OTHERS)
    if target.subresource not in _PLANNERS or not target.namespace:
        raise bad_request(_OTHERS)
    return target


async def plan_of(request: Request, target: Target) -> Plan:
    """What a request for a stream gets. Raises StatusError if it gets nothing."""
    asked = Attributes("create", "", f"pods/{target.subresource}", target.namespace, target.name)
    authorize(request.user, asked, "Pod")
    image = await images.newest(request.cluster_id)
    pod = image.get("Pod", target.namespace, target.name)
    if pod is None:
        raise not_found("Pod", target.name)
    return _PLANNERS[target.subresource](request, pod, image)


def _exec(request: Request, pod: Object, image: MemoryStore) -> Plan:
    command = [value for name, value in request.parameters if name == "command"]
    program = Session(
        world_of(request.cluster_id, image),
        key_of(pod),
        request.query.get("container", ""),
        command,
        tty=request.flag("tty"),
        stdin=request.flag("stdin"),
    )
    return Plan(remotecommand.PROTOCOLS, Command(request, program, command, pod, image).over)


def _attach(request: Request, pod: Object, image: MemoryStore) -> Plan:
    program = attach(
        world_of(request.cluster_id, image),
        key_of(pod),
        request.query.get("container", ""),
        tty=request.flag("tty"),
        stdin=request.flag("stdin"),
    )
    return Plan(remotecommand.PROTOCOLS, Command(request, program, [], pod, image).over)


def _portforward(request: Request, pod: Object, image: MemoryStore) -> Plan:
    if not pod["spec"].get("nodeName"):
        raise bad_request(f"pod {name_of(pod)} does not have a host assigned")
    reach_kubelet(image, pod, "", dialing=True)
    world = world_of(request.cluster_id, image)
    return Plan(portforward.PROTOCOLS, Forwarding(request, world, pod).over)


_PLANNERS: Final = {"attach": _attach, "exec": _exec, "portforward": _portforward}
"""By sub-resource."""
