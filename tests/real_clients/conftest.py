"""Unmodified clients against a server of its own, or against any cluster that REAL_KUBECONFIG names.

The checks are the same in both worlds: whoever has a real cluster can run them there and compare. Each test
has a namespace of its own.
"""

import os
import secrets
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from kubernetes import client

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
    with own_namespace(made):
        yield made


@pytest.fixture
def api(world):
    """The core API of the world's cluster, as the official Python client has it."""
    return world.core_api()


@pytest.fixture
def web(world):
    """The world with a pod that answers at port 80."""
    world.kubectl("run", "web", "--image=nginx", "--port=80")
    world.kubectl("wait", "pod/web", "--for=condition=Ready", "--timeout=60s")
    return world


@contextmanager
def own_namespace(world):
    """Makes the namespace of a world, and deletes it. Not by kubectl, which takes a while to start."""
    api = world.core_api()
    api.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=world.namespace)))
    # As in any cluster: pods are refused until the namespace has its account.
    world.eventually(lambda: api.list_namespaced_service_account(world.namespace).items)
    yield api
    api.delete_namespace(world.namespace)


@pytest.fixture(scope="session")
def own_kubeconfig(new_kubeconfig, api_server):
    """A simulated cluster of three nodes for tests that do something to nodes. Its time runs fast."""
    path = new_kubeconfig()
    (context,) = yaml.safe_load(path.read_text())["contexts"]
    cluster = context["name"].removeprefix("lifelines-")
    hurry = f"from clusters import actions; actions.set_clock('{cluster}', 'tester', speed=20)"
    api_server.manage("shell", "--command", hurry)
    return path


@pytest.fixture
def own_world(own_kubeconfig, program, home):
    """A namespace of its own in that cluster, whose nodes are made as they were before the next test."""
    made = World(own_kubeconfig, f"t{secrets.token_hex(4)}", program, home, simulated=True)
    with own_namespace(made) as api:
        yield made
    for node in api.list_node().items:
        api.patch_node(node.metadata.name, {"spec": {"unschedulable": None, "taints": None}})
    # Who drains a node must not find pods of the test before.
    made.eventually(
        lambda: made.namespace not in {found.metadata.name for found in api.list_namespace().items}
    )


@pytest.fixture
def old_world(shared_kubeconfig, home, world):
    """The same namespace, seen by a kubectl of 2021, which knows neither aggregation nor Tables of today."""
    path = find_old_kubectl()
    if path is None:
        pytest.skip("Debian's old kubectl is not on this machine")
    return World(shared_kubeconfig, world.namespace, path, home / "old", world.simulated)
