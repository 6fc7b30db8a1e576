"""The timeline: what happened in a cluster, newest first, as lines that can be filtered.

Each line is one record of the past: a change told in a sentence, or an Event as a component told it. Only
the lines of a page are put into words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.html import format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clusters.engine.changes import DELETED, PERSON, Change, by_person
from clusters.engine.cluster import INTERNAL_KINDS
from clusters.engine.cluster import KEY as CLUSTER
from clusters.engine.network.clients import KIND as CLIENT
from clusters.web.chain import told
from clusters.web.map.nodes import natural
from clusters.web.past import Past, Record
from clusters.web.sentences import tell, tell_story
from clusters.web.telling import Sentence, actor_name
from clusters.web.times import clock_text

PAGE: Final = 50
"""Lines of a page."""
SHOWN: Final = ("changes", "events", "both")
LONGEST: Final = 253
"""Characters of a filter; no name is longer."""
PEOPLE: Final = PERSON.rstrip(":")
"""Whoever acts from outside of the cluster, as filters know it."""
GLYPHS: Final = {
    PEOPLE: "g-laptop",
    "bootstrap": "g-api",
    "kube-apiserver": "g-api",
    "default-scheduler": "g-scheduler",
    "kubelet": "g-kubelet",
    "service-controller": "g-balancer",
}
"""The symbols of components; all others are parts of the controller manager."""
_REVISION: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


class Query(NamedTuple):
    """What is asked for; "" is anything.

    `object` is a part of a name, or `Kind/name` for exactly that object. `shown` is one of SHOWN, `before`
    the revision before which the page begins, 0 for the newest page.
    """

    component: str = ""
    kind: str = ""
    object: str = ""
    shown: str = "changes"
    before: int = 0

    def address(self, before: int = 0) -> str:
        """The query of the URL for the same filters and the page before a revision."""
        asked = {"component": self.component, "kind": self.kind, "object": self.object}
        asked["events"] = "" if self.shown == SHOWN[0] else self.shown
        asked["before"] = str(before or "")
        return "?" + urlencode({name: value for name, value in asked.items() if value})

    @property
    def is_filtered(self) -> bool:
        return bool(self.component or self.kind or self.object)


class Subject(NamedTuple):
    """The object that a line is about. `uid` is "" where whoever told of it did not know it."""

    kind: str
    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Line:
    """What happened at one revision. `when` is a time as text, `html` the sentence."""

    revision: int
    when: str
    component: SafeString
    glyph: str
    follows: bool
    """The line above tells of the same component, which acted for the same cause."""
    subject: Subject | None
    """None for what people do to the simulator."""
    icon: str
    tone: str
    """As a Sentence's, or minor where fields moved that are part of no story."""
    html: SafeString
    type: str = ""
    """Of an Event: Normal or Warning."""

    @property
    def author(self) -> SafeString | None:
        """The component, where the sentence does not name it."""
        return self.component if "<b>" not in self.html else None


class Option(NamedTuple):
    """A choice of a filter."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that `timeline.jinja` prints. `earlier` is the query of the page before this one, "" for none."""

    query: Query
    lines: list[Line]
    components: list[Option]
    kinds: list[Option]
    earlier: str
    is_cut: bool
    """What happened at first is no longer kept."""


def asked(query: QueryDict) -> Query:
    """The query that a URL asks for; what makes no sense is left out."""
    component, kind, name = (
        query.get(part, "").strip()[:LONGEST] for part in ("component", "kind", "object")
    )
    shown, before = query.get("events", ""), query.get("before", "")
    return Query(
        component,
        kind,
        name,
        shown if shown in SHOWN else SHOWN[0],
        int(before) if _REVISION.fullmatch(before) else 0,
    )


def timeline_of(past: Past, query: Query, started: float) -> Timeline:
    """A page of the timeline. `started` is when the cluster began, in simulated seconds."""
    records = list(islice(_matching(past, query), PAGE + 1))
    more = len(records) > PAGE
    lines = [
        _line(past, record, above, started)
        for record, above in zip(records[:PAGE], [None, *records], strict=False)
    ]
    happened = {(record.actor, record.verb, record.key.kind) for record in past.records()}
    told_of = [(actor, kind) for actor, verb, kind in happened if _is_told(actor, verb, kind)]
    return Timeline(
        query,
        lines,
        _with(_components({_component(actor) for actor, _kind in told_of}), query.component),
        _with(_kinds({kind for _actor, kind in told_of} - {"Event"}), query.kind),
        query.address(lines[-1].revision) if more else "",
        is_cut=not more and past.oldest > 0,
    )


