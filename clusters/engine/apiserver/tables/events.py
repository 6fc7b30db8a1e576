"""Rows of Events.

Models `printEvent` of `pkg/printers/internalversion/printers.go`.
"""

from typing import Final

from clusters.engine.apiserver.tables.ages import since
from clusters.engine.apiserver.tables.columns import (
    CORE,
    NAME,
    Cells,
    Column,
    Doc,
    Printer,
    name_of,
    number,
    part,
    text,
)
from clusters.engine.objects import Object


def _cells(event: Object, now: float) -> Cells:
    first = since(event.get("firstTimestamp") or event.get("eventTime"), now)
    last = since(event.get("lastTimestamp"), now) if event.get("lastTimestamp") else first
    count = number(event, "count") or 1
    series = event.get("series")
    if isinstance(series, dict):
        last, count = since(series.get("lastObservedTime"), now), number(series, "count")
    involved = part(event, "involvedObject")
    kind, name = text(involved, "kind").lower(), text(involved, "name")
    return [
        last,
        text(event, "type"),
        text(event, "reason"),
        f"{kind}/{name}" if name else kind,
        text(involved, "fieldPath"),
        _source(event),
        text(event, "message").strip(),
        first,
        count,
        name_of(event),
    ]


def _source(event: Object) -> str:
    source = part(event, "source")
    component = text(source, "component") or text(event, "reportingComponent")
    instance = text(source, "host") or text(event, "reportingInstance")
    return f"{component}, {instance}" if instance else component


_EVENT: Final = CORE + "Event"

EVENTS: Final = Printer(
    (
        Column("Last Seen", Doc(_EVENT, "lastTimestamp")),
        Column("Type", Doc(_EVENT, "type")),
        Column("Reason", Doc(_EVENT, "reason")),
        Column("Object", Doc(_EVENT, "involvedObject")),
        Column("Subobject", Doc(CORE + "ObjectReference", "fieldPath"), priority=1),
        Column("Source", Doc(_EVENT, "source"), priority=1),
        Column("Message", Doc(_EVENT, "message")),
        Column("First Seen", Doc(_EVENT, "firstTimestamp"), priority=1),
        Column("Count", Doc(_EVENT, "count"), priority=1),
        NAME._replace(priority=1),
    ),
    _cells,
)
