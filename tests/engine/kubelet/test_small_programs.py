"""The small programs of busybox and Debian, as far as people look at them."""

import io
import re
import tarfile

import pytest

from tests.engine.kubelet.rooms import Rooms

HOSTS = "/etc/hosts"


@pytest.fixture(scope="module")
def rooms():
    """`ubuntu` beside the usual pods; tests change nothing that others look at."""
    found = Rooms()
    found.run("ubuntu", "ubuntu", command=["sleep", "1000000"])
    found.world.wait(60)
    return found


def out(rooms, pod, *command, tty=False):
    """stdout of a command that must have succeeded."""
    code, stdout, stderr = rooms.exec(pod, *command, tty=tty)
    assert (code, stderr) == (0, "")
    return stdout


# ps


def commands(text):
    """(pid, tty or user, command) of each line of ps but the first."""
    rows = [line.split(None, 3) for line in text.replace("\r", "").splitlines()[1:]]
    return [(int(row[0]), row[1], row[3]) for row in rows]


def test_ps_of_busybox_shows_everything(rooms):
    assert out(rooms, "box", "ps") == (
        "PID   USER     TIME  COMMAND\n    1 root      0:00 sleep 1000000\n    7 root      0:00 ps\n"
    )


@pytest.mark.parametrize("arguments", [["aux"], ["-ef"], ["-o", "pid,comm"]])
def test_ps_of_busybox_cares_for_no_options(rooms, arguments):
    assert [pid for pid, _, _ in commands(out(rooms, "box", "ps", *arguments))] == [1, 7]


def test_ps_without_a_terminal_shows_all_that_have_none(rooms):
    found = out(rooms, "ubuntu", "ps")
    assert found.splitlines()[0] == "  PID TTY          TIME CMD"
    assert commands(found) == [(1, "?", "sleep"), (7, "?", "ps")]


def test_ps_at_a_terminal_shows_the_shell_and_itself(rooms):
    session = rooms.open("kubia-1", "bash", tty=True, stdin=True)
    session.feed(b"ps\r")
    said, _ = rooms.go_on(session)
    assert "    7 pts/0    00:00:00 bash\r\n    8 pts/0    00:00:00 ps\r\n" in said
    assert "node" not in said


def test_ps_at_a_terminal_shows_all_when_asked(rooms):
    session = rooms.open("kubia-1", "bash", tty=True, stdin=True)
    session.feed(b"ps -ef\r")
    said, _ = rooms.go_on(session)
    assert re.search(r"root +1 +0 +0 \d\d:\d\d \? +00:00:00 node app\.js\r\n", said)
    assert re.search(r"root +8 +7 +0 \d\d:\d\d pts/0 +00:00:00 ps -ef\r\n", said)


def test_ps_aux_says_who_sleeps_and_who_runs(rooms):
    head, first, last = out(rooms, "kubia-1", "ps", "aux").splitlines()
    assert head.split()[:3] == ["USER", "PID", "%CPU"]
    assert re.fullmatch(r"root +1 .* \? +Ss +\d\d:\d\d +0:00 node app\.js", first)
    assert re.fullmatch(r"root +7 .* \? +Rs +\d\d:\d\d +0:00 ps aux", last)


def test_ps_is_not_in_every_image(rooms):
    code, _, said = rooms.exec("web", "ps")
    assert code == 127
    assert "executable file not found in $PATH" in said


def test_ps_shows_the_shell_that_was_started(rooms):
    assert commands(rooms.sh("ps")[1]) == [
        (1, "root", "sleep 1000000"),
        (7, "root", "sh -c ps"),
        (8, "root", "ps"),
    ]


# kill


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["99"], 1, "kill: (99) - No such process\n"),
        (["-9", "99"], 1, "kill: (99) - No such process\n"),
        (["-s", "TERM", "99"], 1, "kill: (99) - No such process\n"),
        (["-NONSENSE", "1"], 1, "kill: -NONSENSE: invalid signal specification\n"),
        ([], 1, "kill: you need to specify whom to kill\n"),
        (["-9", "1"], 0, ""),
        (["-KILL", "1"], 0, ""),
        (["-SIGHUP", "1"], 0, ""),
    ],
)
def test_kill(rooms, arguments, code, said):
    before = rooms.world.container("box")["restartCount"]
    assert rooms.exec("box", "kill", *arguments) == (code, "", said)
    rooms.world.wait(5)
    assert rooms.world.container("box")["restartCount"] == before


def test_kill_lists_the_signals(rooms):
    assert {"HUP", "KILL", "TERM"} <= set(out(rooms, "box", "kill", "-l").split())


# ls


def test_ls_names_what_is_there(rooms):
    assert out(rooms, "box", "ls", "/etc").split() == [
        "group",
        "hostname",
        "hosts",
        "localtime",
        "nsswitch.conf",
        "passwd",
        "resolv.conf",
        "shadow",
    ]


