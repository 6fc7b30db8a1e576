"""GET of pods/log: what a container has written, and with `follow` what it writes from now on.

Models apiserver's `pkg/registry/core/pod/rest/log.go` and the streaming behind it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from clusters import traffic
from clusters.api import images
from clusters.api.answers import NO_CACHE, NO_SNIFF, Answer, Receive, Rest, Send
from clusters.api.reads import simulated_now
from clusters.api.request import Request, Target
from clusters.api.streams import places
from clusters.api.streams.alarm import Alarm
from clusters.engine.apiserver.errors import StatusError, not_found
from clusters.engine.kubelet import log_options
from clusters.engine.kubelet.inside import choose_container
from clusters.engine.kubelet.log_options import LogOptions
from clusters.engine.kubelet.log_sources import LogLine
from clusters.engine.kubelet.logs import Follower, log_lines
from clusters.engine.network import Served
from clusters.engine.objects import Object, key_of, uid_of

PLAIN: Final = b"text/plain"


async def begin(request: Request, target: Target, send: Send) -> Answer | Rest:
    """The answer, or with `follow` what is left to be done of it. Raises StatusError before it begins."""
    options = log_options.options_of(request.query, target.name)
    image = await images.newest(request.cluster_id)
    pod = image.get("Pod", target.namespace, target.name)
    if pod is None:
        raise not_found("Pod", target.name)
    choose_container(pod, options.container)
    if not pod["spec"].get("nodeName"):
        return Answer(204, b"", PLAIN)
    now, served, writer = simulated_now(image), _served(request.cluster_id, pod), Writer(options)
    if not options.follow or options.previous:
        read = partial(log_lines, image, pod, options.container, now, previous=options.previous)
        lines = await asyncio.to_thread(read, requests=served)
        return Answer(200, writer.first(lines, now), PLAIN)
    follower = Follower(key_of(pod), options.container)
    lines = await asyncio.to_thread(follower.advance, image, now, served)
    begun = writer.first(lines, now)
    places.take(request.cluster_id)
    return partial(_follow, request, pod, follower, writer, begun, send)


@dataclass
class Writer:
    """Puts lines into bytes as the options say. `full`: limitBytes are written."""

    options: LogOptions
    written: int = 0

    @property
    def full(self) -> bool:
        return self.options.limit_bytes is not None and self.written >= self.options.limit_bytes

    def first(self, lines: Sequence[LogLine], now: float) -> bytes:
        """What had been written by then, as far as it is wanted."""
        return self.more(log_options.select(lines, self.options, now))

    def more(self, lines: Sequence[LogLine]) -> bytes:
        """These lines as far as they are wanted, up to the limit."""
        wanted = log_options.of_stream(lines, self.options)
        data = b"".join(log_options.encode(line, self.options) for line in wanted)
        if self.options.limit_bytes is not None:
            data = data[: self.options.limit_bytes - self.written]
        self.written += len(data)
        return data


async def _follow(
    request: Request, pod: Object, follower: Follower, writer: Writer, begun: bytes, send: Send
) -> None:
    """Send what is written, for as long as the container runs and the client stays."""
    try:
        image = await images.newest(request.cluster_id)
        headers = [(b"content-type", PLAIN), NO_CACHE, NO_SNIFF]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        # Not until there is a body does Daphne send the headers.
        await send({"type": "http.response.body", "body": begun, "more_body": True})
        with Alarm(request.cluster_id, image, key_of(pod), uid_of(pod)) as alarm:
            leaving = asyncio.create_task(_stop_when_gone(request.receive, alarm))
            try:
                await _send_lines(alarm, follower, writer, partial(_served, request.cluster_id, pod), send)
            finally:
                leaving.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        places.leave(request.cluster_id)


async def _send_lines(
    alarm: Alarm, follower: Follower, writer: Writer, served: Callable[[], list[Served]], send: Send
) -> None:
    while not (alarm.over or follower.over or writer.full):
        await alarm.wait(follower.next_at)
        try:
            lines = await asyncio.to_thread(follower.advance, alarm.image, alarm.now, served())
        except StatusError:
            # The machine went down under the container: nobody will ever hear more of it.
            return
        data = writer.more(lines)
        if data and not alarm.over:
            await send({"type": "http.response.body", "body": data, "more_body": True})


async def _stop_when_gone(receive: Receive, alarm: Alarm) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    alarm.stop()


def _served(cluster_id: str, pod: Object) -> list[Served]:
    return list(traffic.of_cluster(cluster_id).served(uid_of(pod)))
