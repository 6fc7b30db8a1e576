"""A cluster's whole history as a file: JSON that can be opened again elsewhere.

    {"format": "lifelines-history", "version": 1, "name", "seed", "started", "revision", "wholeFrom",
     "changes": [{"revision", "verb", "kind", "namespace", "name", "uid", "actor", "cause", "time",
                  "object"}]}

The changes are the rows of the journal that are kept; from the revision `wholeFrom` on they tell all. People
are numbers there (`person:1`), as their ids let somebody into their clusters.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson

from clusters import journal
from clusters.engine.changes import PERSON, Change
from clusters.engine.importing import LATEST, HistoryError, checked_history, try_out
from clusters.engine.shapes import ShapeError, integer, list_of, number, one_of, record, text
from clusters.models import Cluster

FORMAT: Final = "lifelines-history"
VERSION: Final = 1
MOST_CHANGES: Final = 20_000
"""Those that are kept, and one of each object before them."""
MOST_PARTS: Final = 1_000_000
"""Maps and lists in a file, and brackets in its texts. Each takes more memory than a hundred bytes do."""
_SEED: Final = re.compile("[0-9a-f]{1,32}")
_PERSON: Final = re.compile(PERSON + r"(?:user:\d+|[0-9a-f]{32})")
_FILE: Final = record(
    {
        "format": one_of(FORMAT),
        "version": one_of(VERSION),
        "name": text(100),
        "seed": text(32),
        "started": number(0, LATEST),
        "revision": integer(1, 2**53),
        "wholeFrom": integer(0, 2**53),
        "changes": list_of(lambda value, place: None, MOST_CHANGES, 1),
    }
)


class History(NamedTuple):
    """What a file tells of a cluster."""

    name: str
    seed: str
    changes: list[Change]


def write(cluster: Cluster) -> Iterator[bytes]:
    """The file, in parts."""
    rows = journal.kept(cluster.pk)
    head = {
        "format": FORMAT,
        "version": VERSION,
        "name": cluster.name,
        "seed": cluster.seed,
        "started": rows[0].time if rows else 0.0,
        "revision": rows[-1].revision if rows else 0,
        "wholeFrom": journal.whole_from(rows),
    }
    yield orjson.dumps(head)[:-1] + b',"changes":['
    people = _People(row.actor for row in rows)
    for index, row in enumerate(rows):
        yield (b",\n" if index else b"\n") + _line(row, people)
    yield b"\n]}\n"


def read(data: bytes, limits: Mapping[str, int]) -> History:
    """The history in a file, all of it checked. `limits` says how many objects of a kind there may be.

    Raises HistoryError with the place.
    """
    if data.count(b"{") + data.count(b"[") > MOST_PARTS:
        raise HistoryError(f"there are more than {MOST_PARTS} maps and lists")
    try:
        found = orjson.loads(data)
    except ValueError as error:
        raise HistoryError(f"this is not JSON: {error}") from error
    try:
        _FILE(found, "")
        if not _SEED.fullmatch(found["seed"]):
            raise ShapeError("seed: hexadecimal digits are expected")
        if not found["name"].isprintable():
            raise ShapeError("name: a name is expected")
    except ShapeError as error:
        raise HistoryError(str(error)) from error
    changes = checked_history(found["changes"], found["wholeFrom"], limits)
    if changes[-1].revision != found["revision"] or found["wholeFrom"] > found["revision"]:
        raise HistoryError("revision: it is not that of the last change")
    try_out(changes, found["seed"])
    return History(found["name"], found["seed"], changes)


def _line(row: journal.Row, people: "_People") -> bytes:
    fields: dict[str, Any] = {
        "revision": row.revision,
        "verb": row.verb,
        "kind": row.key.kind,
        "namespace": row.key.namespace,
        "name": row.key.name,
        "uid": row.uid,
        "actor": people.hidden(row.actor),
        "cause": row.cause,
        "time": row.time,
    }
    return orjson.dumps(fields)[:-1] + b',"object":' + people.hidden(row.text).encode() + b"}"


class _People:
    """Gives each person a number, in the order in which they acted."""

    def __init__(self, actors: Iterable[str]) -> None:
        known = dict.fromkeys(actor for actor in actors if actor.startswith(PERSON))
        self._numbers = {actor: f"{PERSON}{index}" for index, actor in enumerate(known, 1)}
        # The longest first: one id may begin like another.
        spelled = [re.escape(actor) for actor in sorted(known, key=len, reverse=True)]
        self._somebody = re.compile(f"(?:{'|'.join([*spelled, _PERSON.pattern])})(?![0-9A-Za-z])")

    def hidden(self, text_: str) -> str:
        """The text with numbers instead of people's ids."""
        return self._somebody.sub(self._number, text_) if PERSON in text_ else text_

    def _number(self, match: re.Match[str]) -> str:
        return self._numbers.setdefault(match[0], f"{PERSON}{len(self._numbers) + 1}")
