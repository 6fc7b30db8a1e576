"""The tables that people read.

Models `HumanReadablePrinter` of cli-runtime's `pkg/printers/tableprinter.go`. The API server lays out the
columns; what is no Table is shown by name and age.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from clusters.engine.apiserver.tables.ages import since
from clusters.terminal.kubectl.printers.gofmt import sprint
from clusters.terminal.kubectl.printers.interface import Object, WatchEvent, Write, is_list
from clusters.terminal.kubectl.printers.tabwriter import TabWriter, new_tab_writer
from clusters.terminal.kubectl.printers.terminal import escape_terminal

FLUSH_INTERVAL: Final = 100
"""Rows; the width of a column is remembered from what was written before."""

_BREAK: Final = re.compile("[\f\n\r]")
_EVENT_TYPES: Final = {
    "ADDED": "ADDED   ",
    "MODIFIED": "MODIFIED",
    "DELETED": "DELETED ",
    "ERROR": "ERROR   ",
}
_OBJECT_META_COLUMNS: Final = ("NAME", "AGE")


@dataclass(frozen=True, kw_only=True)
class PrintOptions:
    """What is asked of a table. `kind`, such as `Deployment.apps`, stands before each name if it is given."""

    no_headers: bool = False
    with_namespace: bool = False
    kind: str = ""
    wide: bool = False
    show_labels: bool = False
    column_labels: Sequence[str] = ()

    @property
    def has_labels(self) -> bool:
        return bool(self.show_labels or self.column_labels)


@dataclass
class _Table:
    """Columns with `name`, and `priority`, `type`, `format` if they are not empty; the cells of each row."""

    columns: list[Object]
    rows: list[list[Any]] = field(default_factory=list)


class HumanReadablePrinter:
    """Prints Tables of the API server one after the other, headers only where the columns change.

    `now` is the time from which ages are counted, in seconds.
    """

    def __init__(self, options: PrintOptions, now: Callable[[], float]) -> None:
        self._options = options
        self._now = now
        self._last_columns: list[Object] = []
        self._printed_headers = False
        self._printed_object_meta = False

    def print(self, obj: Object | WatchEvent, write: Write) -> None:
        """Writes a Table, or an object or list by name and age."""
        writer = write if isinstance(write, TabWriter) else new_tab_writer(write)
        event, obj = obj if isinstance(obj, WatchEvent) else ("", obj)
        if obj.get("kind") == "Table":
            self._print_table(obj, event, writer)
        else:
            self._print_object_meta(obj, event, writer)
        if writer is not write:
            writer.flush()

    def _print_table(self, obj: Object, event: str, writer: TabWriter) -> None:
        columns, rows = obj.get("columnDefinitions") or [], obj.get("rows") or []
        no_headers = self._options.no_headers or (
            self._printed_headers and (not columns or columns == self._last_columns)
        )
        if not columns:
            columns = self._last_columns
        elif columns != self._last_columns:
            self._last_columns = columns
            self._printed_headers = False
        self._printed_headers = self._printed_headers or bool(rows)
        table = _decorated(columns, rows, self._options)
        if event:
            table.columns.insert(0, {"name": "Event"})
            table.rows = [[_EVENT_TYPES.get(event, event), *cells] for cells in table.rows]
        _print(table, self._options.wide, no_headers, writer)

    def _print_object_meta(self, obj: Object, event: str, writer: TabWriter) -> None:
        options = self._options
        if not self._printed_object_meta and not options.no_headers:
            headers = [*_OBJECT_META_COLUMNS, *label_headers(options.column_labels)]
            headers += ["LABELS"] if options.show_labels else []
            headers = ["NAMESPACE", *headers] if options.with_namespace else headers
            writer.write("\t".join(["EVENT", *headers] if event else headers) + "\n")
        self._printed_object_meta = True
        for item in obj["items"] if is_list(obj) else [obj]:
            metadata = item.get("metadata") or {}
            cells = [metadata.get("name", ""), since(metadata.get("creationTimestamp"), self._now())]
            if options.kind:
                cells[0] = f"{options.kind.lower()}/{cells[0]}"
            if options.with_namespace:
                cells.insert(0, metadata.get("namespace", ""))
            if event:
                cells.insert(0, _EVENT_TYPES.get(event, event))
            writer.write("\t".join([*cells, *_label_cells(metadata, options)]) + "\n")


def label_headers(labels: Sequence[str]) -> list[str]:
    """The headers of columns for labels: what stands behind the last slash of a key."""
    return [label.rpartition("/")[2].upper() for label in labels]


def format_labels(labels: dict[str, str] | None) -> str:
    """All labels in one cell, as apimachinery's `labels.FormatLabels`."""
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or "<none>"


