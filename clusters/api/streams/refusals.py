"""How a WebSocket is refused so that the client can say why: an HTTP answer in place of the upgrade.

ASGI has an extension for that, websocket.http.response, which `manage.py serve` has (management/sockets.py)
and Daphne by itself has not: there the client gets a 403 without words. kubectl then asks once more by POST,
for SPDY, and is told by that.
"""

from typing import Final

from clusters.api.answers import Answer, Message, Send

EXTENSION: Final = "websocket.http.response"


async def refuse(scope: Message, send: Send, answer: Answer) -> None:
    """Answer a WebSocket's handshake with this, as far as the server can."""
    if EXTENSION not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({**answer.start, "type": f"{EXTENSION}.start"})
    await send({"type": f"{EXTENSION}.body", "body": answer.body})
