"""The ASGI application: the clusters' API by itself, pages by Django, sockets by Channels."""

import os

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sandbox.settings")
django.setup(set_prefix=False)

# Only after Django is set up may models be imported.
from channels.auth import AuthMiddlewareStack  # noqa: E402

from clusters import api  # noqa: E402
from clusters.api.answers import Message, Receive, Send  # noqa: E402
from clusters.api.app import application as kubernetes_api  # noqa: E402
from clusters.web.routing import websocket_urlpatterns  # noqa: E402
from sandbox.handler import SyncHandler  # noqa: E402
from sandbox.origins import OwnHostsOnly, SameOriginOnly  # noqa: E402

sockets = AllowedHostsOriginValidator(SameOriginOnly(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))))
kubernetes = OwnHostsOnly(kubernetes_api)
site = ProtocolTypeRouter({"http": SyncHandler(), "websocket": sockets})


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Whatever is asked of this server."""
    serves = kubernetes if scope.get("path", "").startswith(api.PREFIX) else site
    await serves(scope, receive, send)
