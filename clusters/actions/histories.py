"""A history from a file becomes a cluster, paused at its last moment."""

import time
from threading import Lock
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from clusters import history_file, storage
from clusters.actions.sandboxes import demand_room, limits, named
from clusters.engine import cluster
from clusters.engine.apiserver.errors import bad_request, too_large
from clusters.engine.changes import PERSON, Change
from clusters.engine.clock import Clock
from clusters.engine.importing import HistoryError
from clusters.engine.objects import with_value
from clusters.engine.store import MemoryStore, Overlay
from clusters.history_file import History
from clusters.models import Cluster
from clusters.writer import writer

COMMAND: Final = "bootstrap"
"""Who opens a history that nobody owns yet."""
_reading: Final = Lock()
"""A large file takes seconds and hundreds of megabytes: they are read one after the other."""


def open_history(person: str, data: bytes) -> Cluster:
    """A new cluster of that person, with the history in a file; it can be rewound, and goes on from its end.

    Raises 413 or 400 with what is wrong with the file, 403 Forbidden if he has as many clusters as he may
    have; nothing was made then.
    """
    demand_room(person)
    try:
        history = _read(data)
    except HistoryError as error:
        said = _("This history cannot be opened: %(error)s") % {"error": error}
        raise bad_request(said) from error

    def create() -> Cluster:
        demand_room(person)
        made = Cluster(name=history.name, owner=person, seed=history.seed)
        return _create(made, history, f"{PERSON}{person}")

    return writer.call(create)


def open_named_history(name: str, data: bytes) -> tuple[Cluster, str]:
    """A new cluster that nobody owns yet with the history in a file, and the token of the link to it.

    Its name is that in the file if none is given. Raises ValueError for a name that is taken or none, and
    HistoryError and 413 for the file.
    """
    history = _read(data)

    def create(made: Cluster) -> Cluster:
        made.seed = history.seed
        return _create(made, history, COMMAND)

    return named(name or history.name, create)


def _read(data: bytes) -> History:
    limit = settings.LIFELINES_MAX_HISTORY_BYTES
    if len(data) > limit:
        raise too_large(_("A history may have at most %(limit)d bytes.") % {"limit": limit})
    most = limits()
    with _reading:
        return history_file.read(data, {"Node": most["nodes"], "Pod": most["pods"]})


def _create(made: Cluster, history: History, actor: str) -> Cluster:
    wall = time.time()
    changes = [_limited(change) for change in history.changes]
    changes += _stopped(changes, history.seed, wall, actor)
    with transaction.atomic():
        made.save(force_insert=True)
        storage.commit(made.pk, 0, changes, wake_at=wall)
    made.refresh_from_db()
    return made


def _limited(change: Change) -> Change:
    """The change with the limits of this site in the cluster's settings."""
    if change.key != cluster.KEY:
        return change
    return change._replace(object=with_value(change.object, ("spec", "limits"), limits()))


def _stopped(changes: list[Change], seed: str, wall: float, actor: str) -> list[Change]:
    """The clock stands at the last moment. It starts anew from there, whatever the wall clock says."""
    last = changes[-1].time
    store = Overlay(MemoryStore().apply(changes), now=last, seed=seed, actor=actor)
    cluster.set_clock(store, Clock(wall, last, cluster.clock_of(store).speed, paused=True))
    return store.changes
