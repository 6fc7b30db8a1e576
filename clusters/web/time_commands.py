"""What the page's buttons do to the cluster's clock: POST only, one function a command."""

from collections.abc import Callable

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clusters import access, actions
from clusters.engine.changes import Change
from clusters.models import Cluster
from clusters.web.answers import Told, act, refused
from clusters.web.forms import ClockForm, StepForm


@require_POST
def clock(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """Simulated time: speed=1, 5 or 20; paused=1 or 0."""
    form = ClockForm(request.POST)

    def verb(person: str) -> Told:
        actions.set_clock(cluster_id, person, **form.cleaned_data)
        return Told()

    return turn(request, cluster_id, verb, form)


@require_POST
def step(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """One step, after which time stands; seen=<count of steps>."""
    return _move(request, cluster_id, actions.step)


@require_POST
def skip(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """To what happens next; seen=<count of steps>."""
    return _move(request, cluster_id, actions.skip)


@require_POST
def role(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """Whether the owner alone turns the clock: own=1, or nothing, as a checkbox sends it."""

    def verb(person: str) -> Told:
        own = request.POST.get("own") == "1"
        actions.set_clock_role(cluster_id, person, access.OWN if own else access.ACT)
        return Told()

    return act(request, cluster_id, verb, role=access.OWN)


def turn(
    request: HttpRequest, cluster_id: str, verb: Callable[[str], Told], form: Form | None = None
) -> HttpResponse:
    """As `act`, for whoever may turn the clock; who may only see the cluster is told so."""
    person = access.person_of(request)
    cluster = access.access_cluster(person, cluster_id, access.VIEW)
    if not access.may_turn_clock(person, cluster):
        return refused(request, locked_text(cluster))
    return act(request, cluster_id, verb, form, role=access.clock_role(cluster))


def locked_text(cluster: Cluster) -> str:
    """Why somebody who sees the cluster cannot turn its clock."""
    if access.clock_role(cluster) == access.OWN:
        return _("Only the owner of this cluster turns its clock.")
    return _("You may look at this cluster, but not turn its clock.")


def _move(request: HttpRequest, cluster_id: str, move: Callable[..., list[Change]]) -> HttpResponse:
    form = StepForm(request.POST)

    def verb(person: str) -> Told:
        if move(cluster_id, person, seen=form.cleaned_data["seen"]):
            return Told()
        return Told(_("Nothing happens by itself."), _("The cluster waits until somebody does something."))

    try:
        return turn(request, cluster_id, verb, form)
    except actions.TakenError:
        return refused(request, _("Somebody else has just taken this step. You see what it did."))
