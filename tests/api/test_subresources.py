"""Parts of objects with paths of their own: status, scale, binding, eviction, finalize."""

import asyncio

import pytest

from clusters import actions
from tests.api.caller import PODS, controller, pod

CONTROLLERS = "/api/v1/namespaces/default/replicationcontrollers"
MERGE = "application/merge-patch+json"


async def test_a_status_is_written_by_its_own_path_only(call):
    made = await call.post(CONTROLLERS, controller(replicas=2))
    changed = {**made, "spec": {**made["spec"], "replicas": 7}, "status": {"replicas": 1}}
    reply = await call("PUT", f"{CONTROLLERS}/web/status", changed)
    assert reply.code == 200
    assert (reply.json["spec"]["replicas"], reply.json["status"]["replicas"]) == (2, 1)
    changed["metadata"] = reply.json["metadata"]
    changed["status"] = {"replicas": 9}
    reply = await call("PUT", f"{CONTROLLERS}/web", changed)
    assert (reply.json["spec"]["replicas"], reply.json["status"]["replicas"]) == (7, 1)
    assert (await call.get(f"{CONTROLLERS}/web/status")) == reply.json


async def test_a_status_can_be_patched_and_tried(call):
    await call.post(CONTROLLERS, controller())
    patch = {"status": {"replicas": 3}}
    for query in ({"dryRun": "All"}, {}):
        reply = await call("PATCH", f"{CONTROLLERS}/web/status", patch, content_type=MERGE, **query)
        assert reply.json["status"]["replicas"] == 3
        stored = await call.get(f"{CONTROLLERS}/web")
        assert stored["status"]["replicas"] == (0 if query else 3)


async def test_a_controller_is_scaled_by_its_scale(call):
    await call.post(CONTROLLERS, controller(replicas=2))
    path = f"{CONTROLLERS}/web/scale"
    scale = await call.get(path)
    assert (scale["kind"], scale["apiVersion"]) == ("Scale", "autoscaling/v1")
    assert (scale["spec"], scale["status"]["selector"]) == ({"replicas": 2}, "app=web")
    scale["spec"]["replicas"] = 4
    assert (await call("PUT", path, scale)).json["spec"]["replicas"] == 4
    stale = await call("PUT", path, scale)
    assert (stale.code, stale.json["reason"]) == (409, "Conflict")
    reply = await call("PATCH", path, {"spec": {"replicas": 5}}, content_type=MERGE)
    assert (reply.json["kind"], reply.json["spec"]["replicas"]) == ("Scale", 5)
    tried = await call("PATCH", path, {"spec": {"replicas": 9}}, content_type=MERGE, dryRun="All")
    assert tried.json["metadata"]["resourceVersion"] == reply.json["metadata"]["resourceVersion"]
    assert (await call.get(f"{CONTROLLERS}/web"))["spec"]["replicas"] == 5


async def test_kubectl_puts_a_scale_without_saying_what_it_is(call):
    from tests.api.caller import ask

    await call.post(CONTROLLERS, controller(replicas=2))
    scope = {
        "type": "http",
        "method": "PUT",
        "path": f"/k8s/{call.key}{CONTROLLERS}/web/scale",
        "query_string": b"",
        "headers": [(b"accept", b"application/json, */*")],
        "client": None,
    }
    body = b'{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"web"},"spec":{"replicas":3}}'
    assert (await ask(scope, body)).json["spec"]["replicas"] == 3


@pytest.mark.parametrize(
    ("scale", "code"),
    [
        ({"metadata": {"name": "other"}, "spec": {"replicas": 1}}, 400),
        ({"metadata": {"name": "web"}, "spec": {"replicas": -1}}, 422),
        ({"metadata": {"name": "web"}, "spec": {"replicas": "many"}}, 400),
        ({"kind": "Pod", "metadata": {"name": "web"}}, 400),
    ],
)
async def test_a_scale_that_is_none_is_refused(call, scale, code):
    made = await call.post(CONTROLLERS, controller())
    assert (await call("PUT", f"{CONTROLLERS}/web/scale", scale)).code == code
    assert await call.get(f"{CONTROLLERS}/web") == made


@pytest.mark.parametrize("path", [f"{PODS}/web/binding", "/api/v1/namespaces/default/bindings"])
async def test_a_pod_is_bound_by_a_binding(call, path):
    await call.post(PODS, pod())
    binding = {"metadata": {"name": "web"}, "target": {"kind": "Node", "name": "node-1"}}
    status = await call.post(path, binding)
    assert (status["kind"], status["status"]) == ("Status", "Success")
    assert (await call.get(f"{PODS}/web"))["spec"]["nodeName"] == "node-1"
    again = await call("POST", path, binding)
    assert (again.code, again.json["reason"]) == (409, "Conflict")
    assert 'pod web is already assigned to node "node-1"' in again.message


@pytest.mark.parametrize(
    ("binding", "code", "said"),
    [
        ({"metadata": {"name": "web"}}, 422, "target.name: Required value"),
        (
            {"metadata": {"name": "web"}, "target": {"kind": "Pod", "name": "x"}},
            422,
            "target.kind: Unsupported",
        ),
        ({"metadata": {"name": "other"}, "target": {"name": "node-1"}}, 400, "name in URL does not match"),
    ],
)
async def test_a_binding_that_says_too_little_is_refused(call, binding, code, said):
    await call.post(PODS, pod())
    reply = await call("POST", f"{PODS}/web/binding", binding)
    assert reply.code == code
    assert said in reply.message
    assert "nodeName" not in (await call.get(f"{PODS}/web"))["spec"]


async def test_a_pod_that_no_budget_protects_is_evicted(call):
    await call.post(PODS, pod())
    eviction = {"metadata": {"name": "web"}, "deleteOptions": {"dryRun": ["All"]}}
    assert (await call.post(f"{PODS}/web/eviction", eviction))["status"] == "Success"
    assert (await call("GET", f"{PODS}/web")).code == 200
    del eviction["deleteOptions"]
    assert (await call.post(f"{PODS}/web/eviction", eviction))["status"] == "Success"
    assert (await call("GET", f"{PODS}/web")).code == 404
    assert (await call("POST", f"{PODS}/web/eviction", eviction)).code == 404


async def test_a_namespace_goes_when_it_is_finalized(call):
    await call.post("/api/v1/namespaces", {"metadata": {"name": "blue"}})
    doomed = (await call("DELETE", "/api/v1/namespaces/blue")).json
    assert doomed["status"]["phase"] == "Terminating"
    stale = {**doomed, "metadata": {**doomed["metadata"], "resourceVersion": "1"}, "spec": {}}
    assert (await call("PUT", "/api/v1/namespaces/blue/finalize", stale)).code == 409
    assert (await call("PUT", "/api/v1/namespaces/blue/finalize", doomed)).code == 200
    assert (await call("GET", "/api/v1/namespaces/blue")).code == 200
    reply = await call("PUT", "/api/v1/namespaces/blue/finalize", {**doomed, "spec": {"finalizers": []}})
    assert reply.code == 200
    assert (await call("GET", "/api/v1/namespaces/blue")).code == 404


@pytest.mark.parametrize("part", ["exec", "attach", "portforward"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_stream_needs_an_upgrade(call, cluster, part, method):
    await call.post(PODS, pod())
    while (await asyncio.wrap_future(actions.reconcile(cluster.pk, "tester", 500, 1.0))).more:
        pass
    query = {"stdout": "true", **({"command": "ls"} if part == "exec" else {})}
    reply = await call(method, f"{PODS}/web/{part}", **query)
    assert (reply.code, reply.message) == (400, "Upgrade request required")
