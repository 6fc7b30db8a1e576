"""A history from outside is a history of this simulator, or it is refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusters.engine import assembly, cluster
from clusters.engine.apiserver import verbs
from clusters.engine.changes import encode
from clusters.engine.importing import HistoryError, checked_history, try_out
from clusters.engine.kubelet import node_status
from clusters.engine.network.clients import new_client
from clusters.engine.restoring import continue_from
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.test_exporting import MADE, applied, new_world
from tests.engine.world import simple_pod

LIMITS = {"Node": 10, "Pod": 100}


def rows_of(changes):
    """The changes as a file has them."""
    return [
        {
            "revision": change.revision,
            "verb": change.verb,
            "kind": change.key.kind,
            "namespace": change.key.namespace,
            "name": change.key.name,
            "uid": change.object["metadata"]["uid"],
            "object": json.loads(encode(change.object)),
            "actor": change.actor or "bootstrap",
            "cause": change.cause,
            "time": change.time,
        }
        for change in changes
    ]


def eventful_world():
    """A cluster in which about everything happens that the simulator keeps notes of."""
    world = applied(new_world(), MADE)
    world.act(lambda store: cluster.set_component(store, cluster.SCHEDULER, False))
    world.act(lambda store: cluster.set_component(store, cluster.SCHEDULER, True))
    world.act(lambda store: cluster.set_pulls(store, "fail"))
    world.act(verbs.create, simple_pod("no-image", "gone:1"))
    world.wait(20)
    world.act(lambda store: cluster.set_pulls(store, "normal"))
    world.act(
        verbs.create, simple_pod("asks", "busybox", command=["sh", "-c", "wget -qO- kubia-http; sleep 5"])
    )
    world.act(verbs.create, simple_pod("crash", "busybox", command=["false"]))
    probe = {"exec": {"command": ["ls", "/tmp/ready"]}, "periodSeconds": 2}
    world.act(verbs.create, simple_pod("probed", "nginx", livenessProbe=probe))
    world.wait(100)
    inside = world.pod("alone")
    world.act(
        lambda store: store.create(
            new_client(store, place="pod", pod=inside, target="kubia-http", port=80, every=3, since=store.now)
        )
    )
    node = world.pod("alone")["spec"]["nodeName"]
    world.act(lambda store: node_status.power_off(store, node))
    world.wait(400)
    world.act(lambda store: node_status.power_on(store, node))
    world.act(lambda store: node_status.stop_kubelet(store, "node-2"))
    world.act(verbs.create, simple_pod("again", "nginx"))
    world.wait(10)
    world.act(verbs.delete, "Pod", "default", "again")
    world.wait(60)
    world.act(verbs.delete, "Namespace", "", "shop")
    world.wait(60)
    world.act(lambda store: cluster.set_pulls(store, "slow"))
    world.act(lambda store: cluster.set_book(store, True))
    world.act(lambda store: cluster.set_clock_role(store, "own"))
    steps = cluster.Steps(1, "person:1", world.store.now, 2, 3)
    world.act(lambda store: cluster.set_clock(store, cluster.clock_of(store), steps))
    for middle in (len(world.store.changes) // 3, len(world.store.changes) // 2):
        then = world.store.changes[middle - 1]
        past = MemoryStore().apply(world.store.changes[:middle])
        world.act(lambda store, past=past, then=then: continue_from(store, past, then.time, store.now))
        world.wait(30)
    return world


@pytest.fixture(scope="module")
def eventful():
    """The rows of such a history, and its last image."""
    world = eventful_world()
    return json.dumps(rows_of(world.store.changes)), world.store


@pytest.fixture
def rows(eventful):
    return json.loads(eventful[0])


def test_a_history_of_this_simulator_is_taken_as_it_is(rows, eventful):
    changes = checked_history(rows, 0, LIMITS)
    assert rows_of(changes) == rows
    assert MemoryStore().apply(changes) == eventful[1].publish()
    try_out(changes, "seed")


def refusal(rows, whole_from=0, **limits):
    with pytest.raises(HistoryError) as raised:
        checked_history(rows, whole_from, {**LIMITS, **limits})
    return str(raised.value)


def first(rows, kind, verb="MODIFIED", where=lambda row: True):
    """The number, counted from 0, of the first change of that kind."""
    return next(n for n, row in enumerate(rows) if (row["kind"], row["verb"]) == (kind, verb) and where(row))


def set_at(row, path, value):
    for step in path[:-1]:
        row = row[step]
    row[path[-1]] = value


PLACES = [
    (("revision",), 0, "revision: a whole number from 1"),
    (("revision",), True, "revision: a whole number"),
    (("revision",), 7, "revision: it is not greater than the one before"),
    (("verb",), "added", "verb: one of"),
    (("verb",), "ADDED", "is there already"),
    (("time",), 1.0, "time: it is before the change before"),
    (("time",), 1e300, "time: a number from 1 to"),
    (("cause",), 2**50, "cause: it is not before the change"),
    (("actor",), "", "actor: a name is expected"),
    (("actor",), "person:0123456789abcdef", "actor: a person is a number"),
    (("name",), "other", "it is not the object that the change names"),
    (("uid",), "other", "it is not the object that the change names"),
    (("object",), [], "object: an object with metadata is expected"),
    (("object", "kind"), "Lease", "object.kind: there is no such kind"),
    (("object", "kind"), ["Pod"], "object.kind: a text is expected"),
    (("object", "apiVersion"), "v2", "object.kind: there is no such kind"),
    (("object", "metadata", "resourceVersion"), "1", "resourceVersion: it is not the revision"),
    (("object", "metadata", "uid"), "x", "metadata.uid: a uid is expected"),
    (("object", "metadata", "creationTimestamp"), "9999-01-01T00:00:00Z", "creationTimestamp: a time is"),
    (("object", "metadata", "deletionGracePeriodSeconds"), 3, "it goes with deletionGracePeriodSeconds"),
    (("object", "metadata", "labels"), {"a b": "c"}, "metadata.labels"),
    (("object", "metadata", "managedFields"), [{"operation": "Steal"}], "operation must be"),
    (("object", "spec", "containers"), [], "spec.containers"),
    (("object", "spec", "unknown"), 1, 'unknown field "spec.unknown"'),
    (("object", "spec", "containers", 0, "image"), 5, "cannot unmarshal number"),
    (("object", "status", "podIP"), "10.244.1.x", "status.podIP: Invalid value"),
    (("object", "simulation", "script"), "x", "simulation.script: there is no such field"),
    (("object", "simulation", "slot"), -1, "simulation.slot: a whole number"),
    (("object", "simulation", "due"), "soon", "simulation.due: a number is expected"),
    (
        ("object", "simulation", "containers"),
        {"other": {"phase": "image"}},
        "containers.other: there is no such",
    ),
    (("object", "simulation", "containers"), {"main": {"phase": "gone"}}, "containers.main.phase: one of"),
    (("object", "simulation", "containers"), {"main": {"phase": "running"}}, "since: it is missing"),
]


@pytest.mark.parametrize(("path", "value", "told"), PLACES)
def test_what_is_wrong_is_told_with_its_place(rows, path, value, told):
    at = first(rows, "Pod", where=lambda row: "simulation" in row["object"] and "alone" in row["name"])
    set_at(rows[at], path, value)
    said = refusal(rows)
    assert said.startswith(f"change {at + 1}: ")
    assert told in said


def test_every_field_of_a_change_is_needed_and_there_are_no_others(rows):
    for field in list(rows[0]):
        without = [{name: value for name, value in rows[0].items() if name != field}, *rows[1:]]
        assert refusal(without) == f"change 1: {field}: it is missing"
    assert refusal([{**rows[0], "code": "x"}]) == "change 1: code: there is no such field"
    assert refusal([5]) == "change 1: a map is expected"


def test_what_is_not_there_cannot_be_changed_unless_it_was_forgotten_by_then(rows):
    pod = next(row for row in rows if (row["kind"], row["verb"]) == ("Pod", "MODIFIED"))
    at = pod["revision"]
    kept = [row for row in rows if row["revision"] >= at or row["kind"] in ("Cluster", "IPAMBlock")]
    alone = [*[row for row in kept if row["revision"] < at], pod]
    assert [change.previous for change in checked_history(alone, at, LIMITS)][-1] is None
    assert "is not there" in refusal(alone, at - 1)
    assert "revision: one is missing before it" in refusal([*alone[:-1], rows[at]], at - 1)


def test_a_cluster_has_at_most_what_the_site_allows(rows):
    assert "there are more than 2 objects of kind Node" in refusal(rows, Node=2)
    assert "there are more than 3 objects of kind Pod" in refusal(rows, Pod=3)


def test_a_uid_is_of_one_object(rows):
    one, two = [n for n, row in enumerate(rows) if (row["kind"], row["verb"]) == ("Node", "ADDED")][:2]
    rows[two]["uid"] = rows[two]["object"]["metadata"]["uid"] = rows[one]["uid"]
    assert refusal(rows) == f"change {two + 1}: uid: another object has it"


def test_a_history_without_a_cluster_is_none(rows):
    assert refusal([]) == "the cluster's own settings are missing"
    assert "verb: the cluster's own settings stay" in refusal(
        [*rows[:1], {**rows[0], "revision": 2, "verb": "DELETED", "object": renumbered(rows[0]["object"], 2)}]
    )


def renumbered(obj, revision):
    return {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(revision)}}


def test_an_object_that_is_too_deep_is_refused(rows):
    deep = []
    for _ in range(300):
        deep = [deep]
    at = first(rows, "Pod")
    rows[at]["object"]["spec"]["deep"] = deep
    assert refusal(rows) == f"change {at + 1}: object: it is too deep"


def test_the_simulators_own_kinds_are_checked_too(rows):
    for kind, path, value in (
        ("Cluster", ("clock", "speed"), 1e9),
        ("Cluster", ("stopped",), ["everything"]),
        ("Cluster", ("code",), "x"),
        ("IPAMBlock", ("cidr",), "10.244.9.0/24"),
        ("IPAMBlock", ("freed",), [2, 2]),
        ("TrafficClient", ("every",), 0),
        ("TrafficClient", ("target",), "a b"),
        ("TrafficClient", ("pod",), None),
    ):
        copy = json.loads(json.dumps(rows))
        at = first(copy, kind, "ADDED")
        set_at(copy[at]["object"]["spec"], path, value)
        assert refusal(copy).startswith(f"change {at + 1}: spec."), (kind, path)


def test_what_is_pulled_or_was_has_the_name_of_an_image(rows):
    for phase, field in (("pull-backoff", "image"), ("running", "made")):
        copy = json.loads(json.dumps(rows))
        at, state = next(
            (n, state)
            for n, row in enumerate(copy)
            for state in row["object"].get("simulation", {}).get("containers", {}).values()
            if state["phase"] == phase
        )
        state[field] = "Not/One"
        assert refusal(copy).startswith(f"change {at + 1}: simulation.containers."), phase
        assert "invalid reference format" in refusal(copy)


VALUES = st.sampled_from(
    [
        *(None, True, False, 0, -1, 1, 1.5, 2**40, 1e300, "", "x", "None", "Running", "a" * 300, "\x00"),
        *("10.244.1.x", "2026-01-01T00:00:00Z", [], {}, [None], ["a"], {"a": None}, {"name": "a"}),
    ]
)


def places(value, path=()):
    """All paths in a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield (*path, step)
        yield from places(item, (*path, step))


