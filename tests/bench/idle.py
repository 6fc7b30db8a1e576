"""1,000 idle clusters in a running process, each with 3 nodes, 3 pods and a Service."""

import subprocess
import sys
import time
from pathlib import Path

from tests.bench.measure import WatchedServer
from tests.server import ROOT

CLUSTERS = 1_000
SECONDS = 20
SETTLE = 5
IN_MEMORY = 300


def measure(directory):
    """Rows of the table. What is timed runs without the probe, which alone costs more than the clusters."""
    empty = WatchedServer(Path(directory) / "empty", probed=False).start()
    time.sleep(SETTLE)
    without = empty.memory_bytes()
    empty.stop()
    full = Path(directory) / "full"
    server = WatchedServer(full, probed=False)
    server.manage("migrate", "--verbosity", "0")
    per_image = float(_populate(server))
    server.start()
    time.sleep(SETTLE)
    before = server.processor_seconds()
    time.sleep(SECONDS)
    share = (server.processor_seconds() - before) / SECONDS
    each = (server.memory_bytes() - without) / CLUSTERS
    server.stop()
    probed = WatchedServer(full).start()
    time.sleep(SETTLE)
    probed.longest_stall()
    time.sleep(SECONDS)
    stall = probed.longest_stall()
    probed.stop()
    what = f"{CLUSTERS} idle clusters"
    return [
        (f"{what}: share of a core", f"{share * 100:.2f} %", "0.5 %"),
        (f"{what}: memory each, without an image", f"{each / 1024:.1f} KB", "10 KB"),
        (f"{what}: memory each, with an image", f"{per_image / 1024:.0f} KB", "printed"),
        (f"{what}: longest stall of the event loop", f"{stall * 1000:.0f} ms", "50 ms"),
    ]


def _populate(server):
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
