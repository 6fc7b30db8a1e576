"""GET: objects, lists by pages and selectors, Tables, resourceVersions."""

import asyncio
from collections import Counter

import pytest

from clusters import memory
from clusters.api import images, reads
from clusters.engine import cluster as settings
from clusters.engine.apiserver import verbs
from tests.api.caller import PODS, TABLE, config_map, in_thread, pod
from tests.clusters.makers import write

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
async def maps(call):
    """Five ConfigMaps, two of them with a label, besides the one that each namespace may have."""
    for name in ("a", "b", "c", "d", "e"):
        made = config_map(name, size="1")
        if name in "bd":
            made["metadata"]["labels"] = {"tier": "front"}
        await call.post(MAPS, made)


def names(listed):
    return [item["metadata"]["name"] for item in listed["items"]]


async def test_an_object_is_read_without_what_only_the_simulator_knows(call):
    node = await call.get("/api/v1/nodes/node-1")
    assert (node["kind"], node["apiVersion"]) == ("Node", "v1")
    assert "simulation" not in node
    listed = await call.get("/api/v1/nodes")
    assert (listed["kind"], listed["apiVersion"]) == ("NodeList", "v1")
    assert "simulation" not in listed["items"][0]


async def test_what_is_not_there_is_not_found(call):
    reply = await call("GET", f"{PODS}/none")
    assert reply.json == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'pods "none" not found',
        "reason": "NotFound",
        "details": {"name": "none", "kind": "pods"},
        "code": 404,
    }


async def test_a_list_holds_one_namespace_or_all(call, maps):
    elsewhere = "/api/v1/namespaces/kube-public/configmaps"
    await call.post(elsewhere, config_map("z"))
    assert names(await call.get(elsewhere)) == ["z"]
    assert names(await call.get("/api/v1/configmaps")) == ["a", "b", "c", "d", "e", "z"]
    assert names(await call.get("/api/v1/namespaces/none/configmaps")) == []


async def test_a_write_shows_in_the_next_read(call):
    for number in range(5):
        await call.post(MAPS, config_map(f"m{number}"))
        assert len((await call.get(MAPS))["items"]) == number + 1


async def test_what_another_process_wrote_shows_within_a_second(call, cluster, monkeypatch):
    await call.get(MAPS)
    held = memory._held.pop(cluster.pk)
    await call.post(MAPS, config_map("late"))
    memory._held[cluster.pk] = held
    assert names(await call.get(MAPS)) == []
    held.looked_at -= memory.FRESH
    assert names(await call.get(MAPS)) == ["late"]


async def test_reads_wait_for_no_thread_while_the_image_is_fresh(call, maps, monkeypatch):
    await call.get(MAPS)

    def waits(*_):
        raise AssertionError("it asked the database")

    monkeypatch.setattr(memory, "follow", waits)
    assert len((await call.get(MAPS))["items"]) == 5
    assert (await call.get(f"{MAPS}/a"))["data"] == {"size": "1"}


async def test_selectors_choose(call, maps):
    assert names(await call.get(MAPS, labelSelector="tier=front")) == ["b", "d"]
    assert names(await call.get(MAPS, labelSelector="tier!=front")) == ["a", "c", "e"]
    assert names(await call.get(MAPS, fieldSelector="metadata.name=c")) == ["c"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"labelSelector": "a in (b"}, "unable to parse requirement"),
        ({"fieldSelector": "spec.x=1"}, "is not a known field selector"),
        ({"limit": "many"}, "invalid syntax"),
        ({"continue": "nonsense"}, "continue"),
        ({"resourceVersion": "new"}, "invalid resource version"),
        ({"includeObject": "Everything"}, "Unable to convert to Table as requested"),
    ],
)
async def test_options_that_cannot_be_read_are_refused(call, query, said):
    reply = await call("GET", MAPS, **query)
    assert (reply.code, reply.json["reason"]) == (400, "BadRequest")
    assert said in reply.message


