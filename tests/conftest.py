"""What all tests share: people, a database in a file, and browser tests last."""

import os
import time

import hypothesis
import pytest
from channels.layers import channel_layers
from django.contrib.contenttypes.management import create_contenttypes
from django.db.models.signals import post_migrate
from django.test import Client

SOAK = os.environ.get("SOAK") == "1"

hypothesis.settings.register_profile("test", deadline=None, print_blob=True, max_examples=50)
hypothesis.settings.register_profile("soak", deadline=None, print_blob=True, max_examples=2000)
hypothesis.settings.load_profile("soak" if SOAK else "test")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Runs browser tests last: Playwright's event loop stays in the main thread, and asyncio allows one."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, tmp_path_factory):
    """A database in a file, as in life: threads share an in-memory one, where WAL and waiting differ."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"] = {
            **database.get("TEST", {}),
            "NAME": tmp_path_factory.mktemp("database") / "test.sqlite3",
        }


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """Without permissions, which nobody has here: Django makes them anew whenever a test empties the tables.

    That takes ten times as long as to empty them.
    """
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)


@pytest.fixture(autouse=True)
def _no_nudges():
    """Nobody hears of what an earlier test did: the layer keeps for a minute what no worker has received."""
    channel_layers.backends.clear()


@pytest.fixture
def count():
    """count(few, many): how often to do something; `make test` does few, `make soak` many."""
    return lambda few, many: many if SOAK else few


@pytest.fixture
def learner():
    """A person without an account: a browser with a session of its own."""
    return Client()


@pytest.fixture
def other_learner():
    """Somebody else in the same class."""
    return Client()


@pytest.fixture
def instructor():
    """Whoever teaches the class."""
    return Client()


@pytest.fixture
def stranger():
    """Somebody who was given no link."""
    return Client()


class Wall:
    """A clock on the wall that a test moves."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def wall(monkeypatch):
    """The time, in wall seconds: it stands until a test adds to `wall.now`."""
    clock = Wall(time.time())
    monkeypatch.setattr(time, "time", clock)
    return clock
