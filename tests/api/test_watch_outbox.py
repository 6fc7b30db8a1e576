"""What is put into an outbox goes out in order; who does not read is hung up on."""

import asyncio

from clusters.api.outbox import PIECE, Outbox
from tests.api.watchers import until


class Client:
    """Receives what an outbox sends, one message at a time once it reads."""

    def __init__(self, backlog=100):
        self.body = b""
        self.sizes = []
        self.ended = False
        self.broken = False
        self.reading = asyncio.Event()
        self.reading.set()
        self.outbox = Outbox(self.send, backlog)

    async def send(self, message):
        self.sizes.append(len(message["body"]))
        self.body += message["body"]
        self.ended = not message["more_body"]
        if self.broken:
            raise ConnectionResetError
        await self.reading.wait()


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_everything_goes_out_in_order_and_what_came_together_goes_together():
    client = Client()
    for part in (b"one ", b"two ", b"three"):
        client.outbox.put(part)
    await settle()
    client.outbox.put(b"!")
    await settle()
    assert client.body == b"one two three!"
    assert client.sizes == [13, 1]
    assert not client.ended


async def test_an_end_comes_after_all_that_was_put_and_nothing_after_it():
    client = Client()
    client.outbox.put(b"last words")
    client.outbox.end()
    client.outbox.put(b"too late")
    client.outbox.end()
    await settle()
    assert (client.body, client.ended) == (b"last words", True)
    assert client.sizes == [10, 0]


async def test_while_a_client_does_not_read_at_most_the_backlog_waits():
    client = Client(backlog=10)
    client.reading.clear()
    client.outbox.put(b"under way")
    await settle()
    client.outbox.put(b"12345")
    client.outbox.put(b"67890")
    await settle()
    assert not client.ended
    assert client.outbox.size == 10
    client.reading.set()
    await settle()
    assert client.body == b"under way1234567890"
    assert client.outbox.size == 0


async def test_a_client_that_is_too_far_behind_gets_the_end_instead_of_what_waits():
    client = Client(backlog=10)
    client.reading.clear()
    client.outbox.put(b"under way")
    await settle()
    client.outbox.put(b"1234567890")
    client.outbox.put(b"!")
    await settle()
    assert (client.body, client.ended) == (b"under way", True)


async def test_what_waits_goes_out_in_pieces():
    client, parts = Client(backlog=10 * PIECE), [bytes([number]) * (PIECE // 2) for number in range(10)]
    for part in parts:
        client.outbox.put(part)
    await settle()
    assert client.body == b"".join(parts)
    assert client.sizes == [PIECE] * 5
    assert client.outbox.size == 0


async def test_one_part_larger_than_the_backlog_is_too_much():
    client = Client(backlog=10)
    client.outbox.put(b"x" * 11)
    await settle()
    assert (client.body, client.ended) == (b"", True)


async def test_who_waits_for_the_outbox_goes_on_when_nothing_waits_any_more():
    client = Client()
    client.reading.clear()
    client.outbox.put(b"first")
    waiting = asyncio.create_task(client.outbox.sent())
    await settle()
    assert not waiting.done()
    client.reading.set()
    await until(waiting.done)
    await client.outbox.sent()
    assert client.body == b"first"


async def test_who_waits_for_the_outbox_goes_on_when_the_client_is_hung_up_on():
    client = Client(backlog=10)
    client.reading.clear()
    client.outbox.put(b"first")
    waiting = asyncio.create_task(client.outbox.sent())
    await settle()
    client.outbox.put(b"x" * 11)
    await until(waiting.done)
    assert waiting.exception() is None


async def test_nothing_is_sent_to_a_client_that_is_gone():
    client = Client()
    client.reading.clear()
    client.outbox.put(b"first")
    await settle()
    client.outbox.put(b"second")
    client.outbox.drop()
    client.outbox.put(b"third")
    client.reading.set()
    await settle()
    assert client.body == b"first"


async def test_a_connection_that_breaks_ends_the_outbox():
    client = Client()
    client.broken = True
    client.outbox.put(b"first")
    await settle()
    client.outbox.put(b"second")
    await settle()
    assert client.body == b"first"
