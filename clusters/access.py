"""Who somebody is, and which clusters he may see and touch.

A person is a text: `user:<pk>` for somebody who has logged in, else an id that his session keeps. Whoever
may not see a cluster is told that there is none.
"""

import hashlib
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string

from clusters import keys
from clusters.models import Cluster, Grant
from clusters.writer import writer

VIEW: Final = "view"
ACT: Final = "act"
OWN: Final = "own"
_RANKS: Final = {VIEW: 1, ACT: 2, OWN: 3}

PERSON: Final = "person"
"""The session's key for the id."""
RENEW: Final = 3600.0
"""Seconds. `used_at` is written at most so often."""


def person_of(request: HttpRequest | Mapping[str, Any]) -> str:
    """The person behind a request or a socket's scope; "" for somebody new.

    Reads the session, so on an event loop it has to be called in a thread.
    """
    if isinstance(request, HttpRequest):
        user, session = getattr(request, "user", None), request.session
    else:
        user, session = request.get("user"), request["session"]
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    return str(session.get(PERSON, ""))


def make_person(request: HttpRequest) -> str:
    """The person behind a request; somebody new gets an id that his session keeps."""
    person = person_of(request)
    if not person:
        person = request.session[PERSON] = secrets.token_hex(16)
    return person


def forget_sessions() -> None:
    """Remove the sessions that have ended: nobody can come back to them."""
    writer.call(import_string(f"{settings.SESSION_ENGINE}.SessionStore").clear_expired)


def access_cluster(person: str, cluster_id: str, role: str = ACT) -> Cluster:
    """The cluster, for a person who has at least this role in it: VIEW, ACT or OWN. Raises Http404."""
    cluster = Cluster.objects.filter(pk=cluster_id).first()
    if cluster is None or _RANKS[role] > _rank(person, cluster):
        raise Http404
    _touch(cluster)
    return cluster


def role_of(person: str, cluster: Cluster) -> str:
    """VIEW, ACT or OWN; "" for nothing."""
    if not person:
        return ""
    if cluster.owner == person:
        return OWN
    return cluster.grants.filter(person=person).values_list("role", flat=True).first() or ""


def clock_role(cluster: Cluster) -> str:
    """The role that one needs to turn the cluster's clock: ACT or OWN."""
    return cluster.clock_role


def may_turn_clock(person: str, cluster: Cluster) -> bool:
    """Whether a person has that role."""
    return _rank(person, cluster) >= _RANKS[clock_role(cluster)]


def clusters_of(person: str) -> QuerySet[Cluster]:
    """The clusters that a person owns or was let into, the one used last first."""
    if not person:
        return Cluster.objects.none()
    mine = Q(owner=person) | Q(grants__person=person)
    return Cluster.objects.filter(mine).distinct().order_by("-used_at")


def new_token() -> tuple[str, str]:
    """A token for a link, and the hash of it that is stored."""
    token = secrets.token_urlsafe(24)
    return token, _hash(token)


def claim(person: str, cluster_id: str, token: str) -> Cluster:
    """Let in a person who holds the cluster's link: the first becomes its owner, others may act.

    Raises Http404 if the token is not, or no longer, the cluster's.
    """
    return writer.call(lambda: _claim(person, cluster_id, token))


def revoke_claim(cluster_id: str) -> None:
    """Make the cluster's link void, and take back what it gave to others than the owner.

    They may have seen the keys of its API, so those end too.
    """
    writer.call(lambda: _revoke(cluster_id))


def _rank(person: str, cluster: Cluster) -> int:
    return _RANKS.get(role_of(person, cluster), 0)


def _claim(person: str, cluster_id: str, token: str) -> Cluster:
    cluster = Cluster.objects.filter(pk=cluster_id).exclude(claim_hash="").first()
    if not person or cluster is None or not constant_time_compare(cluster.claim_hash, _hash(token)):
        raise Http404
    first = Cluster.objects.filter(pk=cluster_id, owner="").update(owner=person)
    if not first and _rank(person, cluster) < _RANKS[ACT]:
        let_in = {"role": ACT, "by_link": True}
        Grant.objects.update_or_create(cluster=cluster, person=person, defaults=let_in)
    cluster.refresh_from_db()
    _touch(cluster)
    return cluster


def _revoke(cluster_id: str) -> None:
    Cluster.objects.filter(pk=cluster_id).update(claim_hash="")
    Grant.objects.filter(cluster=cluster_id, by_link=True).delete()
    keys.replace(cluster_id)


def _touch(cluster: Cluster) -> None:
    now = time.time()
    if now - cluster.used_at > RENEW:
        writer.post(lambda: Cluster.objects.filter(pk=cluster.pk).update(used_at=now))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
