"""Why a pod does not run as people expect it: where it may not go, and what its containers lack."""

from collections.abc import Iterator
from typing import Final

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.cluster import pulls_of
from clusters.engine.kubelet.logs import log_lines
from clusters.engine.objects import (
    Object,
    controller_of,
    is_deleting,
    is_finished,
    is_ready,
    simulation_of,
)
from clusters.engine.store import MemoryStore
from clusters.web.image_names import near_images
from clusters.web.reasons import Reason, plain
from clusters.web.states import IMAGE_REASONS, container_statuses, failed_container
from clusters.web.telling import mono
from clusters.web.why_no_node import why_no_node

SCALERS: Final = frozenset({"replication-controller", "replicaset-controller"})
"""Who deletes pods because there are too many."""


def why_not_pod(image: MemoryStore, pod: Object, now: float) -> Iterator[Reason]:
    """What keeps the pod from running and from coming back."""
    if not is_deleting(pod):
        yield from _why_not_running(image, pod, now)
    if controller_of(pod) is None:
        yield Reason(plain(_("Nothing watches this pod. If you kill it, it stays gone.")), tone="quiet")


def _why_not_running(image: MemoryStore, pod: Object, now: float) -> Iterator[Reason]:
    node_name = pod["spec"].get("nodeName")
    if not node_name:
        if not is_finished(pod):
            yield from why_no_node(image, pod)
        return
    node = image.get("Node", "", node_name)
    if node is not None and not is_ready(node) and not is_finished(pod):
        text = _("{node} is silent: the pod may still run, nobody can tell.")
        yield Reason(format_html(text, node=mono(node_name)), tone="quiet")
        return
    failed = failed_container(pod)
    if failed is not None:
        yield _failure(image, pod, failed, now)
    elif not is_finished(pod):
        yield from _probe_failures(pod)


def _failure(image: MemoryStore, pod: Object, status: Object, now: float) -> Reason:
    waiting = (status.get("state") or {}).get("waiting") or {}
    if waiting.get("reason") in IMAGE_REASONS:
        return _no_image(image, pod, status, waiting)
    if waiting.get("reason") == "CrashLoopBackOff" or not waiting:
        return _crash(image, pod, status, now)
    text = _("kubelet cannot start container {name}: {reason}.")
    title = format_html(text, name=mono(status["name"]), reason=waiting.get("reason", ""))
    return Reason(title, (plain(waiting.get("message", "")),))


def _no_image(image: MemoryStore, pod: Object, status: Object, waiting: Object) -> Reason:
    containers = [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())]
    name = next(found["image"] for found in containers if found["name"] == status["name"])
    if waiting["reason"] == "ErrImageNeverPull":
        text = _("The image {image} is not on the node, and imagePullPolicy Never forbids to pull it.")
        return Reason(format_html(text, image=mono(name)))
    if pulls_of(image) == "fail":
        return Reason(format_html(_("No registry answers: {image} cannot be pulled."), image=mono(name)))
    near = near_images(name)
    lines = (format_html(_("There is {images}."), images=mono(", ".join(near))),) if near else ()
    return Reason(format_html(_("No registry has the image {image}."), image=mono(name)), lines)


def _crash(image: MemoryStore, pod: Object, status: Object, now: float) -> Reason:
    state = status.get("state") or {}
    last = state.get("terminated") or (status.get("lastState") or {}).get("terminated") or {}
    times = status.get("restartCount", 0) + 1
    text = ngettext(
        "Container {name} ended {n} time so far, at last with exit code {code}.",
        "Container {name} ended {n} times so far, at last with exit code {code}.",
        times,
    )
    title = format_html(text, name=mono(status["name"]), n=times, code=last.get("exitCode", 0))
    said = last_words(image, pod, status["name"], now)
    lines = (format_html(_("It wrote last: {line}"), line=mono(said)),) if said else ()
    return Reason(title, lines)


def last_words(image: MemoryStore, pod: Object, container: str, now: float) -> str:
    """The last line that a container wrote; "" if there is none."""
    try:
        lines = log_lines(image, pod, container, now, most=1)
    except StatusError:
        return ""
    return lines[-1].text if lines else ""


def _probe_failures(pod: Object) -> Iterator[Reason]:
    states = simulation_of(pod).get("containers") or {}
    for status in container_statuses(pod):
        for kind, memory in (states.get(status["name"], {}).get("probes") or {}).items():
            if status.get("ready") or not memory["failures"] or kind == "liveness":
                continue
            text = ngettext(
                "The {kind} probe of container {name} has failed {n} time in a row.",
                "The {kind} probe of container {name} has failed {n} times in a row.",
                memory["failures"],
            )
            yield Reason(
                format_html(text, kind=kind, name=mono(status["name"]), n=memory["failures"]), tone="work"
            )


def why_not_replaced(image: MemoryStore, pod: Object, by: str) -> Iterator[Reason]:
    """Why nobody made another pod in place of one that is gone; `by` is the actor that ended it."""
    owner = controller_of(pod)
    if owner is None:
        yield Reason(plain(_("Nothing watched this pod: nobody replaces it.")), tone="quiet")
        return
    found = image.get(owner["kind"], pod["metadata"]["namespace"], owner["name"])
    values = {"kind": owner["kind"], "name": mono(owner["name"])}
    if found is None or found["metadata"]["uid"] != owner["uid"]:
        text = _("{kind} {name} is gone, too: nobody replaces the pod.")
        yield Reason(format_html(text, **values), tone="quiet")
    elif by in SCALERS:
        text = _("{kind} {name} wanted fewer pods: it deleted this one and does not replace it.")
        yield Reason(format_html(text, **values), tone="quiet")