def _label_cells(metadata: Object, options: PrintOptions) -> list[str]:
    labels = metadata.get("labels") or {}
    cells = [labels.get(key, "") for key in options.column_labels]
    return [*cells, format_labels(labels)] if options.show_labels else cells


def _decorated(columns: list[Object], rows: list[Object], options: PrintOptions) -> _Table:
    """A copy of a Table with the columns that the client adds."""
    before = [{"name": "Namespace"}] if options.with_namespace else []
    after = [{"name": header} for header in label_headers(options.column_labels)]
    if options.show_labels:
        after.append({"name": "Labels"})
    named = (i for i, column in enumerate(columns) if _is_name(column))
    name_column = next(named, None) if options.kind else None
    table = _Table([*before, *columns, *after])
    for row in rows:
        cells = list(row.get("cells") or [])
        if name_column is not None and name_column < len(cells):
            cells[name_column] = f"{options.kind.lower()}/{sprint(cells[name_column])}"
        table.rows.append(_with_metadata(cells, row.get("object"), options, len(table.columns)))
    return table


def _is_name(column: Object) -> bool:
    return column.get("format") == "name" and column.get("type") == "string"


def _with_metadata(cells: list[Any], obj: Object | None, options: PrintOptions, width: int) -> list[Any]:
    if not options.with_namespace and not options.has_labels:
        return cells
    metadata = (obj or {}).get("metadata") or {}
    if options.with_namespace:
        cells = [metadata.get("namespace", "") if obj else None, *cells]
    if obj:
        return [*cells, *_label_cells(metadata, options)]
    # As upstream, whose loop counts on while the row gets longer: half of the cells that are missing.
    return cells + [None] * ((width - len(cells) + 1) // 2)


def _print(table: _Table, wide: bool, no_headers: bool, writer: TabWriter) -> None:
    shown = [i for i, column in enumerate(table.columns) if wide or not column.get("priority")]
    rows = [[_cell(cells[i]) for i in shown if i < len(cells)] for cells in table.rows]
    if not rows:
        return
    widths = [max((_bytes(row[i]) for row in rows if i < len(row)), default=0) for i in range(len(shown))]
    if not no_headers:
        headers = [table.columns[i]["name"].upper() for i in shown]
        writer.write("\t".join(_padded(headers, headers, widths)) + "\n")
    for number, row in enumerate(rows, 1):
        cells = list(map(_escaped, row))
        if number == 1 and no_headers:
            cells = _padded(cells, row, widths)
        writer.write("\t".join(cells) + "\n")
        if number % FLUSH_INTERVAL == 0:
            writer.flush()


def _padded(cells: list[str], measured: list[str], widths: list[int]) -> list[str]:
    """The first line, as wide as all the others, so that the columns of the first flush fit them.

    Widths are in bytes here, as upstream, though a TabWriter counts characters.
    """
    padded = [
        cell + " " * (width - _bytes(text))
        for cell, text, width in zip(cells, measured, widths, strict=False)
    ]
    return padded if len(cells) < len(widths) else [*padded[:-1], cells[-1]]


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _cell(value: Any) -> str:
    return "" if value is None else sprint(value)


def _escaped(text: str) -> str:
    """A cell on one line, with three dots for what would follow."""
    end = _BREAK.search(text)
    return escape_terminal(text) if end is None else escape_terminal(text[: end.start()]) + "..."
