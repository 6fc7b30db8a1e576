"""Faults that people put into a cluster: what is stopped, as the panel lists it, and the commands for it."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clusters import actions
from clusters.engine.cluster import CONTROLLER_MANAGER, PULLS, SCHEDULER, is_stopped, pulls_of
from clusters.engine.objects import name_of
from clusters.engine.store import MemoryStore
from clusters.web.answers import Told, act
from clusters.web.map.nodes import natural
from clusters.web.states import kubelet_is_stopped


@dataclass(frozen=True, slots=True)
class Switch:
    """A component that can be stopped; `note` says what follows."""

    component: str
    title: str
    running: bool
    note: str


@dataclass(frozen=True, slots=True)
class Faults:
    """What of a cluster is stopped or fails."""

    switches: tuple[Switch, ...]
    kubelets: tuple[str, ...]
    """The nodes whose kubelet is stopped though they have power."""
    pulls: str
    ways: tuple[tuple[str, str], ...]
    """How images may come: one of cluster.PULLS, and its words."""
    pulls_note: str


def faults_of(image: MemoryStore) -> Faults:
    """The faults of a cluster at some moment, with texts in the active language."""
    words = {"normal": _("Normal"), "slow": _("Slow"), "fail": _("Failing")}
    notes = {
        "normal": "",
        "slow": _("Images come ten times as slowly."),
        "fail": _("No registry answers. Only an image on the node runs, unless its policy is Always."),
    }
    stopped = [name_of(node) for node in image.list("Node") if kubelet_is_stopped(node)]
    pulls = pulls_of(image)
    return Faults(
        switches=(
            _switch(image, SCHEDULER, _("Scheduler"), _("New pods wait without a node.")),
            _switch(
                image,
                CONTROLLER_MANAGER,
                _("Controller manager"),
                _("Nobody counts pods, updates endpoints or notices silent nodes."),
            ),
        ),
        kubelets=tuple(sorted(stopped, key=natural)),
        pulls=pulls,
        ways=tuple((how, words[how]) for how in PULLS),
        pulls_note=notes[pulls],
    )


def told(faults: Faults, *, components: bool, kubelets: bool) -> str:
    """The faults in a line, "" for none; of components and kubelets only if somebody has to be told."""
    stopped = [switch.title for switch in faults.switches if components and not switch.running]
    if kubelets:
        stopped += [_("kubelet on %(node)s") % {"node": node} for node in faults.kubelets]
    texts = [_("Stopped: %(names)s.") % {"names": ", ".join(stopped)}] if stopped else []
    if components and faults.pulls != PULLS[0]:
        texts.append({"slow": _("Image pulls are slow."), "fail": _("Image pulls fail.")}[faults.pulls])
    return " ".join(texts)


def _switch(image: MemoryStore, component: str, title: str, note: str) -> Switch:
    running = not is_stopped(image, component)
    return Switch(component, title, running, "" if running else note)


@require_POST
def component(request: HttpRequest, cluster_id: str, name: str) -> HttpResponse:
    """Start or stop a component of the control plane: running=1, or nothing, as a checkbox sends it."""
    running = request.POST.get("running") == "1"

    def verb(person: str) -> Told:
        actions.set_component(cluster_id, person, name, running)
        return Told()

    return act(request, cluster_id, verb)


@require_POST
def kubelet(request: HttpRequest, cluster_id: str, name: str) -> HttpResponse:
    """Start or stop the kubelet of a node: running=1 or 0."""
    running = request.POST.get("running") == "1"

    def verb(person: str) -> Told:
        actions.set_kubelet(cluster_id, person, name, running)
        if running:
            return Told(_("You started the kubelet on %(node)s.") % {"node": name})
        text = _("Its containers run on. After 50 s without a signal the cluster calls it NotReady.")
        return Told(_("You stopped the kubelet on %(node)s.") % {"node": name}, text)

    return act(request, cluster_id, verb)


@require_POST
def pulls(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """How images come: pulls=normal, slow or fail."""

    def verb(person: str) -> Told:
        actions.set_pulls(cluster_id, person, request.POST.get("pulls", ""))
        return Told()

    return act(request, cluster_id, verb)
