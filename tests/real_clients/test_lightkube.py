"""A client of another make: lightkube, with dataclasses and server-side apply at its heart."""

import pytest
from lightkube import ApiError, Client, KubeConfig
from lightkube.models.core_v1 import Container, PodSpec, PodTemplateSpec, ReplicationControllerSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Node, Pod, ReplicationController


@pytest.fixture
def lightkube(world):
    """The client, at home in the test's namespace, as a field manager of its own."""
    config = KubeConfig.from_file(world.kubeconfig)
    return Client(config, namespace=world.namespace, field_manager="lightkube")


def controller(replicas):
    template = PodTemplateSpec(
        metadata=ObjectMeta(labels={"app": "kubia"}),
        spec=PodSpec(
            containers=[Container(name="kubia", image="luksa/kubia")], terminationGracePeriodSeconds=1
        ),
    )
    return ReplicationController(
        apiVersion="v1",
        kind="ReplicationController",
        metadata=ObjectMeta(name="kubia"),
        spec=ReplicationControllerSpec(replicas=replicas, selector={"app": "kubia"}, template=template),
    )


def test_what_is_applied_comes_to_be(lightkube, world):
    lightkube.apply(controller(2))
    world.eventually(lambda: lightkube.get(ReplicationController, "kubia").status.readyReplicas == 2)
    lightkube.apply(controller(1))
    world.eventually(lambda: len(list(lightkube.list(Pod, labels={"app": "kubia"}))) == 1)


def test_two_managers_of_one_field_conflict(lightkube):
    def settings(colour):
        return ConfigMap(
            apiVersion="v1", kind="ConfigMap", metadata=ObjectMeta(name="settings"), data={"colour": colour}
        )

    lightkube.apply(settings("blue"), field_manager="first")
    with pytest.raises(ApiError) as refused:
        lightkube.apply(settings("red"), field_manager="second")
    assert refused.value.status.code == 409
    assert 'conflict with "first"' in refused.value.status.message
    lightkube.apply(settings("red"), field_manager="second", force=True)
    assert lightkube.get(ConfigMap, "settings").data == {"colour": "red"}


def test_it_waits_for_a_condition(lightkube):
    lightkube.create(
        Pod(metadata=ObjectMeta(name="web"), spec=PodSpec(containers=[Container(name="web", image="nginx")]))
    )
    ready = lightkube.wait(Pod, "web", for_conditions=["Ready"])
    assert ready.status.podIP


def test_it_watches_nodes(lightkube):
    names = {node.metadata.name for node in lightkube.list(Node)}
    seen = set()
    for what, node in lightkube.watch(Node):
        assert what == "ADDED"
        seen.add(node.metadata.name)
        if seen == names:
            break
