"""A Deployment on the page: in the panel, in the inspector, and in the stories of what it brought about."""

import copy
import json

import pytest
from django.template import engines
from django.template.loader import render_to_string
from django.test import Client

from clusters import memory
from clusters.engine.apiserver import verbs
from clusters.engine.objects import REMOVE, Key, controller_of, name_of, uid_of, with_value
from clusters.models import Cluster
from clusters.web import panel
from clusters.web.inspector import inspect
from clusters.web.lineage import History
from clusters.web.map.surroundings import _controllers
from tests.web.stories import START
from tests.web.test_chain import Log
from tests.web.test_real_story import Cluster as RealCluster

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "kubia", "namespace": "default"},
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": {"app": "kubia"}},
        "template": {
            "metadata": {"labels": {"app": "kubia"}},
            "spec": {"containers": [{"name": "kubia", "image": "luksa/kubia:v1"}]},
        },
    },
}
KEY = Key("Deployment", "default", "kubia")
YAML = json.dumps(DEPLOYMENT)


def set_field(*path_and_value):
    """A person's change of one field."""
    *path, value = path_and_value
    return lambda store: verbs.update(store, with_value(store.get(*KEY), tuple(path), value))


def image(name):
    template = copy.deepcopy(DEPLOYMENT["spec"]["template"])
    template["spec"]["containers"][0]["image"] = name
    return set_field("spec", "template", template)


@pytest.fixture
def cluster():
    running = RealCluster()
    running.act(10, lambda store: verbs.create(store, DEPLOYMENT))
    running.until(60)
    assert len(running.pods()) == 3
    return running


@pytest.fixture
def rolling(cluster):
    """In the middle of a rollout: two pods are old, two are new."""
    cluster.act(60, image("luksa/kubia:v2"))
    cluster.until(72)
    return cluster


def sets(cluster):
    """Old and new ReplicaSet."""
    found = cluster.store.list("ReplicaSet")
    return sorted(found, key=lambda obj: obj["metadata"]["annotations"]["deployment.kubernetes.io/revision"])


def look(cluster, key, tab="why"):
    image = cluster.store.publish()
    return inspect(image, Log(cluster.store.changes), key, tab, now=cluster.store.now)


def facts(view):
    return {fact.label: fact.value for fact in view.facts}


def toast(response):
    return json.loads(response.headers["HX-Trigger"])["toast"]


def html_of(name, **context):
    return engines["jinja2"].get_template(f"clusters/{name}.jinja").render({"base": "/c/abc", **context})


class TestThePanel:
    def test_lists_a_deployment_with_its_size(self, cluster):
        (made,) = panel.workloads(cluster.store).controllers
        assert (made.kind, made.plural, made.name) == ("Deployment", "deployments", "kubia")
        assert (made.ready, made.replicas) == (3, 3)
        assert [part.name for part in made.parts] == [name_of(sets(cluster)[0])]

    def test_shows_the_sets_of_a_rollout_below_it(self, rolling):
        (made,) = panel.workloads(rolling.store).controllers
        assert {(part.name, part.ready, part.replicas) for part in made.parts} == {
            (name_of(sets(rolling)[0]), 2, 2),
            (name_of(sets(rolling)[1]), 1, 2),
        }

    def test_leaves_out_the_sets_of_older_revisions(self, rolling):
        rolling.until(200)
        (made,) = panel.workloads(rolling.store).controllers
        assert [part.name for part in made.parts] == [name_of(sets(rolling)[1])]

    def test_lists_a_replica_set_that_belongs_to_nobody(self, cluster):
        bare = {**DEPLOYMENT, "kind": "ReplicaSet", "metadata": {"name": "bare", "namespace": "default"}}
        bare = with_value(bare, ("spec", "selector"), {"matchLabels": {"app": "kubia", "bare": "yes"}})
        bare = with_value(bare, ("spec", "template", "metadata", "labels"), {"app": "kubia", "bare": "yes"})
        cluster.act(61, lambda store: verbs.create(store, bare))
        assert [made.kind for made in panel.workloads(cluster.store).controllers] == [
            "Deployment",
            "ReplicaSet",
        ]

    def test_offers_to_scale_and_to_delete_it(self, rolling):
        html = html_of("workloads", workloads=panel.workloads(rolling.store))
        assert 'hx-post="/c/abc/deployments/default/kubia/scale"' in html
        assert 'hx-post="/c/abc/deployments/default/kubia/delete"' in html
        assert 'aria-label="Delete Deployment kubia"' in html
        for part in sets(rolling):
            assert f'data-kind="ReplicaSet" data-namespace="default" data-name="{name_of(part)}"' in html

    def test_offers_it_to_a_service(self, cluster):
        html = html_of("expose_controller", controllers=panel.workloads(cluster.store).controllers)
        assert '<option value="Deployment/default/kubia">kubia</option>' in html

    def test_leads_on_to_a_service(self, cluster):
        assert panel.guide(cluster.store, cluster.history()).step == 1

    def test_the_map_tells_its_count(self, cluster):
        assert _controllers(cluster.store) == "kubia: 3 of 3"


