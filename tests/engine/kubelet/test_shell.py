"""What people run in containers, and what comes back."""

import pytest

from clusters.engine.apiserver import verbs
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
