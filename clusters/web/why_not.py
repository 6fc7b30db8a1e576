"""Why not? What keeps an object from what people expect of it, worked out from the cluster as it is.

`why_not` asks those who decide: the scheduler's filters, the selectors, the state of containers and nodes.
"""

from collections.abc import Callable, Iterator
from typing import Final

from django.utils.html import format_html
from django.utils.translation import gettext as _

from clusters.engine.cluster import has_cloud
from clusters.engine.controllers.service import wants_load_balancer
from clusters.engine.kubelet import node_status
from clusters.engine.objects import Object, condition_of, is_deleting, is_ready, name_of, simulation_of
from clusters.engine.store import MemoryStore
from clusters.web.reasons import Reason, plain
from clusters.web.states import external_addresses
from clusters.web.telling import mono
from clusters.web.why_no_endpoints import why_nobody_answers
from clusters.web.why_no_pod import why_not_pod


def why_not(image: MemoryStore, obj: Object, now: float) -> list[Reason]:
    """What speaks against the object, the most important first; [] if it is as it should be.

    `now` is simulated time: what a crashed container wrote last depends on it.
    """
    asked = _ASKED.get(obj["kind"])
    return list(asked(image, obj, now)) if asked else []


def _service(image: MemoryStore, service: Object, now: float) -> Iterator[Reason]:
    if is_deleting(service):
        return
    yield from why_nobody_answers(image, service)
    if wants_load_balancer(service) and not external_addresses(service) and not has_cloud(image):
        lines = (plain(_("Switch the cloud on, or use NodePort.")),)
        yield Reason(plain(_("There is no cloud: nobody gives it a public address.")), lines, "work")


def _scaler(image: MemoryStore, controller: Object, now: float) -> Iterator[Reason]:
    failure = condition_of(controller, "ReplicaFailure")
    if failure is not None and failure["status"] == "True":
        lines = (plain(failure.get("message", "")),)
        yield Reason(plain(_("The API server refuses its pods:")), lines)


def _node(image: MemoryStore, node: Object, now: float) -> Iterator[Reason]:
    if is_ready(node) and node_status.is_running(node):
        return
    name = mono(name_of(node))
    if not simulation_of(node).get("powered", True):
        text = _("{node} has no power: its kubelet and its pods do not run.")
        yield Reason(format_html(text, node=name), tone="quiet")
    elif simulation_of(node).get("kubelet") == "stopped":
        lines = (plain(_("Containers that run go on, but nobody looks after them or tells how they are.")),)
        yield Reason(format_html(_("The kubelet on {node} is stopped."), node=name), lines, "quiet")
    elif not node_status.is_running(node):
        yield Reason(format_html(_("Nobody has a machine that registers as {node}."), node=name))


_ASKED: Final[dict[str, Callable[[MemoryStore, Object, float], Iterator[Reason]]]] = {
    "Pod": why_not_pod,
    "Service": _service,
    "Node": _node,
    "ReplicationController": _scaler,
    "ReplicaSet": _scaler,
    "Deployment": _scaler,
}
