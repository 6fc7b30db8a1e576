"""kubectl events: what happened, the latest last.

Models kubectl's `pkg/cmd/events`.
"""

from contextlib import aclosing
from typing import Final

from clusters.engine.clock import parse_rfc3339
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError, ExitError, NoResourceMatchError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, string, strings
from clusters.terminal.kubectl.printers.durations import since
from clusters.terminal.kubectl.printers.gosort import go_sorted
from clusters.terminal.kubectl.printers.tabwriter import TabWriter, new_tab_writer
from clusters.terminal.kubectl.printers.terminal import escape_terminal
from clusters.terminal.kubectl.printing import Printer

_CHUNK: Final = "500"


async def run(k: Kubectl) -> None:
    selector = await _selector(k)
    printer = Printer(k, "", as_typed=True) if k.flags["output"] else None
    types = {name.lower() for name in k.flags["types"]}
    if types - {"normal", "warning"}:
        raise CommandError("valid --types are Normal or Warning")
    path = "/api/v1/events" if k.flags["all-namespaces"] else f"/api/v1/namespaces/{k.namespace}/events"
    table = _Table(k)
    if k.flags["watch"]:
        await _watch(k, path, selector, types, table, printer)
        return
    events = [event for event in await _list(k, path, selector) if _is_wanted(event, types)]
    if not events:
        where = "." if k.flags["all-namespaces"] else f" in {k.namespace} namespace."
        k.err(f"No events found{where}\n")
        return
    ordered = go_sorted(events, lambda one, other: _time(one) < _time(other))
    if printer is not None:
        # As upstream, which cannot name the objects of a list.
        if k.flags["output"] != "name":
            printer.print({"apiVersion": "v1", "kind": "EventList", "metadata": {}, "items": ordered})
        return
    for event in ordered:
        table.add(event)
    table.writer.flush()


async def _selector(k: Kubectl) -> list[tuple[str, str]]:
    """What --for asks for. Raises CommandError."""
    said = k.flags["for"]
    if not said:
        return []
    kind, slash, name = said.partition("/")
    if not slash:
        raise CommandError("--for must be in resource/name form")
    if "/" in name:
        raise CommandError("arguments in resource/name form may not have more than one slash")
    try:
        mapping = (await k.mapper()).find(kind.lower())
    except NoResourceMatchError as error:
        raise ExitError(1, f"{error}\n") from error
    if not name:
        return []
    fields = (
        f"involvedObject.kind={mapping.kind},involvedObject.apiVersion={mapping.api_version},"
        f"involvedObject.name={name}"
    )
    return [("fieldSelector", fields)]


async def _list(k: Kubectl, path: str, selector: list[tuple[str, str]]) -> list[Object]:
    found: list[Object] = []
    more = ""
    while True:
        query = [*selector, ("limit", _CHUNK), *([("continue", more)] if more else [])]
        page = await k.client.request("GET", path, query)
        found += ({"kind": "Event", "apiVersion": "v1", **item} for item in page["items"])
        more = page["metadata"].get("continue") or ""
        if not more:
            return found


async def _watch(
    k: Kubectl,
    path: str,
    selector: list[tuple[str, str]],
    types: set[str],
    table: "_Table",
    printer: Printer | None,
) -> None:
    async with aclosing(k.client.watch(path, selector)) as events:
        async for type_, event in events:
            if type_ == "DELETED" or not _is_wanted(event, types):
                continue
            if printer is not None:
                printer.print(event)
            else:
                table.add(event)
                table.writer.flush()


def _is_wanted(event: Object, types: set[str]) -> bool:
    return not types or event.get("type", "").lower() in types


def _time(event: Object) -> float:
    series = event.get("series") or {}
    stamp = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    return parse_rfc3339(stamp) if stamp else 0.0


class _Table:
    """Events as lines; the headers come with the first."""

    def __init__(self, k: Kubectl) -> None:
        self.k = k
        self.writer: TabWriter = new_tab_writer(k.out)
        self._has_headers = bool(k.flags["no-headers"])

    def add(self, event: Object) -> None:
        with_namespace = self.k.flags["all-namespaces"]
        if not self._has_headers:
            headers = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
            self.writer.write("\t".join(["NAMESPACE", *headers] if with_namespace else headers) + "\n")
            self._has_headers = True
        about = event["involvedObject"]
        cells = [
            self._interval(event),
            event.get("type", ""),
            event.get("reason", ""),
            f"{about.get('kind', '')}/{about.get('name', '')}",
            event.get("message", "").strip(),
        ]
        cells = [event["metadata"]["namespace"], *cells] if with_namespace else cells
        self.writer.write("\t".join(map(escape_terminal, cells)) + "\n")

    def _interval(self, event: Object) -> str:
        now = self.k.host.now()
        first = since(event.get("eventTime") or event.get("firstTimestamp"), now)
        series, count = event.get("series"), event.get("count") or 0
        if series:
            return f"{since(series.get('lastObservedTime'), now)} (x{series['count']} over {first})"
        if count > 1:
            return f"{since(event.get('lastTimestamp'), now)} (x{count} over {first})"
        return first


COMMAND: Final = Command(
    "events",
    run,
    (
        boolean("watch", shorthand="w", about="go on and show what happens"),
        flag_sets.ALL_NAMESPACES,
        string("for", about="only about TYPE/NAME"),
        strings("types", about="Normal or Warning"),
        boolean("no-headers", about="without the line of headers"),
        flag_sets.CHUNK_SIZE,
        *flag_sets.PRINT,
    ),
    about="What happened in the cluster.",
)
