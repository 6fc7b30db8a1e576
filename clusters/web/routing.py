"""The WebSocket of the cluster's page."""

from django.urls import URLPattern, path

from clusters.web.consumers import LiveConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("c/<slug:cluster_id>/live", LiveConsumer.as_asgi()),
]
