"""The lifelines chart in words: one row a Service or pod, for those who do not see the picture."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from clusters.engine.changes import by_person
from clusters.web.lifelines import visible_chains, visible_services
from clusters.web.lineage import History
from clusters.web.lives import PodLife
from clusters.web.states import state_words
from clusters.web.times import clock_text
from clusters.web.timescale import window_of

LONGEST: Final = 200
"""Rows; beyond them the table says how many are missing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One Service or pod; times as text, `ended` "" while it lives. The page says who called it."""

    uid: str
    kind: str
    name: str
    node: str
    ip: str
    born: str
    ended: str
    state: str
    replaces: str
    restarts: int


@dataclass(frozen=True, slots=True)
class Table:
    """What `lifelines_table.jinja` prints. `missing` rows are not shown."""

    entries: list[Entry]
    missing: int


def table_of(history: History, now: float | None = None, charted: Collection[str] = ()) -> Table:
    """All Services and pods that the chart's window shows, in its order, at the simulated time `now`.

    `charted` are the uids of pods whose own address was called of late.
    """
    window = window_of(history, history.now if now is None else max(now, history.now))
    services = visible_services(history, window.left)
    words = state_words()

    def clock(t: float | None) -> str:
        return "" if t is None else clock_text(t - window.started)

    entries = [
        Entry(
            service.uid,
            "Service",
            service.name,
            "",
            service.ip,
            clock(service.born),
            clock(service.gone_at),
            _("never changes") if service.gone_at is None else _("deleted"),
            "",
            0,
        )
        for service in services
    ]
    for chain in visible_chains(history, services, window.left, charted):
        for life in chain:
            replaced = history.lives.get(life.replaces)
            entries.append(
                Entry(
                    life.uid,
                    "Pod",
                    life.name,
                    life.node,
                    life.ip,
                    clock(life.born),
                    clock(life.gone_at),
                    _state(life, words),
                    replaced.name if replaced else "",
                    life.restarts,
                )
            )
    return Table(entries[:LONGEST], max(0, len(entries) - LONGEST))


def _state(life: PodLife, words: dict[str, str]) -> str:
    if by_person(life.killed_by):
        return _("gone, you killed it") if life.gone_at is not None else _("terminating, you killed it")
    return _("gone") if life.gone_at is not None else words[life.state]
