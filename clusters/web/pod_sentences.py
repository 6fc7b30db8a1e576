"""What is told of pods: where they run, what became of their containers, and who ended them."""

from dataclasses import replace

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.changes import DELETED
from clusters.engine.objects import Object, condition_of, is_deleting, is_ready
from clusters.web.states import container_statuses, failed_container, pulling_container
from clusters.web.telling import Sentence, Told, mono, say, strong, you_changed


def you_pod(told: Told) -> list[Sentence]:
    if not told.dies:
        return you_changed(told)
    by_force = told.change.verb == DELETED or not told.change.object["metadata"].get(
        "deletionGracePeriodSeconds", 1
    )
    text = _("{you} killed {name} by force") if by_force else _("{you} killed {name}")
    return [say("s-gone", "fail", text, you=strong(_("You")), name=mono(told.name))]


def scheduler_pod(told: Told) -> list[Sentence]:
    scheduler, node = strong(_("Scheduler")), told.change.object["spec"].get("nodeName")
    if node and (told.before is None or not told.before["spec"].get("nodeName")):
        return [say("g-scheduler", "quiet", _("{actor} chose {node}"), actor=scheduler, node=strong(node))]
    condition = condition_of(told.change.object, "PodScheduled")
    if condition is None or condition["status"] == "True":
        return []
    before = condition_of(told.before, "PodScheduled") if told.before else None
    if before is not None and before.get("message") == condition.get("message"):
        return []
    text = _("{actor} found no node for it: {why}")
    return [say("g-scheduler", "work", text, actor=scheduler, why=_refusal(condition))]


def _refusal(condition: Object) -> str:
    """What the scheduler says of the nodes, without what it says of pods that could make room."""
    message: str = condition.get("message", "")
    return message.partition(" no new claims")[0]


def kubelet_pod(told: Told) -> list[Sentence]:
    kubelet = _kubelet(told)
    if told.change.verb == DELETED:
        text = _("{kubelet} removed it. Its IP is free again")
        return [say("g-kubelet", "quiet", text, kubelet=kubelet)]
    told_now = [ask(told, kubelet) for ask in (_address, _end, _pull, _failure, _start, _readiness)]
    return [sentence for sentence in told_now if sentence is not None]


def noticed(told: Told) -> list[Sentence]:
    """The kubelet's first report of a pod: it has heard of it."""
    before, now = ((pod or {}).get("status") or {} for pod in (told.before, told.change.object))
    if "startTime" in before or "startTime" not in now:
        return []
    return [say("g-kubelet", "quiet", _("{kubelet} hears of it and prepares it"), kubelet=_kubelet(told))]


def _kubelet(told: Told) -> SafeString:
    node = told.change.actor.partition("/")[2] or told.change.object["spec"].get("nodeName", "")
    return format_html(_("{kubelet} on {node}"), kubelet=strong("kubelet"), node=node)


def _pull(told: Told, kubelet: SafeString) -> Sentence | None:
    now = pulling_container(told.change.object)
    before = pulling_container(told.before) if told.before else None
    if now is None or (before is not None and before.get("from") == now.get("from")):
        return None
    sentence = say("g-kubelet", "quiet", _("{kubelet} pulls the image"), kubelet=kubelet)
    return replace(sentence, pulling=pulling(told.change.object))


def pulling(pod: Object) -> tuple[float, float] | None:
    """From when to when the pod's image is pulled, in simulated seconds; None if none is."""
    found = pulling_container(pod)
    if found is None or found.get("until") is None or "from" not in found:
        return None
    return found["from"], found["until"]


def _address(told: Told, kubelet: SafeString) -> Sentence | None:
    ip = (told.change.object.get("status") or {}).get("podIP")
    before = ((told.before or {}).get("status") or {}).get("podIP")
    if not ip or ip == before:
        return None
    return say("g-kubelet", "quiet", _("{kubelet} gave it the IP {ip}"), kubelet=kubelet, ip=mono(ip))


