"""How a command answers: a toast for what was done, the reason beside the form for what was not."""

import json
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import defaults

from clusters import access
from clusters.engine.apiserver.errors import StatusError
from clusters.models import Cluster

UNPROCESSABLE: Final = 422


class Told(NamedTuple):
    """What a toast says; without a title there is none."""

    title: str = ""
    text: str = ""


def act(
    request: HttpRequest,
    cluster_id: str,
    verb: Callable[[str], Told],
    form: Form | None = None,
    *,
    role: str = access.ACT,
) -> HttpResponse:
    """Run `verb(person)` for whoever has that role in the cluster, and say how it went.

    A form that is not valid is answered without asking; what the API server refuses is answered with its
    own words. Raises Http404 for anybody else.
    """
    person = access.person_of(request)
    access.access_cluster(person, cluster_id, role)
    if form is not None and not form.is_valid():
        return invalid(request, form)
    try:
        told = verb(person)
    except StatusError as error:
        return refused(request, error.message, english=True)
    except Cluster.DoesNotExist as error:
        raise Http404 from error
    if not request.headers.get("HX-Request"):
        return redirect("clusters:page", cluster_id)
    toast = {"toast": told._asdict()} if told.title else {}
    return _with_events(HttpResponse(), {"made": {}, **toast})


def refused(request: HttpRequest, message: str, *, english: bool = False) -> HttpResponse:
    """It did not work, and nothing was changed. What was typed stays.

    A form shows the answer in a place of its own; a button has none and gets a toast. `english` marks
    Kubernetes' own words.
    """
    context = {"message": message, "english": english}
    if not request.headers.get("HX-Request"):
        return render(request, "clusters/refused.html", context, status=UNPROCESSABLE)
    response = render(request, "clusters/answer.html", context, status=UNPROCESSABLE)
    if request.headers.get("HX-Target", "").startswith("div"):
        return response
    toast = {"title": _("Nothing was changed."), "text": message, "tone": "fail"}
    return _with_events(response, {"toast": toast})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400. What is too large even to be read is told as a manifest that is too large."""
    if isinstance(exception, RequestDataTooBig):
        limit = settings.LIFELINES_MAX_MANIFEST_BYTES
        return refused(request, f"Request entity too large: limit is {limit}", english=True)
    return defaults.bad_request(request, exception)


def invalid(request: HttpRequest, form: Form) -> HttpResponse:
    """A field holds what cannot even be asked for, such as letters for a number."""
    told = []
    for name, errors in form.errors.items():
        told += [f"{form.fields[name].label}: {error}" for error in errors]
    return refused(request, " ".join(told))


def _with_events(response: HttpResponse, events: Mapping[str, object]) -> HttpResponse:
    # JSON in ASCII, as headers are: other letters travel as escapes.
    response["HX-Trigger"] = json.dumps(events)
    return response
