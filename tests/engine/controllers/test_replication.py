"""What a ReplicationController does to pods, and what it says about them."""

from itertools import count

import pytest

from clusters.engine import cluster
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.clock import rfc3339
from clusters.engine.control_plane import ControlPlane
from clusters.engine.controllers import replicaset
from clusters.engine.controllers.replicaset import new_pod, slow_start
from clusters.engine.controllers.replication import ReplicationManager
from clusters.engine.controllers.replication_order import deletion_cost, pods_to_delete
from clusters.engine.controllers.replication_status import calculate_status, next_available
from clusters.engine.objects import (
    controller_of,
    controller_reference,
    is_active,
    key_of,
    name_of,
    uid_of,
    with_value,
)
from tests.engine.builders import (
    NOW,
    carry_on,
    events_about,
    later,
    make_namespace,
    make_pod,
    make_replication_controller,
    make_store,
    pod_template,
    running,
    settle,
)


def the_controller(store, name="kubia"):
    return store.get("ReplicationController", "default", name)


def active_pods(store):
    return [pod for pod in store.list("Pod") if is_active(pod)]


def owned_pod(store, name, **fields):
    """A pod of the controller kubia, put into the store."""
    return store.create(make_pod(name, owner=the_controller(store), **fields))


def test_creates_the_missing_pods_from_its_template():
    store = make_store(make_replication_controller(replicas=3))
    settle(store, ReplicationManager)
    controller, pods = the_controller(store), store.list("Pod")
    assert len(pods) == 3
    for pod in pods:
        assert name_of(pod).startswith("kubia-")
        assert len(name_of(pod)) == len("kubia-xxxxx")
        assert pod["metadata"]["labels"] == {"app": "kubia"}
        assert controller_of(pod) == controller_reference(controller)
        assert pod["spec"]["containers"][0]["image"] == "luksa/kubia"
        assert pod["status"]["phase"] == "Pending"
    told = {("SuccessfulCreate", f"Created pod: {name_of(pod)}") for pod in pods}
    assert set(events_about(store, controller)) == told
    assert controller["status"] == {"replicas": 3, "fullyLabeledReplicas": 3, "observedGeneration": 1}


def test_the_journal_says_who_created_the_pods_and_why():
    store = make_store()
    plane = settle(store, ReplicationManager)
    with store.acting("person:7"):
        created = verbs.create(store, make_replication_controller(replicas=1))
    plane.observe(store.changes, store)
    carry_on(plane, store)
    change = next(change for change in store.changes if change.key.kind == "Pod")
    assert (change.actor, change.cause) == (
        "replication-controller",
        int(created["metadata"]["resourceVersion"]),
    )


def test_an_adopted_template_may_carry_annotations_and_finalizers():
    template = pod_template()
    template["metadata"] |= {"annotations": {"a": "b"}, "finalizers": ["example.com/hold"], "name": "ignored"}
    store = make_store(make_replication_controller(template=template))
    metadata = new_pod(the_controller(store))["metadata"]
    assert (metadata["annotations"], metadata["finalizers"]) == ({"a": "b"}, ["example.com/hold"])
    assert "name" not in metadata


@pytest.mark.parametrize("limit", [2, 3, 7, 100])
def test_a_pass_with_little_room_does_a_part_and_comes_back(limit):
    store = make_store(make_replication_controller(replicas=20), limit=limit)
    plane = settle(store, ReplicationManager)
    passes = 1
    while plane.has_work():
        # One sync may end a few writes over the limit: the Event and the status belong to the pod.
        assert len(store.changes) <= limit + 3
        store = later(store, limit=limit)
        carry_on(plane, store)
        passes += 1
        assert passes < 100
    assert store.count("Pod") == 20
    assert the_controller(store)["status"]["replicas"] == 20


def test_scaling_down_deletes_and_tells():
    store = make_store(make_replication_controller(replicas=1))
    for number in range(3):
        owned_pod(store, f"kubia-{number}", ip=f"10.244.0.{number + 2}", ready=True, ready_since=NOW - number)
    settle(store, ReplicationManager)
    assert len(active_pods(store)) == 1
    assert store.count("Pod") == 3  # two wait for their kubelet
    reasons = [reason for reason, _ in events_about(store, the_controller(store))]
    assert reasons == ["SuccessfulDelete", "SuccessfulDelete"]
    assert the_controller(store)["status"] == {
        "replicas": 1,
        "fullyLabeledReplicas": 1,
        "readyReplicas": 1,
        "availableReplicas": 1,
        "observedGeneration": 1,
    }


