"""What commands change in containers, and where they cannot go."""

import pytest

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.kubelet.shell.session import Session
from clusters.engine.objects import Key, with_simulation
from tests.engine.kubelet.rooms import Rooms


@pytest.fixture(scope="module")
def rooms():
    """For tests that change nothing but the time."""
    return Rooms()


def out(answer):
    """stdout of a command that must have succeeded."""
    code, stdout, stderr = answer
    assert (code, stderr) == (0, "")
    return stdout


def test_a_file_stays_as_long_as_its_container():
    rooms = Rooms(delays="none")
    rooms.exec("box", "touch", "/tmp/there")
    assert out(rooms.exec("box", "ls", "/tmp")) == "there\n"
    assert rooms.exec("box", "sh", "-c", "rm /tmp/there && ls /tmp") == (0, "", "")
    assert rooms.exec("box", "ls", "/tmp/there")[0] == 1
    rooms.exec("web", "touch", "/tmp/there")
    rooms.exec("web", "kill", "1")
    rooms.world.wait(20)
    assert rooms.world.container("web")["restartCount"] == 1
    assert rooms.exec("web", "ls", "/tmp/there")[0] == 2


def test_touching_a_file_makes_a_pod_ready():
    rooms = Rooms(delays="none")
    probe = {"exec": {"command": ["ls", "/var/ready"]}, "periodSeconds": 10}
    rooms.run("gate", "luksa/kubia", readinessProbe=probe)
    rooms.world.wait(30)
    assert not rooms.world.container("gate")["ready"]
    rooms.exec("gate", "touch", "/var/ready")
    rooms.world.wait(10)
    assert rooms.world.container("gate")["ready"]
    rooms.exec("gate", "rm", "/var/ready")
    rooms.world.wait(30)
    assert not rooms.world.container("gate")["ready"]


def test_a_probe_that_failed_for_long_is_soon_asked_again():
    rooms = Rooms(delays="none")
    rooms.run(
        "gate", "busybox", command=["sleep", "99999"], readinessProbe={"exec": {"command": ["ls", "/go"]}}
    )
    rooms.world.wait(4000)
    rooms.exec("gate", "touch", "/go")
    rooms.world.wait(10)
    assert rooms.world.container("gate")["ready"]


def test_killing_process_one_restarts_what_listens_to_sigterm():
    rooms = Rooms(delays="none")
    assert rooms.exec("web", "kill", "1") == (0, "", "")
    assert rooms.exec("kubia-1", "kill", "1") == (0, "", "")
    assert rooms.exec("web", "kill", "-9", "1") == (0, "", "")
    rooms.world.wait(5)
    assert rooms.world.container("web")["restartCount"] == 1
    assert rooms.world.container("kubia-1")["restartCount"] == 0
    assert rooms.exec("box", "kill", "4711")[:2] == (1, "")


def test_a_session_ends_with_its_container():
    rooms = Rooms(delays="none")
    session = rooms.open("web", "sleep", "9999")
    rooms.go_on(session, seconds=1)
    rooms.exec("web", "kill", "1")
    rooms.world.wait(1)
    session.advance()
    assert session.exit_code == 137


def test_without_power_a_session_hangs():
    rooms = Rooms(delays="none")
    session = rooms.open("web", "sh", tty=True, stdin=True)
    rooms.go_on(session)
    rooms.world.store.update(with_simulation(rooms.world.node(), powered=False))
    session.feed(b"echo hello\r")
    assert b"hello\r\nhello" not in b"".join(output.data for output in session.advance())
    assert session.exit_code is None


def test_there_is_only_so_much_room():
    rooms = Rooms(delays="none")
    many = "A=xxxxxxxx; A=$A$A$A$A; for i in $(seq 300); do touch /tmp/$A$A$i; done"
    code, _, stderr = rooms.sh(many)
    assert code == 1
    assert set(stderr.splitlines()) == {"No space left on device"}


def test_files_are_copied_in_and_out():
    rooms = Rooms(delays="none")
    session = rooms.open("box", "tar", "cf", "-", "/etc/hosts")
    archive = b"".join(output.data for output in session.advance() if output.stream == "stdout")
    assert session.exit_code == 0
    copy = rooms.open("web", "tar", "-xmf", "-", "-C", "/tmp", stdin=True)
    copy.feed(archive[:700])
    assert copy.advance() == []
    copy.feed(archive[700:])
    copy.close_stdin()
    rooms.go_on(copy)
    assert copy.exit_code == 0
    assert out(rooms.exec("web", "cat", "/tmp/etc/hosts")).endswith("\tbox\n")


@pytest.mark.parametrize("junk", [b"", b"junk", b"\x1f\x8b" * 300, b"a" * 512, b"\0" * 10_240])
def test_junk_is_no_archive(rooms, junk):
    session = rooms.open("box", "tar", "xf", "-", stdin=True)
    session.feed(junk)
    session.close_stdin()
    rooms.go_on(session)
    assert session.exit_code in (0, 2)


# Where it cannot go


def refusal(rooms, pod, container=""):
    with pytest.raises(StatusError) as caught:
        Session(rooms.view, Key("Pod", "default", pod), container, ["true"])
    return caught.value.code, caught.value.message


def test_only_running_containers_can_be_gone_into():
    rooms = Rooms(delays="none")
    assert refusal(rooms, "nobody") == (404, 'pods "nobody" not found')
    assert refusal(rooms, "web", "other") == (400, "container other is not valid for pod web")
    rooms.run("broken", "nobody/nothing")
    rooms.world.wait(1)
    assert refusal(rooms, "broken") == (500, 'container not found ("main")')
    rooms.world.store.update(with_simulation(rooms.world.node(), powered=False))
    assert refusal(rooms, "web") == (
        500,
        "error dialing backend: dial tcp 172.18.0.2:10250: connect: no route to host",
    )