class TestTheInspector:
    def test_a_deployments_facts(self, rolling):
        view = look(rolling, KEY)
        assert facts(view) == {
            "Revision": "2",
            "Up to date": "2 of 3",
            "Ready": "3 of 3",
            "Wants": "3 pods",
            "Image": "luksa/kubia:v2",
            "Selector": "app=kubia",
            "Strategy": "RollingUpdate",
        }
        assert (view.pill.word, view.pill.tone) == ("3 of 3 ready", "run")

    def test_a_paused_rollout_says_so(self, rolling):
        rolling.act(73, set_field("spec", "paused", True))
        fact = next(fact for fact in look(rolling, KEY).facts if fact.label == "Rollout")
        assert (fact.value, fact.tone) == ("paused", "work")

    def test_a_replica_sets_facts(self, cluster):
        (made,) = sets(cluster)
        hashed = made["metadata"]["labels"]["pod-template-hash"]
        assert facts(look(cluster, Key("ReplicaSet", "default", name_of(made)))) == {
            "Owner": "Deployment kubia",
            "Revision": "1",
            "Ready": "3 of 3",
            "Wants": "3 pods",
            "Image": "luksa/kubia:v1",
            "Selector": f"app=kubia,pod-template-hash={hashed}",
            "Labels": f"app=kubia,pod-template-hash={hashed}",
        }

    def test_a_pod_names_the_set_it_belongs_to(self, cluster):
        pod = cluster.pods()[0]
        view = look(cluster, Key("Pod", "default", name_of(pod)))
        assert facts(view)["Owner"] == f"ReplicaSet {controller_of(pod)['name']}"

    def test_a_deployment_can_be_scaled_exposed_and_deleted(self, cluster):
        html = render_to_string("clusters/inspector.jinja", {"view": look(cluster, KEY), "base": "/c/abc"})
        assert 'hx-post="/c/abc/deployments/default/kubia/scale"' in html
        assert 'hx-post="/c/abc/deployments/default/kubia/delete"' in html
        assert 'data-expose="Deployment/default/kubia"' in html

    def test_a_set_of_a_deployment_is_not_scaled_by_people(self, cluster):
        actions_of = look(cluster, Key("ReplicaSet", "default", name_of(sets(cluster)[0]))).actions
        assert (actions_of.scale, actions_of.expose, actions_of.delete) == (False, False, "replicasets")

    def test_its_events_tell_of_the_rollout(self, rolling):
        events = [(event.reason, event.source) for event in look(rolling, KEY, "events").events]
        assert set(events) == {("ScalingReplicaSet", "deployment-controller")}


class TestTheStory:
    def test_of_a_first_pod_begins_with_who_made_the_deployment(self, cluster):
        made, pod = sets(cluster)[0], cluster.pods()[0]
        told = cluster.story_of(uid_of(pod))
        assert told[:3] == [
            "You created Deployment kubia",
            f"Deployment controller created ReplicaSet {name_of(made)}",
            "ReplicaSet counted 0 pods, wants 3",
        ]
        assert f"It created {name_of(pod)}" in told

    def test_of_a_new_pod_begins_with_who_changed_the_image(self, rolling):
        new = sets(rolling)[1]
        first = next(pod for pod in rolling.pods() if controller_of(pod)["name"] == name_of(new))
        told = rolling.story_of(uid_of(first))
        assert told[0] == "You changed the image of kubia to luksa/kubia:v2"
        assert told[1] == f"Deployment controller created ReplicaSet {name_of(new)}"

    def test_of_an_old_set_tells_how_it_shrinks(self, rolling):
        old, new = sets(rolling)
        rolling.until(200)
        told = rolling.story_of(uid_of(old))
        assert f"Deployment controller scaled {name_of(old)} from 1 to 0" in told
        assert f"Deployment controller scaled {name_of(new)} from 2 to 3" in rolling.story_of(uid_of(new))

    def test_of_a_pod_that_a_rollout_took_away(self, rolling):
        old = sets(rolling)[0]
        stopped = next(
            pod
            for pod in rolling.pods()
            if controller_of(pod)["name"] == name_of(old) and "deletionTimestamp" in pod["metadata"]
        )
        told = rolling.story_of(uid_of(stopped))
        assert f"Deployment controller scaled {name_of(old)} from 3 to 2" in told
        assert "ReplicaSet counted 3 pods, wants 2" in told
        assert f"It deleted {name_of(stopped)}" in told

    def test_of_the_deployment_ends_when_all_is_new(self, rolling):
        rolling.until(200)
        told = rolling.story_of(uid_of(rolling.store.get(*KEY)))
        assert told[0] == "You created Deployment kubia"
        assert told[-1] == "The rollout of kubia is complete"

    def test_of_a_rollout_that_gets_nowhere(self, cluster):
        cluster.act(60, image("nowhere/nothing"))
        cluster.until(800)
        assert cluster.story_of(uid_of(cluster.store.get(*KEY)))[-2:] == [
            "The rollout of kubia makes no progress",
            "The rollout goes on as soon as its new pods become ready",
        ]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (set_field("spec", "replicas", 5), "You scaled kubia from 3 to 5"),
            (set_field("spec", "paused", True), "You paused the rollout of kubia"),
            (set_field("spec", "minReadySeconds", 5), "You set spec.minReadySeconds to 5"),
        ],
    )
    def test_of_what_people_do_to_it(self, cluster, change, said):
        cluster.act(61, change)
        assert said in cluster.story_of(uid_of(cluster.store.get(*KEY)))

    def test_of_a_pause_that_is_over(self, cluster):
        cluster.act(61, set_field("spec", "paused", True))
        cluster.act(70, set_field("spec", "paused", REMOVE))
        cluster.until(75)
        assert "You resumed the rollout of kubia" in cluster.story_of(uid_of(cluster.store.get(*KEY)))

    def test_of_a_revision_too_many(self, cluster):
        cluster.act(60, set_field("spec", "revisionHistoryLimit", 0))
        old = sets(cluster)[0]
        cluster.act(61, image("luksa/kubia:v2"))
        cluster.until(200)
        told = cluster.story_of(uid_of(old))
        assert told[-1] == f"Deployment controller deleted {name_of(old)}: there are enough older revisions"


