"""curl and ping from the learner's laptop: what is reached from outside of a cluster, and what they print."""

import asyncio
import re

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet import node_status
from clusters.engine.network.routing import LAPTOP
from clusters.terminal import laptop
from clusters.terminal.kubectl.host import Host
from tests.engine.builders import make_service, service_port
from tests.engine.kubelet.rooms import Rooms

HIT = "You've hit kubia-1\n"
NODE = "172.18.0.2"


class Files:
    """The file area of a terminal, in which names have no slash."""

    def __init__(self):
        self.texts = {}

    async def write(self, name, text):
        if "/" in name:
            raise ValueError("there are no folders here")
        self.texts[name] = text


class Laptop:
    """run(line words) gives (exit code, stdout, stderr); time passes in the cluster while somebody sleeps.

    After `patience` sleeps, somebody presses Ctrl+C.
    """

    def __init__(self, rooms):
        self.rooms = rooms
        self.files = Files()
        self.patience = None
        self.address = rooms.world.get("Service", "public")["status"]["loadBalancer"]["ingress"][0]["ip"]
        self.node_port = rooms.world.get("Service", "public")["spec"]["ports"][0]["nodePort"]

    async def __call__(self, *words):
        out, err = [], []
        nothing = None
        host = Host(
            transport=nothing,
            out=out.append,
            err=err.append,
            files=self.files,
            editor=nothing,
            read_line=nothing,
            now=self.rooms.view.now,
            sleep=self._sleep,
        )
        running = asyncio.create_task(laptop.run(words, self.rooms.view, host))
        self._running = running
        try:
            code = await running
        except asyncio.CancelledError:
            code = None
        return code, "".join(out), "".join(err)

    async def _sleep(self, seconds):
        if self.patience == 0:
            self._running.cancel()
            await asyncio.Event().wait()
        if self.patience is not None:
            self.patience -= 1
        self.rooms.world.wait(seconds)

    @property
    def calls(self):
        """What the cluster's network has seen so far."""
        return list(self.rooms.traffic.calls)


@pytest.fixture(scope="module")
def rooms():
    """A cluster of one node whose pod kubia-1 is behind a load balancer on port 80."""
    found = Rooms()
    found.act(verbs.create, make_service("public", type_="LoadBalancer", cluster_ip="10.96.0.30"))
    nobody = {"selector": {"app": "none"}, "cluster_ip": "10.96.0.31"}
    found.act(verbs.create, make_service("empty", type_="LoadBalancer", **nobody))
    found.run("store", "redis", labels={"app": "store"})
    ports = [service_port(6379, 6379)]
    stored = {"selector": {"app": "store"}, "cluster_ip": "10.96.0.32", "ports": ports}
    found.act(verbs.create, make_service("redis", type_="LoadBalancer", **stored))
    found.world.wait(120)
    return found


@pytest.fixture
def run(rooms):
    rooms.traffic.calls.clear()
    return Laptop(rooms)


def refused(host, port):
    return f"curl: (7) Failed to connect to {host} port {port} after 0 ms: Could not connect to server\n"


# curl: what is reached


async def test_a_load_balancer_answers_on_the_services_port(run):
    for url in (f"http://{run.address}", run.address, f"{run.address}:80/any/path"):
        assert await run("curl", url) == (0, HIT, "")


async def test_a_node_answers_on_the_services_node_port(run):
    assert await run("curl", f"http://{NODE}:{run.node_port}") == (0, HIT, "")


async def test_a_node_refuses_where_nobody_listens(run):
    assert await run("curl", f"{NODE}:81") == (7, "", refused(NODE, 81))


@pytest.mark.parametrize("url", ["kubia", "http://public.default.svc.cluster.local/", "example.com"])
async def test_nobody_outside_knows_the_clusters_names(run, url):
    host = url.removeprefix("http://").rstrip("/")
    assert await run("curl", url) == (6, "", f"curl: (6) Could not resolve host: {host}\n")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_nothing_listens_on_the_laptop(run, host):
    assert await run("curl", host) == (7, "", refused(host, 80))
    assert not run.calls


async def test_the_address_of_a_pod_leads_nowhere_for_two_minutes(run, rooms):
    address = rooms.world.pod("kubia-1")["status"]["podIP"]
    before = rooms.view.now()
    said = f"Failed to connect to {address} port 8080 after 134000 ms: Could not connect to server"
    assert await run("curl", f"{address}:8080") == (28, "", f"curl: (28) {said}\n")
    assert rooms.view.now() - before == pytest.approx(134)


