"""What all printers have in common.

Models cli-runtime's `pkg/printers/interface.go`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

Object = dict[str, Any]

Write = Callable[[str], Any]
"""Takes a piece of the output; a `TabWriter` aligns it with the pieces before."""


class WatchEvent(NamedTuple):
    """An object as a watch brought it, with ADDED, MODIFIED, DELETED or ERROR."""

    type: str
    object: Object


class Printer(Protocol):
    """Writes objects, one after the other. Keeps what the next one depends on: headers, separators."""

    def print(self, obj: Object | WatchEvent, write: Write) -> None:
        """Writes one object, or a list. Raises ValueError with the words that kubectl prints."""


def as_object(obj: Object | WatchEvent) -> Object:
    """A watch event as JSON has it."""
    return {"object": obj.object, "type": obj.type} if isinstance(obj, WatchEvent) else obj


def is_list(obj: Object) -> bool:
    """Whether this is a list of objects (`meta.IsListType`)."""
    return isinstance(obj.get("items"), list)
