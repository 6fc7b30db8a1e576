"""One open terminal: what the page sends, one command at a time, and what is sent back.

    page                                        server
    {"run": line, "id": 1}                      {"id": 1, "out": text}, {"id": 1, "err": text} ...
    {"interrupt": true}                         {"id": 1, "done": exit code, "notes": [text, ...]}
    {"input": "text\\n"}, {"end": true}          {"reads": whether the command reads what is typed}
    {"complete": line, "cursor": 9, "id": 2}    {"id": 2, "candidates": [text, ...], "start": 5}
    {"edited": {"id": 3, "text": text}}         {"edit": {"id": 3, "name", "text", "saves"}}
    {"files": true}, {"remove": name}           {"files": [{"name", "bytes", "own"}, ...]}
    {"save": {"name", "text"}}
    {"open": name}                              {"edit": {"name", "text", "saves"}}
                                                {"clear": true}, {"refused": text}

The text of what was edited is null if it was closed without saving. What a command asked for has an id, and
goes back to it; what was opened has none, and comes back as something to save.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext as _

from clusters.models import Cluster
from clusters.terminal.command import REFUSED, Command
from clusters.terminal.completion import complete
from clusters.terminal.files import Files
from clusters.terminal.keyboard import Desk
from clusters.terminal.output import Send
from clusters.terminal.visit import Visitor
from clusters.terminal.words import LONGEST

logger = logging.getLogger(__name__)

REMEMBERED: Final = 500
"""Lines of the history."""
A_SECOND: Final = 20
"""Commands that are begun in a second, and completions; whoever pastes more waits."""
MOST_OPEN: Final = 10
"""Terminals that a person may have open in this process."""
GONE: Final = 4404
"""Close code: the cluster is no longer there, or no longer this person's."""
FAILED: Final = 1

Message = Mapping[str, Any]
_open: Counter[str] = Counter()


class MisuseError(Exception):
    """A message that a page would not send."""


class Pace:
    """Lets A_SECOND pass in a second."""

    def __init__(self) -> None:
        self._passed: deque[float] = deque([-1.0] * A_SECOND, maxlen=A_SECOND)

    async def turn(self) -> None:
        """Wait for one's turn; mostly it is at once."""
        await asyncio.sleep(self._passed[0] + 1.0 - time.monotonic())
        self._passed.append(time.monotonic())


