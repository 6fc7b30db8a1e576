"""The real kubectl as a printer: of objects it is given, and of what a small stand-in for an API answers."""

import pytest

from tests.install_kubectl import find_kubectl
from tests.terminal.kubectl.printers.real import LocalKubectl, StandIn


def pytest_collection_modifyitems(items):
    """What asks for the real kubectl is marked so."""
    for item in items:
        if {"local_kubectl", "stand_in"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("real_client")


@pytest.fixture(scope="session")
def program():
    """The path of kubectl."""
    path = find_kubectl()
    assert path, "no kubectl: run python tests/install_kubectl.py"
    return path


@pytest.fixture(scope="session")
def local_kubectl(program):
    """local_kubectl(objects, "-o", ...) prints objects without any server."""
    return LocalKubectl(program)


@pytest.fixture(scope="session")
def stand_in(program, tmp_path_factory):
    """An API that answers with whatever a test puts there."""
    api = StandIn(program, tmp_path_factory.mktemp("home"))
    yield api
    api.close()
