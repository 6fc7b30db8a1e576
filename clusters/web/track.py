"""The track along which a viewer goes back: from the oldest moment that is kept to now."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from clusters.engine.clock import Clock
from clusters.web.flags import flag_text
from clusters.web.lineage import History
from clusters.web.past import Past
from clusters.web.times import clock_text

MOST: Final = 40
"""Marks: on a track of 250 px more would be one band."""


@dataclass(frozen=True, slots=True)
class TrackMark:
    """Something that is worth going back to. `at` is seconds since the cluster's start, `kind` one of kill,
    power, service, continue, scale.
    """

    at: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Track:
    """All that `track.jinja` prints; times in seconds since the cluster's start."""

    oldest: float
    oldest_text: str
    speed: float
    """Simulated seconds a second, 0 while time stands."""
    marks: tuple[TrackMark, ...]


def track_of(past: Past, history: History, clock: Clock) -> Track:
    """The track of a cluster: what people did, and the births of Services, as far as that is kept."""
    started, oldest = history.started or 0.0, past.since_start
    since = started + oldest
    found = [
        TrackMark(round(life.born - started, 1), "service", _("Service %(name)s") % {"name": life.name})
        for life in history.services.values()
        if life.name != "kubernetes" and life.born >= since
    ]
    for flag in history.flags:
        if flag.time >= since:
            kind = KINDS.get(flag.verb, "other")
            found.append(TrackMark(round(flag.time - started, 1), kind, flag_text(flag, history.lives)))
    found.sort(key=lambda mark: mark.at)
    speed = 0 if clock.paused else clock.speed
    return Track(round(oldest, 1), clock_text(oldest), speed, tuple(found[-MOST:]))


KINDS: Final = {"kill": "kill", "power-off": "power", "delete-node": "power", "continue": "continue"}
"""How what people did is marked; all else is a short tick."""
