"""GET of a pod's log, at once and followed."""

import asyncio
import re
from math import inf
from urllib.parse import urlencode

import pytest

from clusters import actions, memory, steady, traffic
from clusters.api.app import application
from clusters.api.followers import followers
from clusters.api.reads import simulated_now
from clusters.api.streams import places
from clusters.engine.network import Answer, Call, Request, Response
from clusters.engine.objects import Key
from tests.api.caller import PODS, in_thread, pod
from tests.api.sockets import has_ended, run_pod, script, settle
from tests.api.watchers import until


class Follow:
    """A client that follows a log. `text` is what it has read, `code` how it was answered."""

    def __init__(self, key, path, **query):
        self.code, self.text, self.ended = 0, "", False
        self.reading = asyncio.Event()
        self.reading.set()
        self._gone = asyncio.Event()
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"/k8s/{key}{path}",
            "query_string": urlencode({"follow": "true", **query}).encode(),
            "headers": [],
            "client": ("127.0.0.1", 1),
        }
        self.task = asyncio.create_task(application(scope, self._receive, self._send))

    async def _receive(self):
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        await self.reading.wait()
        if message["type"] == "http.response.start":
            self.code = message["status"]
            return
        self.text += message["body"].decode()
        self.ended = not message.get("more_body")

    @property
    def lines(self):
        return self.text.splitlines()

    async def over(self, within=10.0):
        """Waits until the server has ended the answer."""
        async with asyncio.timeout(within):
            await asyncio.wait([self.task])
        self.task.result()
        return self

    async def leave(self):
        """Hangs up."""
        self._gone.set()
        return await self.over()


async def test_a_log_is_plain_text(cluster, call):
    await run_pod(cluster, call)
    reply = await call("GET", f"{PODS}/web/log")
    assert reply.code == 200
    assert reply.all("content-type") == ["text/plain"]
    assert "start worker processes" in reply.body.decode()


async def test_who_may_read_may_read_logs(cluster, call, look):
    await run_pod(cluster, call)
    assert (await look("GET", f"{PODS}/web/log")).code == 200


async def test_options_choose_lines(cluster, call):
    await script(cluster, call, "echo one; echo two; echo three; sleep 1000")
    path = f"{PODS}/talk/log"
    assert (await call("GET", path, tailLines="2")).body == b"two\nthree\n"
    assert (await call("GET", path, tailLines="0")).body == b""
    assert (await call("GET", path, limitBytes="6")).body == b"one\ntw"
    assert (await call("GET", path, sinceTime="2100-01-01T00:00:00Z")).body == b""
    stamped = (await call("GET", path, timestamps="true", tailLines="1")).body.decode()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z three\n", stamped)


async def test_one_stream_of_two(cluster, call):
    await script(cluster, call, "echo said; ls /nowhere; sleep 1000")
    path = f"{PODS}/talk/log"
    assert (await call("GET", path, stream="Stdout")).body == b"said\n"
    errors = (await call("GET", path, stream="Stderr")).body
    assert b"/nowhere" in errors
    assert b"said" not in errors
    refused = await call("GET", path, stream="Stdout", tailLines="1")
    assert refused.code == 422
    assert "mutually exclusive" in refused.message


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ({"tailLines": "x"}, 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        (
            {"tailLines": "-1"},
            422,
            'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal'
            " to 0",
        ),
        (
            {"stream": "Both"},
            422,
            'PodLogOptions "web" is invalid: stream: Unsupported value: "Both": supported values: "All",'
            ' "Stderr", "Stdout"',
        ),
        ({"container": "other"}, 400, "container other is not valid for pod web"),
        ({"previous": "true"}, 400, 'previous terminated container "web" in pod "web" not found'),
    ],
)
async def test_options_that_make_no_sense_are_refused(cluster, call, query, code, message):
    await run_pod(cluster, call)
    for follow in ({}, {"follow": "true"}):
        reply = await call("GET", f"{PODS}/web/log", **query, **follow)
        assert (reply.code, reply.message) == (code, message)


async def test_there_is_no_log_without_a_pod(call):
    reply = await call("GET", f"{PODS}/web/log")
    assert (reply.code, reply.message) == (404, 'pods "web" not found')


async def test_a_pod_on_no_node_has_no_content(cluster, call):
    await call.post(PODS, pod())
    for follow in ("false", "true"):
        reply = await call("GET", f"{PODS}/web/log", follow=follow)
        assert (reply.code, reply.body) == (204, b"")


async def test_a_container_that_waits_says_for_what(cluster, call):
    await run_pod(cluster, call, image="no-such-image", done=waits)
    reply = await call("GET", f"{PODS}/web/log", follow="true")
    assert reply.code == 400
    assert reply.message.startswith('container "web" in pod "web" is waiting to start: ')


def waits(name):
    """Whether a pod's container waits for its image."""

    def check(image):
        statuses = image.get("Pod", "default", name)["status"].get("containerStatuses") or [{}]
        return "image" in str(statuses[0].get("state")).lower()

    return check


async def test_a_log_is_followed_as_time_passes_and_ends_with_its_container(cluster, call):
    await script(cluster, call, "echo one; sleep 0.3; echo two; sleep 0.3; echo three", restartPolicy="Never")
    following = Follow(call.key, f"{PODS}/talk/log")
    await until(lambda: "two" in following.text)
    await settle(cluster, has_ended("talk"))
    await following.over()
    assert following.lines == ["one", "two", "three"]
    assert following.ended
    assert places.taken(cluster.pk) == 0


