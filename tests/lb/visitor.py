"""Somebody on the internet who asks a load balancer, without a server between."""

import asyncio
from typing import NamedTuple
from urllib.parse import unquote

from sandbox.asgi import application


class Reply(NamedTuple):
    """A whole answer; `headers` by their names in lower case."""

    code: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode()


class Visitor:
    """ask(path, method): one request to what is below `link`; `address` is where it comes from."""

    def __init__(self, link, address="127.0.0.1"):
        self.link = link
        self.address = address

    async def __call__(self, path="", method="GET", *, body=b"", headers=(), query=b""):
        raw = f"{self.link}{path}"
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(raw),
            "raw_path": raw.encode(),
            "query_string": query,
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            "client": (self.address, 1),
        }
        return await ask(scope, body)


async def ask(scope, body=b""):
    """Sends one request and reads the whole answer."""
    messages = asyncio.Queue()
    for start in range(0, max(len(body), 1), 65536):
        more = start + 65536 < len(body)
        messages.put_nowait({"type": "http.request", "body": body[start : start + 65536], "more_body": more})
    sent = []

    async def send(message):
        sent.append(message)

    await application(scope, messages.get, send)
    start, *rest = sent
    assert start["type"] == "http.response.start"
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], headers, b"".join(message["body"] for message in rest))
