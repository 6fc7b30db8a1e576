"""Values as Go writes them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.terminal.kubectl.printers.budget import Budget
from clusters.terminal.kubectl.printers.gofmt import float_text, go_syntax, quote, sprint
from clusters.terminal.kubectl.printers.printf import sprintf


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_reads_as_itself_again(number):
    assert float(float_text(number)) == number
    assert float(float_text(number, 21, -6)) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0, "0"), (-0.0, "-0"), (1e6, "1e+06"), (999999.0, "999999"), (1e-5, "1e-05"), (math.inf, "+Inf")],
)
def test_a_float_has_an_exponent_where_go_has_one(number, text):
    assert float_text(number) == text


def test_values_are_shown_with_their_keys_sorted():
    value = {"b": [1, None, 1.5, True], "a": {"x": "y z"}}
    assert sprint(value) == "map[a:map[x:y z] b:[1 <nil> 1.5 true]]"
    assert go_syntax(value) == (
        'map[string]interface {}{"a":map[string]interface {}{"x":"y z"}, '
        '"b":[]interface {}{1, interface {}(nil), 1.5, true}}'
    )


def test_a_text_is_quoted_with_go_escapes():
    assert quote('a"b\\\n\x00\x7f\u00a0\u00e9\ue000') == '"a\\"b\\\\\\n\\x00\\x7f\\u00a0é\\ue000"'


@given(
    st.text("%+-# 0123456789.*[]vdsqxXTtceEfgGUob!z", max_size=20),
    st.lists(st.integers() | st.text() | st.none()),
)
def test_any_format_is_worked_out(template, args):
    assert isinstance(sprintf(template, args, Budget()), str)
