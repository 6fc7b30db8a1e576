"""What all tests share: people, a database in a file, and browser tests last."""

import hypothesis
import pytest
from django.test import Client

hypothesis.settings.register_profile("lifelines", deadline=None, print_blob=True)
hypothesis.settings.load_profile("lifelines")


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
