"""From a scene to what a page shows: every section in one language, layout and density."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.http import QueryDict
from django.template import engines
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from clusters import actions
from clusters.engine.clock import Clock
from clusters.engine.cluster import clock_of, has_cloud, in_book_mode
from clusters.web import clients, faults, lifelines, panel
from clusters.web.following import followed
from clusters.web.lifelines_table import table_of
from clusters.web.map import DENSITIES, LAYOUTS, MapCache, lay_out, render_map, render_regions, render_table
from clusters.web.news import news_of
from clusters.web.past import NotKeptError
from clusters.web.pictures import News, Picture, Section, next_picture, plain
from clusters.web.scene import Scene, Then, scene_of
from clusters.web.standing import controls_of, standing_of, step_news
from clusters.web.times import clock_text, started_at
from clusters.web.track import track_of
from clusters.web.traffic import Calling, Heard

CHART_AFTER: Final = 0.1
"""Seconds of real time by which the lifelines follow the map: what somebody did shows there first, and the
chart, half of all HTML, is drawn once for what happens together."""


MOMENTS: Final = 32
"""Moments of the past that are kept drawn, in each look."""
LARGE: Final = 100
"""Pods from which on a moment's map comes before the rest, so that it can be dragged along."""
MOST_STEPS: Final = 100
"""Steps that one wish may be."""


@dataclass(frozen=True, slots=True)
class Look:
    """All that makes two viewers of a cluster see different pages."""

    language: str = "en"
    layout: str = "wide"
    density: str = "auto"
    chart: str = "wide"
    """The layout of the lifelines: a phone has room for all of them on a tab of their own."""


def look_of(query: QueryDict, language: str) -> Look:
    """The look that a query asks for; what is not known becomes the default."""
    languages = [code for code, _name in settings.LANGUAGES]
    layout, density, chart = (query.get(name, "") for name in ("layout", "density", "chart"))
    layout = layout if layout in LAYOUTS else "wide"
    return Look(
        language if language in languages else settings.LANGUAGE_CODE,
        layout,
        density if density in DENSITIES else "auto",
        chart if chart in lifelines.SHAPES else layout,
    )


Sections = tuple[Section, ...]


@dataclass
class Drawing:
    """The last picture of a scene in one look, and what the next one can take from it."""

    picture: Picture | None = None
    revision: int = 0
    ghosts: bool = False
    """Outlines show that vanish by themselves."""
    calling: Calling = field(default_factory=Calling)
    chart: tuple[tuple[int, frozenset[str]], str, str] = ((-1, frozenset()), "", "")
    """What the lifelines were drawn from (version of the history, pods that are called), their HTML, and
    their table's."""
    chart_due: float = 0.0
    """When the lifelines have to be drawn again, on the monotonic clock; 0 if they are as they should be."""
    cache: MapCache = field(default_factory=MapCache)
    panel: dict[str, tuple[dict[str, object], str]] = field(default_factory=dict)
    """The small sections: what they were drawn from, and their HTML."""

    moments: OrderedDict[tuple[int, float], tuple[Sections, Sections]] = field(default_factory=OrderedDict)
    """Of moments of the past, by revision and time: the map's sections, and the rest."""

    def section(self, element: str, **context: object) -> Section:
        """The section that the template of its name draws, drawn again only for other data."""
        known = self.panel.get(element)
        if known is None or known[0] != context:
            known = context, template(f"clusters/{element.replace('-', '_')}.jinja", **context)
            self.panel[element] = known
        return plain(element, known[1])


class Wish(NamedTuple):
    """Where in time somebody wants to look: `at` a revision, at a `time` in seconds since the cluster's
    start, one or more `step`s on or back, or `live`.
    """

    kind: str
    value: float = 0


class Shown(NamedTuple):
    """A cluster as it is in each look, and who calls whom. `again`: in how many seconds more calls are
    known, None while nobody calls.
    """

    pictures: dict[Look, Picture]
    heard: Heard = Heard()
    again: float | None = None


def shown(cluster: str, looks: Iterable[Look]) -> Shown:
    """The cluster as it is now; for the hub's thread. Raises Cluster.DoesNotExist."""
    scene = scene_of(cluster)
    with scene.lock:
        scene.catch_up()
        again = scene.hear()
        return Shown({look: picture_of(scene, look) for look in looks}, scene.heard, again)


def pictures(cluster: str, looks: Iterable[Look]) -> dict[Look, Picture]:
    """The cluster as it is now in each look. Raises Cluster.DoesNotExist."""
    return shown(cluster, looks).pictures


def picture_of(scene: Scene, look: Look) -> Picture:
    """The newest picture of a scene in that look; the last one itself if nothing has changed."""
    drawing = scene.drawings.setdefault(look, Drawing())
    assert isinstance(drawing, Drawing)
    same = drawing.revision == scene.revision and drawing.calling == scene.heard.calling
    if drawing.picture is None or not same or drawing.ghosts or drawing.chart_due:
        with translation.override(look.language):
            _draw(scene, look, drawing)
    assert drawing.picture is not None
    return drawing.picture


