"""How simulated time runs, is written, and how chance is drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.clock import (
    QUANTUM,
    Clock,
    draw,
    draw_hex,
    parse_rfc3339,
    quantise,
    rfc3339,
    rfc3339_micro,
)


def test_time_follows_the_wall_at_its_speed():
    clock = Clock(anchor_wall=100.0, anchor_simulated=1000.0, speed=5.0)
    assert clock.now(100.0) == 1000.0
    assert clock.now(102.0) == 1010.0
    assert clock.wall_at(1010.0) == 102.0


def test_a_wall_clock_that_is_set_back_does_not_turn_time_back():
    clock = Clock(100.0, 1000.0)
    assert clock.now(50.0) == 1000.0
    assert clock.wall_at(900.0) == 100.0


def test_while_paused_time_stands_still_and_nothing_will_ever_come():
    clock = Clock(100.0, 1000.0, paused=True)
    assert clock.now(500.0) == 1000.0
    assert clock.wall_at(1001.0) is None


changes = st.lists(
    st.tuples(
        st.floats(0, 1000),
        st.sampled_from([None, 1.0, 5.0, 20.0]),
        st.sampled_from([None, True, False]),
    ),
    max_size=8,
)


@given(changes)
def test_changing_the_clock_neither_jumps_nor_turns_back(steps):
    wall, clock = 100.0, Clock(100.0, 1000.0)
    for wait, speed, paused in steps:
        wall += wait
        before = clock.now(wall)
        clock = clock.changed(wall, speed=speed, paused=paused)
        assert clock.now(wall) == before
        assert clock.now(wall + 1) == before + (0 if clock.paused else clock.speed)


@given(st.floats(1e9, 3e9))
def test_due_times_are_rounded_up_to_the_quantum(t):
    """And once rounded they stay, else a due time would move on each time it is looked at."""
    rounded = quantise(t)
    assert t - 1e-5 <= rounded < t + QUANTUM
    assert quantise(rounded) == rounded


@given(st.integers(20_000_000_000, 60_000_000_000), st.integers(0, 1000))
def test_what_is_due_together_is_due_at_the_very_same_time(quanta, wait):
    assert quantise(quanta / 20 + wait * QUANTUM) == quantise((quanta + wait) / 20) == (quanta + wait) / 20


@given(st.integers(0, 4_000_000_000))
def test_seconds_are_read_back_as_written(second):
    assert parse_rfc3339(rfc3339(second)) == second


def test_the_forms_of_time():
    t = parse_rfc3339("2026-11-24T08:00:00Z")
    assert rfc3339(t + 0.999) == "2026-11-24T08:00:00Z"
    assert rfc3339_micro(t + 0.25) == "2026-11-24T08:00:00.250000Z"
    assert parse_rfc3339("2026-11-24T09:00:00.5+01:00") == t + 0.5


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z"])
def test_what_is_no_time(text):
    with pytest.raises(ValueError, match=r"."):
        parse_rfc3339(text)


def test_the_same_draw_for_the_same_write_and_another_for_any_other():
    first = draw("seed", 7, "name").random()
    assert draw("seed", 7, "name").random() == first
    others = [draw("other", 7, "name"), draw("seed", 8, "name"), draw("seed", 7, "uid")]
    assert first not in [other.random() for other in others]


@pytest.mark.parametrize("length", [1, 5, 16, 32, 64])
def test_hexadecimal_digits(length):
    digits = draw_hex("seed", 7, "uid", length)
    assert len(digits) == length
    assert set(digits) <= set("0123456789abcdef")
    assert draw_hex("seed", 8, "uid", 32) != draw_hex("seed", 7, "uid", 32)
