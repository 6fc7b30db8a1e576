"""Columns that are as wide as their widest cell.

Models text/tabwriter, and github.com/liggitt/tabwriter, which remembers widths. Left out: padding with tabs
(so upstream's tabwidth does nothing), alignment to the right, escapes, HTML and bars between columns, none of
which kubectl asks for.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

_ENDS: Final = re.compile("[\t\v\n\f]")


class TabWriter:
    """Takes text whose cells end with tabs, and writes it with spaces when it is flushed.

    A column is a block of lines that follow each other and all have a cell there. It is at least `minwidth`
    wide, and `padding` wider than its widest cell, counted in characters. With `remember_widths` a column is
    never smaller than it was in what has been flushed. It is itself something to write to, as in
    `printer.print(obj, tab_writer)`.
    """

    def __init__(
        self,
        write: Callable[[str], Any],
        *,
        minwidth: int = 0,
        padding: int = 0,
        remember_widths: bool = False,
    ) -> None:
        self._write = write
        self._minwidth = minwidth
        self._padding = padding
        self._remember_widths = remember_widths
        self._remembered: list[int] = []
        self._lines: list[list[str]] = [[]]
        self._cell = ""

    def __call__(self, text: str) -> None:
        """Takes more text."""
        self.write(text)

    def write(self, text: str) -> None:
        """Takes more text. A line of one cell flushes: it has no column to which others belong."""
        start = 0
        for end in _ENDS.finditer(text):
            self._lines[-1].append(self._cell + text[start : end.start()])
            self._cell = ""
            start = end.end()
            if end[0] in "\n\f":
                cells = len(self._lines[-1])
                self._lines.append([])
                if end[0] == "\f" or cells == 1:
                    self.flush()
        self._cell += text[start:]

    def flush(self) -> None:
        """Writes what was taken so far."""
        if self._cell:
            self._lines[-1].append(self._cell)
        pieces: list[str] = []
        blocks = [self._format(self._lines, 0, len(self._lines), [], pieces)]
        while blocks:  # one in the other, as many as there are columns
            inner = next(blocks[-1], None)
            if inner is None:
                blocks.pop()
            else:
                blocks.append(inner)
        self._lines = [[]]
        self._cell = ""
        # Behind the last line there is no line break yet.
        self._write("".join(pieces).removesuffix("\n"))

    def forget_widths(self) -> None:
        """What follows is another table."""
        self._remembered = []

    def _format(
        self, lines: list[list[str]], first: int, end: int, widths: list[int], pieces: list[str]
    ) -> Iterator[Iterator[Any]]:
        """Lays out the lines from `first` to `end`, which have these columns in common.

        Gives what lays out those with one column more, and goes on when that is done.
        """
        column = len(widths)
        this = first
        while this < end:
            if len(lines[this]) - 1 <= column:
                this += 1
                continue
            _write_lines(lines[first:this], widths, pieces)
            first = this
            width = self._minwidth
            while this < end and len(lines[this]) - 1 > column:
                width = max(width, len(lines[this][column]) + self._padding)
                this += 1
            widths.append(self._remember(widths, width))
            yield self._format(lines, first, this, widths, pieces)
            widths.pop()
            first = this
        _write_lines(lines[first:end], widths, pieces)

    def _remember(self, widths: list[int], width: int) -> int:
        if not self._remember_widths:
            return width
        remembered = self._remembered
        remembered += widths[len(remembered) :]
        if len(remembered) == len(widths):
            remembered.append(width)
        remembered[len(widths)] = max(remembered[len(widths)], width)
        return remembered[len(widths)]


def _write_lines(lines: list[list[str]], widths: list[int], pieces: list[str]) -> None:
    for line in lines:
        padded = [cell.ljust(width) for cell, width in zip(line, widths, strict=False)]
        pieces.append("".join(padded + line[len(widths) :]) + "\n")


def new_tab_writer(write: Callable[[str], Any]) -> TabWriter:
    """The one of most of kubectl's tables (`printers.GetNewTabWriter`)."""
    return TabWriter(write, minwidth=6, padding=3, remember_widths=True)
