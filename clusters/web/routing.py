"""The WebSocket of the cluster's page."""

from channels.security.websocket import WebsocketDenier
from django.urls import URLPattern, path, re_path

from clusters.web.consumers import LiveConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("c/<slug:cluster_id>/live", LiveConsumer.as_asgi()),
    # Channels has no 404: a path without a route is an exception to it, and a traceback in the log.
    re_path("", WebsocketDenier.as_asgi()),
]
