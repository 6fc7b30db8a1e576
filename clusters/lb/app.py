"""The ASGI application behind /lb/<cluster>/<namespace>/<service>[:port]/<path>.

<cluster> is the cluster's public name, see `clusters.keys`; the port is the Service's first one, or that of
this number or name. A request takes the way of any other from the internet: the load balancer's address, a
node, kube-proxy, a pod. Nothing but these addresses can be asked, so a pod's or a Service's own never is.

Whatever comes back is plain text, which no browser takes for a page of this site. Left out: WebSockets, and
the time that a real request waits until it is given up: one that is lost gets its 504 at once.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from random import Random
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote

from django.utils.translation import gettext as _

from clusters import keys, memory, traffic
from clusters.engine.cluster import clock_of
from clusters.engine.kubelet.inside import listening
from clusters.engine.network import Answer, Network, Outcome, Refused, Request, Response
from clusters.engine.objects import Object
from clusters.engine.store import MemoryStore
from clusters.lb import limits
from clusters.models import Cluster
from clusters.writer import writer

logger = logging.getLogger(__name__)
access = logging.getLogger("clusters.lb.access")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LONGEST_BODY: Final = 1 << 20
"""Bytes of a request's body, which no pod reads."""
HEADERS: Final[Headers] = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"sandbox"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
"""Of every answer: what pods and people write is shown, and never runs."""
_PRIVATE: Final = frozenset({b"cookie", b"authorization"})
"""Headers that a browser sends to this site, and not to a pod."""


class Reply(NamedTuple):
    """An answer. `length` is that of the body which a HEAD is not sent."""

    status: int
    body: bytes
    headers: Headers = ()
    length: int | None = None


class Place(NamedTuple):
    """What a path leads to: a Service of a cluster, the port as written ("" for the first), the rest."""

    cluster_id: str
    namespace: str
    service: str
    port: str
    path: str


class RefusedError(Exception):
    """The request does not come as far as the load balancer."""

    def __init__(self, status: int, text: str, headers: Headers = ()) -> None:
        super().__init__(text)
        self.reply = _text(status, text)._replace(headers=headers)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Serve one connection below /lb/."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    writer.start()  # under a bare Daphne nobody has: an event loop may not do the work itself
    started = time.perf_counter()
    try:
        reply = await _reply(scope, receive)
    except RefusedError as refused:
        reply = refused.reply
    except Exception:
        logger.exception("%s %s", scope["method"], scope["path"])
        reply = _text(500, _("The server failed."))
    await _send(send, reply, head=scope["method"] == "HEAD")
    elapsed = (time.perf_counter() - started) * 1000
    access.info("%s %s %d %.0f ms", scope["method"], scope["path"], reply.status, elapsed)


async def _reply(scope: Message, receive: Receive) -> Reply:
    if scope["method"] not in METHODS:
        allowed = (b"allow", ", ".join(METHODS).encode())
        raise RefusedError(405, _("A load balancer here does not know this method."), (allowed,))
    place = _place(scope)
    if not limits.admits(place.cluster_id):
        said = _("More than %(limit)d requests a second.") % {"limit": limits.A_SECOND}
        raise RefusedError(429, said, ((b"retry-after", b"1"),))
    await _read(receive)
    image = await _image(place.cluster_id)
    service = _service(image, place)
    address, port = _front(service, place)
    network = _network(image, place.cluster_id)
    client = limits.visitor((scope.get("client") or [""])[0])
    outcome = network.request(None, address, port, _request(scope, place), address=client)
    return _outcome(outcome, place.service)


def _place(scope: Message) -> Place:
    """What the path means. Nobody's cluster is looked for: its name proves that it is one."""
    raw = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1")
    _empty, _prefix, cluster, namespace, service, path = [*raw.split("/", 5), *[""] * 5][:6]
    cluster_id = keys.cluster_named(unquote(cluster))
    if cluster_id is None:
        raise RefusedError(404, _("There is no such cluster."))
    name, _colon, port = unquote(service).partition(":")
    query = scope["query_string"].decode("latin-1")
    return Place(cluster_id, unquote(namespace), name, port, f"/{path}?{query}" if query else f"/{path}")


async def _read(receive: Receive) -> None:
    """Read the body and forget it."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        if size > LONGEST_BODY:
            raise RefusedError(413, _("A body has at most %(limit)d bytes.") % {"limit": LONGEST_BODY})
        more = message.get("more_body", False)


async def _image(cluster_id: str) -> MemoryStore:
    image = memory.current(cluster_id)
    if image is not None:
        return image
    try:
        followed = await asyncio.wrap_future(memory.follow(cluster_id, 0))
    except Cluster.DoesNotExist:
        raise RefusedError(404, _("There is no such cluster.")) from None
    return followed.image


def _service(image: MemoryStore, place: Place) -> Object:
    service = image.get("Service", place.namespace, place.service)
    if service is None:
        said = _("There is no Service %(name)s in namespace %(namespace)s.")
        raise RefusedError(404, said % {"name": place.service, "namespace": place.namespace})
    if service["spec"].get("type") != "LoadBalancer":
        said = _("Service %(name)s is not of type LoadBalancer: nobody outside of the cluster reaches it.")
        raise RefusedError(404, said % {"name": place.service})
    return service


def _front(service: Object, place: Place) -> tuple[str, int]:
    """The load balancer's address, and the port at which it listens."""
    ports = [port for port in service["spec"]["ports"] if port.get("protocol", "TCP") == "TCP"]
    found = next((p for p in ports if place.port in ("", str(p["port"]), p.get("name"))), None)
    if found is None:
        said = _("Service %(name)s has no such port.") % {"name": place.service}
        raise RefusedError(404, said)
    balancer = (service.get("status") or {}).get("loadBalancer") or {}
    address = next((entry["ip"] for entry in balancer.get("ingress") or () if "ip" in entry), None)
    if address is None:
        said = _("Service %(name)s has no public address yet.") % {"name": place.service}
        raise RefusedError(503, said)
    return str(address), int(found["port"])


def _network(image: MemoryStore, cluster_id: str) -> Network:
    now = clock_of(image).now(time.time())
    ring = traffic.of_cluster(cluster_id)
    return Network(image, lambda pod: listening(image, pod, now), Random(), now, ring)


def _request(scope: Message, place: Place) -> Request:
    """The request as the pod gets it."""
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in scope["headers"]
        if name not in _PRIVATE
    )
    return Request(scope["method"], place.path, headers)


def _outcome(outcome: Outcome, service: str) -> Reply:
    if isinstance(outcome, Answer):
        return _answered(outcome.response)
    if isinstance(outcome, Refused):
        if outcome.pod is None:
            said = _("Connection refused: no pod is ready behind Service %(name)s.") % {"name": service}
        else:
            said = _("Connection refused: nobody listens in pod %(name)s.") % {"name": outcome.pod.name}
        return _text(502, said)
    return _text(504, _("Timed out: the request was lost, and nobody answered."))


def _answered(response: Response | None) -> Reply:
    if response is None:
        return _text(502, _("The pod closed the connection: its program does not speak HTTP."))
    length = next((text for name, text in response.headers if name == "Content-Length"), "0")
    return Reply(response.status, response.body, length=int(length))


def _text(status: int, text: str) -> Reply:
    return Reply(status, f"{text}\n".encode())


async def _send(send: Send, reply: Reply, *, head: bool) -> None:
    length = len(reply.body) if reply.length is None else reply.length
    headers = [*HEADERS, (b"content-length", str(length).encode()), *reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else reply.body})
