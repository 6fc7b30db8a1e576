"""The WebSocket of the cluster's page."""

from django.urls import URLPattern

websocket_urlpatterns: list[URLPattern] = []
