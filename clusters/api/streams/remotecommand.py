"""exec and attach over a WebSocket: what a program prints goes out, what somebody types comes in.

Models the kubelet's `pkg/cri/streaming/remotecommand` behind the API server's `pkg/registry/core/pod/rest`.
The program itself is a state machine, see `engine/kubelet/shell/session.py`. Left out: window sizes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final

from clusters import actions, memory, traffic
from clusters.api.answers import Message, Receive, Send
from clusters.api.reads import simulated_now
from clusters.api.request import Request
from clusters.api.streams import channels
from clusters.api.streams.alarm import Alarm
from clusters.api.streams.outlet import GOING_AWAY, NORMAL, POLICY
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.kubelet.shell.effects import STDOUT, Output
from clusters.engine.kubelet.shell.session import Act, Attachment, Session, World
from clusters.engine.objects import Object, key_of, uid_of
from clusters.engine.store import MemoryStore

PROTOCOLS: Final = (channels.V5, channels.V4, channels.V1, channels.UNNAMED)
MOST_UNREAD: Final = 4 * 1024 * 1024
"""Bytes that a client may send while it does not read itself what it is sent; then it is hung up on."""

PIECE: Final = 1024
"""Bytes that a program is given at a time: a terminal looks at each of them."""

Program = Session | Attachment


def world_of(cluster_id: str, image: MemoryStore) -> World:
    """The cluster as a session sees it: whatever this process knows at the moment."""
    newest = partial(_newest, cluster_id, image)
    return World(newest, lambda: simulated_now(newest()), Random(), traffic.of_cluster(cluster_id))


def _newest(cluster_id: str, image: MemoryStore) -> MemoryStore:
    return memory.published(cluster_id) or image


@dataclass
class Command:
    """A program that has been started for a client, and how it is carried to him.

    `command` is what it was started with, [] for a container's own process; `unread` how many bytes came
    in since something went out; `closed_with` the code for an end before the program's.
    """

    request: Request
    program: Program
    command: list[str]
    pod: Object
    image: MemoryStore
    unread: int = 0
    closed_with: int = GOING_AWAY

    def over(self, protocol: str) -> Callable[[Receive, Send], Awaitable[None]]:
        """Carries bytes until the program ends, which is told, or the client has gone."""
        return partial(self._run, protocol)

    async def _run(self, protocol: str, receive: Receive, send: Send) -> None:
        # By this the client knows that it stands.
        await send(channels.message(channels.STDOUT))
        with Alarm(self.request.cluster_id, self.image, key_of(self.pod), uid_of(self.pod)) as alarm:
            listening = asyncio.create_task(self._listen(receive, send, alarm))
            try:
                status = await self._serve(alarm, send)
            finally:
                listening.cancel()
        if status is None:
            await send({"type": "websocket.close", "code": self.closed_with})
            return
        data = channels.status_data(status, protocol)
        if data:
            await send(channels.message(channels.ERROR, data))
        await send({"type": "websocket.close", "code": NORMAL})

    async def _serve(self, alarm: Alarm, send: Send) -> Object | None:
        """Run the program; returns the Status of its end, None if it was not let come to one."""
        while not alarm.over:
            for output in await self._advance():
                await send(_message(output))
            if self.program.exit_code is not None:
                # Who attaches is not told how the container ends: the pod's status says that.
                return channels.exit_status(self.command, self.program.exit_code if self.command else 0)
            if self.program.act is not None:
                self.program.acted(await self._act(self.program.act))
            else:
                await alarm.wait(self.program.wake_at)
        return None

    async def _advance(self) -> list[Output]:
        self.unread = 0
        # A shell takes few steps at a time. A log may take long to find out, and has nobody who types.
        if isinstance(self.program, Session):
            return self.program.advance()
        return await asyncio.to_thread(self.program.advance)

    async def _act(self, act: Act) -> bool:
        """Do a write that the program asks for; whether it was done."""
        submitted = actions.submit(self.request.cluster_id, act, actor=self.request.actor)
        try:
            return await asyncio.wrap_future(submitted)
        except StatusError:
            return False

    async def _listen(self, receive: Receive, send: Send, alarm: Alarm) -> None:
        """Hand the program what the client sends, until he has gone or sends without ever reading."""
        while self.unread <= MOST_UNREAD:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                alarm.stop()
                return
            frame = channels.parse(message)
            if frame is not None:
                self.unread += len(frame.data)
                await self._take(frame)
                alarm.ring()
        self.closed_with = POLICY
        alarm.stop()
        # What the program prints waits for a client who does not read; this does not.
        await send({"type": "websocket.close", "code": POLICY})

    async def _take(self, frame: channels.Frame) -> None:
        if frame.channel == channels.STDIN:
            for start in range(0, len(frame.data), PIECE):
                self.program.feed(frame.data[start : start + PIECE])
                await asyncio.sleep(0)
        elif channels.closed(frame, channels.STDIN):
            self.program.close_stdin()


def _message(output: Output) -> Message:
    channel = channels.STDOUT if output.stream == STDOUT else channels.STDERR
    return channels.message(channel, output.data)
