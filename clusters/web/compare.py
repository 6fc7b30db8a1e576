"""Compare two moments of a cluster: what was added, changed and gone between them, field by field."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clusters import access
from clusters.engine.changes import ADDED, DELETED, MODIFIED, Change, by_person
from clusters.engine.cluster import KEY as CLUSTER
from clusters.engine.cluster import clock_of
from clusters.engine.comparing import Difference, compare
from clusters.web.answers import UNPROCESSABLE
from clusters.web.chain import sentence_of
from clusters.web.past import NotKeptError
from clusters.web.render import not_kept_text
from clusters.web.scene import Scene, scene_or_404
from clusters.web.times import clock_text

LIVE: Final = "live"
CHOICES: Final = 30
"""The last things that people did; what is long ago is found on the track."""
SHOWN: Final = 200
"""Objects of one comparison."""
FIELDS: Final = 40
"""Fields of one object."""
LONGEST: Final = 140
"""Characters of one value: what it is shows, and the rest is in the YAML."""
LONGEST_REVISION: Final = 15
"""Digits."""


class NoMomentError(ValueError):
    """What names neither a revision nor now."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A moment to choose: what the form sends for it, and what it says."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class MovedField:
    """A field that moved; "" where it was not there."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An object that differs, as the page prints it; `more` fields are left out."""

    verb: str
    kind: str
    namespace: str
    name: str
    fields: tuple[MovedField, ...]
    more: int


@require_safe
@never_cache
def compare_moments(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """What differs; ?from= and ?to= are revisions or live. A page of its own, or the dialog's content."""
    cluster = access.access_cluster(access.person_of(request), cluster_id, access.VIEW)
    scene = scene_or_404(cluster_id)
    with scene.lock:
        scene.catch_up()
        context, status = _context(scene, request.GET.get("from", ""), request.GET.get("to", LIVE))
    context |= {"cluster": cluster, "base": f"/c/{cluster_id}"}
    in_page = bool(request.headers.get("HX-Request"))
    name = "clusters/compare_dialog.html" if in_page else "clusters/compare.html"
    return render(request, name, context, status=status)


def _context(scene: Scene, first: str, last: str) -> tuple[dict[str, Any], int]:
    try:
        since, until = sorted((_revision(scene, first), _revision(scene, last)))
        found = compare(scene.past.moment(since).image, scene.past.moment(until).image)
    except NotKeptError as error:
        refusal = not_kept_text(error)
    except NoMomentError:
        refusal = _("A moment is the number of a revision.")
    else:
        live = LIVE in (first, last)
        context = _choices(scene, since, until, live=live) | _found(scene, since, until, found)
        return context | ({"until": _now(scene)} if live else {}), 200
    choices = _choices(scene, scene.past.oldest, scene.past.newest, live=True)
    return choices | {"refusal": refusal}, UNPROCESSABLE


def _revision(scene: Scene, text: str) -> int:
    if text == LIVE:
        return scene.past.newest
    if not text:
        return scene.past.oldest
    if not (text.isascii() and text.isdecimal()) or len(text) > LONGEST_REVISION:
        raise NoMomentError(text)
    return int(text)


def _found(scene: Scene, since: int, until: int, found: list[Difference]) -> dict[str, Any]:
    return {
        "since": _time(scene, since),
        "until": _time(scene, until),
        "since_revision": since,
        "until_revision": until,
        "counts": _counts(found),
        "differences": [_shown(difference) for difference in found[:SHOWN]],
        "more": max(0, len(found) - SHOWN),
    }


def _counts(found: list[Difference]) -> str:
    """Such as `2 added, 1 changed`."""
    numbers = {verb: sum(one.verb == verb for one in found) for verb in (ADDED, MODIFIED, DELETED)}
    words = (
        (numbers[ADDED], ngettext("%(n)d added", "%(n)d added", numbers[ADDED])),
        (numbers[MODIFIED], ngettext("%(n)d changed", "%(n)d changed", numbers[MODIFIED])),
        (numbers[DELETED], ngettext("%(n)d gone", "%(n)d gone", numbers[DELETED])),
    )
    return ", ".join(text % {"n": number} for number, text in words if number)


def _shown(found: Difference) -> Shown:
    moved = [
        MovedField(path, *(_text(_images(path, value)) for value in (before, after)))
        for path, before, after in found.fields[:FIELDS]
    ]
    more = max(0, len(found.fields) - FIELDS)
    return Shown(found.verb, *found.key, tuple(moved), more)


def _images(path: str, value: Any) -> Any:
    """The images of a node by the names that people know: digests and sizes are in the YAML."""
    return ", ".join(image["names"][-1] for image in value) if path == "status.images" and value else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _choices(scene: Scene, since: int, until: int, *, live: bool) -> dict[str, Any]:
    """The moments to choose from: the chosen ones, and just before and just after what people did."""
    deeds = list(islice(_deeds(scene), CHOICES))[::-1]
    return {
        "first": str(since),
        "last": LIVE if live else str(until),
        "exact_first": _exact(scene, scene.past.oldest, since),
        "exact_last": [] if live else _exact(scene, until),
        "before": [Choice(str(revision - 1), text) for revision, text in deeds],
        "after": [Choice(str(revision), text) for revision, text in deeds],
    }


def _deeds(scene: Scene) -> Iterator[tuple[int, str]]:
    """What people did, the latest first; going back is one deed, and turning the clock none."""
    for record in scene.past.records():
        if by_person(record.actor) and not record.cause and not _turns_the_clock(record.change()):
            said = strip_tags(sentence_of(scene.past, record.change()).html)
            yield record.revision, f"{_time(scene, record.revision)}  {said}"


def _turns_the_clock(change: Change) -> bool:
    if change.key != CLUSTER or change.previous is None:
        return False
    before, after = ({**obj["spec"], "clock": None} for obj in (change.previous, change.object))
    return before == after


def _exact(scene: Scene, *revisions: int) -> list[Choice]:
    return [Choice(str(revision), _exact_text(scene, revision)) for revision in sorted(set(revisions))]


def _exact_text(scene: Scene, revision: int) -> str:
    values = {"time": _time(scene, revision), "revision": revision}
    if revision == scene.past.oldest:
        return _("%(time)s, the oldest moment kept") % values
    return _("%(time)s, revision %(revision)d") % values


def _now(scene: Scene) -> str:
    now = clock_of(scene.image).now(time.time())
    return clock_text(now - (scene.history.started or now), tenths=True)


def _time(scene: Scene, revision: int) -> str:
    started = scene.history.started or 0.0
    return clock_text(max(0.0, scene.past.time_of(revision) - started), tenths=True)
