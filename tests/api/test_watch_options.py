"""What a query says about a watch, and which combinations upstream refuses."""

import pytest

from clusters.api.watch_options import watch_options
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.resources import BY_KIND

POD = BY_KIND["Pod"]
FORBIDDEN = "resourceVersionMatch: Forbidden: "
NEEDS_MATCH = f"{FORBIDDEN}sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
NEEDS_EVENTS = f"{FORBIDDEN}resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
NOT_EXACT = 'resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"'
NO_PAGES = f"{FORBIDDEN}resourceVersionMatch is forbidden when continue is provided"


def options(name="", **query):
    return watch_options(query, POD, name)


def refusal(name="", **query):
    with pytest.raises(StatusError) as raised:
        watch_options(query, POD, name)
    return raised.value


@pytest.mark.parametrize(
    ("query", "revision", "state"),
    [
        ({}, None, True),
        ({"resourceVersion": ""}, None, True),
        ({"resourceVersion": "0"}, None, True),
        ({"resourceVersion": "7"}, 7, False),
        ({"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}, None, True),
        (
            {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "resourceVersion": "7"},
            7,
            True,
        ),
        ({"sendInitialEvents": "false", "resourceVersionMatch": "NotOlderThan"}, None, False),
        (
            {"sendInitialEvents": "0", "resourceVersionMatch": "NotOlderThan", "resourceVersion": "7"},
            7,
            False,
        ),
    ],
)
def test_where_a_watch_begins(query, revision, state):
    found = options(**query)
    assert (found.revision, found.state) == (revision, state)


@pytest.mark.parametrize(
    ("query", "complaints"),
    [
        ({"sendInitialEvents": "true"}, [NEEDS_MATCH]),
        ({"sendInitialEvents": "false"}, [NEEDS_MATCH]),
        ({"resourceVersionMatch": "NotOlderThan"}, [NEEDS_EVENTS]),
        ({"resourceVersionMatch": "Exact"}, [NEEDS_EVENTS, NOT_EXACT]),
        ({"sendInitialEvents": "true", "resourceVersionMatch": "Exact"}, [NEEDS_MATCH, NOT_EXACT]),
        (
            {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "continue": "abc"},
            [NO_PAGES],
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused_in_upstreams_words(query, complaints):
    error = refusal(**query)
    assert (error.code, error.reason) == (422, "Invalid")
    said = complaints[0] if len(complaints) == 1 else f"[{', '.join(complaints)}]"
    assert error.message == f'ListOptions.meta.k8s.io "" is invalid: {said}'
    assert len(error.details["causes"]) == len(complaints)


@pytest.mark.parametrize(
    ("text", "seconds"), [("", None), ("0", None), ("1", 1.0), ("478", 478.0), ("-5", 0.0)]
)
def test_how_long_a_watch_may_last(text, seconds):
    assert options(timeoutSeconds=text).timeout == seconds


@pytest.mark.parametrize("text", ["soon", "1.5", "1 ", "٣", "9223372036854775808", "9" * 30])
def test_a_timeout_that_is_no_number_is_refused(text):
    assert refusal(timeoutSeconds=text).code == 400


@pytest.mark.parametrize("text", ["x", "-1", "1.0", "18446744073709551616", "٣"])
def test_a_version_that_is_no_number_is_refused(text):
    error = refusal(resourceVersion=text)
    assert error.code == 400
    assert "resourceVersion: Invalid value" in error.message


@pytest.mark.parametrize(
    ("text", "allowed"), [("true", True), ("1", True), ("", True), ("false", False), ("0", False)]
)
def test_bookmarks_are_allowed_as_upstream_reads_a_yes(text, allowed):
    assert options(allowWatchBookmarks=text).bookmarks is allowed


def test_bookmarks_have_to_be_asked_for():
    assert options().bookmarks is False


def test_a_name_is_a_field_selector():
    assert options("a").selectors.field_selector == "metadata.name=a"
    assert options("a", fieldSelector="metadata.name=a").selectors.field_selector == "metadata.name=a"


@pytest.mark.parametrize("selector", ["metadata.name=b", "metadata.name!=a", "spec.nodeName=n1"])
def test_a_field_selector_for_something_else_than_the_name_is_refused(selector):
    error = refusal("a", fieldSelector=selector)
    assert error.code == 400
    assert error.message == "fieldSelector metadata.name doesn't match requested name"
