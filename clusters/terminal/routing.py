"""The WebSocket of the terminal."""

from django.urls import URLPattern, path

from clusters.terminal.consumer import TerminalConsumer
from clusters.terminal.transport import Application


def websocket_urlpatterns(application: Application) -> list[URLPattern]:
    """Where it is; `application` is the ASGI application of the Kubernetes API."""
    return [path("c/<slug:cluster_id>/terminal", TerminalConsumer.as_asgi(application=application))]
