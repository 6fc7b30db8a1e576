"""Fills the database with settled clusters, and prints what an image of one costs in bytes of memory."""

import gc
import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sandbox.settings")
django.setup()

from clusters import actions, memory  # noqa: E402
from clusters.models import Cluster  # noqa: E402


def main(clusters, in_memory):
    for number in range(clusters):
        make(f"idle-{number}")
    memory.drop_all()
    ids = list(Cluster.objects.values_list("id", flat=True)[:in_memory])
    gc.collect()
    before = resident()
    for cluster_id in ids:
        image = memory.image(cluster_id)
        for kind in image.kinds():
            image.list(kind)
    print((resident() - before) / len(ids))


def make(name):
    cluster, _ = actions.create_named_cluster(name, nodes=3, delays="none")
    actions.create_replication_controller(cluster.id, "bench", name="kubia", image="luksa/kubia", replicas=3)
    actions.expose(
        cluster.id,
        "bench",
        kind="ReplicationController",
        namespace="default",
        name="kubia",
        service="kubia",
        type_="LoadBalancer",
        port=80,
        target_port=8080,
    )
    while actions.reconcile(cluster.id, "bench", 1000, 10.0).result().more:
        pass
    memory.drop(cluster.id)


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
