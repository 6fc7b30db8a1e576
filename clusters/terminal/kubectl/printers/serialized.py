"""`-o json`, `-o yaml` and `-o kyaml`.

Models cli-runtime's `pkg/printers`: `json.go`, `yaml.go`, `kyaml.go` and `managedfields.go`.
"""

from clusters.terminal.kubectl.printers.interface import (
    Object,
    Printer,
    WatchEvent,
    Write,
    as_object,
    is_list,
)
from clusters.terminal.kubectl.printers.json_text import compact_json, json_text, string_text
from clusters.terminal.kubectl.printers.kyaml_text import kyaml_text
from clusters.terminal.kubectl.printers.name import MISSING_TYPE
from clusters.terminal.kubectl.printers.yaml_text import SEPARATOR, yaml_text


class JSONPrinter:
    """Prints an object over several lines, and what happened to one on one line.

    `typed` objects are what kubectl made itself: their keys stay in the dict's order.
    """

    def __init__(self, *, typed: bool = False) -> None:
        self._typed = typed

    def print(self, obj: Object | WatchEvent, write: Write) -> None:
        """Writes an object. Raises ValueError for one without a kind."""
        if isinstance(obj, WatchEvent):
            shown = compact_json(obj.object, sort_keys=not self._typed)
            write(f'{{"type":{string_text(obj.type)},"object":{shown}}}\n')
            return
        write(json_text(_with_type(obj), sort_keys=not self._typed))


class YAMLPrinter:
    """Prints an object, with a line of dashes before all but the first."""

    def __init__(self) -> None:
        self._printed = 0

    def print(self, obj: Object | WatchEvent, write: Write) -> None:
        """Writes an object. Raises ValueError for one without a kind."""
        self._printed += 1
        if self._printed > 1:
            write(SEPARATOR)
        write(yaml_text(as_object(obj) if isinstance(obj, WatchEvent) else _with_type(obj)))


class KYAMLPrinter:
    """Prints an object in braces, with a line of dashes before each. `typed` is as in JSONPrinter."""

    def __init__(self, *, typed: bool = False) -> None:
        self._typed = typed

    def print(self, obj: Object | WatchEvent, write: Write) -> None:
        """Writes an object. Raises ValueError for one without a kind."""
        shown = as_object(obj) if isinstance(obj, WatchEvent) else _with_type(obj)
        write(kyaml_text(shown, sort_keys=not self._typed))


class OmitManagedFieldsPrinter:
    """Takes `managedFields` out of an object, or the items of a list, before another printer prints it."""

    def __init__(self, delegate: Printer) -> None:
        self._delegate = delegate

    def print(self, obj: Object | WatchEvent, write: Write) -> None:
        """Writes the object as the other printer does. What a watch brought stays as it is, as upstream."""
        self._delegate.print(obj if isinstance(obj, WatchEvent) else without_managed_fields(obj), write)


def without_managed_fields(obj: Object) -> Object:
    """An object, or a list, as it is without what says who manages which field."""
    if is_list(obj):
        return {**obj, "items": [without_managed_fields(item) for item in obj["items"]]}
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return obj
    kept = {key: value for key, value in metadata.items() if key != "managedFields"}
    return {**obj, "metadata": kept}


def _with_type(obj: Object) -> Object:
    if not obj.get("apiVersion") and not obj.get("kind"):
        raise ValueError(MISSING_TYPE)
    return obj
