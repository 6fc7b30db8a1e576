"""WebSockets that come in: who gets what, and how the others are told that they do not."""

import pytest

from clusters import actions
from clusters.api.streams import door
from tests.api.caller import PODS, in_thread, pod
from tests.api.sockets import V4, Socket, has_ended, into, run_pod, script


@pytest.fixture
async def web(cluster, call):
    """A pod that runs."""
    return await run_pod(cluster, call)


@pytest.mark.parametrize("stream", ["exec", "attach", "portforward"])
@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("nobody", 404, 'pods "nobody" not found'),
        ("waiting", 400, "pod waiting does not have a host assigned"),
    ],
)
async def test_why_a_pod_cannot_be_reached_is_said_before_the_upgrade(call, stream, name, code, message):
    await call.post(PODS, pod("waiting"))
    socket = await into(call, "hostname", name=name, stream=stream, protocols=(V4,)).over()
    assert not socket.accepted
    assert (socket.code, socket.refusal["message"]) == (code, message)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ({"container": "other"}, 400, "container other is not valid for pod web"),
        ({"command": []}, 400, "you must specify at least 1 command"),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(web, call, options, code, message):
    socket = await into(call, **{"command": "hostname", **options}).over()
    assert (socket.code, socket.refusal["message"]) == (code, message)


async def test_a_container_that_does_not_run_is_not_found(cluster, call):
    await script(cluster, call, "true", done=has_ended, restartPolicy="Never")
    socket = await into(call, "hostname", name="talk").over()
    assert (socket.code, socket.refusal["message"]) == (500, 'container not found ("talk")')


async def test_a_machine_without_power_is_not_reached(cluster, web, call):
    await in_thread(actions.power)(cluster.pk, "tester", "node-1", False)
    socket = await into(call, "hostname").over()
    assert socket.code == 500
    assert socket.refusal["message"].startswith("error dialing backend: dial tcp ")
    assert ":10250: connect: no route to host" in socket.refusal["message"]


async def test_who_may_only_read_may_not_go_in(web, look):
    for stream in ("exec", "attach", "portforward"):
        socket = await into(look, "hostname", stream=stream).over()
        assert socket.code == 403
        assert f'cannot create resource "pods/{stream}"' in socket.refusal["message"]


async def test_a_wrong_key_opens_nothing(call):
    call.key = "a" * 26
    socket = await into(call, "hostname").over()
    assert (socket.code, socket.refusal["reason"]) == (401, "Unauthorized")


async def test_what_nobody_thought_of_is_an_internal_error(web, call, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(door, "Session", broken)
    socket = await into(call, "hostname").over()
    assert (socket.code, socket.refusal["message"]) == (500, "Internal error occurred")


@pytest.mark.parametrize(
    ("origin", "accepted"),
    [("https://evil.example", False), ("http://lifelines.example", True), ("null", False), ("", True)],
)
async def test_pages_of_others_are_refused(web, call, origin, accepted):
    headers = [("host", "lifelines.example"), *([("origin", origin)] if origin else [])]
    socket = await into(call, "hostname", headers=headers).over()
    assert socket.accepted == accepted
    assert accepted or socket.code == 403


async def test_a_server_that_cannot_answer_refuses_without_a_word(call):
    socket = await into(call, "hostname", extension=False).over()
    assert not socket.accepted
    assert socket.closed == 1008


@pytest.mark.parametrize(
    "path", ["/api/v1/pods", f"{PODS}/web", f"{PODS}/web/log", "/healthz", "/apis/apps/v1"]
)
async def test_nothing_else_is_served_over_websockets(call, path):
    socket = await Socket(call.key, path).over()
    assert socket.code == 400
    assert "only exec, attach and portforward" in socket.refusal["message"]


async def test_who_asks_for_spdy_is_told_the_true_reason(web, call):
    upgrade = [("connection", "Upgrade"), ("upgrade", "SPDY/3.1")]
    reply = await call("POST", f"{PODS}/nobody/exec", command="hostname", headers=upgrade)
    assert (reply.code, reply.message) == (404, 'pods "nobody" not found')
    reply = await call("POST", f"{PODS}/web/exec", command="hostname", headers=upgrade)
    assert (reply.code, reply.message) == (400, "SPDY/3.1 is not served, only WebSockets")
    reply = await call("GET", f"{PODS}/web/exec", command="hostname")
    assert (reply.code, reply.message) == (400, "Upgrade request required")
