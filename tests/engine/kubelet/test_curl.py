"""What curl is asked for, and what it prints."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet.logs import log_lines
from tests.engine.builders import make_service, service_port
from tests.engine.kubelet.rooms import Rooms

NOBODY = "10.244.77.77"


@pytest.fixture(scope="module")
def rooms():
    found = Rooms()
    ports = [service_port(80, 80)]
    found.act(
        verbs.create, make_service("web", selector={"app": "web"}, cluster_ip="10.96.0.20", ports=ports)
    )
    found.act(verbs.create, make_service("empty", selector={"app": "none"}, cluster_ip="10.96.0.21"))
    found.world.wait(10)
    return found


def curl(rooms, *arguments):
    return rooms.exec("curly", "curl", "-s", *arguments)


def asked(rooms):
    """The last request that somebody answered, as it was sent."""
    return rooms.traffic.calls[-1].request


@pytest.mark.parametrize(
    ("arguments", "method"),
    [
        ([], "GET"),
        (["-I"], "HEAD"),
        (["--head"], "HEAD"),
        (["-X", "DELETE"], "DELETE"),
        (["-XPUT"], "PUT"),
        (["--request", "PATCH"], "PATCH"),
        (["-d", "a=b"], "POST"),
        (["-d", "a=b", "-X", "PUT"], "PUT"),
    ],
)
def test_the_method(rooms, arguments, method):
    curl(rooms, *arguments, "kubia")
    assert asked(rooms).method == method


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("kubia", "/"),
        ("http://kubia", "/"),
        ("kubia/a/b", "/a/b"),
        ("kubia:80/a?x=1&y=2#part", "/a?x=1&y=2"),
        ("kubia?x=1", "/?x=1"),
        ("HTTP://kubia/A", "/A"),
        ("http://user:secret@kubia/a", "/a"),
    ],
)
def test_the_path(rooms, url, path):
    assert curl(rooms, url)[0] == 0
    assert asked(rooms).path == path


@pytest.mark.parametrize(
    ("arguments", "agent"),
    [([], "curl/8.16.0"), (["-A", "me"], "me"), (["-H", "User-Agent: you"], "you")],
)
def test_the_agent(rooms, arguments, agent):
    curl(rooms, *arguments, "kubia")
    assert asked(rooms).header("user-agent") == agent


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["-o", "/dev/null", "-w", "%{http_code}"], "200"),
        (["-o", "/dev/null", "-w", "%{http_code} %{size_download}\\n"], "200 19\n"),
        (["-o", "/dev/null", "--write-out", "%{response_code}\\t"], "200\t"),
        (["-w", "|"], "You've hit kubia-1\n|"),
        (["-L"], "You've hit kubia-1\n"),
        (["-k", "-4", "--http1.1"], "You've hit kubia-1\n"),
        (["-m", "5", "--connect-timeout", "2.5"], "You've hit kubia-1\n"),
        (["--retry", "3", "--noproxy", "*"], "You've hit kubia-1\n"),
        (["-u", "me:secret"], "You've hit kubia-1\n"),
        (["--url", "kubia"], "You've hit kubia-1\n" * 2),
        (["-sSfL"], "You've hit kubia-1\n"),
    ],
)
def test_what_is_printed(rooms, arguments, printed):
    assert curl(rooms, *arguments, "kubia") == (0, printed, "")


NO_PORT = "Port number was not a decimal number between 0 and 65535"


@pytest.mark.parametrize(
    ("arguments", "code", "printed", "said"),
    [
        (["web/none"], 0, "404 Not Found", ""),
        (["-f", "web/none"], 22, "", ""),
        (["-fS", "web/none"], 22, "", "curl: (22) The requested URL returned error: 404\n"),
        (["-S", "nobody"], 6, "", "curl: (6) Could not resolve host: nobody\n"),
        (["-S", "gopher://kubia"], 1, "", 'curl: (1) Protocol "gopher" not supported\n'),
        (["-S", "http://"], 3, "", "curl: (3) URL rejected: No host part in the URL\n"),
        (["-S", "http://kubia:99999"], 3, "", f"curl: (3) URL rejected: {NO_PORT}\n"),
        (["-S", "a b"], 3, "", "curl: (3) URL rejected: Malformed input to a URL function\n"),
        (
            ["-S", "https://kubernetes"],
            60,
            "",
            "curl: (60) SSL certificate problem: unable to get local issuer certificate\n",
        ),
        (["-S", "https://kubia:80"], 35, "", "curl: (35) SSL routines::wrong version number\n"),
        (["-w", "%{http_code}\\n", "nobody"], 6, "000\n", ""),
    ],
)
def test_what_goes_wrong(rooms, arguments, code, printed, said):
    found, stdout, stderr = curl(rooms, *arguments)
    assert (found, stderr) == (code, said)
    assert printed in stdout


def test_several_urls_are_fetched_one_after_the_other(rooms):
    assert curl(rooms, "kubia", "kubia") == (0, "You've hit kubia-1\n" * 2, "")
    assert curl(rooms, "kubia", "nobody")[0] == 6


def test_headers_are_shown_in_front(rooms):
    code, found, _ = curl(rooms, "-i", "web")
    head, body = found.split("\r\n\r\n")
    assert code == 0
    assert head.startswith("HTTP/1.1 200 OK\r\nServer: nginx/")
    assert body.startswith("<!DOCTYPE html>")


def test_verbose_tells_all_on_stderr(rooms):
    code, printed, said = curl(rooms, "-v", "-H", "X-Test: 1", "kubia")
    assert (code, printed) == (0, "You've hit kubia-1\n")
    lines = said.splitlines()
    assert lines[0] == "*   Trying 10.96.0.10:80..."
    assert {"> GET / HTTP/1.1", "> Host: kubia", "> X-Test: 1", "< HTTP/1.1 200 OK"} <= set(lines)


@pytest.mark.parametrize(("option", "seconds"), [("-m", 3), ("--max-time", 7), ("--connect-timeout", 2)])
def test_nobody_is_waited_for_as_long_as_is_said(rooms, option, seconds):
    before = rooms.world.store.now
    code, _, said = curl(rooms, "-S", option, str(seconds), NOBODY)
    assert code == 28
    assert said == f"curl: (28) Connection timed out after {seconds}001 milliseconds\n"
    assert rooms.world.store.now - before == pytest.approx(seconds)


def test_without_a_limit_the_kernel_gives_up(rooms):
    before = rooms.world.store.now
    code, _, said = curl(rooms, "-S", NOBODY)
    assert code == 28
    assert said.startswith(f"curl: (28) Failed to connect to {NOBODY} port 80 after 134000 ms")
    assert rooms.world.store.now - before == pytest.approx(134)


def test_a_service_without_pods_refuses_at_once(rooms):
    before = rooms.world.store.now
    code, _, said = curl(rooms, "-S", "empty")
    assert (code, rooms.world.store.now) == (7, before)
    assert said == "curl: (7) Failed to connect to empty port 80 after 0 ms: Could not connect to server\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-Z"], "option -Z: is not simulated"),
        (["--nonsense"], "option --nonsense: is unknown"),
        (["-m"], "option -m: requires parameter"),
        (["-m", "soon", "kubia"], "option -m: expected a proper numerical parameter"),
        (["-X"], "option -X: requires parameter"),
    ],
)
def test_wrong_options(rooms, arguments, said):
    code, printed, told = curl(rooms, *arguments)
    assert (code, printed) == (2, "")
    assert told.startswith(f"curl: {said}\n")


def test_without_a_url_it_says_how_to_ask(rooms):
    code, _, said = rooms.exec("curly", "curl")
    assert code == 2
    assert said.startswith("curl: ")


def test_its_version(rooms):
    assert rooms.exec("curly", "curl", "-V")[1].startswith("curl 8.16.0 ")
    assert rooms.exec("web", "curl", "--version")[1].startswith("curl 7.88.1 ")


def test_a_page_goes_into_a_file(rooms):
    assert curl(rooms, "-o", "/tmp/page", "kubia") == (0, "", "")
    assert rooms.exec("curly", "cat", "/tmp/page") == (0, "You've hit kubia-1\n", "")


# The image


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["curl", "-s", "http://kubia"], ["You've hit kubia-1"]),
        (["-s", "http://kubia"], ["You've hit kubia-1"]),
        (["http://kubia", "-s"], ["You've hit kubia-1"]),
        (["sh", "-c", "echo plain; curl -s kubia"], ["plain", "You've hit kubia-1"]),
        (["echo", "curl"], ["curl"]),
    ],
)
def test_the_image_takes_options_and_command_lines(rooms, arguments, printed):
    name = f"run-{rooms.world.store.revision}"
    rooms.run(name, "curlimages/curl", policy="Never", args=arguments)
    rooms.world.wait(30)
    store = rooms.world.store
    pod = store.get("Pod", "default", name)
    assert pod["status"]["phase"] == "Succeeded"
    assert [line.text for line in log_lines(store, pod, "main", store.now)] == printed
