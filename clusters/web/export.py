"""A cluster to take away: what people made as manifests, and its whole history as a file; and such a file,
opened again.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Final, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_safe

from clusters import access, actions, history_file
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.exporting import manifests
from clusters.models import Cluster
from clusters.web.answers import UNPROCESSABLE, refused
from clusters.web.past import NotKeptError
from clusters.web.render import not_kept_text
from clusters.web.scene import scene_or_404
from clusters.web.times import clock_text
from clusters.web.views import moment_in
from clusters.web.yaml_text import yaml_text

Response = TypeVar("Response", HttpResponse, StreamingHttpResponse)

PART: Final = 65_536
"""Bytes that are sent at once, about."""


@require_safe
@never_cache
def export_manifests(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """What people made, for `kubectl apply` on another cluster; ?at=REVISION as it was then."""
    cluster = access.access_cluster(access.person_of(request), cluster_id, access.VIEW)
    scene = scene_or_404(cluster_id)
    with scene.lock:
        scene.catch_up()
        try:
            moment = scene.past.moment(moment_in(request) or scene.past.newest)
        except NotKeptError as error:
            return refused(request, not_kept_text(error))
        started = scene.history.started or moment.time
    when = clock_text(moment.time - started)
    lines = [f"# What people made in this cluster by {when}. kubectl apply -f FILE makes it again.\n"]
    lines += [f"---\n{yaml_text(obj)}" for obj in manifests(moment.image)]
    return _attachment(HttpResponse("".join(lines), content_type="application/yaml"), cluster, "yaml")


@require_safe
@never_cache
def export_history(request: HttpRequest, cluster_id: str) -> StreamingHttpResponse:
    """The history that is kept, all of it, to be opened again here or elsewhere."""
    cluster = access.access_cluster(access.person_of(request), cluster_id, access.VIEW)
    parts = history_file.write(cluster)
    # The first part has read the journal; the rest needs no database, so it may be made while it is sent.
    sent = StreamingHttpResponse(_later(next(parts), parts), content_type="application/json")
    return _attachment(sent, cluster, "history.json")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@ensure_csrf_cookie
def open_history(request: HttpRequest) -> HttpResponse:
    """The form for such a file: POST history. It becomes a cluster of whoever sends it."""
    limit = settings.LIFELINES_MAX_HISTORY_BYTES
    context = {"limit": filesizeformat(limit)}
    if request.method != "POST":
        return render(request, "clusters/open_history.html", context)
    sent = request.FILES.get("history")
    if sent is None:
        refusal = _("Choose a file first.")
    else:
        try:
            # One byte more than may be: what is longer is not read.
            cluster = actions.open_history(access.make_person(request), sent.read(limit + 1))
            return redirect("clusters:page", cluster.pk)
        except StatusError as error:
            refusal = error.message
    return render(
        request, "clusters/open_history.html", {**context, "refusal": refusal}, status=UNPROCESSABLE
    )


async def _later(first: bytes, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    gathered = bytearray(first)
    for part in parts:
        gathered += part
        if len(gathered) >= PART:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)


def _attachment(response: Response, cluster: Cluster, ending: str) -> Response:
    name = slugify(cluster.name) or cluster.pk
    response["Content-Disposition"] = f'attachment; filename="lifelines-{name}.{ending}"'
    return response
