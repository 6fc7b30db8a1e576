"""ResourceQuotas: what is counted, and what is refused when they are used up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.apiserver import quota, verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.quantity_text import plus
from clusters.engine.controllers.resource_quota import ResourceQuotaController
from clusters.engine.objects import with_status, with_value
from clusters.engine.quantities import parse_quantity
from tests.engine.builders import make_namespace, make_node, make_replication_controller, make_store, settle
from tests.engine.world import World, simple_pod


def resource_quota(name="q", namespace="default", scopes=None, **hard):
    """`hard` has `_` for `.` and `__` for `/`."""
    named = {key.replace("__", "/").replace("_", "."): str(amount) for key, amount in hard.items()}
    spec = {"hard": named, **({"scopes": scopes} if scopes else {})}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": spec}


def limited(*objects, **options):
    """A store with a quota that has been counted."""
    store = make_store(*objects)
    verbs.create(store, resource_quota(**options))
    settle(store, ResourceQuotaController)
    return store


def used(store, name="q"):
    return store.get("ResourceQuota", "default", name)["status"]["used"]


def said(verb, store, *arguments):
    before = store.revision
    with pytest.raises(StatusError) as caught:
        verb(store, *arguments)
    assert store.revision == before
    assert (caught.value.code, caught.value.reason) == (403, "Forbidden")
    return caught.value.message


def pod(name="p", requests=None, limits=None, **spec):
    resources = {**({"requests": requests} if requests else {}), **({"limits": limits} if limits else {})}
    made = simple_pod(name, resources=resources)
    return {**made, "spec": {**made["spec"], **spec}}


def service(name="s", type_="ClusterIP", ports=(80,), **spec):
    listed = [{"name": f"p{port}", "port": port} for port in ports]
    metadata = {"name": name, "namespace": "default"}
    spec = {"type": type_, "ports": listed, "selector": {"a": "b"}, **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


class TestRefusals:
    def test_a_quota_that_is_used_up_says_what_was_asked_for(self):
        store = limited(pods=2)
        verbs.create(store, pod("a"))
        verbs.create(store, pod("b"))
        assert used(store) == {"pods": "2"}
        assert said(verbs.create, store, pod("c")) == (
            'pods "c" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2'
        )

    def test_amounts_are_told_as_kubernetes_writes_them(self):
        store = limited(requests_cpu="1", requests_memory="1Gi", pods=9)
        verbs.create(store, pod("a", {"cpu": "600m", "memory": "512Mi"}))
        assert used(store) == {"pods": "1", "requests.cpu": "600m", "requests.memory": "512Mi"}
        assert said(verbs.create, store, pod("b", {"cpu": "0.5", "memory": "1Gi"})) == (
            'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=500m,requests.memory=1Gi,'
            " used: requests.cpu=600m,requests.memory=512Mi, limited: requests.cpu=1,requests.memory=1Gi"
        )
        verbs.create(store, pod("c", {"cpu": "400m", "memory": "512Mi"}))
        assert used(store) == {"pods": "2", "requests.cpu": "1", "requests.memory": "1Gi"}

    def test_a_pod_has_to_say_what_the_quota_counts(self):
        store = limited(requests_cpu="1", limits_memory="1Gi")
        assert said(verbs.create, store, pod()) == (
            'pods "p" is forbidden: failed quota: q:'
            " must specify limits.memory for: main; requests.cpu for: main"
        )

    def test_requests_follow_from_limits(self):
        store = limited(requests_cpu="1")
        verbs.create(store, pod(limits={"cpu": "300m"}))
        assert used(store) == {"requests.cpu": "300m"}

    def test_a_quota_that_was_not_counted_yet_refuses(self):
        store = make_store()
        verbs.create(store, resource_quota(pods=2))
        verbs.create(store, pod("a"))
        found = store.get("ResourceQuota", "default", "q")
        verbs.update_status(store, with_status(found, hard={"pods": "2"}))
        assert said(verbs.create, store, pod("b")) == (
            'pods "b" is forbidden: status unknown for quota: q, resources: pods'
        )

    def test_each_of_several_quotas_has_to_have_enough(self):
        store = make_store()
        verbs.create(store, resource_quota("wide", pods=5))
        verbs.create(store, resource_quota("narrow", pods=0))
        settle(store, ResourceQuotaController)
        assert "exceeded quota: narrow" in said(verbs.create, store, pod())
        assert used(store, "wide") == {"pods": "0"}

    def test_a_quota_holds_in_its_namespace_only(self):
        store = limited(make_namespace("other"), pods=0, namespace="other")
        verbs.create(store, pod())

    def test_what_is_only_tried_is_not_charged(self):
        store = limited(pods=2)
        verbs.create(store, pod(), dry_run=True)
        assert used(store) == {"pods": "0"}

    def test_a_controller_tells_of_it(self):
        w = World(make_store(make_node()))
        w.act(verbs.create, resource_quota(pods=2))
        w.act(verbs.create, make_replication_controller(replicas=3))
        w.wait(5)
        assert len(w.store.list("Pod")) == 2
        events = w.events(w.get("ReplicationController", "kubia"))
        told = [text for reason, text in events if reason == "FailedCreate"]
        assert told
        assert all("exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2" in t for t in told)
        w.act(verbs.update, resource_quota(pods=3))
        w.wait(1200)
        assert len(w.store.list("Pod")) == 3


class TestServices:
    def test_types_and_ports_are_counted(self):
        store = limited(services=9, services_loadbalancers=1, services_nodeports=3)
        verbs.create(store, service("a"))
        verbs.create(store, service("b", "NodePort", (80, 443)))
        verbs.create(store, service("c", "LoadBalancer", (80,)))
        assert used(store) == {"services": "3", "services.loadbalancers": "1", "services.nodeports": "3"}
        assert said(verbs.create, store, service("d", "LoadBalancer")) == (
            'services "d" is forbidden: exceeded quota: q,'
            " requested: services.loadbalancers=1,services.nodeports=1,"
            " used: services.loadbalancers=1,services.nodeports=3,"
            " limited: services.loadbalancers=1,services.nodeports=3"
        )

    def test_a_load_balancer_may_do_without_node_ports(self):
        store = limited(services_nodeports=0)
        verbs.create(store, service("c", "LoadBalancer", allocateLoadBalancerNodePorts=False))
        assert used(store) == {"services.nodeports": "0"}

    def test_a_change_of_type_is_charged_and_given_back(self):
        store = limited(services_nodeports=1)
        made = verbs.create(store, service("a"))
        changed = verbs.update(store, with_value(made, ("spec", "type"), "NodePort"))
        assert used(store) == {"services.nodeports": "1"}
        verbs.update(store, with_value(changed, ("metadata", "labels"), {"a": "b"}))
        assert used(store) == {"services.nodeports": "1"}
        other = verbs.create(store, service("b"))
        assert "exceeded quota" in said(verbs.update, store, with_value(other, ("spec", "type"), "NodePort"))
        verbs.update(store, with_value(store.get("Service", "default", "a"), ("spec", "type"), "ClusterIP"))
        settle(store, ResourceQuotaController)
        assert used(store) == {"services.nodeports": "0"}


class TestCounting:
    def test_existing_objects_are_counted(self):
        store = make_store()
        verbs.create(store, pod("a", {"cpu": "250m"}))
        verbs.create(store, service())
        verbs.create(store, make_replication_controller())
        hard = {"pods": 5, "cpu": "2", "services": 2, "count__replicationcontrollers": 1, "secrets": 4}
        verbs.create(store, resource_quota(**hard, count__deployments_apps=1, replicationcontrollers=3))
        settle(store, ResourceQuotaController)
        assert used(store) == {
            "count/deployments.apps": "0",
            "count/replicationcontrollers": "1",
            "cpu": "250m",
            "pods": "1",
            "replicationcontrollers": "1",
            "secrets": "0",
            "services": "1",
        }

    def test_a_new_limit_counts_from_the_next_look_on(self):
        store = limited(pods=2)
        verbs.update(store, resource_quota(pods=2, secrets=1))
        settle(store, ResourceQuotaController)
        assert used(store) == {"pods": "0", "secrets": "0"}

    @pytest.mark.parametrize("how", ["deleted", "finished"])
    def test_what_is_over_is_given_back(self, how):
        w = World(make_store(make_node()))
        w.act(verbs.create, resource_quota(pods=2, count__pods=2, requests_memory="1Gi"))
        command = {"command": ["sleep", "5"], "resources": {"requests": {"memory": "1Gi"}}}
        w.act(verbs.create, simple_pod(image="busybox", policy="Never", **command))
        assert used(w.store) == {"count/pods": "1", "pods": "1", "requests.memory": "1Gi"}
        if how == "deleted":
            w.act(verbs.delete, "Pod", "default", "p", grace_seconds=0)
        w.wait(10)
        left = "0" if how == "deleted" else "1"
        assert used(w.store) == {"count/pods": left, "pods": "0", "requests.memory": "0"}

    def test_config_maps_are_counted_by_either_name(self):
        store = limited(configmaps=1, count__configmaps=9)
        metadata = {"namespace": "default"}
        config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**metadata, "name": "a"}}
        verbs.create(store, config_map)
        assert used(store) == {"configmaps": "1", "count/configmaps": "1"}
        other = {**config_map, "metadata": {**metadata, "name": "b"}}
        assert "requested: configmaps=1, used: configmaps=1, limited: configmaps=1" in said(
            verbs.create, store, other
        )

    def test_the_most_demanding_init_container_counts_if_it_wants_more(self):
        init = {"name": "i", "image": "busybox", "resources": {"requests": {"cpu": "2"}}}
        store = limited(cpu=9)
        verbs.create(store, pod(requests={"cpu": "1"}, initContainers=[init, {**init, "name": "j"}]))
        assert used(store) == {"cpu": "2"}

    @pytest.mark.parametrize(
        ("scope", "spec", "counts"),
        [
            ("BestEffort", {}, True),
            ("NotBestEffort", {}, False),
            ("NotBestEffort", {"requests": {"cpu": "1"}}, True),
            ("Terminating", {}, False),
            ("Terminating", {"activeDeadlineSeconds": 9}, True),
            ("NotTerminating", {}, True),
        ],
    )
    def test_a_scope_chooses_pods(self, scope, spec, counts):
        store = limited(pods=5, scopes=[scope])
        verbs.create(store, pod(**spec))
        assert used(store) == {"pods": str(int(counts))}
        settle(store, ResourceQuotaController)
        assert used(store) == {"pods": str(int(counts))}


class TestValidation:
    @pytest.mark.parametrize(
        ("hard", "complaint"),
        [
            ({"pods": "-1"}, 'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0'),
            ({"pods": "500m"}, 'spec.hard[pods]: Invalid value: "500m": must be an integer'),
            (
                {"apples": "1"},
                '[spec.hard[apples]: Invalid value: "apples": must be a standard resource type or fully'
                ' qualified, spec.hard[apples]: Invalid value: "apples":'
                " must be a standard resource for quota]",
            ),
            ({"a b": "1"}, 'spec.hard[a b]: Invalid value: "a b": name part must consist of'),
        ],
    )
    def test_limits_have_to_make_sense(self, hard, complaint):
        wrong = {**resource_quota(), "spec": {"hard": hard}}
        with pytest.raises(StatusError) as caught:
            verbs.create(make_store(), wrong)
        assert caught.value.message.startswith(f'ResourceQuota "q" is invalid: {complaint}')

    @pytest.mark.parametrize(
        ("scopes", "complaint"),
        [
            (["Mine"], "unsupported scope"),
            (["BestEffort", "NotBestEffort"], "conflicting scopes"),
        ],
    )
    def test_scopes_have_to_be_known(self, scopes, complaint):
        with pytest.raises(StatusError, match=complaint):
            verbs.create(make_store(), resource_quota(pods=1, scopes=scopes))
        with pytest.raises(StatusError, match="unsupported scope applied to resource"):
            verbs.create(make_store(), resource_quota(services=1, scopes=["Terminating"]))

    def test_scopes_may_not_change(self):
        store = make_store()
        verbs.create(store, resource_quota(pods=1))
        with pytest.raises(StatusError, match="field is immutable"):
            verbs.update(store, resource_quota(pods=1, scopes=["BestEffort"]))

    @pytest.mark.parametrize(
        ("expression", "complaint"),
        [
            (
                {"scopeName": "BestEffort", "operator": "In"},
                "must be 'Exist' only operator when scope is any of",
            ),
            (
                {"scopeName": "BestEffort", "operator": "In"},
                "must be at least one value when `operator` is 'In'",
            ),
            ({"scopeName": "BestEffort", "operator": "Exists", "values": ["x"]}, "must be no value when"),
            ({"scopeName": "BestEffort", "operator": "Is"}, "not a valid selector operator"),
            ({"scopeName": "Mine", "operator": "Exists"}, "unsupported scope"),
        ],
    )
    def test_a_scope_selector_is_checked(self, expression, complaint):
        made = with_value(
            resource_quota(pods=1), ("spec", "scopeSelector"), {"matchExpressions": [expression]}
        )
        with pytest.raises(StatusError) as caught:
            verbs.create(make_store(), made)
        assert complaint in caught.value.message

    def test_a_good_scope_selector_chooses_pods(self):
        expression = {"scopeName": "BestEffort", "operator": "Exists"}
        made = with_value(
            resource_quota(pods=5), ("spec", "scopeSelector"), {"matchExpressions": [expression]}
        )
        store = make_store()
        verbs.create(store, made)
        settle(store, ResourceQuotaController)
        verbs.create(store, pod())
        verbs.create(store, pod("other", {"cpu": "1"}))
        assert used(store) == {"pods": "1"}


AMOUNTS = st.sampled_from(["0", "1", "500m", "1500m", "1Ki", "512Mi", "1Gi", "1G", "3"])


@given(AMOUNTS, AMOUNTS)
def test_a_sum_is_written_as_its_first_part_is(first, second):
    found = plus(first, second)
    assert parse_quantity(found) == parse_quantity(first) + parse_quantity(second)
    if first.endswith("i") and second.endswith("i"):
        assert found.endswith("i")


@given(st.lists(st.sampled_from(["create", "delete", "count"]), max_size=20), st.integers(0, 4))
def test_what_admission_charges_and_the_controller_counts_is_the_same(steps, limit):
    store = limited(pods=limit, requests_cpu="2")
    alive = 0
    for number, step in enumerate(steps):
        names = [found["metadata"]["name"] for found in store.list("Pod")]
        if step == "create":
            if alive < min(limit, 2):
                verbs.create(store, pod(f"p{number}", {"cpu": "700m"}))
                alive += 1
            else:
                assert "exceeded quota: q" in said(verbs.create, store, pod(f"p{number}", {"cpu": "700m"}))
        elif step == "delete" and names:
            verbs.delete(store, "Pod", "default", names[0], grace_seconds=0)
            settle(store, ResourceQuotaController)
            alive -= 1
        before = used(store)
        settle(store, ResourceQuotaController)
        assert used(store) == before
        assert len(store.list("Pod")) == alive <= min(limit, 2)


def test_kinds_that_nobody_counts_cost_nothing():
    assert quota.usage_of({"kind": "Event"}) == {}
    assert quota.usage_of({"kind": "IPAMBlock"}) == {}
