"""What the tests of the API share: a cluster, a writer as in life, and callers who hold its keys."""

import pytest

from clusters import actions, keys
from tests.api.caller import Caller, in_thread
from tests.serving import serving as serving


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
