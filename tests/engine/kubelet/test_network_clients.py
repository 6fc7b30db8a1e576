"""curl, wget, nslookup and ping in containers."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.network import Answer, Refused, TimedOut
from clusters.engine.objects import Key
from tests.engine.builders import make_service, service_port
from tests.engine.kubelet.rooms import Rooms

NOBODY = "10.244.77.77"


@pytest.fixture(scope="module")
def rooms():
    found = Rooms()
    found.act(verbs.create, make_service("empty", selector={"app": "none"}, cluster_ip="10.96.0.12"))
    found.act(verbs.create, make_service("pods", cluster_ip="None", ports=[service_port(8080)]))
    found.run("store", "redis", labels={"app": "store"})
    found.world.wait(30)
    return found


def last(rooms):
    return rooms.traffic.calls[-1]


# curl


@pytest.mark.parametrize(
    "target",
    [
        "http://kubia",
        "kubia",
        "kubia.default",
        "kubia.default.svc.cluster.local",
        "http://kubia:80/any/path?x=1",
        "10.96.0.10",
        "pods:8080",
    ],
)
def test_a_service_is_reached_by_name_and_address(rooms, target):
    assert rooms.exec("web", "curl", "-s", target) == (0, "You've hit kubia-1\n", "")


def test_a_pod_is_reached_at_its_address(rooms):
    ip = rooms.world.pod("kubia-1")["status"]["podIP"]
    assert rooms.exec("web", "curl", "-s", f"http://{ip}:8080") == (0, "You've hit kubia-1\n", "")


def test_localhost_is_the_pod_itself(rooms):
    assert rooms.exec("kubia-1", "curl", "-s", "localhost:8080") == (0, "You've hit kubia-1\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nobody"], 6, "Could not resolve host: nobody"),
        (["http://example.com/"], 6, "Could not resolve host: example.com"),
        (["empty"], 7, "Failed to connect to empty port 80 after 0 ms: Couldn't connect to server"),
        (
            ["localhost:81"],
            7,
            "Failed to connect to localhost port 81 after 0 ms: Couldn't connect to server",
        ),
        (["-m", "2", NOBODY], 28, "Connection timed out after 2001 milliseconds"),
        (["--connect-timeout", "0.5", NOBODY], 28, "Connection timed out after 501 milliseconds"),
        ([NOBODY], 28, f"Failed to connect to {NOBODY} port 80 after 134000 ms: Couldn't connect to server"),
        (["store.default:6379"], 6, "Could not resolve host: store.default"),
        (["-f", "http://localhost/no"], 22, "The requested URL returned error: 404"),
        (["gopher://x"], 1, 'Protocol "gopher" not supported or disabled in libcurl'),
        ([""], 3, "URL using bad/illegal format or missing URL"),
        (["http://x:99999"], 3, "URL using bad/illegal format or missing URL"),
        (["https://kubia:80"], 35, "SSL routines::wrong version number"),
        (["https://kubernetes"], 60, "SSL certificate problem: unable to get local issuer certificate"),
    ],
)
def test_what_curl_complains_of(rooms, arguments, code, said):
    assert rooms.exec("web", "curl", *arguments) == (code, "", f"curl: ({code}) {said}\n")


@pytest.mark.parametrize(
    ("pod", "said"),
    [
        ("kubia-1", "Failed to connect to localhost port 81: Connection refused"),
        ("web", "Failed to connect to localhost port 81 after 0 ms: Couldn't connect to server"),
        ("curly", "Failed to connect to localhost port 81 after 0 ms: Could not connect to server"),
    ],
)
def test_each_version_of_curl_has_its_words(rooms, pod, said):
    assert rooms.exec(pod, "curl", "localhost:81") == (7, "", f"curl: (7) {said}\n")


def test_a_timeout_takes_its_time(rooms):
    before = rooms.world.store.now
    rooms.exec("web", "curl", "-s", "-m", "3", NOBODY)
    assert rooms.world.store.now - before == pytest.approx(3, abs=0.01)
    rooms.exec("web", "curl", "-s", NOBODY)
    assert rooms.world.store.now - before == pytest.approx(137, abs=0.01)


def test_silence(rooms):
    assert rooms.exec("web", "curl", "-s", "nobody") == (6, "", "")
    assert rooms.exec("web", "curl", "-sS", "nobody")[2] == "curl: (6) Could not resolve host: nobody\n"


def test_headers_alone_or_in_front(rooms):
    code, head, _ = rooms.exec("web", "curl", "-I", "localhost")
    assert (code, head[:17]) == (0, "HTTP/1.1 200 OK\r\n")
    assert head.endswith("\r\n\r\n")
    both = rooms.exec("web", "curl", "-i", "localhost/missing")[1]
    assert both.startswith("HTTP/1.1 404 Not Found\r\nServer: nginx")
    assert "<h1>404 Not Found</h1>" in both.partition("\r\n\r\n")[2]


def test_only_the_status(rooms):
    script = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}\\n", "localhost/missing"]
    assert rooms.exec("web", *script) == (0, "404\n", "")
    assert rooms.exec("web", *script[:-1], "nobody") == (6, "000\n", "")


def test_what_happens_on_the_way(rooms):
    code, body, told = rooms.exec("web", "curl", "-v", "-s", "kubia/x")
    assert (code, body) == (0, "You've hit kubia-1\n")
    lines = told.splitlines()
    assert lines[:2] == ["*   Trying 10.96.0.10:80...", "* Connected to kubia (10.96.0.10) port 80 (#0)"]
    assert {"> GET /x HTTP/1.1", "> Host: kubia", "> User-Agent: curl/7.88.1", "< HTTP/1.1 200 OK"} <= set(
        lines
    )


def test_methods_and_headers_are_sent(rooms):
    rooms.exec("web", "curl", "-s", "-X", "DELETE", "-H", "User-Agent: me", "kubia/item")
    assert (last(rooms).request.method, last(rooms).request.path) == ("DELETE", "/item")
    assert last(rooms).request.header("user-agent") == "me"
    assert rooms.exec("web", "curl", "-s", "-d", "a=1", "localhost")[1].count("405") >= 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nonsense"], "option --nonsense: is unknown"),
        (["-Q"], "option -Q: is not simulated"),
        (["-m", "x", "a"], "option -m: expected a proper numerical parameter"),
        (["-o"], "option -o: requires parameter"),
    ],
)
def test_bad_options(rooms, arguments, said):
    code, _, stderr = rooms.exec("web", "curl", *arguments)
    assert (code, stderr.splitlines()[0]) == (2, f"curl: {said}")


def test_what_speaks_no_http_gives_an_empty_reply(rooms):
    ip = rooms.world.pod("store")["status"]["podIP"]
    assert rooms.exec("web", "curl", f"{ip}:6379") == (52, "", "curl: (52) Empty reply from server\n")


def test_a_page_is_kept_in_a_file(rooms):
    assert (
        rooms.exec("web", "sh", "-c", "curl -s -o /tmp/page kubia && cat /tmp/page")[1]
        == "You've hit kubia-1\n"
    )
    assert rooms.exec("web", "cat", "/tmp/page") == (0, "You've hit kubia-1\n", "")


# wget


def test_wget_to_stdout(rooms):
    assert rooms.exec("box", "wget", "-qO-", "kubia") == (0, "You've hit kubia-1\n", "")
    assert rooms.exec("box", "wget", "-q", "-O", "-", "http://kubia:80/") == (0, "You've hit kubia-1\n", "")


@pytest.mark.parametrize(
    ("pod", "arguments", "code", "said"),
    [
        ("box", ["nobody"], 1, "wget: bad address 'nobody'\n"),
        ("box", ["-q", "empty"], 1, "wget: can't connect to remote host (10.96.0.12): Connection refused\n"),
        ("box", ["-q", "-T", "2", NOBODY], 1, "wget: download timed out\n"),
        ("box", ["-q", NOBODY], 1, f"wget: can't connect to remote host ({NOBODY}): Connection timed out\n"),
        ("box", ["-q", "-O-", "http://10.96.0.10:8080"], 1, None),
        ("box", [], 1, "wget: missing URL\n"),
        ("box", ["-Z", "a"], 1, "wget: unrecognized option: Z\n"),
        ("kubia-1", ["-q", "nobody"], 4, ""),
        (
            "kubia-1",
            ["localhost:81"],
            4,
            "Connecting to localhost (localhost)|127.0.0.1|:81...\nfailed: Connection refused.\n",
        ),
    ],
)
def test_what_wget_complains_of(rooms, pod, arguments, code, said):
    found = rooms.exec(pod, "wget", *arguments)
    assert found[:2] == (code, "")
    assert said is None or found[2] == said


def test_wget_keeps_the_page(rooms):
    code, stdout, told = rooms.exec("box", "wget", "http://kubia/index.html")
    assert (code, stdout) == (0, "")
    assert told == "Connecting to kubia (10.96.0.10:80)\n'index.html' saved\n"
    assert rooms.exec("box", "cat", "/index.html")[1] == "You've hit kubia-1\n"


def test_wget_names_the_error(rooms):
    ip = rooms.world.pod("web")["status"]["podIP"]
    code, _, told = rooms.exec("box", "wget", "-q", f"{ip}/no")
    assert (code, told) == (1, "wget: server returned error: HTTP/1.1 404 Not Found\n")


# Names and machines


def test_nslookup_asks_in_each_domain_for_a_short_name(rooms):
    code, found, _ = rooms.exec("box", "nslookup", "kubia")
    assert found.startswith("Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n")
    assert "Name:\tkubia.default.svc.cluster.local\nAddress: 10.96.0.10\n" in found
    assert "** server can't find kubia.svc.cluster.local: NXDOMAIN" in found
    assert code == 1


def test_nslookup_takes_a_longer_name_as_it_is(rooms):
    assert "can't find kubia.default: NXDOMAIN" in rooms.exec("box", "nslookup", "kubia.default")[1]
    code, found, _ = rooms.exec("box", "nslookup", "pods.default.svc.cluster.local")
    assert code == 0
    assert f"Address: {rooms.world.pod('kubia-1')['status']['podIP']}\n" in found


def test_getent_resolves_as_programs_do(rooms):
    assert rooms.exec("web", "getent", "hosts", "kubia.default") == (
        0,
        "10.96.0.10      kubia.default.svc.cluster.local\n",
        "",
    )
    assert rooms.exec("web", "getent", "hosts", "nobody")[0] == 2


def test_a_service_does_not_answer_a_ping_and_a_pod_does(rooms):
    code, found, _ = rooms.exec("box", "ping", "-c", "2", "kubia")
    assert code == 1
    assert found.startswith("PING kubia (10.96.0.10): 56 data bytes\n")
    assert "2 packets transmitted, 0 packets received, 100% packet loss" in found
    ip = rooms.world.pod("web")["status"]["podIP"]
    assert rooms.exec("box", "ping", "-c", "1", ip)[0] == 0
    assert rooms.exec("box", "ping", "nobody") == (1, "", "ping: bad address 'nobody'\n")


# What is remembered


def test_every_call_is_remembered(rooms):
    before = rooms.traffic.count
    rooms.exec("box", "wget", "-qO-", "kubia/a")
    call = last(rooms)
    assert (call.source, call.target, call.port) == (Key("Pod", "default", "box"), "kubia", 80)
    assert call.source_ip == rooms.world.pod("box")["status"]["podIP"]
    assert isinstance(call.outcome, Answer)
    assert call.pod_uid == rooms.world.pod("kubia-1")["metadata"]["uid"]
    rooms.exec("box", "wget", "-q", "empty")
    assert isinstance(last(rooms).outcome, Refused)
    rooms.exec("box", "wget", "-q", "-T", "1", NOBODY)
    assert isinstance(last(rooms).outcome, TimedOut)
    assert rooms.traffic.count == before + 3


def test_the_clients_of_databases_ask_too(rooms):
    ip = rooms.world.pod("store")["status"]["podIP"]
    assert rooms.exec("store", "redis-cli", "ping") == (0, "PONG\n", "")
    assert rooms.exec("store", "redis-cli", "-h", ip, "ping") == (0, "PONG\n", "")
    code, _, told = rooms.exec("store", "redis-cli", "-p", "1", "ping")
    assert (code, told) == (1, "Could not connect to Redis at 127.0.0.1:1: Connection refused\n")
