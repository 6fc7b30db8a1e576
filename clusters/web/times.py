"""Simulated times as the page prints them: counted from the start of the cluster."""

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
