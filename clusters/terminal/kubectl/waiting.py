"""Waiting until an object is as somebody wants it, or gone.

Models client-go's `tools/watch` (UntilWithSync) as kubectl uses it. Time limits are the cluster's: while
its clock stands, nobody's patience ends.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.restmapper import Mapping

WEEK: Final = 168 * 3600.0
"""Seconds: as long as kubectl waits that was told to wait for ever."""
TIMED_OUT: Final = "timed out waiting for the condition"

Check = Callable[[str, Object], bool]
"""Whether an event, by its type and object, is what was waited for."""


@asynccontextmanager
async def time_limit(k: Kubectl, seconds: float) -> AsyncIterator[None]:
    """Raises TimeoutError when so many seconds of the cluster's time have passed inside."""

    async def end() -> None:
        await k.host.sleep(seconds)
        limit.reschedule(asyncio.get_running_loop().time())

    async with asyncio.timeout(None) as limit:
        timer = asyncio.create_task(end())
        try:
            yield
        finally:
            timer.cancel()


async def until(
    k: Kubectl, mapping: Mapping, namespace: str, name: str, is_enough: Check, seconds: float
) -> Object:
    """Watch one object; the one of the event that was enough, {} if there was none at all to begin with.

    An object that is not there at the beginning is told as an event of type "". Raises CommandError when
    the time is up.
    """
    try:
        async with time_limit(k, seconds):
            while True:
                found = await _watch_once(k, mapping, namespace, name, is_enough)
                if found is not None:
                    return found
    except TimeoutError as error:
        raise CommandError(f"{TIMED_OUT} on {mapping.plural}/{name}") from error


async def _watch_once(
    k: Kubectl, mapping: Mapping, namespace: str, name: str, is_enough: Check
) -> Object | None:
    query = (
        ("allowWatchBookmarks", "true"),
        ("fieldSelector", f"metadata.name={name}"),
        ("resourceVersionMatch", "NotOlderThan"),
        ("sendInitialEvents", "true"),
    )
    seen = False
    async with aclosing(k.client.watch(mapping.path(namespace), query)) as events:
        async for type_, obj in events:
            if type_ == "BOOKMARK":
                if not seen and is_enough("", {}):
                    return {}
                continue
            seen = True
            if is_enough(type_, obj):
                return obj
    return None
