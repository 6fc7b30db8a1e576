"""The API called in this process: pieces as they come, who is behind it, and who hangs up."""

import asyncio
from contextlib import suppress

import orjson
import pytest

from clusters import keys
from clusters.api.app import application
from clusters.api.streams import places
from clusters.engine.apiserver.errors import StatusError
from clusters.models import Change
from clusters.terminal.transport import Transport
from tests.api.caller import PODS, ask, in_thread, pod
from tests.api.sockets import V5, is_running, settle

JSON = [("content-type", "application/json")]


async def read(response):
    return b"".join([piece async for piece in response.chunks])


async def create(transport, obj, path=PODS):
    response = await transport.request("POST", path, headers=JSON, body=orjson.dumps(obj))
    assert response.status == 201
    return orjson.loads(await read(response))


class Recorder:
    """An application that says nothing until told to, and writes down what it receives."""

    def __init__(self, *messages):
        self.messages = messages
        self.received = asyncio.Queue()
        self.scope = None

    async def __call__(self, scope, receive, send):
        self.scope = scope
        for message in self.messages:
            await send(message)
        while True:
            message = await receive()
            self.received.put_nowait(message["type"])
            if message["type"].endswith("disconnect"):
                return


START = {"type": "http.response.start", "status": 200, "headers": [(b"X-One", b"a"), (b"X-One", b"b")]}


def piece(data, more=True):
    return {"type": "http.response.body", "body": data, "more_body": more}


async def test_a_list_is_what_a_client_over_the_network_gets(transport, cluster):
    await create(transport, pod("web"))
    response = await transport.request("GET", PODS, [("limit", "500")], [("Accept", "application/json")])
    assert response.status == 200
    assert ("content-type", "application/json") in response.headers
    key = await in_thread(keys.key_of)(cluster.pk, keys.WRITE)
    scope = {"type": "http", "method": "GET", "path": f"/k8s/{key}{PODS}", "query_string": b"", "headers": []}
    assert await read(response) == (await ask(scope)).body


async def test_the_journal_names_the_person(transport, cluster):
    await create(transport, pod("web"))
    change = await Change.objects.aget(cluster=cluster.pk, kind="Pod", name="web")
    assert change.actor == "person:alice"


async def test_a_client_over_the_network_is_not_believed_to_be_a_person(cluster):
    key = await in_thread(keys.key_of)(cluster.pk, keys.WRITE)
    body = orjson.dumps(pod("web"))
    headers = [(b"content-type", b"application/json"), (b"actor", b"person:alice"), (b"user-agent", b"x")]
    scope = {"type": "http", "method": "POST", "path": f"/k8s/{key}{PODS}", "query_string": b"actor=person:a"}
    assert (await ask({**scope, "headers": headers}, body)).code == 201
    change = await Change.objects.aget(cluster=cluster.pk, kind="Pod", name="web")
    assert change.actor == "client:x"


async def test_a_person_who_reports_a_status_has_no_say_in_the_simulation(transport, cluster):
    await create(transport, pod("web"))
    merge = [("content-type", "application/merge-patch+json")]
    body = orjson.dumps({"status": {"conditions": [{"type": "Ready"}]}, "simulation": {"slot": 99}})
    response = await transport.request("PATCH", f"{PODS}/web/status", headers=merge, body=body)
    await read(response)
    change = await Change.objects.filter(cluster=cluster.pk, kind="Pod").alatest("revision")
    assert orjson.loads(change.object).get("simulation", {}).get("slot") != 99


async def test_with_the_key_to_read_a_write_is_forbidden(cluster):
    key = await in_thread(keys.key_of)(cluster.pk, keys.READ)
    transport = Transport(application, key, "person:bob")
    assert (await transport.request("GET", PODS)).status == 200
    response = await transport.request("POST", PODS, headers=JSON, body=orjson.dumps(pod()))
    assert response.status == 403
    assert orjson.loads(await read(response))["reason"] == "Forbidden"
    transport.close()


async def test_a_watch_tells_what_happens_while_it_is_open(transport):
    response = await transport.request("GET", PODS, [("watch", "true")])
    lines = response.chunks
    await create(transport, pod("web"))
    event = orjson.loads(await anext(lines))
    assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "web")
    await lines.aclose()


