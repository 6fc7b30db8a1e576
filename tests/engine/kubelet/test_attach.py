"""`kubectl attach`, and `kubectl run -it`."""

import re

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.kubelet.shell.session import Attachment, Session, attach
from clusters.engine.objects import Key, with_value
from tests.engine.kubelet.rooms import Rooms

TICKING = ["sh", "-c", "while true; do date +%s; sleep 1; done"]


def attached(rooms, name, **options):
    return attach(rooms.view, Key("Pod", "default", name), "", **options)


def test_what_is_written_from_now_on_is_seen():
    rooms = Rooms(delays="none")
    rooms.run("clock", "busybox", command=TICKING)
    rooms.world.wait(10.5)
    seen, _ = rooms.go_on(attached(rooms, "clock"), seconds=3)
    now = int(rooms.world.store.now)
    assert seen.split() == [str(second) for second in range(now - 2, now + 1)]


def test_requests_are_seen_as_they_come():
    rooms = Rooms()
    session = attached(rooms, "kubia-1")
    assert session.advance() == []
    assert session.wake_at is None
    rooms.exec("box", "wget", "-qO-", "kubia")
    ip = rooms.world.pod("box")["status"]["podIP"]
    assert rooms.go_on(session)[0] == f"Received request from ::ffff:{ip}\n"


def test_it_ends_with_the_container():
    rooms = Rooms(delays="none")
    session = attached(rooms, "web")
    session.advance()
    rooms.exec("web", "kill", "1")
    rooms.world.wait(1)
    said, _ = rooms.go_on(session)
    assert "SIGTERM" in said
    assert session.exit_code == 0
    assert session.advance() == []


def test_a_process_that_does_not_read_ignores_what_is_typed():
    rooms = Rooms(delays="none")
    session = attached(rooms, "web", stdin=True, tty=True)
    assert isinstance(session, Attachment)
    session.feed(b"\x03exit\r")
    session.close_stdin()
    rooms.world.wait(5)
    session.advance()
    assert session.exit_code is None


@pytest.mark.parametrize("args", [["sh"], []])
def test_a_shell_that_waits_for_commands_gets_them(args):
    rooms = Rooms(delays="none")
    rooms.run("tmp", "busybox", policy="Never", stdin=True, tty=True, **({"args": args} if args else {}))
    rooms.world.wait(30)
    assert rooms.world.pod("tmp")["status"]["phase"] == "Running"
    session = attached(rooms, "tmp", stdin=True, tty=True)
    assert isinstance(session, Session)
    session.feed(b"wget -qO- kubia\rtouch /x\rexit 3\r")
    seen, _ = rooms.go_on(session)
    assert "You've hit kubia-1\r\n" in seen
    assert session.exit_code == 3
    rooms.world.wait(1)
    assert rooms.world.pod("tmp")["status"]["phase"] == "Failed"
    assert rooms.world.container("tmp")["state"]["terminated"]["exitCode"] == 3


def test_the_shell_lists_itself_as_process_one():
    rooms = Rooms(delays="none")
    rooms.run("tmp", "busybox", stdin=True, tty=True, args=["sh"])
    rooms.world.wait(1)
    session = attached(rooms, "tmp", stdin=True, tty=True)
    session.feed(b"ps\r")
    assert "    1 root      0:00 sh\r\n    7 root      0:00 ps\r\n" in rooms.go_on(session)[0]


def test_without_a_running_container_nobody_can_look_on():
    rooms = Rooms(delays="none")
    rooms.act(verbs.delete, "Pod", "default", "web", grace_seconds=0)
    with pytest.raises(StatusError) as caught:
        attached(rooms, "web")
    assert caught.value.code == 404


def test_a_debugger_with_a_target_sees_the_processes_of_its_target():
    rooms = Rooms(delays="none")
    debugger = {
        "name": "debugger",
        "image": "busybox",
        "stdin": True,
        "tty": True,
        "targetContainerName": "main",
    }
    pod = with_value(rooms.world.pod("web"), ("spec", "ephemeralContainers"), [debugger])
    rooms.act(verbs.update, pod, subresource="ephemeralcontainers")
    rooms.world.wait(5)
    session = attach(rooms.view, Key("Pod", "default", "web"), "debugger", tty=True, stdin=True)
    session.feed(b"ps\rwget -qO- localhost\r")
    said, _ = rooms.go_on(session, seconds=5)
    assert re.search(r"    1 root +0:00 nginx: master process", said)
    assert re.search(r"    7 root +0:00 sh\r\n    8 root +0:00 ps\r\n", said)
    assert "Welcome to nginx" in said
