"""One line that runs: from what was typed to an exit code, and what is said about it."""

import asyncio
from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _

from clusters.terminal import programs
from clusters.terminal.files import Files
from clusters.terminal.keyboard import Desk, Keyboard
from clusters.terminal.notes import Ended, in_korean_mode, korean, notes_of
from clusters.terminal.output import MOST, Output, Send
from clusters.terminal.programs import Terminal
from clusters.terminal.visit import Visit, Visitor
from clusters.terminal.words import RefusedError, words_of
from clusters.terminal.world import World

RECHECK: Final = 10.0
"""Seconds after which the access of somebody whose command runs is checked again."""
REFUSED: Final = 2
INTERRUPTED: Final = 130
CUT: Final = 141
"""Exit codes; the last two are what a shell makes of SIGINT and SIGPIPE."""


class Command:
    """A line, and what is typed for it on the `keyboard` while it runs. `number` is the page's for it."""

    def __init__(
        self, visitor: Visitor, number: int, send: Send, files: Files, desk: Desk, history: Sequence[str]
    ) -> None:
        self.keyboard = Keyboard(send)
        self._visitor = visitor
        self._send = send
        self._files = files
        self._desk = desk
        self._history = history
        self._output = Output(send, number, self._stop)
        self._program: asyncio.Task[int] | None = None
        self._interrupted = False

    def interrupt(self) -> None:
        """Ctrl+C: for the program in a container that somebody types to, else for the command itself."""
        if self.keyboard.interrupt():
            return
        self._stop()

    def _stop(self) -> None:
        self._interrupted = True
        if self._program is not None:
            self._program.cancel()

    async def run(self, line: str) -> tuple[int, list[str]]:
        """Run a line; returns its exit code and what is to be said about it.

        Raises Http404 and Cluster.DoesNotExist for somebody who may not, or no longer.
        """
        try:
            words = words_of(line)
        except RefusedError as error:
            return REFUSED, [str(error)]
        if not words:
            return 0, []
        if in_korean_mode(words):
            return programs.NOT_FOUND, [korean(line.strip())]
        visit = await self._visitor.come_in()
        try:
            return await self._run(words, visit)
        finally:
            visit.close()

    async def _run(self, words: list[str], visit: Visit) -> tuple[int, list[str]]:
        host = visit.host(self._output.out, self._output.err, self._files, self._edit, self.keyboard)
        person = self._visitor.person
        terminal = Terminal(person, host, visit.world, self._files, self._history, self._clear)
        self._program = asyncio.create_task(programs.run(words, terminal))
        if self._interrupted:  # before it had begun
            self._program.cancel()
        try:
            await self._watch(self._program, visit.role)
            code = self._program.result()
        except asyncio.CancelledError:
            if not self._program.cancelled():
                raise
            code = CUT if self._output.cut else INTERRUPTED
        finally:
            self._program.cancel()
            await self._output.flush()
        notes = notes_of(Ended(words, code, self._output.kept), World(visit.image))
        if self._output.cut:
            notes.append(_("The output was cut after %(limit)d KB.") % {"limit": MOST // 1024})
        return code, notes

    async def _watch(self, program: asyncio.Task[int], role: str) -> None:
        """Wait for a program, and look whether the person may still do what it does. Raises Http404."""
        while not program.done():
            await asyncio.wait({program}, timeout=RECHECK)
            if not program.done() and await self._visitor.role() != role:
                program.cancel()

    async def _edit(self, name: str, text: str) -> str | None:
        await self._output.flush()
        return await self._desk.edit(name, text)

    async def _clear(self) -> None:
        await self._output.flush()
        await self._send({"clear": True})
