"""How objects go: at once, after a grace period, or when nothing holds them any more."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.changes import DELETED, MODIFIED
from clusters.engine.clock import rfc3339
from clusters.engine.objects import simulation_of, with_status, with_value
from tests.engine.apiserver.test_create import bare_controller, bare_pod, refusal
from tests.engine.builders import NOW, later, make_store


def running(store, name="web", **spec):
    """A pod on a node."""
    verbs.create(store, bare_pod(name, **spec))
    pod = verbs.bind(store, "default", name, "node-1")
    return verbs.update_status(store, with_status(pod, phase="Running"))


def held(store, *finalizers):
    controller = with_value(bare_controller(), ("metadata", "finalizers"), list(finalizers))
    return verbs.create(store, controller)


def gone(store, kind="Pod", name="web"):
    return store.get(kind, "default", name) is None


class TestPods:
    @pytest.mark.parametrize(
        ("spec", "asked", "grace"),
        [
            ({}, None, 30),
            ({"terminationGracePeriodSeconds": 7}, None, 7),
            ({"terminationGracePeriodSeconds": 7}, 60, 60),
            ({}, 1, 1),
            ({}, -5, 1),
        ],
    )
    def test_get_their_grace_period(self, spec, asked, grace):
        store = make_store()
        running(store, **spec)
        pod = verbs.delete(store, "Pod", "default", "web", grace_seconds=asked)
        assert pod["metadata"]["deletionGracePeriodSeconds"] == grace
        assert pod["metadata"]["deletionTimestamp"] == rfc3339(NOW + grace)
        assert simulation_of(pod)["deletedAt"] == NOW
        assert simulation_of(pod)["deleteAt"] == NOW + grace
        assert pod["metadata"]["generation"] == 2
        assert not gone(store)

    def test_are_gone_at_once_with_no_grace(self):
        store = make_store()
        running(store)
        verbs.delete(store, "Pod", "default", "web", grace_seconds=0)
        assert gone(store)
        assert store.changes[-1].verb == DELETED
        assert store.changes[-1].object["metadata"]["resourceVersion"] == str(store.revision)

    def test_are_gone_at_once_without_a_node(self):
        store = make_store()
        verbs.create(store, bare_pod())
        verbs.delete(store, "Pod", "default", "web")
        assert gone(store)

    @pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
    def test_are_gone_at_once_when_finished(self, phase):
        store = make_store()
        verbs.update_status(store, with_status(running(store), phase=phase))
        verbs.delete(store, "Pod", "default", "web")
        assert gone(store)

    @pytest.mark.parametrize(
        ("asked", "grace"), [(None, 30), (30, 30), (45, 30), (10, 10)], ids=lambda value: str(value)
    )
    def test_deleted_again_may_only_get_less_time(self, asked, grace):
        store = make_store()
        running(store)
        first = verbs.delete(store, "Pod", "default", "web")
        store = later(store, 4)
        again = verbs.delete(store, "Pod", "default", "web", grace_seconds=asked)
        assert again["metadata"]["deletionGracePeriodSeconds"] == grace
        assert simulation_of(again)["deleteAt"] == NOW + grace
        assert simulation_of(again)["deletedAt"] == NOW
        assert again["metadata"]["generation"] == first["metadata"]["generation"]
        assert (again is first) == (grace == 30)

    def test_are_not_deleted_before_now_when_the_time_is_shortened_late(self):
        store = make_store()
        running(store)
        verbs.delete(store, "Pod", "default", "web")
        store = later(store, 20)
        again = verbs.delete(store, "Pod", "default", "web", grace_seconds=5)
        assert simulation_of(again)["deleteAt"] == NOW + 20

    def test_can_be_forced_away_while_they_wait(self):
        store = make_store()
        running(store)
        verbs.delete(store, "Pod", "default", "web")
        verbs.delete(store, "Pod", "default", "web", grace_seconds=0)
        assert gone(store)

    def test_are_held_by_finalizers_even_without_grace(self):
        store = make_store()
        verbs.create(store, with_value(bare_pod(), ("metadata", "finalizers"), ["example.com/hold"]))
        pod = verbs.delete(store, "Pod", "default", "web", grace_seconds=0)
        assert pod["metadata"]["deletionGracePeriodSeconds"] == 0
        assert not gone(store)
        assert verbs.remove_finalizer(store, pod, "example.com/hold") is None
        assert gone(store)

    def test_with_grace_left_outlive_their_last_finalizer(self):
        store = make_store()
        verbs.create(store, with_value(bare_pod(), ("metadata", "finalizers"), ["example.com/hold"]))
        verbs.bind(store, "default", "web", "node-1")
        pod = verbs.delete(store, "Pod", "default", "web")
        kept = verbs.remove_finalizer(store, pod, "example.com/hold")
        assert kept["metadata"]["finalizers"] == []
        assert not gone(store)


class TestFinalizers:
    def test_hold_an_object_until_the_last_is_taken(self):
        store = make_store()
        held(store, "example.com/a", "example.com/b")
        controller = verbs.delete(store, "ReplicationController", "default", "kubia")
        assert controller["metadata"]["deletionTimestamp"] == rfc3339(NOW)
        assert controller["metadata"]["generation"] == 2
        controller = verbs.remove_finalizer(store, controller, "example.com/a")
        assert controller["metadata"]["finalizers"] == ["example.com/b"]
        assert verbs.remove_finalizer(store, controller, "example.com/b") is None
        assert gone(store, "ReplicationController", "kubia")

    def test_can_be_taken_by_an_update(self):
        store = make_store()
        held(store, "example.com/a")
        controller = verbs.delete(store, "ReplicationController", "default", "kubia")
        verbs.update(store, with_value(controller, ("metadata", "finalizers"), []))
        assert gone(store, "ReplicationController", "kubia")

    def test_taken_from_a_living_object_leave_it_alone(self):
        store = make_store()
        controller = held(store, "example.com/a")
        kept = verbs.remove_finalizer(store, controller, "example.com/a")
        assert kept["metadata"]["finalizers"] == []
        assert not gone(store, "ReplicationController", "kubia")

    def test_that_are_not_there_change_nothing(self):
        store = make_store()
        controller = held(store, "example.com/a")
        revision = store.revision
        assert verbs.remove_finalizer(store, controller, "example.com/other") is controller
        assert store.revision == revision

    def test_are_taken_from_the_newest_state_whatever_the_caller_saw(self):
        store = make_store()
        old = held(store, "example.com/a", "example.com/b")
        verbs.remove_finalizer(store, old, "example.com/a")
        assert verbs.remove_finalizer(store, old, "example.com/b")["metadata"]["finalizers"] == []


class TestPropagation:
    @pytest.mark.parametrize(
        ("propagation", "finalizers"),
        [("Orphan", ["orphan"]), ("Foreground", ["foregroundDeletion"])],
    )
    def test_leaves_the_rest_to_the_garbage_collector(self, propagation, finalizers):
        store = make_store()
        verbs.create(store, bare_controller())
        controller = verbs.delete(store, "ReplicationController", "default", "kubia", propagation=propagation)
        assert controller["metadata"]["finalizers"] == finalizers
        assert "deletionTimestamp" in controller["metadata"]

    def test_in_the_background_needs_no_finalizer(self):
        store = make_store()
        verbs.create(store, bare_controller())
        verbs.delete(store, "ReplicationController", "default", "kubia")
        assert gone(store, "ReplicationController", "kubia")
        assert [change.verb for change in store.changes][-1] == DELETED
        assert MODIFIED not in [change.verb for change in store.changes]


class TestNamespaces:
    def test_terminate_until_their_content_is_gone(self):
        store = make_store()
        verbs.create(store, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab"}})
        namespace = verbs.delete(store, "Namespace", "", "lab")
        assert namespace["status"]["phase"] == "Terminating"
        assert namespace["spec"]["finalizers"] == ["kubernetes"]
        assert verbs.remove_finalizer(store, namespace, "kubernetes") is None
        assert store.get("Namespace", "", "lab") is None

    @pytest.mark.parametrize("name", ["default", "kube-system"])
    def test_that_a_cluster_needs_may_not_be_deleted(self, name):
        error = refusal(verbs.delete, make_store(), "Namespace", "", name)
        assert error.code == 403
        assert error.message == f'namespaces "{name}" is forbidden: this namespace may not be deleted'


def test_another_object_of_the_same_name_is_not_deleted_by_mistake():
    store = make_store()
    verbs.create(store, bare_pod())
    error = refusal(verbs.delete, store, "Pod", "default", "web", uid="older")
    assert error.code == 409
    assert not gone(store)


def test_deleting_what_is_not_there_is_not_found():
    error = refusal(verbs.delete, make_store(), "Pod", "default", "web")
    assert error.message == 'pods "web" not found'
