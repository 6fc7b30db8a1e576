"""A load balancer's address answers for real, and nothing else in a cluster does."""

import re
from types import SimpleNamespace

import pytest

from clusters import actions, keys, memory, traffic
from clusters.engine.network import Answer, TimedOut
from clusters.lb import app, limits
from clusters.models import Cluster
from tests.api.caller import in_thread
from tests.lb.conftest import PERSON, ready, run, settle
from tests.lb.visitor import Visitor

HIT = re.compile(r"You've hit kubia-\w{5}\n")


def ring(cluster):
    return list(traffic.of_cluster(cluster.pk).calls)


def visitor(cluster, service="kubia-http", namespace="default", **more):
    return Visitor(keys.link_of(cluster.pk, namespace, service), **more)


@pytest.fixture
def unlimited(monkeypatch):
    """Everybody may ask as often as he likes."""
    monkeypatch.setattr(limits, "admits", lambda cluster_id: True)


async def test_a_pod_answers_and_the_answer_is_text_that_no_browser_runs(ask):
    reply = await ask()
    assert reply.code == 200
    assert HIT.fullmatch(reply.text)
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-security-policy"] == "sandbox"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-length"] == str(len(reply.body))


async def test_every_ready_pod_gets_its_share(ask, cluster, unlimited):
    hit = {(await ask()).text for _ in range(100)}
    assert hit == {f"You've hit {name}\n" for name in ready(memory.published(cluster.pk))}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_the_pod_gets_the_method_and_path_as_they_are(ask, cluster, method):
    agent = ("user-agent", "Mozilla/5.0")
    reply = await ask("a%2Fb/../c", method, body=b"x" * 100_000, headers=[agent], query=b"q=%3Cb%3E")
    assert HIT.fullmatch(reply.text)
    (call,) = ring(cluster)
    assert (call.request.method, call.request.path) == (method, "/a%2Fb/../c?q=%3Cb%3E")
    assert call.request.header("user-agent") == "Mozilla/5.0"


async def test_head_says_how_long_the_answer_would_be(ask):
    reply = await ask(method="HEAD")
    assert (reply.code, reply.body) == (200, b"")
    assert reply.headers["content-length"] == str(len("You've hit kubia-xxxxx\n"))


async def test_an_unknown_method_is_refused_and_so_is_a_long_body(ask, cluster):
    reply = await ask(method="TRACE")
    assert (reply.code, "GET" in reply.headers["allow"]) == (405, True)
    assert (await ask(method="POST", body=b"x" * (app.LONGEST_BODY + 1))).code == 413
    assert not ring(cluster)


async def test_a_websocket_is_refused(cluster):
    sent = []

    async def send(message):
        sent.append(message["type"])

    scope = {"type": "websocket", "path": keys.link_of(cluster.pk, "default", "kubia-http"), "headers": []}
    await app.application(scope, None, send)
    assert sent == ["websocket.close"]


async def test_requests_are_remembered_as_from_the_internet_and_nobody_keeps_real_addresses(cluster):
    await visitor(cluster, address="10.1.2.3")()
    await visitor(cluster, address="10.1.2.4")()
    await visitor(cluster, address="10.1.2.3")()
    first, other, again = ring(cluster)
    assert isinstance(first.outcome, Answer)
    assert (first.source, first.port) == (None, 80)
    assert first.origin == again.origin
    assert first.origin.startswith("192.0.2.")
    assert other.origin.startswith("192.0.2.")
    assert "10.1.2" not in repr(ring(cluster))


async def test_what_a_browser_tells_this_site_no_pod_hears(ask, monkeypatch):
    asked = []
    request = app.Network.request
    monkeypatch.setattr(
        app.Network, "request", lambda *args, **more: asked.append(args[4]) or request(*args, **more)
    )
    await ask(headers=[("cookie", "sessionid=1"), ("authorization", "Bearer x"), ("x-other", "kept")])
    assert asked[0].headers == (("x-other", "kept"),)


async def test_the_same_visitor_stays_with_his_pod_if_the_service_says_so(cluster, unlimited):
    def verb(store):
        service = store.get("Service", "default", "kubia-http")
        store.update({**service, "spec": {**service["spec"], "sessionAffinity": "ClientIP"}})

    await in_thread(actions.transact)(cluster.pk, verb, actor="person:tester")
    per_visitor = [
        {(await visitor(cluster, address=f"10.0.0.{n}")()).text for _ in range(5)} for n in range(12)
    ]
    assert all(len(hit) == 1 for hit in per_visitor)
    assert len(set.union(*per_visitor)) > 1


