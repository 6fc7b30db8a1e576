"""The cluster's page, the way to it, and the inspector beside it."""

import time
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from clusters import access, actions, keys
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.cluster import INTERNAL_KINDS, clock_of
from clusters.engine.images import catalogue
from clusters.engine.objects import Key
from clusters.web import inspector, panel
from clusters.web.answers import refused
from clusters.web.forms import ClientForm, ControllerForm, ExposeForm
from clusters.web.past import NotKeptError
from clusters.web.render import Look, look_of, not_kept_text, page_of, template
from clusters.web.scene import Scene, Then, scene_or_404
from clusters.web.timeline import asked, timeline_of
from clusters.web.times import started_at

EXAMPLE: Final = """\
apiVersion: v1
kind: Pod
metadata:
  name: shell
  labels:
    app: shell
spec:
  containers:
  - name: shell
    image: curlimages/curl
    command: [sleep, "3600"]
"""
"""What the YAML box starts with."""


LONGEST_REVISION: Final = 15
"""Digits."""


@require_POST
def open_sandbox(request: HttpRequest) -> HttpResponse:
    """Open the person's cluster; a newcomer gets one of three nodes."""
    try:
        cluster = actions.open_sandbox(access.make_person(request))
    except StatusError as error:
        return refused(request, error.message)
    return redirect("clusters:page", cluster.pk)


@require_safe
@never_cache
@ensure_csrf_cookie
def page(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """The whole page, right before any script runs. ?claim=<token> lets its holder in first."""
    if "claim" in request.GET:
        return _claim(request, cluster_id)
    person = access.person_of(request)
    cluster = access.access_cluster(person, cluster_id, access.VIEW)
    role = access.role_of(person, cluster)
    scene = scene_or_404(cluster_id)
    moment, refusal = moment_in(request), ""
    with scene.lock:
        scene.catch_up()
        try:
            sections = page_of(scene, _look(request), moment)
        except NotKeptError as error:
            sections, refusal = page_of(scene, _look(request)), not_kept_text(error)
        made = panel.workloads(scene.image)
        elapsed = clock_of(scene.image).now(time.time()) - started_at(scene.image)
    context = {
        "cluster": cluster,
        "clusters": access.clusters_of(person),
        "sections": sections,
        "refusal": refusal,
        "elapsed": f"{elapsed:.2f}",
        "base": request.path.rstrip("/"),
        "role": role,
        "may_revoke": cluster.claim_hash and role == access.OWN,
        "controller_form": ControllerForm(),
        "expose_form": ExposeForm(),
        "client_form": ClientForm(),
        "has_made": bool(made.controllers or made.services),
        "images": sorted(catalogue()),
        "manifest": EXAMPLE,
    }
    return render(request, "clusters/page.html", context)


def moment_in(request: HttpRequest) -> int:
    """The revision that ?at= asks for; 0, for now, if that is none."""
    return revision_in(request, "at")


def revision_in(request: HttpRequest, name: str) -> int:
    """A revision in the query; 0 for none."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_REVISION else 0


def _claim(request: HttpRequest, cluster_id: str) -> HttpResponseRedirect:
    """A link was opened. The token must not stay in the address bar."""
    if request.method == "GET":
        access.claim(access.make_person(request), cluster_id, request.GET["claim"])
    return redirect("clusters:page", cluster_id)


def _look(request: HttpRequest) -> Look:
    """The look of the first drawing. Only the script knows the window; it leaves its layout in a cookie."""
    query = request.GET.copy()
    mobile = "Mobi" in request.headers.get("User-Agent", "")
    query.setdefault("layout", request.COOKIES.get("layout") or ("phone" if mobile else "wide"))
    return look_of(query, get_language() or "")


@require_safe
@never_cache
def inspect(request: HttpRequest, cluster_id: str, kind: str, namespace: str, name: str) -> HttpResponse:
    """The inspector of one object; ?tab= is one of its TABS, ?uid= for one that is gone.

    Of its changes ?change= is the revision of that whose causes are asked for, ?all=1 lists more of them.
    """
    access.access_cluster(access.person_of(request), cluster_id, access.VIEW)
    if kind in INTERNAL_KINDS:
        raise Http404
    scene = scene_or_404(cluster_id)
    key = Key(kind, "" if namespace == "-" else namespace, name)
    with scene.lock:
        scene.catch_up()
        shown, now = _shown(request, scene)
        view = inspector.inspect(
            shown.image,
            shown.past,
            key,
            request.GET.get("tab", ""),
            uid=request.GET.get("uid", ""),
            now=now,
            link=request.build_absolute_uri(keys.link_of(cluster_id, namespace, name)),
            asked=revision_in(request, "change"),
            whole=request.GET.get("all") == "1",
        )
    if view is None:
        raise Http404
    base = request.path.partition("/inspect/")[0]
    return HttpResponse(template("clusters/inspector.jinja", view=view, base=base))


def _shown(request: HttpRequest, scene: Scene) -> tuple[Scene | Then, float]:
    """What somebody looks at, and its simulated time. Raises Http404 for a moment that is not kept."""
    moment = moment_in(request)
    if not moment:
        return scene, clock_of(scene.image).now(time.time())
    try:
        then = scene.then(moment)
    except NotKeptError as error:
        raise Http404 from error
    return then, then.time


@require_safe
@never_cache
def timeline(request: HttpRequest, cluster_id: str) -> HttpResponse:
    """What happened, newest first: a part of the cluster's page, or without a script a page of its own."""
    cluster = access.access_cluster(access.person_of(request), cluster_id, access.VIEW)
    scene = scene_or_404(cluster_id)
    with scene.lock:
        scene.catch_up()
        view = timeline_of(scene.past, asked(request.GET), started_at(scene.image))
    base = request.path.removesuffix("/timeline")
    html = template("clusters/timeline.jinja", view=view, base=base)
    if "HX-Request" in request.headers:
        return HttpResponse(html)
    icons = template("clusters/icons.jinja")
    # What templates made is HTML already.
    context = {"cluster": cluster, "base": base, "timeline": mark_safe(html), "icons": mark_safe(icons)}
    return render(request, "clusters/timeline.html", context)
