"""From a laid-out map to HTML: one Jinja template a region, and what has not changed is not rendered."""

from typing import Any

from django.template import engines
from markupsafe import Markup

from clusters.web.map.layout import MapView
from clusters.web.map.reading import MapCache

FULL = "clusters/map.jinja"
TABLE = "clusters/map_table.jinja"


def render_regions(view: MapView, base: str, cache: MapCache | None = None) -> dict[str, str]:
    """Every region as HTML by its DOM id: the nested SVGs in paint order, the table's bodies, the summary.

    `base` is the cluster's URL without a slash at its end, such as /c/abc. Pass the `cache` that the view
    was laid out with, and regions that are as they were come from it.
    """
    regions: dict[str, Any] = {**view.drawn, **view.rows, view.summary.id: view.summary}
    known = cache.html if cache is not None else {}
    html: dict[str, tuple[object, str]] = {}
    for name, region in regions.items():
        before = known.get(name)
        if before is not None and (before[0] is region or before[0] == region):
            html[name] = before
        else:
            html[name] = (region, _render(region.template, view=region, base=base))
    if cache is not None:
        cache.html = html
    return {name: text for name, (_region, text) in html.items()}


def render_map(view: MapView, base: str, cache: MapCache | None = None) -> str:
    """The whole SVG with id `map`, its icons included."""
    regions = render_regions(view, base, cache)
    return _render(FULL, view=view, regions=[Markup(regions[name]) for name in view.drawn])


def render_table(view: MapView, base: str, cache: MapCache | None = None) -> str:
    """The table with id `map-table` that says the same as the map."""
    regions = render_regions(view, base, cache)
    return _render(TABLE, bodies=[Markup(regions[name]) for name in view.rows])


def _render(name: str, **context: object) -> str:
    # The environment itself: Django's wrapper would add a request and a CSRF token to each region.
    text: str = engines["jinja2"].env.get_template(name).render(context)  # type: ignore[attr-defined]
    return text
