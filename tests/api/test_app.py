"""Paths, methods and keys: who gets in, and to whom a request is brought."""

import logging

import orjson
import pytest

from clusters import actions, keys, memory
from clusters.api import app, doors
from clusters.api.request import target_of
from clusters.models import Cluster
from clusters.writer import writer
from tests.api.caller import PODS, Caller, ask, config_map, in_thread, pod

pytestmark = pytest.mark.usefixtures("serving")


async def test_a_key_that_opens_nothing_is_unauthorized_in_the_form_of_a_status():
    reply = await Caller("nonsense")("GET", "/api")
    assert reply.code == 401
    assert reply.json == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Unauthorized",
        "reason": "Unauthorized",
        "code": 401,
    }


@pytest.mark.parametrize("key", ["", "%00", "a" * 5000, "ключ", "\udcff"])
async def test_a_key_may_be_any_text(key):
    assert (await Caller(key)("GET", "/api")).code == 401


async def test_who_tries_many_keys_has_to_wait_while_others_do_not(call):
    await call.get("/api")
    stranger = Caller("nonsense", address="10.0.0.9")
    codes = [(await Caller(f"guess-{n}", "10.0.0.9")("GET", "/api")).code for n in range(doors.FAILURES)]
    assert set(codes) == {401}
    refused = await stranger("GET", "/api")
    assert refused.code == 429
    assert refused.json["reason"] == "TooManyRequests"
    assert 0 < int(refused.all("retry-after")[0]) <= 61
    assert (await Caller("nonsense", "10.0.0.10")("GET", "/api")).code == 401
    neighbour = Caller(call.key, address="10.0.0.9")
    keys._cache.clear()
    assert (await neighbour("GET", "/api")).code == 200


async def test_who_waited_a_minute_may_try_again(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(doors.time, "monotonic", lambda: now[0])
    for n in range(doors.FAILURES):
        await Caller(f"guess-{n}")("GET", "/api")
    assert (await Caller("guess")("GET", "/api")).code == 429
    now[0] += doors.WINDOW + 1
    assert (await Caller("guess")("GET", "/api")).code == 401


async def test_a_bearer_token_opens_the_cluster_that_the_path_names(cluster, call):
    token = [("authorization", f"Bearer {call.key}")]
    for named in (cluster.pk, call.key):
        assert (await Caller(named)("GET", "/api", headers=token)).code == 200
    assert (await Caller(cluster.pk)("GET", "/api")).code == 401
    assert (await Caller("other")("GET", "/api", headers=token)).code == 401


async def test_the_bearer_token_decides_what_may_be_done(call, look):
    reader = [("authorization", f"Bearer {look.key}")]
    assert (await Caller(call.key)("POST", PODS, pod(), headers=reader)).code == 403
    bad = [("authorization", "Bearer nonsense")]
    assert (await Caller(call.key)("GET", "/api", headers=bad)).code == 401


async def test_a_token_of_one_cluster_opens_no_other(call):
    other = await in_thread(actions.create_cluster)("tester")
    token = [("authorization", f"Bearer {call.key}")]
    theirs = await in_thread(keys.key_of)(other.pk, keys.WRITE)
    assert (await Caller(other.pk)("GET", "/api", headers=token)).code == 401
    assert (await Caller(theirs)("GET", "/api", headers=token)).code == 401


async def test_a_replaced_key_opens_nothing(cluster, call):
    await call.get("/api")
    await in_thread(keys.replace)(cluster.pk)
    assert (await call("GET", "/api")).code == 401


async def test_a_cluster_that_was_deleted_meanwhile_is_nobodys(cluster, call):
    await call.get(PODS)
    await in_thread(Cluster.objects.filter(pk=cluster.pk).delete)()
    assert (await call("POST", PODS, pod())).code == 401


async def test_a_reader_may_read_and_ask_who_he_is(look):
    await look.get(PODS)
    review = await look.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    assert review["status"]["userInfo"] == {"username": "reader", "groups": ["system:authenticated"]}


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("POST", PODS, 'pods is forbidden: User "reader" cannot create resource "pods"'),
        ("PUT", f"{PODS}/x", 'pods "x" is forbidden: User "reader" cannot update resource "pods"'),
        ("DELETE", f"{PODS}/x", 'pods "x" is forbidden: User "reader" cannot delete resource "pods"'),
        ("DELETE", PODS, 'pods is forbidden: User "reader" cannot deletecollection resource "pods"'),
        ("GET", f"{PODS}/x/exec", 'pods "x" is forbidden: User "reader" cannot get resource "pods/exec"'),
    ],
)
async def test_a_reader_may_not_change_anything(look, method, path, said):
    reply = await look(method, path)
    assert (reply.code, reply.json["reason"]) == (403, "Forbidden")
    assert reply.message == f'{said} in API group "" in the namespace "default"'


async def test_a_reader_may_not_touch_what_is_in_no_namespace(look):
    reply = await look("DELETE", "/api/v1/nodes/node-1")
    assert reply.message.endswith('cannot delete resource "nodes" in API group "" at the cluster scope')


