"""One socket of a page: which picture it was sent, and whether it has said that it shows it.

A viewer keeps no queue. What it gets next is what differs between the picture it was sent last and the
newest one, and the calls that it has not been told of, once it has acknowledged the last frame: a slow
browser skips states and never falls behind.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from clusters.web.pictures import Picture, partial
from clusters.web.render import Look, Wish, clock_html
from clusters.web.traffic import Heard

logger = logging.getLogger(__name__)

STUCK: Final = 4408
"""Close code: the browser did not acknowledge a frame."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often pages are told, in seconds of real time."""

    answer: float = 0.04
    """How long what a person did waits for what the control plane makes of it: one frame instead of two."""
    gap: float = 0.05
    """Between two frames."""
    crowded_gap: float = 0.1
    """The same with more than `crowd` viewers."""
    crowd: int = 100
    share: float = 0.2
    """Drawing takes at most this share of the time, however large the map is."""
    dragging_share: float = 0.5
    """The same for the moments of a viewer who looks back: he drags, and that soon ends."""
    stuck: float = 15.0
    """A frame that is not acknowledged for so long ends the connection."""
    slow: float = 5.0
    """How often a room asks unasked, should a nudge have been lost."""


NORMAL: Final = Pace()


class Viewer:
    """One open socket, as the hub sees it."""

    def __init__(
        self,
        cluster: str,
        look: Look,
        send: Callable[[str], Awaitable[None]],
        close: Callable[[int], Awaitable[None]],
        pace: Pace = NORMAL,
    ) -> None:
        self.cluster = cluster
        self.look = look
        self.close = close
        self.gap = pace.gap
        self._stuck_after = pace.stuck
        self._send = send
        self._newest: Picture | None = None
        self._sent: Picture | None = None
        self._heard = Heard()
        self._told = 0
        self._sent_at = 0.0
        self._seq = 0
        self._unacked: asyncio.Task[None] | None = None
        self._waiting: asyncio.Task[None] | None = None
        self.moment = 0
        """The revision that it looks at; 0: the newest, as it comes."""
        self.sought = Wish("live")
        """The wish that led there."""
        self.wish: Wish | None = None
        """Where it wants to go next."""
        self.free = asyncio.Event()
        """Set while the page shows all that it was sent."""
        self.free.set()

    def wants(self, wish: Wish) -> None:
        """Go there next. Only the last wish counts, but steps add up."""
        if self.wish is not None and wish.kind == self.wish.kind == "step":
            wish = Wish("step", self.wish.value + wish.value)
        self.wish = wish

    async def refuse(self, text: str) -> None:
        """Tell why a wish cannot be fulfilled."""
        if self._unacked is not None:
            self._unacked.cancel()
        await self._send_frame({"refused": text})

    async def show(self, picture: Picture, heard: Heard | None = None) -> None:
        """There is news: it is sent when the last frame is acknowledged and not too fresh."""
        self._newest = picture.over(self._sent)
        self._heard = heard or self._heard
        await self._send_if_due()

    async def ack(self, seq: int) -> None:
        """The page says that it shows frame `seq`."""
        if self._unacked is not None and seq == self._seq:
            self._unacked.cancel()
            self._unacked = None
            await self._send_if_due()
            self._note_rest()

    def leave(self) -> None:
        """The socket is closed: nothing more is sent."""
        self._newest = None
        for task in (self._unacked, self._waiting):
            if task is not None and task is not asyncio.current_task():
                task.cancel()

    def _note_rest(self) -> None:
        if self._unacked is None and self._waiting is None:
            self.free.set()

    async def _send_if_due(self) -> None:
        picture, sent = self._newest, self._sent
        news = picture is not sent or self._heard.number != self._told
        if self._unacked or self._waiting or picture is None or not news:
            return
        wait = self._sent_at + self.gap - time.monotonic()
        if wait > 0:
            self.free.clear()
            self._waiting = asyncio.create_task(self._send_later(wait))
            return
        calls = self._heard.since(self._told, self.look.language)
        self._sent, self._told = picture, self._heard.number
        frame: dict[str, Any] = {}
        if picture is not sent:
            frame = self._frame(picture, sent)
        if calls["calls"] or calls["totals"]:
            frame["calls"] = calls
        if frame:
            await self._send_frame(frame)

    async def _send_later(self, wait: float) -> None:
        await asyncio.sleep(wait)
        self._waiting = None
        await self._send_if_due()
        self._note_rest()

    def _frame(self, picture: Picture, sent: Picture | None) -> dict[str, Any]:
        """What turns a page that shows the one picture into the other; {} if they look alike."""
        alike = sent is None or sent.moment == picture.moment == 0
        content = picture.since(sent.number if sent else 0) if alike or sent is None else picture.unlike(sent)
        if sent is not None and not content and sent.clock == picture.clock:
            return {}
        news = [asdict(item) for item in picture.news_since(sent.number)] if sent and alike else []
        # The time goes in last: a picture may have waited for its turn.
        clock = partial("clock", clock_html(picture.clock, picture.started, time.time()))
        return {"news": news, "content": clock + content}

    async def _send_frame(self, frame: dict[str, Any]) -> None:
        self._seq += 1
        self._sent_at = time.monotonic()
        self.free.clear()
        self._unacked = asyncio.create_task(self._give_up_later())
        await self._send(orjson.dumps({"seq": self._seq, **frame}).decode())

    async def _give_up_later(self) -> None:
        await asyncio.sleep(self._stuck_after)
        logger.info("Cluster %s: a page has not answered for %g s.", self.cluster, self._stuck_after)
        await self.close(STUCK)
