"""What comes of the calls that placed clients make again and again."""

from itertools import pairwise

import pytest

from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.kubelet import inside, node_status
from clusters.engine.kubelet.loops import loops_of
from clusters.engine.network import Answer, Refused, Tally, TimedOut
from clusters.engine.network.clients import new_client
from clusters.engine.network.steady import KEPT, Fold, TooLateError
from clusters.engine.objects import Key, is_deleting, is_ready, name_of, uid_of, with_value
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, make_replication_controller, make_service, service_port
from tests.engine.world import World, simple_pod

SERVICE = Key("Service", "default", "kubia")


def sandbox(*objects, delays="real"):
    """A cluster of three nodes with these objects, all of which are as they should be by now."""
    store = Overlay(MemoryStore(), now=NOW, seed="a seed")
    bootstrap.new_cluster(store, nodes=3, clock=Clock(NOW, NOW), delays=delays)
    world = World(store)
    for obj in objects:
        world.act(verbs.create, obj)
    world.wait(60)
    return world


def controlled(**options):
    """A cluster with three pods behind a Service."""
    return sandbox(make_replication_controller(), make_service(cluster_ip="10.96.0.80", **options))


def place(world, target, port=80, *, place="internet", pod=None, every=3):
    """Somebody places a client. Returns its object."""

    def verb(store):
        found = store.get("Pod", "default", pod) if pod else None
        client = new_client(
            store, place=place, pod=found, target=target, port=port, every=every, since=store.now
        )
        return store.create(client)

    return world.act(verb)


def fold_of(world, seed="a seed"):
    """A fold of all that has happened until now."""
    fold = Fold(MemoryStore(), NOW, seed=seed, ports=inside.ports_of, loops=loops_of)
    fold.advance(world.store.changes, world.store.now)
    return fold


def calls_of(world, **options):
    return list(fold_of(world, **options).calls)


def pods(world):
    return [pod for pod in world.store.list("Pod") if not is_deleting(pod)]


def ip_of(pod):
    return pod["status"]["podIP"]


def outcomes(calls):
    return {call.outcome for call in calls}


def who(calls):
    return {call.outcome.pod.name for call in calls if call.answered}


@pytest.fixture
def world():
    """Three pods behind a Service, and a pod that only sleeps."""
    world = controlled()
    sleeper = simple_pod("sleeper", "busybox", command=["sleep", "1000000"])
    world.act(verbs.create, sleeper)
    world.wait(30)
    return world


def test_a_client_calls_every_few_seconds_and_not_at_once(world):
    since = world.store.now
    place(world, ip_of(pods(world)[0]), 8080, every=5)
    world.wait(21)
    assert [call.time - since for call in calls_of(world)] == [5, 10, 15, 20]


def test_a_pods_address_does_not_answer_from_outside_but_from_a_pod(world):
    target = pods(world)[0]
    outside = place(world, ip_of(target), 8080, place="laptop")
    inside_ = place(world, ip_of(target), 8080, place="pod", pod="sleeper")
    world.wait(31)
    fold = fold_of(world)
    assert outcomes(call for call in fold.calls if call.client == uid_of(outside)) == {TimedOut()}
    answers = [call for call in fold.calls if call.client == uid_of(inside_)]
    assert {call.outcome.text for call in answers} == {f"You've hit {name_of(target)}\n"}
    assert {(call.source, call.pod_uid) for call in answers} == {
        (Key("Pod", "default", "sleeper"), uid_of(target))
    }
    assert fold.totals.targets == {ip_of(target): Tally(10, 10)}
    assert fold.totals.clients == {uid_of(outside): Tally(0, 10), uid_of(inside_): Tally(10, 0)}


def test_an_address_that_nobody_holds_times_out(world):
    place(world, "10.244.9.9", 8080, place="pod", pod="sleeper")
    world.wait(31)
    assert outcomes(calls_of(world)) == {TimedOut()}


def test_a_service_sends_to_all_its_ready_pods_and_not_in_turn(world):
    place(world, "kubia", place="pod", pod="sleeper", every=1)
    world.wait(101)
    calls = calls_of(world)
    turns = [call.outcome.pod.name for call in calls]
    assert len(turns) == 100
    assert set(turns) == {name_of(pod) for pod in pods(world) if name_of(pod) != "sleeper"}
    assert any(one == following for one, following in pairwise(turns))
    assert fold_of(world).totals.services == {SERVICE: Tally(100, 0)}


def test_the_same_seed_makes_the_same_calls_and_another_seed_others(world):
    place(world, "kubia", place="pod", pod="sleeper", every=1)
    world.wait(60)
    assert calls_of(world) == calls_of(world)
    assert calls_of(world) != calls_of(world, seed="another")


