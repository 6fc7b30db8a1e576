"""Times as Go reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.clock import rfc3339
from clusters.engine.gotime import parse_error, parse_time

AS = 'as "2006-01-02T15:04:05Z07:00": cannot parse'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("yesterday", f'"yesterday" {AS} "yesterday" as "2006"'),
        ("2026-01-31", f'"2026-01-31" {AS} "" as "T"'),
        ("2026-01-31 10:00:00Z", f'"2026-01-31 10:00:00Z" {AS} " 10:00:00Z" as "T"'),
        ("2026-01-31T10:00:00", f'"2026-01-31T10:00:00" {AS} "" as "Z07:00"'),
        ("2026-13-31T10:00:00Z", '"2026-13-31T10:00:00Z": month out of range'),
        ("2026-02-30T10:00:00Z", '"2026-02-30T10:00:00Z": day out of range'),
        ("2026-02-01T24:00:00Z", '"2026-02-01T24:00:00Z": hour out of range'),
        ("2026-02-01T10:00:00Zx", '"2026-02-01T10:00:00Zx": extra text: "x"'),
    ],
)
def test_what_is_no_time_is_told_in_the_words_of_go(text, why):
    assert parse_error(text) == f"parsing time {why}"
    with pytest.raises(ValueError, match=r"^parsing time "):
        parse_time(text)


@given(st.integers(0, 4_000_000_000))
def test_what_is_written_can_be_read(seconds):
    assert parse_time(rfc3339(seconds)) == seconds


@given(st.text("0123456789-:TZ+.", max_size=25))
def test_there_are_words_for_every_text(text):
    assert parse_error(text).startswith(f'parsing time "{text}"')
