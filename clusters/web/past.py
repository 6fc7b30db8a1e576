"""The last changes of a cluster, to be found by revision and by object."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from clusters.engine.changes import Change
from clusters.engine.objects import uid_of

REMEMBERED: Final = 3_000
"""Changes. Those of one process share what did not change between them."""


class Past:
    """What `chain` asks of a journal. Events are left out: they tell, they cause nothing."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque()
        self._by_revision: dict[int, Change] = {}
        self._by_uid: dict[str, deque[Change]] = {}

    def extend(self, changes: Iterable[Change]) -> None:
        """Remember these changes, newer than all before, and forget the oldest."""
        for change in changes:
            if change.key.kind != "Event":
                self._changes.append(change)
                self._by_revision[change.revision] = change
                self._by_uid.setdefault(uid_of(change.object), deque()).append(change)
        while len(self._changes) > REMEMBERED:
            self._forget(self._changes.popleft())

    def at(self, revision: int) -> Change | None:
        """The change of that revision."""
        return self._by_revision.get(revision)

    def of(self, uid: str) -> list[Change]:
        """All changes of one object, oldest first."""
        return list(self._by_uid.get(uid, ()))

    def since(self, revision: int) -> list[Change]:
        """The changes after that revision, oldest first."""
        found: list[Change] = []
        for change in reversed(self._changes):
            if change.revision <= revision:
                break
            found.append(change)
        return found[::-1]

    def _forget(self, change: Change) -> None:
        del self._by_revision[change.revision]
        uid = uid_of(change.object)
        self._by_uid[uid].popleft()
        if not self._by_uid[uid]:
            del self._by_uid[uid]
