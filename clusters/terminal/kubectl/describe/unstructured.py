"""Objects of kinds of which kubectl knows nothing: all their fields, with titles made of their names.

Models genericDescriber of kubectl's `pkg/describe/describe.go`, and github.com/fatih/camelcase.
"""

from itertools import groupby
from typing import Any, Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl.describe import fields
from clusters.terminal.kubectl.describe.prefix_writer import LEVEL_0, PrefixWriter
from clusters.terminal.kubectl.describe.request import Request
from clusters.terminal.kubectl.printers.gofmt import sprint

_ACRONYMS: Final = ("API", "URL", "UID", "GUID")
_SKIPPED: Final = tuple(
    f".metadata.{field}" for field in ("managedFields", "name", "namespace", "labels", "annotations")
)


async def generic(request: Request, w: PrefixWriter) -> None:
    """All its fields, by their names."""
    found = await request.get()
    fields.name_and_namespace(w, found)
    fields.labels_and_annotations(w, found)
    _content(found, "", w, LEVEL_0)
    await request.describe_events(found, w)


def _content(content: Object, path: str, w: PrefixWriter, level: int) -> None:
    for field in sorted(content):
        value, here = content[field], f"{path}.{field}"
        if here in _SKIPPED:
            continue
        title = smart_label(field)
        if isinstance(value, dict):
            w.write(level, f"{title}:\n")
            _content(value, here, w, level + 1)
        elif isinstance(value, list):
            w.write(level, f"{title}:\n")
            _items(value, here, w, level + 1)
        else:
            w.write(level, f"{title}:\t{sprint(value)}\n")


def _items(items: list[Any], path: str, w: PrefixWriter, level: int) -> None:
    for item in items:
        if isinstance(item, dict):
            _content(item, path, w, level)
        else:
            w.write(level, f"{sprint(item)}\n")


def smart_label(field: str) -> str:
    """A title for a field.

    >>> smart_label("lastTransitionTime"), smart_label("podCIDRs"), smart_label("apiVersion")
    ('Last Transition Time', 'Pod CIDRs', 'API Version')
    """
    if not all(char.isalpha() or char == "-" for char in field):
        return field
    return " ".join(_title(part) for part in _with_plurals(_split(field)))


def _title(part: str) -> str:
    if part.upper() in _ACRONYMS:
        return part.upper()
    return part.title() if part.lower() == part else part


def _with_plurals(parts: list[str]) -> list[str]:
    """An acronym and the word behind it are one: `CID`, `Rs`."""
    merged: list[str] = []
    rest = list(parts)
    while rest:
        part = rest.pop(0)
        if len(part) >= 2 and part.upper() == part and rest and rest[0][:1].isupper():
            part += rest.pop(0)
        merged.append(part)
    return merged


def _split(field: str) -> list[str]:
    """The words of a name in camel case; the last capital of several begins the next word."""
    parts = ["".join(run) for _, run in groupby(field, _class)]
    for at in range(len(parts) - 1):
        if parts[at][0].isupper() and parts[at + 1][0].islower():
            parts[at], parts[at + 1] = parts[at][:-1], parts[at][-1] + parts[at + 1]
    return [part for part in parts if part]


def _class(char: str) -> int:
    return 0 if char.islower() else 1 if char.isupper() else 2
