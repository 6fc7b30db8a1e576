"""Which labels a selector matches, and how its text is read."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis.strategies import dictionaries, lists, sampled_from, text

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


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x in (a,,b)", {"a", "", "b"}),
        ("x in()", {""}),
        ("x in (,)", {""}),
        ("x in (,a)", {"", "a"}),
        ("x in (a,)", {"a", ""}),
        ("x notin(in,notin)", {"in", "notin"}),
        ("x\tin\n( a\r, b )", {"a", "b"}),
        ("x=in", {"in"}),
        ("x=", {""}),
        ("x!=", {""}),
    ],
)
def test_the_values_of_a_requirement(text, values):
    (requirement,) = parse_selector(text)
    assert requirement.values == values


@pytest.mark.parametrize("text", ["in", "notin", "!in", "in in (in)", "in=in", "example.com/in"])
def test_operators_may_be_keys_too(text):
    (requirement,) = parse_selector(text)
    assert requirement.key in ("in", "notin", "example.com/in")


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("n>1", "2", True),
        ("n>1", "1", False),
        ("n > 03", "4", True),
        ("n<10", "9", True),
        ("n<10", "10", False),
        ("n<10", "nine", False),
        ("n<10", "1_0", False),
        ("n<10", "", False),
        ("n>1", str(2**63), False),
        ("n>1", None, False),
    ],
)
def test_numbers_are_compared(text, value, found):
    labels = {} if value is None else {"n": value}
    assert matches(parse_selector(text), labels) is found


NAME_PART = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
    " alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is"
    " '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must"
    " start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used"
    " for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("=x", "found '=', expected: !, identifier, or 'end of string'"),
        ("(a)", "found '(', expected: !, identifier, or 'end of string'"),
        (",a", "found ',', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a,,b", "found ',', expected: identifier after ','"),
        ("a==b=c", "found '=', expected: ',' or 'end of string'"),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("a in (b) c", "found 'c', expected: ',' or 'end of string'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a(", "unable to parse requirement: found '(', expected: in, notin, =, ==, !=, gt, lt"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("!!a", "unable to parse requirement: found '!', expected: identifier"),
        ("a=(", "unable to parse requirement: found '(', expected: identifier"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in", "unable to parse requirement: found '' expected: '('"),
        ("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
        ("a in (=", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
        ("a in (b,=", "unable to parse requirement: found '=', expected: ',', or identifier"),
        ("-a", f'unable to parse requirement: <nil>: Invalid value: "-a": {NAME_PART}'),
        (
            "a/b/c=d",
            'unable to parse requirement: <nil>: Invalid value: "a/b/c": a qualified name',
        ),
        ("a=-b", f'unable to parse requirement: values[0][a]: Invalid value: "-b": {VALUE}'),
        ("a in (b,c_)", f'unable to parse requirement: values[1][a]: Invalid value: "c_": {VALUE}'),
        (
            "a>b",
            "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the"
            " value must be an integer",
        ),
        (
            "a>-",
            'unable to parse requirement: [values[0]: Invalid value: "-": '
            "for 'Gt', 'Lt' operators, the value must be an integer, "
            f'values[0][a]: Invalid value: "-": {VALUE}]',
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_upstreams_words(text, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        parse_selector(text)


@given(text(alphabet='ab/.-_ =!<>(),in\tot0\0"', max_size=30))
def test_any_text_is_read_or_refused(text):
    with suppress(ValueError):
        selector = parse_selector(text)
        assert matches(selector, {"a": "b"}) is all(part.matches({"a": "b"}) for part in selector)


KEYS = sampled_from(["app", "tier", "in", "example.com/n"])
VALUES = sampled_from(["", "a", "b", "1", "22", "notin"])


@given(KEYS, lists(VALUES, min_size=1), dictionaries(KEYS, VALUES))
def test_sets_and_their_complements_part_all_labels(key, values, labels):
    written = ",".join(values)
    inside = matches(parse_selector(f"{key} in ({written})"), labels)
    assert inside is not matches(parse_selector(f"{key} notin ({written})"), labels)
    assert inside is (labels.get(key) in values)
    assert matches(parse_selector(key), labels) is not matches(parse_selector(f"!{key}"), labels)


def test_labels_as_kubectl_prints_them():
    assert format_labels({"b": "2", "a": "1"}) == "a=1,b=2"
    assert format_labels({}) == ""
