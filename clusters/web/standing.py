"""The clock's buttons, and the banner while time stands: at which time, and what the last step did."""

from dataclasses import dataclass
from html import unescape

from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from clusters import access
from clusters.engine.clock import Clock
from clusters.engine.cluster import clock_of, steps_of
from clusters.engine.stepping import shows
from clusters.engine.store import MemoryStore
from clusters.models import Cluster
from clusters.web.chain import Journal, sentence_of
from clusters.web.pictures import News
from clusters.web.time_commands import locked_text
from clusters.web.times import clock_text, started_at


@dataclass(frozen=True, slots=True)
class Controls:
    """The clock's buttons. `steps` is how many steps were taken, `role` who may press them, `locked` why
    others may not.
    """

    clock: Clock
    steps: int
    role: str
    locked: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Time stands at `at`; `told` is what the last step did, "" if none led there."""

    at: str
    steps: int
    told: SafeString


def controls_of(cluster_id: str, image: MemoryStore) -> Controls:
    """The buttons as they are now. Raises Cluster.DoesNotExist."""
    row = Cluster.objects.only("clock_role").get(pk=cluster_id)
    return Controls(clock_of(image), steps_of(image).count, access.clock_role(row), locked_text(row))


def standing_of(image: MemoryStore, journal: Journal) -> Standing | None:
    """The banner while time stands, in the active language; None while it runs."""
    clock, steps = clock_of(image), steps_of(image)
    if not clock.paused:
        return None
    here = steps.at == clock.anchor_simulated
    at = clock_text(clock.anchor_simulated - started_at(image), tenths=True)
    return Standing(at, steps.count, told_of(journal, steps.first, steps.last) if here else SafeString(""))


def step_news(image: MemoryStore, journal: Journal, after: int) -> list[News]:
    """What a step after that revision did, for those who do not see the banner; a toast if there is none."""
    steps = steps_of(image)
    if steps.last <= after:
        return []
    text = unescape(strip_tags(told_of(journal, steps.first, steps.last)))
    return [News(text, toast=not clock_of(image).paused)] if text else []


def told_of(journal: Journal, first: int, last: int) -> SafeString:
    """What happened in these revisions, as one sentence; "" if they are no longer kept."""
    found = [change for revision in range(first, last + 1) if (change := journal.at(revision)) is not None]
    seen = [change for change in found if shows(change)]
    if not seen:
        return SafeString("")
    said = sentence_of(journal, seen[0]).html
    others = len(seen) - 1
    if not others:
        return format_html("{}.", said)
    more = ngettext("{told}, and {n} more change.", "{told}, and {n} more changes.", others)
    return format_html(more, told=said, n=others)
