"""What can come of a request in the cluster's network."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from clusters.engine.images import Image
from clusters.engine.network.http import Response
from clusters.engine.objects import Key, Object

Listening = Callable[[Object], Mapping[int, Image]]
"""The ports at which somebody in that pod listens now, if its node is up, and with which image's program."""


class Answer(NamedTuple):
    """A pod answered. `service` is the Service that led to it, None for a pod's own address.

    `pod` None: the API server did. `image` is the program that listens there, `client` the address from
    which the request came to it. `response` is None if the connection was all that was asked for, or if
    the program does not speak HTTP and closes it.
    """

    service: Key | None
    pod: Key | None
    port: int
    image: Image
    client: str = ""
    response: Response | None = None

    @property
    def text(self) -> str:
        """The body of the response."""
        return self.response.body.decode("utf-8", "replace") if self.response is not None else ""


class Refused(NamedTuple):
    """Somebody said at once that nobody listens there: the machine, or kube-proxy without endpoints."""

    service: Key | None = None
    pod: Key | None = None


class TimedOut(NamedTuple):
    """Nobody ever answered. `pod` is where the request was lost, if it had got that far."""

    service: Key | None = None
    pod: Key | None = None


class Unresolved(NamedTuple):
    """There is no such name."""

    name: str


Outcome = Answer | Refused | TimedOut | Unresolved


class Fork(NamedTuple):
    """A request goes one of several ways, each as likely as the others; `follow` tells where one leads."""

    ways: Sequence[Any]
    follow: Callable[[Any], "Outcome | Fork"]