def test_a_terminating_pod_is_replaced_before_it_is_gone():
    store = make_store(make_replication_controller(replicas=1))
    pod = owned_pod(store, "kubia-1", ip="10.244.0.2", ready=True)
    verbs.delete(store, "Pod", "default", name_of(pod))
    settle(store, ReplicationManager)
    assert store.count("Pod") == 2
    assert [name_of(pod) for pod in active_pods(store)] != ["kubia-1"]


def test_a_pod_that_is_gone_at_once_is_replaced():
    store = make_store(make_replication_controller(replicas=1))
    plane = settle(store, ReplicationManager)
    verbs.delete(store, *key_of(store.list("Pod")[0]), grace_seconds=0)
    plane.observe(store.changes[-1:], store)
    carry_on(plane, store)
    assert len(active_pods(store)) == 1


def test_finished_pods_are_replaced_and_kept():
    store = make_store(make_replication_controller(replicas=1))
    owned_pod(store, "kubia-1", phase="Failed")
    settle(store, ReplicationManager)
    assert store.count("Pod") == 2
    assert store.get("Pod", "default", "kubia-1") is not None


def test_adopts_an_orphan_that_matches():
    store = make_store(make_replication_controller(replicas=2), make_pod("stray"))
    settle(store, ReplicationManager)
    assert controller_of(store.get("Pod", "default", "stray")) == controller_reference(the_controller(store))
    assert store.count("Pod") == 2


@pytest.mark.parametrize(
    "stranger",
    [
        make_pod("other", labels={"app": "other"}),
        make_pod("done", phase="Succeeded"),
        make_pod("far", namespace="kube-system"),
        make_pod("going", deletionTimestamp=rfc3339(NOW), deletionGracePeriodSeconds=30),
    ],
    ids=name_of,
)
def test_leaves_other_orphans_alone(stranger):
    store = make_store(make_replication_controller(replicas=1), stranger)
    before = store.list("Pod")[0]
    settle(store, ReplicationManager)
    assert store.get("Pod", stranger["metadata"]["namespace"], name_of(stranger)) == before
    assert store.count("Pod") == 2


def test_leaves_a_pod_of_another_controller_alone():
    store = make_store(make_replication_controller("other", replicas=0, selector={"app": "other"}))
    theirs = store.create(make_pod("theirs", owner=the_controller(store, "other"), labels={"app": "other"}))
    store.create(make_replication_controller(replicas=1, selector={"app": "other"}, name="kubia"))
    settle(store, ReplicationManager)
    owners = {controller_of(pod)["name"] for pod in store.list("Pod") if name_of(pod) != name_of(theirs)}
    assert owners == {"kubia"}


def test_releases_a_pod_whose_label_was_changed_and_replaces_it():
    store = make_store(make_replication_controller(replicas=2))
    plane = settle(store, ReplicationManager)
    pod = store.list("Pod")[0]
    verbs.update(store, with_value(pod, ("metadata", "labels"), {"app": "debug"}))
    plane.observe(store.changes[-1:], store)
    carry_on(plane, store)
    released = store.get("Pod", "default", name_of(pod))
    assert not released["metadata"].get("ownerReferences")
    assert len(active_pods(store)) == 3


def test_a_controller_that_is_being_deleted_creates_adopts_and_releases_nothing():
    store = make_store(make_replication_controller(replicas=3, finalizers=["foregroundDeletion"]))
    owned_pod(store, "kubia-1")
    owned_pod(store, "odd", labels={"app": "odd"})
    store.create(make_pod("stray"))
    verbs.delete(store, "ReplicationController", "default", "kubia", propagation="Foreground")
    pods = store.list("Pod")
    settle(store, ReplicationManager)
    assert store.list("Pod") == pods
    assert the_controller(store)["status"]["replicas"] == 1


def test_a_controller_that_is_gone_is_no_error():
    store = make_store(make_replication_controller(replicas=1))
    plane = settle(store, ReplicationManager)
    verbs.delete(store, "ReplicationController", "default", "kubia")
    plane.observe(store.changes[-1:], store)
    carry_on(plane, store)
    assert store.count("Pod") == 1  # the garbage collector's business


def test_a_refused_creation_is_told_tried_again_and_forgotten_when_it_works():
    settings = {"apiVersion": "lifelines/v1", "kind": "Cluster", "metadata": {"name": "cluster"}}
    spec = {"delays": "none", "cloud": True, "stopped": [], "clock": {}, "limits": {"pods": 2, "nodes": 1}}
    store = make_store({**settings, "spec": spec}, make_replication_controller(replicas=5))
    plane = settle(store, ReplicationManager)
    controller = the_controller(store)
    assert store.count("Pod") == 2
    condition = controller["status"]["conditions"][0]
    assert (condition["type"], condition["status"], condition["reason"]) == (
        "ReplicaFailure",
        "True",
        "FailedCreate",
    )
    assert "exceeded quota" in condition["message"]
    assert ("FailedCreate", f"Error creating: {condition['message']}") in events_about(store, controller)
    assert NOW < plane.next_due() < NOW + 1

    bigger = {**spec, "limits": {"pods": 10, "nodes": 1}}
    store.update({**store.get(*cluster.KEY), "spec": bigger})
    carry_on(plane, store, until=NOW + 10)
    assert store.count("Pod") == 5
    assert "conditions" not in the_controller(store)["status"]


