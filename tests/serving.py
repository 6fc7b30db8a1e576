"""A process as `manage.py serve` has it, for tests of the rooms that answer on its event loop."""

import pytest

from clusters import announce, memory, traffic
from clusters.api import doors
from clusters.lb import limits
from clusters.writer import writer


@pytest.fixture
def serving(transactional_db):
    """Its writer runs, and it knows of nothing yet."""
    forget()
    writer.start()
    yield
    writer.stop()
    announce.bind(None)
    forget()


def forget():
    """What such a process remembers of clusters, requests and visitors."""
    memory.drop_all()
    traffic.forget()
    doors.forget_failures()
    limits.forget()
