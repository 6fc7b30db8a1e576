"""What is told of a change of which nobody tells a story: the fields that moved."""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.changes import by_person
from clusters.engine.comparing import Field, fields
from clusters.web.telling import Sentence, Told, actor_name, mono, say

LONGEST: Final = 60
"""Characters of a value that are shown."""
PARTS: Final = ("status.phase", "spec", "data", "metadata.labels", "status", "metadata")
"""Of several fields that moved, one of the first of these is told."""
TIMES: Final = ("Time", "Timestamp", "Probe", "observedGeneration", "generation", "startedAt", "finishedAt")
"""How the fields end that only say when: told last."""


def born(told: Told) -> Sentence:
    """It came to be."""
    if told.change.actor == "bootstrap":
        text = _("The cluster came with {kind} {name}")
        return say("g-api", "quiet", text, kind=told.change.key.kind, name=mono(told.name))
    values = {"actor": actor_name(told.change.actor), "kind": told.change.key.kind, "name": mono(told.name)}
    return say("g-api", "quiet", _("{actor} created {kind} {name}"), **values)


def ended(told: Told) -> Sentence:
    """It goes, or is gone."""
    values = {"actor": actor_name(told.change.actor), "kind": told.change.key.kind, "name": mono(told.name)}
    if told.dies:
        return say("s-terminating", "quiet", _("{actor} deleted {kind} {name}"), **values)
    return say("s-gone", "quiet", _("{actor} removed {kind} {name} for good"), **values)


def fields_moved(told: Told) -> Sentence:
    """Who moved which field of it from what to what."""
    icon = "s-command" if by_person(told.change.actor) else "g-api"
    actor, name = actor_name(told.change.actor), mono(told.name)
    if told.before is None:
        kind = told.change.key.kind
        return say(icon, "quiet", _("{actor} changed {kind} {name}"), actor=actor, kind=kind, name=name)
    moved = fields(told.before, told.change.object)
    if not moved:
        text = _("{actor} went on with its work on {name}. No field moved")
        if by_person(told.change.actor):
            text = _("{actor} wrote {name} as it was. No field moved")
        return say(icon, "quiet", text, actor=actor, name=name)
    # What only says when it was goes without saying.
    moved = [field for field in moved if not rank(field)[0]] or moved
    field = telling_field(moved)
    values = {
        "path": mono(field.path),
        "before": mono(short(field.before)),
        "after": mono(short(field.after)),
    }
    return say(icon, "quiet", _moved(field, len(moved) - 1), actor=actor, n=len(moved) - 1, **values)


def _moved(field: Field, more: int) -> str:
    text = _("{actor} changed {path} from {before} to {after}")
    if field.before is None:
        text = _("{actor} set {path} to {after}")
    elif field.after is None:
        text = _("{actor} removed {path}, which was {before}")
    if not more:
        return text
    return text + ngettext(", and {n} more field", ", and {n} more fields", more)


def telling_field(moved: Sequence[Field]) -> Field:
    """Of the fields that moved, the one that says most."""
    return min(moved, key=rank)


def rank(field: Field) -> tuple[bool, int]:
    """Sorts fields: those first that say most."""
    part = next((n for n, part in enumerate(PARTS) if field.path.startswith(part)), len(PARTS))
    return field.path.endswith(TIMES), part


def short(value: Any) -> str:
    """A value as one line: text as it is, all else as JSON, cut where it is too long."""
    if value is None:
        return _("nothing")
    if isinstance(value, dict) and {"type", "status"} <= value.keys():
        # A condition that is new: what it says is what counts.
        value = value["status"]
    text = " ".join(value.split()) if isinstance(value, str) else orjson.dumps(value).decode()
    text = text or '""'
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
