"""What a running program asks of whoever runs it.

Stands in for system calls. A program is a generator: it yields effects, is sent the answer to each (None
where nothing is said below), and returns its exit code. So the same programs run for a kubectl exec, for
a probe, and for the log of a container that started an hour ago; only the runner differs.

Durations are simulated seconds.
"""

from collections.abc import Generator
from typing import Any, Final, NamedTuple

from clusters.engine.network import Request

STDOUT: Final = "stdout"
STDERR: Final = "stderr"


class Output(NamedTuple):
    """Bytes for stdout or stderr."""

    stream: str
    data: bytes


class Sleep(NamedTuple):
    """Wait so long; float("inf") is for ever."""

    seconds: float


class ReadLine(NamedTuple):
    """Answered with the next line of stdin as bytes with its line end; b"" at its end."""

    prompt: str = ""


class ReadAll(NamedTuple):
    """Answered with all of stdin as bytes, at its end."""


class Connect(NamedTuple):
    """Open a connection to an address, and send a request if there is one; answered with an Outcome.

    `name` is what the client calls the target.
    """

    address: str
    port: int
    name: str
    request: Request | None = None


class Resolve(NamedTuple):
    """Look a name up in the cluster's DNS; answered with network.dns.Found or None.

    `search` False: the name as it is, whatever resolv.conf says.
    """

    name: str
    search: bool = True


class Ping(NamedTuple):
    """Send an ICMP echo to an address; answered with whether a machine or pod that has it is up."""

    address: str


class Change(NamedTuple):
    """Write a file with this content, or remove it (None)."""

    path: str
    content: bytes | None


class Kill(NamedTuple):
    """Send a signal to a process of the container."""

    pid: int
    signal: int


class Serve(NamedTuple):
    """Be the image's own server, for ever."""


class Steady(NamedTuple):
    """A loop has come to do the same again and again, each turn taking so long and asking so many questions
    of the network.

    Answered with the number of turns to skip, None for none.
    """

    seconds: float
    asks: int = 0


Ask = Connect | Resolve | Ping
"""What is asked of the network."""
Effect = Output | Sleep | ReadLine | ReadAll | Connect | Resolve | Ping | Change | Kill | Serve | Steady
Run = Generator[Effect, Any, int]


def say(text: str) -> Output:
    """`text` for stdout."""
    return Output(STDOUT, text.encode("utf-8", "surrogateescape"))


def complain(text: str) -> Output:
    """`text` and a line end for stderr."""
    return Output(STDERR, f"{text}\n".encode("utf-8", "surrogateescape"))
