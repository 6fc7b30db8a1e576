"""Makes settled clusters, places clients in them, or looks at all of their calls once a second."""

import os
import sys
import time

import django
import orjson

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sandbox.settings")
django.setup()

from clusters import actions, memory, steady  # noqa: E402
from clusters.engine.network.clients import MOST  # noqa: E402
from clusters.engine.objects import name_of  # noqa: E402
from clusters.models import Cluster  # noqa: E402
from clusters.web.render import Look, shown  # noqa: E402
from tests.bench.populate import make  # noqa: E402

EVERY = 3
LOOKS = 10


def main(what, *numbers):
    if what == "make":
        for number in range(int(numbers[0])):
            make(f"traffic-{number}")
    elif what == "place":
        for cluster in Cluster.objects.all():
            place(cluster)
    else:
        print(*look(), page())


def place(cluster):
    """Half of the clients call the load balancer, the others the Service from within a pod."""
    image = memory.image(cluster.pk)
    service = image.get("Service", "default", "kubia")
    (entry,) = service["status"]["loadBalancer"]["ingress"]
    pod = next(pod for pod in image.list("Pod") if name_of(pod).startswith("kubia"))
    inside = {"place": "pod", "pod": ("default", name_of(pod)), "target": "kubia"}
    for number in range(MOST):
        where = inside if number % 2 else {"place": "internet", "target": entry["ip"]}
        actions.place_client(cluster.pk, "bench", every=EVERY, **where)
    while actions.reconcile(cluster.pk, "bench", 1000, 10.0).result().more:
        pass
    memory.drop(cluster.pk)


def look():
    """Seconds of processor time of a first look and of one a second later, a cluster."""
    ids = list(Cluster.objects.values_list("id", flat=True))
    until = dict.fromkeys(ids, 0.0)
    costs = []
    for _ in range(LOOKS):
        begun, used = time.monotonic(), time.process_time()
        for cluster_id in ids:
            found = steady.look(cluster_id, until[cluster_id])
            assert until[cluster_id] < found.until
            until[cluster_id] = found.until
        costs.append((time.process_time() - used) / len(ids))
        time.sleep(max(0.0, begun + 1 - time.monotonic()))
    return costs[0], sum(costs[1:]) / (LOOKS - 1)


def page():
    """Seconds of processor time a second and cluster of a room with one page: what it draws and sends."""
    ids = list(Cluster.objects.values_list("id", flat=True))
    told = dict.fromkeys(ids, 0)
    costs = []
    for _ in range(LOOKS):
        begun, used = time.monotonic(), time.process_time()
        for cluster_id in ids:
            found = shown(cluster_id, [Look()]).heard
            orjson.dumps(found.since(told[cluster_id], "en"))
            told[cluster_id] = found.number
        costs.append((time.process_time() - used) / len(ids))
        time.sleep(max(0.0, begun + 1.05 - time.monotonic()))
    # The first ones draw the map and the chart.
    return sum(costs[3:]) / (LOOKS - 3)


if __name__ == "__main__":
    main(*sys.argv[1:])
