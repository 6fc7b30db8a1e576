"""Clients of the ASGI application, without a server between."""

import asyncio
from typing import NamedTuple
from urllib.parse import urlencode

import orjson
from asgiref.sync import sync_to_async

from clusters.api.app import application

in_thread = sync_to_async(thread_sensitive=False)

PODS = "/api/v1/namespaces/default/pods"
PATCH_TYPES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class Reply(NamedTuple):
    """A whole answer; `headers` as (name, value) in their order."""

    code: int
    headers: list
    body: bytes

    @property
    def json(self):
        """The document in the body."""
        return orjson.loads(self.body)

    @property
    def message(self):
        """What a Status says."""
        return self.json["message"]

    def all(self, name):
        """The values of a header."""
        return [value.decode("latin-1") for key, value in self.headers if key.decode() == name]

    @property
    def warnings(self):
        """The texts of its Warning headers, as kubectl would unquote them."""
        texts = [value.removeprefix('299 - "').removesuffix('"') for value in self.all("warning")]
        return [text.replace('\\"', '"').replace("\\\\", "\\") for text in texts]


def check_sound(reply):
    """No answer says that the server failed, and each refusal is a Status."""
    # Whoever asks for a version of the future gets upstream's 504.
    assert reply.code < 500 or reply.json["reason"] == "Timeout", reply
    if reply.code >= 400:
        assert (reply.json["kind"], reply.json["code"]) == ("Status", reply.code)


class Caller:
    """call(method, path, body, **query): one request with a key; a body that is no bytes is sent as JSON."""

    def __init__(self, key, address="127.0.0.1"):
        self.key = key
        self.address = address

    async def __call__(
        self, method, path, body=b"", *, headers=(), accept="application/json", content_type="", **query
    ):
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        sent = [(b"accept", accept.encode()), *((name.encode(), value.encode()) for name, value in headers)]
        if content_type or raw:
            sent.append((b"content-type", (content_type or "application/json").encode()))
        scope = {
            "type": "http",
            "method": method,
            "path": f"/k8s/{self.key}{path}",
            "query_string": urlencode(query, doseq=True).encode(),
            "headers": sent,
            "client": (self.address, 1),
        }
        return await ask(scope, raw)

    async def get(self, path, **options):
        """A GET that has to succeed; returns the document."""
        reply = await self("GET", path, **options)
        assert reply.code == 200, reply.body
        return reply.json

    async def post(self, path, body, **options):
        """A POST that has to succeed; returns the document."""
        reply = await self("POST", path, body, **options)
        assert reply.code == 201, reply.body
        return reply.json


async def ask(scope, body=b""):
    """Sends one request and reads the whole answer."""
    messages = asyncio.Queue()
    for start in range(0, max(len(body), 1), 65536):
        chunk = body[start : start + 65536]
        more = start + 65536 < len(body)
        messages.put_nowait({"type": "http.request", "body": chunk, "more_body": more})
    sent = []

    async def send(message):
        sent.append(message)

    await application(scope, messages.get, send)
    start, *rest = sent
    assert start["type"] == "http.response.start"
    body = b"".join(message["body"] for message in rest)
    assert not rest[-1].get("more_body")
    return Reply(start["status"], list(start["headers"]), body)


def pod(name="web", **metadata):
    """A pod as kubectl run sends it."""
    labels = {"run": name}
    spec = {"containers": [{"name": name, "image": "nginx"}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels, **metadata},
        "spec": spec,
    }


def config_map(name="settings", **data):
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def controller(name="web", replicas=2):
    """A ReplicationController."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": name, "image": "nginx"}]}}
    spec = {"replicas": replicas, "selector": labels, "template": template}
    return {"apiVersion": "v1", "kind": "ReplicationController", "metadata": {"name": name}, "spec": spec}
