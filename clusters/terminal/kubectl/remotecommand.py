"""A command that runs in a container, and the bytes that go to and fro.

Models client-go's `tools/remotecommand` over WebSockets (v5.channel.k8s.io). Left out: window sizes.
"""

import asyncio
import codecs
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import orjson

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import Object
from clusters.terminal.kubectl.errors import CommandError, ExitError
from clusters.terminal.kubectl.host import Query, Stream
from clusters.terminal.kubectl.kubectl import Kubectl

PROTOCOL: Final = "v5.channel.k8s.io"
STDIN: Final = 0
STDOUT: Final = 1
STDERR: Final = 2
ERROR: Final = 3
_CLOSE_STDIN: Final = bytes((255, STDIN))

Sink = Callable[[bytes], None]
Source = Callable[[], Awaitable[bytes | None]]
"""What is typed, a piece at a time; None at its end."""


async def stream(
    k: Kubectl, path: str, query: Query, out: Sink, err: Sink, read: Source | None = None
) -> None:
    """Run it until it ends. `read` is its stdin.

    Raises ExitError with the code of a command that failed, and CommandError if it could not be started.
    """
    try:
        opened = await k.client.upgrade(path, query, [PROTOCOL])
    except StatusError as error:
        raise CommandError(f"unable to upgrade connection: {error.message}") from error
    typing = asyncio.create_task(_send(opened, read)) if read is not None else None
    try:
        status = await _receive(opened, out, err)
    finally:
        if typing is not None:
            typing.cancel()
        await opened.close()
    _check(status)


def texts(write: Callable[[str], None]) -> Sink:
    """Takes bytes and writes them as text; a character may come in two pieces."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return lambda data: write(decoder.decode(data))


async def _send(opened: Stream, read: Source) -> None:
    with suppress(ConnectionError):
        while (data := await read()) is not None:
            await opened.send(bytes((STDIN,)) + data)
        await opened.send(_CLOSE_STDIN)


async def _receive(opened: Stream, out: Sink, err: Sink) -> Object | None:
    """The Status of its end; None if the other side went away without one."""
    while (data := await opened.receive()) is not None:
        channel, rest = data[0], data[1:]
        if channel == ERROR:
            status: Object = orjson.loads(rest)
            return status
        if rest:
            (out if channel == STDOUT else err)(rest)
    return None


def _check(status: Object | None) -> None:
    if status is None:
        raise CommandError("error reading from error stream: the connection was closed")
    if status["status"] == "Success":
        return
    if status.get("reason") == "NonZeroExitCode":
        causes = (status.get("details") or {}).get("causes") or ()
        code = next((int(cause["message"]) for cause in causes if cause["reason"] == "ExitCode"), 1)
        raise ExitError(code, f"command terminated with exit code {code}\n")
    raise CommandError(str(status.get("message") or "error executing remote command"))
