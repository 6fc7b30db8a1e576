"""What the Kubernetes API costs: a short list, compared with an empty answer of the same Daphne; and 1,000
pods that the official Python client creates, its own processor time on the same cores, while the control
plane schedules and starts them."""

import json
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kubernetes
import yaml

from tests.bench.measure import WatchedServer
from tests.server import ROOT

REQUESTS = 2_000
ROUNDS = 5
LISTED = 5_000
"""Bytes."""
PODS = 1_000
NODES = 20
THREADS = 8


def measure(directory):
    """Rows of the table."""
    directory = Path(directory)
    return [*_reads(directory / "reads"), *_creates(directory / "creates")]


class EmptyServer(WatchedServer):
    """Daphne with nothing behind it, in a process of its own."""

    def __init__(self, data_dir):
        super().__init__(data_dir, probed=False)
        where = ("--port", str(self.port), "--bind", "127.0.0.1", "--verbosity", "0")
        self.command = (sys.executable, "-m", "daphne", *where, "tests.bench.empty:application")

    def manage(self, *arguments):
        """It has no tables to migrate."""


def _reads(directory):
    server = WatchedServer(directory / "api", probed=False).start()
    empty = EmptyServer(directory / "empty").start()
    try:
        prefix = _prefix(server, _kubeconfig(server, "bench"))
        path = f"{prefix}/api/v1/namespaces/default/configmaps"
        size = _fill(server, path)
        rounds = [(_cost(server, path), _cost(empty, path)) for _ in range(ROUNDS)]
    finally:
        server.stop()
        empty.stop()
    ratio = statistics.median(listed / nothing for listed, nothing in rounds)
    listed, nothing = (statistics.median(costs) * 1e6 for costs in zip(*rounds, strict=True))
    what = f"GET of a list of {size / 1000:.1f} KB: processor time, compared with an empty answer of Daphne"
    return [(what, f"{ratio:.2f} ({listed:.0f} µs, {nothing:.0f} µs)", "2.5")]


def _kubeconfig(server, name, *arguments):
    """Makes a cluster, and returns the file that reaches it."""
    server.manage("createcluster", name, "--delays", "none", *arguments)
    file = server.data_dir / f"{name}.kubeconfig"
    file.write_text(server.manage("kubeconfig", name, "--host", server.url))
    return file


def _prefix(server, kubeconfig):
    address = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    return address.removeprefix(server.url)


def _fill(server, path):
    """Adds ConfigMaps until the list is long enough, and returns its length in bytes."""
    with Connection(server) as connection:
        number = 0
        while (size := len(connection.ask("GET", path))) < LISTED:
            number += 1
            data = {"metadata": {"name": f"settings-{number}"}, "data": {"mode": "quiet", "lines": "7"}}
            connection.ask("POST", path, json.dumps(data).encode())
    return size


def _cost(server, path):
    """Seconds of processor time that one GET takes."""
    with Connection(server) as connection:
        connection.ask("GET", path)
        before = server.processor_seconds()
        for _ in range(REQUESTS):
            connection.ask("GET", path)
        return (server.processor_seconds() - before) / REQUESTS


class Connection:
    """A socket that is kept open."""

    def __init__(self, server):
        self._socket = socket.create_connection(("127.0.0.1", server.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._socket.close()

    def ask(self, method, path, body=b""):
        """Sends a request and returns the body of its answer, which must be a success."""
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        status = self._file.readline()
        assert status.split()[1] in (b"200", b"201"), status
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return self._file.read(length)


def _creates(directory):
    rows = []
    for threads, wanted in ((1, 80), (THREADS, 150)):
        server = WatchedServer(directory / str(threads), probed=False).start()
        try:
            created, running, processor = _create(server, threads)
        finally:
            server.stop()
        how = "one by one" if threads == 1 else f"by {threads} threads"
        what = f"{PODS} pods created by the Python client {how}, and started ({NODES} nodes, delays none)"
        more = f"all run after {running:.1f} s, {processor / PODS * 1000:.1f} ms each of the server"
        rows.append((what, f"{PODS / created:.0f}/s ({more})", f"{wanted}/s"))
    return rows


def _create(server, threads):
    """Seconds until all pods are created and until all run, and the server's processor time until then."""
    kubeconfig = _kubeconfig(server, "bench", "--nodes", str(NODES))
    before = server.processor_seconds()
    client = subprocess.run(
        [sys.executable, "-m", "tests.bench.api", str(kubeconfig), str(threads)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert client.returncode == 0, client.stderr
    created, running = map(float, client.stdout.split())
    return created, running, server.processor_seconds() - before


def create_pods(kubeconfig, threads):
    """Creates pods as the client of a cluster; returns the seconds until all are there, and until all run."""
    kubernetes.config.load_kube_config(kubeconfig)
    api = kubernetes.client.CoreV1Api()

    def create(number):
        api.create_namespaced_pod("default", _pod(f"web-{number:04}"))

    api.list_namespaced_pod("default")
    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(create, range(PODS)))
    created = time.perf_counter() - begun
    while len(api.list_namespaced_pod("default", field_selector="status.phase=Running").items) < PODS:
        time.sleep(0.1)
    return created, time.perf_counter() - begun


def _pod(name):
    container = {"name": "web", "image": "nginx", "ports": [{"containerPort": 80}]}
    labels = {"app": "web"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {"containers": [container]},
    }


if __name__ == "__main__":
    print(*create_pods(sys.argv[1], int(sys.argv[2])))
