"""Whatever has happened, going back makes the cluster what it was, and it goes on as it did then.

That addresses are never given twice, that it comes to rest, and that all of this can be repeated is tested
in test_whole_cluster.py, where people go back at any time.
"""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.engine import cluster, restoring
from clusters.engine.apiserver import verbs
from clusters.engine.changes import ADDED
from clusters.engine.clock import parse_rfc3339
from clusters.engine.kubelet import node_status
from clusters.engine.objects import controller_of, is_deleting, key_of, name_of, simulation_of
from tests.engine.builders import NOW
from tests.engine.test_whole_cluster import COMMANDS, CONTAINERS, PATIENCE, Sandbox, replication_controller
from tests.engine.world import simple_pod

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NO_TIMES = {"creationTimestamp", "annotations", "managedFields"}
UNKNOWN = "1970-01-01T00:00:00Z"

MANIFESTS = {
    "balancer": {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "balancer"},
        "spec": {"type": "LoadBalancer", "selector": {"app": "a"}, "ports": [{"port": 80}]},
    },
    "web": {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 3,
            "minReadySeconds": 4,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "main", "image": "nginx"}]},
            },
        },
    },
    "budget": {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "budget"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}},
    },
    "quota": {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "quota"},
        "spec": {"hard": {"pods": "9", "services": "4"}},
    },
    "finite": {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "finite"},
        "spec": {
            "restartPolicy": "OnFailure",
            "containers": [{"name": "main", "image": "busybox", "command": ["sh", "-c", "sleep 25; exit 1"]}],
        },
    },
}
steps = st.one_of(
    st.tuples(
        st.just("create"), st.sampled_from("ab"), st.integers(0, 4), st.sampled_from(sorted(CONTAINERS))
    ),
    st.tuples(st.just("scale"), st.integers(0, 5), st.integers(0, 99)),
    st.tuples(st.just("kill"), st.sampled_from([None, 0, 5]), st.integers(0, 99)),
    st.tuples(st.just("delete"), st.integers(0, 99)),
    st.tuples(st.just("expose"), st.sampled_from("ab")),
    st.tuples(st.just("cordon"), st.booleans(), st.integers(0, 99)),
    st.tuples(st.sampled_from(["power_off", "power_on", "stop_kubelet", "delete_node"]), st.integers(0, 99)),
    st.tuples(st.just("add_node")),
    st.tuples(st.just("apply"), st.sampled_from(sorted(MANIFESTS))),
    st.tuples(st.just("remove"), st.sampled_from(sorted(MANIFESTS))),
    st.tuples(st.just("settings"), st.sampled_from(["none", "real"]), st.booleans()),
    st.tuples(st.just("advance"), st.sampled_from([0.3, 1, 3.7, 12, 45, 130, 400])),
)
stories = st.lists(steps, max_size=9)


def tell(box, story):
    for command, *args in story:
        STEPS.get(command, common)(box, command, *args)


def common(box, command, *args):
    COMMANDS[command](box, *args)


def pick(kind):
    """A command on one of the objects of that kind, if there is any; its number comes last."""

    def run(box, command, *args):
        *args, number = args
        names = box.names(kind)
        if names:
            COMMANDS[command](box, names[number % len(names)], *args)

    return run


def create(box, command, name, replicas, kind):
    if name not in box.names("ReplicationController"):
        box.transact(lambda s: verbs.create(s, replication_controller(name, replicas, kind)))


def expose(box, command, name):
    if name not in box.names("Service"):
        COMMANDS["expose"](box, name)


def stop_kubelet(box, command, number):
    if command == "stop_kubelet" and box.names("Node"):
        name = box.names("Node")[number % len(box.names("Node"))]
        box.transact(lambda s: node_status.stop_kubelet(s, name))


def apply(box, command, name):
    manifest = MANIFESTS[name]
    if name not in box.names(manifest["kind"]):
        metadata = {**manifest["metadata"], "namespace": "default"}
        box.transact(lambda s: verbs.create(s, {**manifest, "metadata": metadata}))


def remove(box, command, name):
    kind = MANIFESTS[name]["kind"]
    if name in box.names(kind):
        box.transact(lambda s: verbs.delete(s, kind, "default", name))


def set_settings(box, command, delays, stopped):
    def verb(store):
        cluster.set_component(store, cluster.SCHEDULER, not stopped)
        cluster.set_cloud(store, delays == "real")

    box.transact(verb)


STEPS = {
    "create": create,
    "scale": pick("ReplicationController"),
    "kill": pick("Pod"),
    "delete": pick("ReplicationController"),
    "expose": expose,
    "cordon": pick("Node"),
    "power_off": pick("Node"),
    "power_on": pick("Node"),
    "delete_node": pick("Node"),
    "stop_kubelet": stop_kubelet,
    "apply": apply,
    "remove": remove,
    "settings": set_settings,
}


def demand_moved(then, now, seconds, field=""):
    """All of it is as it was then, but times are so many seconds later."""
    if field in NO_TIMES:
        assert then == now, field
    elif isinstance(then, dict):
        assert then.keys() == now.keys() - {"moved"}
        for name in then.keys() - {"resourceVersion", "moved"}:
            demand_moved(then[name], now[name], seconds, name)
    elif isinstance(then, list):
        assert len(then) == len(now)
        for one, other in zip(then, now, strict=True):
            demand_moved(one, other, seconds, field)
    elif isinstance(then, str) and RFC3339.fullmatch(then) and then != UNKNOWN:
        assert parse_rfc3339(now) - parse_rfc3339(then) == seconds, field
    elif isinstance(then, float) and then > NOW / 2:
        assert now == pytest.approx(then + seconds, abs=1e-3, rel=0), field
    else:
        assert then == now, field


