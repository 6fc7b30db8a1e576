"""What is told of nodes: who switched them on and off, and what the control plane hears of them."""

from django.utils.translation import gettext as _

from clusters.engine.changes import ADDED, DELETED
from clusters.engine.objects import Object, condition_of, simulation_of
from clusters.web.states import kubelet_is_stopped
from clusters.web.telling import Sentence, Told, actor_name, mono, say, strong, you_changed


def you_node(told: Told) -> list[Sentence]:
    you, name = strong(_("You")), mono(told.name)
    if told.change.verb == ADDED:
        return [say("s-command", "quiet", _("{you} added {name}"), you=you, name=name)]
    if told.before is not None and told.change.verb != DELETED:
        off, text = _switched(told.before, told.change.object)
        if text:
            icon, tone = ("s-gone", "fail") if off else ("s-command", "quiet")
            return [say(icon, tone, text, you=you, name=name)]
    return you_changed(told)


def _switched(before: Object, node: Object) -> tuple[bool, str]:
    """Whether something was switched off, and what was switched at all; "" for nothing."""
    if _power(node) != _power(before):
        off = not _power(node)
        return off, _("{you} powered {name} off") if off else _("{you} powered {name} on")
    off = kubelet_is_stopped(node)
    if off == kubelet_is_stopped(before):
        return False, _cordon(before["spec"].get("unschedulable"), node["spec"].get("unschedulable"))
    return off, _("{you} stopped the kubelet on {name}") if off else _("{you} started the kubelet on {name}")


def _cordon(before: object, now: object) -> str:
    if bool(before) == bool(now):
        return ""
    return _("{you} cordoned {name}: no new pods come") if now else _("{you} uncordoned {name}")


def node_controller(told: Told) -> list[Sentence]:
    actor, name, said = strong(_("Node controller")), mono(told.name), []
    if _ready_status(told.change.object) == "Unknown" != _ready_status(told.before):
        said.append(say("s-crashing", "fail", _("{actor} marked {name} NotReady"), actor=actor, name=name))
    taints = _evicting_taints(told.change.object) - _evicting_taints(told.before)
    if taints:
        text = _("{actor} tainted {name}: {taint}")
        taint = mono(", ".join(sorted(taints)))
        said.append(say("s-crashing", "fail", text, actor=actor, name=name, taint=taint))
    return said


def _evicting_taints(node: Object | None) -> set[str]:
    taints = (node["spec"].get("taints") if node else None) or ()
    return {taint["key"].rpartition("/")[2] for taint in taints if taint["effect"] == "NoExecute"}


def kubelet_node(told: Told) -> list[Sentence]:
    name = mono(told.name)
    if told.change.verb == ADDED:
        text = _("{kubelet} registered {name}")
        return [say("g-kubelet", "quiet", text, kubelet=strong("kubelet"), name=name)]
    if _ready_status(told.change.object) == "True" and _ready_status(told.before) != "True":
        return [say("s-ready", "run", _("{name} is ready"), name=name)]
    return []


def new_images(told: Told) -> list[Sentence]:
    """What a pull has brought to the node."""
    new = _images(told.change.object) - _images(told.before)
    values = {"kubelet": actor_name(told.change.actor), "image": mono(", ".join(sorted(new)))}
    return [say("g-layers", "quiet", _("{kubelet} has the image {image} now"), **values)] if new else []


def _images(node: Object | None) -> set[str]:
    return set(simulation_of(node).get("images") or ()) if node else set()


def _ready_status(node: Object | None) -> str | None:
    condition = condition_of(node, "Ready") if node else None
    return None if condition is None else condition["status"]


def _power(node: Object) -> bool:
    return bool(simulation_of(node).get("powered", True))
