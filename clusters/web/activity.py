"""What people and each part of a cluster did last, as the map shows it."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final, NamedTuple

from clusters.engine.changes import Change, by_person
from clusters.engine.cluster import INTERNAL_KINDS
from clusters.web.requests import request_line

LOOKED_BACK: Final = 300
"""Changes that are read to say what was done last."""


class Act(NamedTuple):
    """The revision of what was done, and what it was in a few words, "" if nobody needs to read that."""

    revision: int
    text: str = ""


Activity = Mapping[str, Act]
"""By who did it: `apiserver` (what people asked of it), `controllers`, `scheduler`, `kubelet/<node>`."""


def activity_of(changes: Iterable[Change]) -> Activity:
    """What was done last in these changes, the newest of which comes first."""
    activity: dict[str, Act] = {}
    for change in islice(changes, LOOKED_BACK):
        who, act = _act_of(change) or ("", None)
        if act is not None:
            activity.setdefault(who, act)
    return activity


def _act_of(change: Change) -> tuple[str, Act] | None:
    kind, actor, revision = change.key.kind, change.actor, change.revision
    if kind in INTERNAL_KINDS or kind == "Event" or actor == "bootstrap":
        return None
    if by_person(actor):
        line = request_line(change)
        return ("apiserver", Act(revision, line)) if line else None
    if actor == "default-scheduler":
        node = change.object["spec"].get("nodeName")
        return (
            ("scheduler", Act(revision, f"{change.key.name.rsplit('-', 1)[-1]} → {node}")) if node else None
        )
    if actor.startswith("kubelet/"):
        return (actor, Act(revision)) if kind == "Pod" else None
    return "controllers", Act(revision)
