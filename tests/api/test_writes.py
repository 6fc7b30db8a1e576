"""POST, PUT, PATCH and DELETE: what is stored, what is answered, and what leaves everything as it was."""

import orjson
import pytest

from clusters import actions, journal, memory
from clusters.api.request import MAX_BODY
from clusters.models import Cluster
from tests.api.caller import PODS, config_map, in_thread, pod

MAPS = "/api/v1/namespaces/default/configmaps"
CONTROLLERS = "/api/v1/namespaces/default/replicationcontrollers"
SERVICES = "/api/v1/namespaces/default/services"


async def revision(cluster):
    return await in_thread(lambda: Cluster.objects.get(pk=cluster.pk).revision)()


async def test_a_new_object_is_answered_as_it_is_stored(call):
    made = await call.post(PODS, pod())
    assert made["spec"]["restartPolicy"] == "Always"
    assert made["metadata"]["uid"]
    assert "simulation" not in made
    assert await call.get(f"{PODS}/web") == made


async def test_a_name_that_is_taken_is_a_conflict(call):
    await call.post(PODS, pod())
    reply = await call("POST", PODS, pod())
    assert (reply.code, reply.json["reason"]) == (409, "AlreadyExists")
    assert reply.message == 'pods "web" already exists'


async def test_kind_and_version_may_be_left_to_the_path(call):
    made = pod()
    del made["kind"], made["apiVersion"]
    assert (await call.post(PODS, made))["kind"] == "Pod"


async def test_names_can_be_generated(call):
    made = pod()
    made["metadata"] = {"generateName": "web-"}
    first, second = await call.post(PODS, made), await call.post(PODS, made)
    assert first["metadata"]["name"].startswith("web-")
    assert first["metadata"]["name"] != second["metadata"]["name"]


async def test_what_breaks_rules_is_invalid_with_its_causes(call):
    broken = pod()
    broken["spec"]["containers"][0]["name"] = "Not A Name"
    reply = await call("POST", PODS, broken)
    assert (reply.code, reply.json["reason"]) == (422, "Invalid")
    assert reply.json["details"]["kind"] == "Pod"
    assert reply.json["details"]["causes"][0]["field"] == "spec.containers[0].name"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "unexpected end of JSON input"),
        (b"{", "json parse error"),
        (b"\xff\xfe", "json parse error"),
        (b"[]", "cannot unmarshal array"),
        (b'"text"', "cannot unmarshal string"),
        (b"NaN", "json parse error"),
        (b'{"kind":7}', "cannot unmarshal"),
        (b'{"metadata":7}', "cannot unmarshal number"),
        (b'{"metadata":{"name":"a","labels":{"x":{}}}}', "cannot unmarshal object"),
        (b'{"data":{"a":"\\ud800"}}', "json parse error"),
        (b"[" * 100_000, "json parse error"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "json parse error"),
        (b'{"kind":"Pod","apiVersion":"v1"}', "converting (v1.Pod) to (core.ConfigMap)"),
        (b'{"kind":"Nonsense","apiVersion":"v1"}', 'no kind "Nonsense" is registered for version "v1"'),
        (b'{"kind":"ConfigMap","apiVersion":"apps/v1"}', "does not match the expected API version (v1)"),
    ],
)
async def test_a_body_that_is_no_such_object_is_a_bad_request(call, cluster, body, said):
    before = await revision(cluster)
    reply = await call("POST", MAPS, body, content_type="application/json")
    assert (reply.code, reply.json["reason"]) == (400, "BadRequest")
    assert said in reply.message
    assert await revision(cluster) == before


async def test_bodies_in_yaml_are_taken(call):
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: written}\ndata:\n  a: 'yes'\n"
    made = await call.post(MAPS, text, content_type="application/yaml")
    assert made["data"] == {"a": "yes"}
    for broken in (b"a: [", b"\x00", b"- a"):
        reply = await call("POST", MAPS, broken, content_type="application/yaml")
        assert reply.code == 400, broken


async def test_other_bodies_are_not(call):
    reply = await call("POST", MAPS, b"<a/>", content_type="text/xml")
    assert (reply.code, reply.json["reason"]) == (415, "UnsupportedMediaType")


