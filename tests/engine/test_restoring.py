"""Going on from an earlier moment: what comes back, what moves, and what stays."""

import pytest

from clusters.engine import bootstrap, ipam, restoring
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.resources import RESOURCES
from clusters.engine.apiserver.schema import struct_of
from clusters.engine.clock import Clock
from clusters.engine.controllers.replication_status import ready_at
from clusters.engine.kubelet import node_status
from clusters.engine.kubelet.environment import environment_of
from clusters.engine.objects import condition_of, is_deleting, name_of, uid_of, with_value
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import (
    NOW,
    make_node,
    make_pod,
    make_replication_controller,
    make_service,
    make_store,
    pod_template,
)
from tests.engine.world import World, simple_pod


def world(delays="none"):
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=3, clock=Clock(NOW, NOW), delays=delays)
    return World(store)


def start(w, replicas=3):
    template = pod_template({"app": "kubia"})
    w.act(verbs.create, make_replication_controller(replicas=replicas, template=template))
    w.wait(60)


def now(w):
    """The moment to go back to."""
    return w.store.publish(), w.store.now


def go_back(w, moment):
    w.act(restoring.continue_from, *moment, w.store.now)


def kill(w, name, **options):
    w.act(verbs.delete, "Pod", "default", name, **options)


def addresses(w):
    return {uid_of(pod): pod["status"].get("podIP") for pod in w.store.list("Pod")}


class TestWhatComesBack:
    def test_pods_live_again_and_those_since_then_are_gone(self):
        w = world("real")
        start(w)
        then, before = now(w), addresses(w)
        kill(w, name_of(w.store.list("Pod")[0]))
        w.wait(100)
        assert addresses(w) != before
        go_back(w, then)
        w.wait(100)
        assert addresses(w) == before

    def test_a_node_comes_back_with_its_machine_its_pods_and_its_range(self):
        w = world("real")
        start(w)
        then, node, before = now(w), w.node(), addresses(w)
        w.act(verbs.delete, "Node", "", "node-1")
        w.wait(100)
        go_back(w, then)
        w.wait(100)
        assert uid_of(w.node()) == uid_of(node)
        assert w.node()["simulation"]["boot"] == node["simulation"]["boot"]
        assert w.get(ipam.KIND, "node-1", "")["spec"]["retired"] is None
        assert addresses(w) == before
        assert all(pod["status"]["containerStatuses"][0]["restartCount"] == 0 for pod in w.store.list("Pod"))

    def test_a_node_of_the_same_name_gives_way_to_the_one_of_then(self):
        w = world()
        then, uid = now(w), uid_of(w.node())
        w.act(verbs.delete, "Node", "", "node-1")
        w.act(bootstrap.add_node, "node-1")
        since = len(w.store.changes)
        assert uid_of(w.node()) != uid
        go_back(w, then)
        changes = [change.verb for change in w.store.changes[since:] if change.key.name == "node-1"]
        assert uid_of(w.node()) == uid
        assert changes[:2] == ["DELETED", "ADDED"]

    def test_what_waits_for_finalizers_goes_at_once(self):
        w = world()
        then = now(w)
        pod = simple_pod()
        w.act(verbs.create, with_value(pod, ("metadata", "finalizers"), ["example.com/hold"]))
        kill(w, "p", grace_seconds=0)
        assert is_deleting(w.pod())
        go_back(w, then)
        assert w.get("Pod", "p") is None

    def test_what_was_about_to_happen_then_still_happens(self):
        w = world("real")
        quota = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "quota", "namespace": "default"},
            "spec": {"hard": {"pods": "9"}},
        }
        w.act(verbs.create, quota)
        w.act(verbs.create, simple_pod())
        w.wait(60)
        kill(w, "p", grace_seconds=0)
        assert w.get("ResourceQuota", "quota")["status"]["used"] == {"pods": "1"}
        then = now(w)
        w.wait(60)
        assert w.get("ResourceQuota", "quota")["status"]["used"] == {"pods": "0"}
        go_back(w, then)
        w.wait(60)
        assert w.get("ResourceQuota", "quota")["status"]["used"] == {"pods": "0"}

    def test_the_events_of_a_namespace_go_with_it_and_others_stay(self):
        w = world()
        w.act(verbs.create, simple_pod())
        then = now(w)
        w.act(verbs.create, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "late"}})
        w.act(verbs.create, with_value(simple_pod(), ("metadata", "namespace"), "late"))
        assert w.store.list("Event", "late")
        told = w.store.list("Event", "default")
        go_back(w, then)
        assert not w.store.list("Event", "late")
        assert w.store.list("Event", "default") == told


