"""The Services' pills, and the tray beside them where pods wait that have no node."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.objects import Object, condition_of
from clusters.web.map.endpoints import ServiceFacts
from clusters.web.map.plan import PITCH_PILL, Box, Plan
from clusters.web.map.pods import PodView
from clusters.web.states import POD_STATES
from clusters.web.widths import fit, planned, text_width, wrap

MOST_PILLS: Final = 3
SMALL_PILL: Final = 32
MOST_ICONS: Final = 6
TRAY: Final = 178
PHONE_TRAY: Final = 44
RULE: Final = 13
"""From a field's text to the rule after it, and from there to the next field."""


@dataclass(frozen=True, slots=True)
class Field:
    """A caption over a value, at `x` in its pill. `kind` is the style of the value."""

    kind: str
    x: float
    caption: str
    value: str
    w: float


@dataclass(frozen=True, slots=True)
class Pill:
    """One Service."""

    uid: str
    namespace: str
    name: str
    label: str
    box: Box
    large: bool
    state: str
    cluster_ip: str
    external_ip: str
    aria: str
    fields: tuple[Field, ...]
    icons: tuple[str, ...]
    """States of the pods that its selector finds, ready ones first; () when there are too many."""
    share: float
    """Ready endpoints among those pods."""
    counted: str
    dots: tuple[tuple[float, float], ...]
    """Where its lines to the nodes begin."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What stands in the pill's place while there is no Service."""

    box: Box
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tray:
    """Pods without a node."""

    box: Box
    pods: tuple[PodView, ...]
    title: str
    reason: str
    text_x: float


@dataclass(frozen=True, slots=True)
class ServicesView:
    """The band of Services: a region of the map."""

    template: ClassVar[str] = "clusters/map_services.jinja"

    id: str
    plan: Plan
    pills: tuple[Pill, ...]
    more: str
    more_box: Box
    hint: Hint | None
    tray: Tray | None


def shown(services: Sequence[ServiceFacts], large: ServiceFacts | None) -> list[ServiceFacts]:
    """The Services that get a pill: the first ones, and always the large one."""
    if large is None or len(services) <= MOST_PILLS:
        return list(services)
    others = [service for service in services if service is not large][: MOST_PILLS - 1]
    return [service for service in services if service is large or service in others]


def stack(plan: Plan, pills: Sequence[ServiceFacts], large: ServiceFacts | None, tray: bool) -> list[Box]:
    """Where the pills go, one under the other. A tray takes the right end of the large one."""
    boxes: list[Box] = []
    y = plan.pill.y
    for service in pills:
        if service is large:
            boxes.append(_large_box(plan, tray)._replace(y=y))
        else:
            boxes.append(Box(plan.pill.x, y, plan.pill.w, SMALL_PILL))
        y += boxes[-1].h + PITCH_PILL - SMALL_PILL
    return boxes


def _large_box(plan: Plan, tray: bool) -> Box:
    if tray and not plan.tiles and plan.layout != "phone":
        return plan.pill._replace(w=pill_width(plan))
    return plan.pill


def pill_width(plan: Plan) -> float:
    """What a tray leaves of the large pill: to 25 past the last trunk at least."""
    last = max((node.x for node in plan.nodes), default=plan.pill.x) + 10 + 25
    return max(last - plan.pill.x, plan.pill.w - TRAY - 12)


def pill_view(
    service: ServiceFacts,
    box: Box,
    plan: Plan,
    *,
    states: Sequence[str],
    dots: tuple[tuple[float, float], ...],
) -> Pill:
    """One pill. `states` are the drawn states of the pods that its selector finds."""
    spec, metadata = service.object["spec"], service.object["metadata"]
    total = max(len(states), len(service.ready))
    counted = _("%(ready)d of %(total)d") % {"ready": len(service.ready), "total": total}
    ingress = ((service.object.get("status") or {}).get("loadBalancer") or {}).get("ingress") or [{}]
    large = box.h > SMALL_PILL
    many = total > MOST_ICONS
    fields = _fields(service, box, plan, counted, total) if large else _small_fields(service, box)
    return Pill(
        uid=service.uid,
        namespace=metadata["namespace"],
        name=metadata["name"],
        label=service.label,
        box=box,
        large=large,
        state=service.state,
        cluster_ip=spec.get("clusterIP", ""),
        external_ip=ingress[0].get("ip", ""),
        aria=_aria(service, counted),
        fields=tuple(fields),
        icons=() if many else _icons(len(service.ready), total, states),
        share=len(service.ready) / total if total else 0.0,
        counted=counted if service.ready else _("%(counted)s, nobody to answer") % {"counted": counted},
        dots=dots,
    )


def _aria(service: ServiceFacts, counted: str) -> str:
    return _("Service %(name)s, ClusterIP %(ip)s, port %(port)s, %(counted)s endpoints ready") % {
        "name": service.label,
        "ip": service.object["spec"].get("clusterIP", ""),
        "port": _ports(service.object),
        "counted": counted,
    }


def _icons(ready: int, total: int, states: Sequence[str]) -> tuple[str, ...]:
    others = sorted((state for state in states if state != "ready"), key=POD_STATES.index)
    return ("ready",) * ready + tuple([*others, *["running"] * total][: total - ready])


def _ports(service: Object) -> str:
    ports = service["spec"].get("ports") or []
    if not ports:
        return "–"
    text = f"{ports[0]['port']} → {ports[0].get('targetPort', ports[0]['port'])}"
    return text if len(ports) == 1 else f"{text} +{len(ports) - 1}"


def _selector(service: Object) -> str:
    selector = service["spec"].get("selector") or {}
    return ",".join(f"{key}={value}" for key, value in selector.items()) or "–"