@pytest.mark.parametrize(
    "path",
    [
        "/nonsense",
        "/api/v2",
        "/api/v1/nonsense",
        "/apis/nonsense/v1",
        "/apis/apps/v1beta1/deployments",
        "/api/v1/pods/web",
        "/api/v1/namespaces/default/nodes",
        "/api/v1/namespaces/default/pods/web/nonsense",
        "/api/v1/namespaces/default/pods/web/log/more",
        "/api/v1/namespaces/default//web",
        "/openapi/v3/api/v9",
        "/openapi",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_path_is_told_in_a_status(call, path, method):
    reply = await call(method, path)
    assert (reply.code, reply.json["reason"]) == (404, "NotFound")
    assert reply.message == "the server could not find the requested resource"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api"),
        ("DELETE", "/version"),
        ("POST", f"{PODS}/web"),
        ("PUT", PODS),
        ("PATCH", PODS),
        ("POST", "/api/v1/pods"),
        ("DELETE", "/api/v1/pods"),
        ("DELETE", "/api/v1/namespaces"),
        ("POST", "/api/v1/componentstatuses"),
        ("HEAD", PODS),
        ("OPTIONS", PODS),
        ("BREW", PODS),
        ("DELETE", f"{PODS}/web/status"),
    ],
)
async def test_a_method_that_a_path_does_not_take_is_not_allowed(call, method, path):
    reply = await call(method, path)
    assert (reply.code, reply.json["reason"]) == (405, "MethodNotAllowed")


@pytest.mark.parametrize("path", ["/api/v1", "/apis", "/version", PODS, "/api/v1/nodes/node-1", "/apis/apps"])
async def test_a_slash_at_the_end_changes_nothing(call, path):
    plain, slashed = await call("GET", path), await call("GET", f"{path}/")
    assert plain.code == slashed.code == 200
    assert plain.body == slashed.body


def test_a_path_is_taken_apart():
    target = target_of("/api/v1/namespaces/a/pods/b/log")
    assert (target.namespace, target.plural, target.name, target.subresource) == ("a", "pods", "b", "log")
    target = target_of("/api/v1/namespaces/a")
    assert (target.namespace, target.plural, target.name) == ("", "namespaces", "a")
    target = target_of("/api/v1/namespaces/a/status")
    assert (target.plural, target.name, target.subresource) == ("namespaces", "a", "status")
    target = target_of("/apis/apps/v1/namespaces/status/deployments/")
    assert (target.group, target.plural, target.namespace) == ("apps", "deployments", "status")
    assert target_of("/apis/apps/v1/namespaces//deployments") is None


async def test_what_goes_wrong_inside_is_told_in_the_log_and_not_to_the_client(call, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("secret thought")

    monkeypatch.setattr(app, "target_of", broken)
    reply = await call("GET", PODS)
    assert (reply.code, reply.json["reason"]) == (500, "InternalError")
    assert "secret" not in reply.message
    assert "secret thought" in caplog.text


async def test_every_request_is_a_line_of_the_access_log(call, caplog):
    caplog.set_level(logging.INFO, "clusters.api.access")
    await call("GET", PODS, limit="500")
    await call("DELETE", f"{PODS}/none")
    lines = [record.getMessage() for record in caplog.records if record.name == "clusters.api.access"]
    assert [line.rsplit(" ", 2)[0] for line in lines] == [
        f"GET /k8s/{call.key}{PODS}?limit=500 200",
        f"DELETE /k8s/{call.key}{PODS}/none 404",
    ]


async def test_a_client_that_goes_while_it_sends_leaves_nothing_behind(call):
    sent = []

    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/k8s/{call.key}{PODS}",
        "query_string": b"",
        "headers": [],
        "client": None,
    }
    await app.application(scope, receive, send)
    assert sent == []
    assert (await call.get(PODS))["items"] == []


async def test_the_journal_names_the_client(cluster, call):
    from clusters import journal

    await call.post(PODS, pod("a"), headers=[("kubectl-command", "kubectl run")])
    agent = "python-requests/2.32 (linux)"
    await call.post(PODS, pod("b"), headers=[("user-agent", agent)])
    await call.post(PODS, pod("c"), headers=[("user-agent", "x" * 300)])
    actors = [change.actor for change in await in_thread(journal.history)(cluster.pk)][-3:]
    assert actors == ["client:kubectl run", "client:python-requests/2.32", "client:" + "x" * 100]


async def test_answers_are_not_cached_and_name_their_length(call):
    reply = await call("POST", "/api/v1/namespaces/default/configmaps", config_map())
    assert reply.all("cache-control") == ["no-cache, private"]
    assert reply.all("content-type") == ["application/json"]
    assert int(reply.all("content-length")[0]) == len(reply.body)
    assert orjson.loads(reply.body)["metadata"]["name"] == "settings"


async def test_a_query_with_too_many_parameters_is_refused(call):
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/k8s/{call.key}{PODS}",
        "query_string": b"&".join(b"a=1" for _ in range(2000)),
        "headers": [],
        "client": ("127.0.0.1", 1),
    }
    assert (await ask(scope)).code == 400


async def test_it_works_in_a_process_that_has_no_writer_yet(call):
    await in_thread(writer.stop)()
    memory.drop_all()
    assert (await call.get(PODS))["kind"] == "PodList"
    await in_thread(writer.stop)()
    assert (await call.post(PODS, pod()))["kind"] == "Pod"
