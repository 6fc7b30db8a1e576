"""exec and attach over WebSockets."""

import asyncio
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters import actions, memory, traffic
from clusters.api.followers import followers
from clusters.api.streams import channels, places, remotecommand
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.kubelet.shell import session
from clusters.models import Change
from tests.api.caller import PODS, in_thread
from tests.api.sockets import V4, V5, has_ended, into, run_pod, script, settle
from tests.api.watchers import until

V1 = "channel.k8s.io"
SUCCESS = {"metadata": {}, "status": "Success"}


@pytest.fixture
async def web(cluster, call):
    """A pod that runs."""
    return await run_pod(cluster, call)


async def test_a_command_prints_and_ends(web, call):
    socket = await into(call, "hostname").over()
    assert socket.protocol == V5
    assert socket.raw[0] == b"\x01"
    assert socket.channels[1] == b"web\n"
    assert socket.status == SUCCESS
    assert socket.closed == 1000
    assert socket.raw[-1][0] == channels.ERROR


async def test_output_and_errors_are_apart(web, call):
    socket = await into(call, "sh", "-c", "echo said; ls /nowhere").over()
    assert socket.channels[1] == b"said\n"
    assert b"/nowhere" in socket.channels[2]


@pytest.mark.parametrize("code", [1, 3, 255])
async def test_an_exit_code_comes_back_as_a_cause(web, call, code):
    socket = await into(call, "sh", "-c", f"exit {code}").over()
    assert socket.status == {
        "metadata": {},
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": "command terminated with non-zero exit code: error executing command"
        f" [sh -c exit {code}], exit code {code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }
    assert socket.closed == 1000


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [((V5, V4), V5), ((V4,), V4), (("v9.channel.k8s.io", V4), V4), ((V1,), V1), ((), None)],
)
async def test_the_first_known_protocol_is_spoken(web, call, offered, agreed):
    socket = await into(call, "hostname", protocols=offered).over()
    assert socket.protocol == agreed
    assert socket.channels[1] == b"web\n"


async def test_before_v4_an_end_is_a_text_or_nothing(web, call):
    assert 3 not in (await into(call, "true", protocols=(V1,)).over()).channels
    failed = await into(call, "false", protocols=()).over()
    assert failed.channels[3].startswith(b"command terminated with non-zero exit code")


async def test_unknown_protocols_are_refused(web, call):
    socket = await into(call, "hostname", protocols=("soap", "wamp")).over()
    assert socket.code == 400
    assert "none of the protocols is supported: soap, wamp" in socket.refusal["message"]


# What comes in


async def test_a_shell_reads_what_is_piped(web, call):
    socket = await into(call, "sh", stdin="true").opened()
    socket.type(b"A=b\necho $A")
    socket.type(b"$A\nexit 7\n")
    await socket.over()
    assert socket.channels[1] == b"bb\n"
    assert socket.status["details"]["causes"][0]["message"] == "7"


async def test_the_end_of_stdin_ends_a_shell(web, call):
    socket = await into(call, "cat", stdin="true").opened()
    socket.type(b"some text")
    socket.send(b"\xff\x00")
    await socket.over()
    assert socket.channels[1] == b"some text"


async def test_clients_that_send_texts_are_understood(web, call):
    socket = await into(call, "sh", stdin="true", protocols=(V4,)).opened()
    socket.send("\0echo hello; exit\n")
    assert (await socket.over()).channels[1] == b"hello\n"


async def test_a_terminal_echoes_and_prompts(web, call):
    socket = into(call, "sh", stdin="true", tty="true")
    await socket.said(b"# ")
    socket.send(b'\x04{"Width":80,"Height":24}')
    socket.type(b"hostnam\x7fme\r")
    await socket.said(b"web\r\n# ")
    socket.type(b"exit 4\r")
    await socket.over()
    assert 2 not in socket.channels
    assert socket.status["details"]["causes"][0]["message"] == "4"


