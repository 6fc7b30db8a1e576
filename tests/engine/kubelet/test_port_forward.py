"""What `kubectl port-forward` reaches."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.kubelet.port_forward import Connection
from clusters.engine.objects import Key, uid_of, with_simulation
from tests.engine.kubelet.rooms import Rooms


@pytest.fixture(scope="module")
def rooms():
    found = Rooms(delays="none")
    found.run("store", "redis")
    found.run("db", "postgres", env=[{"name": "POSTGRES_PASSWORD", "value": "x"}])
    found.world.wait(10)
    return found


def connect(rooms, pod, port):
    return Connection(Key("Pod", "default", pod), port, rooms.traffic)


def feed(rooms, connection, data):
    return connection.feed(rooms.world.store, data, rooms.world.store.now)


def check(rooms, pod, port):
    return connect(rooms, pod, port).check(rooms.world.store, rooms.world.store.now)


def test_a_request_is_answered(rooms):
    connection = connect(rooms, "kubia-1", 8080)
    answer = feed(rooms, connection, b"GET / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n").decode()
    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert "Content-Length: 19" in head.split("\r\n")
    assert body == "You've hit kubia-1\n"
    assert not connection.closed


def test_the_pod_logs_who_asked(rooms):
    feed(rooms, connect(rooms, "kubia-1", 8080), b"GET /forwarded HTTP/1.1\r\n\r\n")
    served = list(rooms.traffic.served(uid_of(rooms.world.pod("kubia-1"))))
    assert (served[-1].client, served[-1].request.path) == ("127.0.0.1", "/forwarded")


def test_several_requests_use_one_connection(rooms):
    connection = connect(rooms, "web", 80)
    assert feed(rooms, connection, b"GET / HT") == b""
    assert (
        feed(rooms, connection, b"TP/1.1\r\nHost: x\r\n\r\nGET /no HTTP/1.1\r\n\r\n").count(b"HTTP/1.1 ") == 2
    )
    assert not connection.closed


@pytest.mark.parametrize(
    ("request_", "closes"),
    [
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", False),
    ],
)
def test_a_connection_closes_as_http_says(rooms, request_, closes):
    connection = connect(rooms, "web", 80)
    assert feed(rooms, connection, request_).startswith(b"HTTP/1.1 200")
    assert connection.closed is closes


def test_a_body_is_awaited(rooms):
    connection = connect(rooms, "kubia-1", 8080)
    assert feed(rooms, connection, b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab") == b""
    assert feed(rooms, connection, b"cde").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"HEAD / HTTP/1.1\r\n\r\n", b"200 OK"),
        (b"GET /nothing HTTP/1.1\r\n\r\n", b"404 Not Found"),
        (b"POST / HTTP/1.1\r\n\r\n", b"405 Method Not Allowed"),
        (b"\x16\x03\x01hello", b"400 Bad Request"),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400 Bad Request"),
        (b"GET / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n", b"400 Bad Request"),
        (b"A" * 20_000, b"400 Bad Request"),
    ],
)
def test_what_nginx_says(rooms, request_, status):
    assert feed(rooms, connect(rooms, "web", 80), request_).startswith(b"HTTP/1.1 " + status + b"\r\n")


def test_redis_answers_a_ping(rooms):
    connection = connect(rooms, "store", 6379)
    assert feed(rooms, connection, b"PI") == b""
    assert feed(rooms, connection, b"NG\r\nGET x\r\n") == b"+PONG\r\n-ERR only PING is simulated\r\n"
    assert feed(rooms, connection, b"*1\r\n$4\r\nping\r\n") == b"+PONG\r\n"


def test_what_speaks_something_else_hangs_up(rooms):
    connection = connect(rooms, "db", 5432)
    assert feed(rooms, connection, b"\0\0\0\x08\x04\xd2\x16/") == b""
    assert connection.closed


def test_where_nobody_listens_it_is_refused(rooms):
    assert check(rooms, "kubia-1", 8080) == ""
    assert "dial tcp4 127.0.0.1:81: connect: connection refused" in check(rooms, "kubia-1", 81)
    connection = connect(rooms, "kubia-1", 81)
    assert feed(rooms, connection, b"GET / HTTP/1.1\r\n\r\n") == b""
    assert connection.closed


def test_without_pod_or_kubelet_it_cannot_be_tried():
    rooms = Rooms(delays="none")
    with pytest.raises(StatusError) as caught:
        check(rooms, "nobody", 80)
    assert caught.value.code == 404
    rooms.world.store.update(with_simulation(rooms.world.node(), powered=False))
    with pytest.raises(StatusError) as caught:
        check(rooms, "web", 80)
    assert caught.value.message.startswith("error dialing backend: dial tcp")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chunks=st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([b"GET / HTTP/1.1\r\n", b"\r\n\r\n"]))),
    target=st.sampled_from([("web", 80), ("kubia-1", 8080), ("store", 6379), ("db", 5432), ("box", 1)]),
)
def test_any_bytes_are_answered_or_cut_off(rooms, chunks, target):
    connection = connect(rooms, *target)
    for chunk in chunks:
        feed(rooms, connection, chunk)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 120), max_size=6))
def test_where_the_bytes_are_cut_is_no_matter(rooms, cuts):
    posted = b"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
    data = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + posted + b"GET /2 HTTP/1.0\r\n\r\n"
    whole = feed(rooms, connect(rooms, "kubia-1", 8080), data)
    connection, sent, start = connect(rooms, "kubia-1", 8080), b"", 0
    for cut in [*sorted(cuts), len(data)]:
        sent += feed(rooms, connection, data[start:cut])
        start = max(start, cut)
    assert sent == whole


def test_a_body_in_chunks_belongs_to_its_request(rooms):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    forwarded = connect(rooms, "kubia-1", 8080)
    assert feed(rooms, forwarded, head + b"5\r\nhel") == b""
    sent = feed(rooms, forwarded, b"lo\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n")
    assert sent.count(b"HTTP/1.1 200 OK") == 2
    assert not forwarded.closed


@pytest.mark.parametrize(
    "body", [b"x\r\n", b"5\r\nhello!\r\n", b"fffff0\r\n" + b"x" * 3_000_000, b"1" * 3000]
)
def test_chunks_that_are_none_end_the_connection(rooms, body):
    forwarded = connect(rooms, "kubia-1", 8080)
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    feed(rooms, forwarded, head + body)
    assert forwarded.closed


def test_what_is_no_request_gets_the_page_of_its_server(rooms):
    forwarded = connect(rooms, "web", 80)
    sent = feed(rooms, forwarded, b"NONSENSE\r\n\r\n")
    assert sent.startswith(b"HTTP/1.1 400 Bad Request\r\nServer: nginx/")
    assert b"<h1>400 Bad Request</h1>" in sent
    assert forwarded.closed
