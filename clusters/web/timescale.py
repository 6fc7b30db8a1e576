"""The time that the lifelines chart shows, and where in it something stands.

Places are percentages of the plot, times are seconds since the cluster's start; `lifelines.js` moves
everything by the same rules as the clock goes on.
"""

from dataclasses import dataclass
from typing import Final

from clusters.web.lineage import History
from clusters.web.times import clock_text

WINDOW: Final = 360.0
"""Simulated seconds that the plot shows at most, and from then on always."""
SHORTEST: Final = 20.0
"""The plot of a cluster that is younger than this begins before the cluster."""
MARKS: Final = 9
"""Lines of the time grid; the script gives them new times as the window moves."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a moment: `at` seconds since the start, `x` percent of the plot."""

    at: float
    x: float
    kind: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that lasts; `until` is None while it goes on."""

    kind: str
    start: float
    until: float | None
    x1: float
    x2: float


@dataclass(frozen=True, slots=True)
class Window:
    """The simulated time that the plot shows; all times as seconds since the epoch."""

    started: float
    left: float
    right: float

    def x(self, t: float) -> float:
        """Percent of the plot, clamped to what lies within reach of its edges."""
        place = 100 * (t - self.left) / (self.right - self.left)
        return round(min(max(place, -20.0), 120.0), 2)

    def at(self, t: float) -> float:
        return round(t - self.started, 2)

    def mark(self, t: float, kind: str = "", text: str = "") -> Mark:
        return Mark(self.at(t), self.x(t), kind, text)

    def line(self, kind: str, start: float, until: float | None) -> Line:
        end = self.right if until is None else until
        closed = None if until is None else self.at(until)
        return Line(kind, self.at(start), closed, max(0.0, self.x(start)), min(100.0, max(0.0, self.x(end))))


def window_of(history: History, now: float) -> Window:
    """The last six minutes, or all of the cluster's life while it is shorter."""
    started = history.started if history.started is not None else now
    now = max(now, started)
    return Window(started, now - min(max(now - started, SHORTEST), WINDOW), now)


def grid(window: Window) -> list[Mark]:
    length = window.right - window.left
    step = grid_step(length)
    first = max(0.0, -(-(window.left - window.started) // step) * step)
    times = [first + step * number for number in range(MARKS)]
    return [window.mark(window.started + t, text=clock_text(t)) for t in times]


def grid_step(length: float) -> float:
    """Seconds between two lines of the grid, the same as in `lifelines.js`."""
    return 60.0 if length > 180 else 30.0 if length > 80 else 10.0
