"""Faults that people put into a cluster to see what stops: a component, a kubelet, the pulls of images."""

from django.utils.translation import gettext as _

from clusters.actions.objects import act
from clusters.engine import cluster
from clusters.engine.apiserver.errors import bad_request
from clusters.engine.kubelet import node_status
from clusters.engine.objects import Object


def set_component(cluster_id: str, person: str, component: str, running: bool) -> None:
    """Start or stop one of `cluster.COMPONENTS`. Raises 400 for another name."""
    if component not in cluster.COMPONENTS:
        raise bad_request(_("There is no component %(name)s to stop.") % {"name": component})
    act(cluster_id, person, lambda store: cluster.set_component(store, component, running))


def set_kubelet(cluster_id: str, person: str, node: str, running: bool) -> Object:
    """Start or stop the kubelet of a node; the machine and its containers run on. Raises 404."""
    switch = node_status.start_kubelet if running else node_status.stop_kubelet
    return act(cluster_id, person, lambda store: switch(store, node))


def set_pulls(cluster_id: str, person: str, how: str) -> None:
    """Say how images come from now on: one of `cluster.PULLS`. Raises 400 for anything else."""
    if how not in cluster.PULLS:
        raise bad_request(_("Image pulls are one of %(ways)s.") % {"ways": ", ".join(cluster.PULLS)})
    act(cluster_id, person, lambda store: cluster.set_pulls(store, how))
