"""Pods that wait for a ConfigMap or a Secret."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet.environment import environment_of
from clusters.engine.kubelet.kubelet import Kubelet
from clusters.engine.objects import is_ready, simulation_of
from tests.engine.builders import make_node, make_pod, make_store
from tests.engine.world import World, simple_pod


def config_map(name="y", **data):
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": data,
    }


def secret(name="y", **texts):
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": texts}


def world(*objects, volumes=(), policy="Always", **container):
    pod = make_pod("p", node="node-1", image="nginx:1.27")
    pod["spec"]["restartPolicy"] = policy
    pod["spec"]["containers"][0].update(container)
    pod["spec"]["volumes"] = list(volumes)
    return World(make_store(make_node(), pod, *objects, delays="real"), Kubelet)


def waiting(w):
    return w.container()["state"].get("waiting", {})


def environment(w):
    return environment_of(w.store, w.pod(), w.pod()["spec"]["containers"][0])


MISSING = [{"configMapRef": {"name": "y"}}]


class TestVolumes:
    VOLUME = ({"name": "x", "configMap": {"name": "y"}},)

    def test_a_missing_one_is_told_again_and_again_and_nothing_starts(self):
        w = world(volumes=self.VOLUME)
        said = 'MountVolume.SetUp failed for volume "x" : configmap "y" not found'
        assert w.events(w.pod()) == [("FailedMount", said)]
        w.wait(4)
        assert w.count_of(w.pod(), "FailedMount") == 4
        assert waiting(w) == {"reason": "ContainerCreating"}
        assert "podIP" not in w.pod()["status"]
        w.wait(3600)
        assert w.count_of(w.pod(), "FailedMount") == 9 + (3600 - 128 + 4) // 122

    def test_the_pod_starts_once_it_is_there(self):
        w = world(volumes=self.VOLUME)
        w.wait(20)
        w.act(verbs.create, config_map())
        w.wait(11)
        assert w.count_of(w.pod(), "FailedMount") == 6
        w.wait(6)
        assert is_ready(w.pod())
        assert "mount" not in simulation_of(w.pod())

    def test_a_pod_that_runs_does_not_miss_it(self):
        w = world(config_map(), volumes=self.VOLUME)
        w.wait(10)
        w.act(verbs.delete, "ConfigMap", "default", "y")
        w.wait(300)
        assert is_ready(w.pod())
        assert w.count_of(w.pod(), "FailedMount") == 0

    def test_an_optional_one_may_be_missing(self):
        w = world(volumes=[{"name": "x", "secret": {"secretName": "y", "optional": True}}])
        w.wait(10)
        assert is_ready(w.pod())

    def test_after_a_restart_of_the_simulator_it_goes_on_waiting(self):
        w = world(volumes=self.VOLUME)
        w.wait(4)
        w = w.restart()
        assert w.count_of(w.pod(), "FailedMount") == 4
        w.wait(4)
        assert w.count_of(w.pod(), "FailedMount") == 5

    def test_a_waiting_pod_can_be_deleted(self):
        w = world(volumes=self.VOLUME)
        w.act(verbs.delete, "Pod", "default", "p")
        assert w.get("Pod", "p") is None


class TestVariables:
    @pytest.mark.parametrize(
        ("container", "error"),
        [
            ({"envFrom": MISSING}, 'configmap "y" not found'),
            ({"envFrom": [{"secretRef": {"name": "y"}}]}, 'secret "y" not found'),
        ],
    )
    def test_without_them_the_container_is_not_made(self, container, error):
        w = world(**container)
        w.wait(5)
        assert waiting(w) == {"reason": "CreateContainerConfigError", "message": error}
        assert w.pod()["status"]["phase"] == "Pending"
        assert w.events(w.pod())[-1] == ("Failed", f"Error: {error}")
        assert "Created" not in dict(w.events(w.pod()))

    def test_it_is_tried_again_and_starts_once_they_are_there(self):
        w = world(envFrom=MISSING)
        w.wait(40)
        assert w.count_of(w.pod(), "Failed") == 3
        w.act(verbs.create, config_map(color="red"))
        w.wait(20)
        assert is_ready(w.pod())
        assert w.container()["restartCount"] == 0
        assert environment(w)["color"] == "red"

    def test_what_stays_missing_is_soon_told_only_now_and_then(self):
        w = world(envFrom=MISSING)
        w.wait(2 * 3600)
        assert w.count_of(w.pod(), "Failed") < 50
        revision = w.store.revision
        w.wait(290)
        assert w.store.revision - revision < 10

    def test_a_running_container_keeps_its_values_until_it_is_started_again(self):
        w = world(config_map(color="red"), envFrom=MISSING)
        w.wait(10)
        changed = {**w.get("ConfigMap", "y"), "data": {"color": "blue"}}
        w.act(verbs.update, changed)
        assert environment(w)["color"] == "red"
        image = {**w.pod()["spec"]["containers"][0], "image": "nginx:1.28"}
        w.act(verbs.update, {**w.pod(), "spec": {**w.pod()["spec"], "containers": [image]}})
        w.wait(20)
        assert is_ready(w.pod())
        assert environment(w)["color"] == "blue"

    def test_a_program_may_get_from_a_secret_what_it_cannot_do_without(self):
        w = World(make_store(make_node(), delays="real"))
        w.act(verbs.create, secret(MYSQL_ROOT_PASSWORD="x"))
        w.act(verbs.create, simple_pod(image="mysql", envFrom=[{"secretRef": {"name": "y"}}]))
        w.wait(120)
        assert is_ready(w.pod())

    def test_words_of_a_command_may_be_variables(self):
        env = [{"name": "SECONDS", "value": "7"}]
        command = ["sleep", "$(SECONDS)"]
        w = world(env=env, command=command, image="busybox:1.36", policy="Never")
        w.wait(6)
        assert w.pod()["status"]["phase"] == "Running"
        w.wait(7)
        assert w.pod()["status"]["phase"] == "Succeeded"
