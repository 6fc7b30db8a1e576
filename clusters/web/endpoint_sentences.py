"""What is told of the addresses behind a Service."""

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.changes import DELETED
from clusters.engine.objects import Object
from clusters.web.telling import Sentence, Told, actor_name, mono, say

MOST: Final = 3
"""Addresses named in one sentence."""


def addresses(told: Told) -> list[Sentence]:
    """What the Endpoints or EndpointSlice controller changed: who answers now, and who no longer does."""
    if told.change.verb == DELETED:
        return []
    ready, waiting = addresses_of(told.change.object)
    was_ready, was_waiting = addresses_of(told.before) if told.before else (set(), set())
    added = ngettext(
        "{actor} added the address {ips}", "{actor} added the addresses {ips}", len(ready - was_ready)
    )
    gone = was_ready - ready
    taken = ngettext("{actor} took out the address {ips}", "{actor} took out the addresses {ips}", len(gone))
    noted = _("{actor} keeps requests away from {ips}: not ready")
    unready = set() if gone else waiting - was_waiting
    return [
        say(icon, tone, text, actor=actor_name(told.change.actor), ips=mono(_named(ips)))
        for icon, tone, text, ips in (
            ("s-ready", "run", added, ready - was_ready),
            ("s-terminating", "quiet", taken, gone),
            ("s-running", "quiet", noted, unready),
        )
        if ips
    ]


def addresses_of(obj: Object) -> tuple[set[str], set[str]]:
    """The ready addresses and the others of an Endpoints object or an EndpointSlice."""
    if obj["kind"] == "Endpoints":
        subsets = obj.get("subsets") or []
        ready = {entry["ip"] for subset in subsets for entry in subset.get("addresses") or ()}
        return ready, {entry["ip"] for subset in subsets for entry in subset.get("notReadyAddresses") or ()}
    found: tuple[set[str], set[str]] = set(), set()
    for endpoint in obj.get("endpoints") or ():
        # A nil condition counts as ready.
        waits = (endpoint.get("conditions") or {}).get("ready") is False
        found[waits].update(endpoint.get("addresses") or ())
    return found


def _named(ips: Iterable[str]) -> str:
    known = sorted(ips)
    more = len(known) - MOST
    text = ", ".join(known[:MOST])
    return f"{text} (+{more})" if more > 0 else text
