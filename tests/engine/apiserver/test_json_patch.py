"""JSON patches: the operations of RFC 6902, their limits, and everything that is none."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.patches import json_patch
from clusters.engine.apiserver.patches.json_patch import MAX_OPERATIONS, apply_json_patch, complaints_about
from tests.engine.apiserver.test_create import refusal

DOCUMENT = {"a": {"b": [1, 2, 3], "c/d": "x", "e~f": True}, "g": None}
DOES_NOT_APPLY = "the server rejected our request due to an error in our request"

APPLIED = {
    "adds a field": ([{"op": "add", "path": "/a/x", "value": 1}], ("a", "x"), 1),
    "puts an item into a list": ([{"op": "add", "path": "/a/b/1", "value": 9}], ("a", "b"), [1, 9, 2, 3]),
    "appends to a list": ([{"op": "add", "path": "/a/b/-", "value": 4}], ("a", "b"), [1, 2, 3, 4]),
    "takes an item from a list": ([{"op": "remove", "path": "/a/b/0"}], ("a", "b"), [2, 3]),
    "replaces what is behind an escaped slash": (
        [{"op": "replace", "path": "/a/c~1d", "value": "y"}],
        ("a", "c/d"),
        "y",
    ),
    "replaces what is behind an escaped tilde": (
        [{"op": "replace", "path": "/a/e~0f", "value": False}],
        ("a", "e~f"),
        False,
    ),
    "moves": ([{"op": "move", "from": "/a/b", "path": "/h"}], ("h",), [1, 2, 3]),
    "copies": ([{"op": "copy", "from": "/a/b/2", "path": "/g"}], ("g",), 3),
    "goes on after a test that holds": (
        [{"op": "test", "path": "/a/b/0", "value": 1}, {"op": "add", "path": "/h", "value": {}}],
        ("h",),
        {},
    ),
    "adds null for a value that is missing": ([{"op": "add", "path": "/h"}], ("h",), None),
}


@pytest.mark.parametrize(
    ("patch", "path", "expected"), [pytest.param(*case, id=sentence) for sentence, case in APPLIED.items()]
)
def test_an_operation(patch, path, expected):
    before = copy.deepcopy(DOCUMENT)
    value = apply_json_patch(DOCUMENT, patch)
    for key in path:
        value = value[key]
    assert value == expected
    assert before == DOCUMENT


REFUSED = {
    "a field that is not there": {"op": "remove", "path": "/x"},
    "a parent that is not there": {"op": "add", "path": "/x/y", "value": 1},
    "an index behind the end": {"op": "add", "path": "/a/b/9", "value": 1},
    "an index that is none": {"op": "replace", "path": "/a/b/first", "value": 1},
    "an index below zero": {"op": "remove", "path": "/a/b/-1"},
    "the place behind the end": {"op": "remove", "path": "/a/b/-"},
    "a copy of the place behind the end": {"op": "copy", "from": "/a/b/-", "path": "/x"},
    "a path without a slash": {"op": "add", "path": "x", "value": 1},
    "a path with a broken escape": {"op": "add", "path": "/~2", "value": 1},
    "a path through a text": {"op": "add", "path": "/a/c~1d/x", "value": 1},
    "a path through null": {"op": "add", "path": "/g/x", "value": 1},
    "a test that fails": {"op": "test", "path": "/a/b/0", "value": True},
    "a test of what is not there": {"op": "test", "path": "/x", "value": 1},
    "an unknown operation": {"op": "increase", "path": "/a"},
    "no operation": {"path": "/a"},
    "no path": {"op": "add", "value": 1},
    "a move from nowhere": {"op": "move", "path": "/a"},
    "a move into itself": {"op": "move", "from": "/a", "path": "/a/b/0"},
    "a removal of everything": {"op": "remove", "path": ""},
}


@pytest.mark.parametrize("operation", [pytest.param(case, id=sentence) for sentence, case in REFUSED.items()])
def test_what_does_not_apply_is_422(operation):
    error = refusal(apply_json_patch, DOCUMENT, [operation])
    assert (error.code, error.reason, error.message) == (422, "Invalid", DOES_NOT_APPLY)


MALFORMED = {
    "an object": ({}, "object into Go value of type []handlers.jsonPatchOp"),
    "a text": ("add", "string into Go value of type []handlers.jsonPatchOp"),
    "a list of texts": (["add"], "string into Go value of type handlers.jsonPatchOp"),
    "a number as a path": (
        [{"op": "add", "path": 1}],
        "number into Go struct field jsonPatchOp.path of type string",
    ),
    "a list as an operation": (
        [{"op": ["add"]}],
        "array into Go struct field jsonPatchOp.op of type string",
    ),
}


@pytest.mark.parametrize(
    ("patch", "said"), [pytest.param(*case, id=sentence) for sentence, case in MALFORMED.items()]
)
def test_what_is_no_json_patch_is_400(patch, said):
    error = refusal(apply_json_patch, DOCUMENT, patch)
    assert error.code == 400
    assert error.message == f"error decoding patch: json: cannot unmarshal {said}"


def test_more_operations_than_upstream_takes_are_413():
    test = {"op": "test", "path": "/g", "value": None}
    assert apply_json_patch(DOCUMENT, [test] * MAX_OPERATIONS) == DOCUMENT
    error = refusal(apply_json_patch, DOCUMENT, [test] * (MAX_OPERATIONS + 1))
    assert error.code == 413
    assert error.message.endswith("maximum operations in a JSON patch is 10000, got 10001")


def test_copies_that_double_themselves_are_stopped(monkeypatch):
    monkeypatch.setattr(json_patch, "MAX_COPIED", 100_000)
    doubling = [{"op": "copy", "from": "/a", "path": "/a/twice"}] * 60
    wide = [
        operation
        for i in range(60)
        for operation in (
            {"op": "copy", "from": "/a", "path": f"/x{i}"},
            {"op": "move", "from": f"/x{i}", "path": f"/a/x{i}"},
        )
    ]
    assert apply_json_patch(DOCUMENT, doubling)
    assert refusal(apply_json_patch, DOCUMENT, wide).code == 422


@pytest.mark.parametrize("operations", [300, 2000])
def test_nesting_that_no_object_can_have_is_refused(operations):
    deeper = [{"op": "add", "path": "/a" * i, "value": {}} for i in range(1, operations)]
    assert refusal(apply_json_patch, {}, deeper).code == 422


def test_fields_that_no_operation_has_are_complained_of():
    patch = [{"op": "remove", "path": "/g"}, {"op": "add", "path": "/g", "value": 1, "form": ""}]
    assert complaints_about(patch) == ['json patch unknown field "[1].form"']


texts = st.sampled_from(
    ["", "/", "/a", "/a/b", "/a/b/0", "/a/b/-", "/a/b/-1", "~", "/~0", "/~3", "/g/0", "g"]
)
operations = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x"])},
    optional={
        "path": texts,
        "from": texts,
        "value": st.recursive(st.none() | st.integers(), lambda inner: st.lists(inner, max_size=2)),
    },
)


@given(st.lists(operations, max_size=6))
def test_whatever_the_operations_there_is_a_document_or_a_refusal(patch):
    before = copy.deepcopy(DOCUMENT)
    code = 422
    try:
        apply_json_patch(DOCUMENT, patch)
    except StatusError as error:
        code = error.code
    assert code == 422
    assert before == DOCUMENT
