"""URLs of the cluster's page and its commands."""

from django.urls import URLPattern, path
from django.views.i18n import set_language

from clusters.web import commands, connect, views

app_name = "clusters"
urlpatterns: list[URLPattern] = [
    path("sandbox/", views.open_sandbox, name="sandbox"),
    path("language/", set_language, name="language"),
    path("c/<slug:cluster_id>/", views.page, name="page"),
    path("c/<slug:cluster_id>/inspect/<str:kind>/<str:namespace>/<str:name>", views.inspect, name="inspect"),
    path("c/<slug:cluster_id>/clock", commands.clock, name="clock"),
    path("c/<slug:cluster_id>/cloud", commands.cloud, name="cloud"),
    path("c/<slug:cluster_id>/revoke", commands.revoke, name="revoke"),
    path("c/<slug:cluster_id>/connect", connect.connect, name="connect"),
    path("c/<slug:cluster_id>/kubeconfig", connect.download, name="kubeconfig"),
    path("c/<slug:cluster_id>/keys/replace", connect.replace_keys, name="replace-keys"),
    path("c/<slug:cluster_id>/apply", commands.apply, name="apply"),
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
    path(
        "c/<slug:cluster_id>/replicationcontrollers/<str:namespace>/<str:name>/scale",
        commands.scale,
        name="scale",
    ),
    path(
        "c/<slug:cluster_id>/replicationcontrollers/<str:namespace>/<str:name>/delete",
        commands.delete_replication_controller,
        name="delete-replicationcontroller",
    ),
    path("c/<slug:cluster_id>/services/", commands.expose, name="expose"),
    path(
        "c/<slug:cluster_id>/services/<str:namespace>/<str:name>/delete",
        commands.delete_service,
        name="delete-service",
    ),
]
