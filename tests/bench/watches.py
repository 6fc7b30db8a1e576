"""2,000 idle watches of one process, and how soon one more watch hears of a commit."""

import json
import os
import re
import resource
import socket
import sqlite3
import threading
import time
from contextlib import closing
from http.client import HTTPConnection

from tests.bench.measure import WatchedServer, percentile

WATCHES = 2_000
SECONDS = 20
SETTLE = 5
WRITES = 500
WRITES_A_SECOND = 50
KUBECTL = (
    "User-Agent: kubectl/v1.37.1 (linux/amd64) kubernetes/0000000\r\nAccept: application/json\r\n"
    "Accept-Encoding: gzip\r\nKubectl-Command: kubectl get\r\n"
    "Kubectl-Session: 00000000-0000-0000-0000-000000000000\r\n"
)
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


def measure(directory):
    """Rows of the table."""
    _allow_files(WATCHES + 500)
    server = WatchedServer(directory, probed=False)
    server.manage("migrate", "--verbosity", "0")
    server.manage("createcluster", "bench", "--nodes", "3", "--delays", "none")
    path = re.search(r"/k8s/\w+", server.manage("kubeconfig", "bench"))[0]
    server.start()
    connections = []
    try:
        # What the first ones cost are modules and an image.
        connections += [_watch(server, f"{path}/api/v1/pods?watch=true") for _ in range(20)]
        time.sleep(SETTLE)
        before, threads = server.memory_bytes(), _threads(server)
        share = _share(server)
        connections += [_watch(server, f"{path}/api/v1/pods?watch=true") for _ in range(WATCHES)]
        time.sleep(SETTLE)
        each = (server.memory_bytes() - before) / WATCHES
        more_threads = _threads(server) - threads
        share = _share(server) - share
        delays = _delays(server, path)
    finally:
        for connection in connections:
            connection.close()
        server.stop()
    what = f"{WATCHES} idle watches"
    event = f"commit -> event at a client, {WRITES_A_SECOND} writes a second beside {what}"
    return [
        (f"{what}: memory each", f"{each / 1024:.1f} KB", "20 KB"),
        (f"{what}: share of a core", f"{share * 100:.2f} %", "1 %"),
        (f"{what}: threads", f"{more_threads}", "0"),
        (f"{event}: median", f"{percentile(delays, 50):.1f} ms", "10 ms"),
        (f"{event}: 95th percentile", f"{percentile(delays, 95):.1f} ms", "50 ms"),
    ]


def _allow_files(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def _watch(server, path):
    """A connection whose watch has begun."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{KUBECTL}\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(4096)
    assert b" 200 " in head, head
    return connection


def _threads(server):
    return len(os.listdir(f"/proc/{server.process.pid}/task"))


def _share(server):
    """Of a processor, while nothing happens."""
    before = server.processor_seconds()
    time.sleep(SECONDS)
    return (server.processor_seconds() - before) / SECONDS


def _delays(server, path):
    """Milliseconds from each commit until its event was read. The journal knows when the commit began."""
    connection = _watch(server, f"{path}{CONFIG_MAPS}?watch=true")
    heard = []
    reader = threading.Thread(target=_read, args=(connection, heard))
    reader.start()
    _write(server, path)
    reader.join(30)
    assert not reader.is_alive(), f"{len(heard)} events of {WRITES}"
    connection.close()
    database = server.data_dir / "lifelines.sqlite3"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        committed = dict(db.execute("select revision, time from clusters_change where name like 'bench-%'"))
    delays = [(at - committed[revision]) * 1000 for at, revision in heard]
    assert len(delays) == WRITES
    return delays


def _read(connection, heard):
    for line in connection.makefile("rb"):
        at = time.time()
        if line.startswith(b"{"):
            metadata = json.loads(line)["object"]["metadata"]
            if metadata["name"].startswith("bench-"):
                heard.append((at, int(metadata["resourceVersion"])))
        if len(heard) == WRITES:
            return


def _write(server, path):
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    began = time.monotonic()
    for number in range(WRITES):
        time.sleep(max(0.0, began + number / WRITES_A_SECOND - time.monotonic()))
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"bench-{number}"}}
        connection.request("POST", path + CONFIG_MAPS, json.dumps(obj), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 201, text
    connection.close()
