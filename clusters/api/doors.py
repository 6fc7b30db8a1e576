"""Who may come in: a key in the path or as a bearer token opens one cluster, and so does an account's token.

Whoever tries keys that are none is slowed down by his address. A key that this process has seen open
something is never kept waiting: a classroom behind one address has one bad key in it sooner or later.
"""

import asyncio
import time
from typing import Final

from clusters import keys
from clusters.api import PREFIX, tokens
from clusters.api.answers import Message
from clusters.api.request import Visitor
from clusters.engine.apiserver import reviews
from clusters.engine.apiserver.errors import StatusError

WINDOW: Final = 60.0
"""Seconds over which failures are counted."""
FAILURES: Final = 30
"""Bad keys in a window; kubectl tries five times for each of its commands."""
MOST_KNOWN: Final = 10_000
"""Addresses and keys that are remembered."""
_USERS: Final = {
    keys.WRITE: reviews.administrator(keys.USERS[keys.WRITE]),
    keys.READ: reviews.viewer(keys.USERS[keys.READ]),
}
"""Who a key makes of its holder."""

_failures: dict[str, tuple[float, int]] = {}
_good: set[str] = set()


async def admit(scope: Message) -> tuple[str, Visitor]:
    """The path after the key, and who is let in where.

    Raises 401 Unauthorized, 429 TooManyRequests, and Cluster.DoesNotExist.
    """
    named, _, rest = scope["path"].removeprefix(PREFIX).partition("/")
    bearer = _bearer(scope)
    key = bearer or named
    address = (scope.get("client") or [""])[0]
    if keys.known(key)[1] is None:
        _demand_patience(address, key)
    # No key has a dot, and every token has two.
    visitor = await (_of_account(named, bearer) if "." in bearer else _of_key(named, bearer))
    if visitor is None:
        _count_failure(address)
        raise StatusError(401, "Unauthorized", "Unauthorized")
    _remember(key)
    return f"/{rest}", visitor


async def _of_key(named: str, bearer: str) -> Visitor | None:
    holder = await _holder(bearer or named)
    if holder is None:
        return None
    if bearer and named not in (holder.cluster_id, bearer):
        # The header decides what may be done; the path only has to mean the same cluster.
        other = await _holder(named)
        if other is None or other.cluster_id != holder.cluster_id:
            return None
    return Visitor(holder.cluster_id, _USERS[holder.role])


async def _of_account(named: str, token: str) -> Visitor | None:
    # The path means the token's cluster by its id, or by a key of it.
    visitor = await tokens.visitor(named, token)
    if visitor is None:
        holder = await _holder(named)
        visitor = None if holder is None else await tokens.visitor(holder.cluster_id, token)
    return visitor


async def _holder(key: str) -> keys.KeyHolder | None:
    known, holder = keys.known(key)
    return holder if known else await asyncio.to_thread(keys.holder, key)


def forget_failures() -> None:
    """Let everybody try again."""
    _failures.clear()
    _good.clear()


def _bearer(scope: Message) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if kind.lower() == "bearer" else ""
    return ""


def _remember(key: str) -> None:
    if key not in _good:
        if len(_good) >= MOST_KNOWN:
            _good.clear()
        _good.add(key)


def _demand_patience(address: str, key: str) -> None:
    began, count = _failures.get(address, (0.0, 0))
    left = began + WINDOW - time.monotonic()
    if count >= FAILURES and left > 0 and key not in _good:
        message = "too many requests with a key that opens no cluster, please try again later"
        raise StatusError(429, "TooManyRequests", message, {"retryAfterSeconds": int(left) + 1})


def _count_failure(address: str) -> None:
    now = time.monotonic()
    began, count = _failures.get(address, (0.0, 0))
    if now - began > WINDOW:
        if len(_failures) >= MOST_KNOWN:
            _failures.clear()
        began, count = now, 0
    _failures[address] = began, count + 1
