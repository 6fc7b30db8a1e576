"""The official Python client, which checks every answer against the types it knows."""

import json
import threading

import pytest
from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream


@pytest.fixture
def apps(world):
    """The API of Deployments and ReplicaSets."""
    return client.AppsV1Api(config.new_client_from_config(str(world.kubeconfig)))


@pytest.fixture
def robot(world):
    """The core API for the account of the world's namespace, by a token of its own."""
    owner = config.new_client_from_config(str(world.kubeconfig)).configuration
    asking = client.Configuration()
    asking.host, asking.ssl_ca_cert = owner.host, owner.ssl_ca_cert
    asking.api_key["authorization"] = "Bearer " + world.kubectl("create", "token", "default").strip()
    return client.CoreV1Api(client.ApiClient(asking))


def pod(name, image="nginx", **labels):
    return client.V1Pod(
        metadata=client.V1ObjectMeta(name=name, labels=labels or None),
        spec=client.V1PodSpec(containers=[client.V1Container(name="main", image=image)]),
    )


def running(api, world, name):
    def found():
        status = api.read_namespaced_pod(name, world.namespace).status
        return status.phase == "Running" and status.pod_ip

    return world.eventually(found)


def test_it_reads_all_that_is_in_a_cluster(api, apps, world):
    assert len(api.list_node().items) >= 1
    assert "default" in {namespace.metadata.name for namespace in api.list_namespace().items}
    assert api.list_service_for_all_namespaces().items[0].spec.cluster_ip
    assert api.list_event_for_all_namespaces().kind == "EventList"
    assert apps.list_deployment_for_all_namespaces().items is not None
    assert {"v1"} <= set(client.CoreApi(api.api_client).get_api_versions().versions)
    assert client.VersionApi(api.api_client).get_code().major == "1"
    groups = {group.name for group in client.ApisApi(api.api_client).get_api_versions().groups}
    assert {"apps", "policy", "discovery.k8s.io"} <= groups


def test_an_account_comes_with_its_token_and_may_do_nothing(robot, api, world):
    name = f"system:serviceaccount:{world.namespace}:default"
    reviews = client.AuthenticationV1Api(robot.api_client)
    assert reviews.create_self_subject_review({}).status.user_info.username == name
    assert "v1" in client.CoreApi(robot.api_client).get_api_versions().versions
    with pytest.raises(ApiException) as refused:
        robot.list_namespaced_pod(world.namespace)
    assert refused.value.status == 403
    assert json.loads(refused.value.body)["message"] == (
        f'pods is forbidden: User "{name}" cannot list resource "pods" in API group ""'
        f' in the namespace "{world.namespace}"'
    )
    api.delete_namespaced_service_account("default", world.namespace)
    with pytest.raises(ApiException) as refused:
        robot.list_namespaced_pod(world.namespace)
    assert refused.value.status == 401


def test_a_pod_from_birth_to_death(api, world):
    made = api.create_namespaced_pod(world.namespace, pod("web", app="web"))
    assert made.metadata.uid
    address = running(api, world, "web")
    assert api.read_namespaced_pod_status("web", world.namespace).status.pod_ip == address
    patched = api.patch_namespaced_pod("web", world.namespace, {"metadata": {"labels": {"tier": "front"}}})
    assert patched.metadata.labels == {"app": "web", "tier": "front"}
    (listed,) = api.list_namespaced_pod(world.namespace, label_selector="tier=front").items
    assert listed.metadata.uid == made.metadata.uid
    api.delete_namespaced_pod("web", world.namespace, grace_period_seconds=0)
    with pytest.raises(ApiException) as refused:
        api.read_namespaced_pod("web", world.namespace)
    assert refused.value.status == 404


def test_a_stale_write_is_a_conflict(api, world):
    api.create_namespaced_config_map(
        world.namespace, client.V1ConfigMap(metadata=client.V1ObjectMeta(name="c"), data={"a": "1"})
    )
    mine = api.read_namespaced_config_map("c", world.namespace)
    api.patch_namespaced_config_map("c", world.namespace, {"data": {"a": "2"}})
    mine.data = {"a": "3"}
    with pytest.raises(ApiException) as refused:
        api.replace_namespaced_config_map("c", world.namespace, mine)
    assert refused.value.status == 409
    assert api.read_namespaced_config_map("c", world.namespace).data == {"a": "2"}


def test_pages_of_a_list_are_of_one_moment(api, world):
    for number in range(5):
        api.create_namespaced_config_map(
            world.namespace, client.V1ConfigMap(metadata=client.V1ObjectMeta(name=f"page-{number}"))
        )
    first = api.list_namespaced_config_map(world.namespace, limit=2)
    api.delete_namespaced_config_map("page-4", world.namespace)
    names = [item.metadata.name for item in first.items]
    versions = {first.metadata.resource_version}
    token = first.metadata._continue
    while token:
        page = api.list_namespaced_config_map(world.namespace, limit=2, _continue=token)
        names += [item.metadata.name for item in page.items]
        versions.add(page.metadata.resource_version)
        token = page.metadata._continue
    assert "page-4" in names
    assert names == sorted(names)
    assert len(versions) == 1


