"""`manage.py serve` and `reconcile` as processes: they start, say so, work, and end cleanly."""

import base64
import contextlib
import http.client
import http.cookiejar
import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import pytest

from tests.clusters.conftest import ROOT, environment, start
from tests.server import Server

pytestmark = pytest.mark.slow


@pytest.fixture
def server(data_dir):
    server = Server(data_dir)
    yield server
    if server.process and server.process.poll() is None:
        server.process.kill()
        server.process.wait()


def run(server, command, timeout=20):
    """Runs a management command with the server's settings to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def created(server, *options):
    """Makes a cluster and returns its id."""
    link = server.manage("createcluster", "demo", "--delays", "none", *options)
    return re.search(r"/c/(\w+)/", link)[1]


def ask(data_dir, name, *arguments):
    process = start(data_dir, name, *arguments)
    out, _ = process.communicate(timeout=30)
    return json.loads(out)


def query(data_dir, sql, cluster):
    """The first column of the first row, None without one."""
    with contextlib.closing(sqlite3.connect(data_dir / "lifelines.sqlite3", timeout=10)) as database:
        row = database.execute(sql, [cluster]).fetchone()
    return row and row[0]


def await_ready(data_dir, cluster, replicas, seconds=30):
    """Waits until so many pods of the ReplicationController `web` are ready."""
    sql = "SELECT ready_replicas FROM clusters_replicationcontroller WHERE cluster_id = ? AND name = 'web'"
    deadline = time.monotonic() + seconds
    while (ready := query(data_dir, sql, cluster)) != replicas:
        assert time.monotonic() < deadline, f"{ready} of {replicas} are ready"
        time.sleep(0.02)


def test_it_says_where_it_is_and_ends_with_0_on_a_signal(server):
    for number in (signal.SIGTERM, signal.SIGINT):
        server.start()
        assert server.stop(number, within=5) == 0
    log = server.log.read_text()
    assert log.count(f"Lifelines is ready at {server.url}\n") == 2
    assert "Traceback" not in log


def test_a_port_in_use_is_one_clear_line_and_an_error(server):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", server.port))
        taken.listen()
        done = run(server, "serve")
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert f"127.0.0.1:{server.port}" in line
    assert "in use" in line


@pytest.mark.parametrize("port", ["abc", "0", "65536", "²"])
def test_a_port_that_is_none_is_one_clear_line_and_an_error(server, port):
    server.environment["PORT"] = port
    done = run(server, "serve")
    assert done.returncode == 1
    assert done.stderr == f"PORT is a number from 1 to 65535, not {port!r}.\n"


@pytest.mark.parametrize("command", ["serve", "reconcile"])
def test_a_database_without_tables_is_one_clear_line_and_an_error(tmp_path, command):
    done = run(Server(tmp_path / "new"), command)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert "no such table" in line
    assert line.endswith("Does manage.py migrate make the tables?")


def test_an_address_that_is_not_this_machines_is_an_error(server):
    server.environment["HOST"] = "192.0.2.1"
    done = run(server, "serve")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1


def test_clusters_live_while_it_serves_and_are_there_after_a_restart(server, data_dir):
    """What another process asks for is found, done, and kept."""
    server.start()
    cluster = created(server)
    ask(data_dir, "want", cluster, "5")
    await_ready(data_dir, cluster, 5)
    assert server.stop(within=5) == 0
    await_ready(data_dir, cluster, 5)
    ask(data_dir, "want", cluster, "7")
    server.start()
    await_ready(data_dir, cluster, 7)
    found = ask(data_dir, "verify", cluster)
    assert found["replay"] is True


def test_sigterm_under_load_ends_cleanly_and_the_rest_is_done_after_a_restart(server, data_dir):
    server.start()
    cluster = created(server, "--nodes", "20")
    ask(data_dir, "want", cluster, "300")
    time.sleep(0.3)
    assert server.stop(within=5) == 0
    assert ask(data_dir, "verify", cluster)["replay"] is True
    server.start()
    await_ready(data_dir, cluster, 300)
    assert ask(data_dir, "verify", cluster)["replay"] is True
    assert "Traceback" not in server.log.read_text()


def open_socket(server):
    """A newcomer opens the sandbox; returns his page's WebSocket once the first frame has come."""
    host = f"127.0.0.1:{server.port}"
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    landing = browser.open(server.url).read().decode()
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', landing)[1]
    form = urllib.parse.urlencode({"csrfmiddlewaretoken": token}).encode()
    opened = browser.open(
        urllib.request.Request(f"{server.url}/sandbox/", form, {"Referer": server.url})
    ).geturl()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
    key = base64.b64encode(bytes(16)).decode()
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    lines = [
        f"GET {urllib.parse.urlsplit(opened).path}live?layout=wide&density=auto HTTP/1.1",
        f"Host: {host}",
        f"Origin: http://{host}",
        f"Cookie: {cookies}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
    ]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = connection.recv(4096)
    assert b" 101 " in answer, answer
    assert connection.recv(4096)
    return connection


def test_sigterm_ends_requests_and_sockets_that_are_under_way(server):
    """Nobody waits in a thread for an event loop that is gone."""
    server.start()
    stopping, statuses = threading.Event(), []

    def ask_again_and_again():
        while not stopping.is_set():
            client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
            with contextlib.suppress(OSError, http.client.HTTPException):
                client.request("GET", "/")
                statuses.append(client.getresponse().status)
            client.close()

    sockets = [open_socket(server) for _ in range(2)]
    clients = [threading.Thread(target=ask_again_and_again) for _ in range(6)]
    for client in clients:
        client.start()
    time.sleep(0.5)
    code = server.stop(within=5)
    stopping.set()
    for client in clients:
        client.join()
    for connection in sockets:
        connection.close()
    assert code == 0
    assert set(statuses) <= {200, 503}
    assert "Traceback" not in server.log.read_text()


def test_a_worker_alone_works_warns_without_redis_and_ends_with_0(server, data_dir):
    cluster = created(server)
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "reconcile"],
        cwd=ROOT,
        env=environment(data_dir),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert worker.stdout.readline() == "The worker is ready.\n"
        ask(data_dir, "want", cluster, "3")
        await_ready(data_dir, cluster, 3)
    finally:
        worker.terminate()
        _, errors = worker.communicate(timeout=10)
    assert worker.returncode == 0
    assert "Without Redis" in errors
    assert "Traceback" not in errors


def test_two_workers_share_the_work_and_do_nothing_twice(server, data_dir):
    cluster = created(server, "--nodes", "10")
    workers = [
        subprocess.Popen(
            [sys.executable, "manage.py", "reconcile"],
            cwd=ROOT,
            env=environment(data_dir),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        for worker in workers:
            worker.stdout.readline()
        ask(data_dir, "want", cluster, "200")
        await_ready(data_dir, cluster, 200)
    finally:
        for worker in workers:
            worker.terminate()
            worker.communicate(timeout=10)
    assert [worker.returncode for worker in workers] == [0, 0]
    made = "SELECT COUNT(*) FROM clusters_change WHERE cluster_id = ? AND kind = 'Pod' AND verb = 'ADDED'"
    assert query(data_dir, made, cluster) == 200
    assert ask(data_dir, "verify", cluster)["replay"] is True
