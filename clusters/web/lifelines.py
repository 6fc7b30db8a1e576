"""The lifelines chart: one unbroken line for a Service above the pods that come and go.

`lay_out` turns a History into plain data with translated texts; `lifelines.jinja` prints it. Across, a
place is a percentage of the plot; `lifelines.js` moves everything as the clock goes on, so nothing is sent
because a second has passed. Downwards, rows are percentages too: the chart fills the room the page gives it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.changes import by_person
from clusters.web.area import Area, area_of
from clusters.web.flags import Pill, pills_of, tone_of
from clusters.web.lineage import History
from clusters.web.lives import GONE, PodLife, ServiceLife
from clusters.web.row_texts import Gutter, gutter_of
from clusters.web.times import clock_text
from clusters.web.timescale import Line, Mark, Window, grid, window_of
from clusters.web.widths import fit_name, planned

CROWD: Final = 12
"""More living pods than this are drawn as one band."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One of the fixed layouts, in CSS px: what it is planned for; the page may stretch it."""

    height: float
    plot: float
    flags: float
    band: float
    extra: float
    foot: float
    pitch: float
    """Lowest row."""


SHAPES: Final = {
    "wide": Shape(height=276, plot=420, flags=26, band=54, extra=26, foot=24, pitch=19),
    "tablet": Shape(height=222, plot=822, flags=26, band=54, extra=26, foot=24, pitch=19),
    "phone": Shape(height=108, plot=262, flags=0, band=36, extra=29, foot=8, pitch=29),
}
DIGIT: Final = 6.3
"""Px of a character of the time that now is, as in `lifelines.js`."""
HIGHEST_ROW: Final = 40.0
ROOMY_ROW: Final = 30.0
LINE_IN_ROW: Final = 0.66
MOST_SERVICES: Final = 3


@dataclass(frozen=True, slots=True)
class Band:
    """A Service. `y` and `height` in px below the flags."""

    uid: str
    name: str
    ip: str
    note: str
    y: float
    height: float
    lines: list[Line]
    end: Mark | None


@dataclass(frozen=True, slots=True)
class Row:
    """A pod. `y` is where its line runs, in percent of the rows' height."""

    uid: str
    name: str
    full_name: str
    node: str
    y: float
    lines: list[Line]
    crashes: list[Mark]
    birth: Mark
    gaps: list[tuple[Mark, Mark]]
    """Where its line breaks off and goes on, as it was gone and lives again."""
    stamp: Mark | None
    arrow: Mark | None
    end: Mark | None
    ip: str
    follows: bool
    """An arrow ends at its birth."""
    called: bool
    """Somebody calls its own address, or has done so within the window."""
    gutter: Gutter


@dataclass(frozen=True, slots=True)
class Chart:
    """All that `lifelines.jinja` prints."""

    layout: str
    shape: Shape
    tight: bool
    labels: bool
    started: float
    drawn: float
    now: str
    now_word: str
    now_word_width: float
    """Px of the pill without the time."""
    now_width: float
    summary: str
    grid: list[Mark]
    bands: list[Band]
    rows: list[Row]
    pitch: float
    """Percent of the rows' height."""
    rows_y: float
    more: str
    more_y: float
    extra: int
    area: Area | None
    pills: list[Pill]
    falls: list[Mark]
    more_services: str