async def test_a_paused_clock_writes_nothing(cluster, call):
    await script(cluster, call, "while true; do echo tick; sleep 0.1; done")
    await in_thread(actions.set_clock)(cluster.pk, "tester", paused=True)
    following = Follow(call.key, f"{PODS}/talk/log")
    await until(lambda: following.code == 200)
    await asyncio.sleep(0.1)
    before = len(following.lines)
    await asyncio.sleep(0.4)
    assert len(following.lines) == before
    await in_thread(actions.set_clock)(cluster.pk, "tester", paused=False)
    await until(lambda: len(following.lines) > before)
    await following.leave()


async def test_a_fast_clock_is_followed_as_fast(cluster, call):
    await script(cluster, call, "echo one; sleep 30; echo two; sleep 1000")
    following = Follow(call.key, f"{PODS}/talk/log")
    await until(lambda: following.text)
    await in_thread(actions.set_clock)(cluster.pk, "tester", speed=20)
    await until(lambda: following.lines == ["one", "two"], within=20)
    await following.leave()


async def test_a_server_that_ends_ends_what_is_followed(cluster, call):
    await run_pod(cluster, call)
    following = Follow(call.key, f"{PODS}/web/log")
    await until(lambda: following.text)
    followers().stop()
    assert (await following.over()).ended


async def test_a_machine_that_loses_power_says_no_more(cluster, call):
    await run_pod(cluster, call)
    following = Follow(call.key, f"{PODS}/web/log")
    await until(lambda: following.text)
    await in_thread(actions.power)(cluster.pk, "tester", "node-1", False)
    assert (await following.over()).ended
    reply = await call("GET", f"{PODS}/web/log")
    assert reply.code == 500
    assert "no route to host" in reply.message


async def test_a_log_that_has_ended_is_followed_to_its_end(cluster, call):
    await script(cluster, call, "echo done", done=has_ended, restartPolicy="Never")
    following = await Follow(call.key, f"{PODS}/talk/log").over()
    assert following.lines == ["done"]


async def test_the_log_of_a_deleted_pod_ends(cluster, call):
    await run_pod(cluster, call)
    following = Follow(call.key, f"{PODS}/web/log")
    await until(lambda: following.text)
    await call("DELETE", f"{PODS}/web", {"gracePeriodSeconds": 0})
    await following.over()
    assert following.ended


async def test_what_is_served_is_in_the_log_at_once(cluster, call):
    stored = await run_pod(cluster, call)
    following = Follow(call.key, f"{PODS}/web/log", tailLines="0")
    await until(lambda: following.code == 200)
    now = simulated_now(memory.published(cluster.pk))
    traffic.of_cluster(cluster.pk).record(served(now, stored["metadata"]["uid"]))
    await until(lambda: '"GET /seen HTTP/1.1" 200' in following.text)
    await following.leave()


def served(now, uid):
    """A request that a pod has answered."""
    key = Key("Pod", "default", "web")
    answer = Answer(None, key, 80, None, "10.0.0.9", Response(200, (), b"hello"))
    return Call(now, None, "10.0.0.9", "web", 80, answer, uid, Request(path="/seen"))


async def test_what_a_container_calls_again_and_again_is_in_both_logs(cluster, call):
    steady.forget()
    web = await run_pod(cluster, call)
    await until(lambda: address(cluster, "web"))
    await script(cluster, call, f"while true; do wget -qO- {address(cluster, 'web')}; sleep 0.2; done")
    calling = Follow(call.key, f"{PODS}/talk/log")
    serving = Follow(call.key, f"{PODS}/web/log")
    await until(lambda: calling.text.count("<title>Welcome to nginx!</title>") >= 2)
    await until(lambda: serving.text.count('"GET / HTTP/1.1" 200') >= 2)
    reply = await call("GET", f"{PODS}/web/log")
    assert reply.body.decode().count('"Wget"') >= 2
    assert {made.pod_uid for made in await in_thread(steady.calls)(cluster.pk, 0, inf)} == {
        web["metadata"]["uid"]
    }
    await calling.leave()
    await serving.leave()


def address(cluster, name):
    """The pod's address, "" while it has none."""
    found = memory.published(cluster.pk).get("Pod", "default", name)
    return (found.get("status") or {}).get("podIP", "")


async def test_who_leaves_frees_his_place(cluster, call):
    await run_pod(cluster, call)
    following = Follow(call.key, f"{PODS}/web/log")
    await until(lambda: following.text)
    assert places.taken(cluster.pk) == 1
    await following.leave()
    assert places.taken(cluster.pk) == 0


async def test_a_cluster_has_room_for_so_many_streams(cluster, call, monkeypatch):
    monkeypatch.setattr(places, "A_CLUSTER", 2)
    await run_pod(cluster, call)
    open_ = [Follow(call.key, f"{PODS}/web/log") for _ in range(2)]
    await until(lambda: all(following.text for following in open_))
    reply = await call("GET", f"{PODS}/web/log", follow="true")
    assert (reply.code, reply.json["reason"]) == (429, "TooManyRequests")
    assert (await call("GET", f"{PODS}/web/log")).code == 200
    for following in open_:
        await following.leave()


async def test_limit_bytes_ends_what_is_followed(cluster, call):
    await script(cluster, call, "while true; do echo tick; sleep 0.1; done")
    following = await Follow(call.key, f"{PODS}/talk/log", limitBytes="12").over()
    assert following.text == "tick\ntick\nti"


async def test_who_does_not_read_is_not_written_for(cluster, call):
    await script(cluster, call, "while true; do echo tick; sleep 0.1; done")
    following = Follow(call.key, f"{PODS}/talk/log")
    await until(lambda: following.text)
    following.reading.clear()
    await asyncio.sleep(0.3)
    following.reading.set()
    await until(lambda: len(following.lines) > 4)
    assert set(following.lines) == {"tick"}
    await following.leave()
