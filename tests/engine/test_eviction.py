"""Budgets count healthy pods, and evictions keep to them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.eviction import evict
from clusters.engine.controllers.disruption import DisruptionController
from clusters.engine.objects import condition_of, is_deleting, is_ready, name_of, with_status
from tests.engine.builders import (
    NOW,
    later,
    make_node,
    make_pod,
    make_replication_controller,
    make_store,
    pod_template,
    settle,
)
from tests.engine.world import World


def budget(name="b", **spec):
    metadata = {"name": name, "namespace": "default"}
    selector = {"matchLabels": {"app": "kubia"}}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata,
        "spec": {"selector": selector, **spec},
    }


def pods(count, owner=None, *, ready=None, **options):
    """Running pods of which the first `ready` (all) are ready."""
    ready = count if ready is None else ready
    return [
        make_pod(f"p{i}", ip=f"10.244.0.{i + 2}", ready=i < ready, owner=owner, **options)
        for i in range(count)
    ]


def controller(replicas):
    store = make_store(make_replication_controller(replicas=replicas))
    return store.get("ReplicationController", "default", "kubia")


def counted(*objects, **spec):
    """A store in which the budget with that spec has been counted."""
    store = make_store(*objects)
    verbs.create(store, budget(**spec))
    settle(store, DisruptionController)
    return store


def status(store, name="b"):
    return store.get("PodDisruptionBudget", "default", name)["status"]


def numbers(store):
    found = status(store)
    return tuple(found[p] for p in ("expectedPods", "currentHealthy", "desiredHealthy", "disruptionsAllowed"))


def eviction(name="p0", **options):
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": "default"}}
    return {**body, "deleteOptions": options} if options else body


def go(store, name="p0", **options):
    return evict(store, "default", name, eviction(name, **options))


def refusal(store, name="p0", **options):
    before = store.revision
    with pytest.raises(StatusError) as caught:
        go(store, name, **options)
    assert store.revision == before
    return caught.value


class TestValidation:
    @pytest.mark.parametrize(
        ("spec", "complaint"),
        [
            (
                {"minAvailable": -1},
                "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0",
            ),
            ({"maxUnavailable": "120%"}, 'Invalid value: "120%": must not be greater than 100%'),
            ({"maxUnavailable": "0" * 5000 + "5%"}, "must not be greater than 100%"),
            ({"maxUnavailable": "many"}, "a valid percent string must be a numeric string"),
            ({"minAvailable": 1, "maxUnavailable": 1}, "minAvailable and maxUnavailable cannot be both set"),
            (
                {"unhealthyPodEvictionPolicy": "Never"},
                'Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
            ),
            ({"selector": {"matchLabels": {"a b": "c"}}}, "spec.selector.matchLabels: Invalid value"),
        ],
    )
    def test_a_bad_budget_is_refused(self, spec, complaint):
        with pytest.raises(StatusError) as caught:
            verbs.create(make_store(), budget(**spec))
        assert caught.value.message.startswith('PodDisruptionBudget.policy "b" is invalid: ')
        assert complaint in caught.value.message

    def test_a_new_budget_allows_nothing_and_counts_its_generations(self):
        store = make_store()
        created = verbs.create(store, {**budget(minAvailable=1), "status": {"disruptionsAllowed": 9}})
        assert created["status"]["disruptionsAllowed"] == 0
        changed = verbs.update(store, budget(minAvailable=2))
        assert changed["metadata"]["generation"] == 2


class TestCounting:
    @pytest.mark.parametrize(
        ("spec", "expected"),
        [
            ({"minAvailable": 2}, (3, 2, 2, 0)),
            ({"minAvailable": 1}, (3, 2, 1, 1)),
            ({"minAvailable": "50%"}, (4, 2, 2, 0)),
            ({"minAvailable": "34%"}, (4, 2, 2, 0)),
            ({"maxUnavailable": 1}, (4, 2, 3, 0)),
            ({"maxUnavailable": 3}, (4, 2, 1, 1)),
            ({"maxUnavailable": "30%"}, (4, 2, 2, 0)),
            ({"maxUnavailable": 9}, (4, 2, 0, 2)),
            ({}, (0, 2, 0, 0)),
        ],
    )
    def test_three_pods_of_four_of_which_two_are_ready(self, spec, expected):
        owner = controller(4)
        store = make_store(make_replication_controller(replicas=4))
        owner = store.get("ReplicationController", "default", "kubia")
        store = make_store(owner, *pods(3, owner, ready=2))
        verbs.create(store, budget(**spec))
        settle(store, DisruptionController)
        assert numbers(store) == expected

    def test_a_deployments_pods_are_counted_by_its_size(self):
        w = World(make_store(make_node()))
        metadata = {"name": "kubia", "namespace": "default"}
        selector = {"matchLabels": {"app": "kubia"}}
        deployment = {"replicas": 4, "selector": selector, "template": pod_template()}
        w.act(
            verbs.create,
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": deployment},
        )
        w.act(verbs.create, budget(maxUnavailable="50%"))
        w.wait(60)
        assert numbers(w.store) == (4, 4, 2, 2)

    def test_the_condition_says_whether_pods_may_go(self):
        store = counted(*pods(2), minAvailable=1)
        found = condition_of(store.get("PodDisruptionBudget", "default", "b"), "DisruptionAllowed")
        assert (found["status"], found["reason"], found["observedGeneration"]) == (
            "True",
            "SufficientPods",
            1,
        )
        store = counted(*pods(1), minAvailable=1)
        found = condition_of(store.get("PodDisruptionBudget", "default", "b"), "DisruptionAllowed")
        assert (found["status"], found["reason"]) == ("False", "InsufficientPods")

    def test_pods_of_an_unknown_controller_stop_everything(self):
        owner = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "j", "namespace": "default", "uid": "1"},
        }
        store = counted(*pods(2, owner), maxUnavailable=1)
        found = condition_of(store.get("PodDisruptionBudget", "default", "b"), "DisruptionAllowed")
        assert found["reason"] == "SyncFailed"
        assert found["message"] == 'found no controllers for pod "p0"'
        assert status(store)["disruptionsAllowed"] == 0

    def test_pods_without_a_controller_are_warned_of(self):
        store = counted(*pods(2), maxUnavailable=1)
        (event,) = [e for e in store.list("Event") if e["reason"] == "UnmanagedPods"]
        assert (
            "(selector: &LabelSelector{MatchLabels:map[string]string{app: kubia,},"
            "MatchExpressions:[]LabelSelectorRequirement{},})"
        ) in event["message"]
        assert event["source"] == {"component": "controllermanager"}

    def test_a_budget_without_pods_says_so_once(self):
        store = counted(minAvailable=1)
        assert [e["reason"] for e in store.list("Event")] == ["NoPods"]
        before = store.revision
        settle(store, DisruptionController)
        assert [c.key.kind for c in store.changes if c.revision > before] == ["Event"]

    def test_a_null_selector_protects_nothing_and_an_empty_one_all(self):
        assert numbers(counted(*pods(2), minAvailable=1, selector={})) == (2, 2, 1, 1)
        store = make_store(*pods(2))
        spec = {"minAvailable": 1}
        verbs.create(store, {**budget(), "spec": spec})
        settle(store, DisruptionController)
        assert numbers(store) == (0, 0, 1, 0)

    def test_it_follows_its_pods(self):
        w = World(make_store(make_node()))
        w.act(verbs.create, make_replication_controller(replicas=3))
        w.act(verbs.create, budget(minAvailable=2))
        w.wait(60)
        assert numbers(w.store) == (3, 3, 2, 1)
        w.act(verbs.scale, "ReplicationController", "default", "kubia", 2)
        w.wait(60)
        assert numbers(w.store) == (2, 2, 2, 0)


class TestEviction:
    def test_a_pod_without_a_budget_goes(self):
        store = make_store(*pods(1))
        assert go(store)["status"] == "Success"
        pod = store.get("Pod", "default", "p0")
        assert is_deleting(pod)
        condition = condition_of(pod, "DisruptionTarget")
        assert condition["reason"] == "EvictionByEvictionAPI"
        assert condition["message"] == "Eviction API: evicting"

    def test_a_budget_is_charged_at_once_and_refuses_when_it_is_used_up(self):
        store = counted(*pods(3), minAvailable=2)
        go(store)
        assert status(store)["disruptionsAllowed"] == 0
        assert status(store)["disruptedPods"] == {"p0": "2026-11-24T08:00:00Z"}
        error = refusal(store, "p1")
        assert (error.code, error.reason) == (429, "TooManyRequests")
        assert error.message == "Cannot evict pod as it would violate the pod's disruption budget."
        assert error.details["causes"] == [
            {
                "reason": "DisruptionBudget",
                "message": "The disruption budget b needs 2 healthy pods and has 3 currently",
            }
        ]
        settle(store, DisruptionController)
        assert "disruptedPods" not in status(store)
        assert (
            "needs 2 healthy pods and has 2 currently" in refusal(store, "p1").details["causes"][0]["message"]
        )

    def test_a_budget_that_was_not_counted_yet_asks_for_patience(self):
        store = make_store(*pods(3))
        verbs.create(store, budget(minAvailable=1))
        error = refusal(store)
        assert error.details["retryAfterSeconds"] == 10
        assert "still being processed by the server" in error.details["causes"][0]["message"]

    def test_a_pod_with_two_budgets_cannot_be_evicted(self):
        store = make_store(*pods(3))
        for name in ("a", "b"):
            verbs.create(store, budget(name, minAvailable=1))
        error = refusal(store)
        assert error.code == 500
        assert error.message == (
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        )

    @pytest.mark.parametrize("phase", ["Pending", "Succeeded", "Failed"])
    def test_pods_that_do_not_run_need_no_budget(self, phase):
        pod = with_status(pods(1)[0], phase=phase)
        store = counted(pod, minAvailable=5)
        go(store)
        pod = store.get("Pod", "default", "p0")
        assert pod is None or is_deleting(pod)

    def test_a_pod_that_is_on_its_way_needs_no_budget(self):
        store = counted(*pods(2), minAvailable=1)
        go(store)
        assert go(store)["status"] == "Success"
        assert status(store)["disruptedPods"].keys() == {"p0"}

    @pytest.mark.parametrize(
        ("ready", "policy", "goes"),
        [
            (2, "IfHealthyBudget", True),
            (1, "IfHealthyBudget", False),
            (1, "AlwaysAllow", True),
            (1, None, False),
        ],
    )
    def test_unhealthy_pods_go_as_their_budgets_policy_says(self, ready, policy, goes):
        spec = {"unhealthyPodEvictionPolicy": policy} if policy else {}
        store = counted(*pods(3, ready=ready), minAvailable=2, **spec)
        if goes:
            go(store, "p2")
            assert is_deleting(store.get("Pod", "default", "p2"))
            assert "disruptedPods" not in status(store)
        else:
            assert refusal(store, "p2").code == 429

    def test_options_are_those_of_a_deletion(self):
        store = make_store(*pods(2))
        go(store, gracePeriodSeconds=7)
        assert store.get("Pod", "default", "p0")["metadata"]["deletionGracePeriodSeconds"] == 7
        assert refusal(store, "p1", preconditions={"uid": "other"}).code == 409
        assert refusal(store, "p1", preconditions={"resourceVersion": "1"}).code == 409
        version = store.get("Pod", "default", "p1")["metadata"]["resourceVersion"]
        go(store, "p1", preconditions={"resourceVersion": version}, gracePeriodSeconds=0)
        assert store.get("Pod", "default", "p1") is None

    def test_the_name_has_to_be_that_of_the_path(self):
        store = make_store(*pods(1))
        with pytest.raises(StatusError, match="name in URL does not match name in Eviction object"):
            evict(store, "default", "p0", eviction("p1"))
        with pytest.raises(StatusError, match='pods "x" not found'):
            go(store, "x")

    def test_a_pod_that_was_never_deleted_counts_again_after_two_minutes(self):
        store = counted(*pods(3), minAvailable=2)
        found = store.get("PodDisruptionBudget", "default", "b")
        noted = {**found["status"], "disruptionsAllowed": 0, "disruptedPods": {"p0": "2026-11-24T08:00:00Z"}}
        verbs.update_status(store, {**found, "status": noted})
        store = later(store, 60)
        settle(store, DisruptionController, until=NOW + 60)
        assert numbers(store) == (3, 2, 2, 0)
        store = later(store, 61)
        settle(store, DisruptionController, until=NOW + 121)
        assert numbers(store) == (3, 3, 2, 1)

    def test_a_drain_goes_on_as_replacements_become_ready(self):
        w = World(make_store(make_node("node-1"), make_node("node-2", ip="172.18.0.3"), delays="real"))
        w.act(verbs.create, make_replication_controller(replicas=3))
        w.act(verbs.create, budget(minAvailable=2))
        w.wait(60)
        ours = {name_of(pod) for pod in w.store.list("Pod")}
        for name in sorted(ours):
            w.act(evict, "default", name, eviction(name))
            w.wait(60)
            assert sum(is_ready(pod) and not is_deleting(pod) for pod in w.store.list("Pod")) == 3
        assert ours.isdisjoint({name_of(pod) for pod in w.store.list("Pod")})


@given(
    least=st.integers(min_value=0, max_value=6),
    total=st.integers(min_value=0, max_value=6),
    asked=st.lists(st.integers(min_value=0, max_value=5), max_size=12),
    counts=st.booleans(),
)
def test_evictions_never_leave_fewer_healthy_pods_than_the_budget_wants(least, total, asked, counts):
    store = counted(*pods(total), minAvailable=least)
    for number in asked:
        if number < total:
            with suppress(StatusError):
                go(store, f"p{number}")
        if counts:
            settle(store, DisruptionController)
    healthy = sum(is_ready(pod) and not is_deleting(pod) for pod in store.list("Pod"))
    assert healthy >= min(least, total)
