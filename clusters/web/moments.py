"""Moments of the past: going on from one."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clusters import actions
from clusters.web.answers import Told, act, refused
from clusters.web.forms import MomentForm
from clusters.web.past import Moment, NotKeptError
from clusters.web.render import not_kept_text
from clusters.web.scene import scene_of
from clusters.web.times import clock_text


@require_POST
def continue_from(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """Let the cluster go on from an old moment: revision."""
    form = MomentForm(request.POST)

    def verb(person: str) -> Told:
        moment = _moment(cluster_id, form.cleaned_data["revision"])
        actions.continue_from(cluster_id, person, moment.revision, moment.image, moment.time)
        started = moment.history.started or moment.time
        title = _("The cluster goes on from %(time)s.") % {"time": clock_text(moment.time - started)}
        return Told(title, _("What happened since then stays in the history."))

    try:
        return act(request, cluster_id, verb, form)
    except NotKeptError as error:
        return refused(request, not_kept_text(error))


def _moment(cluster_id: str, revision: int) -> Moment:
    scene = scene_of(cluster_id)
    with scene.lock:
        scene.catch_up()
        return scene.past.moment(revision)