async def test_the_address_of_a_service_does_not_either_and_patience_can_be_short(run):
    said = "curl: (28) Connection timed out after 3001 milliseconds\n"
    assert await run("curl", "--max-time", "3", "10.96.0.30") == (28, "", said)
    assert await run("curl", "--connect-timeout", "3", "10.96.0.30") == (28, "", said)


async def test_a_load_balancer_without_ready_pods_refuses(run, rooms):
    address = rooms.world.get("Service", "empty")["status"]["loadBalancer"]["ingress"][0]["ip"]
    assert await run("curl", address) == (7, "", refused(address, 80))


async def test_a_program_that_speaks_no_http_hangs_up(run, rooms):
    address = rooms.world.get("Service", "redis")["status"]["loadBalancer"]["ingress"][0]["ip"]
    assert await run("curl", f"{address}:6379") == (52, "", "curl: (52) Empty reply from server\n")


async def test_ctrl_c_ends_the_wait_without_a_word(run):
    run.patience = 0
    assert await run("curl", "10.244.9.9") == (None, "", "")


async def test_calls_are_recorded_as_the_laptops_and_lost_ones_too(run):
    await run("curl", "-s", "-A", "me", f"{run.address}/x")
    await run("curl", "-s", "-m", "1", "10.244.9.9")
    answered, lost = run.calls
    assert (answered.source, answered.origin, answered.target, answered.port) == (
        None,
        LAPTOP,
        run.address,
        80,
    )
    assert (answered.request.path, answered.request.header("user-agent")) == ("/x", "me")
    assert (lost.origin, lost.target, lost.answered) == (LAPTOP, "10.244.9.9", False)


# curl: what is printed


async def test_silence_is_for_errors_too_unless_they_are_wanted(run):
    assert await run("curl", "-s", "kubia") == (6, "", "")
    assert await run("curl", "-sS", "kubia") == (6, "", "curl: (6) Could not resolve host: kubia\n")


async def test_headers_in_front_or_alone(run):
    _, both, _ = await run("curl", "-i", run.address)
    head, _, body = both.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert body == HIT
    assert await run("curl", "-sI", run.address) == (0, f"{head}\r\n\r\n", "")


async def test_only_the_status_is_wanted(run):
    form = "%{http_code} %{size_download} %{remote_ip}\\n"
    told = f"200 {len(HIT)} {run.address}\n"
    assert await run("curl", "-s", "-o", "/dev/null", "-w", form, run.address) == (0, told, "")
    assert await run("curl", "-s", "-w", "%{http_code}\\n", "kubia") == (6, "000\n", "")


async def test_an_answer_goes_into_a_file_where_that_is_possible(run):
    assert await run("curl", "-so", "a.txt", run.address, run.address) == (0, HIT, "")
    assert run.files.texts == {"a.txt": HIT}
    code, _, said = await run("curl", "-so", "x/a.txt", run.address)
    assert (code, said.splitlines()[1]) == (23, "curl: (23) Failure writing output to destination")


async def test_several_addresses_are_asked_one_after_the_other(run):
    code, out, err = await run("curl", run.address, "kubia", run.address)
    assert (code, out, err) == (0, HIT * 2, "curl: (6) Could not resolve host: kubia\n")


async def test_what_happens_on_the_way(run):
    code, out, err = await run("curl", "-v", f"http://{run.address}/x")
    assert (code, out) == (0, HIT)
    assert [line for line in err.splitlines() if line[0] != "<"] == [
        f"*   Trying {run.address}:80...",
        f"* Connected to {run.address} ({run.address}) port 80",
        "* using HTTP/1.x",
        "> GET /x HTTP/1.1",
        f"> Host: {run.address}",
        "> User-Agent: curl/8.14.1",
        "> Accept: */*",
        "> ",
        "* Request completely sent off",
        f"* Connection #0 to host {run.address} left intact",
    ]


async def test_what_happens_on_a_way_that_leads_nowhere(run):
    _, _, err = await run("curl", "-v", f"{NODE}:81")
    failed = f"Failed to connect to {NODE} port 81 after 0 ms: Could not connect to server"
    attempt = rf"\* connect to {NODE} port 81 from {LAPTOP} port \d{{5}} failed: Connection refused"
    trying, attempted, *rest = err.splitlines()
    assert trying == f"*   Trying {NODE}:81..."
    assert re.fullmatch(attempt, attempted)
    assert rest == [f"* {failed}", "* closing connection #0", f"curl: (7) {failed}"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "curl: try 'curl --help' or 'curl --manual' for more information"),
        (["--nope", "x"], 2, "curl: option --nope: is unknown"),
        (["http://"], 3, "curl: (3) URL rejected: No host part in the URL"),
        (
            ["http://x:y"],
            3,
            "curl: (3) URL rejected: Port number was not a decimal number between 0 and 65535",
        ),
        (["-m"], 2, "curl: option -m: requires parameter"),
        (["-O", "x"], 2, "curl: option -O: is not simulated"),
        (["-sO", "x"], 2, "curl: option -sO: is not simulated"),
        (["-sW", "x"], 2, "curl: option -sW: is unknown"),
        (["--compressed", "x"], 2, "curl: option --compressed: is not simulated"),
    ],
)
async def test_what_is_typed_wrong(run, words, code, said):
    found, out, err = await run("curl", *words)
    assert (found, out) == (code, "")
    assert err.startswith(said)
    assert not run.calls