async def test_what_the_client_cannot_read_is_not_written(call):
    reply = await call("POST", MAPS, config_map(), accept="text/html")
    assert reply.code == 406
    assert (await call("GET", f"{MAPS}/settings")).code == 404


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_beyond_three_megabytes_is_too_large(call, announced):
    body = b" " * (MAX_BODY + 1)
    headers = [("content-length", str(len(body)))] if announced else []
    reply = await call("POST", MAPS, body, headers=headers)
    assert (reply.code, reply.json["reason"]) == (413, "RequestEntityTooLarge")
    assert reply.message == "Request entity too large: limit is 3145728"


async def test_a_large_body_is_read_whole(call):
    made = await call.post(MAPS, config_map(text="x" * 500_000))
    assert len(made["data"]["text"]) == 500_000


@pytest.mark.parametrize("validation", [None, "Warn"])
async def test_unknown_and_doubled_fields_are_warned_of_and_dropped(call, validation):
    query = {} if validation is None else {"fieldValidation": validation}
    body = b'{"metadata":{"name":"a"},"data":{"x":"1","x":"2"},"colour":"red"}'
    reply = await call("POST", MAPS, body, **query)
    assert reply.code == 201
    assert reply.warnings == ['duplicate field "data.x"', 'unknown field "colour"']
    assert reply.json["data"] == {"x": "2"}
    assert "colour" not in reply.json


async def test_unknown_fields_are_refused_or_ignored_when_asked(call):
    wrong = {**config_map(), "colour": "red"}
    reply = await call("POST", MAPS, wrong, fieldValidation="Strict")
    assert reply.code == 400
    assert reply.message == (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap:'
        ' strict decoding error: unknown field "colour"'
    )
    reply = await call("POST", MAPS, wrong, fieldValidation="Ignore")
    assert (reply.code, reply.warnings) == (201, [])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            {"fieldValidation": "Maybe"},
            'fieldValidation: Unsupported value: "Maybe": supported values: "", "Ignore", "Strict", "Warn"',
        ),
        ({"dryRun": "Some"}, 'dryRun: Unsupported value: ["Some"]: supported values: "All"'),
        ({"fieldManager": "x" * 129}, "fieldManager: Too long: may not be more than 128 bytes"),
    ],
)
async def test_options_that_there_are_not_are_invalid(call, query, said):
    for method, path, kind in (("POST", MAPS, "Create"), ("PUT", f"{MAPS}/a", "Update")):
        reply = await call(method, path, config_map("a"), **query)
        assert (reply.code, reply.json["reason"]) == (422, "Invalid")
        assert reply.message == f'{kind}Options.meta.k8s.io "" is invalid: {said}'


async def test_the_namespace_of_a_body_has_to_be_that_of_the_path(call):
    made = config_map()
    made["metadata"]["namespace"] = "kube-public"
    for method, path in (("POST", MAPS), ("PUT", f"{MAPS}/settings")):
        reply = await call(method, path, made)
        assert reply.code == 400
        assert reply.message == (
            "the namespace of the provided object does not match the namespace sent on the request"
        )


async def test_what_is_in_no_namespace_takes_none(call):
    made = {"metadata": {"name": "blue", "namespace": "default"}}
    assert "namespace" not in (await call.post("/api/v1/namespaces", made))["metadata"]


async def test_an_update_stores_and_counts_up(call):
    made = await call.post(MAPS, config_map(a="1"))
    reply = await call("PUT", f"{MAPS}/settings", {**made, "data": {"a": "2"}})
    assert (reply.code, reply.json["data"]) == (200, {"a": "2"})
    assert reply.json["metadata"]["resourceVersion"] != made["metadata"]["resourceVersion"]
    stale = await call("PUT", f"{MAPS}/settings", {**made, "data": {"a": "3"}})
    assert (stale.code, stale.json["reason"]) == (409, "Conflict")
    assert "the object has been modified" in stale.message


async def test_an_update_that_changes_nothing_keeps_the_version(call):
    made = await call.post(MAPS, config_map(a="1"))
    reply = await call("PUT", f"{MAPS}/settings", made)
    assert (reply.code, reply.json) == (200, made)