def objects(image):
    return {
        key_of(obj): {"simulation": {}, **obj}
        for kind in image.kinds()
        if kind not in restoring.HISTORY
        for obj in image.list(kind)
    }


def demand_same(then, now, seconds):
    before, after = objects(then), objects(now)
    assert before.keys() == after.keys()
    for key, obj in before.items():
        demand_moved(obj, after[key], seconds)


@given(st.sampled_from(["real", "none"]), stories, st.integers(0, 999))
def test_right_after_going_back_all_is_as_it_was_but_for_the_times(delays, story, number):
    box = Sandbox("seed", delays)
    born = box.image.revision
    tell(box, story)
    box.advance(0.3)
    revision = born + number * (box.image.revision - born) // 1000
    past, then, before = box.at(revision), box.time_of(revision), box.image
    overlay = box.overlay()
    with overlay.acting("person:1"):
        restoring.continue_from(overlay, past, then, box.now)
    seconds = round(overlay.now - then)
    demand_same(past, overlay, seconds)
    assert overlay.now == pytest.approx(then + seconds, abs=1e-6, rel=0)
    assert box.now <= overlay.now < box.now + 1
    namespaces = {name_of(namespace) for namespace in past.list("Namespace")}
    events = [event for event in before.list("Event") if event["metadata"]["namespace"] in namespaces]
    assert overlay.list("Event") == events
    first, *others = overlay.changes
    assert first.key == cluster.KEY
    assert {(change.actor, change.cause) for change in others} <= {("person:1", first.revision)}
    settings_then, settings_now = past.get(*cluster.KEY)["spec"], overlay.get(*cluster.KEY)["spec"]
    for setting in ("delays", "cloud", "stopped"):
        assert settings_now[setting] == settings_then[setting]
    assert settings_now["continuedFrom"]["revision"] == revision


def eventful():
    """A cluster in which everything that waits for a time has waited for it."""
    box = Sandbox("seed", "real")
    tell(box, [("apply", name) for name in sorted(MANIFESTS)])
    tell(box, [("create", name, 2, kind) for name, kind in (("a", "crashing"), ("b", "mistyped"))])
    asks = simple_pod("asks", "busybox", command=["sh", "-c", "sleep 3; wget http://nobody; sleep 9"])
    probed = simple_pod("probed", "httpd", readinessProbe={"httpGet": {"port": 80}, "periodSeconds": 7})
    reference = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "missing", "key": "key"}}}
    misses = simple_pod("misses", env=[reference])
    mounts = simple_pod("mounts", volumeMounts=[{"name": "files", "mountPath": "/files"}])
    mounts["spec"]["volumes"] = [{"name": "files", "secret": {"secretName": "missing"}}]
    for pod in (asks, probed, misses, mounts):
        box.transact(lambda store, pod=pod: verbs.create(store, pod))
    tell(box, [("advance", 45), ("kill", None, 0), ("power_off", 0), ("advance", 130)])
    tell(box, [("delete_node", 1), ("advance", 400)])
    return box


def test_every_time_that_is_ever_noted_is_moved():
    seen = set()
    for change in eventful().journal:
        if change.key.kind not in restoring.HISTORY:
            obj = {"simulation": {}, **change.object}
            seen |= fields_of(obj["simulation"])
            demand_moved(obj, restoring.moved(obj, 77), 77)
    assert seen >= restoring.TIMES


def fields_of(value):
    """All names of fields."""
    if isinstance(value, dict):
        return {*value, *(name for held in value.values() for name in fields_of(held))}
    return set()


@given(st.sampled_from(["real", "none"]), stories, stories, st.sampled_from([1, 7.5, 60, 310]))
@settings(max_examples=settings.default.max_examples // 2)
def test_a_cluster_goes_on_as_it_did_then(delays, story, future, seconds):
    """Where names are drawn anew, it is the numbers that are the same, in the end."""
    straight, box = Sandbox("seed", delays), Sandbox("seed", delays)
    tell(straight, story)
    tell(box, story)
    revision = box.image.revision
    then, began = box.time_of(revision), straight.now
    tell(box, future)
    # Lost nodes are noticed by the clock: every five seconds of it.
    box.advance(60 - (box.now - then) % 60)
    box.go_back(revision)
    moved, again = round(box.now - then), box.image.revision
    straight.advance(max(0, then + seconds - began))
    box.advance(max(seconds, began - then))
    if not any(map(is_drawn, [*straight.journal[revision:], *box.journal[again:]])):
        demand_same(straight.image, box.image, moved)
    straight.advance(PATIENCE)
    box.advance(PATIENCE)
    assert numbers(straight) == numbers(box)


def is_drawn(change):
    """Whether chance has a say in it: in names, in nodes, in ids of containers, in public addresses."""
    if change.key.kind in restoring.HISTORY:
        return False
    before, after = change.previous, change.object
    if change.verb == ADDED or change.key.kind == "Service":
        return True
    return change.key.kind == "Pod" and (
        before["spec"].get("nodeName") != after["spec"].get("nodeName") or ids(before) != ids(after)
    )


def ids(pod):
    states = simulation_of(pod).get("containers") or {}
    return {name: state.get("id") for name, state in states.items()}


def numbers(box):
    """How many pods of whom are in which phase, and what their controllers say of them.

    Without those that nobody replaces, or that wait to be deleted: they are lost, or wait for ever, if
    their node is lost, which was drawn.
    """
    pods = Counter(
        (owner["kind"], pod["status"]["phase"])
        for pod in box.image.list("Pod")
        if (owner := controller_of(pod)) is not None and not is_deleting(pod)
    )
    counts = {
        name_of(controller): (controller["spec"]["replicas"], controller["status"].get("readyReplicas"))
        for controller in box.image.list("ReplicationController")
    }
    return pods, counts
