"""Which state a pod, a node and a Service are drawn in."""

import pytest

from clusters.engine.objects import with_status, with_value
from clusters.web.states import (
    POD_STATES,
    crash_words,
    kubectl_status,
    node_state,
    pod_state,
    service_state,
    state_words,
)
from tests.web import drawn


def crashed(reason, **status):
    pod = drawn.pod("kubia-1", state="crashing")
    container = {"name": "c0", "ready": False, "restartCount": 3, "state": {"waiting": {"reason": reason}}}
    return with_status(pod, containerStatuses=[container | status])


class TestPod:
    @pytest.mark.parametrize("state", [state for state in POD_STATES if state != "unreachable"])
    def test_each_state(self, state):
        assert pod_state(drawn.pod("kubia-1", state=state), drawn.node()) == state

    @pytest.mark.parametrize("state", ["ready", "running", "starting", "terminating", "crashing"])
    @pytest.mark.parametrize("ready", ["False", "Unknown"])
    def test_nobody_knows_about_pods_of_a_node_that_is_not_ready(self, state, ready):
        assert pod_state(drawn.pod("kubia-1", state=state), drawn.node(ready=ready)) == "unreachable"

    def test_a_finished_pod_stays_finished_when_its_node_falls_silent(self):
        assert pod_state(drawn.pod("job", state="completed"), drawn.node(ready="Unknown")) == "completed"

    def test_a_failed_pod_is_drawn_as_crashing(self):
        assert pod_state(with_status(drawn.pod("job"), phase="Failed"), drawn.node()) == "crashing"

    @pytest.mark.parametrize(
        "reason",
        [
            "CrashLoopBackOff",
            "ErrImagePull",
            "ImagePullBackOff",
            "ErrImageNeverPull",
            "InvalidImageName",
            "CreateContainerError",
            "RunContainerError",
        ],
    )
    def test_reasons_that_waiting_does_not_mend(self, reason):
        assert pod_state(crashed(reason), drawn.node()) == "crashing"

    def test_one_crashing_container_makes_the_pod_crash(self):
        pod = drawn.pod("duo", state="running", containers=2)
        ended = {"name": "c1", "ready": False, "restartCount": 0, "state": {"terminated": {"exitCode": 1}}}
        pod = with_status(pod, containerStatuses=[pod["status"]["containerStatuses"][0], ended])
        assert pod_state(pod, drawn.node()) == "crashing"

    def test_a_pod_without_status_is_pending(self):
        pod = {key: value for key, value in drawn.pod("new", state="pending").items() if key != "status"}
        assert pod_state(pod, None) == "pending"
        assert pod_state(with_value(pod, ("spec", "nodeName"), "node-1"), drawn.node()) == "starting"

    def test_every_state_has_a_word(self):
        assert set(state_words()) == set(POD_STATES)


class TestWords:
    def test_a_crash_is_counted_with_the_one_that_is_being_waited_out(self):
        assert crash_words(crashed("CrashLoopBackOff")) == "Crashed 4 times"
        assert crash_words(crashed("CrashLoopBackOff", restartCount=0)) == "Crashed once"

    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            ("ImagePullBackOff", "Image not found"),
            ("InvalidImageName", "Bad image name"),
            ("CreateContainerError", "Cannot start"),
        ],
    )
    def test_what_is_wrong_is_said(self, reason, words):
        assert crash_words(crashed(reason)) == words

    def test_kubectl_words(self):
        assert kubectl_status(drawn.pod("a", state="ready")) == "Running"
        assert kubectl_status(drawn.pod("a", state="starting")) == "ContainerCreating"
        assert kubectl_status(drawn.pod("a", state="terminating")) == "Terminating"
        assert kubectl_status(crashed("CrashLoopBackOff")) == "CrashLoopBackOff"


class TestNode:
    def test_each_state(self):
        assert node_state(drawn.node()) == "ready"
        assert node_state(drawn.node(unschedulable=True)) == "cordoned"
        assert node_state(drawn.node(ready="Unknown", unschedulable=True)) == "notready"


class TestService:
    def test_each_state(self):
        plain = drawn.service("kubia")[0]
        cloud = drawn.service("kubia", type_="LoadBalancer")[0]
        public = drawn.service("kubia", type_="LoadBalancer", external="203.0.113.10")[0]
        assert service_state(plain, 1) == "ok"
        assert service_state(plain, 0) == "empty"
        assert service_state(cloud, 1) == "pending"
        assert service_state(public, 1) == "ok"