class TestAddresses:
    def test_an_address_that_is_in_use_again_is_not_given_to_others(self):
        store = make_store()
        block = ipam.claim_range(store, "node-1")["spec"]
        node = store.create({**make_node(), "spec": {"podCIDR": block["cidr"]}})
        given = [ipam.allocate(store, node) for _ in range(ipam.FIRST_HOST, ipam.LAST_HOST + 1)]
        for ip in given[2:]:
            store.create(make_pod(f"pod-{ip.replace('.', '-')}", ip=ip))
        assert ipam.allocate(store, node) == given[0]
        store.create(make_pod("first", ip=given[0]))
        store.create(make_pod("lives-again", ip=given[1]))
        with pytest.raises(LookupError):
            ipam.allocate(store, node)

    def test_a_node_that_comes_back_has_its_range_whoever_had_it_since(self):
        store = make_store()
        node = store.create(
            {**make_node(), "spec": {"podCIDR": ipam.claim_range(store, "node-1")["spec"]["cidr"]}}
        )
        assert ipam.allocate(store, node) == "10.244.1.2"
        ipam.retire(store, "node-1")
        for number in range(2, 256):
            ipam.claim_range(store, f"node-{number}")
        other = {**make_node("other"), "spec": {"podCIDR": ipam.claim_range(store, "other")["spec"]["cidr"]}}
        assert ipam.allocate(store, store.create(other)) == "10.244.1.3"
        ipam.reclaim_range(store, node)
        assert store.get(ipam.KIND, "", "other") is None
        assert ipam.allocate(store, node) == "10.244.1.4"

    def test_two_nodes_whose_ranges_have_changed_places_change_back(self):
        store = make_store()
        node = {**make_node(), "spec": {"podCIDR": "10.244.1.0/24"}}
        ipam.claim_range(store, "node-1")
        ipam.claim_range(store, "other")
        one, other = (store.get(ipam.KIND, "", name) for name in ("node-1", "other"))
        store.update({**one, "spec": {**other["spec"], "next": 7}})
        store.update({**other, "spec": {**one["spec"], "next": 9}})
        ipam.reclaim_range(store, node)
        assert ipam.allocate(store, node) == "10.244.1.9"
        assert store.get(ipam.KIND, "", "other")["spec"]["cidr"] == "10.244.2.0/24"
        assert store.get(ipam.KIND, "", "other")["spec"]["next"] == 7

    def test_service_addresses_come_back(self):
        w = world()
        w.act(verbs.create, make_service(type_="NodePort"))
        then, service = now(w), w.get("Service", "kubia")
        w.act(verbs.delete, "Service", "default", "kubia")
        w.act(verbs.create, make_service(type_="NodePort"))
        go_back(w, then)
        assert w.get("Service", "kubia")["spec"] == service["spec"]
        assert uid_of(w.get("Service", "kubia")) == uid_of(service)


