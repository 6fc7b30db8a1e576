"""Unmodified clients against a server of its own, or against any cluster that REAL_KUBECONFIG names.

The checks are the same in both worlds: whoever has a real cluster can run them there and compare. Each test
has a namespace of its own.
"""

import os
import secrets
from pathlib import Path

import pytest

from tests.install_kubectl import find_kubectl, find_old_kubectl
from tests.real_clients.world import World
from tests.server import Server

REAL = os.environ.get("REAL_KUBECONFIG")


def pytest_collection_modifyitems(items):
    """Everything in this directory drives a real client."""
    for item in items:
        if "tests/real_clients/" in item.path.as_posix():
            item.add_marker("real_client")


@pytest.fixture(scope="session")
def program():
    """The path of kubectl."""
    path = find_kubectl()
    assert path, "no kubectl: run python tests/install_kubectl.py"
    return path


@pytest.fixture(scope="session")
def api_server(tmp_path_factory):
    """A server for the clusters of this directory's tests."""
    running = Server(tmp_path_factory.mktemp("api")).start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="session")
def new_kubeconfig(api_server, tmp_path_factory):
    """new_kubeconfig(...) makes a cluster with these arguments of createcluster, and a file for it."""

    def make(*arguments):
        name = f"c{secrets.token_hex(4)}"
        api_server.manage("createcluster", name, "--delays", "none", *arguments)
        path = tmp_path_factory.mktemp(name) / "kubeconfig"
        path.write_text(api_server.manage("kubeconfig", name, "--host", api_server.url))
        return path

    return make


@pytest.fixture(scope="session")
def shared_kubeconfig(request):
    """The cluster in which tests have a namespace each."""
    return Path(REAL) if REAL else request.getfixturevalue("new_kubeconfig")()


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """Where kubectl keeps what it has discovered."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def world(shared_kubeconfig, program, home):
    """A namespace of its own in a simulated cluster, or in the real one."""
    made = World(shared_kubeconfig, f"t{secrets.token_hex(4)}", program, home, simulated=not REAL)
    made.kubectl("create", "namespace", made.namespace)
    # As in any cluster: pods are refused until the namespace has its account.
    made.kubectl("wait", "serviceaccount/default", "--for=create", "--timeout=60s")
    yield made
    made.kubectl("delete", "namespace", made.namespace, "--wait=false")


@pytest.fixture
def own_world(new_kubeconfig, program, home):
    """A simulated cluster of its own with three nodes, for tests that do something to nodes."""
    return World(new_kubeconfig(), "default", program, home, simulated=True)


@pytest.fixture
def old_world(shared_kubeconfig, home, world):
    """The same namespace, seen by a kubectl of 2021, which knows neither aggregation nor Tables of today."""
    path = find_old_kubectl()
    if path is None:
        pytest.skip("Debian's old kubectl is not on this machine")
    return World(shared_kubeconfig, world.namespace, path, home / "old", world.simulated)
