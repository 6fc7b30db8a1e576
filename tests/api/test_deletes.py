"""DELETE: of one object or of what selectors choose, by the options of body or query."""

import pytest

from clusters.models import Cluster
from tests.api.caller import PODS, config_map, controller, in_thread, pod

MAPS = "/api/v1/namespaces/default/configmaps"
CONTROLLERS = "/api/v1/namespaces/default/replicationcontrollers"


async def test_a_deleted_object_is_told_as_the_kind_is_used_to(call):
    made = await call.post(MAPS, config_map())
    reply = await call("DELETE", f"{MAPS}/settings")
    assert reply.code == 200
    assert reply.json == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {"name": "settings", "kind": "configmaps", "uid": made["metadata"]["uid"]},
    }
    await call.post(PODS, pod())
    reply = await call("DELETE", f"{PODS}/web")
    assert (reply.code, reply.json["kind"], reply.json["metadata"]["name"]) == (200, "Pod", "web")
    assert (await call("GET", f"{PODS}/web")).code == 404


async def test_a_deletion_that_has_to_wait_answers_the_object(call):
    made = controller()
    made["metadata"]["finalizers"] = ["example.com/wait"]
    await call.post(CONTROLLERS, made)
    reply = await call("DELETE", f"{CONTROLLERS}/web", {"orphanDependents": False})
    assert reply.code == 202
    assert "deletionTimestamp" in reply.json["metadata"]
    assert (await call.get(f"{CONTROLLERS}/web"))["metadata"]["deletionTimestamp"]


@pytest.mark.parametrize(
    ("options", "finalizers"),
    [
        ({"propagationPolicy": "Background"}, None),
        ({"propagationPolicy": "Foreground"}, ["foregroundDeletion"]),
        ({"propagationPolicy": "Orphan"}, ["orphan"]),
        ({"orphanDependents": True}, ["orphan"]),
        ({"orphanDependents": False}, None),
        ({}, ["orphan"]),
    ],
)
@pytest.mark.parametrize("place", ["body", "query"])
async def test_a_controller_goes_as_the_options_say(call, options, finalizers, place):
    await call.post(CONTROLLERS, controller())
    if place == "body":
        await call("DELETE", f"{CONTROLLERS}/web", {"kind": "DeleteOptions", "apiVersion": "v1", **options})
    else:
        query = {
            name: str(value).lower() if value in (True, False) else value for name, value in options.items()
        }
        await call("DELETE", f"{CONTROLLERS}/web", **query)
    left = await call("GET", f"{CONTROLLERS}/web")
    assert left.json.get("metadata", {}).get("finalizers") == finalizers
    assert (left.code == 404) == (finalizers is None)


async def test_preconditions_of_a_deletion_are_kept(call):
    made = await call.post(MAPS, config_map())
    for wrong in ({"uid": "other"}, {"resourceVersion": "1"}):
        reply = await call("DELETE", f"{MAPS}/settings", {"preconditions": wrong})
        assert (reply.code, reply.json["reason"]) == (409, "Conflict")
        assert "Precondition failed" in reply.message
    right = {name: made["metadata"][name] for name in ("uid", "resourceVersion")}
    assert (await call("DELETE", f"{MAPS}/settings", {"preconditions": right})).code == 200


@pytest.mark.parametrize(
    "options",
    [
        {"propagationPolicy": "Sideways"},
        {"propagationPolicy": "Orphan", "orphanDependents": True},
        {"dryRun": ["Some"]},
    ],
)
async def test_delete_options_that_there_are_not_are_invalid(call, options):
    await call.post(MAPS, config_map())
    reply = await call("DELETE", f"{MAPS}/settings", options)
    assert (reply.code, reply.json["reason"]) == (422, "Invalid")
    assert reply.message.startswith('DeleteOptions.meta.k8s.io "" is invalid: ')
    assert (await call("GET", f"{MAPS}/settings")).code == 200


@pytest.mark.parametrize(
    ("body", "query"),
    [
        (b"{", {}),
        (b"[]", {}),
        ({"kind": "Pod"}, {}),
        ({"gracePeriodSeconds": "x"}, {}),
        (b"", {"gracePeriodSeconds": "x"}),
    ],
)
async def test_delete_options_that_cannot_be_read_are_refused(call, body, query):
    await call.post(MAPS, config_map())
    assert (await call("DELETE", f"{MAPS}/settings", body, **query)).code == 400
    assert (await call("GET", f"{MAPS}/settings")).code == 200


async def test_a_pod_on_a_node_is_given_the_time_that_is_asked_for(call):
    made = pod()
    made["spec"]["nodeName"] = "node-1"
    await call.post(PODS, made)
    reply = await call("DELETE", f"{PODS}/web", {"gracePeriodSeconds": 7})
    assert reply.json["metadata"]["deletionGracePeriodSeconds"] == 7
    reply = await call("DELETE", f"{PODS}/web", gracePeriodSeconds="0")
    assert (await call("GET", f"{PODS}/web")).code == 404


async def test_a_pod_that_a_client_deletes_counts_as_killed(call, cluster):
    await call.post(PODS, pod())
    await call("DELETE", f"{PODS}/web", dryRun="All")
    await call("DELETE", f"{PODS}/web")
    assert await in_thread(lambda: Cluster.objects.get(pk=cluster.pk).kills)() == 1


async def test_what_selectors_choose_is_deleted_together(call, cluster):
    for name, tier in (("a", "front"), ("b", "back"), ("c", "front")):
        made = config_map(name)
        made["metadata"]["labels"] = {"tier": tier}
        await call.post(MAPS, made)
    tried = await call("DELETE", MAPS, labelSelector="tier=front", dryRun="All")
    assert len((await call.get(MAPS))["items"]) == 3
    reply = await call("DELETE", MAPS, labelSelector="tier=front")
    assert reply.json["kind"] == "ConfigMapList"
    for listed in (tried, reply):
        assert [item["metadata"]["name"] for item in listed.json["items"]] == ["a", "c"]
    assert [item["metadata"]["name"] for item in (await call.get(MAPS))["items"]] == ["b"]
