"""Watches of the real server: through a restart, and of clients that do not read."""

import json
import re
import socket
from http.client import HTTPConnection

import pytest

from tests.server import Server

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
SMALL = 4096
LARGE = 900_000
MANY = 20


class Api:
    """One cluster of a server of its own."""

    def __init__(self, server):
        self.server = server
        server.manage("migrate", "--verbosity", "0")
        server.manage("createcluster", "watched", "--nodes", "1", "--delays", "none")
        self.path = re.search(r"/k8s/\w+", server.manage("kubeconfig", "watched"))[0]

    def create(self, name, **data):
        """Creates a ConfigMap and returns its resourceVersion."""
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
        answer = self._ask("POST", CONFIG_MAPS, json.dumps(body))
        made = json.load(answer)
        assert answer.status == 201, made
        return made["metadata"]["resourceVersion"]

    def watch(self, version, room=None):
        """The open answer to a watch of ConfigMaps; `room` is how many bytes its socket holds, about."""
        return self._ask("GET", f"{CONFIG_MAPS}?watch=true&resourceVersion={version}", room=room)

    def _ask(self, method, path, body=None, room=None):
        connection = HTTPConnection("127.0.0.1", self.server.port)
        connection.sock = socket.socket()
        connection.sock.settimeout(20)
        if room:
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        connection.sock.connect(("127.0.0.1", self.server.port))
        connection.request(method, self.path + path, body, {"Content-Type": "application/json"})
        return connection.getresponse()


def name_in(line):
    return json.loads(line)["object"]["metadata"]["name"]


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    made = Api(Server(tmp_path_factory.mktemp("watched") / "data"))
    made.server.start()
    yield made
    made.server.stop()


def test_a_watch_goes_on_after_a_restart_of_the_server_where_it_ended(api):
    answer = api.watch(api.create("seen"))
    api.create("told")
    assert name_in(answer.readline()) == "told"
    last = api.create("told-too")
    assert name_in(answer.readline()) == "told-too"
    api.server.stop()
    assert answer.read() == b"", "the end of the answer is not in order"
    api.server.start()
    api.create("later")
    assert name_in(api.watch(last).readline()) == "later"


def test_a_client_that_does_not_read_is_hung_up_on_while_another_one_is_told_all(api):
    version = api.create("before")
    deaf, listening = api.watch(version, room=SMALL), api.watch(version)
    names = [f"large-{number}" for number in range(MANY)]
    for name in names:
        api.create(name, text="x" * LARGE)
        assert name_in(listening.readline()) == name
    told = [name_in(line) for line in deaf]
    assert told == names[: len(told)]
    assert 0 < len(told) < MANY
