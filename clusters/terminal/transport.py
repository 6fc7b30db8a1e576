"""How kubectl reaches the Kubernetes API of its cluster: the ASGI application is called in this process.

To the application it is a request like any other, with the cluster's key in its path; `scope["actor"]` says
who is behind it, which nobody can say over the network. Answers come in pieces as they are made, so that
watches and logs can be followed. Whoever stops reading, or is cancelled while he waits, is gone for the
application as a client that hangs up.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from contextvars import Context
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from clusters.terminal.kubectl.errors import status_error
from clusters.terminal.kubectl.host import Headers, Query, Response

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[Any]]

WAITING: Final = 8
"""Pieces that may wait to be read; then the application waits, as for a client that reads slowly."""

_running: set[asyncio.Task[None]] = set()


class Connection:
    """What happens between a client and the application until one of them hangs up. `gone`: one has.

    `kind` is "http" or "websocket". `open_` are the connections that are open, this one among them for as
    long as it is.
    """

    def __init__(self, kind: str, open_: "set[Connection]") -> None:
        self._kind = kind
        self.gone = asyncio.Event()
        self._started: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING)
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        self._open = open_
        open_.add(self)

    def tell(self, message: Message) -> None:
        """Let the application receive this."""
        self._incoming.put_nowait(message)

    def close(self) -> None:
        """Hang up: nothing more is taken, and the application is told."""
        self.gone.set()
        self._open.discard(self)
        self.tell({"type": f"{self._kind}.disconnect", "code": 1000})
        while not self._pieces.empty():  # it must not wait for ever with a piece in its hand
            self._pieces.get_nowait()
        self._pieces.put_nowait(None)

    async def begin(self, application: Application, scope: Message) -> Message:
        """Call the application; the message with which it begins its answer.

        Raises ConnectionError if it ends without one.
        """
        # In a context of its own: what language the page speaks is none of the API's business.
        task = asyncio.create_task(self._run(application, scope), context=Context())
        _running.add(task)
        task.add_done_callback(_running.discard)
        try:
            return await self._started
        except BaseException:
            self.close()
            raise

    async def pieces(self) -> AsyncIterator[bytes]:
        """What the application sends, until it ends."""
        try:
            while (piece := await self._pieces.get()) is not None:
                yield piece
        finally:
            self.close()

    async def _run(self, application: Application, scope: Message) -> None:
        try:
            await application(scope, self._incoming.get, self._send)
        except Exception:
            logger.exception("A call of the API failed.")
        if not self._started.done():
            self._started.set_exception(ConnectionError("the server closed the connection"))
        await self._put(None)

    async def _send(self, message: Message) -> None:
        kind = message["type"].rpartition(".")[2]
        if kind in ("start", "accept"):
            if not self._started.done():
                self._started.set_result(message)
            return
        if piece := message.get("bytes") or message.get("body"):
            await self._put(piece)
        if kind == "close" or (kind == "body" and not message.get("more_body")):
            await self._put(None)

    async def _put(self, piece: bytes | None) -> None:
        if not self.gone.is_set():
            await self._pieces.put(piece)


class Stream:
    """An open WebSocket, see `kubectl/host.py`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pieces = connection.pieces()

    async def send(self, data: bytes) -> None:
        """Send a message."""
        self._connection.tell({"type": "websocket.receive", "bytes": data})

    async def receive(self) -> bytes | None:
        """The next message; None when the other side has closed."""
        return await anext(self._pieces, None)

    async def close(self) -> None:
        """Hang up."""
        self._connection.close()


class Transport:
    """Reaches one cluster in the name of one person, with a key of that cluster.

    `actor` is what the journal says of who did it, such as `person:user:7`. Whoever has made it closes it.
    """

    def __init__(self, application: Application, key: str, actor: str) -> None:
        self._application = application
        self._key = key
        self._actor = actor
        self._open: set[Connection] = set()

    async def request(
        self, method: str, path: str, query: Query = (), headers: Headers = (), body: bytes = b""
    ) -> Response:
        """Ask for a path such as `/api/v1/pods` (not quoted). Raises ConnectionError if nobody answers."""
        connection = Connection("http", self._open)
        connection.tell({"type": "http.request", "body": body, "more_body": False})
        scope = {**self._scope("http", path, query), "method": method}
        scope["headers"] = [(name.lower().encode(), value.encode()) for name, value in headers]
        start = await connection.begin(self._application, scope)
        return Response(start["status"], _headers(start), connection.pieces())

    async def upgrade(self, path: str, query: Query = (), protocols: Sequence[str] = ()) -> Stream:
        """Open a WebSocket. Raises StatusError if it is refused, ConnectionError if nobody answers."""
        connection = Connection("websocket", self._open)
        connection.tell({"type": "websocket.connect"})
        scope = self._scope("websocket", path, query)
        scope.update(subprotocols=list(protocols), extensions={"websocket.http.response": {}})
        start = await connection.begin(self._application, scope)
        if "status" in start:
            body = b"".join([piece async for piece in connection.pieces()])
            raise status_error(orjson.loads(body), start["status"])
        return Stream(connection)

    def close(self) -> None:
        """Hang up whatever is still open."""
        for connection in tuple(self._open):
            connection.close()

    def _scope(self, kind: str, path: str, query: Query) -> dict[str, Any]:
        return {
            "type": kind,
            "path": f"/k8s/{self._key}{path}",
            "query_string": urlencode(query).encode(),
            "headers": [],
            "client": None,
            "actor": self._actor,
        }


def _headers(start: Message) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
