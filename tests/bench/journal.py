"""What the journal costs: processor time of a write with it and without, and how long compaction takes."""

import json
import subprocess
import sys
from pathlib import Path

from tests.server import ROOT, Server

LIMIT = 30
"""Percent of processor time that the journal may add to a write."""


def measure(directory):
    """Rows of the table."""
    server = Server(directory)
    server.manage("migrate", "--verbosity", "0")
    command = [sys.executable, str(Path(__file__).with_name("journalled.py"))]
    environment = {**server.environment, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    milliseconds = 1000 * found["with"]
    return [
        (
            f"the journal's part of a person's write ({milliseconds:.2f} ms of processor time)",
            f"{_added(found, '')} %",
            f"{LIMIT} %",
        ),
        ("the journal's part of a pass of the control plane", f"{_added(found, 'pass_')} %", f"{LIMIT} %"),
        (f"compaction of {found['changes']} changes to 5,000", f"{1000 * found['compact']:.0f} ms", ""),
    ]


def _added(found, of):
    """Percent of the processor time without a journal that the journal adds to it."""
    return round(100 * (found[f"{of}with"] / found[f"{of}without"] - 1))
