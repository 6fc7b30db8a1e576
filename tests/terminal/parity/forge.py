"""Makes the cluster of the comparison, and copies of it: a process beside the server, on the same data.

Run as a program. It prints "ready" when the cluster is made; then for each line that it reads:

    fork        prints {"id", "key", "session"} of a copy: same objects, same history, same chance
    same A B    prints what differs between two copies: a list of texts, [] for nothing
"""

import json
import os
import re
import sys
import time
from importlib import import_module
from pathlib import Path

BEFORE = 25 * 60 + 30
"""Seconds ago the cluster was made: its objects are 25 minutes old for half a minute."""
PERSON = "parity"
HERE = Path(__file__).parent
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
NOT_COMPARED = frozenset(
    {"simulation", "status", "resourceVersion", "generation", "time", "uid", "clusterIP", "clusterIPs"}
    | {"nodePort", "nodeName", "deletionTimestamp", "deletionGracePeriodSeconds"}
)
"""Fields that depend on when something was done, and on what the control plane had written by then."""


def make():
    """The cluster, as it was made a while ago. Returns its id."""
    from clusters import actions

    real = time.time
    time.time = lambda: real() - BEFORE
    try:
        cluster, _ = actions.create_named_cluster("parity", delays="none")
        settle(cluster.pk)
        for name in ("base.yaml", "later.yaml"):
            actions.apply_manifests(cluster.pk, PERSON, (HERE / name).read_text())
            settle(cluster.pk)
    finally:
        time.time = real
    settle(cluster.pk)
    return cluster.pk


def settle(cluster_id):
    """Let the control plane work until there is nothing left to do for now."""
    from clusters import actions

    while True:
        done = actions.reconcile(cluster_id, "forge", 1_000, 1.0).result()
        if done is None or (not done.more and (done.wake_at is None or done.wake_at > time.time() + 1)):
            return


def fork(base):
    """A copy of the cluster, the key of its API, and a session of its owner."""
    from django.apps import apps
    from django.conf import settings
    from django.db import connection, transaction

    from clusters import access, keys
    from clusters.models import Cluster, new_id

    copied = new_id()
    with transaction.atomic():
        row = Cluster.objects.get(pk=base)
        row.pk, row.owner, row.made_by_command, row.name = copied, PERSON, False, "parity"
        row.claim_hash, row.lease_owner, row.lease_until = "", "", None
        row.save(force_insert=True)
        for model in apps.get_app_config("clusters").get_models():
            columns = [field.column for field in model._meta.local_fields if field.column != "id"]
            if "cluster_id" not in columns or model._meta.model_name in ("apikey", "grant", "file"):
                continue
            names = ", ".join(f'"{name}"' for name in columns)
            values = names.replace('"cluster_id"', "%s")
            table = model._meta.db_table
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE cluster_id = %s",
                    [copied, base],
                )
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[access.PERSON] = PERSON
    store.create()
    return {"id": copied, "key": keys.key_of(copied, keys.WRITE), "session": store.session_key}


def same(one, other):
    """What two copies have that is not the same, times and versions aside."""
    ones, others = objects(one), objects(other)
    keys = sorted(ones.keys() | others.keys())
    return [f"{key}: {ones.get(key)} | {others.get(key)}" for key in keys if ones.get(key) != others.get(key)]


def objects(cluster_id):
    """The objects that people named, by kind and name, without what is not compared."""
    from clusters.models import TABLES, KubeObject

    found = {}
    for model in {*TABLES.values(), KubeObject}:
        for row in model.objects.filter(cluster=cluster_id):
            kind, manifest = getattr(row, "kind", model.__name__), json.loads(row.manifest)
            if kind not in ("Event", "Cluster", "IPAMBlock", "ReplicaSet") and not is_made(manifest):
                found[f"{kind} {row.namespace}/{row.name}"] = plain(manifest)
    return found


def is_made(manifest):
    """Whether a controller made the object, or writes it."""
    return "generateName" in manifest["metadata"] or manifest["kind"] in ("Endpoints", "Lease")


def plain(value):
    """A value without what is not compared."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items() if key not in NOT_COMPARED}
    if isinstance(value, list):
        parts = [plain(part) for part in value]
        # In order of time, which may be the same second or not.
        return sorted(parts, key=by_manager) if parts and "manager" in parts[0] else parts
    return TIME.sub("~", value) if isinstance(value, str) else value


def by_manager(part):
    """What a list of managed fields is sorted by."""
    return part["manager"], part["operation"]


def main():
    """Serve the lines of stdin."""
    import django

    sys.path.insert(0, str(HERE.parents[2]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sandbox.settings")
    django.setup(set_prefix=False)
    base = make()
    print("ready", flush=True)
    for line in sys.stdin:
        command, *words = line.split()
        answer = fork(base) if command == "fork" else same(*words)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
