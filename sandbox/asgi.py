"""The ASGI application: the clusters' API and load balancers, then pages by Django, sockets by Channels."""

import os

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sandbox.settings")
django.setup(set_prefix=False)

# Only after Django is set up may models be imported.
from channels.auth import AuthMiddlewareStack  # noqa: E402

from clusters import api, keys  # noqa: E402
from clusters.api.answers import Message, Receive, Send  # noqa: E402
from clusters.api.app import application as kubernetes_api  # noqa: E402
from clusters.lb.app import application as load_balancers  # noqa: E402
from clusters.terminal.routing import websocket_urlpatterns as terminal_urlpatterns  # noqa: E402
from clusters.web.routing import websocket_urlpatterns  # noqa: E402
from sandbox.handler import SyncHandler  # noqa: E402
from sandbox.origins import OwnHostsOnly, SameOriginOnly  # noqa: E402

# The terminal is a client of the API, and calls it in this process.
routes = URLRouter([*terminal_urlpatterns(kubernetes_api), *websocket_urlpatterns])
sockets = AllowedHostsOriginValidator(SameOriginOnly(AuthMiddlewareStack(routes)))
before_django = {api.PREFIX: OwnHostsOnly(kubernetes_api), keys.LOAD_BALANCERS: OwnHostsOnly(load_balancers)}
site = ProtocolTypeRouter({"http": SyncHandler(), "websocket": sockets})


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Whatever is asked of this server."""
    path = scope.get("path", "")
    serves = next((serves for prefix, serves in before_django.items() if path.startswith(prefix)), site)
    await serves(scope, receive, send)
