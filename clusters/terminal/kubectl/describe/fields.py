"""Parts of a page that many kinds have: labels, annotations, tolerations, selectors, times.

Models the helpers at the end of kubectl's `pkg/describe/describe.go`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from clusters.engine.apiserver.last_applied import ANNOTATION
from clusters.engine.apiserver.tables.ages import seconds_of
from clusters.engine.apiserver.tables.columns import NONE, number, part, parts, text
from clusters.engine.label_selectors import format_label_selector
from clusters.engine.objects import Object
from clusters.terminal.kubectl.describe.prefix_writer import LEVEL_0, PrefixWriter

UNSET: Final = "<unset>"
_LONGEST: Final = 140
"""Bytes of an annotation's line."""
_NO_TIME: Final = "Mon, 01 Jan 0001 00:00:00 +0000"
_ALWAYS: Final = -(2**63)
"""What amd64 makes of a float that is no number or too large for an int64."""


def flag(obj: Object, field: str) -> bool:
    """The bool in a field, False for none."""
    return obj.get(field) is True


def lower_bool(value: object) -> str:
    """A bool as Go writes it."""
    return "true" if value else "false"


def written(value: Any, default: str) -> str:
    """A scalar as it is written, the default for none."""
    if value is None:
        return default
    return lower_bool(value) if isinstance(value, bool) else str(value)


def time_text(stamp: Any) -> str:
    """A time of an object as RFC 1123 has it, Go's zero time for none."""
    seconds = seconds_of(stamp)
    if seconds is None:
        return _NO_TIME
    return datetime.fromtimestamp(int(seconds // 1), UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def percent(amount: int, total: int) -> int:
    """What share of `total` the amount is, as a float64 cut to an int64."""
    return int(amount / total * 100) if total else _ALWAYS


def controlled_by(obj: Object) -> str:
    """`ReplicaSet/kubia-6c9`, "" if no controller has it."""
    for owner in parts(part(obj, "metadata"), "ownerReferences"):
        if flag(owner, "controller"):
            return f"{text(owner, 'kind')}/{text(owner, 'name')}"
    return ""


def selector_text(selector: Any, nothing: str = NONE) -> str:
    """A LabelSelector as text; `nothing` is written for one without terms."""
    return format_label_selector(selector if isinstance(selector, dict) else {}) or nothing


def name_and_namespace(w: PrefixWriter, obj: Object) -> None:
    """The first two lines of most pages."""
    metadata = part(obj, "metadata")
    w.write(LEVEL_0, f"Name:\t{text(metadata, 'name')}\n")
    w.write(LEVEL_0, f"Namespace:\t{text(metadata, 'namespace')}\n")


def labels_and_annotations(w: PrefixWriter, obj: Object) -> None:
    """The two blocks that most pages have."""
    metadata = part(obj, "metadata")
    multiline(w, "Labels", labels(part(metadata, "labels")))
    annotations(w, "Annotations", part(metadata, "annotations"))


def labels(found: Mapping[str, str]) -> list[str]:
    """Labels, each as `key=value`, by key."""
    return [f"{key}={found[key] or ''}" for key in sorted(found)]


def multiline(w: PrefixWriter, title: str, items: Sequence[str]) -> None:
    """A title with one item a line."""
    w.write(LEVEL_0, f"{title}:\t")
    if not items:
        w.write_line(NONE)
        return
    for at, item in enumerate(items):
        if at:
            # Two texts, since each has the spaces of its level.
            w.write(LEVEL_0, "")
            w.write(LEVEL_0, "\t")
        w.write(LEVEL_0, f"{item}\n")


def annotations(w: PrefixWriter, title: str, found: Mapping[str, str]) -> None:
    """Annotations by key; long ones and those of several lines below their key, each line cut."""
    w.write(LEVEL_0, f"{title}:\t")
    keys = sorted(key for key in found if key != ANNOTATION)
    if not keys:
        w.write_line(NONE)
        return
    for at, key in enumerate(keys):
        if at:
            w.write(LEVEL_0, "\t")
        _annotation(w, key, (found[key] or "").removesuffix("\n"))


def _annotation(w: PrefixWriter, key: str, value: str) -> None:
    if "\n" not in value and len(value.encode()) + len(key.encode()) + 2 <= _LONGEST:
        w.write(LEVEL_0, f"{key}: {value}\n")
        return
    w.write(LEVEL_0, f"{key}:\n")
    for line in value.split("\n"):
        w.write(LEVEL_0, f"\t  {shorten(line, _LONGEST - 2)}\n")


def shorten(line: str, longest: int) -> str:
    """The line, cut after so many bytes."""
    data = line.encode()
    return line if len(data) <= longest else f"{data[:longest].decode(errors='replace')}..."


def tolerations(w: PrefixWriter, title: str, found: list[Object]) -> None:
    """Tolerations by their keys, one a line."""
    multiline(w, title, [_toleration(item) for item in sorted(found, key=lambda item: text(item, "key"))])


def _toleration(toleration: Object) -> str:
    key, value, effect = (text(toleration, field) for field in ("key", "value", "effect"))
    said = key + (f"={value}" if value else "") + (f":{effect}" if effect else "")
    if text(toleration, "operator") == "Exists" and not value:
        said += " op=Exists" if key or effect else "op=Exists"
    if toleration.get("tolerationSeconds") is not None:
        said += f" for {number(toleration, 'tolerationSeconds')}s"
    return said
