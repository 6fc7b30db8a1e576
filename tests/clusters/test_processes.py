"""Several processes on one database: nothing lost, nothing twice, nothing torn, nobody starved."""

import json

import pytest

from tests.clusters.conftest import start

pytestmark = pytest.mark.slow


def finished(process):
    """What the process printed. Fails with its error if it failed."""
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    return json.loads(out)


def ask(data_dir, name, *arguments):
    return finished(start(data_dir, name, *arguments))


def test_two_processes_of_eight_threads_lose_nothing(data_dir, count):
    """Final revision = number of writes; the journal, replayed, equals the tables."""
    times = count(15, 400)
    cluster = ask(data_dir, "new")["cluster"]
    running = [start(data_dir, "hammer", cluster, "8", str(times)) for _ in range(2)]
    for process in running:
        finished(process)
    found = ask(data_dir, "verify", cluster)
    writes = 2 * 8 * times
    # One is the cluster's own object, one the counter's creation.
    assert found == {"revision": writes + 2, "counter": writes, "rows": writes + 2, "replay": True}


def test_loads_under_writes_are_never_torn(data_dir, count):
    cluster = ask(data_dir, "new")["cluster"]
    writing = start(data_dir, "pair", cluster)
    loading = [start(data_dir, "load", cluster, str(count(50, 1000))) for _ in range(2)]
    assert [finished(process) for process in loading] == [{"torn": []}, {"torn": []}]
    (data_dir / "loaded").touch()
    finished(writing)


def test_a_scale_up_finishes_beside_a_writer_every_20_ms(data_dir):
    cluster = ask(data_dir, "new", "web")["cluster"]
    ticking = start(data_dir, "tick", cluster, "60")
    passes = ask(data_dir, "scale", cluster, "1000")
    took = finished(ticking)
    found = ask(data_dir, "verify", cluster)
    assert found["replay"] is True
    assert found["counter"] == took["writes"] > passes["before"]
    assert passes["won"] >= 10
