"""PATCH of each type, and what is none."""

import pytest

from tests.api.caller import ask, config_map

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.mark.parametrize(
    ("media", "patch", "data"),
    [
        ("application/merge-patch+json", {"data": {"a": None, "b": "2"}}, {"b": "2"}),
        ("application/strategic-merge-patch+json", {"data": {"b": "2"}}, {"a": "1", "b": "2"}),
        ("application/json-patch+json", [{"op": "replace", "path": "/data/a", "value": "3"}], {"a": "3"}),
    ],
)
async def test_patches_of_each_type_are_applied(call, media, patch, data):
    await call.post(MAPS, config_map(a="1"))
    reply = await call("PATCH", f"{MAPS}/settings", patch, content_type=media)
    assert (reply.code, reply.json["data"]) == (200, data)
    assert (await call.get(f"{MAPS}/settings"))["data"] == data


@pytest.mark.parametrize(
    ("media", "body", "code"),
    [
        ("application/json", b"{}", 415),
        ("text/plain", b"{}", 415),
        ("application/merge-patch+json", b"{", 400),
        ("application/merge-patch+json", b"", 400),
        ("application/json-patch+json", b"{}", 400),
        ("application/json-patch+json", b'[{"op":"remove","path":"/data/none"}]', 422),
        ("application/strategic-merge-patch+json", b"[]", 400),
        ("application/merge-patch+json", b'{"metadata":{"name":"other"}}', 400),
    ],
)
async def test_patches_that_are_none_are_refused(call, media, body, code):
    made = await call.post(MAPS, config_map(a="1"))
    reply = await call("PATCH", f"{MAPS}/settings", body, content_type=media)
    assert reply.code == code, reply.body
    assert reply.json["kind"] == "Status"
    assert await call.get(f"{MAPS}/settings") == made


async def test_a_patch_without_a_content_type_is_unsupported(call):
    scope = {
        "type": "http",
        "method": "PATCH",
        "path": f"/k8s/{call.key}{MAPS}/settings",
        "query_string": b"",
        "headers": [],
        "client": None,
    }
    assert (await ask(scope, b"{}")).code == 415


async def test_to_apply_needs_a_manager_and_only_to_apply_may_force(call):
    reply = await call("PATCH", f"{MAPS}/a", b"{}", content_type="application/apply-patch+yaml")
    assert reply.message == (
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
    )
    merge = "application/merge-patch+json"
    reply = await call("PATCH", f"{MAPS}/a", b"{}", content_type=merge, force="true")
    assert "force: Forbidden: may not be specified for non-apply patch" in reply.message


@pytest.mark.parametrize(("said", "code"), [("", 200), ("yes", 200), ("False", 409), ("0", 409)])
async def test_to_force_is_said_as_upstream_reads_it(call, said, code):
    await call.post(MAPS, config_map("a", a="1"))
    wanted = config_map("a", a="2")
    media = "application/apply-patch+yaml"
    reply = await call("PATCH", f"{MAPS}/a", wanted, content_type=media, fieldManager="b", force=said)
    assert reply.code == code