class TestTheChart:
    def test_new_pods_of_a_rollout_replace_nobody(self, rolling):
        rolling.until(200)
        lives = rolling.history().lives.values()
        assert len(lives) == 6
        assert {life.replaces for life in lives} == {""}

    def test_a_killed_pod_of_a_set_is_replaced(self, cluster):
        victim = cluster.pods()[0]
        cluster.act(61, lambda store: verbs.delete(store, "Pod", "default", name_of(victim)))
        cluster.until(70)
        replacement = cluster.history().lives[cluster.history().lives[uid_of(victim)].replaced_by]
        assert replacement.replaces == uid_of(victim)

    def test_who_scales_a_deployment_leaves_a_flag_and_the_deployment_itself_none(self, rolling):
        rolling.act(73, lambda store: verbs.scale(store, "Deployment", "default", "kubia", 5))
        rolling.until(200)
        history: History = rolling.history()
        assert [(flag.verb, flag.name, flag.number) for flag in history.flags] == [("scale", "kubia", 5)]
        assert history.flags[0].time == START + 73


@pytest.mark.django_db
class TestCommands:
    @pytest.fixture(autouse=True)
    def fresh_memory(self):
        memory.drop_all()

    @pytest.fixture
    def mine(self, learner):
        learner.post("/sandbox/")
        found = Cluster.objects.get()
        response = learner.post(f"/c/{found.pk}/apply", {"manifest": YAML}, headers={"HX-Request": "true"})
        assert toast(response)["text"] == "deployment/kubia created"
        return found

    def post(self, learner: Client, cluster, path, **fields):
        return learner.post(f"/c/{cluster.pk}/{path}", fields, headers={"HX-Request": "true"})

    def test_scale_and_delete(self, learner, mine):
        assert self.post(learner, mine, "deployments/default/kubia/scale", replicas="4").status_code == 200
        assert memory.image(mine.pk).get(*KEY)["spec"]["replicas"] == 4
        assert self.post(learner, mine, "deployments/default/kubia/delete").status_code == 200
        assert memory.image(mine.pk).get(*KEY) is None

    def test_expose_takes_the_labels_it_selects(self, learner, mine):
        service = {"name": "kubia", "type": "ClusterIP", "port": "80", "target_port": "8080"}
        response = self.post(learner, mine, "services/", controller="Deployment/default/kubia", **service)
        assert response.status_code == 200
        assert memory.image(mine.pk).get("Service", "default", "kubia")["spec"]["selector"] == {
            "app": "kubia"
        }

    @pytest.mark.parametrize(
        ("controller", "said"),
        [
            ("Node//node-1", "nodes"),
            ("Service/default/kubernetes", "cannot expose a Service"),
            ("Deployment/default/nobody", 'deployments.apps "nobody" not found'),
            ("", "not found"),
        ],
    )
    def test_what_has_no_pods_cannot_be_exposed(self, learner, mine, controller, said):
        service = {"name": "kubia", "type": "ClusterIP", "port": "80", "target_port": "8080"}
        response = self.post(learner, mine, "services/", controller=controller, **service)
        assert said in toast(response)["text"]
        assert memory.image(mine.pk).get("Service", "default", "kubia") is None

    def test_expressions_are_no_selector_of_a_service(self, learner, mine):
        expression = {"key": "app", "operator": "Exists"}
        odd = with_value(DEPLOYMENT, ("spec", "selector"), {"matchExpressions": [expression]})
        odd = with_value(odd, ("metadata", "name"), "odd")
        self.post(learner, mine, "apply", manifest=json.dumps(odd))
        service = {"name": "kubia", "type": "ClusterIP", "port": "80", "target_port": "8080"}
        response = self.post(learner, mine, "services/", controller="Deployment/default/odd", **service)
        assert "convert expressions to map-based selector format" in toast(response)["text"]
