"""From a laid-out map to HTML: one Jinja template a region, and what has not changed is not rendered."""

from collections.abc import Hashable, Iterable
from typing import Any

from django.template import engines
from markupsafe import Markup

from clusters.web.map.layout import MapView
from clusters.web.map.nodes import NodeView, RowsView
from clusters.web.map.pods import PodView
from clusters.web.map.reading import MapCache

FULL = "clusters/map.jinja"
TABLE = "clusters/map_table.jinja"
PODS = "clusters/map_pod.jinja"
MACROS = {"cards": "card", "slim": "slim", "cells": "cell"}
"""How a pod is drawn at each density; at the others it is only counted."""


def render_regions(view: MapView, base: str, cache: MapCache | None = None) -> dict[str, str]:
    """Every region as HTML by its DOM id: the nested SVGs in paint order, the table's bodies, the summary.

    `base` is the cluster's URL without a slash at its end, such as /c/abc. Pass the `cache` that the view
    was laid out with, and regions that are as they were come from it.
    """
    regions: dict[str, Any] = {**view.drawn, **view.rows, view.summary.id: view.summary}
    cache = MapCache() if cache is None else cache
    known = cache.html
    html: dict[str, tuple[object, str]] = {}
    for name, region in regions.items():
        before = known.get(name)
        if before is not None and (before[0] is region or before[0] == region):
            html[name] = before
        else:
            html[name] = (region, _region(region, base, cache))
    cache.html = html
    cache.trim(sum(len(region.pods) for region in view.rows.values()))
    return {name: text for name, (_region, text) in html.items()}


def render_map(view: MapView, base: str, cache: MapCache | None = None) -> str:
    """The whole SVG with id `map`, its icons included."""
    regions = render_regions(view, base, cache)
    return _render(FULL, view=view, regions=[Markup(regions[name]) for name in view.drawn])


def render_table(view: MapView, base: str, cache: MapCache | None = None) -> str:
    """The table with id `map-table` that says the same as the map."""
    regions = render_regions(view, base, cache)
    return _render(TABLE, bodies=[Markup(regions[name]) for name in view.rows])


def _region(region: Any, base: str, cache: MapCache) -> str:
    if isinstance(region, RowsView):
        pods = _drawn(region.pods, cache, "row", region.node, base)
    elif isinstance(region, NodeView) and region.plan.density in MACROS:
        plan, selected = region.plan, region.selected_service
        values = (plan.slots.w, selected) if plan.density == "cells" else (plan.slots,)
        pods = _drawn(region.pods, cache, MACROS[plan.density], *values, base)
    else:
        return _render(region.template, view=region, base=base)
    return _render(region.template, view=region, base=base, pods=pods)


def _drawn(pods: Iterable[PodView], cache: MapCache, macro: str, *values: Hashable) -> Markup:
    """The pods as a macro of map_pod.jinja draws them. It takes most of a large map's time: each is drawn
    once, even if other pods of its node have changed since.
    """
    draw = getattr(_environment().get_template(PODS).module, macro)
    html = []
    for pod in pods:
        drawn_from = pod, macro, values
        known = cache.drawn.get(drawn_from)
        if known is None:
            known = cache.drawn[drawn_from] = str(draw(pod, *values))
        html.append(known)
    return Markup("".join(html))


def _render(name: str, **context: object) -> str:
    # The environment itself: Django's wrapper would add a request and a CSRF token to each region.
    text: str = _environment().get_template(name).render(context)
    return text


def _environment() -> Any:
    return engines["jinja2"].env  # type: ignore[attr-defined]
