"""How many streams may be open at once: each keeps a connection, and some a shell."""

from collections import Counter
from typing import Final

from clusters.engine.apiserver.errors import StatusError

A_CLUSTER: Final = 20
A_PROCESS: Final = 500

_taken: Counter[str] = Counter()


def take(cluster_id: str) -> None:
    """Take a place for a stream, which `leave` gives back. Raises 429 TooManyRequests and 503."""
    if _taken.total() >= A_PROCESS:
        message = f"this server has {A_PROCESS} streams open already, please try again later"
        raise StatusError(503, "ServiceUnavailable", message, {"retryAfterSeconds": 5})
    if _taken[cluster_id] >= A_CLUSTER:
        message = f"too many streams: this cluster has {A_CLUSTER} open already; close one of them"
        raise StatusError(429, "TooManyRequests", message, {"retryAfterSeconds": 5})
    _taken[cluster_id] += 1


def leave(cluster_id: str) -> None:
    """Give a place back."""
    _taken[cluster_id] -= 1
    if _taken[cluster_id] <= 0:
        del _taken[cluster_id]


def taken(cluster_id: str) -> int:
    """Places that a cluster's streams take."""
    return _taken.get(cluster_id, 0)
