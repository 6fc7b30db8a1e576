"""Values of flags, as pflag reads them."""

import pytest

from clusters.terminal.kubectl.pflag import parse_duration


@pytest.mark.parametrize("text", ["2562048h", "-2562048h", "9" * 400 + "s"])
def test_a_duration_that_has_no_room_in_64_bits_is_none(text):
    with pytest.raises(ValueError, match=r"^time: invalid duration"):
        parse_duration(text)


def test_the_longest_duration_is_292_years():
    assert parse_duration("2562047h47m16s") == 2562047 * 3600 + 47 * 60 + 16
