"""The site's URLs: its own pages, then those of the clusters."""

from django.urls import include, path

from sandbox import pages

handler400 = "clusters.web.answers.bad_request"

urlpatterns = [
    path("", pages.landing, name="landing"),
    path("healthz", pages.healthz, name="healthz"),
    path("", include("clusters.web.urls")),
]
