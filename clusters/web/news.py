"""What happened in a cluster, in sentences: read out by screen readers, some shown as toasts."""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine import cluster
from clusters.engine.changes import DELETED, Change
from clusters.engine.objects import Object, is_deleting, is_ready, name_of, simulation_of, uid_of
from clusters.web.lineage import History
from clusters.web.pictures import News
from clusters.web.states import kubelet_is_stopped

MOST: Final = 3
"""More sentences of a kind at once become one with a number."""


def news_of(changes: Sequence[Change], history: History) -> list[News]:
    """The sentences for these changes, in the active language."""
    ready, gone = [], []
    news = [said for change in changes for said in _machine_news(change)]
    for change in changes:
        if change.key.kind == "Pod" and change.verb == DELETED:
            gone.append(change)
        elif change.key.kind == "Pod" and _became_ready(change):
            ready.append(change)
    if len(gone) > MOST:
        said = ngettext("%(n)d pod is gone.", "%(n)d pods are gone.", len(gone))
        news.append(News(said % {"n": len(gone)}))
    else:
        news += [News(_("%(pod)s is gone.") % {"pod": change.key.name}) for change in gone]
    if len(ready) > MOST:
        said = ngettext("%(n)d pod is ready.", "%(n)d pods are ready.", len(ready))
        news.append(News(said % {"n": len(ready)}))
    else:
        news += [_ready_news(change, history) for change in ready]
    return news


def _became_ready(change: Change) -> bool:
    if is_deleting(change.object) or not is_ready(change.object):
        return False
    return change.previous is not None and not is_ready(change.previous)


def _ready_news(change: Change, history: History) -> News:
    """A pod that takes another's place is worth a toast: its address is new, and the Service found it."""
    ip = (change.object.get("status") or {}).get("podIP", "")
    title = _("%(pod)s is ready at %(ip)s.") % {"pod": change.key.name, "ip": ip}
    life = history.lives.get(uid_of(change.object))
    found = life is not None and any(
        service.gone_at is None and service.selects(life) for service in history.services.values()
    )
    text = _("The Service found it by its label.") if found else ""
    return News(title, text, toast=life is not None and bool(life.replaces))


def _machine_news(change: Change) -> list[News]:
    if change.key == cluster.KEY:
        return _fault_news(change)
    return _node_news(change) if change.key.kind == "Node" else []


def _fault_news(change: Change) -> list[News]:
    """What people have stopped or started again, and what follows."""
    before, after = (change.previous or change.object)["spec"], change.object["spec"]
    news = []
    for component in sorted({*before["stopped"]} ^ {*after["stopped"]}):
        stopped = component in after["stopped"]
        news.append(_scheduler_news(stopped) if component == cluster.SCHEDULER else _manager_news(stopped))
    pulls = after.get("pulls", "normal")
    if pulls != before.get("pulls", "normal"):
        texts = {
            "normal": _("Images come at full speed again."),
            "slow": _("Images come ten times as slowly."),
            "fail": _("No registry answers. No image can be pulled."),
        }
        news.append(News(texts[pulls]))
    return news


def _scheduler_news(stopped: bool) -> News:
    if stopped:
        return News(_("The scheduler is stopped. New pods wait."))
    return News(_("The scheduler runs again."))


def _manager_news(stopped: bool) -> News:
    if stopped:
        return News(_("The controller manager is stopped. Nobody counts pods."))
    return News(_("The controller manager runs again."))


def _node_news(change: Change) -> list[News]:
    name = change.key.name
    if change.verb == DELETED:
        return [News(_("%(node)s was removed from the cluster.") % {"node": name})]
    if change.previous is None:
        return []
    if is_ready(change.previous) == is_ready(change.object):
        return _kubelet_news(change.previous, change.object)
    if is_ready(change.object):
        return [News(_("%(node)s is ready.") % {"node": name}, toast=True)]
    text = _("Its pods move in 5 min if it stays silent.")
    return [News(_("%(node)s stopped answering.") % {"node": name}, text, toast=True)]


def _kubelet_news(before: Object, node: Object) -> list[News]:
    name = {"node": name_of(node)}
    if kubelet_is_stopped(node) and not kubelet_is_stopped(before):
        return [News(_("The kubelet on %(node)s is stopped. Nothing new starts there.") % name)]
    if kubelet_is_stopped(before) and simulation_of(node)["kubelet"] == "running":
        return [News(_("The kubelet on %(node)s runs again.") % name)]
    return []
