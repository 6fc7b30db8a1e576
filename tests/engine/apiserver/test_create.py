"""What a new object gets from the API server, and when it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import admission, names, verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.changes import ADDED
from clusters.engine.clock import rfc3339
from clusters.engine.objects import controller_reference, key_of, name_of, with_value
from clusters.engine.store import Entry, MemoryStore, Overlay
from tests.engine.builders import NOW, make_namespace, make_store


def bare_pod(name="web", **spec):
    containers = [{"name": "main", "image": "nginx"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": containers, **spec},
    }


def bare_controller(**spec):
    template = {
        "metadata": {"labels": {"app": "kubia"}},
        "spec": {"containers": [{"name": "kubia", "image": "luksa/kubia"}]},
    }
    return {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": "kubia", "namespace": "default"},
        "spec": {"template": template, **spec},
    }


def refusal(verb, *arguments, **options):
    with pytest.raises(StatusError) as caught:
        verb(*arguments, **options)
    return caught.value


def test_a_new_object_has_a_uid_a_time_and_a_version_and_is_announced_once():
    store = make_store()
    pod = verbs.create(store, bare_pod())
    assert pod["metadata"]["uid"]
    assert pod["metadata"]["creationTimestamp"] == rfc3339(NOW)
    assert pod["metadata"]["resourceVersion"] == str(store.revision)
    assert pod["metadata"]["generation"] == 1
    assert [change.verb for change in store.changes] == [ADDED]
    assert store.get("Pod", "default", "web") is pod


def test_what_the_caller_hands_in_is_not_changed():
    store = make_store()
    given_pod = bare_pod()
    verbs.create(store, given_pod)
    assert given_pod == bare_pod()


def test_a_name_is_taken_only_once():
    store = make_store()
    verbs.create(store, bare_pod())
    error = refusal(verbs.create, store, bare_pod())
    assert (error.code, error.reason, error.message) == (409, "AlreadyExists", 'pods "web" already exists')


def test_a_dry_run_shows_the_object_and_stores_nothing():
    store = make_store()
    shown = verbs.create(store, bare_pod(), dry_run=True)
    assert shown["spec"]["restartPolicy"] == "Always"
    assert store.changes == []
    assert store.get("Pod", "default", "web") is None


def test_what_only_the_server_says_is_not_taken_from_a_manifest():
    store = make_store()
    pod = with_value(bare_pod(), ("metadata", "uid"), "mine")
    pod = with_value(pod, ("metadata", "deletionTimestamp"), rfc3339(0))
    pod = with_value(pod, ("status",), {"phase": "Running", "podIP": "1.2.3.4"})
    created = verbs.create(store, pod)
    assert created["metadata"]["uid"] != "mine"
    assert "deletionTimestamp" not in created["metadata"]
    assert created["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


def test_a_version_may_not_be_given_to_a_new_object():
    pod = with_value(bare_pod(), ("metadata", "resourceVersion"), "7")
    error = refusal(verbs.create, make_store(), pod)
    assert error.message == "resourceVersion should not be set on objects to be created"


def test_a_node_tells_its_status_itself():
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "node-1"},
        "status": {"capacity": {"pods": "110"}},
        "simulation": {"powered": True},
    }
    created = verbs.create(make_store(), node)
    assert created["status"] == {"capacity": {"pods": "110"}}
    assert created["simulation"] == {"powered": True}


class TestGeneratedNames:
    def generate(self, store, base="kubia-"):
        pod = bare_pod()
        pod["metadata"] = {"generateName": base, "namespace": "default"}
        return name_of(verbs.create(store, pod))

    def test_have_five_letters_that_make_no_words(self):
        name = self.generate(make_store())
        assert name.startswith("kubia-")
        suffix = name.removeprefix("kubia-")
        assert len(suffix) == 5
        assert set(suffix) <= set("bcdfghjklmnpqrstvwxz2456789")

    def test_differ_within_a_cluster_and_repeat_with_its_seed(self):
        store, again, other = make_store(), make_store(), make_store(seed="other")
        names = [self.generate(store) for _ in range(50)]
        assert len(set(names)) == 50
        assert [self.generate(again) for _ in range(50)] == names
        assert self.generate(other) not in names

    def test_avoid_a_name_that_is_taken(self):
        store = make_store()
        drawn = names.generate(store, "kubia-")
        objects = [*store.list("Namespace"), *store.list("ServiceAccount"), bare_pod(drawn)]
        entries = [(key_of(obj), Entry(obj)) for obj in objects]
        full = Overlay(MemoryStore.from_entries(store.revision, entries), now=NOW, seed=store.seed)
        assert self.generate(store) == drawn
        assert self.generate(full) not in ("", drawn)

    def test_cut_a_long_base_so_that_the_name_stays_a_label(self):
        name = self.generate(make_store(), "a" * 80)
        assert len(name) == 63

    def test_need_a_base(self):
        pod = bare_pod()
        pod["metadata"] = {"namespace": "default"}
        error = refusal(verbs.create, make_store(), pod)
        assert error.message == (
            'Pod "" is invalid: metadata.name: Required value: name or generateName is required'
        )


class TestNamespaces:
    def test_must_exist(self):
        error = refusal(
            verbs.create, make_store(), with_value(bare_pod(), ("metadata", "namespace"), "nowhere")
        )
        assert (error.code, error.message) == (404, 'namespaces "nowhere" not found')

    def test_take_nothing_new_while_they_go(self):
        store = make_store(make_namespace("old", deletionTimestamp=rfc3339(NOW)))
        error = refusal(verbs.create, store, with_value(bare_pod(), ("metadata", "namespace"), "old"))
        assert error.code == 403
        assert error.message == (
            'pods "web" is forbidden: unable to create new content in namespace old because it is being'
            " terminated"
        )
        assert error.details["causes"][0]["reason"] == "NamespaceTerminating"

    def test_start_active_with_a_finalizer_and_their_name_as_a_label(self):
        created = verbs.create(
            make_store(), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab"}}
        )
        assert created["status"] == {"phase": "Active"}
        assert created["spec"] == {"finalizers": ["kubernetes"]}
        assert created["metadata"]["labels"] == {"kubernetes.io/metadata.name": "lab"}


class TestLimits:
    def with_limits(self, **limits):
        store = make_store(delays="none")
        settings = store.get("Cluster", "", "cluster")
        store.update(with_value(settings, ("spec", "limits"), limits))
        return store

    def test_of_pods_are_told_clearly(self):
        store = self.with_limits(pods=2)
        for name in ("a", "b"):
            verbs.create(store, bare_pod(name))
        error = refusal(verbs.create, store, bare_pod("c"))
        assert error.code == 403
        assert error.message == 'pods "c" is forbidden: exceeded quota: this cluster may have 2 pods'

    def test_of_nodes_are_a_hundred_by_default(self):
        store = make_store()
        for number in range(100):
            node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{number}"}}
            verbs.create(store, node)
        error = refusal(
            verbs.create, store, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "more"}}
        )
        assert error.message == 'nodes "more" is forbidden: exceeded quota: this cluster may have 100 nodes'

    @pytest.mark.parametrize("kind", ["Event", "Namespace", "ReplicationController", "Service"])
    def test_are_for_all_kinds_that_people_make(self, kind):
        store = make_store()
        limit = admission.DEFAULT_LIMITS[kind]
        for number in range(limit - store.count(kind)):
            store.create({"apiVersion": "v1", "kind": kind, "metadata": {"name": f"x-{number}"}})
        with store.acting("person:1"):
            error = refusal(verbs.create, store, self.another(kind))
        assert error.message.endswith(
            f'"more" is forbidden: exceeded quota: this cluster may have {limit} {BY_KIND[kind].plural}'
        )

    @pytest.mark.parametrize("kind", ["Endpoints", "EndpointSlice", "Event"])
    def test_do_not_hold_components_back_from_writing_what_follows(self, kind):
        store = self.with_limits(**{BY_KIND[kind].plural: 0})
        with store.acting("person:1"):
            assert refusal(verbs.create, store, self.another(kind)).code == 403
        with store.acting("endpoint-controller"):
            assert verbs.create(store, self.another(kind))

    def another(self, kind):
        metadata = {"name": "more"} if kind == "Namespace" else {"name": "more", "namespace": "default"}
        rest = {
            "EndpointSlice": {"addressType": "IPv4"},
            "Event": {"involvedObject": {"namespace": "default"}},
        }
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **rest.get(kind, {})}

    def test_do_not_count_other_kinds(self):
        store = self.with_limits(pods=0)
        assert verbs.create(store, bare_controller())


class TestPods:
    def test_are_filled_in_as_upstream_does(self):
        spec = verbs.create(make_store(), bare_pod())["spec"]
        tolerations = spec.pop("tolerations")
        assert spec == {
            "restartPolicy": "Always",
            "dnsPolicy": "ClusterFirst",
            "terminationGracePeriodSeconds": 30,
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "enableServiceLinks": True,
            "serviceAccountName": "default",
            "serviceAccount": "default",
            "priority": 0,
            "preemptionPolicy": "PreemptLowerPriority",
            "containers": [
                {
                    "name": "main",
                    "image": "nginx",
                    "imagePullPolicy": "Always",
                    "resources": {},
                    "terminationMessagePath": "/dev/termination-log",
                    "terminationMessagePolicy": "File",
                }
            ],
        }
        assert [(t["key"], t["effect"], t["tolerationSeconds"]) for t in tolerations] == [
            ("node.kubernetes.io/not-ready", "NoExecute", 300),
            ("node.kubernetes.io/unreachable", "NoExecute", 300),
        ]

    def test_keep_their_own_toleration_of_a_lost_node(self):
        mine = {
            "key": "node.kubernetes.io/unreachable",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": 5,
        }
        spec = verbs.create(make_store(), bare_pod(tolerations=[mine]))["spec"]
        assert [t["tolerationSeconds"] for t in spec["tolerations"]] == [5, 300]

    @pytest.mark.parametrize(
        ("image", "policy"),
        [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("nginx:1.27", "IfNotPresent"),
            ("registry.local:5000/nginx", "Always"),
            ("registry.local:5000/nginx:1.27", "IfNotPresent"),
            ("nginx@sha256:0123", "IfNotPresent"),
        ],
    )
    def test_pull_by_the_tag_of_their_image(self, image, policy):
        spec = verbs.create(make_store(), bare_pod(containers=[{"name": "main", "image": image}]))["spec"]
        assert spec["containers"][0]["imagePullPolicy"] == policy

    @pytest.mark.parametrize(
        ("resources", "qos"),
        [
            ({}, "BestEffort"),
            ({"requests": {"cpu": "100m"}}, "Burstable"),
            ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
            ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
        ],
    )
    def test_are_of_a_class_by_what_they_ask_for(self, resources, qos):
        container = {"name": "main", "image": "nginx", "resources": resources}
        assert verbs.create(make_store(), bare_pod(containers=[container]))["status"]["qosClass"] == qos

    def test_ask_for_what_they_are_limited_to(self):
        container = {"name": "main", "image": "nginx", "resources": {"limits": {"cpu": "1"}}}
        spec = verbs.create(make_store(), bare_pod(containers=[container]))["spec"]
        assert spec["containers"][0]["resources"]["requests"] == {"cpu": "1"}

    def test_that_name_their_node_get_a_slot_there(self):
        store = make_store()
        slots = [
            verbs.create(store, bare_pod(name, nodeName="node-1"))["simulation"]["slot"] for name in "abc"
        ]
        assert slots == [0, 1, 2]

    def test_of_one_controller_share_what_was_filled_in(self):
        store = make_store()
        controller = verbs.create(store, bare_controller())
        template = controller["spec"]["template"]
        pods = []
        for _ in range(2):
            metadata = {
                "generateName": "kubia-",
                "namespace": "default",
                "ownerReferences": [controller_reference(controller)],
            }
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
            pods.append(verbs.create(store, pod))
        assert pods[0]["spec"] is pods[1]["spec"]
        assert pods[0]["spec"]["serviceAccountName"] == "default"

    def test_of_nobody_are_looked_at_anew_even_if_the_same_dict_comes_again(self):
        store = make_store()
        pod = bare_pod("a")
        verbs.create(store, pod)
        pod["metadata"] = {**pod["metadata"], "name": "b"}
        pod["spec"]["containers"][0]["image"] = ""
        assert "image: Required value" in refusal(verbs.create, store, pod).message


class TestReplicationControllers:
    def test_take_selector_and_labels_from_their_template(self):
        created = verbs.create(make_store(), bare_controller())
        assert created["spec"]["selector"] == {"app": "kubia"}
        assert created["metadata"]["labels"] == {"app": "kubia"}
        assert created["spec"]["replicas"] == 1
        assert created["status"] == {"replicas": 0}

    def test_may_want_no_pods(self):
        assert verbs.create(make_store(), bare_controller(replicas=0))["spec"]["replicas"] == 0

    def test_keep_their_own_labels(self):
        controller = with_value(bare_controller(), ("metadata", "labels"), {"team": "a"})
        assert verbs.create(make_store(), controller)["metadata"]["labels"] == {"team": "a"}


@given(st.lists(st.sampled_from(["a-", "b-", "kubia-"]), max_size=30))
def test_whatever_is_created_revisions_and_names_are_never_given_twice(bases):
    store = make_store()
    created = []
    for base in bases:
        pod = bare_pod()
        pod["metadata"] = {"generateName": base, "namespace": "default"}
        created.append(verbs.create(store, pod))
    versions = [int(pod["metadata"]["resourceVersion"]) for pod in created]
    assert versions == sorted(set(versions))
    assert len({pod["metadata"]["uid"] for pod in created}) == len(created)
    assert len({name_of(pod) for pod in created}) == len(created)
