"""Prints the table. `python -m tests.bench kill` measures one of them only."""

import os
import platform
import sqlite3
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from tests.bench import api, idle, journal, kill, rewind, scale_up, terminal, traffic, watches
from tests.bench.measure import print_table

BENCHMARKS = {
    "scale_up": scale_up,
    "kill": kill,
    "idle": idle,
    "watches": watches,
    "api": api,
    "traffic": traffic,
    "terminal": terminal,
    "rewind": rewind,
    "journal": journal,
}


def main():
    chosen = sys.argv[1:] or list(BENCHMARKS)
    versions = [
        f"{name} {version(name)}" for name in ("Django", "channels", "daphne", "orjson", "immutables")
    ]
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {', '.join(versions)};",
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start",
    )
    rows = [("", "measured", "wanted")]
    for name in chosen:
        with tempfile.TemporaryDirectory() as directory:
            rows += BENCHMARKS[name].measure(Path(directory))
    print_table(rows)


if __name__ == "__main__":
    main()
