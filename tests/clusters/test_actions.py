"""What people do to clusters, on the real engine, with its worker's passes run by hand."""

import time

import pytest

from clusters import actions, journal, memory
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.cluster import clock_of, has_cloud
from clusters.models import Cluster, Grant

pytestmark = pytest.mark.django_db

LEARNER = "learner"


@pytest.fixture
def cluster():
    """A learner's cluster of three nodes in which nothing takes time, and which has come to rest."""
    made = actions.create_cluster(LEARNER, delays="none")
    settle(made)
    return made


def settle(cluster):
    """Runs passes until nothing is left to do for now."""
    while actions.reconcile(cluster.pk, "test", 100, 1.0).result().more:
        pass


def image(cluster):
    return memory.image(cluster.pk)


def get(cluster, kind, name, namespace="default"):
    return image(cluster).get(kind, namespace, name)


def run_web(cluster, replicas=3):
    made = actions.create_replication_controller(
        cluster.pk, LEARNER, name="web", image="luksa/kubia", replicas=replicas
    )
    settle(cluster)
    return made


def pods(cluster):
    return image(cluster).list("Pod", "default")


def refusal(function, *arguments, **options):
    with pytest.raises(StatusError) as caught:
        function(*arguments, **options)
    return caught.value.code, caught.value.message


class TestSandboxes:
    def test_a_sandbox_has_three_nodes_and_is_its_makers(self):
        made = actions.open_sandbox(LEARNER)
        assert made.owner == LEARNER
        assert [node["metadata"]["name"] for node in image(made).list("Node")] == [
            "node-1",
            "node-2",
            "node-3",
        ]
        assert image(made).get("Service", "default", "kubernetes") is not None

    def test_it_is_there_again(self):
        assert actions.open_sandbox(LEARNER).pk == actions.open_sandbox(LEARNER).pk
        assert actions.open_sandbox("somebody else").pk != actions.open_sandbox(LEARNER).pk

    def test_the_cluster_used_last_is_opened(self):
        first, second = actions.create_cluster(LEARNER), actions.create_cluster(LEARNER)
        Cluster.objects.filter(pk=first.pk).update(used_at=second.used_at + 1)
        assert actions.open_sandbox(LEARNER).pk == first.pk

    def test_a_cluster_that_somebody_lent_is_not_taken_for_ones_own(self):
        lent = actions.open_sandbox("somebody else")
        Grant.objects.create(cluster=lent, person=LEARNER, role=Grant.Role.ACT)
        assert actions.open_sandbox(LEARNER).owner == LEARNER

    def test_a_person_has_at_most_five(self):
        for _ in range(5):
            actions.create_cluster(LEARNER)
        assert refusal(actions.create_cluster, LEARNER) == (403, "You may have at most 5 clusters.")
        assert Cluster.objects.filter(owner=LEARNER).count() == 5
        actions.create_cluster("somebody else")

    def test_ids_cannot_be_guessed_from_each_other(self):
        made = [actions.create_cluster(f"person-{number}") for number in range(5)]
        assert len({cluster.pk for cluster in made} | {cluster.seed for cluster in made}) == 10
        assert all(len(cluster.pk) == 12 for cluster in made)

    def test_a_new_cluster_is_due_at_once(self):
        assert actions.create_cluster(LEARNER).wake_at <= time.time()

    def test_limits_of_the_settings_hold_inside(self, settings):
        settings.LIFELINES_MAX_NODES = 4
        settings.LIFELINES_MAX_PODS = 2
        made = actions.create_cluster(LEARNER, delays="none")
        actions.add_node(made.pk, LEARNER)
        code, message = refusal(actions.add_node, made.pk, LEARNER)
        assert (code, "4 nodes" in message) == (403, True)
        run_web(made, 3)
        assert len(pods(made)) == 2

    def test_a_name_is_given_once_to_clusters_made_by_command(self):
        actions.create_cluster(LEARNER, name="demo")
        actions.create_named_cluster("demo")
        with pytest.raises(ValueError, match="already a cluster named demo"):
            actions.create_named_cluster("demo")