async def test_control_c_ends_what_sleeps(web, call):
    socket = into(call, "sh", stdin="true", tty="true")
    await socket.said(b"# ")
    socket.type(b"sleep 100000\r")
    await socket.said(b"sleep 100000\r\n")
    socket.type(b"\x03")
    await socket.said(b"^C\r\n# ")
    await socket.leave()


async def test_sleep_waits_by_the_clusters_clock(cluster, web, call):
    await in_thread(actions.set_clock)(cluster.pk, "tester", paused=True)
    socket = into(call, "sh", "-c", "echo before; sleep 0.2; echo after")
    await socket.said(b"before")
    await asyncio.sleep(0.5)
    assert b"after" not in socket.channels[1]
    await in_thread(actions.set_clock)(cluster.pk, "tester", paused=False)
    assert (await socket.over()).status == SUCCESS
    assert socket.channels[1] == b"before\nafter\n"


async def test_what_is_no_channel_is_passed_over(web, call):
    socket = await into(call, "sh", stdin="true").opened()
    for nonsense in (b"", b"\x02out", b"\x07?", b"\xff\x01", b"\xff", b"\x03{}"):
        socket.send(nonsense)
    socket.type(b"echo fine; exit\n")
    assert (await socket.over()).channels[1] == b"fine\n"


@given(st.binary(max_size=20))
def test_a_frame_is_its_channel_and_its_bytes(data):
    for message in ({"bytes": data}, {"bytes": None, "text": data.decode("latin-1")}):
        frame = channels.parse(message)
        raw = data if message["bytes"] is not None else data.decode("latin-1").encode()
        assert frame is None if not raw else bytes((frame.channel,)) + frame.data == raw


@given(st.integers(0, 255), st.binary(max_size=50))
def test_what_is_sent_is_what_is_parsed(channel, data):
    assert channels.parse(channels.message(channel, data)) == (channel, data)


@given(st.lists(st.sampled_from([V5, V4, V1, "", "soap"])))
def test_an_agreed_protocol_was_offered(offered):
    try:
        agreed = channels.chosen(offered, remotecommand.PROTOCOLS)
    except StatusError:
        assert set(offered) == {"soap"}
    else:
        assert agreed in (offered or [""])


# What a session does to the world


async def test_a_file_that_is_written_is_there_for_others(web, call):
    writing = await into(call, "tar", "-xmf", "-", "-C", "/tmp", stdin="true").opened()
    writing.type(archive("note", b"remember\n"))
    writing.send(b"\xff\x00")
    assert (await writing.over()).status == SUCCESS
    assert (await into(call, "cat", "/tmp/note").over()).channels[1] == b"remember\n"


