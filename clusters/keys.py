"""The keys with which clients of the Kubernetes API reach a cluster: one to write with, one to read with.

A key is derived from the site's secret and a random nonce, so that the page can show it again although the
database holds only its hash. It travels in the path (`/k8s/<key>/`), as kubectl sends no token over plain
http, or as a bearer token.

The public name of a cluster, which is all that its load balancers ask for, is its id and a signature of it:
it is checked without a database, and nobody makes one up.
"""

import base64
import hashlib
import hmac
import secrets
import time
from typing import Final, NamedTuple

from django.conf import settings
from django.utils.crypto import constant_time_compare

from clusters.models import ApiKey, Grant
from clusters.writer import writer

READ: Final = str(Grant.Role.VIEW)
WRITE: Final = str(Grant.Role.ACT)
USERS: Final = {WRITE: "learner", READ: "reader"}
"""What the holder of a key is called, in the kubeconfig and by the cluster."""
LENGTH: Final = 26
"""Letters and digits of a key: 130 bits. All lower case, as kubectl names folders after it."""
LOAD_BALANCERS: Final = "/lb/"
"""Where the load balancers of all clusters are, before the public name."""
CACHED_FOR: Final = 5.0
"""Seconds for which the answer of the database is believed."""
MOST_CACHED: Final = 10_000


class KeyHolder(NamedTuple):
    """Whoever has a key: may READ or WRITE in one cluster."""

    cluster_id: str
    role: str


_cache: dict[str, tuple[KeyHolder | None, float]] = {}


def known(key: str) -> tuple[bool, KeyHolder | None]:
    """Whether this process knows at the moment what the key opens, and what it opens. Never waits."""
    found = _cache.get(_hash(key))
    if found is None or found[1] < time.monotonic():
        return False, None
    return True, found[0]


def holder(key: str) -> KeyHolder | None:
    """What the key opens, None for nothing. For threads: it may ask the database."""
    is_known, found = known(key)
    return found if is_known else writer.call(lambda: _look_up(key))


def key_of(cluster_id: str, role: str) -> str:
    """The cluster's key for READ or WRITE; it is made when first asked for."""
    return writer.call(lambda: _key_of(cluster_id, role))


def replace(cluster_id: str) -> None:
    """Make both keys of a cluster void, at once in this process and within seconds in others."""
    writer.call(lambda: _replace(cluster_id))


def valid(cluster_id: str) -> frozenset[str]:
    """What tells the keys apart that open a cluster now: whoever serves for hours asks again. For threads."""
    return frozenset(ApiKey.objects.filter(cluster=cluster_id).values_list("hash", flat=True))


def public_name(cluster_id: str) -> str:
    """By what those know the cluster who may do no more than ask its load balancers: 128 bits to guess."""
    return f"{cluster_id}-{_digest(f'clusters.keys/{cluster_id}/public')}"


def cluster_named(name: str) -> str | None:
    """The id of the cluster that has, or had, this public name; None if nobody gave it out."""
    cluster_id = name.rpartition("-")[0]
    return cluster_id if constant_time_compare(name, public_name(cluster_id)) else None


def link_of(cluster_id: str, namespace: str, service: str) -> str:
    """The path at which a LoadBalancer Service's first port is reached for real."""
    return f"{LOAD_BALANCERS}{public_name(cluster_id)}/{namespace}/{service}/"


def _look_up(key: str) -> KeyHolder | None:
    hashed = _hash(key)
    row = ApiKey.objects.filter(hash=hashed).first()
    found = None if row is None else KeyHolder(row.cluster_id, row.role)
    if len(_cache) >= MOST_CACHED:
        _cache.clear()
    _cache[hashed] = found, time.monotonic() + CACHED_FOR
    return found


def _key_of(cluster_id: str, role: str) -> str:
    row = ApiKey.objects.filter(cluster=cluster_id, role=role).first()
    if row is not None:
        key = _derived(cluster_id, role, row.nonce)
        if row.hash == _hash(key):
            return key
        # The site has got another secret since: what the old one gave out ends with it.
        row.delete()
    nonce = secrets.token_hex(16)
    key = _derived(cluster_id, role, nonce)
    ApiKey.objects.create(cluster_id=cluster_id, role=role, nonce=nonce, hash=_hash(key))
    _cache.pop(_hash(key), None)
    return key


def _replace(cluster_id: str) -> None:
    ApiKey.objects.filter(cluster=cluster_id).delete()
    _cache.clear()


def _derived(cluster_id: str, role: str, nonce: str) -> str:
    return _digest(f"clusters.keys/{cluster_id}/{role}/{nonce}")


def _digest(said: str) -> str:
    digest = hmac.digest(settings.SECRET_KEY.encode(), said.encode("utf-8", "surrogatepass"), "sha256")
    return base64.b32encode(digest).decode().lower()[:LENGTH]


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
