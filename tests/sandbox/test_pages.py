"""The landing page, the health check and the error pages."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.test import Client
from django.urls import path

from sandbox import pages, urls

ROOT = Path(__file__).resolve().parents[2]
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:|hx-on|\bjs:", re.IGNORECASE
)


def forbidden(request):
    raise PermissionDenied


def broken(request):
    raise RuntimeError("a mistake of ours")


urlpatterns = [*urls.urlpatterns, path("forbidden", forbidden), path("broken", broken)]


@pytest.mark.django_db
@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_whole_error_page_is_never_put_into_a_part_of_a_page(learner, status):
    config = re.search(r"htmx-config\"\s+content='([^']*)'", learner.get("/").content.decode())
    unswapped = json.loads(config[1])["noSwap"]
    assert status in unswapped or f"{status // 100}xx" in unswapped
    assert 422 not in unswapped


@pytest.mark.django_db
def test_landing_has_one_button_that_posts(learner):
    html = learner.get("/").content.decode()
    assert html.count("button-filled") == 1
    assert re.search(r'<form[^>]*method="post"[^>]*action="/sandbox/"', html)
    assert "csrfmiddlewaretoken" in html
    assert "Open the sandbox" in html


@pytest.mark.django_db
def test_looking_at_the_landing_page_creates_nothing(learner):
    learner.get("/")
    assert Session.objects.count() == 0
    assert learner.post("/").status_code == 405


@pytest.mark.django_db
def test_the_language_is_said(learner):
    assert '<html lang="en">' in learner.get("/", headers={"accept-language": "fr"}).content.decode()


@pytest.mark.django_db
def test_healthz(client):
    response = client.get("/healthz")
    assert response.json() == {"status": "ok"}
    assert "no-store" in response["Cache-Control"]


def test_healthz_tells_a_database_that_does_not_answer(client, monkeypatch):
    class Broken:
        def cursor(self):
            raise DatabaseError("disk I/O error")

    monkeypatch.setattr(pages, "connection", Broken())
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["status"] == "failing"


@pytest.mark.urls(__name__)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/nothing-here", 404, "There is nothing here."),
        ("/forbidden", 403, "This is not allowed."),
        ("/broken", 500, "The server made a mistake."),
    ],
)
def test_error_pages_say_what_happened_and_nothing_inside(address, status, words):
    response = Client(raise_request_exception=False).get(address)
    html = response.content.decode()
    assert response.status_code == status
    assert words in html
    assert "Traceback" not in html
    assert "a mistake of ours" not in html
    assert not INLINE.search(html)


@pytest.mark.parametrize("template", sorted(ROOT.glob("templates/**/*.*")), ids=lambda p: p.name)
def test_templates_have_nothing_inline(template):
    assert not INLINE.search(template.read_text())


def test_the_two_dark_themes_are_the_same():
    css = (ROOT / "static/css/tokens.css").read_text()
    system, chosen = re.findall(r"color-scheme: dark;(.*?)\}", css, re.DOTALL)
    assert system.split() == chosen.split()
    light = set(re.findall(r"(--[a-z0-9]+):", css.split("--t-press")[0]))
    assert set(re.findall(r"(--[a-z0-9]+):", chosen)) == light


def test_own_scripts_stay_small():
    scripts = [path.read_text().count("\n") for path in ROOT.glob("static/**/*.js")]
    assert max(scripts) <= 250
    assert sum(scripts) <= 2250
