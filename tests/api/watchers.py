"""Clients that watch, and people who give them something to see."""

import asyncio
from urllib.parse import urlencode

import orjson

from clusters import keys, memory
from clusters.api.app import application
from clusters.engine.objects import Key, with_value
from tests.api.caller import in_thread
from tests.clusters.makers import pod, write

PODS = "/api/v1/pods"


class Watcher:
    """A client of the ASGI application that watches. It reads all it is sent, unless told to stop.

    `events` is what it was told, `status` the code of the answer, `ended` whether the answer is complete,
    `sent` how often it was sent something, read or not.
    """

    def __init__(self, cluster, path=PODS, accept="application/json", **options):
        self.status = 0
        self.headers = {}
        self.events = []
        self.sent = 0
        self.ended = False
        self.reading = asyncio.Event()
        self.reading.set()
        self._gone = asyncio.Event()
        self._rest = b""
        self._task = asyncio.create_task(self._run(cluster, path, accept, options))

    async def _run(self, cluster, path, accept, options):
        key = await in_thread(keys.key_of)(cluster.pk, keys.READ)
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"/k8s/{key}{path}",
            "query_string": urlencode({"watch": "true", **options}).encode(),
            "headers": [(b"accept", accept.encode())],
            "client": ("127.0.0.1", 1),
        }
        await application(scope, self._receive, self._send)

    async def _receive(self):
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        self.sent += 1
        await self.reading.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = dict(message["headers"])
            return
        *lines, self._rest = (self._rest + message["body"]).split(b"\n")
        self.events += [orjson.loads(line) for line in lines]
        if not message.get("more_body"):
            if self._rest:
                self.events.append(orjson.loads(self._rest))
            self.ended = True
            self._gone.set()

    async def told(self, count, within=5.0):
        """Waits until it was told that many events, and returns them all."""
        await until(lambda: len(self.events) >= count, within)
        return self.events

    async def over(self, within=5.0):
        """Waits until the answer is complete and the server has forgotten the watch; returns all events."""
        async with asyncio.timeout(within):
            await asyncio.wait([self._task])
        self._task.result()
        assert self.ended
        return self.events

    async def leave(self):
        """Hangs up."""
        self._gone.set()
        await asyncio.wait([self._task])
        self._task.result()


async def until(condition, within=5.0):
    """Waits until something is true."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.002)


def summary(events):
    """(type, name) of each event."""
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


def state_of(events):
    """What a client that began with nothing holds after these events, by name."""
    found = {}
    for event in events:
        name = event["object"]["metadata"].get("name")
        if event["type"] in ("ADDED", "MODIFIED"):
            found[name] = event["object"]
        elif event["type"] == "DELETED":
            del found[name]
    return found


@in_thread
def create(cluster, name, **labels):
    """Creates a pod and returns its revision."""
    return revision(write(cluster, lambda store: store.create(pod(name, **labels))))


@in_thread
def label(cluster, name, **labels):
    """Gives a pod other labels and returns its revision."""

    def verb(store):
        return store.update(with_value(store.get("Pod", "default", name), ("metadata", "labels"), labels))

    return revision(write(cluster, verb))


@in_thread
def delete(cluster, name):
    """Deletes a pod at once and returns the revision of the deletion."""
    return revision(write(cluster, lambda store: store.delete(Key("Pod", "default", name))))


@in_thread
def forget_memory():
    """As if the process had just been started: only the database knows anything."""
    memory.drop_all()


def revision(obj):
    return int(obj["metadata"]["resourceVersion"])