class Session:
    """The terminal of one open page; on the event loop.

    `send` sends a message to the page, `hang_up` closes the socket with a code.
    """

    def __init__(self, visitor: Visitor, send: Send, hang_up: Callable[[int], Awaitable[None]]) -> None:
        self._visitor = visitor
        self._send = send
        self._hang_up = hang_up
        self._files = Files(visitor.cluster_id, visitor.person, visitor.given)
        self._desk = Desk(send)
        self._history: deque[str] = deque(maxlen=REMEMBERED)
        self._commands, self._completions = Pace(), Pace()
        self._command: Command | None = None
        self._running: asyncio.Task[None] | None = None
        self._completing: asyncio.Task[None] | None = None
        self._has_place = False

    def enter(self) -> bool:
        """Take one of the person's places; whether there was one."""
        self._has_place = _open[self._visitor.person] < MOST_OPEN
        if self._has_place:
            _open[self._visitor.person] += 1
        return self._has_place

    async def leave(self) -> None:
        """The page is gone: what runs is stopped."""
        if self._has_place:
            self._has_place = False
            _open[self._visitor.person] -= 1
            if not _open[self._visitor.person]:
                del _open[self._visitor.person]
        tasks = [task for task in (self._running, self._completing) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def take(self, message: Any) -> None:
        """Do what a message of the page asks for. It never waits for a command."""
        with translation.override(self._visitor.language):
            known = _HANDLERS if isinstance(message, dict) else {}
            handle = next((does for name, does in known.items() if name in message), None)
            try:
                if handle is None:
                    raise MisuseError
                if handle in _ON_FILES:  # a command looks by itself whether the person may still do it
                    await self._visitor.role()
                await handle(self, message)
            except Http404:
                await self._hang_up(GONE)
            except MisuseError:
                await self._send({"refused": _("This message is not understood.")})

    async def _run_line(self, message: Message) -> None:
        line, number = _text(message["run"]), _number(message.get("id"))
        if self._command is not None:
            await self._done(number, REFUSED, [_("A command is still running. Ctrl+C stops it.")])
        else:
            self._remember(line)
            self._command = Command(self._visitor, number, self._send, self._files, self._desk, self._history)
            self._running = asyncio.create_task(self._run(self._command, number, line))

    async def _run(self, command: Command, number: int, line: str) -> None:
        try:
            await self._commands.turn()
            code, notes = await command.run(line)
        except (Http404, Cluster.DoesNotExist):
            await self._hang_up(GONE)
            return
        except Exception:
            # The line itself may hold a secret.
            logger.exception("Cluster %s: a command failed in the terminal.", self._visitor.cluster_id)
            code, notes = FAILED, [_("Something went wrong in this terminal. The server's log says what.")]
        finally:
            self._command = None
        await self._done(number, code, notes)

    async def _done(self, number: int, code: int, notes: list[str]) -> None:
        await self._send({"id": number, "done": code, "notes": notes})

    async def _interrupt(self, message: Message) -> None:
        if self._command is not None:
            self._command.interrupt()

    async def _type(self, message: Message) -> None:
        text = _text(message["input"])
        if self._command is not None and not self._command.keyboard.type(text):
            await self._send({"refused": _("This is too much to be read at once.")})

    async def _end_input(self, message: Message) -> None:
        if self._command is not None:
            self._command.keyboard.end()

    async def _complete(self, message: Message) -> None:
        line, cursor = _text(message["complete"]), _number(message.get("cursor"))
        number = _number(message.get("id"))
        if self._completing is not None:
            self._completing.cancel()
        self._completing = asyncio.create_task(self._tell_candidates(number, line, cursor))

    async def _tell_candidates(self, number: int, line: str, cursor: int) -> None:
        await self._completions.turn()
        try:
            candidates, start = await complete(line, cursor, self._visitor, self._files)
        except (Http404, Cluster.DoesNotExist):
            await self._hang_up(GONE)
            return
        except Exception:
            logger.exception("Cluster %s: a completion failed.", self._visitor.cluster_id)
            candidates, start = [], cursor
        await self._send({"id": number, "candidates": candidates, "start": start})

    async def _edited(self, message: Message) -> None:
        edited = _fields(message["edited"])
        text = edited.get("text")
        self._desk.edited(_number(edited.get("id")), None if text is None else _text(text))

    async def _list_files(self, message: Message) -> None:
        await self._send({"files": [file._asdict() for file in await self._files.listing()]})

    async def _save(self, message: Message) -> None:
        saved = _fields(message["save"])
        name, text = _text(saved.get("name")), _text(saved.get("text"))
        try:
            await self._files.write(name, text)
        except ValueError as error:
            await self._send({"refused": str(error)})
            # What somebody has written is not lost.
            await self._send({"edit": {"name": name, "text": text, "saves": True}})
            return
        await self._list_files(message)

    async def _remove(self, message: Message) -> None:
        name = _text(message["remove"])
        try:
            await self._files.remove(name)
        except FileNotFoundError:
            pass  # another page was faster
        except ValueError as error:
            await self._send({"refused": str(error)})
        await self._list_files(message)

    async def _open_file(self, message: Message) -> None:
        name = _text(message["open"])
        try:
            text = await self._files.read(name)
        except FileNotFoundError:
            await self._send({"refused": _("There is no file %(name)s.") % {"name": name}})
            await self._list_files(message)
        else:
            await self._send({"edit": {"name": name, "text": text, "saves": True}})

    def _remember(self, line: str) -> None:
        line = line.strip()
        if line and len(line) <= LONGEST and line not in list(self._history)[-1:]:
            self._history.append(line)


Handle = Callable[[Session, Message], Awaitable[None]]
_HANDLERS: Final[dict[str, Handle]] = {
    "run": Session._run_line,
    "interrupt": Session._interrupt,
    "input": Session._type,
    "end": Session._end_input,
    "complete": Session._complete,
    "edited": Session._edited,
    "files": Session._list_files,
    "save": Session._save,
    "remove": Session._remove,
    "open": Session._open_file,
}
"""By the field that a message has."""
_ON_FILES: Final = (Session._list_files, Session._save, Session._remove, Session._open_file)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise MisuseError
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise MisuseError
    return value


def _fields(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MisuseError
    return value
