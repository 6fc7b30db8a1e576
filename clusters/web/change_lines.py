"""The changes of one object as the inspector lists them: who did what, and which fields moved."""

from dataclasses import dataclass
from typing import Final

from django.utils.safestring import SafeString

from clusters.engine.changes import ADDED, DELETED, Change
from clusters.engine.comparing import fields
from clusters.engine.store import MemoryStore
from clusters.web.chain import Journal, Step, chain_of, sentence_of, told
from clusters.web.field_sentences import rank, short
from clusters.web.times import clock_text, started_at

SHOWN: Final = 30
LONGEST: Final = 500
"""Changes listed at first, and at most."""
FIELDS: Final = 3
"""Fields of one change, unless somebody asks for its causes."""


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field that moved; "" where it was not there."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change. `more` are fields that are not listed; `chain` is what led to it, if somebody asked."""

    revision: int
    when: str
    icon: str
    tone: str
    html: SafeString
    fields: tuple[FieldLine, ...]
    more: int
    chain: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeLines:
    """The changes, newest first; `earlier` ones are not listed."""

    lines: tuple[ChangeLine, ...] = ()
    earlier: int = 0


def change_lines(
    image: MemoryStore, journal: Journal, uid: str, *, asked: int = 0, whole: bool = False
) -> ChangeLines:
    """The changes of an object; of that with the revision `asked`, the chain of causes, too."""
    changes = [change for change in journal.of(uid)[::-1] if _shows(change)]
    shown = changes[: LONGEST if whole else SHOWN]
    started = started_at(image)
    lines = [_line(image, journal, change, started, asked) for change in shown]
    return ChangeLines(tuple(lines), len(changes) - len(shown))


def _shows(change: Change) -> bool:
    """Whether it changed anything that Kubernetes shows."""
    if change.verb in (ADDED, DELETED) or change.previous is None:
        return True
    return bool(fields(change.previous, change.object))


def _line(image: MemoryStore, journal: Journal, change: Change, started: float, asked: int) -> ChangeLine:
    before = told(journal, change).before
    moved = fields(before, change.object) if before is not None and change.verb != DELETED else []
    moved.sort(key=rank)
    said = sentence_of(journal, change, named=False)
    most = len(moved) if change.revision == asked else FIELDS
    return ChangeLine(
        revision=change.revision,
        when=clock_text(change.time - started, tenths=True),
        icon=said.icon,
        tone=said.tone,
        html=said.html,
        fields=tuple(FieldLine(f.path, _text(f.before), _text(f.after)) for f in moved[:most]),
        more=max(0, len(moved) - most),
        chain=tuple(chain_of(image, journal, change)) if change.revision == asked else (),
    )


def _text(value: object) -> str:
    return "" if value is None else short(value)
