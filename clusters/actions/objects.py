"""What people do to the objects in a cluster.

All of these return the object as it is now, and raise StatusError for what the API server refuses: then
nothing was changed. `person` is a person as `clusters.access` knows one.
"""

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings

from clusters.actions.transactions import transact
from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import bad_request
from clusters.engine.apiserver.manifests import parse_manifests
from clusters.engine.cluster import CONTROLLER_MANAGER, is_stopped
from clusters.engine.controllers import serviceaccounts
from clusters.engine.kubelet import node_status
from clusters.engine.objects import REMOVE, Object, labels_of, name_of, with_value
from clusters.engine.store import Overlay

T = TypeVar("T")


def act(cluster_id: str, person: str, verb: Callable[[Overlay], T], *, kills: int = 0) -> T:
    """Run a verb as that person."""
    return transact(cluster_id, verb, actor=f"person:{person}", kills=kills)


def create_replication_controller(
    cluster_id: str, person: str, *, name: str, image: str, replicas: int, namespace: str = "default"
) -> Object:
    """A ReplicationController of pods with one container, found by the label app=<name>."""
    labels = {"app": name}
    container = {"name": name, "image": image}
    manifest = {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": labels,
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
    return act(cluster_id, person, lambda store: verbs.create(store, manifest))


def scale(cluster_id: str, person: str, kind: str, namespace: str, name: str, replicas: int) -> Object:
    """Have a controller keep so many pods."""
    return act(cluster_id, person, lambda store: verbs.scale(store, kind, namespace, name, replicas))


def expose(
    cluster_id: str,
    person: str,
    *,
    kind: str,
    namespace: str,
    name: str,
    service: str,
    type_: str,
    port: int,
    target_port: int | str,
) -> Object:
    """A Service named `service` to a pod, or to those that a controller selects, as `kubectl expose`.

    `target_port` is a number or the name of a container's port.
    """

    def verb(store: Overlay) -> Object:
        exposed = verbs.get(store, kind, namespace, name)
        ports = [{"port": port, "targetPort": _port(target_port), "protocol": "TCP"}]
        manifest = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": service, "namespace": namespace, "labels": labels_of(exposed)},
            "spec": {"type": type_, "selector": _selector(exposed), "ports": ports},
        }
        return verbs.create(store, manifest)

    return act(cluster_id, person, verb)


def delete_object(cluster_id: str, person: str, kind: str, namespace: str, name: str) -> Object:
    """Delete an object; what it owns follows in the background."""
    return act(cluster_id, person, lambda store: verbs.delete(store, kind, namespace, name))


def kill_pod(cluster_id: str, person: str, namespace: str, name: str, *, force: bool = False) -> Object:
    """Delete a pod, with `force` at once. A kill by force comes after a kill, and is not counted again."""
    grace = 0 if force else None

    def verb(store: Overlay) -> Object:
        return verbs.delete(store, "Pod", namespace, name, grace_seconds=grace)

    return act(cluster_id, person, verb, kills=int(not force))


def power(cluster_id: str, person: str, node: str, on: bool) -> Object:
    """Switch a node's power on or off."""
    switch = node_status.power_on if on else node_status.power_off
    return act(cluster_id, person, lambda store: switch(store, node))


def add_node(cluster_id: str, person: str) -> Object:
    """A new node, named node-<n> with a number that no node had before."""
    return act(cluster_id, person, bootstrap.add_node)


def delete_node(cluster_id: str, person: str, node: str) -> Object:
    """Take a node from the cluster; its pods go with it."""
    return act(cluster_id, person, lambda store: verbs.delete(store, "Node", "", node))


def cordon(cluster_id: str, person: str, node: str, unschedulable: bool) -> Object:
    """Let no new pods onto a node, or let them again."""

    def verb(store: Overlay) -> Object:
        value = True if unschedulable else REMOVE
        obj = verbs.get(store, "Node", "", node)
        return verbs.update(store, with_value(obj, ("spec", "unschedulable"), value))

    return act(cluster_id, person, verb)


def apply_manifests(cluster_id: str, person: str, text: str) -> list[tuple[Object, str]]:
    """Apply YAML or JSON, all of it or nothing: each object and "created", "configured" or "unchanged"."""
    manifests = parse_manifests(text, settings.LIFELINES_MAX_MANIFEST_BYTES)

    def verb(store: Overlay) -> list[tuple[Object, str]]:
        applied = []
        for manifest in manifests:
            applied.append(verbs.apply(store, manifest))
            if manifest["kind"] == "Namespace" and not is_stopped(store, CONTROLLER_MANAGER):
                # No controller comes between two documents, and pods in the next one want their account.
                serviceaccounts.ensure(store, name_of(applied[-1][0]))
        return applied

    return act(cluster_id, person, verb)


def _port(port: int | str) -> int | str:
    return int(port) if isinstance(port, str) and port.isascii() and port.isdecimal() else port


def _selector(exposed: Object) -> dict[str, str]:
    kind = exposed["kind"]
    if kind == "Pod":
        if not labels_of(exposed):
            raise bad_request("the pod has no labels and cannot be exposed")
        return labels_of(exposed)
    selector: Object = exposed["spec"].get("selector") or {}
    if kind in ("ReplicaSet", "Deployment"):
        if selector.get("matchExpressions"):
            raise bad_request("couldn't convert expressions to map-based selector format")
        selector = selector.get("matchLabels") or {}
    if not selector:
        raise bad_request(f"cannot expose a {kind}")
    return selector
