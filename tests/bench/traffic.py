"""100 clusters with 20 clients each, half of them outside: while nobody watches, and what a look costs.

A look is what a page needs once a second: the calls since the last one, and the counts.
"""

import subprocess
import sys
import time
from pathlib import Path

from tests.bench.measure import WatchedServer
from tests.server import ROOT

CLUSTERS = 100
SECONDS = 20
SETTLE = 5


def measure(directory):
    """Rows of the table."""
    server = WatchedServer(Path(directory) / "traffic", probed=False)
    server.manage("migrate", "--verbosity", "0")
    _run(server, "make", CLUSTERS)
    without = _share(server)
    _run(server, "place")
    placed = _share(server)
    first, look, page = map(float, _run(server, "look").split())
    what = f"20 clients in each of {CLUSTERS} clusters"
    return [
        (
            f"{what} that nobody watches: share of a core",
            f"{placed * 100:.2f} %",
            f"{without * 100:.2f} % without",
        ),
        (f"{what}, watched: CPU a second and cluster", f"{page * 1000:.2f} ms", "5 ms"),
        (f"{what}: of that to work out the calls", f"{look * 1000:.2f} ms", "printed"),
        (f"{what}: CPU of a cluster's first look", f"{first * 1000:.1f} ms", "printed"),
    ]


def _share(server):
    server.start()
    time.sleep(SETTLE)
    before = server.processor_seconds()
    time.sleep(SECONDS)
    share = (server.processor_seconds() - before) / SECONDS
    server.stop()
    return share


def _run(server, *arguments):
    result = subprocess.run(
        [sys.executable, "-m", "tests.bench.clients", *map(str, arguments)],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
