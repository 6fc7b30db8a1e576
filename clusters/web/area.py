"""Many pods as one band: how many were ready, and how many there were, over the window."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.web.lives import GONE, PodLife, Span

COLUMNS: Final = 240
"""Columns of the plot; a dip that is shorter than one is still drawn at its lowest."""


@dataclass(frozen=True, slots=True)
class Area:
    """Path data in a box as wide as the window (seconds from its left edge) and 100 high.

    `ready` and `all` are closed areas, `edge` the line on top of the ready ones. They go on past the
    right edge, for the page to slide into view.
    """

    ready: str
    all: str
    edge: str
    length: float
    left: float
    pods: str
    ready_text: str
    rest_text: str


def area_of(lives: Iterable[PodLife], left: float, right: float) -> Area:
    """The band of these pods from `left` to `right`, in simulated seconds."""
    steps = sorted(_steps(lives))
    column = (right - left) / COLUMNS
    lowest: list[tuple[int, int]] = []
    ready = rest = position = 0
    for number in range(COLUMNS + 1):
        low, before = ready, position
        while position < len(steps) and steps[position][0] <= left + number * column:
            ready += steps[position][1]
            rest += steps[position][2]
            position += 1
            low = min(low, ready)
        lowest.append((low if before != position and number else ready, ready + rest))
    highest = max(1, *(total for _ready, total in lowest)) * 1.2
    edge = _path([ready for ready, _total in lowest], highest, column)
    return Area(
        ready=f"{edge}V100H0Z",
        all=f"{_path([total for _ready, total in lowest], highest, column)}V100H0Z",
        edge=edge,
        length=round(right - left, 2),
        left=left,
        pods=ngettext("%(n)d pod", "%(n)d pods", ready + rest) % {"n": ready + rest},
        ready_text=_("%(n)d ready") % {"n": ready},
        rest_text=_("%(n)d not ready") % {"n": rest} if rest else "",
    )


def _steps(lives: Iterable[PodLife]) -> Iterable[tuple[float, int, int]]:
    """Moments at which the number of ready pods and of other pods changes: (time, ready, other)."""
    for life in lives:
        ready = rest = 0
        ends = [] if life.released_at is None else [Span(GONE, life.released_at)]
        for span in (*life.spans, *ends):
            before = ready, rest
            ready, rest = int(span.state == "ready"), int(span.state not in ("ready", GONE))
            if (ready, rest) != before:
                yield span.start, ready - before[0], rest - before[1]


def _path(values: list[int], highest: float, column: float) -> str:
    """A staircase through one value a column; equal neighbours are one step."""
    heights = [round(100 - 100 * value / highest, 2) for value in values]
    parts = [f"M0 {heights[0]}"]
    for number, (before, height) in enumerate(pairwise(heights), start=1):
        if height != before:
            parts.append(f"H{round(number * column, 2)}V{height}")
    return "".join(parts) + f"H{round(len(values) * column + 86400)}"
