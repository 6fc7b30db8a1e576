"""The five steps of `kubectl run` follow from the image and the journal, and stop exactly where they do."""

import pytest
from django.utils import translation

from clusters.engine import cluster as settings
from clusters.engine.apiserver import verbs
from clusters.engine.changes import DELETED
from clusters.engine.kubelet import node_status
from clusters.engine.objects import name_of, uid_of
from clusters.engine.store import Entry, MemoryStore
from clusters.web.following import followed
from clusters.web.requests import short_line
from clusters.web.steps import SHOWN_FOR, walk_of
from clusters.web.widths import text_width
from tests.web.stories import START
from tests.web.test_chain import Log
from tests.web.test_real_story import CONTROLLER, Cluster

ONE = {**CONTROLLER, "spec": {**CONTROLLER["spec"], "replicas": 1}}


def pod(name="web", image="nginx", **spec):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"run": name}},
        "spec": {"containers": [{"name": name, "image": image}], **spec},
    }


@pytest.fixture
def cluster():
    return Cluster()


def run(cluster, seconds=5, **fields):
    cluster.act(seconds, lambda store: verbs.create(store, pod(**fields)))


def image_at(cluster, revision):
    """The image and the journal as they were."""
    image, changes = MemoryStore(), [c for c in cluster.store.changes if c.revision <= revision]
    for change in changes:
        entry = None if change.verb == DELETED else Entry(change.object)
        image = image.with_entries(change.revision, [(change.key, entry)])
    return image, Log([change for change in changes if change.key.kind != "Event"])


def now(cluster):
    with translation.override("en"):
        return followed(*image_at(cluster, cluster.store.revision))


def at(cluster, revision):
    return followed(*image_at(cluster, revision))


def states(walk):
    return {stage.key: stage.state for stage in walk.stages}


def stops(walk):
    """Where a walk is, how it is there, and why."""
    reached = [stage.state for stage in walk.stages]
    assert reached == sorted(reached, key=["done", walk.current.state, "waits"].index)
    assert reached.count(walk.current.state) == 1
    return walk.current.key, walk.current.state, walk.current.text


def stop(component):
    return lambda store: settings.set_component(store, component, running=False)


class TestFiveSteps:
    def test_each_entry_of_the_journal_brings_its_stage(self, cluster):
        run(cluster)
        cluster.until(30)
        uid = uid_of(cluster.store.get("Pod", "default", "web"))
        actors = {c.revision: c.actor.partition("/")[0] for c in cluster.store.changes}
        seen = []
        for change in cluster.store.changes:
            walk = at(cluster, change.revision)
            for stage in walk.stages if walk else ():
                assert walk.uid == uid
                if stage.revision and (stage.key, stage.revision) not in seen:
                    seen.append((stage.key, stage.revision))
                    assert stage.revision == change.revision
        assert [(key, actors[revision]) for key, revision in seen] == [
            ("request", "person:1"),
            ("etcd", "person:1"),
            ("scheduler", "default-scheduler"),
            ("kubelet", "kubelet"),
            ("runtime", "kubelet"),
            ("pull", "kubelet"),
            ("run", "kubelet"),
            ("run", "kubelet"),
        ]

    def test_the_numbers_are_those_of_the_book(self, cluster):
        run(cluster)
        cluster.until(20)
        walk = now(cluster)
        assert [(stage.number, stage.place, stage.text) for stage in walk.stages] == [
            (1, "apiserver", "POST /api/v1/namespaces/default/pods"),
            (2, "etcd", f"etcd keeps it, revision {walk.asked}"),
            (2, "scheduler", f"web → {walk.stages[3].node}"),
            (3, "kubelet", f"kubelet on {walk.stages[3].node} hears of it"),
            (4, "runtime", "kubelet tells containerd to run it"),
            (5, "runtime", "containerd pulls nginx"),
            (5, "runtime", "containerd runs nginx"),
        ]
        assert {stage.state for stage in walk.stages} == {"done"}

    def test_in_book_mode_the_runtime_is_docker(self, cluster):
        cluster.act(1, lambda store: settings.set_book(store, True))
        run(cluster)
        cluster.until(20)
        assert [stage.text for stage in now(cluster).stages][-3:] == [
            "kubelet tells Docker to run it",
            "Docker pulls nginx",
            "Docker runs nginx",
        ]

    def test_a_pull_says_from_when_to_when(self, cluster):
        run(cluster)
        cluster.until(6.5)
        stage = now(cluster).current
        assert (stage.key, stage.state) == ("pull", "now")
        begin, end = stage.pulling
        assert begin < START + 6.5 < end

    def test_an_image_that_is_there_is_not_pulled(self, cluster):
        run(cluster, image="nginx:1.27", nodeSelector={"kubernetes.io/hostname": "node-1"})
        run(cluster, 60, name="again", image="nginx:1.27", nodeSelector={"kubernetes.io/hostname": "node-1"})
        cluster.until(65)
        walk = now(cluster)
        assert (walk.name, walk.stages[-2].text) == ("again", "nginx:1.27 is there already")
        assert walk.stages[-2].state == "done"

    def test_a_pod_that_names_its_node_needs_no_scheduler(self, cluster):
        run(cluster, nodeName="node-2")
        cluster.until(20)
        assert list(states(now(cluster))) == ["request", "etcd", "kubelet", "runtime", "pull", "run"]


