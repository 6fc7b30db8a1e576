"""Why is this here? The chain of causes from what a person did to what an object is now.

Every change in the journal knows the revision that made its actor act. A story is the changes of one
object that say something, and for each of them the changes that led to it, back to the person.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.changes import ADDED, DELETED, Change, by_person
from clusters.engine.cluster import INTERNAL_KINDS, has_cloud
from clusters.engine.labels import subset_matches
from clusters.engine.objects import (
    Object,
    controller_of,
    is_deleting,
    is_finished,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
)
from clusters.engine.store import MemoryStore
from clusters.web.sentences import tell, tell_story
from clusters.web.states import node_state, pod_state
from clusters.web.telling import Sentence, Told, mono
from clusters.web.times import clock_text, started_at

DEEPEST: Final = 12
"""Causes that are followed back from one change."""
FIRST: Final = 6
LAST: Final = 6
"""Steps shown of a longer story: its beginning and its end."""


class Journal(Protocol):
    """What is read of the journal; whoever keeps it decides how."""

    def at(self, revision: int) -> Change | None:
        """The change of that revision, None if it is not kept."""

    def of(self, uid: str) -> list[Change]:
        """All changes of one object, oldest first."""


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of a story. `when` is a time as text; `state` is done, now or next.

    `pulling` is (from, until) in simulated seconds if the page should add the percent of a pull.
    """

    icon: str
    tone: str
    html: SafeString
    when: str
    state: str = "done"
    pulling: tuple[float, float] | None = None


def story(image: MemoryStore, journal: Journal, uid: str) -> list[Step]:
    """The steps that led to an object, the current one and the next one last."""
    own = journal.of(uid)
    if not own:
        return []
    started = started_at(image)
    said: dict[int, tuple[float, list[Sentence]]] = {}
    seen = {change.revision for change in own}
    for told in _tellings(journal, own):
        sentences = tell_story(told)
        if sentences:
            said[told.change.revision] = told.change.time, sentences
            for cause in _causes(journal, told.change, seen):
                told_of_cause = tell_story(_with_count(journal, cause, _before(journal, cause)))
                said[cause.revision] = cause.time, told_of_cause
    steps = []
    for _revision, (time, sentences) in sorted(said.items()):
        when = clock_text(time - started, tenths=True)
        steps += [Step(s.icon, s.tone, s.html, when, pulling=s.pulling) for s in sentences]
    return _ended(image, own[-1], _shortened(steps))


def _tellings(journal: Journal, own: list[Change]) -> Iterator[Told]:
    before = own[0].previous
    for change in own:
        yield _with_count(journal, change, before)
        before = change.object


def _causes(journal: Journal, change: Change, seen: set[int]) -> Iterator[Change]:
    """The changes that led to this one, nearest first, up to one that was seen already."""
    for _depth in range(DEEPEST):
        cause = None if change.cause in seen else journal.at(change.cause)
        if cause is None:
            return
        seen.add(cause.revision)
        yield cause
        change = cause


def told(journal: Journal, change: Change) -> Told:
    """The change with the state before it, and with how many pods its controller had counted."""
    return _with_count(journal, change, _before(journal, change))


def sentence_of(journal: Journal, change: Change) -> Sentence:
    """All that a change says, as one sentence that names its object."""
    known = told(journal, change)
    sentences = tell(known)
    html = format_html_join(". ", "{}", ((said.html,) for said in sentences))
    return replace(sentences[-1], html=_named(known, html), pulling=None)


def _named(known: Told, html: SafeString) -> SafeString:
    """Where the object is not named (it), its name comes first."""
    if known.change.key.kind in INTERNAL_KINDS or mono(known.name) in html:
        return html
    return format_html("{}: {}", mono(known.name), html)


def _before(journal: Journal, change: Change) -> Object | None:
    if change.previous is not None or change.verb == ADDED:
        return change.previous
    earlier = [other for other in journal.of(uid_of(change.object)) if other.revision < change.revision]
    return earlier[-1].object if earlier else None


