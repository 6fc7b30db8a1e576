"""Clients that were placed to call an address every few seconds: objects of the internal kind TrafficClient.

    spec  place    internet, laptop (both outside of the cluster) or pod
          pod      {namespace, name, uid} of the pod it is in, None outside
          address  from which it comes outside; each on the internet has one of its own
          target   what it calls, an IPv4 address or a name, at the TCP `port`
          every    so many simulated seconds, beginning that long after `since`

A client in a pod calls nothing while that pod does not run, and stays when the pod is gone for good.
"""

import math
from typing import Final, NamedTuple

from clusters.engine.network.http import Request
from clusters.engine.network.routing import LAPTOP
from clusters.engine.objects import Key, Object, name_of, uid_of
from clusters.engine.store import MemoryStore

KIND: Final = "TrafficClient"
PLACES: Final = ("internet", "laptop", "pod")
MOST: Final = 20
"""Clients a cluster, of those that are placed and of containers that are some."""
REQUEST: Final = Request(headers=(("User-Agent", "curl/8.14.1"), ("Accept", "*/*")))
_INTERNET: Final = "198.51.100"
"""Where clients on the internet have their addresses: TEST-NET-2 of RFC 5737."""


class Client(NamedTuple):
    """A placed client, or a container that calls in an endless loop, see kubelet/loops.py.

    `source` and `pod_uid` are the pod it is in, None and "" outside. `request` None only connects.
    """

    uid: str
    name: str
    source: Key | None
    pod_uid: str
    address: str
    target: str
    port: int
    every: float
    since: float
    request: Request | None = REQUEST

    def time_of(self, tick: int) -> float:
        """When it calls for the n-th time, beginning with 1."""
        return self.since + tick * self.every

    def ticks(self, start: float, end: float) -> range:
        """The numbers of its calls at or after `start` and before `end`."""
        return range(self._next_tick(start), self._next_tick(end))

    def _next_tick(self, time: float) -> int:
        tick = max(1, math.ceil((time - self.since) / self.every))
        # What a division says of floats of today's date may be off by one.
        while tick > 1 and self.time_of(tick - 1) >= time:
            tick -= 1
        while self.time_of(tick) < time:
            tick += 1
        return tick


def client_of(obj: Object) -> Client:
    """The client that an object of this kind stands for."""
    spec = obj["spec"]
    pod = spec["pod"]
    return Client(
        uid_of(obj),
        name_of(obj),
        Key("Pod", pod["namespace"], pod["name"]) if pod else None,
        pod["uid"] if pod else "",
        spec["address"],
        spec["target"],
        spec["port"],
        spec["every"],
        spec["since"],
    )


def by_age(client: Client) -> tuple[float, str]:
    """What sorts clients by their first call."""
    return client.time_of(1), client.uid


def new_client(
    store: MemoryStore, *, place: str, pod: Object | None, target: str, port: int, every: int, since: float
) -> Object:
    """The object of a client, not stored yet. It is named client-<n>, with the first number that is free."""
    number = next(n for n in range(1, MOST + 2) if store.get(KIND, "", f"client-{n}") is None)
    inside = None
    if pod is not None:
        metadata = pod["metadata"]
        inside = {field: metadata[field] for field in ("namespace", "name", "uid")}
    address = {"internet": f"{_INTERNET}.{number}", "laptop": LAPTOP}.get(place, "")
    return {
        "apiVersion": "lifelines/v1",
        "kind": KIND,
        "metadata": {"name": f"client-{number}"},
        "spec": {
            "place": place,
            "pod": inside,
            "address": address,
            "target": target,
            "port": port,
            "every": every,
            "since": since,
        },
    }
