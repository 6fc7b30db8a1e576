"""What comes next for a pod, and who would do it."""

from collections.abc import Iterator
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clusters.engine.clock import parse_rfc3339
from clusters.engine.cluster import CONTROLLER_MANAGER, SCHEDULER, is_stopped
from clusters.engine.kubelet.node_status import is_running
from clusters.engine.labels import subset_matches
from clusters.engine.objects import (
    Object,
    condition_of,
    controller_of,
    is_deleting,
    is_finished,
    is_ready,
    labels_of,
    name_of,
    namespace_of,
    simulation_of,
)
from clusters.engine.store import MemoryStore
from clusters.web.states import kubelet_is_stopped, pod_state
from clusters.web.telling import left, mono

RETRIES: Final = {"backoff": "until", "pull-error": "retry", "pull-backoff": "until", "config-error": "until"}
"""The phases of a container that waits for its next try, and where its state says when that is."""


def next_of_pod(image: MemoryStore, pod: Object, now: float) -> SafeString | None:
    """What happens to the pod next; None if nothing does."""
    node_name = pod["spec"].get("nodeName")
    if is_finished(pod) and not is_deleting(pod):
        return None
    if not node_name and not is_deleting(pod):
        return _unscheduled(image, pod)
    node = image.get("Node", "", node_name) if node_name else None
    if node is not None and not is_ready(node):
        return _unreachable(image, pod, node_name, now)
    if node is not None and kubelet_is_stopped(node):
        text = _("The kubelet on {node} is stopped: nobody looks after the pod")
        return format_html(text, node=mono(node_name))
    if node is not None and not is_running(node):
        text = _("No kubelet runs on {node}: nobody looks after the pod")
        return format_html(text, node=mono(node_name))
    return _terminating(image, pod, now) if is_deleting(pod) else _started(image, pod, node, now)


def nobody(image: MemoryStore, component: str, words: str) -> SafeString | None:
    """That a component does not do its work now, as it is stopped; None if it runs."""
    if not is_stopped(image, component):
        return None
    texts = {
        SCHEDULER: _("The scheduler is stopped: {words}"),
        CONTROLLER_MANAGER: _("The controller manager is stopped: {words}"),
    }
    return format_html(texts[component], words=words)


def _unscheduled(image: MemoryStore, pod: Object) -> SafeString:
    if stopped := nobody(image, SCHEDULER, _("nobody chooses a node")):
        return stopped
    refused = condition_of(pod, "PodScheduled") is not None
    text = _("Scheduler tries again when the cluster changes") if refused else _("Scheduler chooses a node")
    return format_html("{}", text)


def _unreachable(image: MemoryStore, pod: Object, node: str, now: float) -> SafeString:
    if is_deleting(pod):
        return format_html(_("The pod goes when {node} comes back or is deleted"), node=mono(node))
    if stopped := nobody(image, CONTROLLER_MANAGER, _("the pod stays where it is")):
        return stopped
    at = planned(pod)
    if at is None:
        text = _("If {node} stays silent, the pod is deleted and replaced elsewhere")
        text = text if controller_of(pod) else _("If {node} stays silent, the pod is deleted")
        return format_html(text, node=mono(node))
    text = _("If {node} stays silent, the pod is deleted in {left} and replaced elsewhere")
    text = text if controller_of(pod) else _("If {node} stays silent, the pod is deleted in {left}")
    return format_html(text, node=mono(node), left=left(at, now))


def planned(pod: Object) -> float | None:
    """When the pod is driven from its node; None if it is not, or goes already."""
    at: float | None = None if is_deleting(pod) else simulation_of(pod).get("evictAt")
    return at


def _terminating(image: MemoryStore, pod: Object, now: float) -> SafeString:
    finalizers = pod["metadata"].get("finalizers")
    if finalizers:
        text = _("The pod stays until somebody removes its finalizer {name}")
        return format_html(text, name=mono(finalizers[0]))
    gone = format_html(
        _("The pod is gone in {left} at the latest"),
        left=left(parse_rfc3339(pod["metadata"]["deletionTimestamp"]), now),
    )
    if controller_of(pod) is not None and is_stopped(image, CONTROLLER_MANAGER):
        stopped = nobody(image, CONTROLLER_MANAGER, _("nobody replaces it"))
        return format_html("{}. {}", gone, stopped)
    return gone


def _retries(pod: Object) -> Iterator[float]:
    for state in (simulation_of(pod).get("containers") or {}).values():
        field = RETRIES.get(state["phase"])
        if field is not None and state.get(field) is not None:
            yield state[field]


def _started(image: MemoryStore, pod: Object, node: Object | None, now: float) -> SafeString | None:
    retry = min(_retries(pod), default=None)
    if retry is not None:
        return format_html(_("kubelet tries again in {left}"), left=left(retry, now))
    state = pod_state(pod, node)
    service = next((s for s in image.list("Service", namespace_of(pod)) if _selects(s, labels_of(pod))), None)
    if state == "starting" and service is not None:
        has_ip = (pod.get("status") or {}).get("podIP")
        text = _("The pod gets an IP and joins Service {service}")
        text = _("The container starts and the pod joins Service {service}") if has_ip else text
        return format_html(text, service=name_of(service))
    texts = {"starting": _("The container starts"), "running": _("The pod becomes ready")}
    if state == "crashing" and _starts_again(pod):
        return format_html("{}", _("kubelet tries again"))
    return format_html("{}", texts[state]) if state in texts else None


def _starts_again(pod: Object) -> bool:
    """Whether the kubelet tries again by itself: an image without a valid name stays what it is."""
    states = (simulation_of(pod).get("containers") or {}).values()
    never = pod["spec"].get("restartPolicy") == "Never"
    return not never and not any(state["phase"] in ("invalid", "never") for state in states)


def _selects(service: Object, labels: dict[str, str]) -> bool:
    selector = service["spec"].get("selector")
    return bool(selector) and subset_matches(selector, labels)
