"""A status that comes from a client: it may be anything of the right shape, and nothing may break by it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.derived import DERIVED
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.eviction import evict
from clusters.engine.apiserver.reporting import filled
from clusters.engine.apiserver.resources import RESOURCES
from clusters.engine.apiserver.schema import struct_of
from clusters.engine.changes import encode
from clusters.engine.clock import Clock
from clusters.engine.kubelet import node_status
from clusters.engine.objects import key_of, name_of
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import (
    NOW,
    make_deployment,
    make_node,
    make_pod,
    make_replica_set,
    make_replication_controller,
    make_service,
    make_store,
)
from tests.engine.world import World

CLIENT = "client:kubectl patch"
REPORTED = [resource for resource in RESOURCES if resource.subresource("status")]
TEXTS = st.sampled_from(
    ["", "True", "False", "Ready", "Progressing", "Running", "Failed", "10.244.9.9", "main"]
)
TIMES = st.sampled_from(["2026-11-24T08:00:00Z", "1999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
NUMBERS = st.integers(-(2**31), 2**31 - 1)
SCALARS = {
    "string": TEXTS,
    "bytes": st.just(""),
    "bool": st.booleans(),
    "int32": NUMBERS,
    "int64": NUMBERS,
    "quantity": st.sampled_from(["0", "4", "100m", "8Gi"]),
    "int-or-string": st.one_of(NUMBERS, TEXTS),
    "time": st.none() | TIMES,
    "any": st.none(),
}


def values(field, depth):
    """What a client may write into a field of that type."""
    if field.struct is not None:
        return structs(field.struct, depth - 1) if depth else st.just({})
    if field.kind == "list":
        return st.lists(values(field.item, depth), max_size=2)
    if field.kind == "map":
        return st.dictionaries(TEXTS, values(field.item, depth), max_size=2)
    return SCALARS[field.kind]


def structs(struct, depth=3):
    fields = {key: values(field, depth) for key, field in struct.fields.items()}
    return st.fixed_dictionaries({}, optional=fields)


def status_of(resource):
    return struct_of(resource.api_version, resource.kind).fields["status"].struct


def report(store, obj, status, **fields):
    with store.acting(CLIENT):
        return verbs.update_status(store, {**obj, "status": status, **fields})


def test_what_go_never_leaves_out_is_there():
    store = make_store(make_node())
    node = report(
        store, store.get("Node", "", "node-1"), {"conditions": [{"reason": "Odd"}], "addresses": [{}]}
    )
    assert node["status"]["conditions"] == [{"type": "", "status": "", "reason": "Odd"}]
    assert node["status"]["addresses"] == [{"type": "", "address": ""}]


@pytest.mark.parametrize("resource", REPORTED, ids=lambda resource: resource.kind)
def test_an_empty_status_has_the_same_form_as_any(resource):
    empty = filled(status_of(resource), {})
    assert {key for key, field in status_of(resource).fields.items() if field.required} == set(empty)
    assert filled(status_of(resource), empty) == empty


def test_no_status_at_all_is_an_empty_one():
    store = make_store(make_replica_set())
    assert report(store, store.get("ReplicaSet", "default", "kubia"), None)["status"] == {"replicas": 0}


def test_nothing_but_the_status_is_taken():
    store = make_store(make_node())
    node = store.get("Node", "", "node-1")
    after = report(store, node, node["status"], spec={"unschedulable": True}, simulation={"powered": False})
    assert after == node
    with store.acting("kubelet/node-1"):
        after = verbs.update_status(store, {**node, "simulation": {"powered": False}})
    assert after["simulation"] == {"powered": False}


@pytest.mark.parametrize(
    ("obj", "status", "said"),
    [
        (
            make_replica_set(),
            {"replicas": 1, "fullyLabeledReplicas": 2},
            "status.fullyLabeledReplicas: Invalid value: 2: cannot be greater than status.replicas",
        ),
        (
            make_replica_set(),
            {"replicas": 3, "readyReplicas": 1, "availableReplicas": 2},
            "status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas",
        ),
        (
            make_replication_controller(),
            {"observedGeneration": -1},
            "status.observedGeneration: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            make_deployment(),
            {"unavailableReplicas": -1},
            "status.unavailableReplicas: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            make_deployment(),
            {"updatedReplicas": 4, "replicas": 3},
            "status.updatedReplicas: Invalid value: 4: cannot be greater than status.replicas",
        ),
    ],
)
def test_counts_that_cannot_be_are_refused(obj, status, said):
    store = make_store(obj)
    stored = store.get(*key_of(obj))
    with pytest.raises(StatusError) as refused:
        report(store, stored, status)
    assert (refused.value.code, store.get(*key_of(obj))) == (422, stored)
    assert refused.value.message.endswith(f'"kubia" is invalid: {said}')


@pytest.mark.parametrize(
    ("kind", "api_version", "status", "said"),
    [
        (
            "PodDisruptionBudget",
            "policy/v1",
            {"disruptionsAllowed": -1},
            "status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            "ResourceQuota",
            "v1",
            {"used": {"pods": "-1"}},
            'status.used[pods]: Invalid value: "-1": must be greater than or equal to 0',
        ),
        ("ResourceQuota", "v1", {"hard": {"apples": "1"}}, "must be a standard resource for quota"),
    ],
)
def test_budgets_and_quotas_keep_to_their_rules(kind, api_version, status, said):
    obj = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": "default"}}
    store = make_store({**obj, "spec": {}, "status": {}})
    with pytest.raises(StatusError) as refused:
        report(store, store.get(kind, "default", "x"), status)
    assert said in refused.value.message


@pytest.mark.parametrize("status", [{"podIP": "10.244.1.x"}, {"podIPs": [{"ip": "10.244.1"}]}])
def test_a_pod_has_no_address_that_is_none(status):
    store = make_store(make_pod("p"))
    with pytest.raises(StatusError, match="must be a valid IP address"):
        report(store, store.get("Pod", "default", "p"), status)


def test_collisions_are_not_uncounted():
    store = make_store({**make_deployment(), "status": {"collisionCount": 2}})
    deployment = store.get("Deployment", "default", "kubia")
    with pytest.raises(StatusError, match=r"status\.collisionCount: Invalid value: 1: cannot be decremented"):
        report(store, deployment, {"collisionCount": 1})
    assert report(store, deployment, {"collisionCount": 3})["status"]["collisionCount"] == 3


@pytest.fixture(scope="module")
def a_bit_of_everything():
    """An image of a cluster at rest."""
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=2, clock=Clock(NOW, NOW), delays="none")
    world = World(store)
    service = make_service(type_="LoadBalancer")
    for field in ("clusterIP", "clusterIPs"):
        del service["spec"][field]
    metadata = {"name": "kubia", "namespace": "default"}
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": "kubia"}}}
    quota = {"hard": {"pods": "9", "services": "9"}}
    for obj in (
        make_deployment(),
        make_replication_controller("other", selector={"app": "other"}),
        service,
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": budget},
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": quota},
    ):
        world.act(verbs.create, {part: value for part, value in obj.items() if part != "status"})
    world.wait(20)
    return store.publish()


@given(data=st.data())
def test_whatever_a_client_reports_the_control_plane_goes_on(a_bit_of_everything, data):
    world = World(Overlay(a_bit_of_everything, now=NOW + 20, seed="seed"))
    for _ in range(data.draw(st.integers(1, 4))):
        resource = data.draw(st.sampled_from([r for r in REPORTED if world.store.count(r.kind)]))
        obj = data.draw(st.sampled_from(world.store.list(resource.kind)))
        status = data.draw(structs(status_of(resource)))

        def verb(store, obj=obj, status=status):
            try:
                return report(store, store.get(*key_of(obj)) or obj, status)
            except StatusError as refused:
                return refused

        world.act(verb)
        for pod in world.store.list("Pod", "default"):
            body = {"metadata": {"name": name_of(pod)}}
            with suppress(StatusError):
                world.act(evict, "default", name_of(pod), body)
        for derived in DERIVED.values():
            assert encode(derived(world.store, world.store.now)) is not None
        world.wait(data.draw(st.sampled_from([0, 5, 70])))
    world.wait(700)


def test_conditions_without_their_times_get_new_ones(a_bit_of_everything):
    world = World(Overlay(a_bit_of_everything, now=NOW + 20, seed="seed"))

    def forget(store):
        for obj in [obj for resource in REPORTED for obj in store.list(resource.kind)]:
            bare = [{"type": c["type"], "status": c["status"]} for c in obj["status"].get("conditions") or ()]
            report(store, obj, {**obj["status"], "conditions": bare})
        verbs.delete(store, "Namespace", "", "kube-node-lease")

    world.act(forget)
    world.wait(700)
    pods = world.store.list("Pod")
    assert pods
    assert all(c.get("lastTransitionTime") for pod in pods for c in pod["status"]["conditions"])


def test_a_kubelet_that_starts_again_gives_its_nodes_conditions_times(a_bit_of_everything):
    world = World(Overlay(a_bit_of_everything, now=NOW + 20, seed="seed"))
    node = world.store.list("Node")[0]
    bare = [{"type": c["type"], "status": c["status"]} for c in node["status"]["conditions"]]
    world.act(report, node, {**node["status"], "conditions": bare})
    world.act(node_status.power_off, name_of(node))
    world.act(node_status.power_on, name_of(node))
    world.wait(100)
    conditions = world.store.get("Node", "", name_of(node))["status"]["conditions"]
    assert [c["status"] for c in conditions if c["type"] == "Ready"] == ["True"]
    assert all(c.get("lastTransitionTime") for c in conditions)
