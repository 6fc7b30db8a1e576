"""The live map of a cluster: an image of the store becomes a few SVG regions.

cache = MapCache()  # one for each cluster, language, layout and density
view = lay_out(image, layout="wide", cache=cache)
render_map(view, "/c/abc", cache)      # the whole map, when view.frame is another than before
render_regions(view, "/c/abc", cache)  # else only the regions whose text is another than before
"""

from clusters.web.map.layout import MapView, lay_out
from clusters.web.map.plan import DENSITIES, LAYOUTS
from clusters.web.map.pods import GonePod
from clusters.web.map.reading import MapCache
from clusters.web.map.render import render_map, render_regions, render_table

__all__ = [
    "DENSITIES",
    "LAYOUTS",
    "GonePod",
    "MapCache",
    "MapView",
    "lay_out",
    "render_map",
    "render_regions",
    "render_table",
]
