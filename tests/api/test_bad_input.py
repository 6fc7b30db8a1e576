"""Requests that make no sense: each is refused with upstream's Status, and nothing is written.

`bad_input.yaml` is the table: what is done with which body, and the code, the reason and the message of the
Status. A message that ends in "..." says only how it begins. Bodies that are texts are sent as they are,
a byte for each character; others as JSON.
"""

import itertools
from pathlib import Path

import pytest
import yaml
from django.test import override_settings

from clusters import actions, keys
from clusters.api.app import application
from clusters.api.request import MAX_BODY
from clusters.models import Cluster
from tests.api.caller import PODS, Caller, config_map, controller, in_thread, pod

TABLE = yaml.safe_load(Path(__file__).with_name("bad_input.yaml").read_text())

MAPS = "/api/v1/namespaces/default/configmaps"
CONTROLLERS = "/api/v1/namespaces/default/replicationcontrollers"
PATHS = {
    "CONTROLLERS": CONTROLLERS,
    "DEPLOYMENTS": "/apis/apps/v1/namespaces/default/deployments",
    "MAP": f"{MAPS}/settings",
    "MAPS": MAPS,
    "POD": f"{PODS}/web",
    "PODS": PODS,
    "SCALE": f"{CONTROLLERS}/web/scale",
}
CHUNK = 64 * 1024


async def revision(cluster):
    return await in_thread(lambda: Cluster.objects.get(pk=cluster.pk).revision)()


@pytest.fixture
async def filled(call, cluster):
    """The cluster with something to aim at; its revision."""
    await call.post(MAPS, config_map(a="1"))
    await call.post(PODS, pod())
    await call.post(CONTROLLERS, controller())
    return await revision(cluster)


async def send(call, row):
    """Sends the request of a row."""
    method, _, path = row["do"].partition(" ")
    name, slash, rest = path.partition("/")
    body = row.get("body", "")
    return await call(
        method,
        PATHS.get(name, "") + slash + rest,
        body.encode("latin-1") if isinstance(body, str) else body,
        content_type=row.get("type", ""),
        accept=row.get("accept", "application/json"),
        **row.get("query", {}),
    )


def shown(reply, like):
    """A Status as its row has it: code and reason, and as much of the message as the row says."""
    status = reply.json
    assert (status["kind"], status["apiVersion"], status["status"]) == ("Status", "v1", "Failure")
    assert status["code"] == reply.code
    said = status["message"]
    if like.endswith("..."):
        said = said[: len(like) - 3] + "..."
    return f"{reply.code} {status['reason']}", said


@pytest.mark.parametrize("group", TABLE)
async def test_what_makes_no_sense_is_refused_and_not_written(call, cluster, filled, group):
    answers = [shown(await send(call, row), row["says"]) for row in TABLE[group]]
    assert answers == [(row["gets"], row["says"]) for row in TABLE[group]]
    assert await revision(cluster) == filled


@pytest.mark.parametrize(
    ("media", "body", "said"),
    [
        ("application/json", b"[" * 100_000, "exceeded max depth"),
        ("application/json", b'{"data":' * 5_000 + b"1" + b"}" * 5_000, "exceeded max depth"),
        ("application/json", b"[" * 200 + b"]" * 200, "cannot unmarshal array"),
        ("application/json", b'{"data":' * 200 + b"1" + b"}" * 200, "cannot unmarshal object"),
        ("application/yaml", b"[" * 100_000, "exceeded max depth"),
        ("application/yaml", b"- " * 100_000, "exceeded max depth"),
        ("application/yaml", b"{a: " * 5_000, "exceeded max depth"),
        ("application/yaml", b"a: &a [x]\nb: [" + b"*a," * 200 + b"]", "excessive aliasing"),
    ],
)
async def test_what_is_nested_too_deep_is_a_bad_request(call, cluster, filled, media, body, said):
    reply = await call("POST", MAPS, body, content_type=media)
    assert (reply.code, reply.json["reason"]) == (400, "BadRequest")
    assert said in reply.message
    assert await revision(cluster) == filled


@pytest.mark.parametrize("media", ["application/merge-patch+json", "application/strategic-merge-patch+json"])
async def test_a_patch_that_is_nested_too_deep_is_refused(call, cluster, filled, media):
    for depth, code in ((300, (400, 422)), (20_000, (400,))):
        body = b'{"data":' * depth + b"1" + b"}" * depth
        reply = await call("PATCH", PATHS["MAP"], body, content_type=media)
        assert reply.code in code
    assert await revision(cluster) == filled


