"""Files become objects, or errors in the words of Go's libraries."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.terminal.kubectl.documents import DocumentError, documents, to_json
from clusters.terminal.kubectl.printers.yaml_text import yaml_text

POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n"
CONVERTING = "error converting YAML to JSON: yaml: "

unreadable = pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: b: c\n", f"{CONVERTING}mapping values are not allowed in this context"),
        (f"{POD} labels: x\n", f"{CONVERTING}line 4: did not find expected key"),
        (
            "kind: Pod\nmetadata:\n\tname: x\n",
            f"{CONVERTING}line 3: found character that cannot start any token",
        ),
        (f'{POD}  x: "y\n', f"{CONVERTING}line 6: found unexpected end of stream"),
        ("a:\nb: [c\n", f"{CONVERTING}line 2: did not find expected ',' or ']'"),
        ("kind: *x\n", f"{CONVERTING}unknown anchor 'x' referenced"),
        ("a: &x [*x]\n", f"{CONVERTING}anchor 'x' value contains itself"),
        ("a: @b\n", f"{CONVERTING}found character that cannot start any token"),
        ("--- foo\na: b\n", "invalid Yaml document separator: foo"),
        ('{"a": 1 "b": 2}', "json: offset 9: invalid character '\"' after object key:value pair"),
        ('{"é": 1 "b": 2}', "json: offset 10: invalid character '\"' after object key:value pair"),
        ('{"a": nul "b": 1}', "json: offset 10: invalid character ' ' in literal null (expecting 'l')"),
        ('{"a": 1', "unexpected EOF"),
        ('{"a": 1}{"b": 2}{]', "invalid character ']' looking for beginning of object key string"),
    ],
)


@unreadable
def test_what_cannot_be_read_is_told_in_the_words_of_go(text, why):
    with pytest.raises(DocumentError) as caught:
        list(documents(text))
    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("# nothing\n", [None]),
        ("a: 1\n---\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("---\na: 1\n--- # more\nb: 2", [{"a": 1}, {"b": 2}]),
        ('{"a": 1}{"b": 2}\n{"c": 3}', [{"a": 1}, {"b": 2}, {"c": 3}]),
        ('{"a": 1}\n---\nb: 2\n', [{"a": 1}, {"b": 2}]),
        ("{a: 1, b: 2,}", [{"a": 1, "b": 2}]),
        ("\ufeffa: 1\r\nb: 2\r\n", [{"a": 1, "b": 2}]),
        ("a: 1\na: 2\n", [{"a": 2}]),
        ("a: yes\nb: 010\nc: 1.0\nd: 1_0\ne: _1\n", [{"a": True, "b": 8, "c": 1, "d": 10, "e": "_1"}]),
    ],
)
def test_a_text_holds_any_number_of_documents(text, found):
    assert list(documents(text)) == found


def test_keys_are_in_order_as_in_maps_of_go():
    (found,) = documents("b: 1\na: {d: 1, c: 2}\n")
    assert list(found) == ["a", "b"]
    assert list(found["a"]) == ["c", "d"]


def test_what_is_nested_too_deep_is_refused():
    for text in ("[" * 5000, '{"a":' * 5000 + "1" + "}" * 5000, f"a: {'[' * 200}{']' * 200}"):
        with pytest.raises(DocumentError):
            list(documents(text))


def test_json_that_ends_too_soon_is_told_as_the_decoder_of_one_value_does():
    with pytest.raises(DocumentError, match=r"^unexpected end of JSON input$"):
        to_json("{")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc-_/ :#", max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), VALUES, min_size=1, max_size=3))
def test_what_is_written_as_json_or_yaml_is_read_again(value):
    assert list(documents(json.dumps(value))) == [value]
    assert list(documents(yaml_text(value))) == [value]


@given(st.text("ab:{}[]-'\"\n \t&*!|>#%@,0.", max_size=40))
def test_any_text_is_read_or_refused(text):
    with suppress(DocumentError):
        list(documents(text))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("5\n", 'error validating "x.yaml": error validating data: invalid object to validate'),
        ("kind: Pod\n", 'error validating "x.yaml": error validating data: apiVersion not set'),
        ("a: b\n", 'error validating "x.yaml": error validating data: [apiVersion not set, kind not set]'),
        (
            "apiVersion: 1\nkind: Pod\n",
            'error validating "x.yaml": error validating data: apiVersion isn\'t string type',
        ),
        (
            "apiVersion: a/b/c\nkind: Pod\n",
            'error validating "x.yaml": error validating data: unexpected GroupVersion string: a/b/c',
        ),
        (
            "apiVersion: v1\nkind: List\nitems: 5\n",
            'error validating "x.yaml": error validating data: invalid object to validate',
        ),
    ],
)
async def test_what_is_no_object_is_invalid(kubectl, text, why):
    stop = "if you choose to ignore these errors, turn validation off with --validate=false"
    assert await kubectl.refused("create -f x.yaml", x_yaml=text) == f"error: {why}; {stop}\n"


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ("x", "string into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta"),
        ("{name: 5}", "number into Go struct field ObjectMeta.metadata.name of type string"),
        ("{labels: {a: true}}", "bool into Go struct field ObjectMeta.metadata.labels of type string"),
    ],
)
async def test_metadata_of_wrong_types_cannot_be_decoded(kubectl, metadata, why):
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {metadata}\n"
    error = await kubectl.refused("create -f x.yaml", x_yaml=text)
    assert error == f'error: unable to decode "x.yaml": json: cannot unmarshal {why}\n'


async def test_a_kind_that_is_not_there_is_named_with_its_object(kubectl):
    text = "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: web}\n"
    assert await kubectl.refused("create -f x.yaml", x_yaml=text) == (
        'error: resource mapping not found for name: "web" namespace: "" from "x.yaml": '
        'no matches for kind "Deployment" in version "extensions/v1beta1"\nensure CRDs are installed first\n'
    )


async def test_a_namespace_that_the_line_does_not_name_is_refused(kubectl):
    text = f"{POD}  namespace: one\n"
    assert await kubectl.refused("create -f x.yaml -n two", x_yaml=text) == (
        'error: the namespace from the provided object "one" does not match the namespace "two". '
        "You must pass '--namespace=one' to perform this operation.\n"
    )


async def test_files_are_found_by_name_folder_and_pattern(kubectl):
    kubectl.files.update({"a.yaml": POD, "b.json": '{"apiVersion":"v1","kind":"Pod"}', "c.txt": "x"})
    both, one = "pod/web created (dry run)\npod/<unknown> created (dry run)\n", "pod/web created (dry run)\n"
    assert await kubectl.ok("create --dry-run=client -f .") == both
    assert await kubectl.ok("create --dry-run=client -f ./a.yaml -f b.json") == both
    assert await kubectl.ok("create --dry-run=client -f '*.yaml'") == one
    assert await kubectl.ok("create --dry-run=client -f a.yaml,b.json") == both


async def test_files_that_are_not_there_are_named_one_by_one(kubectl):
    assert await kubectl.refused("create -f x.yaml") == 'error: the path "x.yaml" does not exist\n'
    error = await kubectl.refused("create -f x.yaml -f ./y.yaml")
    assert error == 'the path "x.yaml" does not exist\nthe path "./y.yaml" does not exist\n'
    assert await kubectl.refused("create -f .") == (
        "error: error reading [.]: recognized file extensions are [.json .yaml .yml]\n"
    )
    assert await kubectl.refused("create -f [") == (
        'error: pattern "[" is not valid: syntax error in pattern\n'
    )


@pytest.mark.parametrize("place", ["-f -", "-f https://example.com/x.yaml", "-k ."])
async def test_what_this_terminal_has_not_is_told(kubectl, place):
    assert "this terminal" in await kubectl.refused(f"create {place}")


async def test_a_list_is_taken_apart_and_its_items_may_leave_out_what_they_are(kubectl):
    text = "apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: a}}, {metadata: {name: b}}]\n"
    out = await kubectl.ok("create --dry-run=client -o name -f x.yaml", x_yaml=text)
    assert out == "pod/a\npod/b\n"


async def test_errors_of_the_server_come_before_those_of_the_file(kubectl):
    bad = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {}\n"
    foo = "apiVersion: v1\nkind: Foo\nmetadata: {name: one}\n"
    error = await kubectl.refused(
        "create -f x.yaml", x_yaml=f"{foo}---\n{bad}---\n{foo.replace('one', 'two')}"
    )
    assert error.startswith('Error from server (Invalid): error when creating "x.yaml": Pod "x" is invalid: ')
    assert error.split("\n")[1].startswith('[resource mapping not found for name: "one"')


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "9" * 5_000])
def test_a_number_that_no_float_holds_is_none(number):
    with pytest.raises(DocumentError, match=f"^json: cannot unmarshal number {number} into Go value of"):
        list(documents(f'{{"a": {number}}}'))
    with pytest.raises(DocumentError, match="cannot unmarshal number"):
        to_json(f'{{"a": {number}}}')
