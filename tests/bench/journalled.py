"""Writes to a cluster with a journal and without, in turns, and prints what that costs as JSON."""

import json
import os
import statistics
import time
from contextlib import contextmanager

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sandbox.settings")
django.setup()

from clusters import actions, memory, storage  # noqa: E402
from clusters.engine.objects import name_of  # noqa: E402
from clusters.models import Change  # noqa: E402

ROUNDS = 12
WRITES = 150
"""Of a person in one round."""
REPLICAS = 30
"""Pods that come and go in one round of the control plane."""


def main():
    found = dict(zip(("with", "without"), costs(person_writes), strict=True))
    found |= zip(("pass_with", "pass_without"), costs(control_plane), strict=True)
    cluster = grow()
    found["changes"] = Change.objects.count()
    begun = time.perf_counter()
    storage.compact(cluster.pk)
    print(json.dumps({**found, "compact": time.perf_counter() - begun}))


def costs(writes):
    """Seconds of processor time a write, with the journal and without; the median of rounds in turns."""
    found = {True: [], False: []}
    for number in range(2 * ROUNDS):
        journal = number % 2 == 0
        cluster = new_cluster()
        with nothing(journal):
            begun = time.process_time()
            count = writes(cluster)
            found[journal].append((time.process_time() - begun) / count)
        actions.delete_cluster(cluster.pk)
    # The first of each warms up.
    return statistics.median(found[True][1:]), statistics.median(found[False][1:])


@contextmanager
def nothing(journal):
    """Without a journal nothing is written to it; without compaction the row would only grow."""
    write, grown = storage._write_journal, storage.grown
    storage.grown = lambda *args: False
    if not journal:
        storage._write_journal = lambda *args: None
    yield
    storage._write_journal, storage.grown = write, grown


def new_cluster():
    memory.drop_all()
    cluster = actions.create_cluster("bench", delays="none")
    actions.create_replication_controller(cluster.pk, "bench", name="web", image="nginx", replicas=10)
    settle(cluster)
    return cluster


def settle(cluster):
    while actions.reconcile(cluster.pk, "bench", 100, 60.0).result().more:
        pass


def person_writes(cluster):
    """A ReplicationController is scaled up and down, which the control plane does not hear of."""
    for number in range(WRITES):
        actions.scale(cluster.pk, "bench", "ReplicationController", "default", "web", 10 + number % 2)
    return WRITES


def control_plane(cluster):
    """Pods come and go."""
    before = memory.image(cluster.pk).revision
    for replicas in (10 + REPLICAS, 10):
        actions.scale(cluster.pk, "bench", "ReplicationController", "default", "web", replicas)
        settle(cluster)
    return memory.image(cluster.pk).revision - before


def grow():
    """A cluster with more changes than are kept."""
    cluster = new_cluster()
    with nothing(True):
        while Change.objects.count() < 8_000:
            control_plane(cluster)
            for pod in memory.image(cluster.pk).list("Pod", "default")[:5]:
                actions.kill_pod(cluster.pk, "bench", "default", name_of(pod), force=True)
            settle(cluster)
    return cluster


main()
