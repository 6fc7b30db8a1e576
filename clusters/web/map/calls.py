"""The ways that requests take on the map, from whoever calls to a Service, to a pod, or to nobody.

Most of them are not seen: the page lets packets run along them. A pod's call of another pod's own address is
a line in the right gutter of their nodes, for as long as that address is called.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from clusters.web.map.edges import leave
from clusters.web.map.endpoints import ServiceFacts
from clusters.web.map.nodes import NodeView
from clusters.web.map.plan import Box, Plan
from clusters.web.map.surroundings import OutsideView
from clusters.web.traffic import Calling, Pair

GUTTER: Final = 5.0
"""From a house's right wall to the lines of its pods."""
BEND: Final = 6.0
BESIDE: Final = 12.0
"""Under the line from you to the API server."""
OVER: Final = 8.0
"""Above the eaves, where a line goes from house to house."""


class Spot(NamedTuple):
    """Where the lines of a pod begin: the middle of its right side, and the gutter beside it."""

    x: float
    y: float
    gutter: float
    eaves: float


@dataclass(frozen=True, slots=True)
class Way:
    """Where packets run from a source (a pod's uid, `internet` or `laptop`) to a Service, or to nobody."""

    id: str
    d: str


@dataclass(frozen=True, slots=True)
class Line:
    """A pod calls another at its own address. `x`, `y`: where a cross says that nobody answers."""

    id: str
    d: str
    answered: bool
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class CallsView:
    """All ways: a region of the map, the packets' layer included."""

    template: ClassVar[str] = "clusters/map_calls.jinja"

    id: str
    plan: Plan
    ways: tuple[Way, ...]
    lines: tuple[Line, ...]


def calls(
    plan: Plan,
    calling: Calling,
    services: Sequence[ServiceFacts],
    boxes: Sequence[Box],
    nodes: Sequence[NodeView],
    outside: OutsideView | None,
) -> CallsView:
    """The ways of all who call. `boxes` are the pills of the Services, `outside` the world around them."""
    pills = {service.uid: box for service, box in zip(services, boxes, strict=True)}
    spots = _spots(plan, nodes, calling)
    ways: list[Way] = []
    for source in sorted(calling.outside):
        ways += _from_outside(source, plan, pills, outside)
    for source in sorted(calling.sources & spots.keys()):
        ways += _from_inside(source, spots[source], pills)
    lines = _lines(calling.pairs, spots) if plan.density in ("cards", "slim") and not plan.tiles else ()
    return CallsView("map-calls", plan, tuple(ways), tuple(lines))


def _spots(plan: Plan, nodes: Iterable[NodeView], calling: Calling) -> dict[str, Spot]:
    """The places of all pods that call or are called, the outlines of those that are gone included."""
    wanted = calling.sources | calling.called
    places = [
        (node.box, pod.uid, pod.x, pod.y)
        for node in nodes
        for pods in (node.pods, node.ghosts)
        for pod in pods
        if pod.uid in wanted
    ]
    return {
        uid: Spot(box.x + x + plan.slots.w, box.y + y + plan.slots.h / 2, box.x + box.w - GUTTER, box.y)
        for box, uid, x, y in places
    }


def _from_outside(
    source: str, plan: Plan, pills: Mapping[str, Box], outside: OutsideView | None
) -> Iterable[Way]:
    if outside is None:
        # There is no world around the cluster: a call comes in from above.
        middle = plan.pill.x + plan.pill.w / 2
        yield from (Way(f"way-{source}-{uid}", f"M{middle:g} 0V{pill.y:g}") for uid, pill in pills.items())
        yield Way(f"way-{source}-", f"M{middle:g} 0V{plan.pill.y / 2:g}")
        return
    place = next(place for place in outside.places if place.key == PLACES[source])
    # Calls of pods' and Services' own addresses end at the wall of the cluster.
    yield Way(f"way-{source}-", f"M144 {place.box.middle + BESIDE:g}H{plan.ground.x:g}")
    routes = dict(outside.routes)
    for uid in outside.doors:
        parts = [routes[name] for name in (f"route-{place.key}", f"route-door-{uid}") if name in routes]
        yield Way(f"way-{source}-{uid}", "".join(parts))


PLACES: Final = {"internet": "visitor", "laptop": "you"}
"""The place on the map of each source outside."""


def _from_inside(source: str, spot: Spot, pills: Mapping[str, Box]) -> Iterable[Way]:
    out = f"M{spot.x:g} {spot.y:g}H{spot.gutter - BEND:g}q{BEND:g} 0 {BEND:g} {-BEND:g}"
    yield Way(f"way-{source}-", f"{out}V{spot.eaves - OVER:g}")
    for uid, pill in pills.items():
        yield Way(f"way-{source}-{uid}", f"{out}V{leave(pill, spot.gutter):g}")


def _lines(pairs: Iterable[Pair], spots: Mapping[str, Spot]) -> list[Line]:
    return [
        _line(pair, spots[pair.source], spots[pair.pod])
        for pair in sorted(pairs)
        if pair.source in spots and pair.pod in spots and pair.source != pair.pod
    ]


def _line(pair: Pair, start: Spot, end: Spot) -> Line:
    """Out into the gutter, up or down, and back; to another node over the roofs."""
    gutter, b = start.gutter, BEND
    name = f"call-{pair.source}-{pair.pod}"
    if (end.gutter, end.eaves) == (gutter, start.eaves):
        turn = b if end.y > start.y else -b
        d = (
            f"M{start.x:g} {start.y:g}H{gutter - b:g}q{b:g} 0 {b:g} {turn:g}"
            f"V{end.y - turn:g}q0 {turn:g} {-b:g} {turn:g}H{end.x:g}"
        )
        return Line(name, d, pair.answered, gutter, round((start.y + end.y) / 2, 2))
    over, side = end.eaves - OVER, b if end.gutter > gutter else -b
    down = f"V{over + b:g}q0 {-b:g} {side:g} {-b:g}H{end.gutter - side:g}q{side:g} 0 {side:g} {b:g}"
    d = (
        f"M{start.x:g} {start.y:g}H{gutter - b:g}q{b:g} 0 {b:g} {-b:g}"
        f"{down}V{end.y - b:g}q0 {b:g} {-b:g} {b:g}H{end.x:g}"
    )
    return Line(name, d, pair.answered, end.gutter, round((over + end.y) / 2, 2))