class TestObjects:
    def test_a_replication_controller_gets_its_pods(self, cluster):
        run_web(cluster)
        assert [pod["status"]["phase"] for pod in pods(cluster)] == ["Running"] * 3
        assert get(cluster, "ReplicationController", "web")["status"]["readyReplicas"] == 3

    def test_scaling_up_and_down(self, cluster):
        run_web(cluster)
        for replicas in (5, 1, 0):
            actions.scale(cluster.pk, LEARNER, "ReplicationController", "default", "web", replicas)
            settle(cluster)
            running = [pod for pod in pods(cluster) if "deletionTimestamp" not in pod["metadata"]]
            assert len(running) == replicas

    def test_wrong_numbers_are_refused_with_kubernetes_words(self, cluster):
        run_web(cluster)
        before = image(cluster)
        arguments = (cluster.pk, LEARNER, "ReplicationController", "default", "web", -1)
        code, message = refusal(actions.scale, *arguments)
        assert code == 422
        assert "spec.replicas: Invalid value: -1: must be greater than or equal to 0" in message
        assert image(cluster) is before

    def test_a_controllers_pods_are_exposed(self, cluster):
        run_web(cluster)
        exposed = {"kind": "ReplicationController", "namespace": "default", "name": "web"}
        made = actions.expose(
            cluster.pk, LEARNER, **exposed, service="front", type_="NodePort", port=80, target_port="8080"
        )
        assert made["spec"]["selector"] == {"app": "web"}
        assert made["spec"]["ports"][0]["targetPort"] == 8080
        settle(cluster)
        (subset,) = get(cluster, "Endpoints", "front")["subsets"]
        assert {address["ip"] for address in subset["addresses"]} == {
            pod["status"]["podIP"] for pod in pods(cluster)
        }

    def test_a_target_port_in_other_digits_is_neither_number_nor_name(self, cluster):
        run_web(cluster)
        exposed = {"kind": "ReplicationController", "namespace": "default", "name": "web"}
        wanted = {"service": "front", "type_": "ClusterIP", "port": 80, "target_port": "٨٠٨٠"}
        assert refusal(actions.expose, cluster.pk, LEARNER, **exposed, **wanted)[0] == 422

    def test_a_pod_is_exposed_by_its_labels_and_a_named_port(self, cluster):
        run_web(cluster, 1)
        (name,) = (pod["metadata"]["name"] for pod in pods(cluster))
        made = actions.expose(
            cluster.pk,
            LEARNER,
            kind="Pod",
            namespace="default",
            name=name,
            service="one",
            type_="ClusterIP",
            port=80,
            target_port="http",
        )
        assert made["spec"]["selector"] == {"app": "web"}
        assert made["spec"]["ports"][0]["targetPort"] == "http"

    def test_what_is_not_there_cannot_be_exposed(self, cluster):
        exposed = {"kind": "ReplicationController", "namespace": "default", "name": "nobody"}
        wanted = {"service": "x", "type_": "ClusterIP", "port": 80, "target_port": 80}
        assert refusal(actions.expose, cluster.pk, LEARNER, **exposed, **wanted)[0] == 404

    def test_a_killed_pod_is_replaced_and_counted(self, cluster):
        run_web(cluster)
        before = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in pods(cluster)}
        victim = min(before)
        actions.kill_pod(cluster.pk, LEARNER, "default", victim)
        actions.kill_pod(cluster.pk, LEARNER, "default", victim, force=True)
        settle(cluster)
        after = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in pods(cluster)}
        (new,) = set(after) - set(before)
        assert victim not in after
        assert len(after) == 3
        assert after[new] not in before.values()
        assert Cluster.objects.get(pk=cluster.pk).kills == 1

    def test_a_pod_that_is_not_there_cannot_be_killed(self, cluster):
        code, message = refusal(actions.kill_pod, cluster.pk, LEARNER, "default", "nobody")
        assert (code, message) == (404, 'pods "nobody" not found')
        assert Cluster.objects.get(pk=cluster.pk).kills == 0

    def test_the_journal_knows_who_and_why(self, cluster):
        run_web(cluster, 1)
        changes = journal.read(cluster.pk, 0)
        asked = next(change for change in changes if change.key.kind == "ReplicationController")
        created = next(change for change in changes if change.key.kind == "Pod")
        bound = next(change for change in changes if change.actor == "default-scheduler")
        assert (asked.actor, asked.cause) == ("person:learner", 0)
        assert (created.actor, created.cause) == ("replication-controller", asked.revision)
        assert bound.cause == created.revision

    def test_a_node_is_switched_off_and_on(self, cluster):
        actions.power(cluster.pk, LEARNER, "node-2", on=False)
        assert get(cluster, "Node", "node-2", "")["simulation"]["powered"] is False
        actions.power(cluster.pk, LEARNER, "node-2", on=True)
        assert get(cluster, "Node", "node-2", "")["simulation"]["powered"] is True

    def test_nodes_come_and_go(self, cluster):
        assert actions.add_node(cluster.pk, LEARNER)["metadata"]["name"] == "node-4"
        actions.delete_node(cluster.pk, LEARNER, "node-4")
        settle(cluster)
        assert get(cluster, "Node", "node-4", "") is None
        assert actions.add_node(cluster.pk, LEARNER)["metadata"]["name"] == "node-5"

    def test_a_cordoned_node_takes_no_pods(self, cluster):
        for name in ("node-1", "node-2"):
            actions.cordon(cluster.pk, LEARNER, name, unschedulable=True)
        settle(cluster)
        run_web(cluster)
        assert {pod["spec"]["nodeName"] for pod in pods(cluster)} == {"node-3"}
        actions.cordon(cluster.pk, LEARNER, "node-1", unschedulable=False)
        assert "unschedulable" not in get(cluster, "Node", "node-1", "")["spec"]

    def test_deleting_a_controller_takes_its_pods_along(self, cluster):
        run_web(cluster)
        actions.delete_object(cluster.pk, LEARNER, "ReplicationController", "default", "web")
        settle(cluster)
        assert all("deletionTimestamp" in pod["metadata"] for pod in pods(cluster))


