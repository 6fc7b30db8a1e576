"""The socket: who is let in, what it hears, and how a command in one browser reaches another."""

import asyncio

import orjson
import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from clusters import announce, memory
from clusters.models import Cluster, Grant
from clusters.web import consumers
from clusters.web.consumers import LONGEST, TOO_BIG
from clusters.web.hub import GONE, hub
from sandbox.asgi import application
from tests.web.test_hub import regions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _own_hub():
    memory.drop_all()
    yield
    hub().stop()
    announce.bind(None)


@pytest.fixture
def learner_cluster():
    """A learner's browser and the id of his cluster."""
    client = Client()
    client.post("/sandbox/")
    return client, Cluster.objects.get().pk


def socket(client, cluster, *, query="layout=wide&language=en", origin=b"http://127.0.0.1:8000"):
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = [(b"host", b"127.0.0.1:8000"), (b"cookie", cookie.encode())]
    if origin is not None:
        headers.append((b"origin", origin))
    return WebsocketCommunicator(application, f"/c/{cluster}/live?{query}", headers=headers)


async def frame(opened):
    received = orjson.loads(await opened.receive_from(timeout=5))
    await opened.send_to(f"ack {received['seq']}")
    return received


async def test_the_owner_gets_a_snapshot(learner_cluster):
    opened = socket(*learner_cluster)
    assert (await opened.connect())[0]
    first = await frame(opened)
    assert first["seq"] == 1
    assert {"clock", "map", "map-table", "lifelines", "workloads"} <= regions(first["content"]).keys()
    await opened.disconnect()


async def test_a_command_in_one_browser_reaches_another(learner_cluster):
    client, cluster = learner_cluster
    opened = socket(client, cluster)
    await opened.connect()
    await frame(opened)
    response = await sync_to_async(client.post)(f"/c/{cluster}/nodes/", headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "node-node-4" in (await frame(opened))["content"]
    await opened.disconnect()


async def test_each_gets_the_layout_and_language_it_asks_for(learner_cluster):
    for layout in ("wide", "tablet", "phone"):
        opened = socket(*learner_cluster, query=f"layout={layout}&language=en&density=nodes")
        await opened.connect()
        assert f'data-layout="{layout}"' in (await frame(opened))["content"]
        await opened.disconnect()


async def test_nonsense_in_the_query_becomes_the_default(learner_cluster):
    opened = socket(*learner_cluster, query="layout=../x&language=%00&density=9&chart=%3Cb%3E")
    assert (await opened.connect())[0]
    assert 'data-layout="wide"' in (await frame(opened))["content"]
    await opened.disconnect()


async def test_a_stranger_is_refused(learner_cluster):
    _client, cluster = learner_cluster
    somebody = Client()
    await sync_to_async(somebody.post)("/sandbox/")
    for client in (Client(), somebody):
        assert not (await socket(client, cluster).connect())[0]


async def test_a_cluster_that_is_not_there_is_refused(learner_cluster):
    client, _cluster = learner_cluster
    assert not (await socket(client, "nothing23456").connect())[0]


@pytest.mark.parametrize(
    "origin", [b"http://evil.example", b"http://127.0.0.1:81", b"http://localhost:8000", b"null", None]
)
async def test_another_origin_is_refused(learner_cluster, origin):
    assert not (await socket(*learner_cluster, origin=origin).connect())[0]


async def test_whoever_may_view_sees_it_live(learner_cluster):
    _client, cluster = learner_cluster
    viewer = Client()
    await sync_to_async(viewer.post)("/sandbox/")
    person = await sync_to_async(lambda: viewer.session["person"])()
    await Grant.objects.acreate(cluster_id=cluster, person=person, role=Grant.Role.VIEW)
    opened = socket(viewer, cluster)
    assert (await opened.connect())[0]
    await opened.disconnect()


@pytest.mark.parametrize("path", ["/nowhere", "/", "/c/x/y/live"])
async def test_where_there_is_no_socket_it_is_refused(path):
    headers = [(b"host", b"127.0.0.1:8000"), (b"origin", b"http://127.0.0.1:8000")]
    assert not (await WebsocketCommunicator(application, path, headers=headers).connect())[0]


async def test_messages_that_are_no_acks_are_ignored(learner_cluster):
    client, cluster = learner_cluster
    opened = socket(client, cluster)
    await opened.connect()
    received = orjson.loads(await opened.receive_from(timeout=5))
    for message in ("ack", "ack x", "ack -1", "ack 1 2", '{"HEADERS": {}}', "ack 99"):
        await opened.send_to(message)
    await opened.send_to(bytes_data=b"ack 1")
    await sync_to_async(client.post)(f"/c/{cluster}/nodes/", headers={"HX-Request": "true"})
    assert await opened.receive_nothing(timeout=0.3)
    await opened.send_to(f"ack {received['seq']}")
    assert "node-node-4" in (await frame(opened))["content"]
    await opened.disconnect()


async def test_a_long_message_is_hung_up_on(learner_cluster):
    opened = socket(*learner_cluster)
    await opened.connect()
    await opened.receive_from(timeout=5)
    await opened.send_to("x" * (LONGEST + 1))
    closed = await opened.receive_output(timeout=5)
    assert (closed["type"], closed["code"]) == ("websocket.close", TOO_BIG)
    # Autobahn, which Daphne closes with, raises for any other code than these.
    assert 3000 <= TOO_BIG <= 4999


async def test_a_page_that_leaves_is_forgotten(learner_cluster):
    opened = socket(*learner_cluster)
    await opened.connect()
    await frame(opened)
    assert hub()._rooms
    await opened.disconnect()
    await asyncio.sleep(0.05)
    assert not hub()._rooms


async def test_a_new_connection_gets_everything_again(learner_cluster):
    first, second = socket(*learner_cluster), socket(*learner_cluster)
    await first.connect()
    before = regions((await frame(first))["content"])
    await first.disconnect()
    await second.connect()
    after = regions((await frame(second))["content"])
    assert {**before, "clock": ""} == {**after, "clock": ""}
    await second.disconnect()


async def test_whoever_is_shut_out_gets_nothing_more_soon_after(learner_cluster, monkeypatch):
    """His page stays open; the next acknowledgement that is looked at ends it."""
    learner, cluster = learner_cluster
    viewer = Client()
    await sync_to_async(viewer.post)("/sandbox/")
    person = await sync_to_async(lambda: viewer.session["person"])()
    grant = await Grant.objects.acreate(cluster_id=cluster, person=person, role=Grant.Role.VIEW)
    opened = socket(viewer, cluster)
    await opened.connect()
    await frame(opened)
    monkeypatch.setattr(consumers, "RECHECK", 0.0)
    await sync_to_async(learner.post)(f"/c/{cluster}/nodes/", headers={"HX-Request": "true"})
    await frame(opened)
    await grant.adelete()
    await sync_to_async(learner.post)(f"/c/{cluster}/nodes/", headers={"HX-Request": "true"})
    sent = []
    while (message := await opened.receive_output(timeout=5))["type"] == "websocket.send":
        sent.append(message)
        await opened.send_to(f"ack {orjson.loads(message['text'])['seq']}")
    assert len(sent) <= 2
    assert message == {"type": "websocket.close", "code": GONE}
    await opened.wait()