async def test_pages_show_the_state_of_the_first(call, maps):
    first = await call.get(MAPS, limit=2)
    assert names(first) == ["a", "b"]
    assert first["metadata"]["remainingItemCount"] == 3
    await call("DELETE", f"{MAPS}/c")
    await call.post(MAPS, config_map("bb"))
    second = await call.get(MAPS, limit=2, **{"continue": first["metadata"]["continue"]})
    assert names(second) == ["c", "d"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    last = await call.get(MAPS, limit=2, **{"continue": second["metadata"]["continue"]})
    assert names(last) == ["e"]
    assert "continue" not in last["metadata"]


async def test_pages_whose_first_state_is_gone_are_expired_and_may_go_on_from_now(call, maps):
    first = await call.get(MAPS, limit=2)
    await call("DELETE", f"{MAPS}/c")
    images._kept.clear()
    refused = await call("GET", MAPS, limit=2, **{"continue": first["metadata"]["continue"]})
    assert (refused.code, refused.json["reason"]) == (410, "Expired")
    assert refused.message.startswith("The provided continue parameter is too old to display a consistent")
    token = refused.json["metadata"]["continue"]
    assert names(await call.get(MAPS, **{"continue": token})) == ["d", "e"]


async def test_few_first_states_are_kept_and_not_for_long(call, cluster, maps, monkeypatch):
    tokens = []
    for number in range(images.KEPT + 1):
        tokens.append((await call.get(MAPS, limit=1))["metadata"]["continue"])
        await call.post(MAPS, config_map(f"x{number}"))
    assert (await call("GET", MAPS, **{"continue": tokens[0]})).code == 410
    assert (await call("GET", MAPS, **{"continue": tokens[1]})).code == 200
    now = images.time.monotonic()
    monkeypatch.setattr(images.time, "monotonic", lambda: now + images.SECONDS + 1)
    assert images.kept(cluster.pk, memory.published(cluster.pk).revision - 1) is None


async def test_a_version_that_there_is_not_yet_is_a_timeout(call):
    for path in (MAPS, "/api/v1/nodes/node-1"):
        reply = await call("GET", path, resourceVersion="999999")
        assert (reply.code, reply.json["reason"]) == (504, "Timeout")
        assert "Too large resource version: 999999, current: " in reply.message
        assert reply.json["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


async def test_an_older_version_or_zero_is_any(call, maps):
    for version in ("0", "1"):
        assert len((await call.get(MAPS, resourceVersion=version))["items"]) == 5
    assert (await call.get("/api/v1/nodes/node-1", resourceVersion="1"))["kind"] == "Node"


async def test_an_exact_version_is_the_newest_a_kept_one_or_expired(call, maps):
    now = (await call.get(MAPS, limit=1))["metadata"]["resourceVersion"]
    exact = {"resourceVersion": now, "resourceVersionMatch": "Exact"}
    assert len((await call.get(MAPS, **exact))["items"]) == 5
    await call("DELETE", f"{MAPS}/a")
    assert len((await call.get(MAPS, **exact))["items"]) == 5
    images._kept.clear()
    assert (await call("GET", MAPS, **exact)).code == 410


async def test_a_version_match_needs_a_version(call):
    reply = await call("GET", MAPS, resourceVersionMatch="Exact")
    assert (reply.code, reply.json["reason"]) == (422, "Invalid")


async def test_a_table_has_the_columns_that_kubectl_prints(call, maps):
    table = await call.get(MAPS, accept=TABLE, limit=2)
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert [row["cells"][:2] for row in table["rows"]] == [["a", 1], ["b", 1]]
    assert table["metadata"]["remainingItemCount"] == 3
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    one = await call.get(f"{MAPS}/a", accept=TABLE.replace("v=v1;", "v=v1beta1;"))
    assert one["apiVersion"] == "meta.k8s.io/v1beta1"
    assert len(one["rows"]) == 1


async def test_a_table_tells_ages_by_the_clock_of_the_cluster(call, cluster, maps, monkeypatch):
    now = reads.time.time()
    monkeypatch.setattr(reads.time, "time", lambda: now + 3600)
    table = await call.get(f"{MAPS}/a", accept=TABLE)
    assert table["rows"][0]["cells"][2] == "60m"


async def test_rows_carry_as_much_of_the_object_as_is_asked_for(call, maps):
    whole = await call.get(f"{MAPS}/a", accept=TABLE, includeObject="Object")
    assert whole["rows"][0]["object"]["data"] == {"size": "1"}
    nothing = await call.get(f"{MAPS}/a", accept=TABLE, includeObject="None")
    assert nothing["rows"][0].get("object") is None


async def test_metadata_alone_can_be_had(call, maps):
    form = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    one = await call.get(f"{MAPS}/a", accept=form)
    assert set(one) == {"kind", "apiVersion", "metadata"}
    assert one["kind"] == "PartialObjectMetadata"
    listed = await call.get(MAPS, accept=form.replace("Metadata;", "MetadataList;"))
    assert listed["kind"] == "PartialObjectMetadataList"
    assert names(listed) == ["a", "b", "c", "d", "e"]
    assert {item["kind"] for item in listed["items"]} == {"PartialObjectMetadata"}


async def test_a_long_list_is_the_same_as_many_short_ones(call, cluster):
    def many(store):
        for number in range(reads.LONG + 20):
            made = pod(f"p{number:03}", namespace="default")
            verbs.create(store, made)

    await in_thread(write)(cluster, many)
    whole = await call.get(PODS)
    paged, token = [], ""
    while True:
        page = await call.get(PODS, limit=50, **{"continue": token})
        paged += page["items"]
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert len(paged) == reads.LONG + 20
    assert paged == whole["items"]


async def test_outdated_kinds_are_said_to_be(call):
    reply = await call("GET", "/api/v1/componentstatuses")
    assert reply.warnings == ["v1 ComponentStatus is deprecated in v1.19+"]
    assert len(reply.json["items"]) == 3
    assert (await call("GET", PODS)).warnings == []


async def test_a_node_has_a_lease_that_nobody_wrote(call):
    leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
    assert names(await call.get(leases)) == ["node-1"]
    assert (await call.get(f"{leases}/node-1"))["spec"]["holderIdentity"] == "node-1"
    assert (await call("DELETE", f"{leases}/node-1")).code == 405


def test_the_simulator_keeps_its_own_kinds_to_itself():
    from clusters.engine.apiserver.resources import BY_KIND

    assert not settings.INTERNAL_KINDS & BY_KIND.keys()


@pytest.mark.parametrize(
    "accept", ["application/json", TABLE, TABLE.replace("as=Table", "as=PartialObjectMetadataList")]
)
async def test_a_list_reads_the_same_wherever_it_is_rendered(call, maps, monkeypatch, accept):
    short = (await call("GET", MAPS, accept=accept)).json
    monkeypatch.setattr(reads, "LONG_OF_DATA", 0)
    long = (await call("GET", MAPS, accept=accept)).json
    for listed in (short, long):
        for row in listed.get("rows", ()):
            row["cells"].pop()  # the age
    assert long == short
    assert len(long.get("rows") or long["items"]) == 5


async def test_not_too_many_long_lists_are_rendered_at_once(call, maps, monkeypatch):
    monkeypatch.setattr(reads, "LONG_OF_DATA", 0)
    monkeypatch.setattr(reads, "MOST_LONG", 2)
    replies = await asyncio.gather(*(call("GET", MAPS) for _ in range(20)), call("GET", f"{MAPS}/a"))
    codes = Counter(reply.code for reply in replies)
    assert codes.keys() == {200, 429}
    assert replies[-1].code == 200
    assert {reply.json["reason"] for reply in replies if reply.code == 429} == {"TooManyRequests"}
    assert (await call("GET", MAPS)).code == 200
