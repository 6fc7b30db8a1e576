"""Gives a cluster a history: pods that are killed and replaced, until so many changes have been written."""

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sandbox.settings")
django.setup()

from clusters import actions, memory  # noqa: E402
from clusters.engine.objects import is_deleting, name_of  # noqa: E402

SPEED = 20
GRACE = 40
"""Simulated seconds after which all who were killed are gone."""


def main(cluster, pods, changes, pause):
    """`pause` is seconds between two kills, in which simulated time goes by."""
    actions.set_clock(cluster, "bench", speed=SPEED)
    actions.create_replication_controller(
        cluster, "bench", name="kubia", image="luksa/kubia", replicas=int(pods)
    )
    settle(cluster)
    until = memory.image(cluster).revision + int(changes)
    while memory.image(cluster).revision < until:
        living = [pod for pod in memory.image(cluster).list("Pod") if not is_deleting(pod)]
        actions.kill_pod(cluster, "bench", "default", name_of(living[0]))
        settle(cluster)
        time.sleep(float(pause))
    time.sleep(GRACE / SPEED)
    settle(cluster)
    # In an hour of simulated time Events would go, and with each of them a moment.
    actions.set_clock(cluster, "bench", speed=1)
    print(memory.image(cluster).revision)


def settle(cluster):
    while actions.reconcile(cluster, "bench", 1000, 10.0).result().more:
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