def _failure(told: Told, kubelet: SafeString) -> Sentence | None:
    if is_deleting(told.change.object):
        return None
    reason = _waits_for(told.change.object)
    if not reason or (told.before is not None and _waits_for(told.before) == reason):
        return None
    texts = {
        "ErrImagePull": _("{kubelet} could not pull the image"),
        "ImagePullBackOff": _("{kubelet} waits before it pulls again"),
        "CrashLoopBackOff": _("{kubelet} waits before it starts the container again"),
    }
    if reason in texts:
        return say("s-crashing", "fail", texts[reason], kubelet=kubelet)
    text = _("{kubelet} cannot start the container: {why}")
    return say("s-crashing", "fail", text, kubelet=kubelet, why=reason)


def _waits_for(pod: Object) -> str:
    """Why a container that cannot start waits; "" if none does."""
    status = failed_container(pod) or {}
    reason: str = ((status.get("state") or {}).get("waiting") or {}).get("reason", "")
    return reason


def _end(told: Told, kubelet: SafeString) -> Sentence | None:
    """A container has ended; the report may say in the same breath that the kubelet waits."""
    if is_deleting(told.change.object):
        return None
    before = _ends(told.before) if told.before else {}
    ended = [end for name, end in _ends(told.change.object).items() if end[0] > before.get(name, (0, 0))[0]]
    if not ended:
        return None
    code = max(code for _times, code in ended)
    icon, tone = ("s-crashing", "fail") if code else ("s-gone", "quiet")
    return say(icon, tone, _("The container ended: exit code {code}"), code=code)


def _ends(pod: Object) -> dict[str, tuple[int, int]]:
    """How often each container has ended, and its last exit code."""
    init: list[Object] = (pod.get("status") or {}).get("initContainerStatuses") or []
    ends = {}
    for status in [*init, *container_statuses(pod)]:
        state = status.get("state") or {}
        last = state.get("terminated") or (status.get("lastState") or {}).get("terminated")
        if last:
            ends[status["name"]] = status.get("restartCount", 0) + ("running" not in state), last["exitCode"]
    return ends


def _start(told: Told, kubelet: SafeString) -> Sentence | None:
    running, before = _running(told.change.object), _running(told.before) if told.before else 0
    if running <= before or is_deleting(told.change.object):
        return None
    restarts = sum(status.get("restartCount", 0) for status in container_statuses(told.change.object))
    if restarts:
        text = ngettext(
            "{kubelet} started it again, {n} time so far",
            "{kubelet} started it again, {n} times so far",
            restarts,
        )
        return say("g-kubelet", "quiet", text, kubelet=kubelet, n=restarts)
    many = len(told.change.object["spec"]["containers"])
    text = ngettext("{kubelet} started the container", "{kubelet} started {n} containers", many)
    return say("g-kubelet", "quiet", text, kubelet=kubelet, n=many)


def _running(pod: Object) -> int:
    return sum("running" in (status.get("state") or {}) for status in container_statuses(pod))


def _readiness(told: Told, kubelet: SafeString) -> Sentence | None:
    ready, before = is_ready(told.change.object), told.before is not None and is_ready(told.before)
    if not ready or before or is_deleting(told.change.object):
        return None
    return say("s-ready", "run", _("{name} is ready"), name=mono(told.name))


def node_controller_pod(told: Told) -> list[Sentence]:
    """A silent node cannot say how its pods are: the node controller speaks for it."""
    if told.before is None or not is_ready(told.before) or is_ready(told.change.object):
        return []
    actor, node = strong(_("Node controller")), told.change.object["spec"].get("nodeName", "")
    text = _("{actor} marked it not ready: {node} is silent, nobody can tell")
    return [say("s-unreachable", "fail", text, actor=actor, node=mono(node))]


def evictor(told: Told) -> list[Sentence]:
    if not told.dies:
        return []
    text = _("{actor} gave up waiting for the node and deleted {name}")
    return [say("s-terminating", "fail", text, actor=strong(_("Taint eviction")), name=mono(told.name))]


def pod_collector(told: Told) -> list[Sentence]:
    if told.change.verb != DELETED and not told.dies:
        return []
    text = _("{actor} removed {name}: its node is gone")
    return [
        say("s-terminating", "quiet", text, actor=strong(_("Pod garbage collector")), name=mono(told.name))
    ]