async def test_an_update_has_to_name_the_object_of_its_path(call):
    await call.post(MAPS, config_map("a"))
    reply = await call("PUT", f"{MAPS}/a", config_map("b"))
    assert reply.message == "the name of the object (b) does not match the name on the URL (a)"
    nameless = config_map()
    nameless["metadata"] = {}
    assert "name must be provided" in (await call("PUT", f"{MAPS}/a", nameless)).message


async def test_an_update_makes_only_kinds_that_it_may_make(call):
    assert (await call("PUT", f"{MAPS}/settings", config_map())).code == 404
    made = {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
    assert (await call("PUT", f"{SERVICES}/web", made)).code == 201
    assert (await call("PUT", f"{SERVICES}/web", await call.get(f"{SERVICES}/web"))).code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_dry_run_answers_as_if_and_changes_nothing(call, cluster, method):
    stored = await call.post(MAPS, config_map("old", a="1"))
    before = await revision(cluster)
    path, body = {
        "POST": (MAPS, config_map("new", a="2")),
        "PUT": (f"{MAPS}/old", config_map("old", a="2")),
        "PATCH": (f"{MAPS}/old", {"data": {"a": "2"}}),
        "DELETE": (f"{MAPS}/old", b""),
    }[method]
    media = "application/merge-patch+json" if method == "PATCH" else ""
    reply = await call(method, path, body, content_type=media, dryRun="All")
    assert reply.code == (201 if method == "POST" else 200)
    assert await revision(cluster) == before
    assert [item["metadata"]["name"] for item in (await call.get(MAPS))["items"]] == ["old"]
    if method == "POST":
        assert reply.json["metadata"]["uid"]
        assert "resourceVersion" not in reply.json["metadata"]
    elif method != "DELETE":
        assert reply.json["data"] == {"a": "2"}
        assert reply.json["metadata"]["resourceVersion"] == stored["metadata"]["resourceVersion"]


async def test_a_dry_run_is_refused_as_the_real_run_would_be(call):
    await call.post(MAPS, config_map())
    assert (await call("POST", MAPS, config_map(), dryRun="All")).code == 409


async def test_a_paused_cluster_takes_writes_and_says_that_its_clock_stands_still(call, cluster):
    await in_thread(actions.set_clock)(cluster.pk, "tester", paused=True)
    reply = await call("POST", MAPS, config_map())
    assert (reply.code, reply.warnings) == (201, ["the cluster's clock is paused"])
    assert (await call("DELETE", f"{MAPS}/settings")).warnings == ["the cluster's clock is paused"]
    assert (await call("GET", MAPS)).warnings == []
    await in_thread(actions.set_clock)(cluster.pk, "tester", paused=False)
    assert (await call("POST", MAPS, config_map())).warnings == []


async def test_more_than_the_cluster_may_hold_is_forbidden(call, cluster, settings):
    await in_thread(_limit)(cluster, pods=1)
    await call.post(PODS, pod("a"))
    reply = await call("POST", PODS, pod("b"))
    assert (reply.code, reply.json["reason"]) == (403, "Forbidden")
    assert reply.message.startswith('pods "b" is forbidden: exceeded quota')


def _limit(cluster, **limits):
    from clusters.engine.cluster import KEY
    from clusters.engine.objects import with_value
    from tests.clusters.makers import write

    write(cluster, lambda store: store.update(with_value(store.get(*KEY), ("spec", "limits"), limits)))


async def test_the_journal_and_the_image_agree_after_many_kinds_of_writes(call, cluster):
    await call.post(MAPS, config_map(a="1"))
    await call("PUT", f"{MAPS}/settings", config_map(a="2"))
    await call("POST", MAPS, b"{")
    await call("PATCH", f"{MAPS}/settings", {"data": None}, content_type="application/merge-patch+json")
    await call("DELETE", f"{MAPS}/settings")
    held = memory.published(cluster.pk)
    await in_thread(memory.drop)(cluster.pk)
    assert await in_thread(memory.image)(cluster.pk) == held
    changes = await in_thread(journal.history)(cluster.pk)
    assert [c.verb for c in changes if c.key.kind == "ConfigMap"] == [
        "ADDED",
        "MODIFIED",
        "MODIFIED",
        "DELETED",
    ]
    assert all(orjson.dumps(change.object) for change in changes)
