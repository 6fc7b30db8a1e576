"""A WebSocket is for the pages of this site only, and the API for those who call it by its name."""

import orjson
import pytest
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.security.websocket import AllowedHostsOriginValidator
from channels.testing import WebsocketCommunicator

from sandbox.asgi import application as site
from sandbox.origins import OwnHostsOnly, SameOriginOnly

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


async def asked(settings, host, type_="http", extensions=()):
    """What is sent to somebody who calls that host, and whether the application has heard of it."""
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", ".class.example"]
    heard, sent = [], []

    async def application(scope, receive, send):
        heard.append(scope)

    async def send(message):
        sent.append(message)

    headers = [] if host is None else [(b"host", host)]
    scope = {"type": type_, "headers": headers, "extensions": {name: {} for name in extensions}}
    await OwnHostsOnly(application)(scope, None, send)
    return sent, bool(heard)


@pytest.mark.parametrize(
    "host",
    [
        b"localhost",
        b"localhost:8000",
        b"LOCALHOST:1",
        b"127.0.0.1:8000",
        b"[::1]:8000",
        b"a.class.example",
        None,
    ],
)
async def test_whoever_calls_one_of_our_names_is_heard(settings, host):
    assert await asked(settings, host) == ([], True)


@pytest.mark.parametrize(
    "host",
    [b"evil.example", b"localhost.evil.example:8000", b"", b"localhost:8000@evil", b"\xff", b"a" * 9_000],
)
async def test_who_calls_another_name_is_refused(settings, host):
    (start, body), heard = await asked(settings, host)
    assert not heard
    assert start["status"] == 400
    assert orjson.loads(body["body"])["reason"] == "BadRequest"
    assert (await asked(settings, host, "websocket"))[0] == [{"type": "websocket.close", "code": 1008}]
    told, heard = await asked(settings, host, "websocket", ["websocket.http.response"])
    assert not heard
    assert told[0]["status"] == 400


@pytest.mark.parametrize("path", ["/k8s/anything/version", "/k8s/"])
async def test_the_api_of_the_site_is_behind_it(settings, path):
    settings.ALLOWED_HOSTS = ["localhost"]
    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"evil.example")]}
    sent = []

    async def send(message):
        sent.append(message)

    await site(scope, None, send)
    assert sent[0]["status"] == 400
