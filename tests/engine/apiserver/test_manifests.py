"""What people write becomes objects, or one clear complaint."""

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.manifests import MAX_BYTES, parse_manifests
from clusters.engine.apiserver.resources import RESOURCES
from clusters.engine.apiserver.scalars import resolve
from clusters.engine.apiserver.schema import struct_of
from clusters.engine.changes import encode
from tests.engine.apiserver.test_allocation import service
from tests.engine.apiserver.test_create import bare_controller, bare_pod, refusal
from tests.engine.builders import make_store

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
READING = "error converting YAML to JSON: yaml: "


def nested_aliases(levels, width):
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, levels)]
    return "\n".join(lines)


REFUSED = {
    "nothing at all": ("", "no objects passed to apply"),
    "only comments and separators": ("# hello\n---\n---\n", "no objects passed to apply"),
    "a word": (
        "hello",
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type"
        " map[string]interface {}",
    ),
    "a list": (
        "- a\n- b",
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type"
        " map[string]interface {}",
    ),
    "a colon too many": (
        "apiVersion: v1\nkind: Pod: x",
        f"{READING}line 2: mapping values are not allowed in this context",
    ),
    "a tab": (
        "kind: Pod\nmetadata:\n\tname: web",
        f"{READING}line 3: found character that cannot start any token",
    ),
    "a key twice": (
        "apiVersion: v1\nkind: Pod\nkind: Pod",
        f'{READING}unmarshal errors:\n  line 3: key "kind" already set in map',
    ),
    "a key twice in JSON": (
        '{"kind": "Pod", "kind": "Pod"}',
        'error parsing JSON: key "kind" already set in map',
    ),
    "a number that JSON lacks": ('{"kind": NaN}', "error parsing JSON: invalid number NaN"),
    "a number that JSON lacks, in YAML": ("a: .inf", f"{READING}line 1: json: unsupported value: .inf"),
    "an integer that no float holds": (
        "a: 1" + 330 * "0",
        f"{READING}line 1: json: unsupported value: 1{330 * '0'}",
    ),
    "neither apiVersion nor kind": (
        "foo: 1",
        "error validating data: [apiVersion not set, kind not set]",
    ),
    "no kind": ("apiVersion: v1", "error validating data: kind not set"),
    "a kind that is a number": ("apiVersion: v1\nkind: 1", "error validating data: kind is not a string"),
    "an unknown kind": (
        "apiVersion: v1\nkind: Foo\nmetadata: {name: x, namespace: lab}",
        'resource mapping not found for name: "x" namespace: "lab": no matches for kind "Foo" in version'
        ' "v1"\nensure CRDs are installed first',
    ),
    "a kind of another version": (
        "apiVersion: apps/v1\nkind: Pod",
        'resource mapping not found for name: "" namespace: "": no matches for kind "Pod" in version'
        ' "apps/v1"\nensure CRDs are installed first',
    ),
    "a kind that only the simulator knows": (
        "apiVersion: lifelines/v1\nkind: Cluster\nmetadata: {name: cluster}",
        'resource mapping not found for name: "cluster" namespace: "": no matches for kind "Cluster" in'
        ' version "lifelines/v1"\nensure CRDs are installed first',
    ),
    "an alias of nothing": ("a: *b", f"{READING}line 1: unknown anchor 'b' referenced"),
    "an alias of itself": ("a: &b [*b]", f"{READING}line 1: anchor 'b' value contains itself"),
    "aliases that multiply": (nested_aliases(10, 9), f"{READING}document contains excessive aliasing"),
    "very many aliases": (
        f"a: &a x\nb: [{', '.join(['*a'] * 101)}]",
        f"{READING}document contains excessive aliasing",
    ),
    "a merge of a word": (
        "a:\n  <<: word",
        f"{READING}line 2: map merge requires map or sequence of maps as the value",
    ),
    "a list as a key": ("? [a]\n: b", f"{READING}line 1: invalid map key"),
    "deep nesting": ("a: " + "[" * 200, f"{READING}line 1: exceeded max depth"),
    "deep nesting in JSON": ('{"a":' * 200 + "1" + "}" * 200, f"{READING}exceeded max depth"),
    "very deep nesting in JSON": ('{"a":' * 40000, f"{READING}exceeded max depth"),
    "a control character": (f"{POD}# \x07", f"{READING}control characters are not allowed"),
}


@pytest.mark.parametrize(
    ("text", "said"), [pytest.param(*case, id=sentence) for sentence, case in REFUSED.items()]
)
def test_is_refused(text, said):
    error = refusal(parse_manifests, text)
    assert (error.code, error.reason) == (400, "BadRequest")
    assert error.message == said


