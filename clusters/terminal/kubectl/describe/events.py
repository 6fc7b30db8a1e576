"""The table of Events below an object.

Models DescribeEvents of kubectl's `pkg/describe/describe.go` and its `pkg/util/event`.
"""

from clusters.engine.apiserver.tables.ages import seconds_of, since
from clusters.engine.apiserver.tables.columns import number, part, text
from clusters.engine.objects import Object
from clusters.terminal.kubectl.describe.prefix_writer import LEVEL_0, LEVEL_1, PrefixWriter
from clusters.terminal.kubectl.printers.gosort import go_sorted


def describe_events(events: list[Object], w: PrefixWriter, now: float) -> None:
    """Write Events in the order in which they last happened, ages at the time `now`."""
    if not events:
        w.write(LEVEL_0, "Events:\t<none>\n")
        return
    w.write(LEVEL_0, "Events:\n  Type\tReason\tAge\tFrom\tMessage\n")
    w.write(LEVEL_1, "----\t------\t----\t----\t-------\n")
    for event in go_sorted(events, lambda a, b: _last_seen(a) < _last_seen(b)):
        cells = (
            text(event, "type"),
            text(event, "reason"),
            _interval(event, now),
            text(part(event, "source"), "component") or text(event, "reportingComponent"),
            _message(event),
        )
        w.write(LEVEL_1, "\t".join(cells) + "\n")


def _last_seen(event: Object) -> float:
    seconds = seconds_of(event.get("lastTimestamp"))
    return float("-inf") if seconds is None else seconds


def _interval(event: Object, now: float) -> str:
    first = since(event.get("eventTime") or event.get("firstTimestamp"), now)
    series, count = event.get("series"), number(event, "count")
    if isinstance(series, dict):
        last = since(series.get("lastObservedTime"), now)
        return f"{last} (x{number(series, 'count')} over {first})"
    if count > 1:
        return f"{since(event.get('lastTimestamp'), now)} (x{count} over {first})"
    return first


def _message(event: Object) -> str:
    field_path = text(part(event, "involvedObject"), "fieldPath")
    message = text(event, "message").strip()
    return f"{field_path}: {message}" if field_path else message
