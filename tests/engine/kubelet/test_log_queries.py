"""The options of `kubectl logs` on a real log."""

import pytest

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.clock import rfc3339
from clusters.engine.kubelet.log_options import encode, of_stream, options_of, select
from clusters.engine.kubelet.logs import log_lines
from tests.engine.kubelet.rooms import Rooms

SCRIPT = "for i in 1 2 3 4 5 6; do echo out $i; sleep 10; done; echo end; echo wrong >&2; sleep 1000"


@pytest.fixture(scope="module")
def rooms():
    found = Rooms(delays="none")
    found.run("talk", "busybox", command=["sh", "-c", SCRIPT])
    found.world.wait(65)
    return found


def logs(rooms, pod="talk", **query):
    """What kubectl prints, as a list of lines."""
    store, options = rooms.world.store, options_of({name: str(value) for name, value in query.items()}, pod)
    lines = log_lines(store, store.get("Pod", "default", pod), "", store.now, previous=options.previous)
    data = b"".join(encode(line, options) for line in select(lines, options, store.now))
    return data[: options.limit_bytes].decode().splitlines()


ALL = [*(f"out {number}" for number in range(1, 7)), "end", "wrong"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ALL),
        ({"tailLines": 2}, ALL[-2:]),
        ({"tailLines": 0}, []),
        ({"tailLines": 100}, ALL),
        ({"sinceSeconds": 6}, ["end", "wrong"]),
        ({"sinceSeconds": 16}, ["out 6", "end", "wrong"]),
        ({"sinceSeconds": 1}, []),
        ({"sinceSeconds": 100000}, ALL),
        ({"sinceSeconds": 26, "tailLines": 3}, ["out 6", "end", "wrong"]),
        ({"limitBytes": 9}, ["out 1", "out"]),
        ({"limitBytes": 1}, ["o"]),
        ({"stream": "Stderr"}, ["wrong"]),
        ({"stream": "Stdout"}, ALL[:-1]),
        ({"stream": "All"}, ALL),
        ({"follow": "false", "timestamps": "0"}, ALL),
    ],
)
def test_what_is_left(rooms, query, found):
    assert logs(rooms, **query) == found


def test_since_a_moment(rooms):
    moment = rfc3339(rooms.world.store.now - 20)
    assert logs(rooms, sinceTime=moment) == ["out 6", "end", "wrong"]


def test_timestamps_are_in_front_and_in_order(rooms):
    found = [line.split(" ", 1) for line in logs(rooms, timestamps="true")]
    assert [text for _, text in found] == ALL
    moments = [moment for moment, _ in found]
    assert all(moment.startswith("2026-11-24T08:0") and moment.endswith("Z") for moment in moments)
    assert moments == sorted(moments)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"tailLines": "-1"}, 422),
        ({"tailLines": "many"}, 400),
        ({"limitBytes": "0"}, 422),
        ({"sinceSeconds": "0"}, 422),
        ({"sinceSeconds": "5", "sinceTime": "2026-11-24T08:00:00Z"}, 422),
        ({"sinceTime": "yesterday"}, 400),
        ({"stream": "Both"}, 422),
        ({"stream": "Stderr", "tailLines": "1"}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(rooms, query, code):
    with pytest.raises(StatusError) as error:
        logs(rooms, **query)
    assert error.value.code == code


def test_the_run_before_needs_to_have_been(rooms):
    with pytest.raises(StatusError, match='previous terminated container "main" in pod "talk" not found'):
        logs(rooms, previous="true")


def test_both_streams_are_one_log_in_the_order_of_time(rooms):
    store = rooms.world.store
    lines = log_lines(store, store.get("Pod", "default", "talk"), "main", store.now)
    assert [line.stream for line in of_stream(lines, options_of({}))] == ["stdout"] * 7 + ["stderr"]


def test_a_main_command_sees_what_the_kubelet_wrote():
    rooms = Rooms(delays="none")
    rooms.run("look", "busybox", policy="Never", command=["cat", "/etc/resolv.conf"])
    rooms.world.wait(10)
    assert logs(rooms, "look") == [
        "search default.svc.cluster.local svc.cluster.local cluster.local",
        "nameserver 10.96.0.10",
        "options ndots:5",
    ]
    rooms.run("self", "busybox", policy="Never", command=["sh", "-c", "hostname; hostname -i"])
    rooms.world.wait(10)
    assert logs(rooms, "self") == ["self", rooms.world.pod("self")["status"]["podIP"]]
