"""Moments of the past: going on from one."""

import time

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clusters import actions
from clusters.engine.cluster import clock_of
from clusters.web.answers import Told, refused
from clusters.web.forms import MomentForm
from clusters.web.past import NotKeptError
from clusters.web.render import not_kept_text
from clusters.web.scene import Then, scene_of
from clusters.web.time_commands import turn
from clusters.web.times import clock_text, started_at


@require_POST
def continue_from(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """Let the cluster go on from an old moment: revision, time."""
    form = MomentForm(request.POST)

    def verb(person: str) -> Told:
        wanted = form.cleaned_data
        then, started = _then(cluster_id, wanted["revision"], wanted["time"] or 0.0)
        actions.continue_from(cluster_id, person, then.revision, then.image, then.time)
        title = _("The cluster goes on from %(time)s.") % {"time": clock_text(then.time - started)}
        return Told(title, _("What happened since then stays in the history."))

    try:
        return turn(request, cluster_id, verb, form)
    except NotKeptError as error:
        return refused(request, not_kept_text(error))


def _then(cluster_id: str, revision: int, at: float) -> tuple[Then, float]:
    """The cluster at that revision and so many seconds after its start, while it was at it; and its start."""
    scene = scene_of(cluster_id)
    with scene.lock:
        scene.catch_up()
        started, then = started_at(scene.image), scene.then(revision)
        ended = clock_of(scene.image).now(time.time())
        if revision < scene.past.newest:
            ended = scene.past.time_of(revision + 1)
        return scene.then(revision, min(max(then.time, started + at), ended)), started
