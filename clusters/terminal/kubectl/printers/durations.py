"""Durations and ages for people.

Models apimachinery's `pkg/util/duration/duration.go`. `human_duration` and `since` are those of the tables
that the API server lays out.
"""

from clusters.engine.apiserver.tables.ages import human_duration, since

__all__ = ["human_duration", "short_human_duration", "since"]


def short_human_duration(seconds: float) -> str:
    """A duration as one number: `45s`, `3m`, `5h`, `2d`, `3y`.

    >>> short_human_duration(59), short_human_duration(3600), short_human_duration(-1.5)
    ('59s', '1h', '0s')
    """
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 60:
        return f"{max(whole, 0)}s"
    for size, unit, end in ((60, "m", 60), (3600, "h", 24), (86400, "d", 365)):
        if whole // size < end:
            return f"{whole // size}{unit}"
    return f"{whole // 86400 // 365}y"
