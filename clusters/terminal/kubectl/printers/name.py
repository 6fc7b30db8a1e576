"""`-o name`, and the line that says what became of an object.

Models cli-runtime's `pkg/printers/name.go`.
"""

from dataclasses import dataclass

from clusters.terminal.kubectl.printers.interface import Object, WatchEvent, Write, is_list

MISSING_TYPE = "missing apiVersion or kind; try GetObjectKind().SetGroupVersionKind() if you know the type"


@dataclass(frozen=True)
class NamePrinter:
    """Prints `deployment.apps/web`, and behind it the operation: "created", "created (dry run)"."""

    operation: str = ""

    def print(self, obj: Object | WatchEvent, write: Write) -> None:
        """Writes one line an object. Raises ValueError for one without a kind."""
        if isinstance(obj, WatchEvent):
            obj = obj.object
        if is_list(obj):
            for item in obj["items"]:
                self.print(item, write)
            return
        name = (obj.get("metadata") or {}).get("name") or "<unknown>"
        write(f"{type_of(obj)}/{name}{self.operation and ' ' + self.operation}\n")


def type_of(obj: Object) -> str:
    """An object's kind in small letters, and its group: `pod`, `deployment.apps`.

    Raises ValueError if the object has no kind.
    """
    kind = obj.get("kind")
    if not kind:
        raise ValueError(MISSING_TYPE)
    group, slash, _ = (obj.get("apiVersion") or "").rpartition("/")
    return f"{kind.lower()}.{group}" if slash and group else kind.lower()
