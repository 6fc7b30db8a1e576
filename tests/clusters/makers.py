"""Readable verbs that make what tests of the adapters need."""

import time

from clusters import actions, storage
from clusters.engine.clock import Clock
from clusters.engine.cluster import cluster_object
from clusters.engine.objects import Key, with_value
from clusters.models import Change, Cluster

ACTOR = "person:tester"


def bare_cluster(**fields):
    """A cluster that holds nothing but its own settings, and in which nothing takes time."""
    cluster = Cluster.objects.create(**fields)
    clock = Clock(time.time(), time.time())
    write(cluster, lambda store: store.create(cluster_object(delays="none", clock=clock)))
    return cluster


def write(cluster, verb):
    """Has a verb done on a cluster and returns what it returns."""
    return actions.transact(cluster.pk, verb, actor=ACTOR)


def pod(name, *, namespace="default", node="node-1", **labels):
    """A pod as its row has it, with a line of everything that its columns show."""
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    spec = {"nodeName": node, "containers": [{"name": "main", "image": "nginx"}]}
    status = {"phase": "Running", "podIP": "10.244.1.2"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def event(name, *, count=1, about="uid-1"):
    """An Event about something."""
    metadata = {"name": name, "namespace": "default"}
    involved = {"kind": "Pod", "name": "web", "uid": about}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": metadata,
        "involvedObject": involved,
        "count": count,
    }


def counter(name="counter", replicas=0):
    """A ReplicationController that serves as a number to count up."""
    metadata = {"name": name, "namespace": "default"}
    spec = {"replicas": replicas}
    return {"apiVersion": "v1", "kind": "ReplicationController", "metadata": metadata, "spec": spec}


def count_up(store, name="counter"):
    """Adds one to a counter, making it if it is not there. Returns the number."""
    obj = store.get("ReplicationController", "default", name)
    if obj is None:
        obj = store.create(counter(name))
    number = obj["spec"]["replicas"] + 1
    store.update(with_value(obj, ("spec", "replicas"), number))
    return number


def pod_key(name):
    """The key of a pod in the namespace default."""
    return Key("Pod", "default", name)


def revisions(cluster):
    """The revisions of the journal's rows, in order."""
    rows = Change.objects.filter(cluster=cluster.pk).order_by("revision")
    return list(rows.values_list("revision", flat=True))


def loaded(cluster):
    """The cluster's image, fresh from the database."""
    return storage.load(cluster.pk).image
