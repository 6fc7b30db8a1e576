"""What the page's buttons do to the cluster's clock: POST only, one function a command."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from clusters import actions
from clusters.web.answers import Told, act
from clusters.web.forms import ClockForm


@require_POST
def clock(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """Simulated time: speed=1, 5 or 20; paused=1 or 0."""
    form = ClockForm(request.POST)

    def verb(person: str) -> Told:
        actions.set_clock(cluster_id, person, **form.cleaned_data)
        return Told()

    return act(request, cluster_id, verb, form)