def rewound(cluster: str, look: Look, wish: Wish, moment: int, sketch: bool = False) -> Picture | None:
    """The picture that somebody wishes for who looks at revision `moment` (0: now); None: the newest one.

    With `sketch` a large cluster's picture is its map alone, and the rest is for another time. For the
    hub's thread. Raises Cluster.DoesNotExist and NotKeptError.
    """
    scene = scene_of(cluster)
    with scene.lock:
        scene.catch_up()
        then = then_of(scene, wish, moment)
        return moment_picture(scene, look, then, sketch) if then else None


def not_kept_text(error: NotKeptError) -> str:
    """Why a moment cannot be shown, and which can."""
    if error.revision > error.newest:
        text = _("There is no revision %(revision)d yet. The newest is %(newest)d.")
    else:
        text = _(
            "Revision %(revision)d is no longer kept. The oldest moment is %(time)s, revision %(oldest)d."
        )
    values = {"revision": error.revision, "oldest": error.oldest, "newest": error.newest}
    return text % {**values, "time": clock_text(error.since)}


def then_of(scene: Scene, wish: Wish, moment: int = 0) -> Then | None:
    """The moment that a wish leads to from revision `moment`; None for now. Raises NotKeptError."""
    past = scene.past
    if wish.kind == "at":
        return scene.then(int(wish.value))
    if wish.kind == "time":
        time_ = started_at(scene.image) + wish.value
        now = clock_of(scene.image).now(time.time())
        return scene.then(past.revision_at(time_), time_) if time_ < now else None
    if wish.kind == "live":
        return None
    revision = moment or past.newest
    for _number in range(min(MOST_STEPS, abs(int(wish.value)))):
        revision = past.before(revision) if wish.value < 0 else past.after(revision)
    return scene.then(revision) if revision < past.newest else None


def moment_picture(scene: Scene, look: Look, then: Then, sketch: bool = False) -> Picture:
    """The cluster as it was at a moment, in that look; of a large one, with `sketch`, only its map."""
    drawing = scene.drawings.setdefault((look, "past"), Drawing())
    assert isinstance(drawing, Drawing)
    clock, started = Clock(0.0, then.time, paused=True), started_at(scene.image)
    key = then.revision, then.time
    with translation.override(look.language):
        drawn, rest = drawing.moments.get(key, ((), ()))
        whole = bool(rest) or not sketch or then.image.count("Pod") <= LARGE
        if not drawn:
            drawn = tuple(_moment_map(then, look, drawing, started))
        if whole and not rest:
            rest = tuple(_moment_rest(then, look, drawing))
        drawing.moments[key] = drawn, rest
        while len(drawing.moments) > MOMENTS:
            drawing.moments.popitem(last=False)
        bar = tuple(_bar(scene, drawing))
    # The table beside the map is as long as the map.
    sketched = tuple(section for section in drawn if section.id != "map-table")
    sections = (*bar, *drawn, *rest) if whole else (*bar, *sketched)
    changed = dict.fromkeys((section.id for section in sections), 1)
    return Picture(1, clock, started, sections, changed, moment=then.revision, whole=whole)


def page_of(scene: Scene, look: Look, moment: int = 0) -> dict[str, SafeString]:
    """The HTML of each section for the page itself, by id with underscores, at a revision or now (0).

    The newest picture's lifelines may be old, as a page slides them by itself. A page without script cannot.
    Raises NotKeptError.
    """
    picture = moment_picture(scene, look, scene.then(moment)) if moment else picture_of(scene, look)
    found = {section.id: section.html for section in picture.sections}
    now = time.time()
    with translation.override(look.language):
        if not moment:
            found["lifelines"], found["lifelines-table"] = _chart(scene, look, picture.clock.now(now))
        found["clock"] = clock_html(picture.clock, picture.started, now)
    # What templates made is HTML already.
    return {name.replace("-", "_"): mark_safe(html) for name, html in found.items()}


def clock_html(clock: Clock, started: float, wall: float) -> str:
    """The element `clock`: what a page needs to count simulated time by itself from that wall time."""
    now = clock.now(wall)
    text = clock_text(now - started)
    return template("clusters/clock.jinja", clock=clock, now=now, started=started, text=text)


def template(name: str, **context: object) -> str:
    """A Jinja template with this context and nothing else."""
    environment: Any = engines["jinja2"]
    text: str = environment.env.get_template(name).render(context)
    return text


def _draw(scene: Scene, look: Look, drawing: Drawing) -> None:
    clock, started = clock_of(scene.image), started_at(scene.image)
    news = _news(scene, drawing.revision) if drawing.picture else []
    ghosts = scene.ghosts()
    sections = list(_sections(scene, look, drawing, clock))
    drawing.picture = next_picture(drawing.picture, sections, news, clock, started)
    drawing.revision, drawing.calling = scene.revision, scene.heard.calling
    drawing.ghosts = any(not ghost.called for ghost in ghosts)