def test_a_text_that_is_too_large_is_not_read():
    error = refusal(parse_manifests, "é" * (MAX_BYTES // 2 + 1))
    assert (error.code, error.reason) == (413, "RequestEntityTooLarge")
    assert error.message == f"Request entity too large: limit is {MAX_BYTES}"
    assert parse_manifests(POD, max_bytes=len(POD))
    assert refusal(parse_manifests, POD, max_bytes=len(POD) - 1).code == 413


def test_several_documents_are_several_objects_in_order():
    text = f"{POD}---\n# nothing\n---\n{POD.replace('web', 'db')}...\n"
    assert [obj["metadata"]["name"] for obj in parse_manifests(text)] == ["web", "db"]


def test_a_list_is_what_is_in_it():
    text = json.dumps(
        {
            "apiVersion": "v1",
            "kind": "List",
            "items": [
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}},
                {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "b"}}]},
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "c"}},
            ],
        }
    )
    objects = parse_manifests(text)
    assert [obj["metadata"]["name"] for obj in objects] == ["a", "b", "c"]
    assert objects[1]["kind"] == "Pod"


def test_json_documents_may_follow_each_other():
    text = '{"apiVersion":"v1","kind":"Pod"}\n\t{"apiVersion":"v1","kind":"Node"}'
    assert [obj["kind"] for obj in parse_manifests(text)] == ["Pod", "Node"]


def test_yaml_in_braces_is_still_yaml():
    assert parse_manifests("{apiVersion: v1, kind: Pod, }") == [{"apiVersion": "v1", "kind": "Pod"}]


def test_half_a_character_becomes_a_replacement():
    text = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a\\ud800"}}'
    assert parse_manifests(text)[0]["metadata"]["name"] == "a\ufffd"


def test_anchors_and_merges_are_followed():
    text = f"{POD}x: &x {{a: 1, b: 2}}\nv: {{<<: *x, b: 3}}\nw: {{<<: [{{a: 7}}, *x]}}\n"
    obj = parse_manifests(text)[0]
    assert obj["v"] == {"a": 1, "b": 3}
    assert obj["w"] == {"a": 7, "b": 2}


def test_anchors_end_with_their_document():
    assert "unknown anchor" in refusal(parse_manifests, f"{POD}a: &a 1\n---\n{POD}b: *a").message


def test_keys_are_texts():
    assert parse_manifests(f"{POD}x: {{1: a, true: b, 1.5: c}}")[0]["x"] == {
        "1": "a",
        "true": "b",
        "1.5": "c",
    }


def test_quoted_words_stay_words_and_tags_are_heeded():
    obj = parse_manifests(f'{POD}x: ["true", \'1\', !!str 1, !!int "1", | \n]\n'.replace(", | \n", ""))[0]
    assert obj["x"] == ["true", "1", "1", 1]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("yes", True),
        ("y", True),
        ("on", True),
        ("Off", False),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("3", 3),
        ("-3", -3),
        ("+3", 3),
        ("1_000", 1000),
        ("0x1F", 31),
        ("010", 8),
        ("-010", -8),
        ("0o10", 8),
        ("0b11", 3),
        ("08", 8.0),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("18446744073709551616", 2.0**64),
        ("9" * 500, "9" * 500),
        ("2026-11-24", "2026-11-24"),
        ("2026-11-24T08:00:00Z", "2026-11-24T08:00:00Z"),
        ("08:30", "08:30"),
        ("1.2.3", "1.2.3"),
        ("10.96.0.1", "10.96.0.1"),
        ("500m", "500m"),
        ("e3", "e3"),
        ("=", "="),
    ],
)
def test_an_unquoted_word_means_what_it_means_to_kubectl(word, value):
    resolved = resolve(word)
    assert resolved == value
    assert type(resolved) is type(value)


def test_a_hostile_text_costs_little():
    started = time.process_time()
    for text in ("[" * MAX_BYTES, "{" * MAX_BYTES, '{"a":' * 50000, nested_aliases(12, 9), "- " * 100_000):
        refusal(parse_manifests, text)
    assert time.process_time() - started < 1


_words = st.sampled_from(
    [
        "apiVersion",
        "kind",
        "metadata",
        "name",
        "spec",
        "v1",
        "Pod",
        "Service",
        "containers",
        "image",
        "ports",
        "List",
        "items",
        "labels",
        "0",
        "-1",
        "yes",
        "1e999",
        "~",
        "<<",
        "*a",
        "&a",
        "!!int",
        "replicas",
    ]
)
_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | _words
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_words | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
_typed = st.fixed_dictionaries(
    {
        "apiVersion": st.just("v1"),
        "kind": st.sampled_from(["Pod", "Service", "ReplicationController", "Node"]),
    },
    optional={
        "metadata": _values | st.fixed_dictionaries({"name": st.just("web")}, optional={"labels": _values}),
        "spec": _values
        | st.fixed_dictionaries(
            {},
            optional={
                "containers": st.lists(
                    st.fixed_dictionaries(
                        {"name": st.just("a"), "image": st.just("b")},
                        optional={"ports": _values, "resources": _values, "env": _values},
                    ),
                    max_size=2,
                ),
                "ports": st.lists(st.fixed_dictionaries({"port": st.integers()}), max_size=2) | _values,
                "replicas": _scalars,
                "template": _values,
                "type": _words,
            },
        ),
        "status": _values,
        "simulation": _values,
    },
)


