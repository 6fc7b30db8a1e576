"""What tests of kubectl share: a kubectl, and a control plane that works meanwhile."""

import asyncio

import pytest

from clusters import announce
from clusters.worker import Supervisor
from tests.terminal.kubectl.runner import Runner


@pytest.fixture
async def kubectl(transport, cluster):
    """Runs lines against a cluster of one node; its control plane does not run."""
    return Runner(transport, cluster.pk)


@pytest.fixture
async def control_plane(serving):
    """The control planes of all clusters work while a test runs."""
    announce.bind(asyncio.get_running_loop())
    supervisor = Supervisor()
    working = asyncio.create_task(supervisor.run())
    yield
    supervisor.stop()
    await working
