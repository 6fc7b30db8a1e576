"""kubectl explain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.explain import Explanation, wrap
from tests.terminal.kubectl.recorder import Recorder

REPLICAS = """\
GROUP:      apps
KIND:       Deployment
VERSION:    v1

FIELD: replicas <integer>


DESCRIPTION:
    Number of desired pods. This is a pointer to distinguish between explicit
    zero and not specified. Defaults to 1.
    

"""  # noqa: W293
NO_FIELD = "KIND:       Pod\nVERSION:    v1\n\n"


@pytest.mark.parametrize(
    "word", ["deploy.spec.replicas", "deployments.apps.spec.replicas", "Deployment.spec.replicas"]
)
async def test_it_tells_what_a_field_is(kubectl, word):
    assert await kubectl.ok(f"explain {word}") == REPLICAS


async def test_it_lists_the_fields_of_a_kind(kubectl):
    lines = (await kubectl.ok("explain pods")).splitlines()
    assert lines[:4] == ["KIND:       Pod", "VERSION:    v1", "", "DESCRIPTION:"]
    names = [line for line in lines if "\t<" in line]
    assert names == [
        "  apiVersion\t<string>",
        "  kind\t<string>",
        "  metadata\t<ObjectMeta>",
        "  spec\t<PodSpec>",
        "  status\t<PodStatus>",
    ]


async def test_lists_and_maps_are_looked_into(kubectl):
    out = await kubectl.ok("explain po.spec.containers.env.valueFrom.configMapKeyRef.key")
    assert "FIELD: key <string>" in out
    assert "FIELD: labels <map[string]string>" in await kubectl.ok("explain pods.metadata.labels")


async def test_fields_of_fields_down_to_a_depth(kubectl):
    deep = await kubectl.ok("explain deploy -R")
    flat = await kubectl.ok("explain deploy --recursive --max-depth=2")
    assert "\n            containerPort\t<integer> -required-\n" in deep
    fields = [line for line in flat.splitlines() if "\t<" in line]
    assert "    replicas\t<integer>" in fields
    assert all(line[:6].strip() for line in fields)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("", 'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete '
         "list of supported resources."),
        ("a b", "We accept only this format: explain RESOURCE"),
        (".", "a resource must be present, got: /, Resource="),
        ("pod.spec.containers[0]", "invalid jsonpath syntax, first node must be field node"),
        ("pod.spec[0] --api-version=v1", "invalid jsonpath syntax, all nodes must be field nodes"),
        ("'pod.spec[\"a\"]'", 'invalid array index "a"'),
        ("pod --api-version=v2", 'couldn\'t find resource for "/v2, Resource=pods"'),
        ("pod --api-version=a/b/c", "unexpected GroupVersion string: a/b/c"),
        ("pod --api-version=apps/v1", "GVR (apps/v1, Resource=pods) not found in OpenAPI schema"),
        ("pod -o x", "unrecognized format: x"),
        ("deploy -o plaintext-openapiv2", 'couldn\'t find resource for "apps/v1, Kind=Deployment"'),
        ("pod --max-depth=1", "--max-depth requires --recursive"),
        ("pod -R --max-depth=-1", "--max-depth must be non-negative"),
    ],
)  # fmt: skip
async def test_what_it_does_not_understand(kubectl, words, complaint):
    assert (await kubectl.refused(f"explain {words}")).rstrip("\n") == f"error: {complaint}"


async def test_a_kind_that_nobody_has(kubectl):
    assert await kubectl.refused("explain foo") == 'the server doesn\'t have a resource type "foo"\n'


@pytest.mark.parametrize(
    ("word", "field"), [("pod.spec.nix", "nix"), ("pod.kind.x", "x"), ("pods.v1.y", "y")]
)
async def test_a_field_that_is_not_there(kubectl, word, field):
    done = await kubectl(f"explain {word}")
    assert (done.out, done.err, done.code) == (NO_FIELD, f'error: field "{field}" does not exist\n', 1)


async def test_it_reads_the_document_of_the_group_only(kubectl):
    kubectl.transport = Recorder(kubectl.transport)
    await kubectl.ok("explain deploy")
    assert kubectl.transport.asked == ["/api", "/apis", "/openapi/v3", "/openapi/v3/apis/apps/v1"]


GVK = {"group": "", "version": "v1", "kind": "K"}
REF = {"$ref": "#/components/schemas/io.K"}


def about(properties, *fields, recursive=False, **schema):
    schemas = {"io.K": {"x-kubernetes-group-version-kind": [GVK], "properties": properties, **schema}}
    return Explanation({"components": {"schemas": schemas}}, recursive).text(GVK, fields)


def test_a_schema_that_contains_itself_ends():
    fields = {"inner": {"allOf": [REF]}, "many": {"type": "array", "items": REF}}
    assert about(fields, recursive=True) == (
        "DESCRIPTION:\n    <empty>\nFIELDS:\n"
        "  inner\t<K>\n    inner\t<K>\n    many\t<[]K>\n  many\t<[]K>\n    inner\t<K>\n    many\t<[]K>\n"
    )  # fmt: skip
    assert about(fields, "inner", "many", "inner").startswith("FIELD: inner <K>\n")
    with pytest.raises(CommandError, match='field "x" does not exist'):
        about(fields, "inner", "many", "x")


def test_values_that_a_field_may_have():
    field = {"type": "string", "enum": ["", "a", "b", "c", "d"], "description": "One."}
    assert '  f\t<string> -required-\n  enum: "", a, b, c, ....\n    One.\n\n' in about(
        {"f": field}, required=["f"]
    )
    assert about({"f": field}, "f") == (
        'FIELD: f <string>\nENUM:\n    ""\n    a\n    b\n    c\n    d\n\nDESCRIPTION:\n    One.\n    \n'
    )


def test_where_more_is_written():
    docs = {"externalDocs": {"description": "More.", "url": "https://x.io"}}
    said = "EXTERNAL DOCS:\n    More.\n    URL: https://x.io\n"
    assert about({}, **docs) == f"DESCRIPTION:\n    <empty>\n\n{said}"
    assert "    EXTERNAL DOCS:\n      More.\n      URL: https://x.io\n\n" in about({"f": docs})


@given(st.text("ab \n"), st.integers(2, 12))
def test_lines_are_broken_between_words_only(text, limit):
    wrapped = wrap(limit, text)
    assert wrapped.split() == text.split()
    for line in wrapped.split("\n"):
        assert len(line) <= limit or " " not in line.strip() or max(map(len, line.split())) >= limit


def test_a_word_that_is_longer_than_a_line_stays_whole():
    assert wrap(5, "a bcdefgh ij") == "a\nbcdefgh\nij"