class TestTimes:
    def test_a_grace_period_goes_on_from_where_it_was(self):
        w = world("real")
        start(w)
        name = name_of(w.store.list("Pod")[0])
        w.act(verbs.create, simple_pod(image="lifelines/stubborn"))
        w.wait(30)
        kill(w, "p")
        w.wait(10)
        then = now(w)
        w.wait(300)
        assert w.get("Pod", "p") is None
        go_back(w, then)
        w.wait(19)
        assert is_deleting(w.pod())
        w.wait(2)
        assert w.get("Pod", "p") is None
        assert w.get("Pod", name) is not None

    @pytest.mark.parametrize("waited", [0, 0.3, 0.6, 1.5, 4, 12])
    def test_a_pod_that_starts_goes_on_from_where_it_was(self, waited):
        w = world("real")
        w.act(verbs.create, simple_pod(image="luksa/kubia"))
        w.wait(waited)
        then = now(w)
        w.wait(60)
        became_ready = ready_at(w.pod())
        go_back(w, then)
        moved = w.store.now - then[1]
        w.wait(60)
        assert ready_at(w.pod()) == became_ready + moved

    def test_pods_of_a_node_that_is_gone_wait_for_it_as_long_as_they_would_have(self):
        w = world("real")
        start(w)
        w.act(verbs.delete, "Node", "", "node-1")
        w.wait(30)
        then = now(w)
        (lost,) = [name_of(pod) for pod in w.store.list("Pod") if pod["spec"]["nodeName"] == "node-1"]
        w.wait(300)
        assert w.get("Pod", lost) is None
        go_back(w, then)
        w.wait(9)
        assert w.get("Pod", lost) is not None
        w.wait(2)
        assert w.get("Pod", lost) is None

    def test_a_silent_node_has_the_rest_of_its_five_minutes(self):
        w = world("real")
        start(w)
        w.act(node_status.power_off, "node-1")
        w.wait(200)
        (lost,) = [name_of(pod) for pod in w.store.list("Pod") if pod["spec"]["nodeName"] == "node-1"]
        then = now(w)
        w.wait(400)
        assert is_deleting(w.pod(lost))
        go_back(w, then)
        w.wait(145)
        assert not is_deleting(w.pod(lost))
        w.wait(15)
        assert is_deleting(w.pod(lost))

    def test_a_node_that_was_never_heard_of_has_the_rest_of_its_minute(self):
        w = world()
        w.act(verbs.create, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "paper"}})
        w.wait(30)
        then = now(w)
        w.wait(100)
        assert condition_of(w.node("paper"), "Ready")["status"] == "Unknown"
        go_back(w, then)
        w.wait(20)
        assert condition_of(w.node("paper"), "Ready") is None
        w.wait(15)
        assert condition_of(w.node("paper"), "Ready")["status"] == "Unknown"

    def test_a_container_does_not_learn_of_services_that_are_younger_than_it(self):
        w = world()
        w.act(verbs.create, simple_pod())
        w.wait(5)
        w.act(verbs.create, make_service())
        then = now(w)
        w.wait(600)
        go_back(w, then)
        (container,) = w.pod()["spec"]["containers"]
        assert "KUBIA_SERVICE_HOST" not in environment_of(w.store, w.pod(), container)
        for number in (1, 2, 3):
            w.act(node_status.power_off, f"node-{number}")
            w.act(node_status.power_on, f"node-{number}")
        w.wait(60)
        assert w.container()["restartCount"] == 1
        assert "KUBIA_SERVICE_HOST" in environment_of(w.store, w.pod(), container)

    def test_time_leaps_by_less_than_a_second_and_never_back(self):
        w = world("real")
        start(w)
        then = now(w)
        w.wait(10.3)
        kill(w, name_of(w.store.list("Pod")[0]))
        before = w.store.now
        go_back(w, then)
        assert before <= w.store.now < before + 1
        assert (w.store.now - then[1]) == pytest.approx(11)
        times = [change.time for change in w.store.changes]
        assert times == sorted(times)

    def test_names_that_people_chose_are_no_fields(self):
        names = ("env", "life", "told", "since", "containers")
        state = {"phase": "running", "since": NOW, "env": {"since": "5", "startTime": "2026-01-01T00:00:00Z"}}
        pod = {**make_pod(), "simulation": {"containers": dict.fromkeys(names, state)}}
        states = restoring.moved(pod, 60)["simulation"]["containers"]
        assert states == {name: {**state, "since": NOW + 60, "moved": 60} for name in names}

    def test_every_time_of_a_status_is_known(self):
        fields = set()
        for resource in RESOURCES:
            if not resource.derived and resource.kind not in restoring.HISTORY:
                struct = struct_of(resource.api_version, resource.kind)
                status = struct.fields.get("status")
                if status is not None:
                    fields |= times_of("status", status)
        assert fields - {"disruptedPods"} <= restoring.TEXTS


def times_of(name, field):
    """The names of the fields that hold times."""
    if field.kind == "time":
        return {name}
    found = set()
    if field.item is not None:
        found |= times_of(name, field.item)
    for part, inner in (field.struct.fields if field.struct else {}).items():
        found |= times_of(part, inner)
    return found
