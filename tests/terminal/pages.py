"""A page at the terminal: what it sends, and what it is sent."""

import asyncio

from clusters.api.app import application
from clusters.terminal.session import Session
from clusters.terminal.visit import Visitor

SITE = "http://testserver"


class Page:
    """The page of a person, on a session without a socket. `sent` is all that came, in order."""

    def __init__(self, cluster, person="alice", application=application, **more):
        self.sent = []
        self.closed = None
        self._changed = asyncio.Event()
        self._numbers = 0
        visitor = Visitor(cluster.pk, person, application, SITE, **more)
        self.session = Session(visitor, self._receive, self._close)

    async def _receive(self, message):
        self.sent.append(message)
        self._changed.set()

    async def _close(self, code):
        self.closed = code
        self._changed.set()

    async def take(self, **message):
        """Sends a message."""
        await self.session.take(message)

    async def until(self, there):
        """Waits until something has come that `there` accepts, and returns it."""
        async with asyncio.timeout(20):
            while True:
                found = next((message for message in self.sent if there(message)), None)
                if found is not None or self.closed:
                    return found
                self._changed.clear()
                await self._changed.wait()

    async def start(self, line):
        """Types a line and returns its number."""
        self._numbers += 1
        await self.take(run=line, id=self._numbers)
        return self._numbers

    async def end(self, number):
        """Waits for the end of a line and returns what became of it."""
        done = await self.until(lambda message: message.get("id") == number and "done" in message)
        return Ran(self, number, done)

    async def run(self, line):
        """Types a line, and waits for its end."""
        return await self.end(await self.start(line))

    async def complete(self, line, cursor=None):
        """What may follow: (candidates, start)."""
        self._numbers += 1
        number = self._numbers
        await self.take(complete=line, cursor=len(line) if cursor is None else cursor, id=number)
        found = await self.until(lambda message: message.get("id") == number)
        return found["candidates"], found["start"]


class Ran:
    """A line that has ended."""

    def __init__(self, page, number, done):
        self.code = done and done["done"]
        self.notes = done and done["notes"]
        told = [message for message in page.sent if message.get("id") == number]
        self.out = "".join(message.get("out", "") for message in told)
        self.err = "".join(message.get("err", "") for message in told)


async def forever(words, terminal):
    """A program that says that it has begun, and never ends."""
    terminal.host.out("begun\n")
    await asyncio.Event().wait()


async def begun(term):
    """Waits until that program has begun."""
    await term.until(lambda message: message.get("out") == "begun\n")
