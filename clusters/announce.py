"""Nudges: "cluster x is at revision 912", after the commit, through the channel layer.

A nudge carries no data and no HTML. Whoever hears one asks the database what happened; whoever misses one
finds it at his next slow look, so nothing here waits or fails.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Final

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

COMMITTED: Final = "cluster.committed"
"""The type of a nudge. Other messages are none."""
CLUSTERS: Final = "clusters"
"""The group of all hubs."""
RECONCILE: Final = "reconcile"
"""The channel of the workers; one of them gets the message."""
RENEW: Final = 3600.0
"""Seconds. Layers forget who joined a group after a day, or when a message waits too long for him."""

_loop: asyncio.AbstractEventLoop | None = None


def bind(loop: asyncio.AbstractEventLoop | None) -> None:
    """Send through this loop, the one on which the process serves. Without a loop nothing is sent."""
    global _loop
    _loop = loop


def committed(cluster_id: str, revision: int, *, by_worker: bool = False) -> None:
    """Tell hubs and, unless it was one of them, workers. May be called from any thread; never raises."""
    if _loop is None or _loop.is_closed():
        return
    nudge = {"type": COMMITTED, "cluster": cluster_id, "revision": revision, "answered": by_worker}
    try:
        asyncio.run_coroutine_threadsafe(_send(nudge, by_worker), _loop)
    except RuntimeError:
        logger.info("Cluster %s: the loop closed before revision %d was told.", cluster_id, revision)


def run_soon(function: Callable[[], object]) -> None:
    """Have it called on the loop on which the process serves; without one it is left out. From any thread."""
    if _loop is None or _loop.is_closed():
        return
    with suppress(RuntimeError):  # it closed just now
        _loop.call_soon_threadsafe(function)


async def nudges() -> AsyncIterator[tuple[str, bool]]:
    """(id, answered) of clusters in which something was committed, as it happens.

    What a person did is not answered yet: the control plane's own commit mostly follows within milliseconds.
    """
    bind(asyncio.get_running_loop())
    layer = get_channel_layer()
    channel = await layer.new_channel()
    while True:
        await layer.group_add(CLUSTERS, channel)
        renew_at = asyncio.get_running_loop().time() + RENEW
        async for nudge in received(channel, renew_at):
            yield nudge["cluster"], nudge["answered"]


async def received(channel: str, until: float | None = None) -> AsyncIterator[dict[str, Any]]:
    """The nudges of a channel, until that time of the loop."""
    layer = get_channel_layer()
    while True:
        try:
            async with asyncio.timeout_at(until):
                message = await layer.receive(channel)
        except TimeoutError:
            return
        if message.get("type") == COMMITTED:
            yield message


async def _send(nudge: dict[str, Any], by_worker: bool) -> None:
    layer = get_channel_layer()
    try:
        if not by_worker:
            await layer.send(RECONCILE, nudge)
        await layer.group_send(CLUSTERS, nudge)
    except Exception:
        logger.warning("Cluster %s: a nudge was lost.", nudge["cluster"], exc_info=True)