async def test_who_stops_reading_has_hung_up():
    application = Recorder(START, piece(b"one"), piece(b"two"))
    response = await Transport(application, "key", "person:a").request("GET", "/")
    async for data in response.chunks:
        assert data == b"one"
        break
    del response
    assert await application.received.get() == "http.request"
    assert await application.received.get() == "http.disconnect"


async def test_who_is_cancelled_while_he_waits_has_hung_up():
    application = Recorder()
    waiting = asyncio.create_task(Transport(application, "key", "person:a").request("GET", "/"))
    assert await application.received.get() == "http.request"
    waiting.cancel()
    assert await application.received.get() == "http.disconnect"
    with suppress(asyncio.CancelledError):
        await waiting


async def test_closing_the_transport_hangs_up_what_nobody_has_read():
    application = Recorder(START, *[piece(b"x")] * 100)
    transport = Transport(application, "key", "person:a")
    await transport.request("GET", "/")
    transport.close()
    assert await application.received.get() == "http.request"
    assert await application.received.get() == "http.disconnect"


async def test_the_application_waits_for_who_reads_slowly():
    sent = []

    async def application(scope, receive, send):
        await send(START)
        for number in range(1000):
            await send(piece(b"%d " % number))
            sent.append(number)
        await send(piece(b"", more=False))

    response = await Transport(application, "key", "person:a").request("GET", "/")
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(sent) < 20
    assert (await read(response)).split() == [b"%d" % number for number in range(1000)]


async def test_headers_keep_their_order_and_what_is_sent_is_as_asgi_has_it():
    application = Recorder(START, piece(b"", more=False))
    transport = Transport(application, "key", "person:a")
    response = await transport.request("GET", "/api", [("a", "ü&b"), ("a", "2")], [("Accept", "x")])
    assert response.headers == [("X-One", "a"), ("X-One", "b")]
    assert application.scope["query_string"] == b"a=%C3%BC%26b&a=2"
    assert (application.scope["path"], application.scope["headers"]) == ("/k8s/key/api", [(b"accept", b"x")])


async def test_an_application_that_fails_is_a_lost_connection():
    async def application(scope, receive, send):
        raise ValueError

    with pytest.raises(ConnectionError):
        await Transport(application, "key", "person:a").request("GET", "/")


async def test_an_answer_that_breaks_off_ends():
    async def application(scope, receive, send):
        await send(START)
        await send(piece(b"half"))
        raise ValueError

    assert await read(await Transport(application, "key", "person:a").request("GET", "/")) == b"half"


async def test_the_language_of_the_page_is_not_that_of_the_api():
    from django.utils import translation

    async def application(scope, receive, send):
        await send(START)
        await send(piece(translation.get_language().encode(), more=False))

    with translation.override("ko"):
        assert await read(await Transport(application, "key", "person:a").request("GET", "/")) == b"en"


async def test_a_command_in_a_pod_is_run_over_a_websocket(transport, cluster):
    await create(transport, pod("web"))
    await settle(cluster, is_running("web"))
    query = [("command", "echo"), ("command", "hi there"), ("container", "web")]
    stream = await transport.upgrade(f"{PODS}/web/exec", query, [V5])
    frames = []
    while (frame := await stream.receive()) is not None:
        frames.append(frame)
    assert b"".join(frame[1:] for frame in frames if frame[0] == 1) == b"hi there\n"
    assert orjson.loads(frames[-1][1:])["status"] == "Success"
    assert await stream.receive() is None


async def test_what_is_typed_reaches_the_pod_and_hanging_up_ends_it(transport, cluster):
    await create(transport, pod("web"))
    await settle(cluster, is_running("web"))
    stream = await transport.upgrade(f"{PODS}/web/exec", [("command", "sh"), ("stdin", "true")], [V5])
    await stream.send(b"\0echo hello\n")
    while (frame := await stream.receive()) == b"\1":
        pass
    assert frame == b"\1hello\n"
    await stream.close()
    while places.taken(cluster.pk):
        await asyncio.sleep(0)


async def test_a_refused_websocket_says_why(transport):
    with pytest.raises(StatusError) as caught:
        await transport.upgrade(f"{PODS}/nowhere/exec", [("command", "ls")], [V5])
    assert caught.value.reason == "NotFound"
    assert caught.value.message == 'pods "nowhere" not found'
