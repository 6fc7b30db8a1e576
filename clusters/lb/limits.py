"""How often a cluster is asked from outside, and as whom those who ask are known in it."""

import hashlib
import secrets
import time
from collections import OrderedDict, deque
from typing import Final

A_SECOND: Final = 20
"""Requests to a cluster in any second."""
CLUSTERS: Final = 1_000
"""Clusters whose requests are counted; that which was asked longest ago is forgotten."""
_SALT: Final = secrets.token_bytes(16)

_asked: OrderedDict[str, deque[float]] = OrderedDict()


def admits(cluster_id: str) -> bool:
    """Whether the cluster may be asked once more now; if so, that counts."""
    now = time.monotonic()
    times = _asked.setdefault(cluster_id, deque(maxlen=A_SECOND))
    _asked.move_to_end(cluster_id)
    if len(_asked) > CLUSTERS:
        _asked.popitem(last=False)
    if len(times) == A_SECOND and now - times[0] < 1.0:
        return False
    times.append(now)
    return True


def forget() -> None:
    """Let every cluster be asked again."""
    _asked.clear()


def visitor(address: str) -> str:
    """The address that somebody on the internet has in the simulated world, of TEST-NET-1 (RFC 5737).

    It is the same for as long as this process lives, and does not tell the real one.
    """
    digest = hashlib.blake2b(address.encode(), key=_SALT, digest_size=8).digest()
    return f"192.0.2.{1 + int.from_bytes(digest) % 254}"
