"""Text at levels of indentation, which becomes a page with aligned columns.

Models PrefixWriter and tabbedString of kubectl's `pkg/describe/describe.go`.
"""

from typing import Final

from clusters.terminal.kubectl.printers.tabwriter import TabWriter
from clusters.terminal.kubectl.printers.terminal import escape_terminal

LEVEL_0: Final = 0
LEVEL_1: Final = 1
LEVEL_2: Final = 2
LEVEL_3: Final = 3
_PADDING: Final = 2


class PrefixWriter:
    """Gathers text. What is nested writes to the same page, so many levels deeper."""

    def __init__(self, indent: int = 0, pieces: list[str] | None = None) -> None:
        self._indent = indent
        self._pieces: list[str] = [] if pieces is None else pieces

    def write(self, level: int, text: str) -> None:
        """Add a text, after the spaces of its level. What could steer a terminal is made visible."""
        prefix = "  " * (self._indent + level)
        self._pieces.append(prefix + escape_terminal(text))

    def write_line(self, text: str = "") -> None:
        """Add the rest of a line."""
        self.write(LEVEL_0, f"{text}\n")

    def append(self, other: "PrefixWriter") -> None:
        """Add what another one has gathered."""
        self._pieces += other._pieces

    def nested(self, indent: int) -> "PrefixWriter":
        """A writer to the same page whose levels begin at `indent`."""
        return PrefixWriter(self._indent + indent, self._pieces)

    def text(self) -> str:
        """All of it as it was written, tabs between the columns."""
        return "".join(self._pieces)

    def tabbed(self) -> str:
        """All of it with aligned columns."""
        pieces: list[str] = []
        writer = TabWriter(pieces.append, padding=_PADDING)
        writer.write(self.text())
        writer.flush()
        return "".join(pieces)
