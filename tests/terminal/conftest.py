"""What tests of the terminal share: a process as in life, a cluster, and transports to its API."""

import pytest

from clusters import actions, keys
from clusters.api.app import application
from clusters.terminal import programs
from clusters.terminal.transport import Transport
from tests.api.caller import in_thread
from tests.serving import serving as serving
from tests.terminal.pages import Page


@pytest.fixture
def cluster(serving):
    """A cluster of one node in which nothing takes time; its control plane does not run."""
    return actions.create_cluster("alice", nodes=1, delays="none")


@pytest.fixture
async def transport(cluster):
    """Alice's way to the API of that cluster."""
    transport = Transport(application, await in_thread(keys.key_of)(cluster.pk, keys.WRITE), "person:alice")
    yield transport
    transport.close()


@pytest.fixture
def term(cluster):
    """Alice's page at a terminal of that cluster."""
    return Page(cluster)


@pytest.fixture
def program(monkeypatch):
    """Has the terminal know a program `test` that does what it is given."""

    def add(does):
        monkeypatch.setitem(programs._PROGRAMS, "test", does)

    return add
