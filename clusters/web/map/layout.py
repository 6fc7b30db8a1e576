"""The whole map as plain data: what is drawn, where, and with which words.

A map is a few regions that a page can replace one by one. Whatever has not changed keeps the same data
between two layouts that share a `MapCache`, and so is neither laid out nor rendered again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.cluster import in_book_mode
from clusters.engine.objects import Object
from clusters.engine.store import MemoryStore
from clusters.web.activity import Activity
from clusters.web.map import services as band
from clusters.web.map.calls import calls
from clusters.web.map.commands import commands, steps
from clusters.web.map.edges import EdgesView, ServiceEdges, service_edges
from clusters.web.map.endpoints import ServiceFacts, choose, selected_pods
from clusters.web.map.nodes import NodeView, RowsView, node_view, usage_of
from clusters.web.map.pills import MOST_ICONS, Pill, hint, pill_view
from clusters.web.map.plan import Box, Plan, plan
from clusters.web.map.pods import GonePod, PodView, services_by_pod, waiting_view
from clusters.web.map.reading import Cluster, MapCache, read
from clusters.web.map.slots import needed
from clusters.web.map.surroundings import (
    GroundView,
    control_plane,
    outside,
)
from clusters.web.map.words import Words
from clusters.web.states import POD_STATES, pod_state
from clusters.web.steps import Walk
from clusters.web.traffic import Calling


@dataclass(frozen=True, slots=True)
class SummaryView:
    """The map in one sentence, for those who cannot see it."""

    template: ClassVar[str] = "clusters/map_summary.jinja"

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class MapView:
    """A drawing of the map.

    `drawn` are the regions inside the SVG in paint order, `rows` the bodies of the table, by DOM id.
    Maps with the same `frame` have the same regions in the same places of the document; when it differs,
    the whole map and the whole table must be sent.
    """

    plan: Plan
    drawn: dict[str, Any]
    rows: dict[str, RowsView]
    summary: SummaryView

    @property
    def frame(self) -> tuple[object, ...]:
        plan = self.plan
        return plan.layout, plan.tiles, plan.density, plan.width, plan.height, *self.drawn, *self.rows


def lay_out(
    image: MemoryStore,
    *,
    layout: str = "wide",
    density: str = "auto",
    selected_service: tuple[str, str] | None = None,
    gone: Sequence[GonePod] = (),
    activity: Activity | None = None,
    walk: Walk | None = None,
    calling: Calling | None = None,
    cache: MapCache | None = None,
) -> MapView:
    """Draw an image of a cluster in the active language.

    `layout` is one of LAYOUTS; `density` one of DENSITIES or "auto"; `selected_service` is (namespace,
    name) of the Service that the viewer looks at; `gone` are pods whose ghosts still show; `activity` has
    the last thing each component did; `walk` is that of the pod to follow; `calling` says who calls whom.
    """
    calling = calling or Calling()
    cache = MapCache() if cache is None else cache
    cluster = read(image, cache)
    large = choose(cluster.services, selected_service)
    shown = band.shown(cluster.services, large)
    drawing = plan(
        layout,
        [needed(placed) for placed in cluster.placed],
        density=density,
        extra=band.extra_height(layout, len(shown), len(cluster.waiting)),
    )
    boxes = band.stack(drawing, shown, large, bool(cluster.waiting))
    words = Words()
    nodes = _nodes(image, cluster, drawing, large, gone, calling, words, cache)
    waiting = _waiting(cluster.waiting, words, cache)
    drawn: list[Any] = [GroundView("map-ground", drawing)]
    around = outside(drawing, shown, boxes, calling.outside) if drawing.outside else None
    if around:
        drawn.append(around)
    if drawing.control_plane:
        drawn.append(control_plane(drawing, image, activity or {}, len(waiting)))
    drawn += nodes
    if drawing.control_plane:
        drawn.append(commands(drawing, nodes, activity or {}))
        drawn.append(steps(drawing, nodes, walk))
    edges = _edges(shown, boxes, large, drawing, nodes)
    drawn.append(EdgesView("map-edges", drawing, edges))
    dots = {service.uid: service.dots for service in edges}
    drawn.append(_services(cluster, shown, boxes, drawing, waiting, nodes, dots))
    drawn.append(calls(drawing, calling, shown, boxes, nodes, around))
    rows = [RowsView("rows-" + node.id, node.name, node.pods) for node in nodes]
    rows.append(RowsView("rows-waiting", "", tuple(waiting)))
    return MapView(
        plan=drawing,
        drawn={region.id: region for region in drawn},
        rows={region.id: region for region in rows},
        summary=SummaryView("map-summary", _summary(nodes, waiting, words)),
    )


def _nodes(
    image: MemoryStore,
    cluster: Cluster,
    drawing: Plan,
    large: ServiceFacts | None,
    gone: Sequence[GonePod],
    calling: Calling,
    words: Words,
    cache: MapCache,
) -> list[NodeView]:
    services = services_by_pod({service.label: service.ready for service in cluster.services})
    selected = large.label if large else ""
    book = in_book_mode(image)
    found: dict[str, tuple[object, NodeView]] = {}
    for index, (node, placed, box) in enumerate(
        zip(cluster.nodes, cluster.placed, drawing.nodes, strict=True)
    ):
        name = node["metadata"]["name"]
        ghosts = [pod for pod in gone if pod.node == name]
        clients = frozenset(pod["metadata"]["uid"] for _slot, pod in placed) & calling.clients
        receives = {uid: services.get(uid, ()) for _slot, pod in placed if (uid := pod["metadata"]["uid"])}
        key = (
            box,
            drawing.density,
            drawing.tiles,
            drawing.slots,
            drawing.foot,
            index == 0,
            selected,
            book,
            node,
            placed,
            receives,
            ghosts,
            clients,
        )
        known = cache.nodes.get(name)
        if known is not None and known[0] == key:
            found[name] = known
            continue
        view = node_view(
            node,
            placed,
            box=box,
            plan=drawing,
            first=index == 0,
            services=receives,
            selected_service=selected,
            gone=ghosts,
            clients=clients,
            usage=usage_of(node, image.tally("node-usage", name)),
            words=words,
            book=book,
            known=cache.pods,
        )
        found[name] = (key, view)
    cache.nodes = found
    return [view for _key, view in found.values()]


def _waiting(pods: Sequence[Object], words: Words, cache: MapCache) -> list[PodView]:
    found: dict[str, tuple[Object, PodView]] = {}
    for pod in pods:
        uid = pod["metadata"]["uid"]
        known = cache.waiting.get(uid)
        found[uid] = known if known is not None and known[0] is pod else (pod, waiting_view(pod, words))
    cache.waiting = found
    return [view for _pod, view in found.values()]


def _edges(
    shown: Sequence[ServiceFacts],
    boxes: Sequence[Box],
    large: ServiceFacts | None,
    drawing: Plan,
    nodes: Sequence[NodeView],
) -> tuple[ServiceEdges, ...]:
    others = [service for service in shown if service is not large]
    # The large Service comes last, so that its lines lie on top.
    return tuple(
        service_edges(
            service,
            box,
            drawing,
            nodes,
            dim=service is not large,
            lane=0 if service is large else 1 + others.index(service),
        )
        for service, box in sorted(zip(shown, boxes, strict=True), key=lambda pair: pair[0] is large)
    )


def _services(
    cluster: Cluster,
    shown: Sequence[ServiceFacts],
    boxes: Sequence[Box],
    drawing: Plan,
    waiting: Sequence[PodView],
    nodes: Sequence[NodeView],
    dots: Mapping[str, tuple[tuple[float, float], ...]],
) -> band.ServicesView:
    objects = {node["metadata"]["name"]: node for node in cluster.nodes}
    hidden = len(cluster.services) - len(shown)
    more_box = band.more_box(boxes) if hidden else None
    views: list[Pill] = []
    for service, box in zip(shown, boxes, strict=True):
        found = selected_pods(service.object, cluster.pods)
        views.append(
            pill_view(
                service,
                box,
                drawing,
                total=max(len(found), len(service.ready)),
                states=[
                    pod_state(pod, objects.get(pod["spec"].get("nodeName", ""))) for pod in found[:MOST_ICONS]
                ],
                dots=dots[service.uid],
                more=more_box is not None and more_box.y == box.y,
            )
        )
    empty = None
    if not shown:
        place = band.large_box(drawing, bool(waiting))
        empty = hint(place, has_pods=bool(cluster.pods), has_nodes=bool(nodes))
    return band.ServicesView(
        id="map-services",
        plan=drawing,
        pills=tuple(views),
        more=ngettext("+%(count)d Service", "+%(count)d Services", hidden) % {"count": hidden},
        more_box=more_box,
        hint=empty,
        tray=band.tray(drawing, boxes, cluster.waiting, waiting) if waiting else None,
    )


def _summary(nodes: Sequence[NodeView], waiting: Sequence[PodView], words: Words) -> str:
    broken = sum(node.state == "notready" for node in nodes)
    counts = Counter(pod.state for node in nodes for pod in node.pods)
    counts.update(pod.state for pod in waiting)
    parts = [ngettext("%(count)d node", "%(count)d nodes", len(nodes)) % {"count": len(nodes)}]
    if broken:
        parts.append(_("%(count)d NotReady") % {"count": broken})
    parts.append(words.pods(counts.total()))
    parts += [f"{words.states[state]}: {counts[state]}" for state in POD_STATES if counts[state]]
    return ", ".join(parts)
