"""One change of one object: what watches, the journal, lifelines and "why?" are all made of.

Models the event of an etcd watch as the API server passes it on, and adds who did it, why and when.
"""

from typing import Final, NamedTuple

import orjson

from clusters.engine.objects import Key, Object

ADDED: Final = "ADDED"
MODIFIED: Final = "MODIFIED"
DELETED: Final = "DELETED"

PERSON: Final = "person:"
CLIENT: Final = "client:"
"""How actors begin that are people: with the page, by their id; with a client, by what it calls itself."""


class Change(NamedTuple):
    """A committed (or, inside an Overlay, a proposed) write.

    `object` is the state after it; for DELETED the last state with the deletion's resourceVersion.
    `cause` is the revision that made the actor act, 0 if nobody knows. `time` is simulated seconds.
    """

    revision: int
    verb: str
    key: Key
    object: Object
    previous: Object | None
    actor: str
    cause: int
    time: float


def by_person(actor: str) -> bool:
    """Whether somebody outside of the cluster did it, with the page or with a client of the API."""
    return actor.startswith((PERSON, CLIENT))


def encode(obj: Object) -> bytes:
    """The object as JSON text, the same for its row and its journal row."""
    return orjson.dumps(obj)


def decode(text: str | bytes) -> Object:
    obj: Object = orjson.loads(text)
    return obj