def test_a_client_that_service_knows_again_keeps_its_pod_until_that_is_gone():
    world = controlled(type_="NodePort", ports=[service_port(nodePort=30123)], sessionAffinity="ClientIP")
    node = world.node()["status"]["addresses"][0]["address"]
    clients = [uid_of(place(world, node, 30123, every=1)) for _ in range(8)]
    world.wait(30)
    before = {uid: who(call for call in calls_of(world) if call.client == uid) for uid in clients}
    assert {len(names) for names in before.values()} == {1}
    assert len(set().union(*before.values())) > 1
    (gone,) = before[clients[0]]
    world.act(verbs.delete, "Pod", "default", gone, grace_seconds=0)
    world.wait(30)
    since = world.store.now - 20
    after = {uid: who(c for c in calls_of(world) if c.client == uid and c.time > since) for uid in clients}
    assert {len(names) for names in after.values()} == {1}
    assert after[clients[0]] != before[clients[0]]


def test_a_dead_node_loses_requests_until_the_endpoints_say_otherwise(world):
    place(world, "kubia", place="pod", pod="sleeper", every=1)
    world.wait(10)
    own = world.pod("sleeper")["spec"]["nodeName"]
    dead = next(pod for pod in pods(world) if pod["spec"]["nodeName"] != own)
    world.act(node_status.power_off, dead["spec"]["nodeName"])
    off = world.store.now
    world.wait(200)
    updated = next(
        change.time
        for change in world.store.changes
        if change.time > off
        and change.key.kind == "EndpointSlice"
        and not any(e["conditions"]["ready"] for e in change.object["endpoints"] if _is_of(e, dead))
    )
    calls = calls_of(world)
    lost = [call.time for call in calls if not call.answered]
    assert lost
    assert all(off <= time < updated for time in lost)
    assert TimedOut(SERVICE, Key("Pod", "default", name_of(dead))) in outcomes(calls)


def _is_of(endpoint, pod):
    return endpoint["targetRef"]["uid"] == uid_of(pod)


def test_an_unready_pod_gets_nothing_from_the_service_but_answers_at_its_own_address(world):
    probe = {"exec": {"command": ["ls", "/var/ready"]}}
    for pod in (simple_pod("well", "luksa/kubia"), simple_pod("sick", "luksa/kubia", readinessProbe=probe)):
        pod["metadata"]["labels"] = {"app": "web"}
        world.act(verbs.create, pod)
    world.act(verbs.create, make_service("web", cluster_ip="10.96.0.81", selector={"app": "web"}))
    world.wait(60)
    assert (is_ready(world.pod("well")), is_ready(world.pod("sick"))) == (True, False)
    place(world, "web", place="pod", pod="sleeper", every=1)
    place(world, ip_of(world.pod("sick")), 8080, place="pod", pod="sleeper", every=1)
    world.wait(60)
    calls = calls_of(world)
    assert who(call for call in calls if call.target == "web") == {"well"}
    assert who(call for call in calls if call.target != "web") == {"sick"}
    assert all(call.answered for call in calls)


def test_a_pod_that_ends_answers_at_its_own_address_while_the_service_avoids_it(world):
    chosen = next(pod for pod in pods(world) if name_of(pod) != "sleeper")
    place(world, "kubia", place="pod", pod="sleeper", every=1)
    place(world, ip_of(chosen), 8080, place="pod", pod="sleeper", every=1)
    world.wait(5)
    world.act(verbs.delete, "Pod", "default", name_of(chosen))
    killed = world.store.now
    world.wait(15)
    assert is_deleting(world.pod(name_of(chosen)))
    calls = [call for call in calls_of(world) if call.time > killed + 1]
    assert name_of(chosen) not in who(call for call in calls if call.target == "kubia")
    assert who(call for call in calls if call.target != "kubia") == {name_of(chosen)}
    world.wait(40)
    assert TimedOut() in outcomes(calls_of(world)[-2:])


def test_a_pod_refuses_until_its_program_listens(world):
    world.act(verbs.create, simple_pod("slow", "lifelines/slow"))
    world.wait(15)
    place(world, ip_of(world.pod("slow")), 8080, place="pod", pod="sleeper", every=1)
    world.wait(30)
    (since,) = [since for since, _ in inside.ports_of(world.store, world.pod("slow")).values()]
    calls = calls_of(world)
    assert {type(call.outcome) for call in calls if call.time < since} == {Refused}
    assert {type(call.outcome) for call in calls if call.time >= since} == {Answer}


