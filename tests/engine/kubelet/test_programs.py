"""What commands of containers do."""

import pytest

from clusters.engine.images import image_of
from clusters.engine.kubelet.programs import execute, process_of


def run(image, command=(), args=(), env=()):
    variables = [{"name": name, "value": "x"} for name in env]
    return process_of({"command": list(command), "args": list(args), "env": variables}, image_of(image))


@pytest.mark.parametrize(
    ("command", "exits_after", "code"),
    [
        (["sleep", "5"], 5, 0),
        (["sleep", "1m", "30s"], 90, 0),
        (["sleep", "0.5"], 0.5, 0),
        (["sleep", "infinity"], None, 0),
        (["sleep", "9" * 400], None, 0),
        (["sleep", "1" + "0" * 300 + "d"], None, 0),
        (["sleep", "soon"], 0, 1),
        (["true"], 0, 0),
        (["/bin/false"], 0, 1),
        (["sh", "-c", "exit 3"], 0, 3),
        (["sh", "-c", "sleep 2; exit 300"], 2, 44),
        (["sh", "-c", "exit nonsense"], 0, 2),
        (["sh", "-c", "exit ²"], 0, 2),
        (["sh", "-c", "exit " + "9" * 5000], 0, 2),
        (["sh", "-ec", "echo hello && sleep 7"], 7, 0),
        (["sh", "-c", "false && sleep 5"], 0, 1),
        (["sh", "-c", "false || sleep 5"], 5, 0),
        (["sh", "-c", "false; sleep 4"], 4, 0),
        (["sh", "-c", "sleep 1\nsleep 2"], 3, 0),
        (["sh", "-c", "while true; do sleep 1; done"], None, 0),
        (["sh", "-c", "echo 'a; b && c'; sleep 3"], 3, 0),
        (["sh", "-c", "exec sleep 6; sleep 9"], 6, 0),
        (["sh", "-c", "echo 'never closed"], 0, 2),
        (["sh", "-c", "nonsense"], 0, 127),
        (["sh"], 0, 0),
        (["tail", "-f", "/dev/null"], None, 0),
        (["ls", "/etc/hosts"], 0, 0),
        (["test", "-f", "/data/file"], 0, 1),
    ],
)
def test_command_lines(command, exits_after, code):
    process = run("busybox", command)
    assert (process.exits_after, process.exit_code) == (exits_after, code)


def test_busybox_has_nothing_to_do():
    assert run("busybox").exits_after == 0


def test_a_server_runs_and_listens():
    process = run("nginx")
    assert process.exits_after is None
    assert process.ports == (80,)


def test_a_command_replaces_the_server():
    process = run("nginx", ["sleep", "60"])
    assert process.ports == ()
    assert process.exits_after == 60
    assert process.sigterm is None


def test_a_command_may_start_the_server_later():
    process = run("nginx", ["sh", "-c", "sleep 5 && nginx -g 'daemon off;'"])
    assert process.ports == (80,)
    assert process.ready_after == 5
    assert process.exits_after is None


def test_arguments_alone_go_to_the_entrypoint():
    assert run("busybox", args=["sleep", "9"]).exits_after == 9
    assert run("luksa/kubia", args=["--verbose"]).ports == (8080,)
    assert run("curlimages/curl", args=["http://kubia"]).exit_code == 0
    assert run("curlimages/curl").exit_code == 2


def test_what_is_not_in_the_image_cannot_be_started():
    assert (
        run("busybox", ["python3", "app.py"]).start_error
        == 'exec: "python3": executable file not found in $PATH'
    )


def test_a_database_wants_its_password():
    assert run("postgres").exit_code == 1
    assert "password is not specified" in run("postgres").message
    assert run("postgres", env=["POSTGRES_PASSWORD"]).ports == (5432,)


def test_files_come_and_go():
    process = run("busybox", ["sh", "-c", "touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600"])
    assert process.files(0) == {"/tmp/healthy": b""}
    assert process.files(29.9) == {"/tmp/healthy": b""}
    assert process.files(30) == {}


def test_a_redirection_makes_a_file():
    assert run("busybox", ["sh", "-c", "sleep 3; echo ok > /tmp/ok; sleep 9"]).files(3) == {
        "/tmp/ok": b"ok\n"
    }


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (["cat", "/tmp/there"], (0, "")),
        (["cat", "/tmp/gone"], (1, "cat: /tmp/gone: No such file or directory")),
        (["ls", "/var/ready"], (2, "ls: cannot access '/var/ready': No such file or directory")),
        (["psql"], (1, 'exec: "psql": executable file not found in $PATH: unknown')),
        (
            ["sh", "-c", "cat /tmp/gone || true"],
            (0, "cat: /tmp/gone: No such file or directory"),
        ),
    ],
)
def test_commands_in_a_running_container(command, answer):
    assert execute(command, image_of("redis"), {"/tmp/there"}) == answer
