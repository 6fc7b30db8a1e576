"""What people do to a cluster's time: how fast it runs, whether it stands, and moving it on by hand."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from django.utils.translation import gettext as _

from clusters.actions.objects import act
from clusters.actions.transactions import drive
from clusters.engine import cluster, stepping
from clusters.engine.apiserver.errors import bad_request
from clusters.engine.changes import PERSON, Change
from clusters.engine.cluster import Steps
from clusters.engine.control_plane import ControlPlane
from clusters.engine.store import Overlay
from clusters.models import Cluster
from clusters.writer import writer

SPEEDS: Final = (1, 5, 20)
"""Simulated seconds a second."""

Work = Callable[[ControlPlane, Overlay], list[Change]]


class TakenError(Exception):
    """Somebody else has moved the time on before."""


class _NothingError(Exception):
    """Nothing happens by itself."""


def set_clock(
    cluster_id: str, person: str, *, speed: float | None = None, paused: bool | None = None
) -> None:
    """Let simulated time run at one of SPEEDS, stop it, or let it go on; None keeps what is."""
    if speed is not None and speed not in SPEEDS:
        raise bad_request(_("The speed is one of %(speeds)s.") % {"speeds": ", ".join(map(str, SPEEDS))})

    def verb(store: Overlay) -> None:
        clock = cluster.clock_of(store)
        if speed in (None, clock.speed) and paused in (None, clock.paused):
            return
        clock = clock.changed(time.time(), speed=speed, paused=paused)
        # A wall clock that was set back must not take the cluster with it.
        cluster.set_clock(store, replace(clock, anchor_simulated=max(store.now, clock.anchor_simulated)))

    act(cluster_id, person, verb)


def step(cluster_id: str, person: str, *, seen: int | None = None) -> list[Change]:
    """Stop the time, and let one component do one work item: the next that a person can see.

    Returns what that component did; [] if nothing happens by itself, and then nothing is changed but the
    pause. `seen` is the count of steps that the person saw. Raises TakenError, and nothing happens, if
    somebody else has moved the time on since.
    """
    changes = _move(cluster_id, person, seen, stepping.step, pause=True)
    if not changes:
        set_clock(cluster_id, person, paused=True)
    return changes


def skip(cluster_id: str, person: str, *, seen: int | None = None) -> list[Change]:
    """Go to the next moment at which something happens; the time runs on from there, or stands there.

    All that is due at that moment happens with it, but for what is too much for one commit. Returns what
    happened; `seen` and what is raised are those of `step`.
    """
    return _move(cluster_id, person, seen, stepping.skip, pause=False)


def set_clock_role(cluster_id: str, person: str, role: str) -> None:
    """Say which role one needs to turn the clock: access.ACT, or access.OWN for the owner alone.

    The cluster's row decides; its object tells the pages that it was changed.
    """
    writer.call(lambda: Cluster.objects.filter(pk=cluster_id).update(clock_role=role))
    act(cluster_id, person, lambda store: cluster.set_clock_role(store, role))


def _move(cluster_id: str, person: str, seen: int | None, work: Work, *, pause: bool) -> list[Change]:
    actor = PERSON + person

    def verb(plane: ControlPlane, store: Overlay) -> list[Change]:
        steps = cluster.steps_of(store)
        if seen is not None and steps.count != seen and steps.by != actor:
            raise TakenError
        changes = work(plane, store)
        if not changes:
            raise _NothingError
        _note(store, changes, Steps(steps.count + 1, actor), pause)
        return changes

    try:
        return drive(cluster_id, verb, actor=actor)
    except _NothingError:
        return []


def _note(store: Overlay, changes: list[Change], steps: Steps, pause: bool) -> None:
    """The clock goes on from where the work has led to, never back from where it had come by itself."""
    clock, wall = cluster.clock_of(store), time.time()
    store.now = max(store.now, clock.now(wall))
    first, last = changes[0].revision, changes[-1].revision
    steps = replace(steps, at=store.now, first=first, last=last)
    clock = replace(clock, anchor_wall=wall, anchor_simulated=store.now, paused=clock.paused or pause)
    cluster.set_clock(store, clock, steps)
