"""manage.py serve: the site and the worker in one process."""

import asyncio
import sys
from typing import Any, Final

# Daphne sets up Twisted's reactor and has to come before anything that imports one.
from daphne.server import Server, twisted_loop  # isort:skip
from daphne.endpoints import build_endpoint_description_strings
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from twisted.internet import defer, reactor

from clusters import announce
from clusters.management.links import site_url
from clusters.worker import Supervisor
from clusters.writer import writer

SWITCH_INTERVAL: Final = 0.0005
"""Seconds, a tenth of Python's own: the event loop does not wait long for the writer's thread."""


class Site(Server):
    """Daphne's server, which keeps the reason why it cannot listen instead of logging it."""

    failure = ""

    def listen_error(self, failure: Any) -> None:
        """Called when an endpoint cannot be listened on."""
        self.failure = failure.getErrorMessage()
        self.stop()


class Command(BaseCommand):
    """Serves until SIGTERM or SIGINT, then ends what is under way and exits with 0."""

    help = "Serves the site and runs the simulated clusters, in one process."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError if the address is in use or not this machine's."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        self.supervisor = Supervisor()
        site = Site(
            import_string(settings.ASGI_APPLICATION),
            endpoints=build_endpoint_description_strings(host=settings.HOST, port=settings.PORT),
            ready_callable=self.ready,
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
        reactor.addSystemEventTrigger("before", "shutdown", self.drain)
        self.stdout.write(f"Lifelines is ready at {site_url()}")
        self.stdout.flush()

    def drain(self) -> defer.Deferred[None]:
        """End the pass that is under way and do what is queued; the reactor waits for it."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._drain(), loop=twisted_loop))

    async def _drain(self) -> None:
        self.supervisor.stop()
        await self.working
        await asyncio.to_thread(writer.stop)
