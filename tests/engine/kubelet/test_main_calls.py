"""What a container's own command fetches from others: each call is made when its time has come."""

import pytest

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet import transcript
from clusters.engine.kubelet.logs import log_lines
from clusters.engine.objects import with_value
from tests.engine.builders import make_service
from tests.engine.kubelet.rooms import Rooms

NOBODY = "10.244.77.77"


@pytest.fixture
def rooms():
    return Rooms()


def run(rooms, *command, name="test", image="busybox", wait=300.0, **container):
    """Let a pod run that command once. Returns (phase, exit code, log)."""
    words = {"args": list(command)} if image == "curlimages/curl" else {"command": list(command)}
    rooms.run(name, image, policy="Never", **words, **container)
    rooms.world.wait(wait)
    return ended(rooms, name)


def ended(rooms, name="test"):
    pod = rooms.world.pod(name)
    state = pod["status"]["containerStatuses"][0]["state"]
    return pod["status"]["phase"], state.get("terminated", {}).get("exitCode"), log(rooms, name)


def log(rooms, name="test", **options):
    pod, store = stored(rooms, name), rooms.world.store
    return [line.text for line in log_lines(store, pod, "main", store.now, **options)]


def stored(rooms, name):
    return rooms.world.store.get("Pod", "default", name)


def took(rooms, name="test"):
    """Simulated seconds for which the container ran."""
    started, finished = stored(rooms, name)["simulation"]["containers"]["main"]["life"]
    return finished - started


def test_curl_prints_what_the_service_answers(rooms):
    found = run(rooms, "-s", "http://kubia", image="curlimages/curl")
    assert found == ("Succeeded", 0, ["You've hit kubia-1"])


def test_wget_of_busybox_does_too(rooms):
    assert run(rooms, "wget", "-qO-", "http://kubia") == ("Succeeded", 0, ["You've hit kubia-1"])


def test_a_script_may_look_a_name_up_and_fetch(rooms):
    phase, code, said = run(rooms, "sh", "-c", "nslookup kubia.default.svc.cluster.local; wget -qO- kubia")
    assert (phase, code) == ("Succeeded", 0)
    assert said[:2] == ["Server:\t\t10.96.0.10", "Address:\t10.96.0.10:53"]
    assert "Address: 10.96.0.10" in said
    assert said[-1] == "You've hit kubia-1"


def test_the_variables_of_services_are_known(rooms):
    script = "wget -qO- http://$KUBIA_SERVICE_HOST:$KUBIA_SERVICE_PORT"
    assert run(rooms, "sh", "-c", script)[2] == ["You've hit kubia-1"]


def test_a_name_that_is_not_there_ends_it(rooms):
    found = run(rooms, "-sS", "http://nobody", image="curlimages/curl")
    assert found == ("Failed", 6, ["curl: (6) Could not resolve host: nobody"])


def test_a_refused_connection_ends_it(rooms):
    ip = rooms.world.pod("web")["status"]["podIP"]
    phase, code, said = run(rooms, "wget", "-qO-", f"http://{ip}:81")
    assert (phase, code) == ("Failed", 1)
    assert said == [f"wget: can't connect to remote host ({ip}): Connection refused"]


def test_a_timeout_takes_its_time(rooms):
    phase, code, _ = run(rooms, "-sS", "-m", "7", f"http://{NOBODY}", image="curlimages/curl")
    assert (phase, code) == ("Failed", 28)
    assert took(rooms) == pytest.approx(7, abs=0.3)


def test_the_answer_is_that_of_the_moment_of_the_call(rooms):
    rooms.run("test", "busybox", policy="Never", command=["sh", "-c", "sleep 30; wget -qO- late"])
    rooms.world.wait(15)
    rooms.act(verbs.create, make_service("late", cluster_ip="10.96.0.77"))
    rooms.world.wait(30)
    assert ended(rooms) == ("Succeeded", 0, ["You've hit kubia-1"])


def test_what_was_answered_stays_when_everything_else_is_gone(rooms):
    run(rooms, "wget", "-qO-", "http://kubia")
    rooms.act(verbs.delete, "Service", "default", "kubia")
    rooms.act(verbs.delete, "Pod", "default", "kubia-1")
    rooms.world.wait(60)
    assert log(rooms) == ["You've hit kubia-1"]
    rooms.world.restart()
    assert log(rooms) == ["You've hit kubia-1"]


