"""A session lasts 30 days from its last use, without a write on every click."""

import datetime

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

DAY = 24 * 3600


@pytest.fixture
def known(learner):
    """A learner whose browser has a session."""
    session = SessionStore()
    session["person"] = "p"
    session.save()
    learner.cookies["sessionid"] = session.session_key
    return learner


def expires_in():
    return (Session.objects.get().expire_date - timezone.now()).total_seconds()


def age(days):
    """Makes the one session look `days` older."""
    row = Session.objects.get()
    data = row.get_decoded()
    data["renewed"] -= days * DAY
    row.session_data = SessionStore().encode(data)
    row.expire_date -= datetime.timedelta(days=days)
    row.save()


@pytest.mark.django_db
def test_use_renews_it_once_a_day(known, django_assert_num_queries):
    known.get("/")
    age(days=3)
    response = known.get("/")
    assert expires_in() > 29.9 * DAY
    cookie = response.cookies["sessionid"]
    assert cookie["max-age"] == 30 * DAY
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    with django_assert_num_queries(1):  # read, not written
        assert "sessionid" not in known.get("/").cookies


@pytest.mark.django_db
def test_thirty_days_unused_end_it(known):
    known.get("/")
    age(days=31)
    known.get("/")
    assert known.session.get("person") is None


@pytest.mark.django_db
def test_an_unknown_cookie_makes_no_session(learner):
    learner.cookies["sessionid"] = "0123456789abcdefghijklmnopqrstuv"
    learner.get("/")
    assert Session.objects.count() == 0


@pytest.mark.django_db
def test_nobody_gets_a_session_by_looking(learner):
    assert "sessionid" not in learner.get("/").cookies
