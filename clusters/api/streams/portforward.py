"""Ports of a pod, forwarded over a WebSocket.

Models the kubelet's `pkg/cri/streaming/portforward` behind the API server's TunnelingHandler
(`apiserver/pkg/util/proxy/streamtunnel.go`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from clusters.api.answers import Receive, Send
from clusters.api.request import Request
from clusters.api.streams import channels, spdy
from clusters.api.streams.alarm import Alarm
from clusters.api.streams.channel_tunnel import ChannelTunnel
from clusters.api.streams.outlet import Outlet
from clusters.api.streams.ports import Line, port_of
from clusters.api.streams.spdy_tunnel import SpdyTunnel
from clusters.engine.apiserver.errors import bad_request
from clusters.engine.kubelet.shell.session import World
from clusters.engine.objects import Object, is_finished, key_of, uid_of
from clusters.engine.store import MemoryStore

SPDY: Final = "SPDY/3.1+portforward.k8s.io"
PROTOCOLS: Final = (SPDY, channels.V4, channels.UNNAMED)
PROTOCOL_ERROR: Final = 1002
MOST_PORTS: Final = 100


class Tunnel(Protocol):
    """A protocol that carries connections."""

    @property
    def over(self) -> bool:
        """Whether it has no connection any more and will get none."""

    def begin(self) -> Iterator[bytes]:
        """The messages with which it begins."""

    def take(self, message: bytes) -> Iterator[bytes]:
        """The messages that answer this one. Raises spdy.ProtocolError."""


@dataclass
class Forwarding:
    """Forwarding that has been granted."""

    request: Request
    world: World
    pod: Object

    def over(self, protocol: str) -> Callable[[Receive, Send], Awaitable[None]]:
        """Carries connections until the client or the pod is gone. Raises StatusError 400 for bad ports."""
        if protocol == SPDY:
            return partial(self._run, partial(SpdyTunnel, self._dial))
        return partial(self._run, partial(ChannelTunnel, self._dial, ports_of(self.request)))

    async def _run(self, begin: Callable[[], Tunnel], receive: Receive, send: Send) -> None:
        outlet = Outlet(send)
        with Alarm(self.request.cluster_id, self.world.image(), key_of(self.pod), uid_of(self.pod)) as alarm:
            watching = asyncio.create_task(self._close_with_pod(alarm, outlet))
            try:
                await _carry(begin(), receive, outlet)
            finally:
                watching.cancel()
                outlet.drop()

    def _dial(self, port: int) -> Line:
        return Line(self.world, self.pod, port)

    async def _close_with_pod(self, alarm: Alarm, outlet: Outlet) -> None:
        while not alarm.over and self._is_there(alarm.image):
            await alarm.wait(None)
        outlet.close()

    def _is_there(self, image: MemoryStore) -> bool:
        pod = image.get(*key_of(self.pod))
        return pod is not None and uid_of(pod) == uid_of(self.pod) and not is_finished(pod)


async def _carry(tunnel: Tunnel, receive: Receive, outlet: Outlet) -> None:
    for data in tunnel.begin():
        outlet.put(data)
    while True:
        if tunnel.over:
            outlet.close()
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        data = message.get("bytes") or (message.get("text") or "").encode()
        try:
            for answer in tunnel.take(data):
                outlet.put(answer)
                # One message may hold thousands of requests.
                await asyncio.sleep(0)
                if outlet.closed:
                    break
        except spdy.ProtocolError:
            outlet.close(PROTOCOL_ERROR)


def ports_of(request: Request) -> list[int]:
    """The ports that the query names, for protocols that cannot name them later. Raises StatusError 400."""
    texts = [value for name, value in request.parameters if name in ("port", "ports")]
    if not texts:
        raise bad_request('query parameter "port" is required')
    if not all(texts):
        raise bad_request('query parameter "port" cannot be empty')
    try:
        ports = [port_of(text) for text in ",".join(texts).split(",")]
    except ValueError as error:
        raise bad_request(str(error)) from error
    if len(ports) > MOST_PORTS:
        raise bad_request(f"more than {MOST_PORTS} ports")
    return ports