def test_failures_come_back_later_and_later():
    spec = {"delays": "none", "cloud": True, "stopped": [], "clock": {}, "limits": {"pods": 0, "nodes": 1}}
    settings = {"apiVersion": "v1", "kind": "Cluster", "metadata": {"name": "cluster"}, "spec": spec}
    store = make_store(settings, make_replication_controller(replicas=1))
    settle(store, ReplicationManager, until=NOW + 60)
    failures = [e for e in store.list("Event") if e["reason"] == "FailedCreate"]
    assert sum(event["count"] for event in failures) == 14  # 5 ms doubled 13 times is within a minute


def test_a_terminating_namespace_is_no_failure():
    store = make_store(
        make_namespace("dying", deletionTimestamp=rfc3339(NOW)),
        make_replication_controller(namespace="dying"),
    )
    settle(store, ReplicationManager)
    assert store.count("Pod") == store.count("Event") == 0


def test_slow_start_doubles_until_something_fails():
    def creator(allowed):
        attempts = []

        def create():
            attempts.append(None)
            return None if len(attempts) <= allowed else StatusError(403, "Forbidden", "no", {})

        return attempts, create

    attempts, create = creator(allowed=100)
    assert slow_start(10, create) is None
    assert len(attempts) == 10
    attempts, create = creator(allowed=0)
    assert slow_start(500, create).message == "no"
    assert len(attempts) == 1
    attempts, create = creator(allowed=4)
    slow_start(500, create)
    assert len(attempts) == 1 + 2 + 4


def test_more_pods_than_a_burst_take_several_syncs():
    store = make_store(make_replication_controller(replicas=600))
    order = count(1)
    plane = ControlPlane([ReplicationManager(order)])
    plane.load(store)
    plane.step(store)
    assert store.count("Pod") == 500
    plane.observe(store.changes, store)
    carry_on(plane, store)
    assert store.count("Pod") == 600


def test_reacts_after_a_pause_that_makes_cause_and_effect_visible():
    store = make_store(make_replication_controller(replicas=1), delays="real")
    plane = settle(store, ReplicationManager)
    owned = store.list("Pod")[0]
    verbs.delete(store, "Pod", "default", name_of(owned))
    plane.observe(store.changes[-1:], store)
    carry_on(plane, store, until=NOW + 0.09)
    assert store.count("Pod") == 0
    carry_on(plane, store, until=NOW + 0.11)
    assert store.count("Pod") == 1
    assert store.changes[-1].time == pytest.approx(NOW + 0.1)


def test_a_burst_of_changes_is_one_sync():
    store = make_store(make_replication_controller(replicas=50), delays="real")
    plane = settle(store, ReplicationManager, until=NOW + 1)
    for number, pod in enumerate(store.list("Pod")):
        store.update(running(pod, ip=f"10.244.0.{number}"))
    plane.observe(store.changes[-50:], store)
    before = len(store.changes)
    carry_on(plane, store, until=NOW + 2)
    assert len(store.changes) == before + 1
    assert the_controller(store)["status"]["readyReplicas"] == 50


def test_reports_of_a_start_in_progress_wake_nobody():
    store = make_store(make_replication_controller(replicas=1))
    plane = settle(store, ReplicationManager)
    verbs.bind(store, "default", name_of(store.list("Pod")[0]), "node-1")
    plane.observe(store.changes[-1:], store)
    assert not plane.has_work()


def test_available_pods_have_been_ready_for_a_while():
    store = make_store(make_replication_controller(replicas=2, min_ready_seconds=10))
    owned_pod(store, "kubia-1", ip="10.244.0.2", ready=True, ready_since=NOW - 4)
    owned_pod(store, "kubia-2", ip="10.244.0.3", ready=True, ready_since=NOW - 60)
    plane = settle(store, ReplicationManager)
    status = the_controller(store)["status"]
    assert (status["readyReplicas"], status["availableReplicas"]) == (2, 1)
    assert plane.next_due() == NOW + 6
    carry_on(plane, store, until=NOW + 6)
    assert the_controller(store)["status"]["availableReplicas"] == 2
    assert plane.next_due() is None


