"""Clients of WebSockets, and clusters in which pods run."""

import asyncio
import time
from collections import defaultdict
from urllib.parse import urlencode

import orjson

from clusters import actions, memory
from clusters.api.app import application
from tests.api.caller import PODS, in_thread, pod

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"


class Socket:
    """One WebSocket. `protocol` is what was agreed on, `refusal` the Status with which it was refused,
    `code` the HTTP code then, and `closed` the close code. `raw` is every message that came, `offered` the
    types of all that the server has sent, read or not.
    """

    def __init__(self, key, path, *, protocols=(V5,), headers=(), extension=True, **query):
        self.protocol = self.refusal = self.code = self.closed = None
        self.accepted = False
        self.raw, self.offered = [], []
        self.reading = asyncio.Event()
        self.reading.set()
        self._incoming = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})
        self._changed = asyncio.Event()
        scope = {
            "type": "websocket",
            "path": f"/k8s/{key}{path}",
            "query_string": urlencode(query, doseq=True).encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            "client": ("127.0.0.1", 1),
            "subprotocols": list(protocols),
            "extensions": {"websocket.http.response": {}} if extension else {},
        }
        self._task = asyncio.create_task(application(scope, self._incoming.get, self._send))

    async def _send(self, message):
        self.offered.append(message["type"])
        await self.reading.wait()
        kind = message["type"]
        if kind == "websocket.accept":
            self.accepted, self.protocol = True, message["subprotocol"]
        elif kind == "websocket.send":
            assert self.closed is None
            self.raw.append(message["bytes"])
        elif kind == "websocket.close":
            self.closed = message["code"]
            self._incoming.put_nowait({"type": "websocket.disconnect", "code": message["code"]})
        elif kind == "websocket.http.response.start":
            self.code = message["status"]
        elif kind == "websocket.http.response.body":
            self.refusal = orjson.loads(message["body"])
        self._changed.set()

    @property
    def channels(self):
        """What came on each channel so far."""
        found = defaultdict(bytes)
        for message in self.raw:
            found[message[0]] += message[1:]
        return found

    async def until(self, condition, within=10.0):
        """Waits until something is true of it."""
        async with asyncio.timeout(within):
            while not condition(self):
                await self._changed.wait()
                self._changed.clear()
        return self

    async def opened(self):
        """Waits until it is accepted or refused."""
        return await self.until(lambda s: s.accepted or s.refusal or s.closed)

    async def said(self, text, channel=1):
        """Waits until this has come on a channel, and returns all that has."""
        await self.until(lambda s: text in s.channels[channel])
        return self.channels[channel]

    def type(self, data, channel=0):
        """Sends something on a channel."""
        self.send(bytes((channel,)) + data)

    def send(self, data):
        """Sends a message, of bytes or of text."""
        kind = "text" if isinstance(data, str) else "bytes"
        self._incoming.put_nowait({"type": "websocket.receive", kind: data})

    @property
    def is_heard(self):
        """Whether the server has taken all that was sent."""
        return self._incoming.empty()

    async def over(self, within=10.0):
        """Waits until the server has done with it."""
        async with asyncio.timeout(within):
            await asyncio.wait([self._task])
        self._task.result()
        return self

    async def leave(self):
        """Hangs up."""
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})
        return await self.over()

    @property
    def status(self):
        """The Status on the error channel."""
        return orjson.loads(self.channels[3])


def into(call, *command, name="web", stream="exec", **options):
    """Goes into a pod with a command."""
    query = {"command": command} if command else {}
    extra = {key: options.pop(key) for key in ("protocols", "headers", "extension") if key in options}
    return Socket(call.key, f"{PODS}/{name}/{stream}", **extra, **query, **options)


@in_thread
def settle(cluster, done):
    """Lets the control plane work until `done(image)`."""
    deadline = time.monotonic() + 20
    while True:
        passed = actions.reconcile(cluster.pk, "tester", 1_000, 5.0).result()
        if passed is not None and done(memory.published(cluster.pk)):
            return
        assert time.monotonic() < deadline, "the control plane did not come to it"
        time.sleep(0.01)


def is_running(name):
    """Whether a pod's containers run, for `settle`."""

    def check(image):
        found = image.get("Pod", "default", name)
        statuses = (found.get("status") or {}).get("containerStatuses") or [{}]
        return all(status.get("ready") for status in statuses)

    return check


def has_ended(name):
    """Whether a pod has ended, for `settle`."""

    def check(image):
        return image.get("Pod", "default", name)["status"].get("phase") in ("Succeeded", "Failed")

    return check


async def run_pod(cluster, call, name="web", image="nginx", done=is_running, **spec):
    """Creates a pod of one container and waits until it runs; `command` and such go into its container."""
    made = pod(name)
    container = made["spec"]["containers"][0] | {"image": image}
    for field in ("command", "args", "stdin", "tty", "env"):
        if field in spec:
            container[field] = spec.pop(field)
    made["spec"] = {"containers": [container], **spec}
    stored = await call.post(PODS, made)
    await settle(cluster, done(name))
    return stored


async def script(cluster, call, text, name="talk", **spec):
    """Runs a pod of busybox with a script."""
    return await run_pod(cluster, call, name, "busybox", command=["sh", "-c", text], **spec)
