"""Why is this here? The chain of causes from what a person did to what an object is now.

Every change in the journal knows the revision that made its actor act. A story is the changes of one
object that say something, and for each of them the changes that led to it, back to the person.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.changes import ADDED, DELETED, Change, by_person
from clusters.engine.cluster import INTERNAL_KINDS
from clusters.engine.kubelet.node_status import is_running
from clusters.engine.objects import Object, controller_of, uid_of
from clusters.engine.store import MemoryStore
from clusters.web.coming import coming
from clusters.web.pod_sentences import pulling
from clusters.web.sentences import tell, tell_story
from clusters.web.telling import Sentence, Told, mono
from clusters.web.times import clock_text, started_at
from clusters.web.waited import after

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

    `pulling` is (from, until) in simulated seconds if the page should add the percent of a pull;
    `revision` is the change that it tells of, 0 for none.
    """

    icon: str
    tone: str
    html: SafeString
    when: str
    state: str = "done"
    pulling: tuple[float, float] | None = None
    revision: int = 0


class Link(NamedTuple):
    """A change of a chain, and what is said of it."""

    change: Change
    sentences: list[Sentence]


def story(image: MemoryStore, journal: Journal, uid: str, now: float = 0.0) -> list[Step]:
    """The steps that led to an object, the current one and the next one last.

    `now` is the simulated time for which countdowns are written first.
    """
    own = journal.of(uid)
    if not own:
        return []
    links: dict[int, Link] = {}
    seen = {change.revision for change in own}
    reached = own[0].verb == ADDED
    for known in _tellings(journal, own):
        sentences = tell_story(known)
        if sentences:
            links[known.change.revision] = _link(journal, known, sentences)
            causes = list(_causes(journal, known.change, seen))
            links.update(_told(journal, causes, uid))
            reached &= _is_reached(journal, causes[-1] if causes else known.change)
    if not links:
        links[own[-1].revision] = _last(journal, own[-1])
    return _ended(image, own[-1], _shortened(_steps(image, links, reached)), max(now, own[-1].time))


def chain_of(image: MemoryStore, journal: Journal, change: Change) -> list[Step]:
    """The steps that led to one change, from what a person did to the change itself."""
    causes = list(_causes(journal, change, {change.revision}))
    links = _told(journal, causes, uid_of(change.object))
    links[change.revision] = _last(journal, change)
    return _shortened(_steps(image, links, _is_reached(journal, causes[-1] if causes else change)))


def told(journal: Journal, change: Change) -> Told:
    """The change with the state before it, and with how many pods its controller had counted."""
    return _with_count(journal, change, _before(journal, change))


def sentence_of(journal: Journal, change: Change, *, named: bool = True) -> Sentence:
    """All that a change says, as one sentence; `named` if it has to name its object."""
    known = told(journal, change)
    sentences = tell(known)
    html = format_html_join(". ", "{}", ((said.html,) for said in sentences))
    html = after(known, journal.at(change.cause), _named(known, html) if named else html)
    return replace(sentences[-1], html=html, pulling=None)


def _named(known: Told, html: SafeString) -> SafeString:
    """Where the object is not named (it), its name comes first."""
    if known.change.key.kind in INTERNAL_KINDS or mono(known.name) in html:
        return html
    return format_html("{}: {}", mono(known.name), html)


def _tellings(journal: Journal, own: Sequence[Change]) -> Iterator[Told]:
    before = own[0].previous
    for change in own:
        yield _with_count(journal, change, before)
        before = change.object


def _link(journal: Journal, known: Told, sentences: list[Sentence]) -> Link:
    first = after(known, journal.at(known.change.cause), sentences[0].html)
    return Link(known.change, [replace(sentences[0], html=first), *sentences[1:]])


def _told(journal: Journal, causes: Sequence[Change], uid: str) -> dict[int, Link]:
    """What is said of these causes, nearest first: the farthest is told in any case.

    Objects with another `uid` are named.
    """
    links = {}
    for cause in causes:
        known = told(journal, cause)
        sentences = tell(known) if cause is causes[-1] else tell_story(known)
        other = uid_of(cause.object) != uid
        if other and sentences and not any(mono(known.name) in said.html for said in sentences):
            sentences = [replace(sentences[0], html=_named(known, sentences[0].html)), *sentences[1:]]
        if sentences:
            links[cause.revision] = _link(journal, known, sentences)
    return links


def _last(journal: Journal, change: Change) -> Link:
    known = told(journal, change)
    return _link(journal, known, tell(known))


def _causes(journal: Journal, change: Change, seen: set[int]) -> Iterator[Change]:
    """The changes that led to this one, nearest first, up to one that was seen already."""
    while True:
        cause = None if change.cause in seen else journal.at(change.cause)
        if cause is None:
            return
        seen.add(cause.revision)
        yield cause
        change = cause


def _is_reached(journal: Journal, root: Change) -> bool:
    """Whether nothing is missing before this change, with which a chain begins.

    Events expire in a sweep that other Events caused, which the journal does not know as causes.
    """
    expired = root.key.kind == "Event" and root.verb == DELETED
    return not root.cause or expired or journal.at(root.cause) is not None


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


def _steps(image: MemoryStore, links: dict[int, Link], reached: bool) -> list[Step]:
    started = started_at(image)
    steps = []
    for revision, (change, sentences) in sorted(links.items()):
        when = clock_text(change.time - started, tenths=True)
        steps += [
            Step(said.icon, said.tone, said.html, when, pulling=said.pulling, revision=revision)
            for said in sentences
        ]
    if not reached:
        steps.insert(0, Step("", "gap", format_html("{}", _("What came before is no longer kept.")), ""))
    return steps


def _shortened(steps: list[Step]) -> list[Step]:
    hidden = len(steps) - FIRST - LAST
    if hidden <= 1:
        return steps
    text = ngettext("{n} more step", "{n} more steps", hidden)
    gap = Step("", "gap", format_html(text, n=hidden), "")
    return [*steps[:FIRST], gap, *steps[-LAST:]]


def _ended(image: MemoryStore, last: Change, steps: list[Step], now: float) -> list[Step]:
    """Marks the step that is under way, and adds the one that will follow it."""
    obj = None if last.verb == DELETED else image.get(*last.key)
    if obj is None or uid_of(obj) != uid_of(last.object):
        return steps
    following = coming(image, obj, now)
    if following is None:
        return steps
    current = replace(
        steps[-1],
        tone=_tone_now(steps[-1]),
        when=_("now"),
        state="now",
        pulling=pulling(obj) if steps[-1].pulling and _has_a_kubelet(image, obj) else None,
    )
    return [*steps[:-1], current, Step("", "next", following, _("next"), "next")]


def _has_a_kubelet(image: MemoryStore, pod: Object) -> bool:
    node = image.get("Node", "", pod["spec"].get("nodeName", ""))
    return node is not None and is_running(node)


def _tone_now(step: Step) -> str:
    return step.tone if step.tone == "fail" else "work"
