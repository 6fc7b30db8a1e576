"""Sockets are for our own pages only, and the API is for those who call this server by a name of its own."""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from clusters.api.answers import refusal, send_answer
from clusters.api.streams.refusals import refuse
from clusters.engine.apiserver.errors import bad_request

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[Any]]


class SameOriginOnly:
    """Refuses a WebSocket whose Origin is not the host it calls, or PUBLIC_URL.

    AllowedHostsOriginValidator compares names without ports, and a cookie knows no port either: any other
    program's page on this machine would pass.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        """Passes the connection on, or closes it with 403 before it is accepted."""
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if origin in (f"http://{host}", f"https://{host}", *settings.CSRF_TRUSTED_ORIGINS):
            return await self.application(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)


class OwnHostsOnly:
    """Refuses what is sent to a host that is none of ours, as Django does for pages.

    Browsers take another site's name for this machine if that site tells them so (DNS rebinding). Only
    old clients that name no host at all are let in without.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        """Passes the request on, or answers 400 with a Status."""
        host = next((value for name, value in scope["headers"] if name == b"host"), None)
        if host is None or _is_ours(host.decode("latin-1"), tuple(settings.ALLOWED_HOSTS)):
            return await self.application(scope, receive, send)
        name = host.decode("latin-1")
        answer = refusal(bad_request(f"Invalid Host header: {name!r}. ALLOWED_HOSTS names the allowed ones."))
        if scope["type"] == "websocket":
            return await refuse(scope, send, answer)
        return await send_answer(send, answer)


@lru_cache(maxsize=256)
def _is_ours(host: str, ours: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, ours)
