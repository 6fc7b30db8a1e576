"""Ages as kubectl prints them.

Models apimachinery's `pkg/util/duration/duration.go`. All times are simulated seconds.
"""

from typing import Any, Final

from clusters.engine.clock import parse_rfc3339

UNKNOWN: Final = "<unknown>"


def human_duration(seconds: float) -> str:
    """A duration with two or three significant figures: `45s`, `3m20s`, `5h`, `2d4h`, `3y40d`.

    What is up to two seconds in the future, as clocks differ, is `0s`.
    """
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 120:
        return f"{max(whole, 0)}s"
    minutes, hours = whole // 60, whole // 3600
    if minutes < 10:
        return _pair(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    return _hours(hours, minutes % 60) if hours < 48 else _days(hours // 24, hours % 24)


def seconds_of(stamp: Any) -> float | None:
    """A time of an object in seconds, None if there is none."""
    try:
        return parse_rfc3339(stamp) if stamp else None
    except (TypeError, ValueError, OverflowError):
        return None


def since(stamp: Any, now: float) -> str:
    """How long ago a time of an object was."""
    seconds = seconds_of(stamp)
    return UNKNOWN if seconds is None else human_duration(now - seconds)


def _hours(hours: int, minutes: int) -> str:
    return _pair(hours, "h", minutes, "m") if hours < 8 else f"{hours}h"


def _days(days: int, hours: int) -> str:
    if days < 8:
        return _pair(days, "d", hours, "h")
    if days < 365 * 2:
        return f"{days}d"
    if days < 365 * 8:
        return _pair(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
