"""Kubectls in threads: what they work out holds up nobody else, and they can be stopped."""

import asyncio
import threading
from dataclasses import replace

import pytest

from clusters.terminal import apart
from clusters.terminal.kubectl.host import Host, Response
from tests.terminal.pages import Page


class Here:
    """The loop that serves: what was printed to it, in which threads, and what it says to who asks."""

    def __init__(self):
        self.printed = []
        self.threads = set()
        self.changed = asyncio.Event()
        self.host = Host(
            transport=self,
            out=self.out,
            err=lambda text: self.out(f"({text})"),
            files=None,
            editor=self.edit,
            read_line=self.read_line,
            now=lambda: 0.0,
            sleep=asyncio.sleep,
        )

    def out(self, text):
        self.threads.add(threading.get_ident())
        self.printed.append(text)
        self.changed.set()

    async def edit(self, name, text):
        return f"{name}:{text}:{threading.get_ident()}"

    async def read_line(self):
        await asyncio.Event().wait()

    async def request(self, method, path, query, headers, body):
        return Response(200, [], self.pieces(method, path))

    async def pieces(self, *pieces):
        for piece in pieces:
            yield piece.encode()

    async def upgrade(self, path, query, protocols):
        raise ConnectionError(path)

    async def until(self, text):
        async with asyncio.timeout(20):
            while text not in "".join(self.printed):
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
async def here():
    return Here()


@pytest.fixture(autouse=True)
async def nothing_is_left():
    yield
    async with asyncio.timeout(20):
        while apart._threads:
            await asyncio.sleep(0)


async def test_what_one_works_out_holds_up_nobody(here):
    others = threading.Event()

    async def work(host):
        return 0 if others.wait(20) else 1

    running = asyncio.create_task(apart.run("alice", work, here.host))
    await asyncio.sleep(0)
    others.set()
    assert await running == 0


async def test_people_do_not_wait_for_each_other(here, monkeypatch):
    monkeypatch.setattr(apart, "hash", {"alice": 1, "bob": 2}.get, raising=False)
    both = threading.Barrier(2)

    async def work(host):
        both.wait(20)
        return 0

    codes = await asyncio.gather(*(apart.run(who, work, here.host) for who in ("alice", "bob")))
    assert codes == [0, 0]


async def test_one_person_has_one_thread(here):
    used = []

    async def work(host):
        used.append(threading.get_ident())
        while len(used) < 2:
            await asyncio.sleep(0)
        return 0

    await asyncio.gather(*(apart.run("alice", work, here.host) for _ in range(2)))
    assert len(set(used)) == 1
    assert threading.get_ident() not in used


async def test_what_is_printed_comes_in_its_order_and_before_the_end(here):
    async def work(host):
        for number in range(1000):
            (host.err if number % 7 == 0 else host.out)(f"{number} ")
        return 3

    assert await apart.run("alice", work, here.host) == 3
    told = "".join(here.printed).replace("(", "").replace(")", "")
    assert told == "".join(f"{number} " for number in range(1000))
    assert here.threads == {threading.get_ident()}


async def test_what_is_asked_for_is_done_where_it_was_called(here):
    async def work(host):
        host.out(await host.editor("a", "b"))
        response = await host.transport.request("GET", "/api")
        host.out(" ".join([piece.decode() async for piece in response.chunks]))
        with pytest.raises(ConnectionError):
            await host.transport.upgrade("/exec")
        return response.status

    assert await apart.run("alice", work, here.host) == 200
    assert "".join(here.printed) == f"a:b:{threading.get_ident()}GET /api"


async def test_what_fails_fails_here(here):
    async def work(host):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await apart.run("alice", work, here.host)


async def test_who_waits_is_stopped_and_may_say_his_last(here):
    async def work(host):
        host.out("begun")
        try:
            await host.read_line()
        finally:
            host.out(", ended")

    running = asyncio.create_task(apart.run("alice", work, here.host))
    await here.until("begun")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert "".join(here.printed) == "begun, ended"


async def test_who_prints_without_end_is_stopped(here):
    async def work(host):
        while True:
            host.out("x")

    running = asyncio.create_task(apart.run("alice", work, here.host))
    await here.until("x")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_who_is_deaf_is_not_waited_for(here, monkeypatch):
    monkeypatch.setattr(apart, "PATIENCE", 0.01)
    end = threading.Event()

    async def work(host):
        host.out("begun")
        await asyncio.sleep(0)
        end.wait(20)

    running = asyncio.create_task(apart.run("alice", work, here.host))
    await here.until("begun")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    end.set()


async def test_one_is_stopped_before_it_has_begun(here):
    async def work(host):
        await host.read_line()

    running = asyncio.create_task(apart.run("alice", work, replace(here.host)))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_template_without_end_holds_up_nobody(cluster, monkeypatch):
    """With a budget that it never uses up, it ends by what it prints."""
    monkeypatch.setattr("clusters.terminal.kubectl.printers.budget.MOST_WORK", 10**9)
    term = Page(cluster)
    number = await term.start("kubectl get nodes -o go-template='{{range $i := 1000000000}}xxxxxxxx{{end}}'")
    assert (await Page(cluster, "alice").run("help")).code == 0
    ran = await term.end(number)
    assert (ran.code, len(ran.out)) == (141, 1024 * 1024)


async def test_may_be_stopped_by_the_last_that_it_prints(here):
    async def work(host):
        host.out("all")
        ended.set()
        return 0

    def out(text):
        running.cancel()
        ended.wait(20)

    for _ in range(50):
        ended = threading.Event()
        running = asyncio.create_task(apart.run("alice", work, replace(here.host, out=out)))
        with pytest.raises(asyncio.CancelledError):
            await running
