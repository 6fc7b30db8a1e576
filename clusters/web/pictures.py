"""What the pages of a cluster show at one moment, and what a page that saw an earlier moment lacks.

A page is a few sections, each an element with an id. A section may have parts that can be sent alone, as
long as its frame, which says where they stand, is the same. Each picture counts in which picture a section
or part last became another, so that one number says all about what a page has seen.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from clusters.engine.clock import Clock

SNAPSHOT_FROM: Final = 64 * 1024
"""Characters of changes from which on everything is sent instead, unless that is twice as much."""
MOST_NEWS: Final = 20


@dataclass(frozen=True, slots=True)
class Section:
    """The element `id` with its HTML. `parts` are elements inside of it, `frame` is all that is not them."""

    id: str
    html: str
    frame: object
    parts: Mapping[str, str] = field(default_factory=dict)


def plain(element: str, html: str) -> Section:
    """A section that is sent as a whole."""
    return Section(element, html, html)


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened, in words. `toast`: worth telling to those who can see it, too."""

    title: str
    text: str = ""
    toast: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """All sections in one language, layout and density. `number` counts the pictures of such a look."""

    number: int
    clock: Clock
    started: float
    sections: tuple[Section, ...]
    changed: Mapping[str, int]
    """For each section's frame and each part by id: the picture in which it became what it is."""
    news: tuple[tuple[int, News], ...] = ()
    moment: int = 0
    """The revision that it shows; 0 for the newest, whichever that is."""
    whole: bool = True
    """False: some sections are still to come."""
    _frames: dict[int, str] = field(default_factory=dict, compare=False, repr=False)

    def since(self, number: int) -> str:
        """The partials that turn a page that shows picture `number` into this one; 0: it shows none."""
        if number not in self._frames:
            self._frames[number] = self._changes(number) if number else self.snapshot()
        return self._frames[number]

    def unlike(self, other: "Picture") -> str:
        """The partials that turn a page that shows a picture of another moment into this one."""
        known = {section.id: section for section in other.sections}
        changes = []
        for section in self.sections:
            before = known.get(section.id)
            if before is None or before.frame != section.frame:
                changes.append(partial(section.id, section.html))
            else:
                changes += [
                    partial(name, html)
                    for name, html in section.parts.items()
                    if before.parts.get(name) != html
                ]
        return "".join(changes)

    def over(self, other: "Picture | None") -> "Picture":
        """This picture, with the sections that it lacks as the other one has them: what a page shows then."""
        if self.whole or other is None:
            return self
        mine = {section.id for section in self.sections}
        rest = tuple(section for section in other.sections if section.id not in mine)
        return replace(self, sections=(*self.sections, *rest))

    def snapshot(self) -> str:
        """Everything."""
        return "".join(partial(section.id, section.html) for section in self.sections)

    def news_since(self, number: int) -> list[News]:
        """What a page that shows picture `number` has not been told."""
        return [news for told, news in self.news if told > number]

    def _changes(self, number: int) -> str:
        changes = []
        for section in self.sections:
            if self.changed[section.id] > number:
                changes.append(partial(section.id, section.html))
            else:
                changes += [
                    partial(name, html) for name, html in section.parts.items() if self.changed[name] > number
                ]
        size = sum(map(len, changes))
        if size > SNAPSHOT_FROM and sum(len(section.html) for section in self.sections) < 2 * size:
            return self.snapshot()
        return "".join(changes)


def partial(element: str, html: str) -> str:
    """One element of the page with its new content, as htmx takes it."""
    return f'<hx-partial hx-target="#{element}" hx-swap="outerMorph">{html}</hx-partial>'


def next_picture(
    before: Picture | None, sections: Iterable[Section], news: Iterable[News], clock: Clock, started: float
) -> Picture:
    """The picture after `before`; `before` itself if nothing is different."""
    sections = tuple(sections)
    number = before.number + 1 if before else 1
    changed = dict.fromkeys(_names(sections), number)
    if before is not None:
        known = {section.id: section for section in before.sections}
        for section in sections:
            _keep(changed, known.get(section.id), section, before)
        if number not in changed.values() and before.clock == clock:
            return before
    told = (*(before.news if before else ()), *((number, item) for item in news))[-MOST_NEWS:]
    return Picture(number, clock, started, sections, changed, told)


def _names(sections: Iterable[Section]) -> list[str]:
    return [name for section in sections for name in (section.id, *section.parts)]


def _keep(changed: dict[str, int], known: Section | None, section: Section, before: Picture) -> None:
    """What is as it was keeps its number. A new frame is sent with all of its parts."""
    if known is None or known.frame != section.frame:
        return
    changed[section.id] = before.changed[section.id]
    for name, html in section.parts.items():
        if known.parts.get(name) == html:
            changed[name] = before.changed[name]
