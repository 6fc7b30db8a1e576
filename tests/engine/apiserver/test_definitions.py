"""Which schemas are kept, in which form, and what becomes of the file that they are kept in."""

import orjson
import pytest

from clusters.engine.apiserver import definitions
from clusters.engine.apiserver.definitions import GVK, META, QUANTITY, load, names, references, referred
from clusters.engine.apiserver.resources import RESOURCES


@pytest.fixture(autouse=True)
def no_folder(monkeypatch):
    """Each test starts without a cache, and the next module finds the one it had."""
    monkeypatch.setattr(definitions, "_folder", None)


@pytest.fixture(scope="module")
def schemas():
    return definitions.load()


def parts(schema):
    """A schema and all schemas inside of it."""
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    inner += [schema[key] for key in ("items", "additionalProperties") if key in schema]
    for part in inner:
        yield from parts(part)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.kind)
def test_every_served_kind_and_its_list_have_a_schema(schemas, resource):
    known = names(schemas)
    assert known[resource.group, resource.version, resource.kind]
    if "list" in resource.verbs:
        items = schemas[known[resource.group, resource.version, f"{resource.kind}List"]]["properties"][
            "items"
        ]
        assert referred(items["items"]) == known[resource.group, resource.version, resource.kind]


@pytest.mark.parametrize(
    "kind",
    [
        ("autoscaling", "v1", "Scale"),
        ("policy", "v1", "Eviction"),
        ("", "v1", "Binding"),
        ("", "v1", "DeleteOptions"),
        ("apps", "v1", "DeleteOptions"),
        ("", "v1", "Status"),
        ("", "v1", "APIResourceList"),
        ("authentication.k8s.io", "v1", "TokenRequest"),
    ],
    ids=lambda kind: kind[2],
)
def test_the_other_bodies_have_a_schema_too(schemas, kind):
    assert schemas[names(schemas)[kind]]["properties"]


def test_whatever_is_referred_to_is_there(schemas):
    for schema in schemas.values():
        for name in references(schema):
            assert name in schemas


def test_nothing_is_kept_that_no_served_kind_reaches(schemas):
    assert not [name for name in schemas if "batch" in name or "CustomResource" in name]
    assert 200 < len(schemas) < 350


def test_what_a_group_version_is_not_served_of_is_not_told(schemas):
    groups = {kind["group"] for schema in schemas.values() for kind in schema.get(GVK, ())}
    assert groups == {resource.group for resource in RESOURCES} | {"autoscaling"}


def test_types_are_single_words_as_openapi_3_0_wants_them(schemas):
    for schema in schemas.values():
        for part in parts(schema):
            assert isinstance(part.get("type", ""), str)
            assert "enum" not in part


def test_a_reference_stands_alone_or_first_of_all(schemas):
    for schema in schemas.values():
        for part in parts(schema):
            assert "$ref" not in part or len(part) == 1
    spec = schemas["io.k8s.api.core.v1.Pod"]["properties"]["spec"]
    assert referred(spec) == "io.k8s.api.core.v1.PodSpec"
    assert spec["description"].startswith("Specification of the desired behavior of the pod.")


def test_patch_strategies_and_list_types_are_kept(schemas):
    containers = schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]
    assert containers["x-kubernetes-patch-merge-key"] == "name"
    assert containers["x-kubernetes-list-map-keys"] == ["name"]
    assert schemas["io.k8s.api.core.v1.PodSpec"]["required"] == ["containers"]


def test_metrics_that_the_package_does_not_know_have_schemas(schemas):
    known = names(schemas)
    node = schemas[known["metrics.k8s.io", "v1beta1", "NodeMetrics"]]["properties"]
    assert referred(node["usage"]["additionalProperties"]) == QUANTITY
    pod = schemas[known["metrics.k8s.io", "v1beta1", "PodMetrics"]]["properties"]
    container = schemas[referred(pod["containers"]["items"])]["properties"]
    assert set(container) == {"name", "usage"}
    assert referred(pod["timestamp"]) == META + "Time"


def test_a_text_refers_to_nothing():
    assert referred({"type": "string"}) == ""


def test_the_schemas_are_kept_in_one_file_and_read_from_it(schemas, tmp_path):
    definitions.use_cache(tmp_path)
    assert load() == schemas
    (file,) = tmp_path.iterdir()
    file.write_bytes(orjson.dumps(schemas | {"io.example.Marked": {}}))
    assert "io.example.Marked" in load()


def test_the_folder_is_made(schemas, tmp_path):
    definitions.use_cache(tmp_path / "data" / "cache")
    assert load() == schemas
    assert len(list((tmp_path / "data" / "cache").iterdir())) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"io.k8s.api.core.v1.Pod":{}}'])
def test_a_broken_file_is_made_anew(schemas, tmp_path, content):
    definitions.use_cache(tmp_path)
    load()
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert load() == schemas
    assert orjson.loads(file.read_bytes()) == schemas


def test_a_file_of_an_earlier_version_goes_away(tmp_path):
    old = tmp_path / "definitions-1.36.0-0123456789abcdef.json"
    old.write_bytes(b"{}")
    other = tmp_path / "lifelines.sqlite3"
    other.write_bytes(b"")
    definitions.use_cache(tmp_path)
    load()
    assert not old.exists()
    assert other.exists()


def test_a_folder_that_cannot_be_written_is_no_failure(schemas, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_bytes(b"")
    definitions.use_cache(in_the_way)
    assert load() == schemas
    assert in_the_way.read_bytes() == b""


def test_another_set_of_served_kinds_has_a_file_of_its_own(tmp_path, monkeypatch):
    definitions.use_cache(tmp_path)
    load()
    (before,) = tmp_path.iterdir()
    monkeypatch.setattr(
        definitions, "_KINDS", definitions._KINDS - {("", "v1", "Secret"), ("", "v1", "SecretList")}
    )
    assert "io.k8s.api.core.v1.Secret" not in load()
    (after,) = tmp_path.iterdir()
    assert after != before
