"""manage.py serve: the site and the worker in one process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

# Daphne sets up Twisted's reactor and has to come before anything that imports one.
from daphne.server import Server, twisted_loop  # isort:skip
from daphne.endpoints import build_endpoint_description_strings
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from twisted.internet import defer

from clusters import announce
from clusters.api.followers import followers
from clusters.management.flow import gate_for, waits
from clusters.management.links import site_url
from clusters.management.process import require_tables, tune
from clusters.management.requests import limit
from clusters.management.sockets import EXTENSION, Socket
from clusters.worker import Supervisor
from clusters.writer import writer

GRACE: Final = 3.0
"""Seconds that requests under way have to end when the server is told to stop."""


class Site(Server):
    """Daphne's server, with a reason why it cannot listen, limits, and an end that loses no request.

    Daphne cancels what is under way and goes on accepting: a request then waits in its thread for an
    event loop that is gone, and the process for the thread. `hang_up` ends what would go on for hours.
    """

    def __init__(
        self,
        *args: Any,
        hang_up: Callable[[], None],
        drain: Callable[[], Awaitable[None]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.failure = ""
        self._hang_up = hang_up
        self._drain = drain
        self._ports: list[Any] = []

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """Called with each message of an application: sends it, and waits for a client that reads slowly."""
        connection = self.connections.get(protocol, {"disconnected": 0.0})
        gate = None
        if message["type"] == "http.response.body" and "disconnected" not in connection:
            gate = gate_for(protocol, connection, more=message.get("more_body", False))
        elif waits(message):
            gate = protocol.gate
        await super().handle_reply(protocol, message)
        if gate is not None:
            await gate.passed()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Called when a request is there: starts the application for it."""
        if scope["type"] == "websocket":
            scope["extensions"] = {EXTENSION: {}}
        return super().create_application(protocol, scope)

    def listen_success(self, port: Any) -> None:
        """Called when an endpoint is listened on."""
        super().listen_success(port)
        self.ws_factory.protocol = Socket
        limit(self.http_factory)
        self._ports.append(port)

    def listen_error(self, failure: Any) -> None:
        """Called when an endpoint cannot be listened on."""
        self.failure = failure.getErrorMessage()
        self.stop()

    def kill_all_applications(self) -> defer.Deferred[None]:
        """Called before the reactor stops, which waits for it."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._end(), loop=twisted_loop))

    async def _end(self) -> None:
        self.application = closing
        for port in self._ports:
            port.stopListening()
        for application in self._running(sockets=True):
            application.cancel()
        self._hang_up()
        requests = self._running(sockets=False)
        if requests:
            await asyncio.wait(requests, timeout=GRACE)
        await self._drain()

    def _running(self, *, sockets: bool) -> list[asyncio.Future[Any]]:
        return [
            connection["application_instance"]
            for protocol, connection in self.connections.items()
            if isinstance(protocol, WebSocketProtocol) == sockets and "application_instance" in connection
        ]


async def closing(scope: dict[str, Any], receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    """The ASGI application of a server that is ending: 503 for whoever still asks."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1001})
        return
    headers = [(b"connection", b"close"), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class Command(BaseCommand):
    """Serves until SIGTERM or SIGINT, then ends what is under way and exits with 0."""

    help = "Serves the site and runs the simulated clusters, in one process."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError if the address is in use or not this machine's, or without tables."""
        require_tables()
        application = import_string(settings.ASGI_APPLICATION)
        tune()
        self.supervisor = Supervisor()
        site = Site(
            application,
            endpoints=build_endpoint_description_strings(host=settings.HOST, port=settings.PORT),
            ready_callable=self.ready,
            hang_up=lambda: followers().stop(),
            drain=self.drain,
            # One line a request is written by sandbox.middleware; Daphne's own would show tokens.
            action_logger=None,
            server_name="lifelines",
        )
        site.run()
        if not site.listening_addresses:
            raise CommandError(f"{site.failure} PORT and HOST choose another.")

    def ready(self) -> None:
        """The port listens: start the writer and the worker, and say where the site is."""
        writer.start()
        announce.bind(twisted_loop)
        self.working = twisted_loop.create_task(self.supervisor.run())
        self.stdout.write(f"Lifelines is ready at {site_url()}")
        self.stdout.flush()

    async def drain(self) -> None:
        """End the pass that is under way, and do what is queued for the writer."""
        self.supervisor.stop()
        await self.working
        await asyncio.to_thread(writer.stop)
