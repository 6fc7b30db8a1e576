"""What `kubectl logs` shows."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.images import image_of
from clusters.engine.kubelet.logs import MOST_LINES, Follower, log_lines, next_line_at
from clusters.engine.network import Network, Traffic
from clusters.engine.objects import Key, uid_of, with_simulation, with_value
from tests.engine.builders import NOW, make_node, make_store
from tests.engine.kubelet.rooms import Rooms
from tests.engine.world import World, simple_pod

COUNTER = 'i=0; while true; do echo "$i: $(date +%T)"; i=$((i+1)); sleep 1; done'


def world_with(image="nginx", *, delays="real", policy="Always", wait=20, **container):
    """A pod `p` with a container `main`, some seconds after it was created."""
    world = World(make_store(make_node(), delays=delays))
    world.act(verbs.create, simple_pod("p", image, policy=policy, **container))
    world.wait(wait)
    return world


def lines(world, container="", **options):
    return log_lines(world.store, world.pod(), container, world.store.now, **options)


def texts(world, **options):
    return [line.text for line in lines(world, **options)]


def sh(script, **options):
    return world_with("busybox", command=["sh", "-c", script], **options)


def since_of(world):
    return world.pod()["simulation"]["containers"]["main"]["since"]


def refusal(world, **options):
    with pytest.raises(StatusError) as caught:
        lines(world, **options)
    return caught.value.code, caught.value.message


def power_off(world, **fields):
    world.store.update(with_simulation(world.node(), **fields))


# What is in it


def test_a_server_says_that_it_starts():
    assert texts(world_with("luksa/kubia")) == ["Kubia server starting..."]
    started = lines(world_with())[0]
    assert "ready for start up" in started.text
    assert started.time > NOW


def test_requests_are_in_the_log_of_the_pod_that_served_them():
    rooms = Rooms()
    rooms.exec("web", "curl", "-s", "http://kubia/hello")
    rooms.exec("kubia-1", "curl", "-s", "http://web")
    rooms.exec("box", "wget", "-qO-", "10.244.0.3/missing")
    store, now = rooms.world.store, rooms.world.store.now

    def log(name):
        pod = rooms.world.pod(name)
        requests = rooms.traffic.served(uid_of(pod))
        return [line.text for line in log_lines(store, pod, "", now, requests=requests)]

    web = rooms.world.pod("web")["status"]["podIP"]
    box = rooms.world.pod("box")["status"]["podIP"]
    assert log("kubia-1") == ["Kubia server starting...", f"Received request from ::ffff:{web}"]
    assert log("web")[-1].startswith(f"{box} - - [24/Nov/2026:08:0")
    assert '"GET /missing HTTP/1.1" 404' in log("web")[-1]


def test_http_probes_are_requests_too():
    probe = {"httpGet": {"path": "/x", "port": 80}, "initialDelaySeconds": 4, "periodSeconds": 5}
    world = world_with(readinessProbe=probe, wait=30)
    hits = [line for line in lines(world) if "kube-probe" in line.text]
    assert len(hits) == 5
    assert {round(b.time - a.time, 3) for a, b in pairwise(hits)} == {5.0}
    assert all(line.text.startswith("10.244.0.1 ") and " 404 " in line.text for line in hits)
    assert (
        hits[0].time
        >= world.store.get("Pod", "default", "p")["simulation"]["containers"]["main"]["since"] + 4
    )


def test_other_probes_wait_for_the_one_that_asks_whether_it_has_started():
    probe = {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 10}
    ports = [{"name": "http", "containerPort": 8080}]
    world = world_with(
        "lifelines/slow",
        startupProbe={**probe, "periodSeconds": 3, "failureThreshold": 20},
        livenessProbe=probe,
        ports=ports,
        wait=60,
    )
    hits = [line.time for line in lines(world) if line.text.startswith("GET / from")]
    since = since_of(world)
    assert hits[0] >= since + 20
    assert hits == sorted(hits)
    assert len(hits) == 1 + sum(1 for hit in hits[1:] if hit >= hits[0])


def test_probes_without_http_are_not_seen():
    world = world_with("luksa/kubia", livenessProbe={"tcpSocket": {"port": 8080}, "periodSeconds": 1})
    assert texts(world) == ["Kubia server starting..."]


def test_a_command_prints_at_its_times():
    world = sh("echo first; sleep 3; echo second >&2; sleep 100")
    first, second = lines(world)
    assert (first.text, first.stream) == ("first", "stdout")
    assert (second.text, second.stream) == ("second", "stderr")
    assert second.time - first.time == pytest.approx(3)


def test_a_command_knows_its_variables():
    script = 'echo "$COLOR on $HOSTNAME"; sleep 100'
    world = world_with("busybox", command=["sh", "-c", script], env=[{"name": "COLOR", "value": "blue"}])
    assert texts(world) == ["blue on p"]


def test_an_endless_loop_is_not_run_from_its_beginning():
    world = sh(COUNTER, wait=200_000)
    found = lines(world)
    assert MOST_LINES * 0.9 < len(found) <= MOST_LINES
    numbers = [int(line.text.split(":")[0]) for line in found]
    since = since_of(world)
    assert numbers[-1] == int(world.store.now - since)
    assert numbers == list(range(numbers[0], numbers[0] + len(found)))
    assert all(
        line.time == pytest.approx(since + number) for line, number in zip(found, numbers, strict=True)
    )


def test_a_loop_that_was_skipped_says_what_it_would_have_said():
    early, late = sh(COUNTER, wait=500), sh(COUNTER, wait=1200)
    shared = {line.text for line in lines(early)} & {line.text for line in lines(late)}
    assert len(shared) > 200
    assert set(lines(late)) & set(lines(early)) == {line for line in lines(early) if line.text in shared}


def test_a_busy_loop_prints_no_more_than_fits():
    assert len(lines(sh("while :; do echo x; done", wait=3000))) == MOST_LINES


def test_a_loop_that_decides_goes_on_for_ever_too():
    script = "while true; do if [ -f /tmp/on ]; then echo on; else touch /tmp/on; fi; sleep 1; done"
    found = texts(sh(script, wait=50_000))
    assert set(found) == {"on"}
    assert MOST_LINES * 0.9 < len(found) <= MOST_LINES


def test_only_so_many_lines_may_be_asked_for():
    assert len(lines(sh(COUNTER, wait=500), most=7)) == 7


def test_a_crash_ends_with_its_last_words():
    world = world_with("lifelines/crasher", wait=12)
    assert texts(world)[-1] == "panic: something is wrong in here"
    assert lines(world)[-1].stream == "stderr"


def test_a_clash_of_ports_is_told():
    pod = simple_pod("p", "nginx")
    pod["spec"]["containers"].append({"name": "second", "image": "nginx"})
    world = World(make_store(make_node(), delays="none"))
    world.act(verbs.create, pod)
    world.wait(1)
    found = log_lines(world.store, world.pod(), "second", world.store.now)
    assert found[-1].text == "listen tcp :80: bind: address already in use"


def test_a_job_says_that_it_is_done():
    world = world_with("luksa/batch-job", policy="Never", wait=200)
    started, ended = lines(world)
    assert started.text.endswith("Batch job starting")
    assert ended.text.endswith("Finished successfully")
    assert ended.time - started.time == pytest.approx(120, abs=0.1)


def test_a_database_without_a_password_says_why():
    assert texts(world_with("postgres", wait=15, policy="Never")) == [
        "Error: Database is uninitialized and superuser password is not specified."
    ]


def test_whoever_is_told_to_stop_says_so():
    world = world_with()
    pod = with_value(world.pod(), ("metadata", "finalizers"), ["example.com/hold"])
    world.store.update(pod)
    world.act(verbs.delete, "Pod", "default", "p")
    world.wait(5)
    assert "signal 15 (SIGTERM) received" in texts(world)[-1]


def test_what_cannot_be_started_has_said_nothing():
    assert texts(world_with("busybox", command=["python3"], wait=12)) == []


# Which container, which run of it


def two_containers():
    pod = simple_pod("p", "nginx")
    pod["spec"]["containers"].append({"name": "side", "image": "luksa/kubia"})
    world = World(make_store(make_node(), delays="none"))
    world.act(verbs.create, pod)
    world.wait(1)
    return world


def test_of_several_containers_one_is_named():
    world = two_containers()
    assert refusal(world) == (
        400,
        "a container name must be specified for pod p, choose one of: [main side]",
    )
    assert texts(world, container="side") == ["Kubia server starting..."]
    assert refusal(world, container="other") == (400, "container other is not valid for pod p")


def test_a_pod_without_a_node_has_an_empty_log():
    world = World(make_store(delays="none"))
    world.act(verbs.create, simple_pod("p"))
    assert lines(world) == []


def test_before_it_starts_there_is_no_log():
    assert refusal(world_with(wait=1)) == (
        400,
        'container "main" in pod "p" is waiting to start: ContainerCreating',
    )


@pytest.mark.parametrize(
    ("wait", "why"), [(3, "image can't be pulled"), (8, "trying and failing to pull image")]
)
def test_without_its_image_there_is_no_log(wait, why):
    world = world_with("nobody/nothing", wait=wait)
    assert refusal(world) == (400, f'container "main" in pod "p" is waiting to start: {why}')


def test_the_run_before_is_there_after_a_restart():
    world = sh("echo $$; echo run; sleep 30; exit 1", wait=20)
    assert refusal(world, previous=True) == (
        400,
        'previous terminated container "main" in pod "p" not found',
    )
    first = lines(world)
    world.wait(20)
    assert lines(world, previous=True) == first
    assert lines(world)[0].time > first[0].time


def test_while_it_waits_to_be_started_again_the_last_run_is_shown():
    world = world_with("lifelines/crasher", wait=30)
    assert world.container()["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert lines(world) == lines(world, previous=True) != []


def test_a_node_without_power_cannot_be_asked():
    world = world_with()
    power_off(world, powered=False)
    asked = 'Get "https://172.18.0.2:10250/containerLogs/default/p/main"'
    said = f"{asked}: dial tcp 172.18.0.2:10250: connect: no route to host"
    assert refusal(world) == (500, said)


def test_a_stopped_kubelet_refuses():
    world = world_with()
    power_off(world, kubelet="stopped")
    assert refusal(world)[1].endswith("dial tcp 172.18.0.2:10250: connect: connection refused")


# Following


def follow(world, seconds, follower=None, requests=()):
    """Follow for so long, as an adapter does: asleep until `next_at`."""
    follower = follower or Follower(Key("Pod", "default", "p"), "")
    end, found = world.store.now + seconds, []
    while True:
        found += follower.advance(world.store, world.store.now, requests)
        if follower.over or follower.next_at is None or follower.next_at > end:
            return follower, found
        world.wait(max(0.001, follower.next_at - world.store.now))


@pytest.mark.parametrize(
    "script", [COUNTER, "for i in 1 2 3 4; do echo $i; echo $i; sleep 2; done; sleep 1000"]
)
def test_following_gives_each_line_once(script):
    world = sh(script, wait=5)
    _follower, found = follow(world, 30)
    assert Counter(found) == Counter(lines(world))
    assert len(found) >= 8


def test_a_follower_knows_when_to_look_again():
    world = sh("echo a; sleep 5; echo b; sleep 10000; echo c", wait=6)
    (first,) = lines(world)
    now = world.store.now
    assert next_line_at(world.store, world.pod(), "main", now) == pytest.approx(first.time + 5)
    world.wait(10)
    assert next_line_at(world.store, world.pod(), "main", world.store.now) == pytest.approx(
        first.time + 10_005
    )


def test_a_server_writes_nothing_by_itself():
    world = world_with()
    assert next_line_at(world.store, world.pod(), "main", world.store.now) is None


def test_a_follower_sees_requests_of_the_same_moment():
    world = world_with("luksa/kubia")
    follower, found = follow(world, 0)
    assert len(found) == 1
    store, now, traffic = world.store, world.store.now, Traffic()
    network = Network(store, lambda pod: {8080: image_of("luksa/kubia")}, Random(1), now, traffic)
    for expected in (1, 1):
        network.request(Key("Pod", "default", "p"), "localhost", 8080)
        _, found = follow(world, 0, follower, list(traffic.served(uid_of(world.pod()))))
        assert len(found) == expected


def test_following_ends_with_the_container():
    world = sh("echo one; sleep 3; echo two", policy="Never", wait=4.3)
    follower, found = follow(world, 100)
    assert follower.over
    assert [line.text for line in found] == ["one", "two"]


def test_following_ends_with_the_run_that_it_began_with():
    world = sh("echo begin; sleep 30; echo end", wait=20)
    follower, found = follow(world, 5)
    world.wait(20)
    _, more = follow(world, 5, follower)
    assert follower.over
    assert [line.text for line in [*found, *more]] == ["begin", "end"]


def test_following_does_not_show_a_later_run():
    world = sh("echo begin; sleep 30; echo end", wait=20)
    follower, _ = follow(world, 5)
    world.wait(1000)
    assert follow(world, 5, follower)[1] == []
    assert follower.over


def test_following_ends_with_the_pod():
    world = world_with()
    follower, _ = follow(world, 1)
    world.act(verbs.delete, "Pod", "default", "p", grace_seconds=0)
    assert follow(world, 1, follower)[1] == []
    assert follower.over


def test_a_log_is_the_same_whoever_reads_it_and_when():
    world = sh(COUNTER, wait=60)
    before = lines(world)
    world.wait(30)
    assert lines(world)[: len(before)] == before
    assert lines(world.restart()) == lines(world)


def test_nothing_is_written_by_reading():
    world = world_with("lifelines/crasher", wait=30)
    revision = world.store.revision
    lines(world)
    lines(world, previous=True)
    assert world.store.revision == revision