def test_a_watch_tells_what_happens_from_a_version_on(api, world):
    start = api.list_namespaced_pod(world.namespace).metadata.resource_version
    api.create_namespaced_pod(world.namespace, pod("web"))
    seen = []
    watching = watch.Watch()
    options = {"resource_version": start, "timeout_seconds": 30}
    for event in watching.stream(api.list_namespaced_pod, world.namespace, **options):
        seen.append((event["type"], event["object"].metadata.name))
        if event["type"] == "MODIFIED" and event["object"].status.phase == "Running":
            api.delete_namespaced_pod("web", world.namespace, grace_period_seconds=0)
        if event["type"] == "DELETED":
            watching.stop()
    assert seen[0] == ("ADDED", "web")
    assert seen[-1] == ("DELETED", "web")
    assert {kind for kind, _ in seen[1:-1]} == {"MODIFIED"}


def test_a_version_that_is_to_come_is_refused(api, world):
    with pytest.raises(ApiException) as refused:
        api.list_namespaced_pod(
            world.namespace, resource_version="99999999", resource_version_match="NotOlderThan"
        )
    assert refused.value.status == 504


def test_a_deployment_is_rolled_out(apps, api, world):
    labels = {"app": "shop"}
    made = client.V1Deployment(
        metadata=client.V1ObjectMeta(name="shop"),
        spec=client.V1DeploymentSpec(
            replicas=2,
            selector=client.V1LabelSelector(match_labels=labels),
            template=client.V1PodTemplateSpec(
                metadata=client.V1ObjectMeta(labels=labels),
                spec=client.V1PodSpec(containers=[client.V1Container(name="shop", image="nginx:1.27")]),
            ),
        ),
    )
    apps.create_namespaced_deployment(world.namespace, made)
    world.eventually(
        lambda: apps.read_namespaced_deployment("shop", world.namespace).status.ready_replicas == 2
    )
    apps.patch_namespaced_deployment_scale("shop", world.namespace, {"spec": {"replicas": 3}})
    assert apps.read_namespaced_deployment_scale("shop", world.namespace).spec.replicas == 3
    world.eventually(
        lambda: apps.read_namespaced_deployment("shop", world.namespace).status.ready_replicas == 3
    )
    sets = apps.list_namespaced_replica_set(world.namespace, label_selector="app=shop").items
    assert [owned.metadata.owner_references[0].kind for owned in sets] == ["Deployment"]


def test_exec_talks_to_a_container(api, world):
    api.create_namespaced_pod(world.namespace, pod("web"))
    running(api, world, "web")
    said = stream(
        api.connect_get_namespaced_pod_exec,
        "web",
        world.namespace,
        command=["hostname"],
        stdout=True,
        stderr=True,
        stdin=False,
        tty=False,
    )
    assert said.strip() == "web"


def test_eviction_asks_the_budget(api, world):
    api.create_namespaced_pod(world.namespace, pod("web", app="web"))
    running(api, world, "web")
    budgets = client.PolicyV1Api(api.api_client)
    budget = client.V1PodDisruptionBudget(
        metadata=client.V1ObjectMeta(name="keep"),
        spec=client.V1PodDisruptionBudgetSpec(
            min_available=1, selector=client.V1LabelSelector(match_labels={"app": "web"})
        ),
    )
    budgets.create_namespaced_pod_disruption_budget(world.namespace, budget)
    world.eventually(
        lambda: (
            budgets.read_namespaced_pod_disruption_budget("keep", world.namespace).status.current_healthy == 1
        )
    )
    eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name="web", namespace=world.namespace))
    with pytest.raises(ApiException) as refused:
        api.create_namespaced_pod_eviction("web", world.namespace, eviction)
    assert refused.value.status == 429
    budgets.delete_namespaced_pod_disruption_budget("keep", world.namespace)
    api.create_namespaced_pod_eviction("web", world.namespace, eviction)
    world.eventually(lambda: not api.list_namespaced_pod(world.namespace).items)


def test_a_log_is_followed_to_its_end(api, world):
    once = pod("once", image="busybox")
    once.spec.restart_policy = "Never"
    once.spec.containers[0].command = ["sh", "-c", "echo first; sleep 2; echo last"]
    api.create_namespaced_pod(world.namespace, once)
    world.eventually(lambda: api.read_namespaced_pod("once", world.namespace).status.phase != "Pending")
    lines = []

    def follow():
        answer = api.read_namespaced_pod_log("once", world.namespace, follow=True, _preload_content=False)
        lines.extend(line.decode().strip() for line in answer)

    reader = threading.Thread(target=follow)
    reader.start()
    reader.join(timeout=30)
    assert not reader.is_alive()
    assert lines == ["first", "last"]