def apply_everything(text):
    store = make_store()
    refused = None
    try:
        for manifest in parse_manifests(text):
            verbs.apply(store, manifest)
    except StatusError as error:
        refused = error
    assert store.changes or (refused is not None and refused.message)
    # And whatever was stored or said can be written down.
    for shown in [change.object for change in store.changes] + ([refused.status()] if refused else []):
        assert encode(shown)


@given(st.text())
@example("%YAML 9.9\n---\na")
@example("!<tag:a> b")
@example("\ufeffkind: Pod")
@example("a: !!binary x")
@example("\ud800")
def test_no_text_whatever_ends_in_anything_but_a_refusal(text):
    apply_everything(text)


@given(
    st.lists(
        _words | st.sampled_from([": ", "\n", "  ", "- ", "[", "]", "{", "}", ", ", "---\n"]), max_size=40
    )
)
def test_no_yaml_whatever_ends_in_anything_but_a_refusal(parts):
    apply_everything("".join(parts))


@given(_typed | _values)
def test_no_json_whatever_ends_in_anything_but_a_refusal(value):
    apply_everything(json.dumps(value))


_FOCUS = {
    "metadata",
    "spec",
    "containers",
    "template",
    "ports",
    "port",
    "name",
    "image",
    "subsets",
    "taints",
    "addresses",
    "ip",
}
_TEXTS = st.sampled_from(
    ["a", "a", "a", "b", "", "A", "10.96.0.9", "Always", "None", "NodePort", "TCP", "Exists", "IPv4"]
)
_NUMBERS = st.sampled_from([1, 1, 80, 30080, 0, -1, 2**31 - 1])
_SCALARS = {
    "string": _TEXTS,
    "bytes": st.sampled_from(["", "YWJj", "hello", "e30="]),
    "bool": st.booleans(),
    "int32": _NUMBERS,
    "int64": _NUMBERS,
    "int-or-string": _NUMBERS | _TEXTS,
    "quantity": st.sampled_from(["0", "1", "500m", "-1", "1Gi", 2]),
    "time": st.just("2026-11-24T08:00:00Z"),
    "any": st.just({}),
}


@st.composite
def typed_fields(draw, struct, depth=0):
    """An object with some of a type's fields, each of the right type."""
    focus = sorted(_FOCUS & struct.fields.keys())
    others = sorted(struct.fields.keys() - _FOCUS - {"status", "apiVersion", "kind"})
    chosen = [key for key in focus if draw(st.integers(0, 9)) < 9]
    if others:
        chosen += draw(st.lists(st.sampled_from(others), max_size=1))
    return {key: draw(typed_value(struct.fields[key], depth + 1)) for key in chosen}


@st.composite
def typed_value(draw, field, depth):
    if field.struct is not None:
        return draw(typed_fields(field.struct, depth)) if depth < 8 else {}
    if field.item is None:
        return draw(_SCALARS[field.kind])
    values = draw(st.lists(typed_value(field.item, depth + 1), max_size=2)) if depth < 8 else []
    if field.kind == "list":
        return values
    return dict(zip(("a", "b"), values, strict=False))


@st.composite
def typed_objects(draw):
    resource = draw(st.sampled_from(RESOURCES))
    obj = draw(typed_fields(struct_of(resource.api_version, resource.kind)))
    obj = {**obj, "apiVersion": resource.api_version, "kind": resource.kind}
    if draw(st.integers(0, 9)) < 9:
        obj["metadata"] = {**obj.get("metadata", {}), "name": "web", "namespace": "default"}
        obj["metadata"].pop("resourceVersion", None)
    return obj


@st.composite
def varied_objects(draw):
    """A good object with one field of its spec, or of its container, set to something else."""
    obj = json.loads(json.dumps(draw(st.sampled_from([bare_pod(), bare_controller(), service()]))))
    spec = obj["spec"]
    struct = struct_of("v1", obj["kind"]).fields["spec"].struct
    if obj["kind"] == "Pod" and draw(st.booleans()):
        [spec], struct = spec["containers"], struct.fields["containers"].item.struct
    key = draw(st.sampled_from(sorted(struct.fields)))
    spec[key] = draw(typed_value(struct.fields[key], 4))
    return obj


@given(st.lists(typed_objects() | varied_objects(), min_size=1, max_size=3))
def test_no_object_of_the_right_types_ends_in_anything_but_a_refusal(objects):
    apply_everything("\n".join(json.dumps(obj) for obj in objects))