def _matching(past: Past, query: Query) -> Iterator[Record]:
    for record in past.records(query.before - 1 if query.before else None):
        if (
            _is_told(record.actor, record.verb, record.key.kind)
            and _is_shown(record, query)
            and _is_by(record, query.component)
        ):
            subject = _subject(record)
            if query.kind in ("", subject.kind) and _is_named(subject, query.object):
                yield record


def _is_told(actor: str, verb: str, kind: str) -> bool:
    """Whether a change is for people: no bookkeeping of the simulator, and no Event that has expired."""
    if kind in INTERNAL_KINDS:
        return kind in (CLUSTER.kind, CLIENT) and by_person(actor)
    return kind != "Event" or verb != DELETED


def _is_shown(record: Record, query: Query) -> bool:
    return query.shown == "both" or (record.key.kind == "Event") == (query.shown == "events")


def _is_by(record: Record, component: str) -> bool:
    actor = _component(record.actor)
    return component in ("", actor, actor.partition("/")[0])


def _component(actor: str) -> str:
    """The component of an actor as filters know it, such as `kubelet/node-2`."""
    return PEOPLE if by_person(actor) else actor


def _is_named(subject: Subject, wanted: str) -> bool:
    kind, slash, name = wanted.rpartition("/")
    if slash:
        # kubectl writes the group behind the kind: deployment.apps/kubia.
        return name == subject.name and kind.partition(".")[0].lower() == subject.kind.lower()
    return wanted.lower() in subject.name.lower()


def _subject(record: Record) -> Subject:
    """What a record is about: for an Event the object it tells of."""
    if record.key.kind != "Event":
        return Subject(*record.key, record.uid)
    involved = record.entry.object.get("involvedObject") or {}
    kind, namespace, name, uid = (involved.get(part) or "" for part in ("kind", "namespace", "name", "uid"))
    # The kubelet gives its node's name where others give the uid.
    return Subject(kind, namespace, name, "" if uid == name else uid)


def _line(past: Past, record: Record, above: Record | None, started: float) -> Line:
    said = _sentence(past, record.change())
    event = record.entry.object if record.key.kind == "Event" else None
    return Line(
        revision=record.revision,
        when=clock_text(record.time - started, tenths=True),
        component=actor_name(record.actor),
        glyph=GLYPHS.get(_component(record.actor).partition("/")[0], "g-controllers"),
        follows=above is not None and 0 < record.cause == above.cause and record.actor == above.actor,
        subject=None if record.key.kind in INTERNAL_KINDS else _subject(record),
        icon=said.icon,
        tone=said.tone,
        html=said.html,
        type="" if event is None else event.get("type") or "Normal",
    )


def _sentence(past: Past, change: Change) -> Sentence:
    """All that a change says. What it says of "it" is meant for a line that shows the object."""
    known = told(past, change)
    story = tell_story(known)
    said = story or tell(known)
    html = format_html_join(". ", "{}", ((sentence.html,) for sentence in said))
    return Sentence(said[-1].icon, said[-1].tone if story else "minor", html)


def _components(components: set[str]) -> list[Option]:
    """People first, then the others by name, all kubelets before each of them."""
    nodes = [component.partition("/")[2] for component in components if component.startswith("kubelet/")]
    options = [Option(component, _name(component)) for component in components if "/" not in component]
    options += [Option("kubelet", _name("kubelet"))] if len(nodes) > 1 else []
    on_node = _name("kubelet/{}")
    options += [Option(f"kubelet/{node}", on_node.replace("{}", node)) for node in nodes]
    return sorted(options, key=lambda option: (option.value != PEOPLE, natural(option.text.lower())))


def _name(component: str) -> str:
    return strip_tags(actor_name(PERSON if component == PEOPLE else component))


def _kinds(kinds: set[str]) -> list[Option]:
    texts = {CLUSTER.kind: _("Clock and settings"), CLIENT: _("Clients")}
    return [Option(kind, texts.get(kind, kind)) for kind in sorted(kinds)]


def _with(options: list[Option], chosen: str) -> list[Option]:
    """The choices, and the one that was made, though nothing of it is known."""
    known = not chosen or chosen in [option.value for option in options]
    return options if known else [*options, Option(chosen, chosen)]
