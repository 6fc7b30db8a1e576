"""A port of a pod, and a connection to it.

Models containerd's port-forward (`internal/cri/server/sandbox_portforward_linux.go`): a connection to
localhost inside the pod. What answers is a state machine, see `engine/kubelet/port_forward.py`: nothing
here ever connects to anything.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.kubelet.port_forward import Connection
from clusters.engine.kubelet.shell.session import World
from clusters.engine.objects import Object, key_of, uid_of

PIECE: Final = 4096
"""Bytes that a pod is given at a time: what comes back may be many times as long."""


class Line:
    """A TCP connection to a port of the pod. `error` is why it could not be made, "" if it was."""

    def __init__(self, world: World, pod: Object, port: int) -> None:
        self._world = world
        self._connection = Connection(key_of(pod), port, world.traffic)
        try:
            self.error = self._connection.check(world.image(), world.now())
        except StatusError as error:
            self.error = f"error forwarding port {port} to pod {uid_of(pod)}, uid : {error.message}"

    @property
    def closed(self) -> bool:
        """Whether the pod has closed it."""
        return bool(self.error) or self._connection.closed

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What comes back for these bytes, piece by piece."""
        for start in range(0, len(data), PIECE):
            answer = self._connection.feed(
                self._world.image(), data[start : start + PIECE], self._world.now()
            )
            if answer:
                yield answer


Dial = Callable[[int], Line]


def port_of(text: str) -> int:
    """A port as clients write it. Raises ValueError with the kubelet's words."""
    if not re.fullmatch(r"[0-9]+", text):
        raise ValueError(
            f'unable to parse "{text}" as a port: strconv.ParseUint: parsing "{text}": invalid syntax'
        )
    if len(text) > 5 or int(text) > 65_535:
        raise ValueError(
            f'unable to parse "{text}" as a port: strconv.ParseUint: parsing "{text}": value out of range'
        )
    if int(text) < 1:
        raise ValueError(f'port "{text}" must be > 0')
    return int(text)
