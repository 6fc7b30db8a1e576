"""Watching through the API: what is told from the beginning on, live, and when it ends."""

import asyncio

import pytest

from clusters import announce, memory
from clusters.api.followers import followers
from clusters.writer import writer
from tests.api.watchers import Watcher, create, delete, label, state_of, summary, until
from tests.clusters.makers import bare_cluster

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _serving():
    memory.drop_all()
    writer.start()
    yield
    writer.stop()
    announce.bind(None)
    memory.drop_all()


@pytest.fixture
def cluster():
    return bare_cluster()


async def test_without_a_version_a_watch_begins_with_what_exists_and_goes_on_live(cluster):
    await create(cluster, "old")
    watcher = Watcher(cluster)
    await watcher.told(1)
    await create(cluster, "new")
    await label(cluster, "new", app="kubia")
    await delete(cluster, "old")
    assert summary(await watcher.told(4)) == [
        ("ADDED", "old"),
        ("ADDED", "new"),
        ("MODIFIED", "new"),
        ("DELETED", "old"),
    ]
    await watcher.leave()