def _news(scene: Scene, after: int) -> list[News]:
    changes = scene.past.since(after)
    return [*step_news(scene.image, scene.past, after), *news_of(changes, scene.history)]


def _sections(scene: Scene, look: Look, drawing: Drawing, clock: Clock) -> Iterator[Section]:
    base = _base(scene)
    yield from _bar(scene, drawing)
    yield drawing.section("past", then=None)
    yield from _panel(scene, drawing, base)
    yield from _map(scene, look, drawing, base)
    charted = scene.history.version, scene.heard.calling.charted
    if drawing.chart[0] != charted:
        drawing.chart_due = drawing.chart_due or time.monotonic() + CHART_AFTER
        if drawing.picture is None or time.monotonic() >= drawing.chart_due:
            drawing.chart = charted, *_chart(scene, look, clock.now(time.time()))
            drawing.chart_due = 0.0
    yield plain("lifelines", drawing.chart[1])
    yield plain("lifelines-table", drawing.chart[2])


def _bar(scene: Scene, drawing: Drawing) -> Iterator[Section]:
    """What is always of now, wherever in time a viewer looks: the clock is everybody's."""
    base, controls = _base(scene), controls_of(scene.cluster, scene.image)
    yield drawing.section("controls", controls=controls, base=base, speeds=actions.SPEEDS)
    standing, book = standing_of(scene.image, scene.past), in_book_mode(scene.image)
    yield drawing.section("banners", standing=standing, controls=controls, book=book, base=base)
    yield drawing.section("track", track=track_of(scene.past, scene.history, controls.clock))


def _moment_map(then: Then, look: Look, drawing: Drawing, started: float) -> Iterator[Section]:
    at = then.time - started
    yield drawing.section("past", then=then, at=at, time=clock_text(at), base=_base(then))
    yield from _map(then, look, drawing, _base(then))


def _moment_rest(then: Then, look: Look, drawing: Drawing) -> Iterator[Section]:
    yield from _panel(then, drawing, _base(then))
    chart, table = _chart(then, look, then.time, _("then"))
    yield plain("lifelines", chart)
    yield plain("lifelines-table", table)


def _base(scene: Scene | Then) -> str:
    return reverse("clusters:page", args=[scene.cluster]).rstrip("/")


def _panel(scene: Scene | Then, drawing: Drawing, base: str) -> Iterator[Section]:
    workloads = panel.workloads(scene.image)
    yield drawing.section("guide", guide=panel.guide(scene.image, scene.history))
    yield drawing.section("workloads", workloads=workloads, base=base)
    yield drawing.section("nodes", nodes=panel.nodes(scene.image), base=base)
    yield drawing.section("cloud", cloud=has_cloud(scene.image), base=base)
    yield drawing.section("book", book=in_book_mode(scene.image), base=base)
    yield drawing.section("faults", faults=faults.faults_of(scene.image), base=base)
    yield drawing.section("expose-controller", controllers=workloads.controllers)
    yield drawing.section("client-source", sources=clients.sources(scene.image))
    yield drawing.section("addresses", addresses=clients.addresses(scene.image))
    yield drawing.section("clients", clients=clients.clients(scene.image), base=base)


def _map(scene: Scene | Then, look: Look, drawing: Drawing, base: str) -> Iterator[Section]:
    walk = followed(scene.image, scene.past)
    view = lay_out(
        scene.image,
        layout=look.layout,
        density=look.density,
        gone=scene.ghosts(),
        activity=scene.activity,
        walk=walk,
        calling=scene.heard.calling,
        cache=drawing.cache,
    )
    plan = view.plan
    text = faults.told(
        faults.faults_of(scene.image), components=not plan.control_plane, kubelets=not plan.foot
    )
    yield drawing.section("stopped", text=text)
    regions = render_regions(view, base, drawing.cache)
    drawn = {name: html for name, html in regions.items() if name in view.drawn}
    rows = {name: html for name, html in regions.items() if name in view.rows}
    # A map without a control plane has no places for badges.
    listed = None if view.plan.control_plane else walk
    yield drawing.section("steps", walk=listed, until=listed.shown_until if listed else None)
    yield Section("map", render_map(view, base, drawing.cache), view.frame, drawn)
    yield plain(view.summary.id, regions[view.summary.id])
    yield Section("map-table", render_table(view, base, drawing.cache), tuple(rows), rows)


def _chart(scene: Scene | Then, look: Look, now: float, word: str = "") -> tuple[str, str]:
    charted = scene.heard.calling.charted
    chart = lifelines.lay_out(scene.history, layout=look.chart, now=now, word=word, charted=charted)
    table = table_of(scene.history, now, charted)
    return (
        template("clusters/lifelines.jinja", chart=chart),
        template("clusters/lifelines_table.jinja", table=table),
    )
