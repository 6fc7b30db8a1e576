"""Daphne's WebSockets with an answer for whom they refuse, all codes to close with, and flow control.

Flow control is in both directions: Daphne would queue whatever comes in while an application is busy.

Daphne refuses with a 403 without words. ASGI's extension `websocket.http.response` lets an application
answer the handshake as it would answer a request, and clients of Kubernetes print what that says.
"""

from http import HTTPStatus
from typing import Any, Final

from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor

from clusters.management.flow import Gate

EXTENSION: Final = "websocket.http.response"
READ: Final = 4096
"""Bytes that are read from a connection in its turn: hundreds of tiny messages are in as many."""
MOST_WAITING: Final = 64
"""Messages that may wait for their application; then its client is not read from."""
PAUSE: Final = 0.02
"""Seconds until it is looked at again whether they still wait."""

_ENDED: Final = (WebSocketProtocol.STATE_CLOSING, WebSocketProtocol.STATE_CLOSED)


class Socket(WebSocketProtocol):
    """One WebSocket. `gate` is shut while as much is under way to its client as the connection may hold."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()
        self._paused = False
        self._refusal: dict[str, Any] = {}

    def makeConnection(self, transport: Any) -> None:  # noqa: N802
        """Called with the connection of the request that asks for an upgrade."""
        super().makeConnection(transport)
        # Until now the request's channel was told when the connection is full.
        transport.unregisterProducer()
        transport.registerProducer(self.gate, True)
        transport.bufferSize = READ

    def dropConnection(self, abort: bool = False) -> None:  # noqa: N802
        """Called when the connection is to end; nobody waits for it any more."""
        super().dropConnection(abort)
        self.gate.stopProducing()

    def serverClose(self, code: int | None = None) -> None:  # noqa: N802
        """Called when the application closes."""
        # Autobahn's `sendClose` refuses all of the protocol's own codes but 1000.
        self.sendCloseFrame(code=code or 1000)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        """Called with each message of the client."""
        super().onMessage(payload, isBinary)
        if not self._paused and self._is_behind():
            self._paused = True
            self.transport.pauseProducing()
            reactor.callLater(PAUSE, self._go_on)

    def _is_behind(self) -> bool:
        open_ = self.state == self.STATE_OPEN and not self.muted
        return open_ and self.application_queue.qsize() > MOST_WAITING

    def _go_on(self) -> None:
        if self._is_behind():
            reactor.callLater(PAUSE, self._go_on)
        else:
            self._paused = False
            self.transport.resumeProducing()

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Called with each message of the application."""
        if message["type"] == f"{EXTENSION}.start":
            self._refusal = message
        elif message["type"] == f"{EXTENSION}.body":
            self._refuse(message.get("body", b""))
        elif message["type"] == "websocket.send" and self.state in _ENDED:
            pass  # the application is about to hear that its client has gone
        else:
            super().handle_reply(message)

    def _refuse(self, body: bytes) -> None:
        """Answer the handshake with all of this, and hang up."""
        code = self._refusal["status"]
        lines = [f"HTTP/1.1 {code} {HTTPStatus(code).phrase}".encode()]
        lines += [name + b": " + value for name, value in self._refusal["headers"]]
        self.sendData(b"\r\n".join([*lines, b"connection: close", b"", body]))
        # Daphne's own way to refuse would write another answer.
        del self.handshake_deferred
        self.server.protocol_disconnected(self)
        self.dropConnection()
