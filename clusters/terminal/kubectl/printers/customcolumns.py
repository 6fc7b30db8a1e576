"""`-o custom-columns=NAME:.metadata.name,...`.

Models kubectl's `pkg/cmd/get/customcolumn.go`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from clusters.terminal.kubectl.printers.budget import Budget
from clusters.terminal.kubectl.printers.gofmt import sprint
from clusters.terminal.kubectl.printers.interface import Object, WatchEvent, Write, as_object, is_list
from clusters.terminal.kubectl.printers.jsonpath import JSONPath, relaxed
from clusters.terminal.kubectl.printers.tabwriter import TabWriter, new_tab_writer
from clusters.terminal.kubectl.printers.terminal import escape_terminal

_EXPECTED: Final = (
    "Expected format is one line of space separated headers, one line of space separated column specs."
)


class Column(NamedTuple):
    """`field_spec` is a JSONPath with its braces."""

    header: str
    field_spec: str


class CustomColumnsPrinter:
    """Prints a line an object. Headers are printed again when a list follows an object, or the reverse."""

    def __init__(self, columns: Sequence[Column], *, no_headers: bool = False) -> None:
        self.columns = columns
        self._no_headers = no_headers
        self._last_type: str | None = None

    def print(self, obj: Object | WatchEvent, write: Write) -> None:
        """Writes an object or the items of a list. Raises ValueError for a path that is none."""
        writer = write if isinstance(write, TabWriter) else new_tab_writer(write)
        try:
            self._print(obj, writer)
        finally:
            if writer is not write:
                writer.flush()

    def _print(self, obj: Object | WatchEvent, writer: TabWriter) -> None:
        items = [as_object(obj)]
        this_type = type(obj).__name__
        if not isinstance(obj, WatchEvent) and is_list(obj):
            items, this_type = obj["items"], "list"
        if not self._no_headers and this_type != self._last_type:
            writer.write("\t".join(column.header for column in self.columns) + "\n")
            self._last_type = this_type
        paths = [JSONPath(column.field_spec, allow_missing=True) for column in self.columns]
        budget = Budget()
        for item in items:
            writer.write("\t".join(_cell(path, item, budget) for path in paths) + "\n")


def from_spec(spec: str, *, no_headers: bool = False) -> CustomColumnsPrinter:
    """The printer for `HEADER:path,...`. Raises ValueError with upstream's words."""
    columns = []
    for part in spec.split(","):
        header, colon, path = part.partition(":")
        if not colon:
            raise ValueError(f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
        columns.append(Column(header, relaxed(path)))
    return CustomColumnsPrinter(columns, no_headers=no_headers)


def from_template(text: str) -> CustomColumnsPrinter:
    """The printer for a file of two lines: headers, then paths. Raises ValueError with upstream's words."""
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    for line, name in enumerate(("header", "spec")):
        if len(lines) <= line:
            raise ValueError(f"invalid template, missing {name} line. {_EXPECTED}")
    headers, specs = lines[0].split(), lines[1].split()
    if len(headers) != len(specs):
        raise ValueError(
            f"number of headers ({len(headers)}) and field specifications ({len(specs)}) don't match"
        )
    return CustomColumnsPrinter([Column(*pair) for pair in zip(headers, map(relaxed, specs), strict=True)])


def _cell(path: JSONPath, item: Object, budget: Budget) -> str:
    found = path.find_results(item, budget)
    values = [escape_terminal(sprint(value)) for values in found for value in values]
    return budget.spend_on(",".join(values if found and found[0] else ["<none>", *values]))
