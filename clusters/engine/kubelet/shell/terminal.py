"""What comes in: through a tty, which echoes and lets people correct a line, or just as bytes.

Models the kernel's line discipline (n_tty in canonical mode) with echo, erase, kill, word erase, interrupt
and end of file. Left out: the line editing of bash and busybox: keys that send escape sequences do nothing.
"""

import re
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

LONGEST: Final = 1 << 20
"""Bytes that may lie there unread; what is typed beyond them is lost."""
_LONGEST_LINE: Final = 4095
_KEY: Final = re.compile(
    rb"\x1b(?:\[[0-9;?]*[@-~]|O[@-~]|[ -NP-Z\\-~])?|[\xc0-\xf7][\x80-\xbf]*|.", re.DOTALL
)


class Input(Protocol):
    """Where a program's stdin comes from. `interrupted`: somebody pressed Ctrl-C since it was last reset."""

    interrupted: bool

    def feed(self, data: bytes) -> bytes:
        """Take what came; returns what is echoed."""

    def close(self) -> None:
        """Nothing more will come."""

    def line(self) -> bytes | None:
        """The next line with its line end, b"" at the end, None while there is none yet."""

    def all(self) -> bytes | None:
        """Everything up to the end; None before it."""


class Pipe:
    """Stdin without a tty."""

    def __init__(self, *, closed: bool = False) -> None:
        self.interrupted = False
        self._closed = closed
        self._data = b""

    def feed(self, data: bytes) -> bytes:
        self._data += data[: max(0, LONGEST - len(self._data))]
        return b""

    def close(self) -> None:
        self._closed = True

    def line(self) -> bytes | None:
        end = self._data.find(b"\n") + 1
        if not end and not self._closed:
            return None
        end = end or len(self._data)
        line, self._data = self._data[:end], self._data[end:]
        return line

    def all(self) -> bytes | None:
        if not self._closed:
            return None
        data, self._data = self._data, b""
        return data


class Terminal:
    """A tty in canonical mode."""

    def __init__(self) -> None:
        self.interrupted = False
        self._closed = False
        self._line = b""
        self._lines: deque[bytes] = deque()
        self._unread = 0
        self._rest = b""
        self._keys: dict[bytes, Callable[[], bytes]] = {
            **dict.fromkeys((b"\r", b"\n"), self._enter),
            **dict.fromkeys((b"\x7f", b"\x08"), lambda: self._erase(1)),
            b"\x03": self._interrupt,
            b"\x04": self._end,
            b"\x15": lambda: self._erase(len(self._text())),
            b"\x17": lambda: self._erase(_last_word(self._text())),
        }

    def feed(self, data: bytes) -> bytes:
        data = (self._rest + data)[:LONGEST]
        end = len(data)
        # The beginning of an escape sequence waits for its end.
        begun = re.search(rb"\x1b(?:\[[0-9;?]*|O)?\Z", data)
        if begun is not None and len(data) - begun.start() < 16:
            end = begun.start()
        self._rest = data[end:]
        return b"".join(map(self._press, _KEY.findall(data[:end])))

    def _press(self, key: bytes) -> bytes:
        handler = self._keys.get(key)
        return handler() if handler is not None else self._insert(key)

    def _interrupt(self) -> bytes:
        self.interrupted, self._line = True, b""
        self._lines.clear()
        self._unread = 0
        return b"^C\r\n"

    def _end(self) -> bytes:
        self._lines.append(self._line)
        self._unread += len(self._line)
        self._line = b""
        return b""

    def _enter(self) -> bytes:
        if self._unread < LONGEST:
            self._lines.append(self._line + b"\n")
            self._unread += len(self._lines[-1])
        self._line = b""
        return b"\r\n"

    def _insert(self, key: bytes) -> bytes:
        if key.startswith(b"\x1b") or (key[0] < 32 and key != b"\t") or len(self._line) >= _LONGEST_LINE:
            return b""
        self._line += key
        return key

    def _text(self) -> str:
        return self._line.decode("utf-8", "replace")

    def _erase(self, count: int) -> bytes:
        text = self._text()
        count = min(count, len(text))
        self._line = text[: len(text) - count].encode("utf-8", "replace")
        return b"\b \b" * count

    def close(self) -> None:
        self._closed = True

    def line(self) -> bytes | None:
        if self._lines:
            return self._taken()
        return b"" if self._closed else None

    def all(self) -> bytes | None:
        ends = b"" in self._lines or self._closed
        if not ends:
            return None
        lines = []
        while self._lines and (line := self._taken()):
            lines.append(line)
        return b"".join(lines)

    def _taken(self) -> bytes:
        line = self._lines.popleft()
        self._unread -= len(line)
        return line


def _last_word(text: str) -> int:
    """The length of the last word of a line, with the space behind it."""
    words = text.rsplit(maxsplit=1)
    return len(text) - len(text.rstrip()) + len(words[-1]) if words else 0
