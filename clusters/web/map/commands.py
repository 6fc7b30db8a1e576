"""The command path: the ways on which the parts of a cluster tell each other what to do, and the numbered
badges of the pod that is on its way. What travels there, and when, is up to the page.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from clusters.web.activity import Activity
from clusters.web.map.nodes import NodeView
from clusters.web.map.plan import Box, Plan
from clusters.web.steps import Stage, Walk
from clusters.web.widths import fit, fit_name, planned, text_width

COMPONENTS: Final = ("apiserver", "etcd", "controllers", "scheduler")
LANE: Final = 73
"""Where commands go from the API server to the boxes beside it, between them and the caption below."""
TRUNK: Final = 90
"""Where they go to the nodes, between the caption and the Services."""
CAPTION: Final = 92
"""How far the words of the walk stand from the left of the control plane, whose caption is there."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to a `place` (of COMPONENTS, `kubelet` or `runtime`) and the revision of what went there last."""

    place: str
    node: str
    d: str
    revision: int


@dataclass(frozen=True, slots=True)
class CommandsView:
    """The ways, each seen only while something travels on it."""

    template: ClassVar[str] = "clusters/map_commands.jinja"

    id: str
    plan: Plan
    ways: tuple[Way, ...]


class Badge(NamedTuple):
    """A stage at its place. Of those with the same number there only one is drawn."""

    stage: Stage
    x: float
    y: float
    drawn: bool


@dataclass(frozen=True, slots=True)
class StepsView:
    """The walk that is followed: its badges, and in the caption's line the request and what goes on now."""

    template: ClassVar[str] = "clusters/map_steps.jinja"

    id: str
    plan: Plan
    walk: Walk | None = None
    badges: tuple[Badge, ...] = ()
    left: float = 0
    right: float = 0
    text: str = ""


def component_boxes(plan: Plan) -> dict[str, Box]:
    """The boxes of the control plane."""
    width = (plan.pill.w + 18 - 24) / 4
    return {
        key: Box(round(plan.pill.x + index * (width + 8), 2), 20, width, 48)
        for index, key in enumerate(COMPONENTS)
    }


def commands(plan: Plan, nodes: Sequence[NodeView], activity: Activity) -> CommandsView:
    """From you to the API server; from there to the other boxes, and down the right gutter to each kubelet,
    which tells its runtime.
    """
    revisions = {key: act.revision for key, act in activity.items()}
    # What people ask for is recorded.
    revisions["etcd"] = revisions.get("apiserver", 0)
    ways = [Way(key, "", d, revisions.get(key, 0)) for key, d in _lanes(plan)]
    start = _middle(component_boxes(plan)["apiserver"])
    for node in nodes:
        x, chip = node.box.x + node.box.w - 4, node.box.bottom - plan.foot + 19
        d = f"M{start:g} 68V{TRUNK - 6}q0 6 6 6H{x - 6:g}q6 0 6 6V{chip - 6:g}q0 6 -6 6"
        ways.append(Way("kubelet", node.name, d, revisions.get(f"kubelet/{node.name}", 0)))
        ways.append(Way("runtime", node.name, _to_runtime(node), 0))
    return CommandsView("map-commands", plan, tuple(ways))


def _lanes(plan: Plan) -> Iterator[tuple[str, str]]:
    boxes = component_boxes(plan)
    start = _middle(boxes["apiserver"])
    yield "apiserver", f"M144 44H{plan.pill.x:g}"
    for key in COMPONENTS[1:]:
        yield key, f"M{start:g} 68V{LANE}H{_middle(boxes[key]):g}V68"


def _middle(box: Box) -> float:
    return round(box.x + box.w / 2, 2)


def _chips(node: NodeView) -> tuple[float, float, float, float]:
    """The left of the runtime's chip, its right, the right of the kubelet's, and the top of both."""
    foot = node.foot
    assert foot is not None
    left = node.box.x + 7
    right = left + foot.runtime_width
    return left, right, right + 5 + foot.kubelet_width, node.box.y + foot.y + 8


def _to_runtime(node: NodeView) -> str:
    left, gap, right, top = _chips(node)
    return f"M{(gap + right) / 2:g} {top:g}v-4H{(left + gap) / 2:g}v4"


def steps(plan: Plan, nodes: Sequence[NodeView], walk: Walk | None) -> StepsView:
    """The walk on the map; an empty region if none is followed."""
    if walk is None:
        return StepsView("map-steps", plan)
    spots = {key: (box.x + box.w - 14, box.y + 14.5) for key, box in component_boxes(plan).items()}
    by_name = {node.name: node for node in nodes}
    left, right = plan.pill.x + CAPTION, plan.pill.x + plan.pill.w
    taken = text_width(walk.request, 10.4, mono=True) + 20 if walk.request else 0
    room = right - left - taken - (planned(" 100 %", 10.8) if walk.current.pulling else 0)
    badges = tuple(_badges(walk, spots, by_name))
    return StepsView("map-steps", plan, walk, badges, left, right, _told(walk, room))


def _told(walk: Walk, room: float) -> str:
    """What goes on now, with the pod's name as long as both have room."""
    text = walk.current.text
    for name in (walk.name, fit_name(walk.name, 84, 10.8)):
        if text_width(f"{name}: {text}", 10.8) <= room:
            return f"{name}: {text}"
    return fit(text, room, 10.8)


def _badges(
    walk: Walk, spots: Mapping[str, tuple[float, float]], nodes: Mapping[str, NodeView]
) -> Iterator[Badge]:
    """A stage on a node has no place before there is one that is drawn."""
    for stage in walk.stages:
        node = nodes.get(stage.node)
        spot = spots.get(stage.place) or (_spot(node, stage) if node else None)
        if spot is not None:
            yield Badge(stage, *spot, drawn=stage is _shown_at(walk, stage))


def _shown_at(walk: Walk, stage: Stage) -> Stage:
    """Of the stages with its number at its place the last that has begun, or the first."""
    same = [s for s in walk.stages if (s.number, s.place) == (stage.number, stage.place)]
    return next((s for s in reversed(same) if s.state != "waits"), same[0])


def _spot(node: NodeView, stage: Stage) -> tuple[float, float]:
    left, gap, right, top = _chips(node)
    return {3: right - 9, 4: gap + 2.5}.get(stage.number, left + 1), top - 4