def test_ls_of_a_file_is_its_name(rooms):
    assert out(rooms, "box", "ls", HOSTS) == f"{HOSTS}\n"
    assert out(rooms, "box", "ls", "-d", "/etc") == "/etc\n"


def test_ls_of_several_says_which_is_which(rooms):
    found = rooms.sh("mkdir -p /tmp/x/y /tmp/z; touch /tmp/x/f; ls /tmp/x /tmp/z")[1]
    assert found == "/tmp/x:\nf\ny\n\n/tmp/z:\n"


def test_ls_hides_what_begins_with_a_dot(rooms):
    script = "mkdir /tmp/dots; touch /tmp/dots/.a /tmp/dots/b; cd /tmp/dots; ls; ls -A; ls -a"
    assert rooms.sh(script)[1].split() == ["b", ".a", "b", ".", "..", ".a", "b"]


def test_ls_long(rooms):
    size = len(rooms.exec("box", "cat", HOSTS)[1])
    (line,) = out(rooms, "box", "ls", "-l", HOSTS).splitlines()
    assert re.fullmatch(
        rf"-rw-r--r--    1 root     root      +{size} \w{{3}} [ \d]\d \d\d:\d\d {HOSTS}", line
    )
    (line,) = out(rooms, "web", "ls", "-l", "/etc/hostname").splitlines()
    assert re.fullmatch(r"-rw-r--r-- 1 root root 4 \w{3} [ \d]\d \d\d:\d\d /etc/hostname", line)
    assert out(rooms, "web", "ls", "-l", "/").startswith("total ")


def test_ls_at_a_terminal_makes_columns(rooms):
    wide = out(rooms, "web", "ls", "/", tty=True).replace("\r", "")
    narrow = out(rooms, "web", "ls", "-1", "/", tty=True).replace("\r", "")
    names = narrow.split()
    lines = wide.splitlines()
    assert narrow.count("\n") == len(names)
    assert 1 < len(lines) < len(names)
    assert all(len(line) <= 80 for line in lines)
    assert sorted(wide.split()) == names
    assert [line.split()[0] for line in lines] == names[: len(lines)]


@pytest.mark.parametrize(
    ("pod", "code", "said"),
    [
        ("box", 1, "ls: /none: No such file or directory\n"),
        ("web", 2, "ls: cannot access '/none': No such file or directory\n"),
    ],
)
def test_ls_misses_a_file(rooms, pod, code, said):
    assert rooms.exec(pod, "ls", "/none") == (code, "", said)


# cat, head, tail


@pytest.mark.parametrize(
    ("command", "numbers"),
    [
        ("head /tmp/n", range(1, 11)),
        ("head -n 2 /tmp/n", range(1, 3)),
        ("head -n3 /tmp/n", range(1, 4)),
        ("head -1 /tmp/n", range(1, 2)),
        ("tail /tmp/n", range(11, 21)),
        ("tail -n 2 /tmp/n", range(19, 21)),
        ("tail -1 /tmp/n", range(20, 21)),
        ("tail -n 0 /tmp/n", range(0)),
        ("cat /tmp/n", range(1, 21)),
    ],
)
def test_a_part_of_a_file(rooms, command, numbers):
    text = "".join(f"{number}\n" for number in range(1, 21))
    code, _, said = rooms.exec("box", "tar", "xf", "-", "-C", "/tmp", stdin=archive("n", text))
    assert (code, said) == (0, "")
    assert out(rooms, "box", *command.split()).split() == [str(number) for number in numbers]