def archive(name, content):
    """A tar archive as kubectl cp sends it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


async def test_an_exec_alone_is_no_change(cluster, web, call):
    rows = in_thread(Change.objects.filter(cluster=cluster.pk).count)
    before = await rows()
    await into(call, "sh", "-c", "hostname; curl -s localhost").over()
    assert await rows() == before


async def test_a_request_made_inside_is_in_the_log_of_who_answered(cluster, web, call):
    socket = await into(call, "curl", "-s", "http://localhost/").over()
    assert b"Welcome to nginx" in socket.channels[1]
    assert b'"GET / HTTP/1.1" 200' in (await call("GET", f"{PODS}/web/log")).body
    assert traffic.of_cluster(cluster.pk).count == 1


async def test_a_deleted_pod_ends_who_is_inside(web, call):
    socket = into(call, "sh", stdin="true", tty="true")
    await socket.said(b"# ")
    await call("DELETE", f"{PODS}/web", {"gracePeriodSeconds": 0})
    await socket.over()
    assert socket.status["details"]["causes"][0]["message"] == "137"


async def test_a_server_that_ends_says_so(web, call):
    socket = into(call, "sh", stdin="true", tty="true")
    await socket.said(b"# ")
    followers().stop()
    assert (await socket.over()).closed == 1001


async def test_a_deleted_cluster_ends_who_is_inside(cluster, web, call):
    socket = into(call, "sh", stdin="true", tty="true")
    await socket.said(b"# ")
    await in_thread(actions.delete_cluster)(cluster.pk)
    assert (await socket.over()).closed == 1001


# attach


async def test_attach_shows_what_is_written_from_now_on(cluster, call):
    await script(cluster, call, "echo first; while true; do sleep 0.2; echo tick; done")
    socket = into(call, name="talk", stream="attach")
    await socket.said(b"tick\n")
    assert b"first" not in socket.channels[1]
    await socket.leave()


async def test_attach_ends_with_the_container(cluster, call):
    await script(cluster, call, "sleep 0.5; echo bye; exit 3", restartPolicy="Never")
    socket = await into(call, name="talk", stream="attach").opened()
    await settle(cluster, has_ended("talk"))
    await socket.over()
    assert socket.channels[1] == b"bye\n"
    assert socket.status == SUCCESS


async def test_attach_talks_to_a_shell_that_waits(cluster, call):
    await run_pod(cluster, call, "box", "busybox", stdin=True, tty=True, restartPolicy="Never")
    socket = into(call, name="box", stream="attach", stdin="true", tty="true")
    await socket.said(b"# ")
    socket.type(b"hostname\r")
    await socket.said(b"box\r\n")
    socket.type(b"exit 3\r")
    await socket.over()
    await settle(cluster, has_ended("box"))
    ended = memory.published(cluster.pk).get("Pod", "default", "box")["status"]["containerStatuses"][0]
    assert ended["state"]["terminated"]["exitCode"] == 3


async def test_debug_goes_into_an_ephemeral_container(cluster, web, call):
    added = {"name": "debugger", "image": "busybox", "stdin": True, "tty": True}
    await call(
        "PATCH",
        f"{PODS}/web/ephemeralcontainers",
        {"spec": {"ephemeralContainers": [added]}},
        content_type="application/strategic-merge-patch+json",
    )
    await settle(cluster, debugger_runs)
    socket = into(call, stream="attach", stdin="true", tty="true", container="debugger")
    await socket.said(b"# ")
    socket.type(b"hostname\r")
    await socket.said(b"web\r\n")
    await socket.leave()


def debugger_runs(image):
    """Whether the ephemeral container has been started."""
    statuses = image.get("Pod", "default", "web")["status"].get("ephemeralContainerStatuses") or [{}]
    return "running" in (statuses[0].get("state") or {})


# What it may cost


async def test_places_are_given_back_however_a_stream_ends(cluster, web, call):
    await into(call, "hostname").over()
    socket = await into(call, "sleep", "1000").opened()
    await until(lambda: places.taken(cluster.pk) == 1)
    await socket.leave()
    assert places.taken(cluster.pk) == 0


@pytest.mark.parametrize(("limit", "code"), [("A_CLUSTER", 429), ("A_PROCESS", 503)])
async def test_too_many_streams_are_refused(web, call, monkeypatch, limit, code):
    monkeypatch.setattr(places, limit, 1)
    first = await into(call, "sleep", "1000").opened()
    second = await into(call, "hostname").over()
    assert second.code == code
    assert second.refusal["details"]["retryAfterSeconds"] > 0
    await first.leave()
    assert (await into(call, "hostname").over()).status == SUCCESS


async def test_who_sends_and_does_not_read_is_hung_up_on(web, call, monkeypatch):
    monkeypatch.setattr(remotecommand, "MOST_UNREAD", 100_000)
    socket = into(call, "sh", stdin="true", tty="true")
    await socket.said(b"# ")
    socket.reading.clear()
    for _ in range(30):
        socket.type(b"x" * 5_000)
    await until(lambda: "websocket.close" in socket.offered)
    socket.reading.set()
    await socket.over()
    assert socket.closed == 1008


async def test_a_session_that_prints_for_ever_is_ended(web, call, monkeypatch):
    monkeypatch.setattr(session, "MOST_OUTPUT", 20_000)
    socket = await into(call, "sh", "-c", f"while true; do echo {'x' * 1_000}; done").over()
    assert 20_000 <= len(socket.channels[1]) < 40_000
    assert socket.status["status"] == "Failure"