def test_the_log_of_the_run_before_has_the_answers_of_that_run(rooms):
    rooms.run("test", "busybox", command=["sh", "-c", "wget -qO- kubia; sleep 5; exit 1"])
    rooms.world.wait(5)
    assert log(rooms) == ["You've hit kubia-1"]
    rooms.act(verbs.delete, "Service", "default", "kubia")
    rooms.world.wait(5)
    assert log(rooms) == ["wget: bad address 'kubia'"]
    assert log(rooms, previous=True) == ["You've hit kubia-1"]


def test_a_loop_calls_at_each_turn(rooms):
    script = "for i in 1 2 3; do wget -qO- kubia; sleep 20; done"
    rooms.run("test", "busybox", policy="Never", command=["sh", "-c", script])
    seen = []
    for _ in range(4):
        rooms.world.wait(17)
        seen.append(len(log(rooms)))
    assert seen == sorted(seen)
    assert set(seen) >= {1, 2, 3}


def test_somebody_who_waits_for_a_service_goes_on_when_it_is_there(rooms):
    script = "until nslookup late.default.svc.cluster.local; do echo waiting; sleep 2; done; echo there"
    rooms.run("test", "busybox", policy="Never", command=["sh", "-c", script])
    rooms.world.wait(20)
    assert log(rooms)[-1] == "waiting"
    rooms.act(verbs.create, make_service("late", cluster_ip="10.96.0.77"))
    rooms.world.wait(10)
    phase, code, said = ended(rooms)
    assert (phase, code, said[-1]) == ("Succeeded", 0, "there")
    assert 5 < said.count("waiting") < 13


def test_a_loop_without_an_end_says_nothing_that_is_not_so(rooms):
    script = "while true; do wget -qO- kubia; sleep 1; done"
    phase, _, said = run(rooms, "sh", "-c", script)
    assert (phase, said) == ("Running", [])
    assert stored(rooms, "test")["simulation"]["containers"]["main"]["answers"] == []


def test_a_loop_that_can_be_left_is_none_without_an_end(rooms):
    script = "while true; do wget -qO- kubia && break; sleep 1; done"
    assert run(rooms, "sh", "-c", script) == ("Succeeded", 0, ["You've hit kubia-1"])


def test_nobody_asks_for_ever(rooms, monkeypatch):
    monkeypatch.setattr(transcript, "MOST", 60)
    script = "i=0; while [ $i -lt 100000 ]; do wget -qO- kubia; i=$((i+1)); done"
    phase, _, said = run(rooms, "sh", "-c", script, wait=1000)
    assert phase == "Running"
    kept = stored(rooms, "test")["simulation"]["containers"]["main"]["answers"]
    assert len(kept) == 60
    assert set(said) == {"You've hit kubia-1"}
    version = stored(rooms, "test")["metadata"]["resourceVersion"]
    rooms.world.wait(1000)
    assert stored(rooms, "test")["metadata"]["resourceVersion"] == version


def test_a_server_may_start_when_its_database_is_there(rooms):
    script = "until getent hosts late; do sleep 1; done; nginx -g 'daemon off;'"
    rooms.run("test", "nginx", command=["sh", "-c", script])
    rooms.world.wait(20)
    assert rooms.exec("box", "wget", "-qO-", rooms.world.pod("test")["status"]["podIP"])[0] == 1
    rooms.act(verbs.create, make_service("late", cluster_ip="10.96.0.77"))
    rooms.world.wait(10)
    assert rooms.exec("box", "wget", "-qO-", rooms.world.pod("test")["status"]["podIP"])[0] == 0


def test_what_it_saves_others_find(rooms):
    rooms.run("test", "busybox", command=["sh", "-c", "wget -qO /tmp/page kubia; sleep 1000"])
    rooms.world.wait(20)
    assert rooms.exec("test", "cat", "/tmp/page") == (0, "You've hit kubia-1\n", "")


