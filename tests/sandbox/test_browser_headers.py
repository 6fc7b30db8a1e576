"""The headers that tell a browser what a page may do, on every kind of answer."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from sandbox import urls

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


urlpatterns = [*urls.urlpatterns, path("accepts-forms", lambda request: HttpResponse("accepted"))]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/", "/healthz", "/nothing-here", "/static/css/base.css", "/static/nothing.css"]
)
def test_policy_is_on_every_answer(client, address):
    response = client.get(address)
    assert response["Content-Security-Policy"] == POLICY


def test_policy_is_on_refusals(settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    response = Client().get("/healthz", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert response["Content-Security-Policy"] == POLICY


@pytest.mark.django_db
def test_other_headers(client):
    response = client.get("/")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert "Strict-Transport-Security" not in response


@pytest.mark.django_db
def test_https_is_kept_by_the_browser(client, settings):
    settings.SECURE_HSTS_SECONDS = 31536000
    fresh = Client()
    assert fresh.get("/healthz", secure=True)["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_forms_without_a_token_are_refused():
    response = Client(enforce_csrf_checks=True).post("/accepts-forms")
    assert response.status_code == 403
    assert b"Cookies are needed here" in response.content
    assert response["Content-Security-Policy"] == POLICY
