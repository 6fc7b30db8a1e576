"""What people do to clusters as a whole: make them, find them again, set their cloud."""

import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clusters import access, storage
from clusters.actions.objects import act
from clusters.engine import bootstrap, cluster
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.clock import Clock
from clusters.engine.objects import with_value
from clusters.engine.store import MemoryStore, Overlay
from clusters.models import Cluster
from clusters.writer import writer

UNTOUCHED: Final = 30 * 24 * 3600
"""Seconds after which a cluster that nobody has touched goes: as long as a session lives."""


def open_sandbox(person: str) -> Cluster:
    """The one of a person's own clusters that he used last, or a new one if he has none."""
    own = Cluster.objects.filter(owner=person).order_by("-used_at")
    return writer.call(lambda: own.first() or _create_for(person))


def create_cluster(person: str, *, name: str = "", nodes: int = 3, delays: str = "real") -> Cluster:
    """A new cluster that a person owns. Raises 403 Forbidden if he has as many as he may have."""
    return writer.call(lambda: _create_for(person, name=name, nodes=nodes, delays=delays))


def create_named_cluster(name: str, *, nodes: int = 3, delays: str = "real") -> tuple[Cluster, str]:
    """A new cluster that nobody owns yet, and the token of the link that will make somebody its owner.

    Raises ValueError if the name is taken or a number is beyond the limits.
    """
    limit = settings.LIFELINES_MAX_NODES
    if not 1 <= nodes <= limit:
        raise ValueError(_("A cluster has 1 to %(limit)d nodes.") % {"limit": limit})
    return named(name, lambda made: _create(made, nodes, delays))


def named(name: str, create: Callable[[Cluster], Cluster]) -> tuple[Cluster, str]:
    """What `create` makes of the row of a cluster with that name, and the token of the link to it.

    Raises ValueError if the name is taken, or none.
    """
    if not 1 <= len(name) <= 100:
        raise ValueError(_("A cluster's name has 1 to 100 characters."))
    token, token_hash = access.new_token()
    made = Cluster(name=name, made_by_command=True, claim_hash=token_hash)
    try:
        return writer.call(lambda: create(made)), token
    except IntegrityError as error:
        raise ValueError(_("There is already a cluster named %(name)s.") % {"name": name}) from error


def untouched(now: float) -> QuerySet[Cluster]:
    """The clusters to purge at that wall time, those first that have waited longest."""
    return Cluster.objects.filter(used_at__lt=now - UNTOUCHED).order_by("used_at")


def delete_cluster(cluster_id: str) -> None:
    """Remove a cluster and all that belongs to it."""
    writer.call(lambda: Cluster.objects.filter(pk=cluster_id).delete())


def set_cloud(cluster_id: str, person: str, cloud: bool) -> None:
    """Say whether somebody outside makes load balancers for this cluster."""
    act(cluster_id, person, lambda store: cluster.set_cloud(store, cloud))


def set_book(cluster_id: str, person: str, book: bool) -> None:
    """Say whether commands of the book work that later versions of kubectl have dropped."""
    act(cluster_id, person, lambda store: cluster.set_book(store, book))


def demand_room(person: str) -> None:
    """Raises 403 Forbidden if a person has as many clusters as he may have."""
    limit = settings.LIFELINES_MAX_CLUSTERS_PER_PERSON
    if Cluster.objects.filter(owner=person).count() >= limit:
        raise StatusError(403, "Forbidden", _("You may have at most %(limit)d clusters.") % {"limit": limit})


def limits() -> dict[str, int]:
    """How many objects a cluster of this site may have, by plural."""
    return {"nodes": settings.LIFELINES_MAX_NODES, "pods": settings.LIFELINES_MAX_PODS}


def _create_for(person: str, *, name: str = "", nodes: int = 3, delays: str = "real") -> Cluster:
    demand_room(person)
    return _create(Cluster(name=name, owner=person), nodes, delays)


def _create(made: Cluster, nodes: int, delays: str) -> Cluster:
    wall = time.time()
    overlay = Overlay(MemoryStore(), now=wall, seed=made.seed, actor="bootstrap")
    bootstrap.new_cluster(overlay, nodes=0, delays=delays, clock=Clock(wall, wall))
    _set_limits(overlay)
    for _number in range(nodes):
        bootstrap.add_node(overlay)
    with transaction.atomic():
        made.save(force_insert=True)
        storage.commit(made.pk, 0, overlay.changes, wake_at=wall)
    made.refresh_from_db()
    return made


def _set_limits(store: Overlay) -> None:
    itself = store.get(*cluster.KEY)
    assert itself is not None
    store.update(with_value(itself, ("spec", "limits"), limits()))
