"""The socket of the cluster's page: lets in whoever may see the cluster, and hands it to the hub.

What is sent is the hub's business. All it hears from the page is `ack <seq>`, and where in time its viewer
wants to look: `at <revision>`, `time <seconds>`, `step 1`, `step -1`, `live`. With a message it looks from
time to time whether the person may still see the cluster: without any, nothing more is sent.
"""

import re
import time
from typing import Any, Final

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import Http404, QueryDict

from clusters import access
from clusters.web.hub import GONE, hub
from clusters.web.render import Wish, look_of
from clusters.web.viewer import Viewer

ACK: Final = re.compile(r"ack (\d{1,9})\Z")
WISH: Final = re.compile(
    r"(at) (\d{1,15})\Z|(time) (-?\d{1,12}(?:\.\d{1,6})?)\Z|(step) (-?1)\Z|(live)\Z", re.ASCII
)
LONGEST: Final = 64
"""Characters of a message. A page never sends more; whoever does is hung up on."""
RECHECK: Final = 10.0
"""Seconds after which an acknowledgement has the access checked again."""
TOO_BIG: Final = 4413
"""Close code. Autobahn sends none of the protocol's own but 1000."""


class LiveConsumer(AsyncWebsocketConsumer):
    """One open page."""

    # The hub hears the channel layer for all sockets; none of them needs a channel of its own.
    channel_layer_alias = ""

    async def connect(self) -> None:
        """Accept a person who may see the cluster; refuse anybody else as if there were none."""
        cluster: str = self.scope["url_route"]["kwargs"]["cluster_id"]
        query = QueryDict(self.scope["query_string"])
        self.viewer = Viewer(
            cluster, look_of(query, query.get("language", "")), self.send, self.close, hub().pace
        )
        if not await self._may_see():
            await self.close()
            return
        await self.accept()
        hub().join(self.viewer, _wish(f"at {query.get('at', '')}"))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """An acknowledgement; anything else is not for us."""
        if len(text_data or bytes_data or "") > LONGEST:
            await self.close(TOO_BIG)
            return
        ack, wish = ACK.match(text_data or ""), _wish(text_data or "")
        if not ack and not wish:
            return
        if time.monotonic() - self.checked_at > RECHECK and not await self._may_see():
            await self.close(GONE)
            return
        if ack:
            await self.viewer.ack(int(ack[1]))
        elif wish:
            hub().rewind(self.viewer, wish)

    async def disconnect(self, code: int) -> None:
        """The page is gone."""
        hub().leave(self.viewer)

    async def _may_see(self) -> bool:
        self.checked_at = time.monotonic()
        allowed: bool = await database_sync_to_async(self._has_access)()
        return allowed

    def _has_access(self) -> bool:
        scope: dict[str, Any] = self.scope
        try:
            access.access_cluster(access.person_of(scope), self.viewer.cluster, access.VIEW)
        except Http404:
            return False
        return True


def _wish(text: str) -> Wish | None:
    """Where in time a page asks to look; None if it asks for nothing of the kind."""
    asked = WISH.match(text)
    if asked is None:
        return None
    kind, *value = [part for part in asked.groups() if part is not None]
    return Wish(kind, float(value[0]) if value else 0)
