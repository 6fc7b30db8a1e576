"""What may change in a stored object, and what stays."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import (
    REMOVE,
    condition_of,
    controller_reference,
    simulation_of,
    with_simulation,
    with_status,
    with_value,
)
from tests.engine.apiserver.test_create import bare_controller, bare_pod, refusal
from tests.engine.builders import NOW, make_store


def created(obj, store=None):
    store = store or make_store()
    return store, verbs.create(store, obj)


class TestUpdate:
    def test_raises_the_generation_when_the_spec_changes(self):
        store, controller = created(bare_controller())
        updated = verbs.update(store, with_value(controller, ("spec", "replicas"), 5))
        assert updated["metadata"]["generation"] == 2
        assert updated["spec"]["replicas"] == 5

    def test_keeps_the_generation_when_only_labels_change(self):
        store, controller = created(bare_controller())
        updated = verbs.update(store, with_value(controller, ("metadata", "labels"), {"a": "b"}))
        assert updated["metadata"]["generation"] == 1
        assert updated["metadata"]["labels"] == {"a": "b"}

    def test_that_changes_nothing_keeps_the_version(self):
        store, controller = created(bare_controller())
        revision = store.revision
        assert verbs.update(store, controller) is controller
        assert store.revision == revision

    def test_does_not_touch_status_identity_or_notes(self):
        store, pod = created(bare_pod())
        pod = verbs.update_status(store, with_simulation(with_status(pod, phase="Running"), seen=1))
        changed = with_status(with_simulation(pod, seen=2), phase="Failed")
        changed = with_value(changed, ("metadata", "creationTimestamp"), "2020-01-01T00:00:00Z")
        changed = with_value(changed, ("metadata", "labels"), {"a": "b"})
        updated = verbs.update(store, changed)
        assert updated["status"]["phase"] == "Running"
        assert simulation_of(updated) == {"seen": 1}
        assert updated["metadata"]["creationTimestamp"] == pod["metadata"]["creationTimestamp"]
        assert updated["metadata"]["labels"] == {"a": "b"}

    def test_of_an_old_version_is_a_conflict(self):
        store, controller = created(bare_controller())
        verbs.update(store, with_value(controller, ("spec", "replicas"), 2))
        error = refusal(verbs.update, store, with_value(controller, ("spec", "replicas"), 3))
        assert (error.code, error.reason) == (409, "Conflict")
        assert error.message == (
            'Operation cannot be fulfilled on replicationcontrollers "kubia": the object has been modified;'
            " please apply your changes to the latest version and try again"
        )

    def test_without_a_version_takes_whatever_is_there(self):
        store, controller = created(bare_controller())
        verbs.update(store, with_value(controller, ("spec", "replicas"), 2))
        unconditional = bare_controller(replicas=3)
        assert verbs.update(store, unconditional)["spec"]["replicas"] == 3

    def test_of_another_uid_is_a_conflict(self):
        store, controller = created(bare_controller())
        error = refusal(verbs.update, store, with_value(controller, ("metadata", "uid"), "other"))
        assert "Precondition failed: UID in precondition: other" in error.message

    def test_of_nothing_is_not_found(self):
        error = refusal(verbs.update, make_store(), bare_pod("gone"))
        assert (error.code, error.message) == (404, 'pods "gone" not found')

    def test_may_be_tried_without_being_stored(self):
        store, controller = created(bare_controller())
        shown = verbs.update(store, with_value(controller, ("spec", "replicas"), 5), dry_run=True)
        assert shown["spec"]["replicas"] == 5
        assert store.get("ReplicationController", "default", "kubia") is controller

    def test_of_a_namespace_keeps_what_holds_it(self):
        store = make_store()
        namespace = store.get("Namespace", "", "default")
        updated = verbs.update(store, with_value(namespace, ("spec",), {"finalizers": []}))
        assert updated["spec"] == {"finalizers": ["kubernetes"]}

    def test_of_a_node_keeps_its_range_of_addresses(self):
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": "node-1"},
            "spec": {"podCIDR": "10.244.0.0/24"},
        }
        store, node = created(node)
        cordoned = verbs.update(store, with_value(node, ("spec",), {"unschedulable": True}))
        assert cordoned["spec"] == {"podCIDR": "10.244.0.0/24", "unschedulable": True}
        moved = with_value(cordoned, ("spec", "podCIDR"), "10.244.9.0/24")
        assert "may not change podCIDR" in refusal(verbs.update, store, moved).message


class TestPodUpdate:
    def test_may_change_an_image(self):
        store, pod = created(bare_pod())
        container = {**pod["spec"]["containers"][0], "image": "nginx:1.27"}
        updated = verbs.update(store, with_value(pod, ("spec", "containers"), [container]))
        assert updated["spec"]["containers"][0]["image"] == "nginx:1.27"
        assert updated["metadata"]["generation"] == 2

    def test_may_add_a_toleration_but_not_take_one(self):
        store, pod = created(bare_pod(tolerations=[{"key": "gpu", "operator": "Exists"}]))
        more = [*pod["spec"]["tolerations"], {"key": "disk", "operator": "Exists"}]
        pod = verbs.update(store, with_value(pod, ("spec", "tolerations"), more))
        assert len(pod["spec"]["tolerations"]) == 4
        error = refusal(verbs.update, store, with_value(pod, ("spec", "tolerations"), more[1:]))
        assert "existing toleration can not be modified except its tolerationSeconds" in error.message

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("spec", "restartPolicy"), "Never"),
            (("spec", "nodeName"), "node-1"),
            (("spec", "terminationGracePeriodSeconds"), 5),
            (("spec", "nodeSelector"), {"disk": "ssd"}),
        ],
    )
    def test_may_change_nothing_else(self, path, value):
        store, pod = created(bare_pod())
        error = refusal(verbs.update, store, with_value(pod, path, value))
        assert error.code == 422
        assert error.message == (
            'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than'
            " `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
            "`spec.tolerations` (only additions to existing tolerations),"
            "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
        )

    def test_may_not_add_a_container(self):
        store, pod = created(bare_pod())
        containers = [*pod["spec"]["containers"], {"name": "more", "image": "nginx"}]
        error = refusal(verbs.update, store, with_value(pod, ("spec", "containers"), containers))
        assert error.message == (
            'Pod "web" is invalid: spec.containers: Forbidden: pod updates may not add or remove containers'
        )

    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            (60, 90, "must be less than or equal to previous value"),
            (60, None, "must not update from a positive integer to nil value"),
            (60, 30, None),
            (None, 30, None),
        ],
    )
    def test_may_only_bring_a_deadline_nearer(self, before, after, said):
        store, pod = created(bare_pod(**({"activeDeadlineSeconds": before} if before else {})))
        spec = {**pod["spec"], "activeDeadlineSeconds": after}
        if said is None:
            assert verbs.update(store, {**pod, "spec": spec})["spec"]["activeDeadlineSeconds"] == after
        else:
            assert said in refusal(verbs.update, store, {**pod, "spec": spec}).message


class TestUpdateStatus:
    def test_takes_only_status_and_notes(self):
        store, pod = created(bare_pod())
        changed = with_status(with_simulation(pod, seen=1), phase="Running")
        changed = with_value(changed, ("metadata", "labels"), {"a": "b"})
        changed = with_value(changed, ("spec", "restartPolicy"), "Never")
        updated = verbs.update_status(store, changed)
        assert updated["status"]["phase"] == "Running"
        assert simulation_of(updated) == {"seen": 1}
        assert "labels" not in updated["metadata"]
        assert updated["spec"] is pod["spec"]
        assert updated["metadata"]["generation"] == 1

    def test_of_an_old_version_is_a_conflict(self):
        store, pod = created(bare_pod())
        verbs.update_status(store, with_status(pod, phase="Running"))
        assert refusal(verbs.update_status, store, with_status(pod, phase="Failed")).code == 409

    def test_notes_can_be_written_alone(self):
        store, pod = created(bare_pod())
        updated = verbs.update_simulation(store, with_status(with_simulation(pod, seen=1), phase="Running"))
        assert simulation_of(updated) == {"seen": 1}
        assert updated["status"]["phase"] == "Pending"


class TestScale:
    def test_sets_replicas(self):
        store, _ = created(bare_controller())
        scaled = verbs.scale(store, "ReplicationController", "default", "kubia", 7)
        assert scaled["spec"]["replicas"] == 7
        assert scaled["metadata"]["generation"] == 2

    def test_takes_no_negative_number(self):
        store, _ = created(bare_controller())
        error = refusal(verbs.scale, store, "ReplicationController", "default", "kubia", -1)
        assert error.message == (
            'Scale.autoscaling "kubia" is invalid: spec.replicas: Invalid value: -1: must be greater than or'
            " equal to 0"
        )
        assert error.details["kind"] == "Scale"
        assert error.details["group"] == "autoscaling"


class TestBind:
    def test_assigns_a_pod_to_a_node_and_says_so(self):
        store, _ = created(bare_pod())
        bound = verbs.bind(store, "default", "web", "node-1")
        assert bound["spec"]["nodeName"] == "node-1"
        assert condition_of(bound, "PodScheduled")["status"] == "True"
        assert store.indexed("pods-by-node", "node-1") == [bound]

    def test_replaces_the_condition_that_said_unschedulable(self):
        store, pod = created(bare_pod())
        waiting = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]
        verbs.update_status(store, with_status(pod, conditions=waiting))
        bound = verbs.bind(store, "default", "web", "node-1")
        assert [c["status"] for c in bound["status"]["conditions"]] == ["True"]

    def test_happens_once(self):
        store, _ = created(bare_pod("a"))
        verbs.bind(store, "default", "a", "n")
        error = refusal(verbs.bind, store, "default", "a", "m")
        assert (error.code, error.reason) == (409, "Conflict")
        assert 'pod a is already assigned to node "n"' in error.message

    def test_is_not_for_a_pod_that_goes(self):
        store, _ = created(with_value(bare_pod("a"), ("metadata", "finalizers"), ["example.com/hold"]))
        verbs.delete(store, "Pod", "default", "a")
        error = refusal(verbs.bind, store, "default", "a", "m")
        assert "pod a is being deleted, cannot be assigned to a host" in error.message

    def test_gives_the_lowest_free_slot_and_never_moves_a_pod(self):
        store = make_store()
        for name in "abcd":
            verbs.create(store, bare_pod(name))
        slots = [simulation_of(verbs.bind(store, "default", name, "n"))["slot"] for name in "abc"]
        assert slots == [0, 1, 2]
        verbs.delete(store, "Pod", "default", "b", grace_seconds=0)
        assert simulation_of(verbs.bind(store, "default", "d", "n"))["slot"] == 1
        assert simulation_of(store.get("Pod", "default", "c"))["slot"] == 2


def test_getting_what_is_not_there_is_not_found():
    with pytest.raises(StatusError, match='services "web" not found'):
        verbs.get(make_store(), "Service", "default", "web")


def test_the_clock_of_the_overlay_dates_conditions():
    store = make_store(now=NOW + 90)
    verbs.create(store, bare_pod())
    bound = verbs.bind(store, "default", "web", "n")
    assert condition_of(bound, "PodScheduled")["lastTransitionTime"] == "2026-11-24T08:01:30Z"


def test_a_pod_stored_before_a_default_was_known_may_still_be_adopted():
    store, pod = created(bare_pod())
    store.update(with_value(pod, ("spec", "enableServiceLinks"), REMOVE))
    old = verbs.get(store, "Pod", "default", "web")
    owner = controller_reference(verbs.create(store, bare_controller()))
    adopted = verbs.update(store, with_value(old, ("metadata", "ownerReferences"), [owner]))
    assert adopted["metadata"]["generation"] == 1
    assert adopted["spec"] == pod["spec"]
