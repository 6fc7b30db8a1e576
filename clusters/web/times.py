"""Simulated times as the page prints them: counted from the start of the cluster."""

import math

from clusters.engine.clock import parse_rfc3339
from clusters.engine.cluster import KEY
from clusters.engine.objects import Object
from clusters.engine.store import MemoryStore


def started_at(image: MemoryStore) -> float:
    """When the cluster began, in simulated seconds since the epoch; 0.0 for a bare store."""
    cluster = image.get(*KEY)
    return 0.0 if cluster is None else created_at(cluster)


def created_at(obj: Object) -> float:
    """The object's creationTimestamp in simulated seconds; whole seconds, as Kubernetes keeps it."""
    return parse_rfc3339(obj["metadata"]["creationTimestamp"])


def clock_text(seconds: float, *, tenths: bool = False) -> str:
    """Seconds since the start as `m:ss`, as `m:ss.t`, or from an hour on as `h:mm:ss`.

    >>> clock_text(334.04, tenths=True)
    '5:34.0'
    """
    whole, tenth = divmod(max(0, int(seconds * 10 + 1e-6)), 10)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
    return f"{text}.{tenth}" if tenths and not hours else text


def duration_text(seconds: float) -> str:
    """`4 s`, or from two minutes on `7 min`, as clock.js writes it while time goes by."""
    return f"{int(seconds)} s" if seconds < 120 else f"{int(seconds // 60)} min"


def left_text(seconds: float) -> str:
    """`38 s`, or from two minutes on `4 min 10 s`, as clock.js counts it down."""
    whole = max(0, math.ceil(seconds))
    if whole < 120:
        return f"{whole} s"
    minutes, second = divmod(whole, 60)
    return f"{minutes} min {second} s" if second else f"{minutes} min"


def age_text(seconds: float) -> str:
    """An age as kubectl's AGE prints it (apimachinery's `duration.HumanDuration`), such as `3m20s`."""
    whole = int(seconds)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    for limit, text in (
        (120, f"{whole}s"),
        (600, _two(minutes, "m", whole % 60, "s")),
        (3 * 3600, f"{minutes}m"),
        (8 * 3600, _two(hours, "h", minutes % 60, "m")),
        (48 * 3600, f"{hours}h"),
        (8 * 86400, _two(days, "d", hours % 24, "h")),
    ):
        if whole < limit:
            return text
    return f"{days}d"


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}{small}{small_unit}" if small else f"{large}{unit}"