# ping


async def test_a_node_answers_a_ping_once_a_second(run, rooms):
    before = rooms.view.now()
    code, out, err = await run("ping", "-c", "3", NODE)
    assert (code, err) == (0, "")
    first, *lines, empty, title, counts, times = out.splitlines()
    assert first == f"PING {NODE} ({NODE}) 56(84) bytes of data."
    for number, line in enumerate(lines, 1):
        assert re.fullmatch(rf"64 bytes from {NODE}: icmp_seq={number} ttl=64 time=0\.\d{{3}} ms", line)
    assert (empty, title) == ("", f"--- {NODE} ping statistics ---")
    assert re.fullmatch(r"3 packets transmitted, 3 received, 0% packet loss, time 200\dms", counts)
    assert re.fullmatch(r"rtt min/avg/max/mdev = (0\.\d{3}/){3}0\.\d{3} ms", times)
    assert rooms.view.now() - before == pytest.approx(2)


@pytest.mark.parametrize("what", ["pod", "10.96.0.30", "load balancer", "10.244.9.9"])
async def test_pods_services_and_load_balancers_do_not(run, rooms, what):
    addresses = {"pod": rooms.world.pod("kubia-1")["status"]["podIP"], "load balancer": run.address}
    address = addresses.get(what, what)
    told = f"PING {address} ({address}) 56(84) bytes of data.\n\n--- {address} ping statistics ---\n"
    told += "2 packets transmitted, 0 received, 100% packet loss, time 1000ms\n\n"
    assert await run("ping", "-c", "2", address) == (1, told, "")


async def test_ctrl_c_prints_the_statistics(run):
    run.patience = 4
    code, out, _ = await run("ping", NODE)
    assert code is None
    assert out.count("64 bytes from") == 5
    assert "\n5 packets transmitted, 5 received, 0% packet loss, time 400" in out
    run.patience = 2
    _, out, _ = await run("ping", "10.244.9.9")
    assert out.endswith("\n3 packets transmitted, 0 received, 100% packet loss, time 2000ms\n\n")


async def test_the_laptop_answers_itself(run):
    assert (await run("ping", "-c", "1", "localhost"))[0] == 0
    assert (await run("ping", "-qc1", LAPTOP))[1].count("\n") == 5


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["kubia"], 2, "ping: kubia: Name or service not known"),
        ([], 1, "ping: usage error: Destination address required"),
        (["-c", "x", NODE], 1, "ping: invalid argument: 'x'"),
        (["-c0", NODE], 1, "ping: invalid argument: '0': out of range: 1 <= value <= 9223372036854775807"),
        (["-k", NODE], 2, "ping: invalid option -- 'k'"),
        (["-c"], 2, "ping: option requires an argument -- 'c'"),
        (["-i", "0", NODE], 2, "ping: cannot flood, minimal interval for user must be >= 2 ms"),
    ],
)
async def test_a_ping_that_is_typed_wrong(run, words, code, said):
    found, out, err = await run("ping", *words)
    assert (found, out) == (code, "")
    assert err.startswith(said)


async def test_a_machine_that_loses_its_power_stops_to_answer():
    rooms = Rooms()
    rooms.act(verbs.create, make_service("public", type_="LoadBalancer", cluster_ip="10.96.0.30"))
    rooms.world.wait(60)
    run = Laptop(rooms)
    sleep = run._sleep

    async def dying(seconds):
        if rooms.view.now() > started + 1.5:
            rooms.act(node_status.power_off, "node-1")
        await sleep(seconds)

    started = rooms.view.now()
    run._sleep = dying
    code, out, _ = await run("ping", "-c", "5", NODE)
    assert code == 0
    assert re.search(r"\n5 packets transmitted, 3 received, 40% packet loss, time 400\dms\n", out)
    assert (await run("curl", "-sm1", run.address))[0] == 28
