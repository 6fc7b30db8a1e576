"""Where a kubectl runs: what it prints to, whom it asks, which files and which clock it has."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

Query = Sequence[tuple[str, str]]
Headers = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Response:
    """An answer that has begun: `headers` by their names in lower case, the body in pieces as it comes."""

    status: int
    headers: list[tuple[str, str]]
    chunks: AsyncIterator[bytes]


class Stream(Protocol):
    """An open WebSocket of binary messages. `receive` gives None when the other side has closed it."""

    async def send(self, data: bytes) -> None: ...

    async def receive(self) -> bytes | None: ...

    async def close(self) -> None: ...


class Transport(Protocol):
    """How the Kubernetes API of a cluster is reached; paths begin with /api, /apis, /version ..."""

    async def request(
        self, method: str, path: str, query: Query, headers: Headers, body: bytes
    ) -> Response: ...

    async def upgrade(self, path: str, query: Query, protocols: Sequence[str]) -> Stream:
        """Open a WebSocket. Raises StatusError if it is refused."""
        ...


class Files(Protocol):
    """The files that commands see. What is no file of theirs raises FileNotFoundError."""

    async def names(self) -> list[str]: ...

    async def read(self, name: str) -> str: ...

    async def write(self, name: str, text: str) -> None:
        """Raises ValueError, with a text for the learner, for a bad name and where there is no room."""
        ...


Writer = Callable[[str], None]
ReadLine = Callable[[], Awaitable[str | None]]
Editor = Callable[[str, str], Awaitable[str | None]]
"""From a file's name and text to the edited text; None if it was closed without saving."""


@dataclass
class Host:
    """One kubectl's surroundings.

    `now` is the time that it believes it is: the cluster's, in seconds since 1970. `sleep` waits for so
    many seconds of that time. `read_line` gives a line that somebody types, with its end, None for no more.
    `server` is the address of the API as a kubeconfig has it.
    """

    transport: Transport
    out: Writer
    err: Writer
    files: Files
    editor: Editor
    read_line: ReadLine
    now: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    server: str = ""
    namespace: str = "default"
    book_mode: bool = False
    interactive: bool = True
    """Whether somebody sits at it, so that `exec -t` has a terminal."""
    read_raw: ReadLine | None = None
