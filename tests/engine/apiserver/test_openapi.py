"""What clients are told of the API: every served verb has its path, and every object fits its schema."""

import gzip
import re

import jsonschema
import orjson
import pytest

from clusters.engine import bootstrap
from clusters.engine.apiserver import openapi, verbs
from clusters.engine.apiserver.definitions import GVK
from clusters.engine.apiserver.resources import BY_KIND, RESOURCES, served
from clusters.engine.clock import Clock
from clusters.engine.objects import public
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW
from tests.engine.world import World

METHODS = {"get", "put", "post", "delete", "patch"}
GROUP_VERSIONS = sorted({(resource.group, resource.version) for resource in RESOURCES})
PATHS = sorted(openapi.index()["paths"])
METHOD_OF = {
    "list": "get",
    "get": "get",
    "create": "post",
    "update": "put",
    "patch": "patch",
    "delete": "delete",
    "deletecollection": "delete",
}


def document(path):
    return orjson.loads(openapi.document(path))


def document_of(resource):
    group = f"apis/{resource.group}/{resource.version}"
    return document(group if resource.group else f"api/{resource.version}")


def base_of(resource):
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    return (
        f"{root}/namespaces/{{namespace}}/{resource.plural}"
        if resource.namespaced
        else (f"{root}/{resource.plural}")
    )


def operations(spec):
    """(path, method, operation, parameters that count) of each operation of a document."""
    for path, item in spec["paths"].items():
        for method in METHODS & item.keys():
            own = item[method].get("parameters", [])
            yield path, method, item[method], own + item.get("parameters", [])


