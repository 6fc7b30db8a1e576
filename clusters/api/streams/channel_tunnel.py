"""Connections to ports that were named beforehand, over v4.channel.k8s.io: what the Python client speaks.

Models the kubelet's `pkg/cri/streaming/portforward/websocket.go`: port number n has channel 2n for its
bytes and 2n + 1 for its error, and the first message on each is the port.
"""

import struct
from collections.abc import Iterator, Sequence

from clusters.api.streams.ports import Dial


class ChannelTunnel:
    """One connection a port."""

    def __init__(self, dial: Dial, ports: Sequence[int]) -> None:
        self._ports = ports
        self._lines = [dial(port) for port in ports]

    @property
    def over(self) -> bool:
        """Whether all connections are at their end."""
        return all(line.closed for line in self._lines)

    def begin(self) -> Iterator[bytes]:
        """The ports; and why they cannot be reached."""
        for number, port in enumerate(self._ports):
            for channel in (2 * number, 2 * number + 1):
                yield bytes((channel,)) + struct.pack("<H", port)
        for number, line in enumerate(self._lines):
            if line.error:
                yield bytes((2 * number + 1,)) + line.error.encode()

    def take(self, message: bytes) -> Iterator[bytes]:
        """What comes back for a message of the client."""
        if not message:
            return
        number, is_error = divmod(message[0], 2)
        if number >= len(self._lines) or is_error or self._lines[number].closed:
            return
        for answer in self._lines[number].feed(message[1:]):
            yield message[:1] + answer
