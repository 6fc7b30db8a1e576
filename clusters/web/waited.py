"""What a clock has decided: for how long an actor waited before it did what it did.

Behind such a change stands a cause, too, but that alone would not explain the time between the two.
"""

from collections.abc import Callable
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clusters.engine.changes import DELETED, Change
from clusters.engine.controllers.event_ttl import TTL
from clusters.engine.objects import Object, condition_of, simulation_of
from clusters.web.coming_pod import RETRIES
from clusters.web.states import external_addresses
from clusters.web.telling import Told
from clusters.web.times import duration_text

A_MOMENT: Final = 1.0
"""Seconds that nobody calls waiting."""


def after(told: Told, cause: Change | None, html: SafeString) -> SafeString:
    """The sentence, and before it for how long somebody waited, if somebody did."""
    component = told.change.actor.partition("/")[0]
    asked = _WAITED.get((component, told.change.key.kind))
    waited = asked(told, cause) if asked else None
    if waited is None or waited[1] < A_MOMENT:
        return html
    text, seconds = waited
    return format_html("{}, {}", text.format(time=duration_text(seconds + 0.5)), html)


Waited = tuple[str, float] | None
"""A text with {time} in it, and the simulated seconds."""


def _silence(told: Told, cause: Change | None) -> Waited:
    """The node controller gives up on a node."""
    heartbeat = simulation_of(told.before or {}).get("heartbeat")
    if heartbeat is None or not _lost(told.change.object) or _lost(told.before):
        return None
    return _("After {time} without a signal"), told.change.time - heartbeat


def _lost(node: Object | None) -> bool:
    condition = condition_of(node, "Ready") if node else None
    return condition is not None and condition["status"] == "Unknown"


def _toleration(told: Told, cause: Change | None) -> Waited:
    if not told.dies or cause is None:
        return None
    return _("After {time}"), told.change.time - cause.time


def _kubelet(told: Told, cause: Change | None) -> Waited:
    """The kubelet kills at the end of the grace period, and tries again at the end of a pause."""
    if told.change.verb == DELETED:
        grace = told.change.object["metadata"].get("deletionGracePeriodSeconds", 0)
        asked = simulation_of(told.change.object).get("deletedAt", told.change.time)
        waited = told.change.time - asked
        return (_("After the {time} it had to finish"), waited) if waited >= grace else None
    now = simulation_of(told.change.object).get("containers") or {}
    for name, before in (simulation_of(told.before or {}).get("containers") or {}).items():
        pauses = before["phase"] in RETRIES and (now.get(name) or before)["phase"] not in RETRIES
        seconds = before.get("backoff") if before["phase"] == "backoff" else before.get("pullBackoff")
        if pauses and seconds:
            return _("After a pause of {time}"), seconds
    return None


def _without_node(told: Told, cause: Change | None) -> Waited:
    return (_("After {time} without its node"), told.change.time - cause.time) if cause else None


def _cloud(told: Told, cause: Change | None) -> Waited:
    given = external_addresses(told.change.object)
    if cause is None or not given or told.before is None or external_addresses(told.before):
        return None
    return _("After {time}"), told.change.time - cause.time


def _expiry(told: Told, cause: Change | None) -> Waited:
    return (_("After {time}"), TTL) if told.change.verb == DELETED else None


_WAITED: Final[dict[tuple[str, str], Callable[[Told, Change | None], Waited]]] = {
    ("node-controller", "Node"): _silence,
    ("taint-eviction-controller", "Pod"): _toleration,
    ("kubelet", "Pod"): _kubelet,
    ("pod-garbage-collector", "Pod"): _without_node,
    ("service-controller", "Service"): _cloud,
    ("event-ttl", "Event"): _expiry,
}
