"""Who sits at a terminal, and for each command afresh what he may do and what he finds in the cluster."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from channels.db import database_sync_to_async

from clusters import access, keys, memory, traffic
from clusters.engine.clock import Clock
from clusters.engine.cluster import clock_of, in_book_mode
from clusters.engine.kubelet.shell.session import World
from clusters.engine.store import MemoryStore
from clusters.terminal.files import Files
from clusters.terminal.keyboard import Keyboard
from clusters.terminal.kubectl.host import Editor, Host, Writer
from clusters.terminal.transport import Application, Transport

LOOK: Final = 0.5
"""Seconds after which somebody who sleeps looks at the cluster's clock again: it may run faster now."""


@dataclass(frozen=True)
class Visitor:
    """A person at the terminal of a cluster.

    `application` is the API's, `site` the address of this site without a slash at its end. `given` are
    files that a lesson has put there, texts by their names.
    """

    cluster_id: str
    person: str
    application: Application
    site: str
    language: str = "en"
    given: Mapping[str, str] = field(default_factory=dict)

    async def role(self) -> str:
        """What the person may do now, see `clusters.access`. Raises Http404 if that is nothing."""
        role: str = await database_sync_to_async(self._role)()
        return role

    async def come_in(self) -> "Visit":
        """Begin to do something. Raises Http404 and Cluster.DoesNotExist. Whoever comes in closes."""
        role, key = await database_sync_to_async(self._role_and_key)()
        image = memory.current(self.cluster_id)
        if image is None:
            image = (await asyncio.wrap_future(memory.follow(self.cluster_id, 0))).image
        return Visit(self, role, key, image)

    def _role(self) -> str:
        return access.role_of(self.person, access.access_cluster(self.person, self.cluster_id, access.VIEW))

    def _role_and_key(self) -> tuple[str, str]:
        role = self._role()
        return role, keys.key_of(self.cluster_id, keys.READ if role == access.VIEW else keys.WRITE)


class Visit:
    """A way into the cluster for one command. `role` is what the person may do."""

    def __init__(self, visitor: Visitor, role: str, key: str, image: MemoryStore) -> None:
        self.role = role
        self.transport = Transport(visitor.application, key, f"person:{visitor.person}")
        self._visitor = visitor
        self._key = key
        self._image = image

    @property
    def image(self) -> MemoryStore:
        """The cluster as far as this process knows it at the moment."""
        return memory.published(self._visitor.cluster_id) or self._image

    @property
    def clock(self) -> Clock:
        return clock_of(self.image)

    def now(self) -> float:
        """The cluster's time."""
        return self.clock.now(time.time())

    @property
    def world(self) -> World:
        """The cluster as programs find it that call something in it."""
        calls = traffic.of_cluster(self._visitor.cluster_id)
        return World(lambda: self.image, self.now, Random(), calls)

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of the cluster's time."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            clock = self.clock
            await asyncio.sleep(LOOK if clock.paused else min(LOOK, left / clock.speed))

    def host(self, out: Writer, err: Writer, files: Files, editor: Editor, keyboard: Keyboard) -> Host:
        """What a program of this command is given."""
        https = self._visitor.site.startswith("https:")
        return Host(
            transport=self.transport,
            out=out,
            err=err,
            files=files,
            editor=editor,
            read_line=keyboard.read_line,
            read_raw=keyboard.read_raw,
            now=self.now,
            sleep=self.sleep,
            # As in the kubeconfig: where a client sends the key in a header, the path names the cluster.
            server=f"{self._visitor.site}/k8s/{self._visitor.cluster_id if https else self._key}",
            book_mode=in_book_mode(self.image),
        )

    def close(self) -> None:
        """Hang up whatever is still open."""
        self.transport.close()
