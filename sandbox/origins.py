"""Sockets are for our own pages only."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.security.websocket import WebsocketDenier
from django.conf import settings

Scope = dict[str, Any]
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
