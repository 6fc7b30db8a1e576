"""What processes of a test do on the database in DATA_DIR; `start` in conftest.py starts them.

new [NAME]                     makes a bare cluster, with a ReplicationController of that name
verify CLUSTER                 compares journal and tables
hammer CLUSTER THREADS TIMES   each thread adds one to the counter, TIMES times
tick CLUSTER SECONDS           adds one to the counter every 20 ms, SECONDS at most, until scaled
pair CLUSTER                   writes two counters at once, and something that comes and goes, until stopped
load CLUSTER IMAGES            loads until it has seen so many different images, and checks each
scale CLUSTER REPLICAS         runs the worker until the ReplicationController has its pods
want CLUSTER REPLICAS          makes or scales the ReplicationController web
Each prints one line of JSON when it is done.
"""

import asyncio
import json
import os
import sys
import threading
import time

from django.db import connection

from clusters import actions, journal, memory, storage
from clusters.engine.objects import with_value
from clusters.engine.store import MemoryStore
from clusters.worker import Reconciler
from clusters.writer import writer
from tests.clusters import fakes
from tests.clusters.makers import bare_cluster, count_up, counter, write


def new(name=None):
    cluster = bare_cluster()
    if name:
        write(cluster, lambda store: store.create(counter(name)))
    return {"cluster": cluster.pk}


def verify(cluster_id):
    image = storage.load(cluster_id).image
    found = image.get("ReplicationController", "default", "counter")
    changes = journal.read(cluster_id, 0)
    return {
        "revision": image.revision,
        "counter": found["spec"]["replicas"] if found else None,
        "rows": len(changes),
        "replay": MemoryStore().apply(changes) == image,
    }


def hammer(cluster_id, threads, times):
    """All threads at once, through the writer's thread, as in a process that serves people."""
    writer.start()

    def work(number):
        for _ in range(int(times)):
            actions.transact(cluster_id, count_up, actor=f"thread-{os.getpid()}-{number}")
        connection.close()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    writer.stop()
    return {"revision": memory.image(cluster_id).revision}


def tick(cluster_id, seconds):
    writer.start()
    until, writes = time.monotonic() + float(seconds), 0
    while time.monotonic() < until and not os.path.exists(os.path.join(os.environ["DATA_DIR"], "scaled")):
        actions.transact(cluster_id, count_up, actor="ticker")
        writes += 1
        time.sleep(0.02)
    writer.stop()
    return {"writes": writes}


def load(cluster_id, images):
    """Every image must be one that was committed: the pair is equal, and nothing is newer than it."""
    torn, seen = [], set()
    while len(seen) < int(images):
        image = storage.load(cluster_id).image
        seen.add(image.revision)
        versions = [
            int(obj["metadata"]["resourceVersion"]) for kind in image.kinds() for obj in image.list(kind)
        ]
        left, right = (image.get("ReplicationController", "default", name) for name in ("left", "right"))
        whole = left is None or left["spec"] == right["spec"]
        if max(versions) != image.revision or not whole:
            torn.append(image.revision)
    return {"torn": torn}


def pair(cluster_id):
    """Writes left and right in one commit, after something that comes and goes."""

    def verb(store):
        fakes.flip(store)
        assert count_up(store, "left") == count_up(store, "right")

    while not os.path.exists(os.path.join(os.environ["DATA_DIR"], "loaded")):
        actions.transact(cluster_id, verb, actor="pair")
    return {}


def scale(cluster_id, replicas):
    """As the worker does it, with a controller that creates pods."""
    memory.build = fakes.build
    writer.start()

    def ask(store):
        obj = store.get("ReplicationController", "default", "web")
        store.update(with_value(obj, ("spec", "replicas"), int(replicas)))

    while not (before := verify(cluster_id)["counter"]):
        time.sleep(0.01)  # the other writer has not begun
    actions.transact(cluster_id, ask, actor="person:a")
    passes = asyncio.run(_work_until(cluster_id, int(replicas)))
    writer.stop()
    open(os.path.join(os.environ["DATA_DIR"], "scaled"), "w").close()
    return {**passes, "before": before}


def want(cluster_id, replicas):
    if memory.image(cluster_id).get("ReplicationController", "default", "web") is None:
        actions.create_replication_controller(
            cluster_id, "tester", name="web", image="nginx", replicas=int(replicas)
        )
    else:
        actions.scale(cluster_id, "tester", "ReplicationController", "default", "web", int(replicas))
    return {}


async def _work_until(cluster_id, replicas):
    reconciler = Reconciler()
    passes = {"won": 0, "lost": 0}
    passed = reconciler._passed

    def counted(cluster_id, limit, done):
        passes["lost" if done.lost else "won"] += 1
        passed(cluster_id, limit, done)

    reconciler._passed = counted
    running = asyncio.create_task(reconciler.run())
    async with asyncio.timeout(60):
        while memory.published(cluster_id).count("Pod") < replicas:
            await asyncio.sleep(0.02)
    reconciler.stop()
    await running
    return passes


def main():
    """Does what the command line asks for."""
    name, *arguments = sys.argv[1:]
    sys.stdout.write(json.dumps(globals()[name](*arguments)))
