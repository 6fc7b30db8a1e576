"""What stays open: watches, followed logs, shells, forwarded ports, copied files."""

import os
import pty
import re
import select
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from tests.real_clients.world import PATIENCE
from tests.server import free_port


@pytest.fixture
def background(world):
    """background(...) starts a kubectl that is ended with the test."""
    started = []

    def start(*words):
        started.append(world.start(*words))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def read_until(process, pattern):
    """Reads lines of a process until one matches; returns all of them."""
    lines = []
    while True:
        line = process.stdout.readline()
        assert line, f"ended without {pattern}: {''.join(lines)}{process.stderr.read()}"
        lines.append(line)
        if re.search(pattern, line):
            return "".join(lines)


def test_get_w_shows_a_pod_from_pending_to_running_to_gone(world, background):
    watching = background("get", "pods", "-w", "--output-watch-events")
    # A watch of nothing prints nothing, so a first pod shows that it stands.
    world.kubectl("run", "first", "--image=nginx")
    read_until(watching, "ADDED +first")
    world.kubectl("run", "web", "--image=nginx")
    seen = read_until(watching, "MODIFIED +web .* Running")
    assert re.search("ADDED +web .* Pending", seen)
    world.kubectl("delete", "pod", "web", "--now")
    read_until(watching, "DELETED +web")


def test_get_one_w_begins_with_what_is(web, background):
    watching = background("get", "pod", "web", "-w")
    read_until(watching, "web +1/1 +Running")
    web.kubectl("label", "pod", "web", "tier=front")
    read_until(watching, "web +1/1 +Running")


def test_events_are_watched(world, background):
    watching = background("events", "--watch")
    world.kubectl("run", "web", "--image=nginx")
    read_until(watching, "Started +Pod/web")


def test_logs_f_ends_with_the_container(world):
    world.kubectl(
        "run", "count", "--image=busybox", "--restart=Never", "--", "sh", "-c", "echo one; sleep 2; echo two"
    )
    world.eventually(lambda: world.get("pod", "count")["status"]["phase"] != "Pending")
    assert world.kubectl("logs", "-f", "count").split() == ["one", "two"]
    assert world.kubectl("logs", "count", "--tail=1").split() == ["two"]
    stamped = world.kubectl("logs", "count", "--timestamps").splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z (one|two)", line) for line in stamped)


def test_logs_of_the_instance_before(world):
    world.kubectl("run", "crash", "--image=busybox", "--", "sh", "-c", "echo going down; exit 1")
    world.eventually(lambda: world.get("pod", "crash")["status"]["containerStatuses"][0]["restartCount"] >= 1)
    assert "going down" in world.kubectl("logs", "crash", "--previous")


def test_a_request_is_in_the_log(web):
    if not web.simulated:
        web.eventually(lambda: web.try_kubectl("exec", "web", "--", "curl", "-s", "localhost").code == 0)
    web.kubectl("exec", "web", "--", "curl", "-s", "http://localhost/")
    assert '"GET / HTTP/1.1" 200' in web.kubectl("logs", "web")


def test_services_answer_inside_the_cluster(web):
    web.kubectl("expose", "pod", "web", "--name=front", "--port=8080", "--target-port=80")
    web.eventually(lambda: web.get("endpoints", "front").get("subsets"))
    address = web.get("service", "front")["spec"]["clusterIP"]
    for target in (f"{address}:8080", "front:8080", f"front.{web.namespace}.svc.cluster.local:8080"):
        assert "Welcome to nginx" in web.kubectl("exec", "web", "--", "curl", "-s", f"http://{target}/")
    refused = web.try_kubectl("exec", "web", "--", "curl", "-sS", "http://localhost:81/")
    assert refused.code == 7
    assert "curl: (7)" in refused.err


def test_exit_codes_come_back(web):
    for code in (0, 3, 255):
        done = web.try_kubectl("exec", "web", "--", "sh", "-c", f"exit {code}")
        assert done.code == code
    assert web.try_kubectl("exec", "web", "--", "no-such-program").code in (126, 127)


def test_a_shell_takes_lines_from_a_pipe(web):
    said = web.kubectl(
        "exec", "-i", "web", "--", "sh", stdin="hostname\nA=b\necho $A$A && echo yes || echo no\n"
    )
    assert said.split() == ["web", "bb", "yes"]


class Terminal:
    """kubectl at a terminal, as a person sits there."""

    def __init__(self, world, *words):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            world.command(*words),
            env=world.environment(),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.screen = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def expect(self, pattern):
        """Waits until what is new on the screen matches."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.screen)):
            assert time.monotonic() < deadline, self.screen
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.screen += os.read(self.master, 65536).decode()
                except OSError:
                    assert re.search(pattern, self.screen), self.screen
        self.screen = self.screen[found.end() :]

    def close(self):
        code = self.process.wait(timeout=PATIENCE)
        os.close(self.master)
        return code


def test_exec_it_is_a_shell_with_a_prompt(web):
    terminal = Terminal(web, "exec", "-it", "web", "--", "sh")
    terminal.expect(r"# ")
    terminal.type("hostnam\x7fme\n")
    terminal.expect(r"web\r?\n# ")
    terminal.type("sleep 100\n")
    terminal.expect(r"sleep 100\r?\n")
    terminal.type("\x03")
    terminal.expect(r"# ")
    terminal.type("exit 4\n")
    assert terminal.close() == 4


def test_control_d_leaves_the_shell(web):
    terminal = Terminal(web, "exec", "-it", "web", "--", "bash")
    terminal.expect(r"web.*# ")
    terminal.type("\x04")
    assert terminal.close() == 0


def test_attach_shows_what_is_written_from_now_on(world, background):
    world.kubectl(
        "run", "clock", "--image=busybox", "--", "sh", "-c", "while true; do echo tick; sleep 1; done"
    )
    world.kubectl("wait", "pod/clock", "--for=condition=Ready", "--timeout=60s")
    read_until(background("attach", "clock"), "tick")


def test_a_forwarded_port_answers(web, background):
    port = free_port()
    forwarding = background("port-forward", "pod/web", f"{port}:80")
    read_until(forwarding, "Forwarding from")
    for path in ("/", "/index.html"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            assert answer.status == 200
            assert b"Welcome to nginx" in answer.read()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing", timeout=20)


def test_a_forwarded_port_at_which_nobody_listens_is_told(web, background):
    port = free_port()
    forwarding = background("port-forward", "pod/web", f"{port}:81")
    read_until(forwarding, "Forwarding from")
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20)
    forwarding.send_signal(signal.SIGINT)
    assert "refused" in forwarding.stderr.read()


def test_a_service_and_a_deployment_are_forwarded_to(world, background):
    world.kubectl("create", "deployment", "shop", "--image=nginx", "--port=80")
    world.kubectl("expose", "deployment", "shop", "--port=8080", "--target-port=80")
    world.kubectl("rollout", "status", "deployment/shop", "--timeout=60s")
    for target, number in (("service/shop", 8080), ("deployment/shop", 80)):
        port = free_port()
        read_until(background("port-forward", target, f"{port}:{number}"), "Forwarding from")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            assert answer.status == 200


def test_edit_changes_what_the_editor_changed(world):
    world.kubectl("create", "configmap", "settings", "--from-literal=colour=blue")
    editor = {**world.environment(), "KUBE_EDITOR": "sed -i s/blue/red/"}
    done = subprocess.run(
        world.command("edit", "configmap", "settings"),
        env=editor,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "configmap/settings edited\n", done.stderr
    assert world.get("configmap", "settings")["data"] == {"colour": "red"}