class TestManifests:
    GOOD = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
    BAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}\n"

    def test_applying_says_what_happened(self, cluster):
        for said in ("created", "unchanged"):
            ((made, outcome),) = actions.apply_manifests(cluster.pk, LEARNER, self.GOOD)
            assert (made["metadata"]["name"], outcome) == ("shop", said)

    def test_all_or_nothing(self, cluster):
        before = image(cluster)
        code, _ = refusal(actions.apply_manifests, cluster.pk, LEARNER, f"{self.GOOD}---\n{self.BAD}")
        assert code == 422
        assert image(cluster) is before

    LAB = """\
apiVersion: v1
kind: Namespace
metadata: {name: lab}
---
{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: lab},
 spec: {containers: [{name: c, image: nginx}]}}
"""

    def test_a_namespace_and_a_pod_in_it_may_come_together(self, cluster):
        applied = actions.apply_manifests(cluster.pk, LEARNER, self.LAB)
        assert [outcome for _, outcome in applied] == ["created", "created"]
        assert image(cluster).get("ServiceAccount", "lab", "default") is not None

    def test_without_the_controller_manager_nobody_makes_the_pods_account(self, cluster):
        actions.set_component(cluster.pk, LEARNER, "kube-controller-manager", running=False)
        code, said = refusal(actions.apply_manifests, cluster.pk, LEARNER, self.LAB)
        assert code == 403
        assert 'serviceaccount "default" not found' in said
        assert image(cluster).get("Namespace", "", "lab") is None

    def test_the_settings_limit_the_size(self, cluster, settings):
        settings.LIFELINES_MAX_MANIFEST_BYTES = 50
        assert refusal(actions.apply_manifests, cluster.pk, LEARNER, self.GOOD)[0] == 413


class TestClockAndCloud:
    def test_a_speed_is_taken_without_a_jump(self, cluster):
        before = clock_of(image(cluster)).now(time.time())
        actions.set_clock(cluster.pk, LEARNER, speed=20)
        clock = clock_of(image(cluster))
        assert (clock.speed, clock.paused) == (20, False)
        assert 0 <= clock.now(clock.anchor_wall) - before < 1

    def test_pausing_keeps_the_speed(self, cluster):
        actions.set_clock(cluster.pk, LEARNER, speed=5)
        actions.set_clock(cluster.pk, LEARNER, paused=True)
        clock = clock_of(image(cluster))
        assert (clock.speed, clock.paused) == (5, True)
        assert clock.now(clock.anchor_wall + 100) == clock.anchor_simulated

    def test_other_speeds_are_refused(self, cluster):
        for speed in (0, -1, 3, 1e9):
            assert refusal(actions.set_clock, cluster.pk, LEARNER, speed=speed)[0] == 400

    def test_without_a_cloud_nobody_makes_a_load_balancer(self, cluster):
        actions.set_cloud(cluster.pk, LEARNER, False)
        assert not has_cloud(image(cluster))
        run_web(cluster, 1)
        exposed = {"kind": "ReplicationController", "namespace": "default", "name": "web"}
        wanted = {"service": "front", "type_": "LoadBalancer", "port": 80, "target_port": 8080}
        actions.expose(cluster.pk, LEARNER, **exposed, **wanted)
        settle(cluster)
        assert not get(cluster, "Service", "front")["status"]["loadBalancer"].get("ingress")
        actions.set_cloud(cluster.pk, LEARNER, True)
        settle(cluster)
        assert get(cluster, "Service", "front")["status"]["loadBalancer"]["ingress"]


def test_a_restart_in_mid_pull_loses_nothing_and_does_nothing_twice(monkeypatch):
    """The process ends while an image is being pulled; another one goes on from the database."""
    made = actions.create_cluster(LEARNER, nodes=1, delays="real")
    settle(made)
    run_web(made, 1)
    started, wall = time.time(), [0.0]
    monkeypatch.setattr("time.time", lambda: started + wall[0])
    for wall[0] in (1.0, 2.0, 3.0):
        settle(made)
        memory.drop_all()
    (pod,) = pods(made)
    assert pod["status"]["phase"] == "Pending"
    wall[0] = 60.0
    settle(made)
    (ready,) = pods(made)
    assert ready["metadata"]["uid"] == pod["metadata"]["uid"]
    assert ready["status"]["phase"] == "Running"
    told = [event["reason"] for event in image(made).indexed("events-by-object", pod["metadata"]["uid"])]
    assert sorted(told) == sorted(set(told)) == ["Created", "Pulled", "Pulling", "Scheduled", "Started"]