def test_the_calls_go_with_the_writes_that_they_led_to(rooms):
    rooms.world.store.calls.clear()
    run(rooms, "wget", "-qO-", "http://kubia/path")
    (call,) = rooms.world.store.calls
    assert (call.target, call.port, call.request.path) == ("kubia", 80, "/path")
    assert call.source_ip == rooms.world.pod("test")["status"]["podIP"]
    assert call.pod_uid == rooms.world.pod("kubia-1")["metadata"]["uid"]


def test_the_same_history_gives_the_same_answers():
    def history():
        rooms = Rooms()
        rooms.run("kubia-2", "luksa/kubia", labels={"app": "kubia"})
        rooms.world.wait(60)
        return run(rooms, "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do wget -qO- kubia; done")[2]

    first = history()
    assert len(first) == 9
    assert len(set(first)) == 2
    assert history() == first


@pytest.mark.parametrize("name", ["ping", "nslookup", "curl", "redis-cli"])
def test_pods_without_such_a_command_keep_no_answers(rooms, name):
    run(rooms, "sh", "-c", "echo hello", name="plain")
    assert "answers" not in stored(rooms, "plain")["simulation"]["containers"]["main"]
    run(rooms, "sh", "-c", f"echo; {name} x; true", name="asking")
    assert "told" in stored(rooms, "asking")["simulation"]["containers"]["main"]


# Probes


def probing(rooms, *command, image="nginx", **probe):
    pod = {"exec": {"command": list(command)}, "periodSeconds": 5, "failureThreshold": 1, **probe}
    rooms.run("test", image, readinessProbe=pod)
    rooms.world.wait(60)
    return rooms.world.container("test")["ready"]


@pytest.mark.parametrize(
    "command", [["curl", "-f", "localhost/"], ["curl", "http://127.0.0.1:80/index.html"]]
)
def test_a_probe_may_ask_its_own_server(rooms, command):
    assert probing(rooms, *command)
    revision = rooms.world.store.revision
    rooms.world.wait(1000)
    assert rooms.world.store.revision == revision


def test_a_probe_that_gets_no_answer_fails_in_the_words_of_its_command(rooms):
    assert not probing(rooms, "curl", "-sf", "localhost:81")
    told = rooms.world.events(rooms.world.pod("test"))
    assert ("Unhealthy", "Readiness probe failed: command exited with 7") in told


def test_a_probe_may_depend_on_others_and_hears_when_they_go(rooms):
    assert probing(rooms, "curl", "-sf", "http://kubia")
    rooms.act(verbs.delete, "Service", "default", "kubia")
    rooms.world.wait(10)
    assert not rooms.world.container("test")["ready"]


def test_a_probe_has_so_much_time(rooms):
    assert not probing(rooms, "sleep", "5")
    told = 'Readiness probe failed: command timed out: "sleep 5" timed out after 1s'
    assert ("Unhealthy", told) in rooms.world.events(rooms.world.pod("test"))


def test_a_probe_may_be_given_more(rooms):
    assert probing(rooms, "sleep", "5", timeoutSeconds=6)


def test_a_probe_of_a_database_asks_the_database(rooms):
    assert probing(rooms, "redis-cli", "ping", image="redis")
    assert not probing_again(rooms, "redis-cli", "-p", "1", "ping")


def probing_again(rooms, *command):
    pod = {"exec": {"command": list(command)}, "periodSeconds": 5, "failureThreshold": 1}
    rooms.run("other", "redis", readinessProbe=pod)
    rooms.world.wait(60)
    return rooms.world.container("other")["ready"]


def test_a_file_of_a_config_map_is_there_for_the_command(rooms):
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "default"}}
    rooms.act(verbs.create, {**config, "data": {"text": "hello"}})
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "test", "namespace": "default"},
        "spec": {
            "restartPolicy": "Never",
            "volumes": [{"name": "v", "configMap": {"name": "c"}}],
            "containers": [
                {
                    "name": "main",
                    "image": "busybox",
                    "command": ["cat", "/etc/config/text"],
                    "volumeMounts": [{"name": "v", "mountPath": "/etc/config"}],
                }
            ],
        },
    }
    rooms.act(verbs.create, with_value(pod, ("metadata", "labels"), {}))
    rooms.world.wait(60)
    assert ended(rooms) == ("Succeeded", 0, ["hello"])
