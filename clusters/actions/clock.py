"""What people do to a cluster's time: how fast it runs, and whether it stands."""

import time
from dataclasses import replace
from typing import Final

from django.utils.translation import gettext as _

from clusters.actions.objects import act
from clusters.engine import cluster
from clusters.engine.apiserver.errors import bad_request
from clusters.engine.store import Overlay

SPEEDS: Final = (1, 5, 20)
"""Simulated seconds a second."""


def set_clock(
    cluster_id: str, person: str, *, speed: float | None = None, paused: bool | None = None
) -> None:
    """Let simulated time run at one of SPEEDS, stop it, or let it go on; None keeps what is."""
    if speed is not None and speed not in SPEEDS:
        raise bad_request(_("The speed is one of %(speeds)s.") % {"speeds": ", ".join(map(str, SPEEDS))})

    def verb(store: Overlay) -> None:
        clock = cluster.clock_of(store).changed(time.time(), speed=speed, paused=paused)
        # A wall clock that was set back must not take the cluster with it.
        cluster.set_clock(store, replace(clock, anchor_simulated=max(store.now, clock.anchor_simulated)))

    act(cluster_id, person, verb)