def lay_out(
    history: History,
    *,
    layout: str = "wide",
    now: float | None = None,
    word: str = "",
    charted: Collection[str] = (),
) -> Chart:
    """The chart at the simulated time `now` (default: of the last change), which `word` names ("now").

    `layout` is a key of SHAPES; the caller has checked it. `charted` are the uids of pods whose own address
    was called within the window: they stay in the chart.
    """
    shape = SHAPES[layout]
    window = window_of(history, history.now if now is None else max(now, history.now))
    services = visible_services(history, window.left)
    chains = visible_chains(history, services, window.left, charted)
    alive = sum(life.gone_at is None for chain in chains for life in chain)
    extra = max(0, min(len(services), MOST_SERVICES) - 1)
    rows_y = shape.flags + shape.band + shape.extra * extra
    height = shape.height - rows_y - shape.foot
    crowded = alive > CROWD and layout != "phone"
    room = max(2, int(height / shape.pitch))
    kept, hidden = ([], 0) if crowded else fit(chains, room, layout == "phone", charted)
    count = sum(map(len, kept)) + (hidden > 0)
    pitch = min(HIGHEST_ROW, height / max(count, 1))
    clock, word = clock_text(window.right - window.started), word or _("now")
    word_width = round(planned(word, 10.8)) + 15
    return Chart(
        layout=layout,
        shape=shape,
        tight=pitch < ROOMY_ROW or layout == "phone",
        labels=pitch >= 20,
        started=window.started,
        drawn=window.at(window.right),
        now=clock,
        now_word=word,
        now_word_width=word_width,
        now_width=round(word_width + DIGIT * len(clock), 1),
        summary=_summary(services, chains, window),
        grid=grid(window),
        bands=[_band(service, i, shape, window) for i, service in enumerate(services[:MOST_SERVICES])],
        rows=_rows(kept, 100 * pitch / height, window, charted),
        pitch=round(100 * pitch / height, 2),
        rows_y=rows_y,
        more=ngettext("+%(n)d more pod", "+%(n)d more pods", hidden) % {"n": hidden} if hidden else "",
        more_y=round(100 * pitch / height * (count - 1 + LINE_IN_ROW), 2),
        extra=extra,
        area=area_of(_members(chains, services), window.left, window.right) if crowded else None,
        pills=pills_of(history, shape.plot, window) if shape.flags else [],
        falls=[window.mark(flag.time, tone_of(flag)) for flag in history.flags if flag.time >= window.left],
        more_services=_more_services(services),
    )


def visible_services(history: History, left: float) -> list[ServiceLife]:
    """The Services of the window, living ones first; without the one that every cluster has."""
    found = [
        service
        for service in history.services.values()
        if (service.namespace, service.name) != ("default", "kubernetes")
        and (service.gone_at is None or service.gone_at >= left)
    ]
    return sorted(found, key=lambda service: (service.gone_at is not None, service.born, service.name))


def visible_chains(
    history: History, services: list[ServiceLife], left: float, charted: Collection[str] = ()
) -> list[list[PodLife]]:
    """The lineages of the window, those behind the first Service first, without links that ended before and
    that nobody calls.
    """
    chains = []
    for chain in history.lineages():
        rest = [life for life in chain if life.gone_at is None or life.gone_at >= left or life.uid in charted]
        if rest:
            chains.append(rest)
    if services:
        chains.sort(key=lambda chain: not services[0].selects(chain[-1]))
    return chains


def fit(
    chains: list[list[PodLife]], rows: int, preview: bool = False, charted: Collection[str] = ()
) -> tuple[list[list[PodLife]], int]:
    """The chains that fit into so many rows, and how many pods do not.

    Those that are called and those in which something happened last stay, in their old order. Unless this
    is a preview, one row is kept free to say how many are not shown.
    """
    total = sum(map(len, chains))
    if total <= rows:
        return chains, 0
    room = rows if preview else rows - 1
    kept: dict[int, list[PodLife]] = {}
    order = sorted(range(len(chains)), key=lambda index: _weight(chains[index], charted), reverse=True)
    for index in order:
        if room > 0:
            kept[index] = chains[index][-room:]
            room -= len(kept[index])
    shown = [kept[index] for index in sorted(kept)]
    return shown, 0 if preview else total - sum(map(len, shown))


def _weight(chain: list[PodLife], charted: Collection[str]) -> tuple[bool, float]:
    last = max(max(life.born, life.killed_at or 0.0) for life in chain)
    return any(life.uid in charted for life in chain), last


def _members(chains: list[list[PodLife]], services: list[ServiceLife]) -> list[PodLife]:
    """The pods that the band counts: those behind the first Service, or all if it has none."""
    lives = [life for chain in chains for life in chain]
    return [life for life in lives if services and services[0].selects(life)] or lives


