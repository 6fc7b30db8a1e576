"""What people type into a terminal, and what it shows."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.kubelet.shell.terminal import LONGEST, Terminal
from tests.engine.kubelet.rooms import Rooms


@pytest.fixture(scope="module")
def rooms():
    """For tests that change nothing but the time."""
    return Rooms()


def test_bash_has_a_prompt_that_says_where_it_is(rooms):
    code, stdout, _ = rooms.exec("kubia-1", "bash", stdin="cd /tmp\rexit 7\r", tty=True)
    assert code == 7
    prompts = "root@kubia-1:/# root@kubia-1:/tmp# exit\r\n"
    assert stdout == "cd /tmp\r\nexit 7\r\n" + prompts


@pytest.mark.parametrize(("pod", "prompt"), [("box", "/ # "), ("web", "# "), ("curly", "/ $ ")])
def test_sh_has_a_short_prompt(rooms, pod, prompt):
    session = rooms.open(pod, "sh", tty=True, stdin=True)
    assert rooms.go_on(session)[0] == prompt


def typed(rooms, *keys, pod="box"):
    """What a tty shows, prompts and all, and the session."""
    session = rooms.open(pod, "sh", tty=True, stdin=True)
    shown, _ = rooms.go_on(session)
    for key in keys:
        session.feed(key.encode())
        shown += rooms.go_on(session, seconds=5)[0]
    return shown, session


def test_typed_characters_are_echoed(rooms):
    shown, session = typed(rooms, "ec", "ho hi\r")
    assert shown == "/ # echo hi\r\nhi\r\n/ # "
    assert session.exit_code is None


def test_a_slip_is_corrected(rooms):
    assert typed(rooms, "echo helk\x7flo\r")[0] == "/ # echo helk\b \blo\r\nhello\r\n/ # "
    assert typed(rooms, "rubbish\x15echo a\r")[0].endswith("echo a\r\na\r\n/ # ")
    assert typed(rooms, "echo one two\x17three\r")[0].endswith("one three\r\n/ # ")
    assert typed(rooms, "echo é\x7fe\r")[0].endswith("\r\ne\r\n/ # ")


def test_arrow_keys_do_nothing(rooms):
    assert typed(rooms, "echo a\x1b[A\x1b[D\x1bOC\r")[0] == "/ # echo a\r\na\r\n/ # "
    assert typed(rooms, "echo a\x1b", "[Ab\r")[0] == "/ # echo ab\r\nab\r\n/ # "


def test_ctrl_c_ends_the_command_but_not_the_shell(rooms):
    shown, session = typed(rooms, "sleep 9999\r", "\x03", "echo $?\r")
    assert shown == "/ # sleep 9999\r\n^C\r\n/ # echo $?\r\n130\r\n/ # "
    assert session.exit_code is None


def test_ctrl_c_without_a_shell_ends_the_program(rooms):
    session = rooms.open("box", "sleep", "9999", tty=True, stdin=True)
    rooms.go_on(session, seconds=1)
    session.feed(b"\x03")
    rooms.go_on(session, seconds=1)
    assert session.exit_code == 130


def test_ctrl_d_leaves(rooms):
    shown, session = typed(rooms, "false\r", "\x04")
    assert session.exit_code == 1
    assert shown == "/ # false\r\n/ # "


def test_an_unfinished_command_is_continued(rooms):
    shown, _ = typed(rooms, "for i in 1 2\r", "do echo $i\r", "done\r")
    assert shown == "/ # for i in 1 2\r\n> do echo $i\r\n> done\r\n1\r\n2\r\n/ # "


def test_commands_may_be_piped_in(rooms):
    assert rooms.exec("box", "sh", stdin="A=1\necho $A\nfalse\n") == (1, "1\n", "")
    assert rooms.exec("box", "sh", stdin="echo no line end") == (0, "no line end\n", "")
    assert rooms.exec("box", "cat", stdin="copied\n") == (0, "copied\n", "")
    assert rooms.exec("box", "sh") == (0, "", "")


def test_read_takes_a_line(rooms):
    assert (
        rooms.exec("box", "sh", "-c", "read a b; echo $b-$a", stdin="one two three\n")[1] == "two three-one\n"
    )


def test_without_stdin_nobody_waits_for_it(rooms):
    assert rooms.exec("box", "cat") == (0, "", "")


@given(st.text("ab \t", max_size=12))
def test_ctrl_w_takes_the_last_word_and_what_is_behind_it(line):
    terminal = Terminal()
    terminal.feed(line.encode() + b"\x17\r")
    assert terminal.line().decode() == re.sub(r"\S+\s*\Z", "", line) + "\n"


@pytest.mark.parametrize("key", [b"\x1b[", b"ab ", b"\r", b"a" * 4000 + b" b\x17", b"\x7f", b"a\x15"])
def test_a_megabyte_of_keys_is_read_in_one_go(key):
    terminal = Terminal()
    terminal.feed((key * (LONGEST // len(key)))[:LONGEST])
    terminal.close()
    assert terminal.all() is not None