async def test_nobody_gets_more_than_twenty_answers_a_second(ask, cluster, monkeypatch):
    now = 100.0
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: now))
    codes = [(await ask()).code for _ in range(25)]
    assert codes == [200] * 20 + [429] * 5
    refused = await ask()
    assert (refused.headers["retry-after"], refused.headers["content-type"][:10]) == ("1", "text/plain")
    now = 100.9
    assert (await ask()).code == 429
    now = 101.0
    assert (await ask()).code == 200
    assert len(ring(cluster)) == 21


async def test_one_cluster_does_not_use_up_what_another_may(ask, cluster, monkeypatch):
    monkeypatch.setattr(limits, "A_SECOND", 1)
    other = await in_thread(actions.create_cluster)(PERSON, nodes=1, delays="none")
    for _ in range(3):
        await ask()
    assert (await visitor(other)()).code == 404


async def test_names_that_are_none_cost_no_look_at_the_database(cluster, monkeypatch):
    monkeypatch.setattr(memory, "current", None)
    monkeypatch.setattr(memory, "follow", None)
    right = keys.public_name(cluster.pk)
    for name in (
        cluster.pk,
        "",
        "x" * 5_000,
        right[:-1],
        f"{right}a",
        f"x{right}",
        "%00",
        "é",
        right.upper(),
    ):
        reply = await Visitor(f"/lb/{name}/default/kubia-http/")()
        assert (reply.code, reply.headers["content-type"]) == (404, "text/plain; charset=utf-8"), name


async def test_a_cluster_that_is_gone_is_not_found(ask, cluster):
    await in_thread(Cluster.objects.filter(pk=cluster.pk).delete)()
    await in_thread(memory.drop)(cluster.pk)
    assert (await ask()).code == 404


def test_a_public_name_has_128_bits_that_do_not_follow_from_the_id(settings):
    name = keys.public_name("abcdefghijkm")
    assert re.fullmatch(r"abcdefghijkm-[a-z2-7]{26}", name)
    assert keys.cluster_named(name) == "abcdefghijkm"
    assert keys.public_name("abcdefghijkn")[13:] != name[13:]
    settings.SECRET_KEY = "another"
    assert keys.cluster_named(name) is None


async def test_services_that_the_world_does_not_reach_are_not_found(cluster):
    await in_thread(run)(cluster, name="inner", type_="ClusterIP", replicas=1)
    await in_thread(run)(cluster, name="nodes", type_="NodePort", replicas=1)
    for service in ("inner-http", "nodes-http", "no-such", "", "kubernetes"):
        assert (await visitor(cluster, service)()).code == 404
    assert (await visitor(cluster, "kubia-http", "kube-system")()).code == 404


async def test_addresses_in_place_of_a_service_lead_nowhere(cluster):
    image = memory.published(cluster.pk)
    pod = image.get("Pod", "default", ready(image)[0])
    for address in (
        pod["status"]["podIP"],
        image.get("Service", "default", "kubia-http")["spec"]["clusterIP"],
    ):
        assert (await visitor(cluster, address)()).code == 404
        assert (await visitor(cluster, f"{address}:8080")()).code == 404
    assert not ring(cluster)


async def test_a_port_is_chosen_by_number_or_name(cluster):
    def verb(store):
        service = store.get("Service", "default", "kubia-http")
        (port,) = service["spec"]["ports"]
        ports = [{**port, "name": "http"}, {**port, "name": "other", "port": 81}]
        store.update({**service, "spec": {**service["spec"], "ports": ports}})

    await in_thread(actions.transact)(cluster.pk, verb, actor="person:tester")
    await in_thread(settle)(cluster, lambda image: len(ready(image)) == 3)
    link = keys.link_of(cluster.pk, "default", "kubia-http").rstrip("/")
    for port in ("", ":80", ":81", ":other", "%3A81"):
        assert (await Visitor(f"{link}{port}/x")()).code == 200
        assert (await Visitor(f"{link}{port}")()).code == 200
    assert [call.port for call in ring(cluster)] == [80, 80, 80, 80, 81, 81, 81, 81, 81, 81]
    for port in (":82", ":8080", ":x", ":-1", ":٨٠"):
        assert (await Visitor(f"{link}{port}/")()).code == 404


