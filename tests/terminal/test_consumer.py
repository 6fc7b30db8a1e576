"""The terminal's socket: who is let in, what it takes, and what ends with it."""

import asyncio

import orjson
import pytest
from channels.testing import WebsocketCommunicator
from django.test import Client
from django.utils.translation import get_language

from clusters import access, actions
from clusters.models import Cluster, Grant
from clusters.terminal import programs, session
from clusters.terminal.consumer import LONGEST, TOO_BIG, TOO_MANY
from sandbox.asgi import application
from tests.api.caller import in_thread

ORIGIN = b"http://127.0.0.1:8000"


@pytest.fixture
def learner(serving):
    """A learner's browser, with a cluster of its own."""
    client = Client()
    client.post("/sandbox/")
    return client


@pytest.fixture
def cluster_id(learner):
    return Cluster.objects.get().pk


def socket(client, cluster_id, *, query="language=en", origin=ORIGIN):
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = [(b"host", b"127.0.0.1:8000"), (b"cookie", cookie.encode())]
    if origin is not None:
        headers.append((b"origin", origin))
    return WebsocketCommunicator(application, f"/c/{cluster_id}/terminal?{query}", headers=headers)


async def opened(client, cluster_id, **more):
    found = socket(client, cluster_id, **more)
    assert (await found.connect())[0]
    return found


async def send(page, **message):
    await page.send_to(text_data=orjson.dumps(message).decode())


async def heard(page):
    return orjson.loads(await page.receive_from(timeout=10))


async def ran(page, line):
    """Runs a line and returns (exit code, what it printed, notes)."""
    await send(page, run=line, id=1)
    printed = ""
    while "done" not in (message := await heard(page)):
        printed += message.get("out", "") + message.get("err", "")
    return message["done"], printed, message["notes"]


async def test_a_line_goes_in_and_its_output_comes_out(learner, cluster_id):
    page = await opened(learner, cluster_id)
    assert await ran(page, "kubectl run web --image=nginx") == (0, "pod/web created\n", [])
    await page.disconnect()


async def test_cluster_info_names_the_address_in_the_address_bar(learner, cluster_id):
    page = await opened(learner, cluster_id)
    _code, printed, _notes = await ran(page, "kubectl cluster-info")
    assert "http://127.0.0.1:8000/k8s/" in printed
    await page.disconnect()


@pytest.mark.parametrize("who", ["stranger", "nobody"])
async def test_a_stranger_is_refused_as_if_there_were_no_cluster(learner, cluster_id, who):
    client = Client()
    if who == "stranger":
        await in_thread(client.post)("/sandbox/")
    for asked in (cluster_id, "nosuchcluster"):
        assert await socket(client, asked).connect() == (False, 1000)


async def test_a_page_of_another_origin_is_refused(learner, cluster_id):
    for origin in (b"http://evil.example", b"http://127.0.0.1:3000", None):
        assert not (await socket(learner, cluster_id, origin=origin).connect())[0]


async def test_learners_of_one_cluster_have_files_of_their_own(learner, cluster_id):
    other = Client()
    await in_thread(other.post)("/sandbox/")
    person = await in_thread(lambda: other.session[access.PERSON])()
    await Grant.objects.acreate(cluster_id=cluster_id, person=person, role=access.ACT)
    first, second = await opened(learner, cluster_id), await opened(other, cluster_id)
    await send(first, save={"name": "a.yaml", "text": "mine"})
    assert [file["name"] for file in (await heard(first))["files"]] == ["a.yaml"]
    assert (await ran(second, "ls"))[1] == ""
    assert (await ran(second, "cat a.yaml"))[0] == 1
    await first.disconnect()
    await second.disconnect()


async def test_a_message_may_hold_a_file_and_no_more(learner, cluster_id):
    page = await opened(learner, cluster_id)
    await send(page, save={"name": "a", "text": "x" * 1_000_000})
    assert "too long" in (await heard(page))["refused"]
    assert len((await heard(page))["edit"]["text"]) == 1_000_000
    await page.send_to(text_data="x" * (LONGEST + 1))
    assert await page.receive_output(timeout=5) == {"type": "websocket.close", "code": TOO_BIG}
    await page.disconnect()


