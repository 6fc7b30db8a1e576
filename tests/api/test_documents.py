"""What the API says about itself: discovery, version, health, OpenAPI."""

import gzip

import orjson
import pytest

from clusters.engine.apiserver import openapi

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
OPENAPI_V2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


@pytest.mark.parametrize("path", ["/api", "/apis", "/apis/"])
async def test_discovery_is_one_document_for_who_asks_for_it(call, path):
    reply = await call("GET", path, accept=AGGREGATED)
    assert reply.all("content-type") == [AGGREGATED.rpartition(",")[0]]
    assert reply.json["kind"] == "APIGroupDiscoveryList"
    plain = await call("GET", path)
    assert plain.all("content-type") == ["application/json"]
    assert plain.json["kind"] == ("APIVersions" if path == "/api" else "APIGroupList")
    assert plain.all("vary") == ["Accept"]


async def test_every_group_and_version_lists_its_resources(call):
    for group in (await call.get("/apis"))["groups"]:
        assert (await call.get(f"/apis/{group['name']}"))["kind"] == "APIGroup"
        for version in group["versions"]:
            listed = await call.get(f"/apis/{version['groupVersion']}")
            assert (listed["kind"], listed["groupVersion"]) == ("APIResourceList", version["groupVersion"])
    core = await call.get("/api/v1")
    eviction = next(found for found in core["resources"] if found["name"] == "pods/eviction")
    assert (eviction["group"], eviction["version"], eviction["kind"]) == ("policy", "v1", "Eviction")


async def test_everything_that_discovery_names_is_there(call):
    for version in ["api/v1", *(path for path in openapi.index()["paths"] if path.count("/") == 2)]:
        for resource in (await call.get(f"/{version}"))["resources"]:
            if "list" in resource["verbs"] and resource["kind"] not in ("NodeMetrics", "PodMetrics"):
                listed = await call.get(f"/{version}/{resource['name']}", limit=1)
                assert listed["kind"] == f"{resource['kind']}List"


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz", "/readyz/"])
async def test_it_is_healthy_while_it_answers(call, path):
    reply = await call("GET", path)
    assert (reply.code, reply.body) == (200, b"ok")


async def test_the_version_is_one_that_kubectl_does_not_complain_about(call):
    version = await call.get("/version")
    assert (version["major"], version["minor"]) == ("1", "37")


async def test_openapi_v2_is_valid_and_empty(call):
    reply = await call("GET", "/openapi/v2", accept=f"{OPENAPI_V2},application/json")
    assert (reply.code, reply.body) == (200, b"")
    assert reply.all("content-type") == [OPENAPI_V2]


async def test_openapi_documents_may_be_kept_by_their_hash(call):
    paths = (await call.get("/openapi/v3"))["paths"]
    url = paths["apis/apps/v1"]["serverRelativeURL"]
    path, _, digest = url.partition("?hash=")
    reply = await call("GET", path, hash=digest)
    assert reply.json["openapi"] == "3.0.0"
    assert reply.all("cache-control") == ["public, immutable"]
    assert reply.all("expires")
    (tag,) = reply.all("etag")
    assert tag == f'"{digest}"'
    again = await call("GET", path, hash=digest, headers=[("if-none-match", tag)])
    assert (again.code, again.body) == (304, b"")
    assert again.all("etag") == [tag]


async def test_an_openapi_document_without_its_hash_may_not_be_kept(call):
    for query in ({}, {"hash": "OLD"}):
        reply = await call("GET", "/openapi/v3/api/v1", **query)
        assert reply.code == 200
        assert reply.all("cache-control") == ["no-cache, private"]


async def test_an_openapi_document_is_zipped_for_who_can_read_that(call):
    plain = await call("GET", "/openapi/v3/api/v1")
    zipped = await call("GET", "/openapi/v3/api/v1", headers=[("accept-encoding", "gzip")])
    assert zipped.all("content-encoding") == ["gzip"]
    assert gzip.decompress(zipped.body) == plain.body
    assert len(zipped.body) < len(plain.body) / 3
    assert orjson.loads(plain.body)["info"]["title"] == "Kubernetes"


@pytest.mark.parametrize(
    ("attributes", "writer", "reader"),
    [
        ({"verb": "create", "resource": "pods"}, True, False),
        ({"verb": "list", "resource": "pods"}, True, True),
        ({"verb": "get", "resource": "pods", "subresource": "log"}, True, True),
        ({"verb": "get", "resource": "pods", "subresource": "exec"}, True, False),
    ],
)
async def test_a_client_is_told_what_it_may_do(call, look, attributes, writer, reader):
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    review = {"spec": {"resourceAttributes": attributes}}
    assert (await call.post(path, review))["status"]["allowed"] is writer
    assert (await look.post(path, review))["status"]["allowed"] is reader
    broken = await call("POST", path, {"spec": {}})
    assert (broken.code, broken.json["reason"]) == (422, "Invalid")