class TestWhoIsFollowed:
    def test_nobody_while_nothing_happens(self, cluster):
        cluster.until(60)
        assert now(cluster) is None

    def test_a_pod_that_runs_is_shown_a_little_longer(self, cluster):
        run(cluster)
        cluster.until(30)
        ended = now(cluster).ended
        run(cluster, ended - START + SHOWN_FOR - 1, name="b", image="nginx", schedulerName="mine")
        assert now(cluster).name == "b"
        cluster.act(ended - START + SHOWN_FOR + 1, lambda store: verbs.delete(store, "Pod", "default", "b"))
        assert now(cluster) is None

    def test_the_newest_pod_that_somebody_asked_for(self, cluster):
        run(cluster, name="a", image="luksa/kubia")
        run(cluster, 6.2, name="b", image="luksa/kubia")
        assert now(cluster).name == "b"

    def test_a_pod_without_a_person_is_nobodys_walk(self, cluster):
        cluster.until(5)
        with cluster.store.acting("bootstrap"):
            verbs.create(cluster.store, pod())
        assert now(cluster) is None

    def test_a_pod_whose_beginning_is_forgotten_is_not_followed(self, cluster):
        run(cluster, schedulerName="mine")
        image, log = image_at(cluster, cluster.store.revision)
        uid = uid_of(cluster.store.get("Pod", "default", "web"))
        beginning = log.of(uid)[0].revision
        log = Log([change for change in cluster.store.changes if change.revision != beginning])
        assert walk_of(image, log, uid) is None
        assert followed(image, log) is None


class TestControllers:
    def test_a_controllers_pod_begins_with_the_request_for_the_controller(self, cluster):
        cluster.act(5, lambda store: verbs.create(store, ONE))
        asked = cluster.store.revision
        assert stops(now(cluster)) == ("controllers", "now", "controller makes a pod")
        assert now(cluster).uid == ""
        cluster.until(6)
        walk = now(cluster)
        created = cluster.pods()[0]
        assert (walk.name, walk.uid, walk.asked) == (name_of(created), uid_of(created), asked)
        assert [(s.key, s.number) for s in walk.stages][:4] == [
            ("request", 1),
            ("etcd", 2),
            ("controllers", 2),
            ("scheduler", 2),
        ]
        assert walk.stages[0].text == "POST /api/v1/namespaces/default/replicationcontrollers"
        assert walk.stages[2].text == f"controller makes pod {name_of(created)}"

    def test_a_replacement_begins_with_the_kill(self, cluster):
        cluster.act(5, lambda store: verbs.create(store, ONE))
        cluster.until(60)
        victim = name_of(cluster.pods()[0])
        cluster.act(61, lambda store: verbs.delete(store, "Pod", "default", victim))
        cluster.until(62)
        walk = now(cluster)
        assert walk.stages[0].text == f"DELETE /api/v1/namespaces/default/pods/{victim}"
        assert walk.name not in ("", victim)

    def test_scaling_up_is_a_patch_of_the_scale(self, cluster):
        cluster.act(5, lambda store: verbs.create(store, ONE))
        cluster.act(60, lambda store: verbs.scale(store, "ReplicationController", "default", "kubia", 2))
        path = "/api/v1/namespaces/default/replicationcontrollers/kubia/scale"
        assert now(cluster).stages[0].text == f"PATCH {path}"

    def test_scaling_down_makes_no_pod(self, cluster):
        cluster.act(5, lambda store: verbs.create(store, CONTROLLER))
        cluster.act(60, lambda store: verbs.scale(store, "ReplicationController", "default", "kubia", 1))
        assert now(cluster) is None

    def test_what_moves_when_the_power_goes_asked_for_nothing(self, cluster):
        cluster.act(5, lambda store: verbs.create(store, ONE))
        cluster.until(30)
        node = cluster.pods()[0]["spec"]["nodeName"]
        cluster.act(31, lambda store: node_status.power_off(store, node))
        cluster.until(500)
        last = max(cluster.pods(), key=lambda found: found["metadata"]["creationTimestamp"])
        walk = walk_of(*image_at(cluster, cluster.store.revision), uid_of(last))
        assert [stage.key for stage in walk.stages][:2] == ["controllers", "scheduler"]