def _band(service: ServiceLife, index: int, shape: Shape, window: Window) -> Band:
    height = shape.band if index == 0 else shape.extra
    y = 0.0 if index == 0 else shape.band + shape.extra * (index - 1)
    note = _("never changes") if service.gone_at is None else _("gave its address back")
    return Band(
        uid=service.uid,
        name=fit_name(service.name, 88, 12.5),
        ip=service.ip if service.ip != "None" else _("headless"),
        note=note,
        y=y,
        height=height,
        lines=[window.line("service", start, until) for start, until in service.spells()],
        end=None if service.gone_at is None else window.mark(service.gone_at),
    )


def _rows(chains: list[list[PodLife]], pitch: float, window: Window, charted: Collection[str]) -> list[Row]:
    rows: list[Row] = []
    for chain in chains:
        for position, life in enumerate(chain):
            following = chain[position + 1] if position + 1 < len(chain) else None
            y = round((len(rows) + LINE_IN_ROW) * pitch, 2)
            rows.append(_row(life, following, position > 0, y, window, life.uid in charted))
    return rows


def _row(
    life: PodLife, following: PodLife | None, follows: bool, y: float, window: Window, called: bool
) -> Row:
    end = life.released_at
    lines = _lines(life, window)
    if called and end is not None:
        # Nobody holds the address any more, and still somebody asks for it.
        lines.append(window.line("called", end, None))
    stamp = None if life.killed_at is None else window.mark(life.killed_at, stamp_of(life))
    return Row(
        uid=life.uid,
        name=fit_name(life.name, 89, 11.3),
        full_name=life.name,
        node=fit_name(life.node, 88, 9.8) if life.node else _("no node yet"),
        y=y,
        lines=lines,
        crashes=[window.mark(t) for t in life.crashes if t >= window.left],
        birth=window.mark(life.born),
        gaps=[(window.mark(off), window.mark(on)) for off, on in life.gaps()],
        stamp=stamp,
        arrow=None if following is None else window.mark(following.born, stamp_of(life)),
        end=None if end is None else window.mark(end),
        ip=life.ip,
        follows=follows,
        called=called,
        gutter=gutter_of(life, window.right),
    )


def stamp_of(life: PodLife) -> str:
    """Who ended it: "kill" for a person, "gone" for whoever else."""
    return "kill" if by_person(life.killed_by) else "gone"


def _lines(life: PodLife, window: Window) -> list[Line]:
    lines = []
    ends = [*(later.start for _span, later in pairwise(life.spans)), life.released_at]
    for span, until in zip(life.spans, ends, strict=True):
        if span.state in ("completed", GONE) or (until is not None and until < window.left):
            continue
        lines.append(window.line(span.state, span.start, until))
    return lines


def _more_services(services: list[ServiceLife]) -> str:
    hidden = len(services) - MOST_SERVICES
    if hidden <= 0:
        return ""
    return ngettext("and %(n)d more Service", "and %(n)d more Services", hidden) % {"n": hidden}


def _summary(services: list[ServiceLife], chains: list[list[PodLife]], window: Window) -> str:
    """One sentence that says what the chart shows."""
    lives = [life for chain in chains for life in chain]
    alive = sum(life.gone_at is None for life in lives)
    minutes = clock_text(window.right - max(window.left, window.started))
    pods = ngettext("%(n)d pod lives", "%(n)d pods live", alive) % {"n": alive}
    gone = ngettext("%(n)d is gone", "%(n)d are gone", len(lives) - alive) % {"n": len(lives) - alive}
    living = [service for service in services if service.gone_at is None]
    if not living:
        said = _("In the last %(time)s: %(pods)s, %(gone)s; there is no Service.")
        return said % {"time": minutes, "pods": pods, "gone": gone}
    said = _("Service %(name)s keeps the address %(ip)s. In the last %(time)s: %(pods)s, %(gone)s.")
    service = living[0]
    return said % {"name": service.name, "ip": service.ip, "time": minutes, "pods": pods, "gone": gone}
