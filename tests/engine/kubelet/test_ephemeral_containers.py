"""Containers that are added to a running pod, as `kubectl debug` does."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.patches.patching import STRATEGIC, apply_patch
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.kubelet.inside import choose_container
from clusters.engine.objects import is_ready, with_value
from tests.engine.builders import make_node, make_store
from tests.engine.world import World, simple_pod

DEBUGGER = {"name": "debugger", "image": "busybox", "command": ["sleep", "60"]}


def added(w, *containers, name="p"):
    """The pod with these ephemeral containers, as a client would send it."""
    return with_value(w.pod(name), ("spec", "ephemeralContainers"), list(containers))


def debug(w, *containers):
    return w.act(verbs.update, added(w, *containers), subresource="ephemeralcontainers")


def refusal(w, *containers):
    with pytest.raises(StatusError) as caught:
        debug(w, *containers)
    assert caught.value.code == 422
    return caught.value.message


@pytest.fixture
def w():
    world = World(make_store(make_node(), delays="real"))
    world.act(verbs.create, simple_pod())
    world.wait(10)
    return world


def ephemeral(w):
    (status,) = w.pod()["status"]["ephemeralContainerStatuses"]
    return status


class TestRunning:
    def test_it_runs_beside_the_others(self, w):
        debug(w, DEBUGGER)
        w.wait(5)
        status = ephemeral(w)
        assert status["name"] == "debugger"
        assert "running" in status["state"]
        assert (status["ready"], status["restartCount"]) == (False, 0)
        assert "started" not in status
        assert is_ready(w.pod())
        assert len(w.pod()["status"]["containerStatuses"]) == 1
        events = [e for e in w.store.list("Event") if "debugger" in e["involvedObject"].get("fieldPath", "")]
        assert {e["reason"] for e in events} == {"Pulling", "Pulled", "Created", "Started"}
        assert events[0]["involvedObject"]["fieldPath"] == "spec.ephemeralContainers{debugger}"
        assert choose_container(w.pod(), "debugger")["image"] == "busybox"

    def test_it_is_not_started_again(self, w):
        debug(w, DEBUGGER)
        w.wait(120)
        status = ephemeral(w)
        assert status["state"]["terminated"]["exitCode"] == 0
        assert status["restartCount"] == 0
        assert is_ready(w.pod())

    def test_it_shares_the_network_of_its_pod(self, w):
        debug(w, {"name": "second", "image": "nginx"})
        w.wait(10)
        terminated = ephemeral(w)["state"]["terminated"]
        assert terminated["exitCode"] == 1
        assert "address already in use" in terminated["message"]

    def test_an_image_that_is_not_there_does_not_harm_the_pod(self, w):
        debug(w, {"name": "debugger", "image": "ngnix"})
        w.wait(30)
        assert ephemeral(w)["state"]["waiting"]["reason"] == "ImagePullBackOff"
        assert w.pod()["status"]["phase"] == "Running"
        assert is_ready(w.pod())

    def test_it_stops_with_its_pod(self, w):
        debug(w, {"name": "debugger", "image": "busybox", "command": ["sleep", "9999"]})
        w.wait(5)
        w.act(verbs.delete, "Pod", "default", "p", grace_seconds=3)
        w.wait(2)
        assert w.pod()["status"]["phase"] == "Running"
        w.wait(2)
        assert w.get("Pod", "p") is None

    def test_it_outlives_a_restart_of_the_simulator(self, w):
        debug(w, DEBUGGER)
        w.wait(5)
        started = ephemeral(w)["state"]["running"]
        w = w.restart()
        w.wait(5)
        assert ephemeral(w)["state"]["running"] == started


class TestRules:
    def test_nothing_else_of_the_pod_changes(self, w):
        before = w.pod()
        sent = added(w, DEBUGGER)
        sent["metadata"] = {**sent["metadata"], "labels": {"a": "b"}}
        sent["spec"]["containers"] = [{**sent["spec"]["containers"][0], "image": "redis"}]
        after = w.act(verbs.update, sent, subresource="ephemeralcontainers")
        assert after["spec"]["containers"] == before["spec"]["containers"]
        assert "labels" not in after["metadata"]
        assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
        (container,) = after["spec"]["ephemeralContainers"]
        assert container["imagePullPolicy"] == "Always"

    def test_what_was_added_stays_as_it_is(self, w):
        debug(w, DEBUGGER)
        (stored,) = w.pod()["spec"]["ephemeralContainers"]
        said = 'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debugger" may not be'
        assert f"{said} removed" in refusal(w)
        assert f"{said} changed" in refusal(w, {**stored, "image": "alpine"})
        debug(w, stored, {**DEBUGGER, "name": "other"})
        assert len(w.pod()["spec"]["ephemeralContainers"]) == 2

    @pytest.mark.parametrize(
        ("container", "complaint"),
        [
            ({"name": "main"}, 'spec.ephemeralContainers[0].name: Duplicate value: "main"'),
            ({"name": ""}, "spec.ephemeralContainers[0].name: Required value"),
            ({"image": ""}, "spec.ephemeralContainers[0].image: Required value"),
            (
                {"targetContainerName": "x"},
                'spec.ephemeralContainers[0].targetContainerName: Not found: "x"',
            ),
            (
                {"ports": [{"containerPort": 80}]},
                "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
            ),
            (
                {"readinessProbe": {"exec": {"command": ["true"]}}},
                "spec.ephemeralContainers[0].readinessProbe: Forbidden: cannot be set for an Ephemeral",
            ),
            (
                {"resources": {"limits": {"cpu": "1"}}},
                "spec.ephemeralContainers[0].resources: Forbidden: cannot be set for an Ephemeral Container",
            ),
            (
                {"volumeMounts": [{"name": "v", "mountPath": "/v", "subPath": "x"}]},
                "spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden",
            ),
        ],
    )
    def test_some_things_cannot_be_added(self, w, container, complaint):
        assert complaint in refusal(w, {**DEBUGGER, **container})

    def test_a_target_may_be_named(self, w):
        debug(w, {**DEBUGGER, "targetContainerName": "main", "stdin": True, "tty": True})
        assert w.pod()["spec"]["ephemeralContainers"][0]["targetContainerName"] == "main"

    def test_a_new_pod_and_a_template_have_none(self, w):
        pod = with_value(simple_pod("q"), ("spec", "ephemeralContainers"), [DEBUGGER])
        with pytest.raises(StatusError, match="Forbidden: cannot be set on create"):
            verbs.create(w.store, pod)
        template = {"metadata": {"labels": {"a": "b"}}, "spec": pod["spec"]}
        controller = {
            "apiVersion": "v1",
            "kind": "ReplicationController",
            "metadata": {"name": "c", "namespace": "default"},
            "spec": {"template": template},
        }
        with pytest.raises(StatusError, match="ephemeral containers not allowed in pod template"):
            verbs.create(w.store, controller)

    def test_the_pod_itself_cannot_be_given_one(self, w):
        with pytest.raises(StatusError, match="pod updates may not change fields other than"):
            w.act(verbs.update, added(w, DEBUGGER))

    def test_kubectl_debug_patches(self, w):
        body = {"spec": {"ephemeralContainers": [DEBUGGER]}}
        part = "ephemeralcontainers"
        apply_patch(w.store, BY_KIND["Pod"], "default", "p", STRATEGIC, body, subresource=part)
        body = {"spec": {"ephemeralContainers": [{**DEBUGGER, "name": "second"}]}}
        apply_patch(w.store, BY_KIND["Pod"], "default", "p", STRATEGIC, body, subresource=part)
        names = [container["name"] for container in w.pod()["spec"]["ephemeralContainers"]]
        assert sorted(names) == ["debugger", "second"]


def test_there_are_a_hundred_at_most(w):
    many = [{"name": f"debug-{number}", "image": "busybox"} for number in range(101)]
    assert "spec.ephemeralContainers: Too many: 101: must have at most 100 items" in refusal(w, *many)
