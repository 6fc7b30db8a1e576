"""What a process that simulates clusters sets once, before it starts threads."""

import gc
import sys
from typing import Final

from django.core.management.base import CommandError
from django.db import OperationalError, connection

from clusters.models import Cluster

SWITCH_INTERVAL: Final = 0.0005
"""Seconds, a tenth of Python's own: the event loop does not wait long for the writer's thread."""
THRESHOLDS: Final = (5_000, 20, 100)
"""Allocations, and collections of the younger generations. Clusters are made of very many small dicts and
of no cycles: Python's own numbers would look at all of them several times a second."""


def tune() -> None:
    """Keep the event loop from waiting: for threads that compute, and for the garbage collector."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.set_threshold(*THRESHOLDS)
    gc.collect()
    gc.freeze()


def require_tables() -> None:
    """Raises CommandError if the database cannot be read, or was never migrated."""
    try:
        Cluster.objects.exists()
    except OperationalError as error:
        raise CommandError(f"{error}. Does manage.py migrate make the tables?") from error
    finally:
        connection.close()
