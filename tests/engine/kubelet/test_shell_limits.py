"""Whatever is typed, the shell answers or waits, and keeps nobody busy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.engine.kubelet.shell.session import MOST_OUTPUT
from tests.engine.kubelet.rooms import Rooms


@pytest.fixture(scope="module")
def rooms():
    """For tests that change nothing but the time."""
    return Rooms()


PIECES = [
    *("$HOME", "${A:-b}", "${", "$(", "$((", ")", "))", "'", '"', "\\", "\n", ";", "&&", "||", "|", "&"),
    *(">", "<<", "`", "if", "then", "fi", "while", "true", "do", "done", "for i in 1 2 3", "{", "}", "("),
    *("!", "sleep 1", "sleep inf", "sleep 1e9", "curl -s kubia", "curl -o", "curl --", "wget -T"),
    *("nslookup", "ping", "cat", "ls -la /", "tar cf - /etc", "tar xf -", "test -f", "[", "]", "kill -9 7"),
    *("exit", "exit 300", "cd ..", "rm -rf /", "touch /a", "mkdir", "set -e", "read x", "break"),
    *("continue", "printf %05d 12", "printf %9999s a", "seq 1 0", "date +%", "export A=1", "A=1"),
    *("i=$((i+1))", "exec", "sh -c", "ash -i", "command -v", "#", "~", "{1..99999}", "..", "\x00", "\x03"),
    *("\x04", "\x7f", "\x17", "\x1b[A", "\x1b", "yes", "tail -f /x", ". /etc/hosts"),
    *("99999999999999999999", "-1", "%", "curl http://[::1]", "[ 1 -eq x ]", "curl http://x:99999"),
    *("wget http://:80", "for i in {1..9999}; do", "A=$A$A$A", "echo $A$A$A$A"),
]
PROGRAMS_TRIED = ["curl", "wget", "nslookup", "tar", "ls", "date", "printf", "ping", "kill", "test", "tail"]
WORDS = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5)
LINES = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=14).map(" ".join)


@settings(max_examples=2 * settings.default.max_examples)
@given(
    pod=st.sampled_from(["box", "kubia-1", "web", "curly"]),
    lines=st.lists(LINES, max_size=4),
    tty=st.booleans(),
)
def test_whatever_is_typed_the_shell_answers_or_waits(rooms, pod, lines, tty):
    text = "\n".join(lines)
    code, stdout, stderr = rooms.exec(pod, "sh", stdin=text + "\n", tty=tty, seconds=20)
    assert code is None or 0 <= code <= 255
    assert len(stdout) + len(stderr) <= 2 * MOST_OUTPUT


@given(lines=st.lists(LINES, max_size=4))
def test_whatever_the_script_a_line_ends_or_takes_time(rooms, lines):
    session = rooms.open("box", "sh", "-c", "\n".join(lines))
    for _ in range(50):
        session.advance()
        if session.act is not None:
            session.acted(True)
        if session.exit_code is not None or session.wake_at is None:
            return
        assert session.wake_at > rooms.world.store.now
        rooms.world.wait(session.wake_at - rooms.world.store.now)


@given(
    junk=st.binary(max_size=2_000), words=st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=5)
)
def test_any_bytes_and_any_words_do_no_harm(rooms, junk, words):
    session = rooms.open("box", "sh", tty=True, stdin=True)
    session.feed(junk)
    rooms.go_on(session, seconds=1)
    for program in PROGRAMS_TRIED:
        rooms.go_on(rooms.open("kubia-1", "env", program, *words), seconds=1)


@pytest.mark.parametrize(
    "script",
    [
        "while true; do :; done",
        "while true; do echo x; done",
        "for i in $(seq 9999); do for j in $(seq 9999); do :; done; done",
        "while :; do A=$A$A$A; done",
        "A=xxxxxxxx; for i in $(seq 20); do A=$A$A; done; " + "echo " + "$A" * 2000,
        "i=0; while :; do i=$((i+1)); export V$i=$i; done",
    ],
)
def test_no_script_keeps_anybody_busy(rooms, script):
    session = rooms.open("box", "sh", "-c", script)
    for _ in range(20):
        session.advance()
        if session.exit_code is not None:
            return
        assert session.wake_at is not None
        rooms.world.wait(max(0.0, session.wake_at - rooms.world.store.now))


def test_who_prints_too_much_is_stopped(rooms):
    code, stdout, _ = rooms.exec("box", "sh", "-c", "A=$(seq 3000); while :; do echo $A; done", seconds=100)
    assert code == 137
    assert len(stdout) <= MOST_OUTPUT
