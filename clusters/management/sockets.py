"""Daphne's WebSockets with an answer for whom they refuse, all codes to close with, and flow control.

Daphne refuses with a 403 without words. ASGI's extension `websocket.http.response` lets an application
answer the handshake as it would answer a request, and clients of Kubernetes print what that says.
"""

from http import HTTPStatus
from typing import Any, Final

from daphne.ws_protocol import WebSocketProtocol

from clusters.management.flow import Gate

EXTENSION: Final = "websocket.http.response"


class Socket(WebSocketProtocol):
    """One WebSocket. `gate` is shut while as much is under way to its client as the connection may hold."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()
        self._refusal: dict[str, Any] = {}

    def makeConnection(self, transport: Any) -> None:  # noqa: N802
        """Called with the connection of the request that asks for an upgrade."""
        super().makeConnection(transport)
        # Until now the request's channel was told when the connection is full.
        transport.unregisterProducer()
        transport.registerProducer(self.gate, True)

    def dropConnection(self, abort: bool = False) -> None:  # noqa: N802
        """Called when the connection is to end; nobody waits for it any more."""
        super().dropConnection(abort)
        self.gate.stopProducing()

    def serverClose(self, code: int | None = None) -> None:  # noqa: N802
        """Called when the application closes."""
        # Autobahn's `sendClose` refuses all of the protocol's own codes but 1000.
        self.sendCloseFrame(code=code or 1000)

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Called with each message of the application."""
        if message["type"] == f"{EXTENSION}.start":
            self._refusal = message
        elif message["type"] == f"{EXTENSION}.body":
            self._refuse(message.get("body", b""))
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