async def test_without_a_public_address_it_says_so(bare):
    await in_thread(run)(bare)
    reply = await visitor(bare)()
    assert (reply.code, reply.text) == (503, "Service kubia-http has no public address yet.\n")


async def test_without_a_ready_pod_the_connection_is_refused(ask, cluster):
    await in_thread(scale_down)(cluster)
    reply = await ask()
    assert reply.code == 502
    assert reply.text == "Connection refused: no pod is ready behind Service kubia-http.\n"


def scale_down(cluster):
    """Has no pod of kubia left. They do not hear SIGTERM, so they are killed by force."""
    actions.scale(cluster.pk, PERSON, "ReplicationController", "default", "kubia", 0)
    for pod in list(memory.image(cluster.pk).list("Pod")):
        actions.kill_pod(cluster.pk, PERSON, "default", pod["metadata"]["name"], force=True)
    settle(cluster, lambda image: not image.count("Pod"))


async def test_where_nobody_listens_the_connection_is_refused(cluster):
    await in_thread(run)(cluster, name="wrong", port=9, replicas=1)
    await in_thread(settle)(cluster, lambda image: ready(image, "wrong-http"))
    reply = await visitor(cluster, "wrong-http")()
    assert reply.code == 502
    assert reply.text.startswith("Connection refused: nobody listens in pod wrong-")


async def test_a_program_that_speaks_no_http_is_a_bad_gateway(cluster):
    await in_thread(run)(cluster, name="redis", image="redis", port=6379, replicas=1)
    await in_thread(settle)(cluster, lambda image: ready(image, "redis-http"))
    reply = await visitor(cluster, "redis-http")()
    assert (reply.code, "does not speak HTTP" in reply.text) == (502, True)


async def test_requests_to_a_dead_node_are_lost_until_the_endpoints_know(ask, cluster, unlimited):
    await in_thread(actions.power)(cluster.pk, PERSON, "node-1", False)
    codes = {(await ask()).code for _ in range(60)}
    assert codes == {200, 504}
    lost = [call for call in ring(cluster) if isinstance(call.outcome, TimedOut)]
    assert lost
    assert all(call.origin.startswith("192.0.2.") for call in lost)


async def test_pods_are_killed_and_nobody_notices(ask, cluster, unlimited):
    for _ in range(3):
        victim = ready(memory.published(cluster.pk))[0]
        await in_thread(actions.kill_pod)(cluster.pk, PERSON, "default", victim)
        assert {(await ask()).code for _ in range(30)} == {200}
        await in_thread(settle)(cluster, lambda image, v=victim: len(set(ready(image)) - {v}) == 3)
        texts = {(await ask()).text for _ in range(30)}
        assert f"You've hit {victim}\n" not in texts
        assert all(HIT.fullmatch(text) for text in texts)


async def test_a_paused_cluster_answers_as_it_is(ask, cluster):
    await in_thread(actions.set_clock)(cluster.pk, PERSON, paused=True)
    assert (await ask()).code == 200
    assert (await ask()).code == 200
    first, second = ring(cluster)
    assert first.time == second.time


async def test_another_process_has_the_cluster_and_it_answers_here_too(ask, cluster):
    await in_thread(memory.drop_all)()
    assert (await ask()).code == 200


async def test_html_is_text_wherever_it_comes_from(cluster):
    reply = await visitor(cluster, "%3Cscript%3Ealert(1)%3C%2Fscript%3E")()
    assert (reply.code, reply.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    assert "<script>alert(1)</script>" in reply.text
    await in_thread(run)(cluster, name="page", image="nginx", port=80, replicas=1)
    await in_thread(settle)(cluster, lambda image: ready(image, "page-http"))
    page = await visitor(cluster, "page-http")()
    assert "<html>" in page.text
    assert page.headers["content-type"] == "text/plain; charset=utf-8"
    missing = await visitor(cluster, "page-http")("%3Cb%3E")
    assert (missing.code, missing.headers["content-security-policy"]) == (404, "sandbox")


async def test_a_server_that_fails_says_no_more_than_that(ask, monkeypatch, caplog):
    monkeypatch.setattr(app, "listening", lambda *arguments: 1 / 0)
    reply = await ask()
    assert (reply.code, reply.text) == (500, "The server failed.\n")
    assert "ZeroDivisionError" in caplog.text


async def test_a_foreign_host_is_refused(cluster, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    reply = await visitor(cluster)(headers=[("host", "evil.example")])
    assert reply.code == 400