@pytest.mark.parametrize("length", [None, b"99999999999999999999", b"many", b"-1"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_body_beyond_three_megabytes_is_refused_before_it_is_read_whole(
    call, cluster, filled, method, length
):
    received = itertools.count()
    sent = []

    async def receive():
        next(received)
        return {"type": "http.request", "body": bytes(CHUNK), "more_body": True}

    async def sending(message):
        sent.append(message)

    path = MAPS if method == "POST" else PATHS["MAP"]
    media = b"application/merge-patch+json" if method == "PATCH" else b"application/json"
    headers = [(b"content-type", media), *([(b"content-length", length)] if length else [])]
    scope = {
        "type": "http",
        "method": method,
        "path": f"/k8s/{call.key}{path}",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
    }
    await application(scope, receive, sending)
    assert sent[0]["status"] == 413
    body = yaml.safe_load(sent[1]["body"])
    assert (body["reason"], body["message"]) == (
        "RequestEntityTooLarge",
        "Request entity too large: limit is 3145728",
    )
    assert next(received) <= MAX_BODY / CHUNK + 1
    assert await revision(cluster) == filled


@pytest.mark.parametrize(
    ("validation", "warnings"),
    [
        ("Warn", ['duplicate field "data.a"', 'unknown field "metadata.size"', 'unknown field "colour"']),
        ("Ignore", []),
    ],
)
async def test_unknown_and_doubled_fields_are_dropped_with_or_without_warnings(call, validation, warnings):
    body = b'{"metadata":{"name":"b","size":1},"data":{"a":"1","a":"2"},"colour":"red"}'
    made = await call("POST", MAPS, body, fieldValidation=validation)
    assert (made.code, made.warnings, made.json["data"]) == (201, warnings, {"a": "2"})
    replaced = await call("PUT", f"{MAPS}/b", body, fieldValidation=validation)
    assert (replaced.code, replaced.warnings) == (200, warnings)
    for media in ("application/merge-patch+json", "application/strategic-merge-patch+json"):
        patched = await call("PATCH", f"{MAPS}/b", body, content_type=media, fieldValidation=validation)
        assert (patched.code, patched.warnings) == (200, warnings)
        assert "colour" not in patched.json


async def test_keys_that_are_twice_in_yaml_are_refused_warned_of_or_ignored(call, cluster, filled):
    twice = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  b: '1'\n  b: '2'\n"
    line = 'line 6: key "b" already set in map'
    errors = f"yaml: unmarshal errors:\n  {line}"
    handled = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
    for method, media, path, said in (
        ("PUT", "application/yaml", PATHS["MAP"], f"{handled}{errors}"),
        (
            "PATCH",
            "application/apply-patch+yaml",
            PATHS["MAP"],
            f"error strict decoding YAML: error converting YAML to JSON: {errors}",
        ),
    ):
        query = {"content_type": media, "fieldManager": "someone"}
        strict = await call(method, path, twice, **query, fieldValidation="Strict")
        assert (strict.code, strict.json["reason"], strict.message) == (400, "BadRequest", said)
        assert await revision(cluster) == filled
        for validation, warnings in (("Warn", [line]), ("Ignore", [])):
            reply = await call(method, path, twice, **query, fieldValidation=validation, dryRun="All")
            assert (reply.code, reply.warnings, reply.json["data"]["b"]) == (200, warnings, "2")
    as_json = b'{"apiVersion":"v1","kind":"ConfigMap","data":{"b":"1","b":"2"}}'
    reply = await call("PATCH", PATHS["MAP"], as_json, **query)
    assert (reply.code, reply.warnings) == (200, ['line 1: key "b" already set in map'])


async def test_more_than_a_cluster_may_have_is_forbidden(serving):
    with override_settings(LIFELINES_MAX_PODS=1):
        cluster = await in_thread(actions.create_cluster)("tester", nodes=1)
    call = Caller(await in_thread(keys.key_of)(cluster.pk, keys.WRITE))
    await call.post(PODS, pod())
    before = await revision(cluster)
    reply = await call("POST", PODS, pod("more"))
    assert (reply.code, reply.json["reason"]) == (403, "Forbidden")
    assert reply.message == 'pods "more" is forbidden: exceeded quota: this cluster may have 1 pods'
    assert await revision(cluster) == before


async def test_who_may_only_read_writes_nothing(look, call, cluster, filled):
    media = "application/merge-patch+json"
    for method, path, verb in (
        ("POST", MAPS, "create"),
        ("PUT", PATHS["MAP"], "update"),
        ("PATCH", PATHS["MAP"], "patch"),
        ("DELETE", PATHS["MAP"], "delete"),
        ("DELETE", MAPS, "deletecollection"),
    ):
        reply = await look(method, path, config_map(), content_type=media if method == "PATCH" else "")
        assert (reply.code, reply.json["reason"]) == (403, "Forbidden")
        name = ' "settings"' if path != MAPS else ""
        assert reply.message == (
            f'configmaps{name} is forbidden: User "reader" cannot {verb} resource "configmaps"'
            ' in API group "" in the namespace "default"'
        )
    assert await revision(cluster) == filled


async def test_who_has_no_key_learns_and_writes_nothing(cluster, filled):
    for method, path in (("GET", PODS), ("POST", PODS), ("DELETE", PODS), ("GET", "/nonsense")):
        reply = await Caller("nonsense")(method, path, pod())
        assert (reply.code, reply.json["reason"], reply.message) == (401, "Unauthorized", "Unauthorized")
        assert "details" not in reply.json
    assert await revision(cluster) == filled


async def test_a_refusal_in_a_paused_cluster_is_a_refusal_all_the_same(call, cluster, filled):
    await in_thread(actions.set_clock)(cluster.pk, "tester", paused=True)
    before = await revision(cluster)
    assert (await call("POST", MAPS, config_map())).code == 409
    reply = await call("POST", MAPS, config_map("b"), dryRun="All")
    assert (reply.code, reply.warnings) == (201, ["the cluster's clock is paused"])
    assert await revision(cluster) == before
