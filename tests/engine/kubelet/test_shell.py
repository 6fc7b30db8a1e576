"""What people type into containers, and what comes back."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.kubelet.shell.session import MOST_OUTPUT, Session
from clusters.engine.objects import Key, with_simulation
from tests.engine.builders import make_service
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


# The language


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        ("echo hello", "hello\n"),
        ("echo a   b", "a b\n"),
        ("echo 'a   b' \"c  d\"", "a   b c  d\n"),
        ("echo one; echo two", "one\ntwo\n"),
        ("true && echo yes", "yes\n"),
        ("false || echo no", "no\n"),
        ("false && echo yes || echo no", "no\n"),
        ("! false && echo inverted", "inverted\n"),
        ("A=5; echo $A ${A} '$A' \"$A\"", "5 5 $A 5\n"),
        ("A='x y'; echo $A \"$A\"", "x y x y\n"),
        ("echo ${NONE:-fallback} ${NONE:+set} [${HOME:+set}]", "fallback [set]\n"),
        ("false; echo $?", "1\n"),
        ("echo $((2 + 3 * 4)) $((7 / 2)) $((-7 % 3)) $((1 < 2))", "14 3 -1 1\n"),
        ("i=1; i=$((i+1)); echo $i", "2\n"),
        ("echo $(echo inner $(echo deep))", "inner deep\n"),
        ("for i in 1 2 3; do echo $i; done", "1\n2\n3\n"),
        ("for w in $(seq 3); do printf '%s,' $w; done", "1,2,3,"),
        ("i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done", "1\n2\n3\n"),
        ("i=0; until [ $i = 2 ]; do i=$((i+1)); done; echo $i", "2\n"),
        ("for i in 1 2 3; do [ $i = 2 ] && continue; [ $i = 3 ] && break; echo $i; done", "1\n"),
        ("if [ a = b ]; then echo same; elif true; then echo other; else echo never; fi", "other\n"),
        ("(cd /tmp; pwd); pwd", "/tmp\n/\n"),
        ("{ echo a; echo b; }", "a\nb\n"),
        ("A=1 env | false", None),
        ("echo a # a comment", "a\n"),
        ("echo a\\ \\ b 'it'\\''s'", "a  b it's\n"),
        ('echo "tab\\tquote\\""', 'tab\\tquote"\n'),
        ("echo {1..3}", "{1..3}\n"),
        ("set -e; false; echo never", None),
        ("export A=1; sh -c 'echo $A'", "1\n"),
        ("A=1; unset A; echo [$A]", "[]\n"),
        ("sh -c 'echo $0 $1' name arg", "name arg\n"),
        ("cd /etc && pwd && cd - && pwd", "/etc\n/\n"),
        ("test -f /etc/hosts && test -d /etc && ! test -e /nothing && echo all", "all\n"),
        ("printf '%05d|%-4s|%3s\\n' 42 a b", "00042|a   |  b\n"),
        ("echo -n a; echo -e 'b\\tc'", "ab\tc\n"),
        ("command -v ls; type cd", "/usr/bin/ls\ncd is a shell builtin\n"),
        ("echo ~", "/root\n"),
    ],
)
def test_the_language(rooms, script, printed):
    code, stdout, _ = rooms.sh(script)
    assert code != 0 if printed is None else (code, stdout) == (0, printed)


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("echo a | cat", "pipes are"),
        ("echo a > /tmp/file", "redirections are"),
        ("cat < /etc/hosts", "redirections are"),
        ("cat << EOF", "here-documents are"),
        ("sleep 5 &", "commands in the background are"),
        ("echo `date`", "backticks are"),
        ("case a in a) ;; esac", "`case` is"),
        ("f() { echo; }", "functions are"),
        ("echo ${A%%x}", "${A%%x} is"),
        ("(" * 30 + "true" + ")" * 30, "more than 20 levels of commands are"),
    ],
)
def test_what_is_not_simulated_says_so(rooms, script, what):
    assert rooms.sh(script) == (2, "", f"sh: {what} not simulated\n")


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("exit 3", 3, ""),
        ("exit 300", 44, ""),
        ("exit x", 2, "sh: exit: Illegal number: x\n"),
        ("nonsense", 127, "sh: nonsense: not found\n"),
        ("echo 'open", 2, "sh: syntax error: unterminated quoted string\n"),
        ("if true; then", 2, "sh: syntax error: unexpected end of file\n"),
        ("done", 2, 'sh: syntax error: unexpected "done"\n'),
        ("; true", 2, 'sh: syntax error: unexpected ";"\n'),
        ("echo $((1/0))", 2, "sh: divide by zero\n"),
        ("echo ${A:?needed}", 2, "sh: A: needed\n"),
        ("cd /nothing", 1, "sh: cd: can't cd to /nothing: No such file or directory\n"),
        ("[ 1 -eq", 2, "[: missing ]\n"),
        ("grep x /etc/hosts", 2, "sh: grep: this program is not simulated\n"),
        ("cat /usr/bin/env", 1, "cat: /usr/bin/env: the content of this file is not simulated\n"),
    ],
)
def test_what_goes_wrong(rooms, script, code, said):
    assert rooms.sh(script) == (code, "", said)


@pytest.mark.parametrize(
    ("pod", "shell", "said"),
    [
        ("box", "sh", "sh: nope: not found\n"),
        ("web", "sh", "sh: 1: nope: not found\n"),
        ("web", "bash", "bash: line 1: nope: command not found\n"),
    ],
)
def test_each_shell_has_its_words(rooms, pod, shell, said):
    assert rooms.exec(pod, shell, "-c", "nope") == (127, "", said)


def test_only_bash_counts_in_braces(rooms):
    assert out(rooms.exec("web", "bash", "-c", "echo {1..4}")) == "1 2 3 4\n"


# Programs


def test_who_and_where(rooms):
    ip = rooms.world.pod("box")["status"]["podIP"]
    assert out(rooms.exec("box", "hostname")) == "box\n"
    assert out(rooms.exec("box", "hostname", "-i")) == f"{ip}\n"
    assert out(rooms.exec("box", "whoami")) == "root\n"
    assert out(rooms.exec("curly", "id", "-un")) == "curl_user\n"
    assert out(rooms.exec("box", "pwd")) == "/\n"
    assert out(rooms.exec("box", "uname", "-n")) == "box\n"


def test_the_time_is_the_clusters(rooms):
    assert out(rooms.exec("box", "date", "+%s")) == f"{int(rooms.world.store.now)}\n"


def test_the_environment_names_the_services_that_were_there_first(rooms):
    rooms.act(verbs.create, make_service("extra", cluster_ip="10.96.0.11"))
    rooms.world.wait(2)
    rooms.run("later", "busybox", command=["sleep", "9999"])
    rooms.world.wait(5)
    found = out(rooms.exec("later", "env")).splitlines()
    assert {"HOSTNAME=later", "EXTRA_SERVICE_HOST=10.96.0.11", "EXTRA_SERVICE_PORT=80"} <= set(found)
    assert "EXTRA_SERVICE_HOST" not in out(rooms.exec("box", "env"))


def test_files_that_the_kubelet_writes(rooms):
    hosts = out(rooms.exec("box", "cat", "/etc/hosts"))
    assert hosts.startswith("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n")
    assert hosts.endswith(f"{rooms.world.pod('box')['status']['podIP']}\tbox\n")
    assert out(rooms.exec("box", "cat", "/etc/resolv.conf")) == (
        "search default.svc.cluster.local svc.cluster.local cluster.local\n"
        "nameserver 10.96.0.10\noptions ndots:5\n"
    )
    assert out(rooms.exec("box", "cat", "/etc/hostname")) == "box\n"


def test_mounted_files_are_there(rooms):
    config = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "c", "namespace": "default"}}
    rooms.act(verbs.create, {**config, "data": {"greeting": "hello\n", "run.sh": "echo from $0"}})
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "mounts", "namespace": "default"},
        "spec": {
            "containers": [
                {
                    "name": "main",
                    "image": "busybox",
                    "command": ["sleep", "9999"],
                    "volumeMounts": [{"name": "v", "mountPath": "/config"}],
                }
            ],
            "volumes": [{"name": "v", "configMap": {"name": "c"}}],
        },
    }
    rooms.act(verbs.create, pod)
    rooms.world.wait(10)
    assert out(rooms.exec("mounts", "ls", "/config")) == "greeting\nrun.sh\n"
    assert out(rooms.exec("mounts", "cat", "/config/greeting")) == "hello\n"
    assert out(rooms.exec("mounts", "sh", "/config/run.sh")) == "from /config/run.sh\n"


def test_what_runs(rooms):
    lines = out(rooms.exec("box", "ps")).splitlines()
    assert [line.split(None, 3)[3] for line in lines[1:]] == ["sleep 1000000", "ps"]
    shown = out(rooms.exec("kubia-1", "ps", "aux"))
    assert "node app.js" in shown
    assert shown.splitlines()[-1].endswith("ps aux")


def test_listing(rooms):
    assert "etc\n" in out(rooms.exec("box", "ls", "/"))
    assert out(rooms.exec("kubia-1", "ls", "/app.js")) == "/app.js\n"
    assert rooms.exec("box", "ls", "/nothing") == (1, "", "ls: /nothing: No such file or directory\n")
    assert (
        rooms.exec("web", "ls", "/nothing")[2] == "ls: cannot access '/nothing': No such file or directory\n"
    )


def test_sleep_takes_its_time(rooms):
    before = rooms.world.store.now
    assert rooms.sh("sleep 2; sleep 0.5") == (0, "", "")
    assert rooms.world.store.now - before == pytest.approx(2.5, abs=0.01)


def test_a_session_tells_when_it_goes_on(rooms):
    session = rooms.open("box", "sleep", "30")
    assert session.advance() == []
    assert session.wake_at == pytest.approx(rooms.world.store.now + 30)
    assert session.exit_code is None


# Programs that the image does not have


@pytest.mark.parametrize(
    ("pod", "program", "why"),
    [
        ("box", "bash", "executable file not found in $PATH"),
        ("box", "curl", "executable file not found in $PATH"),
        ("web", "ps", "executable file not found in $PATH"),
        ("web", "cd", "executable file not found in $PATH"),
        ("box", "/bin/bash", "stat /bin/bash: no such file or directory"),
    ],
)
def test_a_missing_program_is_the_runtimes_error(rooms, pod, program, why):
    said = f'exec failed: unable to start container process: exec: "{program}": {why}: unknown'
    assert rooms.exec(pod, program) == (127, "", f"OCI runtime exec failed: {said}\n")


def test_an_image_of_nothing_has_no_shell():
    rooms = Rooms(delays="none")
    rooms.run("nothing", "registry.k8s.io/pause:3.10")
    rooms.world.wait(1)
    assert rooms.exec("nothing", "sh")[0] == 127


# Typing


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


# What it changes


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
    assert code == 0
    assert set(stderr.splitlines()) == {"No space left on device"}


def test_files_are_copied_in_and_out():
    rooms = Rooms(delays="none")
    session = rooms.open("box", "tar", "cf", "-", "/etc/hosts")
    archive = b"".join(output.data for output in session.advance())
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


# Whatever is typed

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


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
