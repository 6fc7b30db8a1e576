"""GET of pods/log: what a container has written, and with `follow` what it writes from now on.

Models apiserver's `pkg/registry/core/pod/rest/log.go` and the streaming behind it. The calls of clients are
in the logs of those that answer, and of containers that call in a loop, as far back as they are remembered,
see steady.KEPT.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from heapq import merge
from typing import Final

from clusters import steady, traffic
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
from clusters.engine.kubelet.loops import Calls, may_call
from clusters.engine.network import Served, served_by
from clusters.engine.objects import Object, key_of, uid_of
from clusters.engine.store import MemoryStore
from clusters.models import Cluster

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
    now, network, writer = simulated_now(image), _Network(request.cluster_id, uid_of(pod)), Writer(options)
    if not options.follow or options.previous:
        lines = await asyncio.to_thread(_read, image, pod, options, now, network)
        return Answer(200, writer.first(lines, now), PLAIN)
    follower = Follower(key_of(pod), options.container)
    lines = await asyncio.to_thread(_go_on, follower, image, now, network)
    begun = writer.first(lines, now)
    places.take(request.cluster_id)
    return partial(_follow, request, pod, follower, writer, begun, send)


@dataclass
class _Network:
    """Where a pod hears of others. For threads."""

    cluster_id: str
    pod_uid: str

    def calls(self, image: MemoryStore) -> Calls:
        """What clients have called of late, if there are any."""
        if not may_call(image) and not steady.is_watched(self.cluster_id):
            return Calls()
        try:
            look = steady.look(self.cluster_id)
        except Cluster.DoesNotExist:
            return Calls()
        return Calls(look.until, [call for call in look.calls if call.client], look.clients)

    def served(self, calls: Calls) -> list[Served]:
        """Whom the pod has answered, people and clients."""
        people = traffic.of_cluster(self.cluster_id).served(self.pod_uid)
        return list(merge(people, served_by(calls.calls, self.pod_uid), key=lambda served: served.time))


def _read(
    image: MemoryStore, pod: Object, options: LogOptions, now: float, network: _Network
) -> list[LogLine]:
    known = network.calls(image)
    return log_lines(
        image,
        pod,
        options.container,
        now,
        previous=options.previous,
        requests=network.served(known),
        known=known,
    )


def _go_on(follower: Follower, image: MemoryStore, now: float, network: _Network) -> list[LogLine]:
    known = network.calls(image)
    return follower.advance(image, now, network.served(known), known)


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
                network = _Network(request.cluster_id, uid_of(pod))
                await _send_lines(alarm, follower, writer, network, send)
            finally:
                leaving.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        places.leave(request.cluster_id)


async def _send_lines(
    alarm: Alarm, follower: Follower, writer: Writer, network: _Network, send: Send
) -> None:
    while not (alarm.over or follower.over or writer.full):
        await alarm.wait(follower.next_at)
        try:
            lines = await asyncio.to_thread(_go_on, follower, alarm.image, alarm.now, network)
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
