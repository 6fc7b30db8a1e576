"""The words beside a pod's line: its name, and in the right gutter what holds now."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from django.utils.translation import gettext as _

from clusters.web.lives import PodLife
from clusters.web.states import crash_words, pulling_container
from clusters.web.times import duration_text
from clusters.web.widths import fit, fit_name

GUTTER: Final = 84
"""Room in px for a text in the right gutter."""


@dataclass(frozen=True, slots=True)
class Countdown:
    """A text whose `{}` clock.js fills in: the time left until `end`, or the percent of the way to it.

    Times are simulated seconds since the epoch.
    """

    begin: float
    end: float
    text: str
    percent: bool = False

    def at(self, now: float) -> str:
        """What stands for `{}` at that time."""
        if not self.percent:
            return duration_text(max(0, ceil(self.end - now)))
        share = (now - self.begin) / max(self.end - self.begin, 0.01)
        return f"{int(100 * min(1.0, max(0.0, share)))} %"


@dataclass(frozen=True, slots=True)
class Gutter:
    """Two short lines; `tone` is ink, run, work, leave or fail, `living` asks for the dot at now."""

    first: str
    second: str
    tone: str
    struck: bool = False
    living: bool = False
    countdown: Countdown | None = None


def short_name(life: PodLife) -> str:
    """What a controller added to the pod's name, or the name of a pod that has no controller."""
    return life.name.rsplit("-", 1)[-1] if life.owner else fit_name(life.name, 78, 10.8)


def gutter_of(life: PodLife, now: float) -> Gutter:
    """What holds at `now` (simulated) at the end of this pod's line."""
    ip = life.ip or _("no IP")
    if life.gone_at is not None:
        return Gutter(ip, _("gone"), "leave", struck=bool(life.ip))
    if life.state == "crashing":
        words = crash_words(life.pod) if life.pod else ""
        return Gutter(ip, fit(words, GUTTER, 11), "fail")
    gutter = {
        "pending": Gutter(_("no IP yet"), _("no node yet"), "work"),
        "starting": Gutter(life.ip or _("IP soon"), _("starting"), "work", countdown=_pull(life)),
        "ready": Gutter(ip, "", "ink", living=True),
        "running": Gutter(ip, _("not ready yet"), "run", living=True),
        "terminating": Gutter(ip, _("terminating"), "leave", countdown=_grace(life)),
        "completed": Gutter(ip, _("finished"), "leave", struck=True),
        "unreachable": Gutter(ip, _("unreachable"), "leave"),
    }[life.state]
    if gutter.countdown is None:
        return gutter
    return replace(gutter, second=gutter.countdown.text.replace("{}", gutter.countdown.at(now)))


def _grace(life: PodLife) -> Countdown | None:
    if life.deadline is None or life.killed_at is None:
        return None
    return Countdown(life.killed_at, life.deadline, _("{} left"))


def _pull(life: PodLife) -> Countdown | None:
    container = pulling_container(life.pod) if life.pod else None
    if container is None or container.get("until") is None or "from" not in container:
        return None
    return Countdown(container["from"], container["until"], _("pulling {}"), percent=True)
