"""The band of Services: how their pills stack, and the tray where pods wait that have no node."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.objects import Object, condition_of
from clusters.web.map.endpoints import ServiceFacts
from clusters.web.map.pills import MORE, SMALL_PILL, Hint, Pill
from clusters.web.map.plan import PITCH_PILL, Box, Plan
from clusters.web.map.pods import PodView
from clusters.web.widths import fit, planned, text_width

MOST_PILLS: Final = 3
TRAY: Final = 178
TRAY_END: Final = 10
"""Room between the tray's words and its round end."""
PHONE_TRAY: Final = 44


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
    more_box: Box | None
    hint: Hint | None
    tray: Tray | None


def shown(services: Sequence[ServiceFacts], large: ServiceFacts | None) -> list[ServiceFacts]:
    """The Services that get a pill: the first ones, and always the large one."""
    others = [service for service in services if service is not large][: MOST_PILLS - 1]
    return [service for service in services if service is large or service in others]


def extra_height(layout: str, pills: int, waiting: int) -> float:
    """What the band takes besides the first pill."""
    extra = PITCH_PILL * max(0, pills - 1)
    return extra + PHONE_TRAY if layout == "phone" and waiting else extra


def stack(plan: Plan, pills: Sequence[ServiceFacts], large: ServiceFacts | None, tray: bool) -> list[Box]:
    """Where the pills go, one under the other. A tray takes the right end of the large one."""
    boxes: list[Box] = []
    y = plan.pill.y
    for service in pills:
        if service is large:
            boxes.append(large_box(plan, tray)._replace(y=y))
        else:
            boxes.append(Box(plan.pill.x, y, plan.pill.w, SMALL_PILL))
        y += boxes[-1].h + PITCH_PILL - SMALL_PILL
    return boxes


def large_box(plan: Plan, tray: bool) -> Box:
    """The first place of the large pill. It leaves room for a tray, but reaches 25 past the last trunk."""
    if not tray or plan.tiles or plan.layout == "phone":
        return plan.pill
    last = max((node.x for node in plan.nodes), default=plan.pill.x) + 10 + 25
    return plan.pill._replace(w=max(last - plan.pill.x, plan.pill.w - TRAY - 12))


def more_box(boxes: Sequence[Box]) -> Box:
    """Where the count of further Services stands: at the right end of the last small pill."""
    box = next(box for box in reversed(boxes) if box.h == SMALL_PILL)
    return Box(box.x + box.w - MORE, box.y, MORE, box.h)


def tray(plan: Plan, boxes: Sequence[Box], pods: Sequence[Object], views: Sequence[PodView]) -> Tray:
    """The waiting tray, with as many icons as fit; all pods are in the table. `boxes` are the pills."""
    box = _tray_box(plan, boxes)
    count = len(pods)
    roomy = plan.layout == "phone" or (not plan.tiles and box.w >= 150)
    if roomy:
        title = ngettext("%(count)d pod waiting", "%(count)d pods waiting", count) % {"count": count}
    else:
        title = _("%(count)d waiting") % {"count": count}
    reason = _tray_reason(pods) if roomy else ""
    pitch, left, size = (15, 2, 12.5) if plan.tiles else (17, 16, 14)
    phone = plan.layout == "phone"
    text = planned(f"{title} · {reason}", 11.8) if phone else planned(title, 11.8)
    most = max(1, int((box.w - left - 14 - max(text, planned(reason, 11))) // pitch))
    placed = tuple(
        pod._replace(x=left + index * pitch, y=(box.h - size) / 2) for index, pod in enumerate(views[:most])
    )
    text_x = left + len(placed) * pitch + 5
    room = box.w - text_x - (TRAY_END + text_width(f"{title} · ", 11.8) if phone else TRAY_END)
    return Tray(box, placed, title, fit(reason, room, 11), text_x)


def _tray_reason(pods: Sequence[Object]) -> str:
    """Why pods have no node, in a few words."""
    conditions = [condition for pod in pods if (condition := condition_of(pod, "PodScheduled"))]
    refused = [condition for condition in conditions if condition.get("reason") == "Unschedulable"]
    if not refused:
        return _("looking for a node")
    if any("Insufficient" in condition.get("message", "") for condition in refused):
        return _("no node has room")
    return _("no node takes them")


def _tray_box(plan: Plan, boxes: Sequence[Box]) -> Box:
    """Beside the large pill, under all pills on a phone, over the last column of tiles."""
    bottom = max((box.bottom for box in boxes), default=plan.pill.bottom)
    if plan.tiles:
        last = max(plan.nodes, key=lambda node: node.x)
        return Box(last.x, bottom + 6, last.w, 18)
    if plan.layout == "phone":
        return Box(plan.pill.x, bottom + 8, plan.pill.w, 36)
    beside = next((box for box in boxes if box.h > SMALL_PILL), large_box(plan, True))
    left = beside.x + beside.w + 12
    return Box(left, beside.y, plan.pill.x + plan.pill.w - left, beside.h)
