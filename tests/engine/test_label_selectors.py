"""What the LabelSelector of an object selects, and how it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.label_selectors import format_label_selector, label_selector, with_label
from clusters.engine.labels import matches, parse_selector

KEYS = st.sampled_from(["app", "tier", "old"])
VALUES = st.sampled_from(["kubia", "web", "db", ""])
LABELS = st.dictionaries(KEYS, VALUES)


def one_of_several(operator):
    values = st.lists(VALUES, min_size=1, max_size=3)
    return st.fixed_dictionaries({"key": KEYS, "operator": st.just(operator), "values": values})


EXPRESSIONS = st.one_of(
    one_of_several("In"),
    one_of_several("NotIn"),
    st.fixed_dictionaries({"key": KEYS, "operator": st.sampled_from(["Exists", "DoesNotExist"])}),
)
SELECTORS = st.fixed_dictionaries(
    {"matchLabels": LABELS, "matchExpressions": st.lists(EXPRESSIONS, max_size=3)}
)


def expression(key, operator, *values):
    return {"key": key, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    ("selector", "labels", "found"),
    [
        (None, {"app": "kubia"}, False),
        (None, {}, False),
        ({}, {}, True),
        ({"matchLabels": {"app": "kubia"}}, {"app": "kubia", "tier": "web"}, True),
        ({"matchLabels": {"app": "kubia"}}, {"app": "other"}, False),
        ({"matchExpressions": [expression("tier", "In", "web", "db")]}, {"tier": "db"}, True),
        ({"matchExpressions": [expression("tier", "In", "web", "db")]}, {}, False),
        ({"matchExpressions": [expression("tier", "NotIn", "web")]}, {}, True),
        ({"matchExpressions": [expression("tier", "NotIn", "web")]}, {"tier": "web"}, False),
        ({"matchExpressions": [expression("old", "Exists")]}, {"old": ""}, True),
        ({"matchExpressions": [expression("old", "DoesNotExist")]}, {"old": ""}, False),
        (
            {"matchLabels": {"app": "a"}, "matchExpressions": [expression("old", "Exists")]},
            {"app": "a"},
            False,
        ),
    ],
)
def test_labels_and_expressions_all_have_to_fit(selector, labels, found):
    assert matches(label_selector(selector), labels) is found


def test_an_operator_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match='"Near" is not a valid label selector operator'):
        label_selector({"matchExpressions": [expression("tier", "Near", "web")]})


def test_it_is_written_as_people_type_it_sorted_by_key():
    selector = {
        "matchLabels": {"app": "kubia"},
        "matchExpressions": [
            expression("tier", "In", "web", "db"),
            expression("zone", "NotIn", "a"),
            expression("old", "DoesNotExist"),
            expression("new", "Exists"),
        ],
    }
    assert format_label_selector(selector) == "app=kubia,new,!old,tier in (db,web),zone notin (a)"


def test_what_is_said_of_one_key_is_written_in_its_order():
    selector = {
        "matchLabels": {"tier": "web"},
        "matchExpressions": [
            expression("tier", "Exists"),
            expression("tier", "NotIn", "db"),
            expression("app", "Exists"),
            expression("tier", "In", "web"),
        ],
    }
    assert format_label_selector(selector) == "app,tier=web,tier,tier notin (db),tier in (web)"


@given(SELECTORS, LABELS)
def test_what_is_written_selects_the_same(selector, labels):
    text = format_label_selector(selector)
    assert matches(parse_selector(text), labels) is matches(label_selector(selector), labels)


@given(SELECTORS, LABELS)
def test_one_more_label_is_wanted_besides(selector, labels):
    more = with_label(selector, "hash", "abc")
    known = matches(label_selector({**selector, "matchLabels": {**selector["matchLabels"]}}), labels)
    assert matches(label_selector(more), {**labels, "hash": "abc"}) is known
    assert not matches(label_selector(more), labels)
