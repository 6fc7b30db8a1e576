"""Small things that people see who type into kubectl."""

import pytest

from tests.api.caller import PODS, TABLE, controller, pod

CONTROLLERS = "/api/v1/namespaces/default/replicationcontrollers"


async def test_a_scale_is_printed_with_its_own_columns(call):
    await call.post(CONTROLLERS, controller(replicas=2))
    table = await call.get(f"{CONTROLLERS}/web/scale", accept=TABLE)
    assert [column["name"] for column in table["columnDefinitions"]] == [
        "Name",
        "Desired",
        "Available",
        "Age",
    ]
    assert table["rows"][0]["cells"][:3] == ["web", 2, 0]


async def test_evictions_of_old_clients_are_still_taken(call):
    # kubectl 1.20 drains so, whatever versions the server names.
    await call.post(PODS, pod())
    eviction = {"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": {"name": "web"}}
    assert (await call.post(f"{PODS}/web/eviction", eviction))["status"] == "Success"
    assert (await call("GET", f"{PODS}/web")).code == 404


async def test_health_can_be_asked_for_in_detail(call):
    reply = await call("GET", "/readyz", verbose="")
    assert (reply.code, reply.body) == (200, b"[+]ping ok\nreadyz check passed\n")
    assert (await call("GET", "/livez/ping")).body == b"ok"
    for nothing in ("/livez/pong", "/livez/ping/pong"):
        assert (await call("GET", nothing)).code == 404


@pytest.mark.parametrize("root", ["", "/"])
async def test_the_root_names_paths_that_are_there(call, root):
    paths = (await call.get(root))["paths"]
    assert {"/api/v1", "/apis/apps/v1", "/healthz", "/openapi/v3"} <= set(paths)
    assert paths == sorted(paths)
    for path in paths:
        assert (await call("GET", path)).code == 200
