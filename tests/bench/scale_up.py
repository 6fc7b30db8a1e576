"""A ReplicationController from 0 to 1,000 pods on 100 nodes, persisted to SQLite."""

import re
import sqlite3
import time
from contextlib import closing

from tests.bench.measure import Client, WatchedServer

NODES = 100
PODS = 1_000


def measure(directory):
    """Rows of the table."""
    server = WatchedServer(directory)
    server.manage("migrate", "--verbosity", "0")
    link = server.manage("createcluster", "bench", "--nodes", str(NODES), "--delays", "none").split()[-1]
    cluster = re.search(r"/c/([^/]+)/", link)[1]
    server.start()
    try:
        client = Client(server)
        client.open(f"/c/{cluster}/?{link.partition('?')[2]}")
        _wait(server, lambda db: not _due(db, cluster))
        before, revision = server.processor_seconds(), _revision(server, cluster)
        server.longest_stall()
        begun = time.monotonic()
        client.send(
            f"/c/{cluster}/replicationcontrollers/", name="kubia", image="luksa/kubia", replicas=str(PODS)
        )
        _wait(server, lambda db: _ready(db, cluster) == PODS and not _due(db, cluster))
        seconds = time.monotonic() - begun
        processor = server.processor_seconds() - before
        writes = _revision(server, cluster) - revision
        stall = server.longest_stall()
    finally:
        server.stop()
    what = f"RC 0 -> {PODS} pods, {NODES} nodes, delays none"
    return [
        (f"{what}: processor time", f"{processor:.2f} s ({writes} writes, {seconds:.1f} s)", "2.0 s"),
        (f"{what}: longest stall of the event loop", f"{stall * 1000:.0f} ms", "50 ms"),
    ]


def _wait(server, done):
    deadline = time.monotonic() + 120
    while True:
        with closing(_connect(server)) as db:
            if done(db):
                return
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.05)


def _connect(server):
    return sqlite3.connect(f"file:{server.data_dir / 'lifelines.sqlite3'}?mode=ro", uri=True)


def _revision(server, cluster):
    with closing(_connect(server)) as db:
        return db.execute("select revision from clusters_cluster where id = ?", [cluster]).fetchone()[0]


def _due(db, cluster):
    wake_at = db.execute("select wake_at from clusters_cluster where id = ?", [cluster]).fetchone()[0]
    return wake_at is not None and wake_at <= time.time() + 1


def _ready(db, cluster):
    found = db.execute(
        "select ready_replicas from clusters_replicationcontroller where cluster_id = ?", [cluster]
    ).fetchone()
    return found[0] if found else 0
