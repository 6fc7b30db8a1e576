"""The socket of the terminal: lets in whoever may see the cluster, and hands what it hears to the session."""

from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from clusters import access
from clusters.terminal.session import Session
from clusters.terminal.transport import Application
from clusters.terminal.visit import Visitor
from clusters.writer import writer

LONGEST: Final = 1_100_000
"""Characters of a message; a text that is edited may be a megabyte."""
TOO_BIG: Final = 4413
TOO_MANY: Final = 4429
"""Close codes."""


class TerminalConsumer(AsyncWebsocketConsumer):
    """One open terminal. `application` is the ASGI application of the Kubernetes API."""

    channel_layer_alias = ""

    def __init__(self, application: Application) -> None:
        super().__init__()
        self.application = application
        self.session: Session | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Serves until the page is gone, or the server ends: then it is cancelled."""
        try:
            return await super().__call__(scope, receive, send)
        finally:
            if self.session is not None:
                await self.session.leave()

    async def connect(self) -> None:
        """Accept a person who may see the cluster; refuse anybody else as if there were none."""
        writer.start()  # under a bare Daphne nobody has: an event loop may not do the work itself
        try:
            person = await database_sync_to_async(self._person)()
        except Http404:
            await self.close()
            return
        query = QueryDict(self.scope["query_string"])
        session = Session(
            Visitor(self._cluster_id, person, self.application, site_of(self.scope), language_of(query)),
            self._say,
            self.close,
        )
        await self.accept()
        if session.enter():
            self.session = session
        else:
            await self._say({"refused": _("You have too many terminals open. Close one of them.")})
            await self.close(TOO_MANY)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A message of the page."""
        if len(text_data or bytes_data or "") > LONGEST:
            await self.close(TOO_BIG)
        elif self.session is not None:
            try:
                message = orjson.loads(text_data or b"")
            except orjson.JSONDecodeError:
                message = None
            await self.session.take(message)

    @property
    def _cluster_id(self) -> str:
        return str(self.scope["url_route"]["kwargs"]["cluster_id"])

    def _person(self) -> str:
        person = access.person_of(self.scope)
        access.access_cluster(person, self._cluster_id, access.VIEW)
        return person

    async def _say(self, message: dict[str, Any]) -> None:
        # A page that does not read what it asked for is given no more, and its commands wait.
        await AsyncConsumer.send(
            self, {"type": "websocket.send", "text": orjson.dumps(message).decode(), "waits": True}
        )


def language_of(query: QueryDict) -> str:
    """The language that a query asks for, if there is that one."""
    language = query.get("language", "")
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def site_of(scope: dict[str, Any]) -> str:
    """The site's address, as the page has it that opened this socket. Its Origin was checked before."""
    headers = dict(scope["headers"])
    origin = urlsplit(headers.get(b"origin", b"").decode("latin-1").lower())
    return str(settings.PUBLIC_URL) or f"{origin.scheme}://{origin.netloc}"
