"""The flags on top of the lifelines chart: what somebody did, at its moment."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.web.lineage import History
from clusters.web.lives import Flag, PodLife
from clusters.web.row_texts import short_name
from clusters.web.times import clock_text
from clusters.web.timescale import Window
from clusters.web.widths import fit_name, planned

NOW_PILL: Final = 36.0
"""Px left of now that its own pill takes."""
FARTHEST: Final = 60.0
"""Px that a flag may move away from its moment to keep clear of the next one."""


@dataclass(frozen=True, slots=True)
class Pill:
    """The flag of one or several things that somebody did; `width` in px."""

    at: float
    x: float
    text: str
    tone: str
    width: float


def tone_of(flag: Flag) -> str:
    return {"kill": "fail", "power-off": "fail", "delete-node": "fail"}.get(flag.verb, "work")


def flag_text(flag: Flag, lives: dict[str, PodLife]) -> str:
    """What the person did, in a few words."""
    name = fit_name(flag.name, 78, 10.8)
    if flag.verb == "kill":
        life = lives.get(flag.uid)
        return _("You killed %(pod)s") % {"pod": short_name(life) if life else name}
    if flag.verb == "power-off":
        return _("You powered off %(node)s") % {"node": name}
    if flag.verb == "power-on":
        return _("You powered on %(node)s") % {"node": name}
    if flag.verb == "delete-node":
        return _("You deleted %(node)s") % {"node": name}
    if flag.verb == "continue":
        return _("You went back to %(time)s") % {"time": clock_text(flag.number)}
    return _("You scaled %(name)s to %(n)d") % {"name": name, "n": flag.number}


def pills_of(history: History, plot: float, window: Window) -> list[Pill]:
    """The flags of the window, from the left; one that would have to move far joins its right neighbour."""
    groups = [[flag] for flag in history.flags if flag.time >= window.left]
    pills = [_pill(group, history, window) for group in groups]
    while (crowded := _crowded(pills, plot)) is not None:
        together = groups[crowded] + groups[crowded + 1]
        groups[crowded : crowded + 2] = [together]
        pills[crowded : crowded + 2] = [_pill(together, history, window)]
    return pills


def _crowded(pills: list[Pill], plot: float) -> int | None:
    """The last pill but one that has no room near its moment when all keep clear of each other and of now."""
    edge = plot - NOW_PILL
    for index in range(len(pills) - 1, -1, -1):
        wanted = pills[index].x / 100 * plot
        place = min(wanted, edge - pills[index].width / 2)
        if wanted - place > FARTHEST and index < len(pills) - 1:
            return index
        edge = place - pills[index].width / 2 - 4
    return None


def _pill(group: list[Flag], history: History, window: Window) -> Pill:
    text = flag_text(group[0], history.lives)
    if len(group) > 1 and all(flag.verb == "kill" for flag in group):
        text = ngettext("%(n)d kill", "%(n)d kills", len(group)) % {"n": len(group)}
    elif len(group) > 1:
        text = ngettext("%(n)d action", "%(n)d actions", len(group)) % {"n": len(group)}
    tone = "fail" if any(tone_of(flag) == "fail" for flag in group) else "work"
    middle = sum(flag.time for flag in group) / len(group)
    return Pill(window.at(middle), window.x(middle), text, tone, pill_width(text))


def pill_width(text: str) -> float:
    """Px of a pill with this text at 10.8 px."""
    return round(planned(text, 10.8)) + 18
