"""A WebSocket is for the pages of this site only."""

import pytest
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.security.websocket import AllowedHostsOriginValidator
from channels.testing import WebsocketCommunicator

from sandbox.origins import SameOriginOnly

# Channels looks after the thread's database connection with every message, if an earlier test has left one.
pytestmark = pytest.mark.django_db(transaction=True)


class Accepting(AsyncWebsocketConsumer):
    async def connect(self):
        await self.accept()


async def connects(settings, origin, host="localhost:8000"):
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://class.example"]
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    application = AllowedHostsOriginValidator(SameOriginOnly(Accepting.as_asgi()))
    socket = WebsocketCommunicator(application, "/c/1/live", headers=headers)
    connected, _ = await socket.connect()
    await socket.disconnect()
    return connected


async def test_own_page(settings):
    assert await connects(settings, "http://localhost:8000")


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://localhost:3000",
        "http://localhost",
        "null",
        None,
        "http://localhost:8000.evil.example",
    ],
)
async def test_others_are_refused(settings, origin):
    assert not await connects(settings, origin)


async def test_a_proxy_may_change_the_host_header(settings):
    settings.ALLOWED_HOSTS = ["localhost", "class.example"]
    application = AllowedHostsOriginValidator(SameOriginOnly(Accepting.as_asgi()))
    settings.CSRF_TRUSTED_ORIGINS = ["https://class.example"]
    headers = [(b"host", b"127.0.0.1:8000"), (b"origin", b"https://class.example")]
    socket = WebsocketCommunicator(application, "/c/1/live", headers=headers)
    connected, _ = await socket.connect()
    await socket.disconnect()
    assert connected
