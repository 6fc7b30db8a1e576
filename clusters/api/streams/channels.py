"""Messages of the channel.k8s.io protocols: a byte that names the channel, then what goes over it.

Models apimachinery's `pkg/util/httpstream/wsstream` and `pkg/util/remotecommand/constants.go`. Left out:
the base64 forms, for clients that cannot send bytes.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import orjson

from clusters.api.answers import Message
from clusters.engine.apiserver.errors import bad_request
from clusters.engine.objects import Object

STDIN: Final = 0
STDOUT: Final = 1
STDERR: Final = 2
ERROR: Final = 3
CLOSE: Final = 255
"""Says that the channel whose number follows is at its end; since v5."""

V5: Final = "v5.channel.k8s.io"
V4: Final = "v4.channel.k8s.io"
V1: Final = "channel.k8s.io"
UNNAMED: Final = ""


class Frame(NamedTuple):
    """One message."""

    channel: int
    data: bytes


def chosen(offered: Sequence[str], supported: Sequence[str]) -> str:
    """The first of the client's protocols that is supported; who offers none gets "", if that is.

    Raises StatusError 400.
    """
    for protocol in offered or (UNNAMED,):
        if protocol in supported:
            return protocol
    wanted = ", ".join(offered) or "none"
    raise bad_request(f"unable to upgrade: none of the protocols is supported: {wanted}")


def parse(message: Message) -> Frame | None:
    """The frame in a message of type websocket.receive; None for an empty one, which means nothing."""
    data = message.get("bytes")
    if data is None:
        data = (message.get("text") or "").encode()
    return Frame(data[0], data[1:]) if data else None


def message(channel: int, data: bytes = b"") -> Message:
    """The message that sends this."""
    return {"type": "websocket.send", "bytes": bytes((channel,)) + data}


def closed(frame: Frame, channel: int) -> bool:
    """Whether the frame says that a channel is at its end."""
    return frame.channel == CLOSE and frame.data == bytes((channel,))


def exit_status(command: Sequence[str], code: int) -> Object:
    """The Status that ends an exec, as the kubelet writes it."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    said = f"error executing command [{' '.join(command)}], exit code {code}"
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: {said}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def status_data(status: Object, protocol: str) -> bytes:
    """A Status as the error channel of that protocol carries it; before v4 a text, "" for success."""
    if protocol in (V4, V5):
        return orjson.dumps(status)
    return str(status.get("message", "")).encode()