def test_a_client_in_a_pod_is_silent_while_that_does_not_run(world):
    place(world, "kubia", place="pod", pod="sleeper", every=1)
    world.wait(10)
    node = world.pod("sleeper")["spec"]["nodeName"]
    world.act(node_status.power_off, node)
    off = world.store.now
    world.wait(5)
    assert max(call.time for call in calls_of(world)) < off
    world.act(verbs.delete, "Pod", "default", "sleeper", grace_seconds=0)
    world.act(verbs.create, simple_pod("sleeper", "busybox", command=["sleep", "1000000"]))
    world.wait(60)
    assert max(call.time for call in calls_of(world)) < off


def test_time_that_stands_still_makes_no_calls(world):
    place(world, "kubia", place="pod", pod="sleeper", every=1)
    world.wait(10)
    fold = fold_of(world)
    before = list(fold.calls)
    fold.advance([], world.store.now)
    assert list(fold.calls) == before


def test_what_is_removed_calls_no_more_and_is_not_counted_any_more(world):
    client = place(world, "kubia", place="pod", pod="sleeper", every=1)
    world.wait(10)
    world.act(lambda store: store.delete(Key("TrafficClient", "", name_of(client))))
    removed = world.store.now
    world.wait(10)
    fold = fold_of(world)
    assert max(call.time for call in fold.calls) < removed
    assert fold.totals.clients == {}
    assert fold.totals.services[SERVICE].answered > 5


def test_windows_tile(world):
    place(world, "kubia", place="pod", pod="sleeper", every=1)
    place(world, "10.96.0.80", place="internet", every=2)
    start = world.store.now
    fold = fold_of(world)
    seen, told = len(world.store.changes), []
    for step in (0.5, 1, 2.5, 0.25, 7, 1 / 3):
        since = world.store.now
        world.wait(step)
        fold.advance(world.store.changes[seen:], world.store.now)
        seen = len(world.store.changes)
        told += fold.between(since, world.store.now)
    assert told == fold_of(world).between(start, world.store.now)
    assert len(told) > 10


def test_old_calls_are_counted_and_new_ones_remembered(world):
    place(world, "kubia", place="pod", pod="sleeper", every=1)
    place(world, "10.244.9.9", place="pod", pod="sleeper", every=3)
    whole = fold_of(world)
    seen = len(world.store.changes)
    for _ in range(40):
        world.wait(31)
        whole.advance(world.store.changes[seen:], world.store.now)
        seen = len(world.store.changes)
    at_once = fold_of(world)
    assert at_once.totals == whole.totals
    assert list(at_once.calls) == list(whole.calls)
    assert at_once.totals.services[SERVICE].answered == pytest.approx(40 * 31, abs=1)
    assert min(call.time for call in at_once.calls) >= world.store.now - KEPT


def test_many_calls_with_different_ends_are_counted_as_they_are_made(world):
    world.act(node_status.power_off, pods(world)[0]["spec"]["nodeName"])
    service = world.get("Service", "kubia")
    world.act(verbs.update, with_value(service, ("spec", "publishNotReadyAddresses"), True))
    world.wait(20)
    place(world, "kubia", place="pod", pod="sleeper", every=1)
    mixed, seen = fold_of(world), len(world.store.changes)
    for _ in range(20):
        world.wait(50)
        mixed.advance(world.store.changes[seen:], world.store.now)
        seen = len(world.store.changes)
    assert fold_of(world).totals == mixed.totals
    assert min(mixed.totals.services[SERVICE]) > 100


def test_a_change_that_is_heard_of_late_changes_what_came_after_it(world):
    place(world, "kubia", place="pod", pod="sleeper", every=1)
    world.wait(10)
    fold, seen = fold_of(world), len(world.store.changes)
    dead = pods(world)[0]["spec"]["nodeName"]
    world.act(node_status.power_off, dead)
    fold.advance([], world.store.now + 30)
    world.wait(30)
    fold.advance(world.store.changes[seen:], world.store.now)
    assert list(fold.calls) == calls_of(world)
    assert fold.totals == fold_of(world).totals


def test_a_change_that_is_heard_of_after_its_time_was_only_counted_is_too_late(world):
    place(world, "kubia", place="pod", pod="sleeper", every=1)
    fold, seen = fold_of(world), len(world.store.changes)
    world.act(node_status.power_off, "node-1")
    fold.advance([], world.store.now + KEPT + 1)
    with pytest.raises(TooLateError):
        fold.advance(world.store.changes[seen:], world.store.now + KEPT + 1)
