"""What one change of the journal means, in a sentence: the actor first, then what it did.

A change can say several things: a kubelet reports an IP and a running container at once. Where nothing of
it is worth a story (a status that repeats what is known), the fields that moved are told.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clusters.engine.changes import ADDED, CLIENT, DELETED, by_person
from clusters.web.cluster_sentences import placed_client, restored, simulator
from clusters.web.controller_sentences import (
    cloud_service,
    collector,
    counted,
    deployer,
    namespaces,
    rollout,
    scaler_pod,
    you_deployment,
    you_scaler,
)
from clusters.web.endpoint_sentences import addresses
from clusters.web.event_sentences import event
from clusters.web.field_sentences import born, ended, fields_moved
from clusters.web.node_sentences import kubelet_node, new_images, node_controller, you_node
from clusters.web.pod_sentences import (
    evictor,
    kubelet_pod,
    node_controller_pod,
    noticed,
    pod_collector,
    scheduler_pod,
    you_pod,
)
from clusters.web.telling import Sentence, Told, mono, you_changed


def tell(told: Told) -> list[Sentence]:
    """The sentences of any change, at least one."""
    known = tell_story(told)
    if known:
        return known
    detail = _DETAILS.get((told.change.actor.partition("/")[0], told.change.key.kind))
    return (detail(told) if detail else []) or _by_whom(told, [fields_moved(told)])


def tell_story(told: Told) -> list[Sentence]:
    """The sentences of a change; [] if it says nothing that a story needs."""
    change = told.change
    if by_person(change.actor) and change.cause:
        # People act for reasons of their own: this is part of going back to an earlier moment.
        return _by_whom(told, restored(told))
    actor = "person" if by_person(change.actor) else change.actor.partition("/")[0]
    teller = (
        _ANYBODY.get(change.key.kind) or _TELLERS.get((actor, change.key.kind)) or _TELLERS.get((actor, ""))
    )
    sentences = teller(told) if teller else []
    if not sentences and change.verb == ADDED:
        sentences = [born(told)]
    elif not sentences and (change.verb == DELETED or told.dies):
        sentences = [ended(told)]
    elif not sentences and actor == "person":
        sentences = [fields_moved(told)]
    return _by_whom(told, sentences)


def _by_whom(told: Told, sentences: list[Sentence]) -> list[Sentence]:
    if not told.change.actor.startswith(CLIENT):
        return sentences
    by_client = _by_client(told.change.actor.removeprefix(CLIENT))
    return [replace(said, html=format_html("{} {}", said.html, by_client)) for said in sentences]


def _by_client(client: str) -> SafeString:
    """How somebody who did not use the page did it: `client` is what his client calls itself."""
    if client.partition(" ")[0] == "kubectl":
        return format_html(_("({command}, from a real kubectl)"), command=mono(client))
    return format_html(_("(from the client {name})"), name=mono(client))


_ANYBODY: Final[dict[str, Callable[[Told], list[Sentence]]]] = {
    "Cluster": simulator,
    "Event": event,
    "TrafficClient": placed_client,
}
_TELLERS: Final[dict[tuple[str, str], Callable[[Told], list[Sentence]]]] = {
    ("person", ""): you_changed,
    ("person", "Pod"): you_pod,
    ("person", "Node"): you_node,
    ("person", "ReplicationController"): you_scaler,
    ("person", "ReplicaSet"): you_scaler,
    ("person", "Deployment"): you_deployment,
    ("replication-controller", "Pod"): scaler_pod,
    ("replicaset-controller", "Pod"): scaler_pod,
    ("deployment-controller", "ReplicaSet"): deployer,
    ("deployment-controller", "Deployment"): rollout,
    ("default-scheduler", "Pod"): scheduler_pod,
    ("kubelet", "Pod"): kubelet_pod,
    ("kubelet", "Node"): kubelet_node,
    ("node-controller", "Node"): node_controller,
    ("node-controller", "Pod"): node_controller_pod,
    ("taint-eviction-controller", "Pod"): evictor,
    ("garbage-collector", ""): collector,
    ("pod-garbage-collector", "Pod"): pod_collector,
    ("namespace-controller", ""): namespaces,
    ("service-controller", "Service"): cloud_service,
    ("endpoint-controller", "Endpoints"): addresses,
    ("endpointslice-controller", "EndpointSlice"): addresses,
}
_DETAILS: Final[dict[tuple[str, str], Callable[[Told], list[Sentence]]]] = {
    ("kubelet", "Node"): new_images,
    ("kubelet", "Pod"): noticed,
    ("replication-controller", "ReplicationController"): counted,
    ("replicaset-controller", "ReplicaSet"): counted,
    ("deployment-controller", "Deployment"): counted,
}
"""What is told where every change is, but would make a story longer than it is."""
