"""`manage.py serve` with a probe in its event loop.

The probe sleeps 5 ms again and again and notes how much later it woke. On SIGUSR1 the longest delay since
the last asking is written, in seconds, to the file named by PROBE_FILE.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

INTERVAL = 0.005


class Probe:
    def __init__(self, path):
        self.path = path
        self.longest = 0.0

    async def run(self):
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self.report)
        while True:
            before = time.perf_counter()
            await asyncio.sleep(INTERVAL)
            self.longest = max(self.longest, time.perf_counter() - before - INTERVAL)

    def report(self):
        half_written = self.path.with_suffix(".new")
        half_written.write_text(str(self.longest))
        half_written.rename(self.path)
        self.longest = 0.0


def main():
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sandbox.settings")
    from daphne.server import Server
    from django.core.management import execute_from_command_line

    start = Server.run

    def run_probed(server):
        probe = Probe(Path(os.environ["PROBE_FILE"]))
        ready = server.ready_callable

        def ready_and_probe():
            server.probe = asyncio.get_event_loop().create_task(probe.run())
            if ready:
                ready()

        server.ready_callable = ready_and_probe
        start(server)

    Server.run = run_probed
    execute_from_command_line(["manage.py", "serve"])


if __name__ == "__main__":
    main()
