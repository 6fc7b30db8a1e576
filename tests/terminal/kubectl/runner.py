"""kubectl as the page's terminal runs it, against a cluster in this process."""

import asyncio
import shlex
import time
from typing import NamedTuple

import orjson

from clusters import memory
from clusters.engine.cluster import clock_of
from clusters.terminal import kubectl
from clusters.terminal.kubectl.host import Host


class Done(NamedTuple):
    """What a line printed, and its exit code."""

    out: str
    err: str
    code: int


class MemoryFiles(dict):
    """The file area of a terminal: texts by their names."""

    async def names(self):
        return sorted(self)

    async def read(self, name):
        if name not in self:
            raise FileNotFoundError(name)
        return self[name]

    async def write(self, name, text):
        self[name] = text


class Runner:
    """`await kubectl("get pods")` runs a line, split as a shell would split it.

    `files` are the terminal's; `editor(name, text)` gives the edited text, None to leave without saving;
    `typed` are lines for a command that reads; `edited` are the (name, text) that editors were opened with.
    """

    def __init__(self, transport, cluster_id):
        self.transport = transport
        self.cluster_id = cluster_id
        self.files = MemoryFiles()
        self.editor = lambda name, text: text
        self.edited = []
        self.typed = []
        self.book_mode = False
        self.sleep = asyncio.sleep

    async def __call__(self, line, **files):
        """`files` are put into the file area first: `a_yaml="..."` is a.yaml."""
        self.files.update({name.replace("_", "."): text for name, text in files.items()})
        out, err = [], []
        code = await kubectl.run(shlex.split(line), self._host(out.append, err.append))
        return Done("".join(out), "".join(err), code)

    async def ok(self, line, **files):
        """A line that has to succeed and to complain of nothing; returns what it printed."""
        done = await self(line, **files)
        assert (done.err, done.code) == ("", 0), done
        return done.out

    async def refused(self, line, **files):
        """A line that has to fail with exit code 1 and to print nothing else; returns its complaint."""
        done = await self(line, **files)
        assert (done.out, done.code) == ("", 1), done
        return done.err

    async def read(self, path):
        """The JSON that the API has at a path."""
        response = await self.transport.request("GET", path, (), (), b"")
        return orjson.loads(b"".join([piece async for piece in response.chunks]))

    async def until(self, line, text, seconds=10.0):
        """Runs a line until it prints that text; returns all that it printed then."""
        async with asyncio.timeout(seconds):
            while text not in (done := await self(line)).out:
                await asyncio.sleep(0.01)
        return done.out

    def _host(self, out, err):
        return Host(
            self.transport,
            out,
            err,
            self.files,
            self._edit,
            self._read_line,
            self._now,
            self.sleep,
            server="http://127.0.0.1:8000/k8s/key",
            book_mode=self.book_mode,
        )

    async def _edit(self, name, text):
        self.edited.append((name, text))
        return self.editor(name, text)

    async def _read_line(self):
        return self.typed.pop(0) if self.typed else None

    def _now(self):
        image = memory.published(self.cluster_id)
        return time.time() if image is None else clock_of(image).now(time.time())
