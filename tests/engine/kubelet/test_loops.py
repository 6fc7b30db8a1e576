"""Containers whose endless loops call others: what they are taken to call, and what their logs say of it."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet import inside, node_status
from clusters.engine.kubelet.logs import Follower, log_lines
from clusters.engine.kubelet.loops import Calls, loops_of, may_call
from clusters.engine.network import Tally, served_by
from clusters.engine.network.clients import MOST, new_client
from clusters.engine.network.steady import KEPT, Fold
from clusters.engine.objects import Key, uid_of
from clusters.engine.store import MemoryStore
from tests.engine.builders import NOW, make_service, service_port
from tests.engine.kubelet.rooms import Rooms

WGET = "while true; do wget -qO- -T 2 http://kubia; sleep 1; done"


@pytest.fixture
def rooms():
    return Rooms()


def loop(rooms, script=WGET, name="client", image="busybox", wait=30.0, **container):
    """Run a pod with that script for so long."""
    words = (
        {"args": ["sh", "-c", script]} if image == "curlimages/curl" else {"command": ["sh", "-c", script]}
    )
    rooms.run(name, image, **words, **container)
    rooms.world.wait(wait)


def stored(rooms, name="client"):
    return rooms.world.store.get("Pod", "default", name)


def began(rooms, name="client"):
    return stored(rooms, name)["simulation"]["containers"]["main"]["since"]


def found(rooms, name="client"):
    return loops_of(rooms.world.store, stored(rooms, name))


def fold_of(rooms):
    store = rooms.world.store
    fold = Fold(MemoryStore(), NOW, seed=store.seed, ports=inside.ports_of, loops=loops_of)
    fold.advance(store.changes, store.now)
    return fold


def known_of(rooms):
    fold = fold_of(rooms)
    return Calls(fold.time, list(fold.calls), fold.clients)


def log(rooms, name="client", **options):
    pod, store = stored(rooms, name), rooms.world.store
    return log_lines(store, pod, "main", store.now, known=known_of(rooms), **options)


def texts(rooms, name="client", **options):
    return [line.text for line in log(rooms, name, **options)]


@pytest.mark.parametrize(
    ("script", "image", "calls"),
    [
        (WGET, "busybox", [("kubia", 80, 1.0, 0.1)]),
        ("until false; do wget -qO- kubia; sleep 7; done", "busybox", [("kubia", 80, 7.0, 0.1)]),
        (
            "while :; do wget -q kubia:8080/path >/dev/null 2>&1; sleep 2; done",
            "busybox",
            [("kubia", 8080, 2.0, 0.1)],
        ),
        (
            "while sleep 3; do curl -s http://10.244.1.5:8080; done",
            "curlimages/curl",
            [("10.244.1.5", 8080, 3.0, 3.0)],
        ),
        ("while sleep 0.01; do wget -q -O- http://kubia; done", "busybox", [("kubia", 80, 1.0, 1.01)]),
        ("while true; do curl -s kubia; done", "curlimages/curl", [("kubia", 80, 1.0, 1.0)]),
        (
            "echo hello; sleep 5; while true; do wget kubia; sleep 4; done",
            "busybox",
            [("kubia", 80, 4.0, 5.0)],
        ),
        ("wget kubia; while true; do wget web; sleep 4; done", "busybox", [("web", 80, 4.0, 0.1)]),
        (
            "while true; do wget -qO- kubia; sleep 1; wget -qO- web; sleep 2; done",
            "busybox",
            [("kubia", 80, 3.0, 0.1), ("web", 80, 3.0, 1.1)],
        ),
        ("while true; do wget kubia || echo lost; sleep 2; done", "busybox", [("kubia", 80, 2.0, 0.1)]),
        (
            'while true; do echo "$(date) $(wget -qO- kubia)"; sleep 2; done',
            "busybox",
            [("kubia", 80, 2.0, 0.1)],
        ),
        ("while true; do X=$(wget -qO- kubia); echo $X; sleep 2; done", "busybox", [("kubia", 80, 2.0, 0.1)]),
        (
            "i=0; while true; do i=$((i+1)); echo $i; wget kubia; sleep 2; done",
            "busybox",
            [("kubia", 80, 2.0, 0.1)],
        ),
        (
            "while true; do if wget -q --spider kubia; then echo up; else echo down; fi; sleep 2; done",
            "busybox",
            [("kubia", 80, 2.0, 0.1)],
        ),
        (
            "while true; do for n in kubia web; do wget -qO- $n; done; sleep 2; done",
            "busybox",
            [("kubia", 80, 2.02, 2.11), ("web", 80, 2.02, 0.1)],
        ),
    ],
)
def test_a_loop_calls_as_often_as_it_turns(rooms, script, image, calls):
    loop(rooms, script, image=image)
    since = began(rooms)
    seen = [(c.target, c.port, c.every, round(c.time_of(1) - since, 3)) for c in found(rooms)]
    assert seen == calls


@pytest.mark.parametrize(
    "script",
    [
        "while true; do date; sleep 1; done",
        "while true; do nslookup kubia; sleep 1; done",
        "while true; do ping -c 1 10.244.1.5; sleep 1; done",
        "while true; do wget -q kubia && wget -q web; sleep 1; done",
        "while true; do wget -q kubia || sleep 5; sleep 1; done",
        'while true; do if [ "$(wget -qO- kubia)" = x ]; then sleep 5; fi; sleep 1; done',
        "while true; do for n in 1 2 3 4; do wget -q kubia; done; sleep 1; done",
        "while true; do wget -qO /tmp/x kubia; if grep -q hit /tmp/x; then wget -q web; fi; sleep 1; done",
        "wget kubia; sleep 10000",
    ],
)
def test_what_calls_nobody_or_according_to_what_it_is_told_is_no_client(rooms, script):
    loop(rooms, script)
    assert stored(rooms)["status"]["phase"] == "Running"
    assert found(rooms) == []


def test_the_variables_of_services_are_known_and_stay_what_they_were(rooms):
    loop(rooms, "while true; do wget -q http://$KUBIA_SERVICE_HOST:$KUBIA_SERVICE_PORT; sleep 1; done")
    (before,) = found(rooms)
    assert (before.target, before.port) == (
        rooms.world.store.get("Service", "default", "kubia")["spec"]["clusterIP"],
        80,
    )
    rooms.act(verbs.delete, "Service", "default", "kubia")
    assert found(rooms) == [before]


def test_nothing_is_written_for_it(rooms):
    loop(rooms)
    revision = rooms.world.store.revision
    rooms.world.wait(1000)
    assert rooms.world.store.revision == revision
    assert stored(rooms)["simulation"]["containers"]["main"]["answers"] == []


def test_who_may_call_is_known_without_looking_closely(rooms):
    assert not may_call(rooms.world.store)
    loop(rooms)
    assert may_call(rooms.world.store)
    rooms.act(verbs.delete, "Pod", "default", "client", grace_seconds=0)
    assert not may_call(rooms.world.store)


def test_its_calls_are_made_from_its_pod_with_its_own_request(rooms):
    loop(rooms, "while true; do wget -qO- kubia/path; sleep 1; done")
    call = fold_of(rooms).calls[-1]
    assert (call.source, call.source_ip) == (
        Key("Pod", "default", "client"),
        rooms.world.pod("client")["status"]["podIP"],
    )
    assert (call.request.path, call.request.header("user-agent")) == ("/path", "Wget")
    assert call.pod_uid == uid_of(rooms.world.pod("kubia-1"))


def test_it_calls_while_its_container_runs(rooms):
    loop(rooms)
    rooms.act(verbs.delete, "Pod", "default", "client", grace_seconds=5)
    rooms.world.wait(60)
    made = list(fold_of(rooms).calls)
    assert made
    rooms.world.wait(60)
    assert list(fold_of(rooms).calls) == made
    assert fold_of(rooms).totals.clients == {}
    assert fold_of(rooms).totals.targets == {"kubia": Tally(len(made), 0)}


def test_a_machine_without_power_makes_no_calls_and_another_container_goes_on(rooms):
    loop(rooms)
    (before,) = found(rooms)
    rooms.act(node_status.power_off, "node-1")
    off = rooms.world.store.now
    rooms.world.wait(20)
    rooms.act(node_status.power_on, "node-1")
    on = rooms.world.store.now
    rooms.world.wait(60)
    (after,) = found(rooms)
    assert before.uid != after.uid
    assert not [call for call in fold_of(rooms).calls if off <= call.time < on]
    assert {call.client for call in fold_of(rooms).calls if call.time >= on} == {after.uid}


def test_no_more_than_so_many_containers_are_clients(rooms):
    for number in range(MOST + 3):
        rooms.run(f"client-{number}", "busybox", command=["sh", "-c", WGET])
        rooms.world.wait(5)
    rooms.world.wait(30)
    first = [found(rooms, f"client-{number}")[0].uid for number in range(MOST)]
    fold = fold_of(rooms)
    assert set(fold.totals.clients) == set(first)
    assert {client.uid for client in fold.clients} == set(first)
    rooms.act(verbs.delete, "Pod", "default", "client-0", grace_seconds=0)
    rooms.world.wait(5)
    assert found(rooms, f"client-{MOST}")[0].uid in fold_of(rooms).totals.clients


# Logs


def test_the_log_has_what_each_call_was_answered(rooms):
    rooms.run("kubia-2", "luksa/kubia", labels={"app": "kubia"})
    loop(rooms, wait=60)
    expected = [(round(call.time, 2), call.outcome.text.rstrip()) for call in fold_of(rooms).calls]
    assert len({text for _, text in expected}) == 2
    assert [(round(line.time, 2), line.text) for line in log(rooms)] == expected


def test_what_else_a_turn_prints_is_there_too(rooms):
    script = 'echo begin; i=0; while true; do i=$((i+1)); echo "turn $i"; wget -qO- kubia; sleep 10; done'
    loop(rooms, script, wait=35)
    hit = "You've hit kubia-1"
    said = texts(rooms)
    assert said[:5] == ["begin", "turn 1", hit, "turn 2", hit]
    rooms.world.wait(1000)
    lines = log(rooms)
    assert all(line.time > rooms.world.store.now - KEPT - 1 for line in lines)
    assert [line.text for line in lines[1::2]] == [hit] * (len(lines) // 2)
    turns = [int(line.text.split()[1]) for line in lines[::2]]
    assert turns == list(range(turns[0], turns[0] + len(turns)))
    assert turns[-1] == int((rooms.world.store.now - began(rooms)) / 10) + 1


@pytest.mark.parametrize(
    ("script", "image", "said"),
    [
        ("while true; do wget -qO- -T 2 10.244.77.77; sleep 1; done", "busybox", "wget: download timed out"),
        ("while true; do wget -qO- nobody; sleep 1; done", "busybox", "wget: bad address 'nobody'"),
        (
            "while true; do curl -sS -m 2 10.244.77.77; sleep 1; done",
            "curlimages/curl",
            "curl: (28) Connection timed out after 2001 milliseconds",
        ),
        ("while true; do curl -s 10.244.77.77 || echo lost; sleep 1; done", "curlimages/curl", "lost"),
        ("while true; do wget -q kubia/x -O /dev/null && echo ok; sleep 1; done", "busybox", "ok"),
    ],
)
def test_lost_calls_print_what_the_program_prints(rooms, script, image, said):
    loop(rooms, script, image=image)
    assert set(texts(rooms)) == {said}
    assert len(texts(rooms)) == len(fold_of(rooms).calls)


def test_a_refused_call_names_the_address_of_the_service(rooms):
    loop(rooms)
    rooms.act(verbs.delete, "Pod", "default", "kubia-1", grace_seconds=0)
    rooms.world.wait(30)
    address = rooms.world.store.get("Service", "default", "kubia")["spec"]["clusterIP"]
    assert texts(rooms)[-1] == f"wget: can't connect to remote host ({address}): Connection refused"
    assert texts(rooms)[0] == "You've hit kubia-1"


def test_without_anybody_who_works_the_calls_out_it_says_nothing(rooms):
    loop(rooms)
    pod, store = stored(rooms), rooms.world.store
    assert log_lines(store, pod, "main", store.now) == []


def test_the_run_before_has_its_log_too(rooms):
    loop(rooms)
    rooms.act(node_status.power_off, "node-1")
    rooms.world.wait(2)
    rooms.act(node_status.power_on, "node-1")
    rooms.world.wait(30)
    assert set(texts(rooms, previous=True)) == {"You've hit kubia-1"}
    ended = stored(rooms)["simulation"]["containers"]["main"]["life"][1]
    assert all(line.time <= ended for line in log(rooms, previous=True))


def test_whoever_follows_sees_each_line_once_and_soon(rooms):
    loop(rooms, "while true; do date +%s; wget -qO- kubia; sleep 3; done")
    follower, seen = Follower(Key("Pod", "default", "client"), "main"), []
    for _ in range(15):
        store = rooms.world.store
        seen += follower.advance(store, store.now, (), known_of(rooms))
        assert store.now < follower.next_at < store.now + 3.2
        rooms.world.wait(follower.next_at - store.now)
    store = rooms.world.store
    seen += follower.advance(store, store.now, (), known_of(rooms))
    assert seen == log(rooms)
    assert len(seen) > 30


def test_other_loops_print_as_far_back_as_ever(rooms):
    loop(rooms)
    loop(rooms, "while true; do echo tick; sleep 1; done", name="other", wait=800)
    assert len(log(rooms, "other")) > 2 * KEPT


def test_whoever_answers_has_it_in_his_log(rooms):
    ports = [service_port(targetPort=80)]
    web = make_service("web", cluster_ip="10.96.0.99", selector={"app": "web"}, ports=ports)
    rooms.act(verbs.create, web)
    loop(rooms, "while true; do wget -qO- 10.96.0.99; sleep 1; done")
    known, uid = known_of(rooms), uid_of(stored(rooms, "web"))
    lines = texts(rooms, "web", requests=list(served_by(known.calls, uid)))
    assert sum('"GET / HTTP/1.1" 200' in line and '"Wget"' in line for line in lines) == len(known.calls)


def test_a_log_of_who_answers_is_looked_at_again_when_somebody_calls(rooms):
    store = rooms.world.store
    client = new_client(
        store, place="pod", pod=stored(rooms, "box"), target="kubia", port=80, every=5, since=store.now
    )
    rooms.act(lambda store: store.create(client))
    rooms.world.wait(1)
    follower, store = Follower(Key("Pod", "default", "web"), "main"), rooms.world.store
    follower.advance(store, store.now, (), known_of(rooms))
    assert follower.next_at == pytest.approx(client["spec"]["since"] + 5, abs=0.1)


# What may end is run as it is


def test_a_loop_that_waits_for_a_service_ends_when_it_is_there(rooms):
    loop(rooms, "while true; do wget -qO- late && break; sleep 2; done", wait=60)
    rooms.act(verbs.create, make_service("late", cluster_ip="10.96.0.77"))
    rooms.world.wait(10)
    assert texts(rooms, previous=True)[-1] == "You've hit kubia-1"
    assert found(rooms) == []
