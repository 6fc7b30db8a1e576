"""Flow control for Daphne: an application that streams waits for a client that reads slowly.

Daphne takes whatever an application sends and keeps it in memory until the client has read it. ASGI lets
`send` wait instead; Twisted says when.
"""

import asyncio
from typing import Any


class Gate:
    """Shut while as much is under way to a client as its connection may hold: Twisted's IPushProducer."""

    __slots__ = ("_reopened",)

    def __init__(self) -> None:
        self._reopened: asyncio.Future[None] | None = None

    async def passed(self) -> None:
        """Wait until the gate is open, or the client gone."""
        if self._reopened is not None:
            await asyncio.shield(self._reopened)

    def pauseProducing(self) -> None:  # noqa: N802
        """Called by Twisted: the connection is full."""
        if self._reopened is None:
            self._reopened = asyncio.get_running_loop().create_future()

    def resumeProducing(self) -> None:  # noqa: N802
        """Called by Twisted: it is empty again."""
        if self._reopened is not None:
            self._reopened.set_result(None)
            self._reopened = None

    def stopProducing(self) -> None:  # noqa: N802
        """Called by Twisted: it is closed."""
        self.resumeProducing()


def waits(message: dict[str, Any]) -> bool:
    """Whether the application is to wait after this message of a WebSocket until its client reads on.

    Pages get text, and say themselves when they have drawn it; a terminal's text has the key `waits`.
    """
    return bool(message.get("bytes") or message.get("waits"))


def gate_for(request: Any, connection: dict[str, Any], *, more: bool) -> Gate | None:
    """The gate of a request of which a part of the answer is about to be sent, None if it is the last part.

    `request` is Daphne's, `connection` what its server keeps about it.
    """
    gate: Gate | None = connection.pop("gate", None)
    if more:
        if gate is None:
            gate = Gate()
            request.registerProducer(gate, True)
        connection["gate"] = gate
        return gate
    if gate is not None:
        request.unregisterProducer()
    return None
