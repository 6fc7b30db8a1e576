"""What is told of an Event: its own words."""

from django.utils.translation import gettext as _

from clusters.engine.changes import DELETED
from clusters.web.telling import Sentence, Told, actor_name, mono, say


def event(told: Told) -> list[Sentence]:
    """Somebody told something, or it was told long ago."""
    said = told.change.object
    if told.change.verb == DELETED:
        text = _("{actor} dropped the Event {reason}")
        return [
            say(
                "s-gone",
                "quiet",
                text,
                actor=actor_name(told.change.actor),
                reason=mono(said.get("reason", "")),
            )
        ]
    tone = "work" if said.get("type") == "Warning" else "quiet"
    text = _("{actor} said {reason}: {message}")
    values = {"reason": mono(said.get("reason", "")), "message": said.get("message", "")}
    return [say("g-api", tone, text, actor=actor_name(told.change.actor), **values)]
