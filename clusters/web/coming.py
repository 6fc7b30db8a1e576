"""What comes next for an object: the end of its chain of causes.

Nothing here depends on the time of drawing: what waits for a time carries it, and the page counts down.
"""

from collections.abc import Callable
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.cluster import CONTROLLER_MANAGER, has_cloud, is_stopped
from clusters.engine.controllers import deployment_status, event_ttl, node_lifecycle
from clusters.engine.controllers.service import wants_load_balancer
from clusters.engine.kubelet import node_status
from clusters.engine.objects import (
    Object,
    is_active,
    is_deleting,
    is_ready,
    name_of,
    simulation_of,
    uid_of,
)
from clusters.engine.store import MemoryStore
from clusters.web.coming_pod import next_of_pod, nobody, planned
from clusters.web.states import external_addresses, node_state
from clusters.web.telling import left, mono


def coming(image: MemoryStore, obj: Object, now: float) -> SafeString | None:
    """What happens to the object next if nobody does anything; None if nothing does.

    `now` is the simulated time for which countdowns are written first.
    """
    asked = _NEXT.get(obj["kind"])
    return asked(image, obj, now) if asked else None


def _service(image: MemoryStore, service: Object, now: float) -> SafeString | None:
    waits = wants_load_balancer(service) and not external_addresses(service)
    if is_deleting(service):
        if has_cloud(image):
            return format_html("{}", _("The cloud takes its load balancer away, then the Service is gone"))
        return format_html("{}", _("It stays until there is a cloud again that takes its load balancer away"))
    if not waits or not has_cloud(image):
        return None
    if stopped := nobody(image, CONTROLLER_MANAGER, _("nobody asks the cloud for an address")):
        return stopped
    due = (simulation_of(service).get("loadBalancer") or {}).get("due")
    if due is None or due <= now:
        return format_html("{}", _("The cloud gives it an address"))
    return format_html(_("The cloud gives it an address in {left}"), left=left(due, now))


def _scaler(image: MemoryStore, controller: Object, now: float) -> SafeString | None:
    if is_deleting(controller):
        return format_html("{}", _("The garbage collector deletes its pods, then it is gone"))
    pods = [pod for pod in image.indexed("pods-by-controller", uid_of(controller)) if is_active(pod)]
    missing = controller["spec"].get("replicas", 1) - len(pods)
    actor = mono(controller["kind"])
    if missing and is_stopped(image, CONTROLLER_MANAGER):
        words = _("nobody makes the pods that are missing") if missing > 0 else _("nobody deletes pods")
        return nobody(image, CONTROLLER_MANAGER, words)
    if missing > 0:
        text = ngettext("{actor} makes {n} more pod", "{actor} makes {n} more pods", missing)
        return format_html(text, actor=actor, n=missing)
    if missing < 0:
        text = ngettext("{actor} deletes {n} pod", "{actor} deletes {n} pods", -missing)
        return format_html(text, actor=actor, n=-missing)
    waiting = sum(not is_ready(pod) for pod in pods)
    if not waiting:
        return None
    text = ngettext("{n} pod has to become ready", "{n} pods have to become ready", waiting)
    return format_html(text, n=waiting)


def _deployment(image: MemoryStore, deployment: Object, now: float) -> SafeString | None:
    status = deployment.get("status") or {}
    if is_deleting(deployment):
        return format_html("{}", _("The garbage collector deletes its ReplicaSets, then it is gone"))
    if deployment_status.is_complete(deployment, status):
        return None
    if deployment["spec"].get("paused"):
        return format_html("{}", _("The rollout is paused: no pod is replaced until you resume it"))
    if stopped := nobody(image, CONTROLLER_MANAGER, _("the rollout does not go on")):
        return stopped
    return _rollout(deployment, status, now)


def _rollout(deployment: Object, status: Object, now: float) -> SafeString:
    due = deployment_status.next_progress_check(deployment)
    if due is None:
        return format_html("{}", _("The rollout goes on as soon as its new pods become ready"))
    old = max(0, status.get("replicas", 0) - status.get("updatedReplicas", 0))
    text = ngettext("{n} old pod is replaced", "{n} old pods are replaced", old)
    following = format_html(text if old else _("Its pods have to become ready"), n=old)
    late = format_html(_("If nothing moves, the rollout has failed in {left}"), left=left(due, now))
    return format_html("{}. {}", following, late)


def _node(image: MemoryStore, node: Object, now: float) -> SafeString | None:
    lost = node_state(node) == "notready"
    if node_status.is_running(node):
        return format_html("{}", _("Its kubelet reports that it is well")) if lost else None
    if stopped := nobody(image, CONTROLLER_MANAGER, _("nobody notices that the node is silent")):
        return stopped
    if lost:
        return _lost_node(image, node, now)
    text = _("If {node} stays silent, it is NotReady in {left}")
    return format_html(text, node=mono(name_of(node)), left=left(node_lifecycle.lost_at_of(node), now))


def _lost_node(image: MemoryStore, node: Object, now: float) -> SafeString | None:
    if not any(is_ready(other) for other in image.list("Node")):
        return format_html("{}", _("No node is ready, so no pods are moved: it may be the network"))
    pods = [pod for pod in image.indexed("pods-by-node", name_of(node)) if is_active(pod)]
    times = [at for pod in pods if (at := planned(pod)) is not None]
    if times:
        text = _("If {node} stays silent, its pods move in {left}")
        return format_html(text, node=mono(name_of(node)), left=left(min(times), now))
    text = _("If {node} stays silent for 5 min, its pods move")
    return format_html(text, node=mono(name_of(node))) if pods else None


def _namespace(image: MemoryStore, namespace: Object, now: float) -> SafeString | None:
    if not is_deleting(namespace):
        return None
    left_over = sum(len(image.list(kind, name_of(namespace))) for kind in image.kinds())
    text = ngettext("It goes when its {n} object is gone", "It goes when its {n} objects are gone", left_over)
    return format_html(text, n=left_over)


def _event(image: MemoryStore, event: Object, now: float) -> SafeString | None:
    text = _("The API server forgets it in {left}")
    return format_html(text, left=left(event_ttl.expires(event), now))


_NEXT: Final[dict[str, Callable[[MemoryStore, Object, float], SafeString | None]]] = {
    "Pod": next_of_pod,
    "Service": _service,
    "Node": _node,
    "ReplicationController": _scaler,
    "ReplicaSet": _scaler,
    "Deployment": _deployment,
    "Namespace": _namespace,
    "Event": _event,
}