def test_status_counts_pods_that_carry_all_of_the_templates_labels():
    controller = make_replication_controller(
        selector={"app": "kubia"}, template=pod_template({"app": "kubia", "tier": "web"})
    )
    pods = [make_pod("a", labels={"app": "kubia", "tier": "web"}), make_pod("b", labels={"app": "kubia"})]
    assert calculate_status(controller, pods, None, NOW) == {
        "replicas": 2,
        "fullyLabeledReplicas": 1,
        "observedGeneration": 1,
    }


def test_status_keeps_telling_of_the_first_failure():
    controller = make_replication_controller()
    controller["status"] = calculate_status(controller, [], "first", NOW)
    assert calculate_status(controller, [], "second", NOW + 5) == controller["status"]
    assert "conditions" not in calculate_status(controller, [], None, NOW + 9)


def test_nothing_becomes_available_later_without_min_ready_seconds():
    assert next_available(make_replication_controller(), [make_pod(ip="1.2.3.4", ready=True)], NOW) is None


def stored(pod, created=NOW - 1000.0, **fields):
    """The pod with what the store would have given it."""
    metadata = {**pod["metadata"], "uid": name_of(pod), "creationTimestamp": rfc3339(created), **fields}
    return {**pod, "metadata": metadata}


def up(name, **fields):
    return stored(make_pod(name, ip="10.244.0.2", **{"ready": True, "ready_since": NOW - 900, **fields}))


def restarted(pod, times):
    statuses = [{**status, "restartCount": times} for status in pod["status"]["containerStatuses"]]
    return with_value(pod, ("status", "containerStatuses"), statuses)


COST = "controller.kubernetes.io/pod-deletion-cost"


@pytest.mark.parametrize(
    ("goes", "stays"),
    [
        pytest.param(stored(make_pod("z")), stored(make_pod("a", node="node-1")), id="unassigned first"),
        pytest.param(stored(make_pod("z", node="node-1")), up("a", ready=False), id="pending before running"),
        pytest.param(
            stored(make_pod("z", node="node-1")),
            stored(make_pod("a", node="node-1", phase="Unknown")),
            id="pending before unknown",
        ),
        pytest.param(up("z", ready=False), up("a"), id="not ready before ready"),
        pytest.param(up("z", annotations={COST: "-5"}), up("a"), id="cheaper first"),
        pytest.param(up("z", ready_since=NOW - 10), up("a", ready_since=NOW - 900), id="ready for less time"),
        pytest.param(restarted(up("z"), 4), up("a"), id="more restarts first"),
        pytest.param(
            stored(make_pod("z", node="n"), created=NOW - 10),
            stored(make_pod("a", node="n")),
            id="newer first",
        ),
        pytest.param(up("a"), up("b"), id="alike: by uid"),
    ],
)
def test_scaling_down_misses_the_least(goes, stays):
    assert pods_to_delete([stays, goes], 1, NOW) == [goes]
    assert pods_to_delete([goes, stays], 1, NOW) == [goes]


def test_scaling_down_starts_where_pods_are_crowded():
    pods = [up("a", node="node-1"), up("b", node="node-2"), up("c", node="node-2")]
    assert name_of(pods_to_delete(pods, 1, NOW)[0]) == "b"


def test_pods_of_similar_age_are_alike():
    """Ages are compared on a scale of powers of two, so the newest is not always the first to go."""
    older, newer = up("a", ready_since=NOW - 700), up("b", ready_since=NOW - 600)
    assert pods_to_delete([older, newer], 1, NOW) == [older]


def test_a_deletion_cost_that_is_no_number_counts_as_zero():
    assert deletion_cost(make_pod(annotations={COST: "cheap"})) == 0
    assert deletion_cost(make_pod(annotations={COST: "7"})) == 7


def test_a_thousand_pods_are_cheap_to_look_at(monkeypatch):
    """Nothing is sorted or checked again while there is nothing to delete."""
    store = make_store(make_replication_controller(replicas=1000))
    settle(store, ReplicationManager)
    monkeypatch.setattr(replicaset, "pods_to_delete", None)
    monkeypatch.setattr(verbs, "update", None)
    before = store.revision
    settle(store, ReplicationManager)
    assert store.revision == before


def test_delays_have_no_say_in_what_is_done():
    outcomes = []
    for delays in ("none", "real"):
        store = make_store(make_replication_controller(replicas=4), make_pod("stray"), delays=delays)
        settle(store, ReplicationManager, until=NOW + 5)
        outcomes.append(
            [sorted(controller_of(pod)["uid"] for pod in store.list("Pod")), uid_of(the_controller(store))]
        )
    assert outcomes[0] == outcomes[1]