def _with_count(journal: Journal, change: Change, before: Object | None) -> Told:
    """Adds how many pods the controller saw when it did this: it reports that right after."""
    owner = controller_of(change.object) if change.key.kind == "Pod" else None
    if owner is None or by_person(change.actor) or change.actor.startswith(("kubelet/", "default-scheduler")):
        return Told(change, before)
    wanted = counted = None
    for other in journal.of(owner["uid"]):
        if other.revision < change.revision:
            wanted = other.object["spec"].get("replicas")
        elif other.cause == change.cause and other.actor == change.actor:
            counted = (other.object.get("status") or {}).get("replicas", 0)
            break
    return Told(change, before, counted, wanted)


def _shortened(steps: list[Step]) -> list[Step]:
    hidden = len(steps) - FIRST - LAST
    if hidden <= 1:
        return steps
    text = ngettext("{n} more step", "{n} more steps", hidden)
    gap = Step("", "gap", format_html(text, n=hidden), "")
    return [*steps[:FIRST], gap, *steps[-LAST:]]


def _ended(image: MemoryStore, last: Change, steps: list[Step]) -> list[Step]:
    """Marks the step that is under way, and adds the one that will follow it."""
    following = _next(image, last)
    if following is None or not steps:
        return steps
    current = steps[-1]
    now = Step(current.icon, _tone_now(current), current.html, _("now"), "now", current.pulling)
    return [*steps[:-1], now, Step("", "next", following, _("next"), "next")]


def _tone_now(step: Step) -> str:
    return step.tone if step.tone == "fail" else "work"


def _next(image: MemoryStore, last: Change) -> SafeString | None:
    if last.verb == DELETED:
        return None
    obj = image.get(*last.key)
    if obj is None or uid_of(obj) != uid_of(last.object):
        return None
    if last.key.kind == "Pod":
        return _next_of_pod(image, obj)
    if last.key.kind == "Service" and is_deleting(obj):
        return _next_of_service(image)
    if last.key.kind == "Node" and node_state(obj) == "notready":
        return format_html(
            "{}", _("If it stays silent for 5 min, its pods are deleted and replaced elsewhere")
        )
    return None


def _next_of_service(image: MemoryStore) -> SafeString:
    """Only a cloud takes back the load balancer that holds a Service which is being deleted."""
    if has_cloud(image):
        return format_html("{}", _("The cloud takes its load balancer away, then the Service is gone"))
    return format_html("{}", _("It stays until there is a cloud again that takes its load balancer away"))


def _next_of_pod(image: MemoryStore, pod: Object) -> SafeString | None:
    node = pod["spec"].get("nodeName") or ""
    state = pod_state(pod, image.get("Node", "", node) if node else None)
    services = [
        service for service in image.list("Service", namespace_of(pod)) if _selects(service, labels_of(pod))
    ]
    if state == "starting" and services:
        has_ip = (pod.get("status") or {}).get("podIP")
        text = _("The pod gets an IP and joins Service {service}")
        text = _("The container starts and the pod joins Service {service}") if has_ip else text
        return format_html(text, service=name_of(services[0]))
    if state == "unreachable" and is_deleting(pod):
        return format_html(_("The pod goes when {node} comes back or is deleted"), node=mono(node))
    if is_finished(pod) and not is_deleting(pod):
        return None
    texts = {
        "pending": _("Scheduler chooses a node"),
        "starting": _("The container starts"),
        "running": _("The pod becomes ready"),
        "terminating": _("The pod is gone and its IP is free"),
        "crashing": _("kubelet tries again"),
        "unreachable": _("If {node} stays silent, the pod is deleted and replaced elsewhere"),
    }
    return format_html(texts[state], node=mono(node)) if state in texts else None


def _selects(service: Object, labels: dict[str, str]) -> bool:
    selector = service["spec"].get("selector")
    return bool(selector) and subset_matches(selector, labels)