@pytest.mark.parametrize("text", [" ", "{", "null", "[1]", '{"run": "\\ud800", "id": 1}', "NaN", '"run"'])
async def test_what_is_no_message_is_refused(learner, cluster_id, text):
    page = await opened(learner, cluster_id)
    await page.send_to(text_data=text)
    assert "refused" in await heard(page)
    await page.send_to(bytes_data=b"\xff\xfe")
    assert "refused" in await heard(page)
    assert (await ran(page, "ls"))[0] == 0
    await page.disconnect()


async def test_a_long_line_is_refused_and_nothing_is_run(learner, cluster_id):
    page = await opened(learner, cluster_id)
    code, printed, notes = await ran(page, "kubectl run web --image=nginx " + "x" * 100_000)
    assert (code, printed) == (2, "")
    assert notes[0].startswith("This line has 97 KB.")
    await page.disconnect()


async def test_names_with_html_come_as_they_are(learner, cluster_id):
    page = await opened(learner, cluster_id)
    _code, printed, _notes = await ran(page, "kubectl run '<script>alert(1)</script>' --image=nginx")
    assert "<script>alert(1)</script>" in printed
    await page.disconnect()


async def test_a_command_ends_with_the_socket(learner, cluster_id, monkeypatch):
    over = asyncio.Event()

    async def test(words, terminal):
        terminal.host.out("begun\n")
        try:
            await asyncio.Event().wait()
        finally:
            over.set()

    monkeypatch.setitem(programs._PROGRAMS, "test", test)
    page = await opened(learner, cluster_id)
    await send(page, run="test", id=1)
    assert await heard(page) == {"id": 1, "out": "begun\n"}
    await page.disconnect()
    assert over.is_set()


async def test_a_server_that_ends_ends_the_command(learner, cluster_id, monkeypatch):
    over = asyncio.Event()

    async def test(words, terminal):
        terminal.host.out("begun\n")
        try:
            await asyncio.Event().wait()
        finally:
            over.set()

    monkeypatch.setitem(programs._PROGRAMS, "test", test)
    page = await opened(learner, cluster_id)
    await send(page, run="test", id=1)
    await heard(page)
    page.future.cancel()
    async with asyncio.timeout(5):
        await over.wait()


async def test_a_cluster_that_is_deleted_closes_the_terminal(learner, cluster_id):
    page = await opened(learner, cluster_id)
    await in_thread(actions.delete_cluster)(cluster_id)
    await send(page, run="ls", id=1)
    assert await page.receive_output(timeout=5) == {"type": "websocket.close", "code": session.GONE}
    await page.disconnect()


async def test_too_many_terminals_are_refused_with_a_reason(learner, cluster_id, monkeypatch):
    monkeypatch.setattr(session, "MOST_OPEN", 1)
    first, second = await opened(learner, cluster_id), await opened(learner, cluster_id)
    assert "too many terminals" in (await heard(second))["refused"]
    assert await second.receive_output(timeout=5) == {"type": "websocket.close", "code": TOO_MANY}
    await second.disconnect()
    await first.disconnect()
    third = await opened(learner, cluster_id)
    assert (await ran(third, "ls"))[0] == 0
    await third.disconnect()


async def test_our_texts_are_in_the_language_of_the_page(learner, cluster_id, settings, monkeypatch):
    settings.LANGUAGES = [("en", "English"), ("ko", "Korean")]

    async def test(words, terminal):
        terminal.host.out(get_language())
        return 0

    monkeypatch.setitem(programs._PROGRAMS, "test", test)
    for query, language in (("language=ko", "ko"), ("language=xx", "en"), ("", "en")):
        page = await opened(learner, cluster_id, query=query)
        assert (await ran(page, "test"))[1] == language
        await page.disconnect()


async def test_a_page_that_does_not_read_is_waited_for(learner, cluster_id):
    page = await opened(learner, cluster_id)
    await send(page, files=True)
    assert (await page.receive_output())["waits"]
    await page.disconnect()
