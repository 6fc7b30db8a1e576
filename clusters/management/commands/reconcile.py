"""manage.py reconcile: a worker alone, for a site whose pages other processes serve."""

import asyncio
import signal
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.core.management.base import BaseCommand

from clusters import announce
from clusters.management.process import require_tables, tune
from clusters.worker import Supervisor
from clusters.writer import writer


class Command(BaseCommand):
    """Works until SIGTERM or SIGINT, then ends what is under way and exits with 0."""

    help = "Runs the simulated clusters, without serving pages."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError without tables.

        Warns if nothing but the poll connects this process to those that serve.
        """
        require_tables()
        tune()
        if isinstance(get_channel_layer(), InMemoryChannelLayer):
            self.stderr.write(
                self.style.WARNING(
                    "Without Redis (REDIS_URL) this worker hears of changes once a second, and pages hear"
                    " of what it does a few seconds later."
                )
            )
        asyncio.run(self.work())

    async def work(self) -> None:
        """Work until a signal comes."""
        loop = asyncio.get_running_loop()
        supervisor = Supervisor()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, supervisor.stop)
        writer.start()
        announce.bind(loop)
        self.stdout.write("The worker is ready.")
        self.stdout.flush()
        await supervisor.run()
        await asyncio.to_thread(writer.stop)
