"""1,000 idle clusters in a running process, each with 3 nodes, 3 pods and a Service."""

import subprocess
import sys
import time
from pathlib import Path

from tests.bench.measure import WatchedServer
from tests.server import ROOT

CLUSTERS = 1_000
SECONDS = 20
IN_MEMORY = 300


def measure(directory):
    """Rows of the table."""
    empty = WatchedServer(Path(directory) / "empty").start()
    time.sleep(2)
    without = empty.memory_bytes()
    empty.stop()
    server = WatchedServer(Path(directory) / "full")
    server.manage("migrate", "--verbosity", "0")
    per_image = float(_populate(server, "fill"))
    server.start()
    try:
        time.sleep(5)
        server.longest_stall()
        before = server.processor_seconds()
        time.sleep(SECONDS)
        share = (server.processor_seconds() - before) / SECONDS
        each = (server.memory_bytes() - without) / CLUSTERS
        stall = server.longest_stall()
    finally:
        server.stop()
    what = f"{CLUSTERS} idle clusters"
    return [
        (f"{what}: share of a core", f"{share * 100:.2f} %", "0.5 %"),
        (f"{what}: memory each, without an image", f"{each / 1024:.1f} KB", "10 KB"),
        (f"{what}: memory each, with an image", f"{per_image / 1024:.0f} KB", "printed"),
        (f"{what}: longest stall of the event loop", f"{stall * 1000:.0f} ms", "50 ms"),
    ]


def _populate(server, what):
    result = subprocess.run(
        [sys.executable, "-m", "tests.bench.populate", str(CLUSTERS), str(IN_MEMORY)],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
