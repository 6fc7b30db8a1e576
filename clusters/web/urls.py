"""URLs of the cluster's page and its commands."""

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path
from django.views.i18n import set_language

from clusters.engine.apiserver.resources import BY_KIND
from clusters.web import commands, compare, connect, export, faults, moments, time_commands, views
from clusters.web.inspector import SCALED


def _path(verb: str, view: Callable[..., HttpResponse], kind: str) -> URLPattern:
    """Where a verb on an object of that kind is posted to."""
    resource = BY_KIND[kind]
    route = f"c/<slug:cluster_id>/{resource.plural}/<str:namespace>/<str:name>/{verb}"
    return path(route, view, {"kind": kind}, name=f"{verb}-{resource.singular}")


app_name = "clusters"
urlpatterns: list[URLPattern] = [
    path("sandbox/", views.open_sandbox, name="sandbox"),
    path("histories/", export.open_history, name="open-history"),
    path("language/", set_language, name="language"),
    path("c/<slug:cluster_id>/", views.page, name="page"),
    path("c/<slug:cluster_id>/inspect/<str:kind>/<str:namespace>/<str:name>", views.inspect, name="inspect"),
    path("c/<slug:cluster_id>/timeline", views.timeline, name="timeline"),
    path("c/<slug:cluster_id>/clock", time_commands.clock, name="clock"),
    path("c/<slug:cluster_id>/clock/role", time_commands.role, name="clock-role"),
    path("c/<slug:cluster_id>/step", time_commands.step, name="step"),
    path("c/<slug:cluster_id>/skip", time_commands.skip, name="skip"),
    path("c/<slug:cluster_id>/continue", moments.continue_from, name="continue"),
    path("c/<slug:cluster_id>/cloud", commands.cloud, name="cloud"),
    path("c/<slug:cluster_id>/book", commands.book, name="book"),
    path("c/<slug:cluster_id>/components/<str:name>", faults.component, name="component"),
    path("c/<slug:cluster_id>/pulls", faults.pulls, name="pulls"),
    path("c/<slug:cluster_id>/nodes/<str:name>/kubelet", faults.kubelet, name="kubelet"),
    path("c/<slug:cluster_id>/revoke", commands.revoke, name="revoke"),
    path("c/<slug:cluster_id>/compare", compare.compare_moments, name="compare"),
    path("c/<slug:cluster_id>/export/manifests.yaml", export.export_manifests, name="export-manifests"),
    path("c/<slug:cluster_id>/export/history.json", export.export_history, name="export-history"),
    path("c/<slug:cluster_id>/connect", connect.connect, name="connect"),
    path("c/<slug:cluster_id>/kubeconfig", connect.download, name="kubeconfig"),
    path("c/<slug:cluster_id>/keys/replace", connect.replace_keys, name="replace-keys"),
    path("c/<slug:cluster_id>/apply", commands.apply, name="apply"),
    path("c/<slug:cluster_id>/clients/", commands.place_client, name="place-client"),
    path("c/<slug:cluster_id>/clients/<str:name>/remove", commands.remove_client, name="remove-client"),
    path("c/<slug:cluster_id>/nodes/", commands.add_node, name="add-node"),
    path("c/<slug:cluster_id>/nodes/<str:name>/power", commands.power, name="power"),
    path("c/<slug:cluster_id>/nodes/<str:name>/delete", commands.delete_node, name="delete-node"),
    path("c/<slug:cluster_id>/pods/<str:namespace>/<str:name>/kill", commands.kill, name="kill"),
    path("c/<slug:cluster_id>/pods/<str:namespace>/<str:name>/delete", commands.kill, name="delete-pod"),
    path(
        "c/<slug:cluster_id>/replicationcontrollers/",
        commands.create_replication_controller,
        name="create-replicationcontroller",
    ),
    path("c/<slug:cluster_id>/services/", commands.expose, name="expose"),
    *(_path("scale", commands.scale, kind) for kind in sorted(SCALED)),
    *(_path("delete", commands.delete, kind) for kind in (*sorted(SCALED), "Service")),
]
