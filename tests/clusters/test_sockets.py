"""Streams of the Kubernetes API through Daphne: how they are refused, and who does not read."""

import json
import re
import socket
import time
import urllib.request

import pytest
import websocket

from clusters.api.streams.spdy import Data, Encoder, SynStream
from tests.server import Server

pytestmark = pytest.mark.slow

PODS = "/api/v1/namespaces/default/pods"
SPDY = "SPDY/3.1+portforward.k8s.io"
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """The address of a cluster's API in which the pod web runs."""
    server = Server(tmp_path_factory.mktemp("sockets")).start()
    server.manage("createcluster", "demo", "--nodes", "1", "--delays", "none")
    url = re.search(r"server: (\S+)", server.manage("kubeconfig", "demo", "--host", server.url))[1]
    spec = {"containers": [{"name": "web", "image": "nginx"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}
    body, headers = json.dumps(pod).encode(), {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{url}{PODS}", body, headers), timeout=20).close()
    deadline = time.monotonic() + 30
    while read(f"{url}{PODS}/web")["status"].get("phase") != "Running":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield url
    assert server.stop() == 0


def read(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.load(answer)


def connect(api, path, *protocols, **options):
    """Opens a WebSocket."""
    url = api.replace("http:", "ws:") + path
    return websocket.create_connection(url, timeout=30, subprotocols=protocols, **options)


def test_a_refused_handshake_is_answered_with_a_status(api):
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        connect(api, f"{PODS}/nobody/exec?command=hostname", "v5.channel.k8s.io")
    assert refused.value.status_code == 404
    assert refused.value.resp_headers["content-type"] == "application/json"
    status = json.loads(refused.value.resp_body)
    assert (status["kind"], status["message"]) == ("Status", 'pods "nobody" not found')


def test_a_page_of_another_origin_is_refused(api):
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        connect(api, f"{PODS}/web/exec?command=hostname", "v5.channel.k8s.io", origin="http://evil.example")
    assert refused.value.status_code == 403


def test_a_command_runs(api):
    # No program but a browser says whose page asks.
    path = f"{PODS}/web/exec?command=hostname&stdout=true"
    client = connect(api, path, "v5.channel.k8s.io", suppress_origin=True)
    frames = [client.recv() for _ in range(3)]
    assert frames[:2] == [b"\x01", b"\x01web\n"]
    assert json.loads(frames[2][1:])["status"] == "Success"
    assert client.recv_data()[0] == websocket.ABNF.OPCODE_CLOSE


def test_the_protocol_of_port_forwarding_may_have_a_slash_and_a_plus(api):
    client = connect(api, f"{PODS}/web/portforward", SPDY)
    assert client.subprotocol == SPDY.lower()
    client.close()


def test_who_asks_much_and_reads_nothing_is_hung_up_on_while_others_are_served(api):
    small = ((socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536),)
    client, encoder = connect(api, f"{PODS}/web/portforward", SPDY, sockopt=small), Encoder()
    for number, kind in ((1, "error"), (3, "data")):
        headers = {"port": "80", "requestid": "0", "streamtype": kind}
        client.send_binary(encoder.encode(SynStream(number, headers)))
    asked = encoder.encode(Data(3, GET * 1_000))
    with pytest.raises((websocket.WebSocketException, ConnectionError)):
        ask_for_long(client, asked, api)


def ask_for_long(client, asked, api):
    """Asks for a minute and reads nothing; somebody else gets his answer in between."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        client.send_binary(asked)
        assert read(f"{api}{PODS}/web")["status"]["phase"] == "Running"
