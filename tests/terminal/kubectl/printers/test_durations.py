"""Ages for people."""

import pytest

from clusters.terminal.kubectl.printers.durations import human_duration, short_human_duration


@pytest.mark.parametrize(
    ("seconds", "shown", "short"),
    [
        (-2, "<invalid>", "<invalid>"),
        (-1, "0s", "0s"),
        (59, "59s", "59s"),
        (119, "119s", "1m"),
        (200, "3m20s", "3m"),
        (3 * 3600, "3h", "3h"),
        (50 * 3600, "2d2h", "2d"),
        (365 * 86400, "365d", "1y"),
        (800 * 86400, "2y70d", "2y"),
    ],
)
def test_durations_have_few_figures(seconds, shown, short):
    assert (human_duration(seconds), short_human_duration(seconds)) == (shown, short)