@given(data=st.data())
@settings(max_examples=40)
def test_whatever_is_changed_it_is_refused_or_the_control_plane_goes_on(eventful, data):
    rows = json.loads(eventful[0])[: data.draw(st.sampled_from([80, 160, 320]))]
    at = data.draw(st.integers(0, len(rows) - 1))
    path = data.draw(st.sampled_from(list(places(rows[at]))))
    value = data.draw(VALUES)
    for row in rows[at:]:
        # What was changed stays so.
        if row["uid"] == rows[at]["uid"] and path[0] == "object" and path in set(places(row)):
            set_at(row, path, value)
    set_at(rows[at], path, value)
    try:
        changes = checked_history(rows, 0, LIMITS)
    except HistoryError:
        return
    try_out(changes, "seed")
    then = data.draw(st.integers(20, len(changes)))
    go_back_and_on(changes, then)


def go_back_and_on(changes, then):
    """Continues from an earlier moment, and lets the control plane run."""
    past, end = MemoryStore().apply(changes[:then]), MemoryStore().apply(changes)
    store = Overlay(end, now=changes[-1].time + 10, seed="seed", actor="person:1")
    continue_from(store, past, changes[then - 1].time, changes[-1].time)
    plane = assembly.build()
    plane.load(store)
    later = Overlay(store.publish(), now=store.now, seed="seed", limit=200)
    plane.run(later, store.now + 60)
