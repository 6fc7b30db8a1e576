"""URLs of the cluster's page and its commands."""

from django.urls import URLPattern

app_name = "clusters"
urlpatterns: list[URLPattern] = []