def archive(name, text):
    """A tar archive with one file, as text."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue().decode("latin-1")


@pytest.mark.parametrize("program", ["cat", "head", "tail"])
def test_what_is_no_file_cannot_be_read(rooms, program):
    code, stdout, said = rooms.exec("box", program, "/none")
    assert (code, stdout) == (1, "")
    assert "No such file or directory" in said
    assert rooms.exec("box", program, "/etc")[0] == 1


@pytest.mark.parametrize("program", ["cat", "head", "tail"])
def test_without_a_file_stdin_is_read(rooms, program):
    assert rooms.exec("box", program, stdin="one\ntwo\n") == (0, "one\ntwo\n", "")


def test_tail_f_waits(rooms):
    session = rooms.open("box", "tail", "-f", HOSTS)
    said, _ = rooms.go_on(session, seconds=100)
    assert "Kubernetes-managed hosts file" in said
    assert session.exit_code is None


# the rest


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        (["echo", "-n", "a"], "a"),
        (["echo", "-e", r"a\tb\x41\0101"], "a\tbAA\n"),
        (["printf", "%s-%s\\n", "a", "b", "c"], "a-b\nc-\n"),
        (["printf", "%d%%\\n", "x"], "0%\n"),
        (["printf", "same\\n", "a", "b"], "same\n"),
        (["seq", "3"], "1\n2\n3\n"),
        (["seq", "2", "3", "9"], "2\n5\n8\n"),
        (["seq", "3", "-1", "1"], "3\n2\n1\n"),
        (["seq", "1", "0", "5"], ""),
        (["pwd"], "/\n"),
        (["whoami"], "root\n"),
        (["id", "-u"], "0\n"),
        (["id", "-un"], "root\n"),
        (["id"], "uid=0(root) gid=0(root) groups=0(root)\n"),
        (["uname"], "Linux\n"),
        (["uname", "-n"], "box\n"),
        (["uname", "-sm"], "Linux x86_64\n"),
        (["hostname"], "box\n"),
        (["printenv", "HOME"], "/root\n"),
        (["env", "A=1", "printenv", "A"], "1\n"),
        (["which", "sh", "wget"], "/usr/bin/sh\n/usr/bin/wget\n"),
        (["true"], ""),
    ],
)
def test_what_is_printed(rooms, command, printed):
    assert out(rooms, "box", *command) == printed


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["false"], 1),
        (["printenv", "NONE"], 1),
        (["which", "python3"], 1),
        (["seq", "x"], 1),
        (["sleep", "soon"], 1),
        (["test", "1", "-gt", "2"], 1),
        (["test", "a", "-gt", "2"], 2),
        (["[", "a"], 2),
        (["printf"], 2),
        (["mkdir", "/etc"], 1),
        (["rm", "/etc"], 1),
        (["rm", "/none"], 1),
        (["top"], 2),
        (["netstat"], 2),
    ],
)
def test_what_fails(rooms, command, code):
    assert rooms.exec("box", *command)[0] == code


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        ("touch /tmp/t1 && ls /tmp/t1", "/tmp/t1\n"),
        ("touch /tmp/t2; rm /tmp/t2; test -e /tmp/t2 || echo gone", "gone\n"),
        ("mkdir -p /tmp/d1/e; touch /tmp/d1/e/f; rm -r /tmp/d1; test -e /tmp/d1 || echo gone", "gone\n"),
        ("mkdir /tmp/d2 && cd /tmp/d2 && pwd", "/tmp/d2\n"),
        ("rm -f /tmp/none && echo fine", "fine\n"),
        ("date +%Y-%m-%dT", "2026-11-24T\n"),
        ("date -Iseconds; true", None),
    ],
)
def test_files_and_dates(rooms, script, printed):
    code, stdout, said = rooms.sh(script)
    assert (code, said) == (0, "")
    assert stdout == printed or (printed is None and stdout.endswith("+00:00\n"))


def test_a_shell_knows_where_it_is_and_a_program_does_not(rooms):
    assert rooms.sh("echo $PWD")[1] == "/\n"
    assert "PWD=" not in rooms.exec("box", "env")[1]


@pytest.mark.parametrize("flag", ["-v", "-t", "-s", "--help"])
def test_a_server_that_is_asked_a_question_is_not_started(rooms, flag):
    code, _, said = rooms.exec("web", "nginx", flag)
    assert code == 2
    assert said.endswith("nginx: this program is not simulated\n")


def test_a_second_server_finds_its_port_taken(rooms):
    assert rooms.exec("web", "nginx") == (1, "", "bind to 0.0.0.0:80 failed: Address already in use\n")


# tar


@pytest.mark.parametrize(
    ("pod", "said"),
    [
        ("box", "tar: removing leading '/' from member names\n"),
        ("web", "tar: Removing leading `/' from member names\n"),
    ],
)
def test_an_archive_has_no_absolute_names(rooms, pod, said):
    session = rooms.open(pod, "tar", "cf", "-", HOSTS)
    outputs = session.advance()
    assert b"".join(o.data for o in outputs if o.stream == "stderr").decode() == said
    data = b"".join(o.data for o in outputs if o.stream == "stdout")
    with tarfile.open(fileobj=io.BytesIO(data)) as found:
        assert found.getnames() == ["etc/hosts"]
        assert b"Kubernetes-managed" in found.extractfile("etc/hosts").read()


@pytest.mark.parametrize(
    ("pod", "code", "said"),
    [
        ("box", 1, "tar: none: No such file or directory\n"),
        (
            "web",
            2,
            "tar: none: Cannot stat: No such file or directory\n"
            "tar: Exiting with failure status due to previous errors\n",
        ),
    ],
)
def test_an_archive_of_nothing(rooms, pod, code, said):
    session = rooms.open(pod, "tar", "cf", "-", "none")
    outputs = session.advance()
    assert b"".join(o.data for o in outputs if o.stream == "stderr").decode() == said
    assert session.exit_code == code


def test_a_copy_that_does_not_fit_does_not_seem_to_have_been_made(rooms):
    code, _, said = rooms.exec("box", "tar", "xf", "-", "-C", "/tmp", stdin=archive("big", "x" * 20_000))
    assert (code, said) == (1, "No space left on device\n")
    assert rooms.exec("box", "cat", "/tmp/big")[0] == 1