def refers(part):
    """Every $ref in a document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = part.values()
    elif not isinstance(part, list):
        return
    for inner in part:
        yield from refers(inner)


def validate(spec, name, obj):
    schema = {**spec, "$ref": f"#/components/schemas/{name}"}
    jsonschema.Draft4Validator(schema).validate(obj)


def without_null(part):
    """Times that are not set are written as null, here as upstream, and no schema tells."""
    if isinstance(part, dict):
        return {key: without_null(value) for key, value in part.items() if value is not None}
    return [without_null(item) for item in part] if isinstance(part, list) else part


def test_the_index_names_each_group_and_version_by_its_hash():
    found = openapi.index()["paths"]
    assert {"api", "apis", "version", "api/v1", "apis/apps", "apis/apps/v1", "apis/policy/v1"} <= found.keys()
    for path, entry in found.items():
        assert entry == {"serverRelativeURL": f"/openapi/v3/{path}?hash={openapi.hash_of(path)}"}
    assert len({openapi.hash_of(path) for path in found}) == len(found)


def test_the_index_names_what_is_served_and_no_more():
    versions = {path for path in PATHS if re.search(r"/v\d", path)}
    assert versions == {f"apis/{g}/{v}" if g else f"api/{v}" for g, v in GROUP_VERSIONS}


@pytest.mark.parametrize("path", ["", "api/v2", "apis/batch/v1", "/api/v1", "../etc"])
def test_there_is_no_document_of_anything_else(path):
    assert openapi.document(path) is None
    assert openapi.hash_of(path) is None


@pytest.mark.parametrize("path", PATHS)
def test_a_document_zipped_is_the_same_document(path):
    assert gzip.decompress(openapi.document(path, zipped=True)) == openapi.document(path)


def test_documents_and_hashes_are_the_same_in_every_process():
    before = {path: (openapi.hash_of(path), openapi.document(path)) for path in PATHS}
    openapi._documents.cache_clear()
    assert {path: (openapi.hash_of(path), openapi.document(path)) for path in PATHS} == before


@pytest.mark.parametrize("path", PATHS)
def test_a_document_is_openapi_3_0(path):
    spec = document(path)
    assert spec["openapi"] == "3.0.0"
    assert spec["info"].keys() == {"title", "version"}
    for operation_path, method, operation, parameters in operations(spec):
        assert operation["responses"], (operation_path, method)
        in_path = [p["name"] for p in parameters if p["in"] == "path"]
        assert sorted(in_path) == sorted(re.findall(r"{(\w+)}", operation_path))
        assert all(p["required"] for p in parameters if p["in"] == "path")
        assert len({(p["name"], p["in"]) for p in parameters}) == len(parameters)
        assert all(p["schema"]["type"] in ("string", "integer", "boolean") for p in parameters)


@pytest.mark.parametrize("path", PATHS)
def test_whatever_a_document_refers_to_is_in_it_and_nothing_is_unused(path):
    spec = document(path)
    names = {reference.removeprefix("#/components/schemas/") for reference in refers(spec)}
    assert names == spec["components"]["schemas"].keys()


def test_no_two_operations_of_the_api_have_the_same_id():
    ids = [operation["operationId"] for path in PATHS for _, _, operation, _ in operations(document(path))]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.kind)
def test_every_verb_of_a_kind_is_an_operation_and_no_other_is(resource):
    paths = document_of(resource)["paths"]
    base = base_of(resource)
    of_all = {METHOD_OF[verb] for verb in ("list", "create", "deletecollection") if verb in resource.verbs}
    of_one = {METHOD_OF[verb] for verb in ("get", "update", "patch", "delete") if verb in resource.verbs}
    assert METHODS & paths.get(base, {}).keys() == of_all
    assert METHODS & paths.get(base + "/{name}", {}).keys() == of_one
    for part in resource.subresources:
        methods = METHODS & paths[f"{base}/{{name}}/{part.name}"].keys()
        assert methods == {METHOD_OF[verb] for verb in part.verbs}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.kind)
def test_a_namespaced_kind_is_listed_in_all_namespaces_too(resource):
    paths = document_of(resource)["paths"]
    root = base_of(resource).replace("/namespaces/{namespace}", "")
    assert ("get" in paths.get(root, {})) == ("list" in resource.verbs)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.kind)
def test_operations_tell_of_which_kind_they_are(resource):
    base = base_of(resource)
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    for path, _, operation, _ in operations(document_of(resource)):
        if path in (base, base + "/{name}"):
            assert operation[GVK] == kind
        for part in resource.subresources:
            if path == f"{base}/{{name}}/{part.name}":
                assert operation[GVK] == {"group": part.group, "version": part.version, "kind": part.kind}


@pytest.mark.parametrize("resource", [r for r in RESOURCES if "patch" in r.verbs], ids=lambda r: r.kind)
def test_kubectl_finds_out_that_fields_are_validated(resource):
    """It looks for a patch of the kind with that parameter, and without one it does not ask for Strict."""
    patch = document_of(resource)["paths"][base_of(resource) + "/{name}"]["patch"]
    assert patch[GVK]["kind"] == resource.kind
    assert {"fieldValidation", "fieldManager", "dryRun", "force"} <= {p["name"] for p in patch["parameters"]}
    assert "application/apply-patch+yaml" in patch["requestBody"]["content"]


def test_bodies_and_answers_are_those_of_the_kind():
    paths = document("api/v1")["paths"]
    pods = paths["/api/v1/namespaces/{namespace}/pods"]
    pod = {"$ref": "#/components/schemas/io.k8s.api.core.v1.Pod"}
    assert pods["post"]["requestBody"]["content"]["application/json"]["schema"] == pod
    assert pods["post"]["responses"]["201"]["content"]["application/json"]["schema"] == pod
    answer = pods["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/io.k8s.api.core.v1.PodList"}
    scale = paths["/api/v1/namespaces/{namespace}/replicationcontrollers/{name}/scale"]["put"]
    scale_schema = scale["requestBody"]["content"]["application/json"]["schema"]
    assert scale_schema == {"$ref": "#/components/schemas/io.k8s.api.autoscaling.v1.Scale"}


def test_an_eviction_is_answered_by_a_status_and_a_log_by_text():
    paths = document("api/v1")["paths"]
    pod = "/api/v1/namespaces/{namespace}/pods/{name}/"
    answer = paths[pod + "eviction"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    assert answer["$ref"].endswith(".Status")
    log = paths[pod + "log"]["get"]
    assert log["responses"]["200"]["content"] == {"text/plain": {"schema": {"type": "string"}}}
    assert {"tailLines", "follow", "previous"} <= {p["name"] for p in log["parameters"]}
    assert set(paths[pod + "exec"]["get"]["responses"]) == {"101", "default"}


def test_refusals_have_the_form_of_a_status():
    for path in PATHS:
        for _, _, operation, _ in operations(document(path)):
            refusal = operation["responses"]["default"]["content"]["application/json"]["schema"]
            assert refusal["$ref"].endswith("meta.v1.Status")


def test_what_can_be_explained_has_words():
    schemas = document("api/v1")["components"]["schemas"]
    template = schemas["io.k8s.api.core.v1.ReplicationControllerSpec"]["properties"]["template"]
    assert template["description"].startswith("Template is the object that describes the pod")
    usage = document("apis/metrics.k8s.io/v1beta1")["components"]["schemas"]
    for name in ("NodeMetrics", "NodeMetricsList", "PodMetrics", "PodMetricsList", "ContainerMetrics"):
        schema = usage[f"io.k8s.metrics.pkg.apis.metrics.v1beta1.{name}"]
        assert schema["description"]
        assert all(field["description"] for field in schema["properties"].values())


def test_the_objects_of_a_working_cluster_fit_their_schemas():
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=2, clock=Clock(NOW, NOW), delays="real")
    world = World(store)
    template = {
        "metadata": {"labels": {"app": "kubia"}},
        "spec": {"containers": [{"name": "kubia", "image": "luksa/kubia"}]},
    }
    controller = {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": "kubia", "namespace": "default"},
        "spec": {"replicas": 2, "template": template},
    }
    world.act(verbs.create, controller)
    world.wait(30)
    seen = set()
    for kind in world.store.kinds():
        resource = BY_KIND.get(kind)
        if resource is None:
            continue
        spec = document_of(resource)
        for obj in map(public, world.store.list(kind)):
            assert served(obj["apiVersion"], obj["kind"]) is resource
            (name,) = [
                name
                for name, schema in spec["components"]["schemas"].items()
                if {"group": resource.group, "version": resource.version, "kind": kind} in schema.get(GVK, ())
            ]
            validate(spec, name, without_null(obj))
            seen.add(kind)
    assert {"Pod", "Node", "Service", "Event", "ReplicationController", "EndpointSlice"} <= seen


def test_an_object_of_the_wrong_form_does_not_fit():
    spec = document("api/v1")
    with pytest.raises(jsonschema.ValidationError):
        validate(spec, "io.k8s.api.core.v1.Pod", {"spec": {"containers": [{"name": 7}]}})
