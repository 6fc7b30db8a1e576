"""Which labels a selector matches, and how its text is read."""

import pytest

from clusters.engine.labels import (
    Requirement,
    format_labels,
    matches,
    parse_selector,
    subset_matches,
)

WEB = {"app": "kubia", "tier": "web"}
DB = {"app": "kubia", "tier": "db", "old": ""}
BARE = {}


@pytest.mark.parametrize(
    ("wanted", "labels", "found"),
    [
        ({"app": "kubia"}, WEB, True),
        ({"app": "kubia", "tier": "web"}, WEB, True),
        ({"app": "kubia", "tier": "db"}, WEB, False),
        ({"app": "kubia"}, BARE, False),
        ({"old": ""}, DB, True),
        ({"old": ""}, WEB, False),
        ({}, BARE, True),
    ],
)
def test_selectors_of_controllers_and_services(wanted, labels, found):
    assert subset_matches(wanted, labels) is found


@pytest.mark.parametrize(
    ("text", "web", "db", "bare"),
    [
        ("", True, True, True),
        ("tier=web", True, False, False),
        ("tier==web", True, False, False),
        ("tier = web", True, False, False),
        ("tier!=web", False, True, True),
        ("tier in (web, db)", True, True, False),
        ("tier notin (web)", False, True, True),
        ("tier", True, True, False),
        ("!tier", False, False, True),
        ("! old,app=kubia", True, False, False),
        ("app=kubia,tier in (db,cache),old", False, True, False),
        ("old=", False, True, False),
    ],
)
def test_selectors_that_people_write(text, web, db, bare):
    selector = parse_selector(text)
    assert [matches(selector, labels) for labels in (WEB, DB, BARE)] == [web, db, bare]


def test_a_set_keeps_its_commas():
    assert parse_selector("a in (b,c),d") == (
        Requirement("a", "in", frozenset({"b", "c"})),
        Requirement("d", "exists", frozenset()),
    )


@pytest.mark.parametrize("text", ["a b", "=x", "a in b", "a in (b", "(a)", "a==b=c", "!"])
def test_what_cannot_be_read_is_named(text):
    with pytest.raises(ValueError, match="unable to parse requirement"):
        parse_selector(text)


def test_labels_as_kubectl_prints_them():
    assert format_labels({"b": "2", "a": "1"}) == "a=1,b=2"
    assert format_labels({}) == ""