def _fields(service: ServiceFacts, box: Box, plan: Plan, counted: str, total: int) -> list[Field]:
    """The large pill's fields, left to right; Port and then Selector go when there is no room."""
    phone = plan.layout == "phone"
    ip = service.object["spec"].get("clusterIP", "")
    if phone:
        caption = _("Service %(name)s · stays the same") % {"name": service.label}
        return [Field("address", 61.5, fit(caption, box.w - 170, 12), ip, 164)]
    name = fit(service.label, 150, 14.5)
    captions = {
        "service": (_("Service"), name, planned(name, 14.5)),
        "address": (_("ClusterIP · stays the same"), ip, text_width(ip, 19, mono=True)),
        "port": (_("Port"), _ports(service.object), text_width(_ports(service.object), 12.3, mono=True)),
        "selector": _selector_field(service.object),
        "endpoints": (_("Ready endpoints"), counted, _endpoints_width(service, counted, total)),
    }
    for dropped in ((), ("port",), ("port", "selector")):
        fields = _placed([(kind, *captions[kind]) for kind in captions if kind not in dropped])
        if fields[-1].x + fields[-1].w <= box.w - 16:
            break
    return fields


def _selector_field(service: Object) -> tuple[str, str, float]:
    text = fit(_selector(service), 150, 12.3, mono=True)
    return _("Selector"), text, text_width(text, 12.3, mono=True)


def _endpoints_width(service: ServiceFacts, counted: str, total: int) -> float:
    if not service.ready:
        counted = _("%(counted)s, nobody to answer") % {"counted": counted}
    drawing = 15 * total + 4 if total <= MOST_ICONS else 100
    return drawing + planned(counted, 13)


def _placed(captions: Sequence[tuple[str, str, str, float]]) -> list[Field]:
    fields: list[Field] = []
    x = 54.0
    for kind, caption, value, wide in captions:
        width = max(wide, planned(caption, 10.8))
        fields.append(Field(kind, round(x, 1), caption, value, round(width, 1)))
        x += width + 2 * RULE
    return fields


def _small_fields(service: ServiceFacts, box: Box) -> list[Field]:
    name = fit(service.label, 150, 13)
    ip = service.object["spec"].get("clusterIP", "")
    x = 34 + planned(name, 13) + 14
    return [
        Field("service", 34, "", name, planned(name, 13)),
        Field("address", round(x, 1), "", ip, text_width(ip, 13.5, mono=True)),
    ]


def hint(plan: Plan, has_pods: bool, has_nodes: bool, waiting: bool) -> Hint:
    """A sentence for somebody whose cluster has no Service yet: what to do next."""
    if not has_nodes:
        title, text = _("This cluster has no nodes"), _("Add a node, so that pods have a place to run.")
    elif has_pods:
        title = _("No Service yet")
        text = _("Pods come and go, and their IPs with them. A Service gives them one address that stays.")
    else:
        title = _("An empty cluster, ready for pods")
        text = _("Create a ReplicationController. It makes pods, and each pod gets an IP of its own.")
    box = _large_box(plan, waiting)
    return Hint(box, title, tuple(wrap(text, box.w - 84, 11.8, 1 if box.w > 600 else 2)))


def more_box(boxes: Sequence[Box]) -> Box:
    """Where the count of further Services stands: in place of the last small pill's right end."""
    box = next(box for box in reversed(boxes) if box.h == SMALL_PILL)
    return Box(box.x + box.w - 118, box.y, 118, box.h)


def tray(plan: Plan, pods: Sequence[Object], views: Sequence[PodView]) -> Tray:
    """The waiting tray, with as many icons as fit; all pods are in the table."""
    box = _tray_box(plan)
    count = len(pods)
    roomy = plan.layout == "phone" or (not plan.tiles and box.w >= 150)
    title = ngettext("%(count)d pod waiting", "%(count)d pods waiting", count) % {"count": count}
    if not roomy:
        title = _("waiting") if plan.tiles else _("%(count)d waiting") % {"count": count}
    reason = _tray_reason(pods) if roomy else ""
    size = 15.0 if plan.tiles else 17.0
    text = max(planned(title, 11.8), planned(reason, 11))
    most = max(1, int((box.w - text - 34) // size)) if not plan.tiles else int((box.w - text - 8) // size)
    y = (box.h - (12.5 if plan.tiles else 14)) / 2
    left = 2.0 if plan.tiles else 16.0
    placed = tuple(
        replace(pod, x=round(left + index * size, 1), y=y) for index, pod in enumerate(views[: max(1, most)])
    )
    return Tray(box, placed, title, reason, round(left + len(placed) * size + 6, 1))


def _tray_reason(pods: Sequence[Object]) -> str:
    """Why pods have no node, in a few words."""
    conditions = [condition for pod in pods if (condition := condition_of(pod, "PodScheduled"))]
    refused = [condition for condition in conditions if condition.get("reason") == "Unschedulable"]
    if not refused:
        return _("looking for a node")
    if any("Insufficient" in condition.get("message", "") for condition in refused):
        return _("no node has room")
    return _("no node may take them")


def _tray_box(plan: Plan) -> Box:
    """Beside the large pill, under it on a phone, over the last column of tiles."""
    if plan.tiles:
        width = max(plan.nodes[-1].w, 150)
        return Box(plan.pill.x + plan.pill.w - width, plan.pill.bottom + 6, width, 18)
    if plan.layout == "phone":
        return Box(plan.pill.x, plan.pill.bottom + 8, plan.pill.w, 36)
    left = plan.pill.x + pill_width(plan) + 12
    return Box(left, plan.pill.y, plan.pill.x + plan.pill.w - left, plan.pill.h)