class TestStalls:
    def test_the_scheduler_is_stopped(self, cluster):
        cluster.act(1, stop("default-scheduler"))
        run(cluster)
        cluster.until(60)
        assert stops(now(cluster)) == ("scheduler", "stalled", "the scheduler is stopped")

    def test_the_controller_manager_is_stopped(self, cluster):
        cluster.act(1, stop("kube-controller-manager"))
        cluster.act(5, lambda store: verbs.create(store, ONE))
        cluster.until(60)
        assert stops(now(cluster)) == ("controllers", "stalled", "the controller manager is stopped")

    def test_it_goes_on_when_the_controller_manager_is_started(self, cluster):
        cluster.act(1, stop("kube-controller-manager"))
        cluster.act(5, lambda store: verbs.create(store, ONE))
        asked = cluster.store.revision
        start = lambda store: settings.set_component(store, "kube-controller-manager", running=True)  # noqa: E731
        cluster.act(20, start)
        cluster.until(21)
        assert now(cluster).asked == asked
        assert states(now(cluster))["controllers"] == "done"

    def test_nobody_replaces_a_pod_while_the_controller_manager_is_stopped(self, cluster):
        cluster.act(5, lambda store: verbs.create(store, ONE))
        cluster.act(60, stop("kube-controller-manager"))
        victim = name_of(cluster.pods()[0])
        cluster.act(61, lambda store: verbs.delete(store, "Pod", "default", victim))
        cluster.until(120)
        assert stops(now(cluster))[:2] == ("controllers", "stalled")
        assert now(cluster).stages[0].text.startswith("DELETE ")

    def test_no_node_fits(self, cluster):
        run(cluster, nodeSelector={"disk": "ssd"})
        cluster.until(20)
        key, state, text = stops(now(cluster))
        assert (key, state) == ("scheduler", "stalled")
        assert text == "no node fits"
        assert now(cluster).current.message.startswith("0/3 nodes are available")

    def test_nobody_schedules_it(self, cluster):
        run(cluster, schedulerName="mine")
        cluster.until(20)
        assert stops(now(cluster)) == ("scheduler", "stalled", "there is no scheduler mine")

    def test_the_kubelet_is_stopped(self, cluster):
        cluster.act(1, lambda store: node_status.stop_kubelet(store, "node-2"))
        run(cluster, nodeName="node-2")
        cluster.until(20)
        assert stops(now(cluster)) == ("kubelet", "stalled", "kubelet on node-2 is stopped")

    def test_the_node_is_off(self, cluster):
        cluster.act(1, lambda store: node_status.power_off(store, "node-2"))
        run(cluster, nodeName="node-2")
        cluster.until(20)
        assert stops(now(cluster)) == ("kubelet", "stalled", "node-2 has no power")

    def test_the_power_goes_in_the_middle_of_a_pull(self, cluster):
        run(cluster, nodeName="node-2")
        cluster.act(6.5, lambda store: node_status.power_off(store, "node-2"))
        cluster.until(20)
        assert stops(now(cluster)) == ("pull", "stalled", "node-2 has no power")
        assert now(cluster).current.pulling is None

    def test_the_image_is_not_found(self, cluster):
        run(cluster, image="nothing/here")
        cluster.until(60)
        key, state, text = stops(now(cluster))
        assert (key, state) == ("pull", "stalled")
        assert text == "the image cannot be pulled"
        assert now(cluster).current.message.startswith("failed to pull and unpack image")

    def test_no_image_can_be_pulled(self, cluster):
        cluster.act(1, lambda store: settings.set_pulls(store, "fail"))
        run(cluster)
        cluster.until(20)
        assert stops(now(cluster))[:2] == ("pull", "stalled")

    def test_a_volume_is_missing(self, cluster):
        run(cluster, volumes=[{"name": "v", "configMap": {"name": "none"}}])
        cluster.until(20)
        assert stops(now(cluster)) == ("runtime", "stalled", "kubelet waits for a volume of the pod")

    def test_a_variable_has_no_source(self, cluster):
        env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "a"}}}]
        cluster.act(
            5,
            lambda store: verbs.create(store, pod(containers=[{"name": "a", "image": "nginx", "env": env}])),
        )
        cluster.until(20)
        assert stops(now(cluster))[:2] == ("run", "stalled")

    def test_a_quota_refuses_the_pod(self, cluster):
        quota = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "none", "namespace": "default"},
            "spec": {"hard": {"pods": "0"}},
        }
        cluster.act(1, lambda store: verbs.create(store, quota))
        cluster.act(5, lambda store: verbs.create(store, ONE))
        cluster.until(10)
        key, state, text = stops(now(cluster))
        assert (key, state) == ("controllers", "stalled")
        assert text == "the API server refuses the pod"
        assert "exceeded quota" in now(cluster).current.label


def test_a_request_line_keeps_its_method_and_its_end():
    line = "DELETE /apis/apps/v1/namespaces/default/deployments/a-name-that-is-long"
    for width in range(80, 500, 7):
        short = short_line(line, width, 11.2)
        assert text_width(short, 11.2) <= width
        assert short.startswith("DELETE …/") or (short.startswith("DELETE /") and short.endswith("-long"))
    assert short_line(line, 500, 11.2) == line
