"""Times as the page prints them."""

import pytest

from clusters.web.times import age_text, clock_text, duration_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0:00"),
        (59.99, "0:59"),
        (334, "5:34"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (90061, "25:01:01"),
    ],
)
def test_the_clock(seconds, text):
    assert clock_text(seconds) == text


def test_tenths_until_the_first_hour_is_over():
    assert clock_text(334.08, tenths=True) == "5:34.0"
    assert clock_text(334.1, tenths=True) == "5:34.1"
    assert clock_text(3600.5, tenths=True) == "1:00:00"


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (3700, "61 min")])
def test_a_duration(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119.9, "119s"),
        (120, "2m"),
        (200, "3m20s"),
        (599, "9m59s"),
        (601, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"),
        (8 * 3600, "8h"),
        (47 * 3600, "47h"),
        (48 * 3600, "2d"),
        (49 * 3600, "2d1h"),
        (8 * 86400, "8d"),
    ],
)
def test_an_age_as_kubectl_prints_it(seconds, text):
    assert age_text(seconds) == text
