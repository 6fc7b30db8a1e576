"""What the tests of the API share: a cluster, a writer as in life, and callers who hold its keys."""

import pytest

from clusters import actions, announce, keys, memory, traffic
from clusters.api import doors
from clusters.writer import writer
from tests.api.caller import Caller, in_thread


@pytest.fixture
def serving(transactional_db):
    """A process as `manage.py serve` has it that knows of nothing yet; tests without a cluster need none."""
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
    return actions.create_cluster("tester", nodes=1, delays="none")


@pytest.fixture
async def call(cluster):
    """Asks that cluster with the key to write."""
    return Caller(await in_thread(keys.key_of)(cluster.pk, keys.WRITE))


@pytest.fixture
async def look(cluster):
    """Asks that cluster with the key to read."""
    return Caller(await in_thread(keys.key_of)(cluster.pk, keys.READ))
