"""What tests of the terminal share: a process as in life, a cluster, and transports to its API."""

import pytest

from clusters import actions, announce, keys, memory, traffic
from clusters.api import doors
from clusters.api.app import application
from clusters.terminal import programs
from clusters.terminal.transport import Transport
from clusters.writer import writer
from tests.api.caller import in_thread
from tests.terminal.pages import Page


@pytest.fixture
def serving(transactional_db):
    """A process as `manage.py serve` has it that knows of nothing yet."""
    memory.drop_all()
    traffic.forget()
    doors.forget_failures()
    writer.start()
    yield
    writer.stop()
    announce.bind(None)
    traffic.forget()
    memory.drop_all()


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
