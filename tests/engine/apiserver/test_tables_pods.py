"""Rows of pods: Ready, Status and Restarts in all states of their containers."""

import pytest

from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.apiserver.tables import definitions, table
from clusters.engine.clock import rfc3339

NOW = 1_800_000_000.0
POD = BY_KIND["Pod"]
COLUMNS = [column["name"] for column in definitions(POD)]

RUNNING = {"running": {"startedAt": rfc3339(NOW - 60)}}
COMPLETED = {"terminated": {"exitCode": 0, "reason": "Completed"}}
FAILED = {"terminated": {"exitCode": 1, "reason": "Error"}}


def waiting(reason):
    return {"waiting": {"reason": reason}}


def container(name, state, *, ready=None, restarts=0, ended=None, started=None):
    """A container's status; `ended` is how many seconds ago its last run ended."""
    last = {} if ended is None else {"terminated": {"exitCode": 1, "finishedAt": rfc3339(NOW - ended)}}
    ready = ("running" in state) if ready is None else ready
    status = {"name": name, "state": state, "ready": ready, "restartCount": restarts, "lastState": last}
    return status if started is None else {**status, "started": started}


def pod(*statuses, init=(), sidecars=(), conditions=(), phase="Running", **more):
    """A pod that has a container for each status; `init` are statuses of its init containers."""
    inits = [
        {"name": status["name"], **({"restartPolicy": "Always"} if status["name"] in sidecars else {})}
        for status in init
    ]
    return {
        "metadata": {"name": "kubia", "creationTimestamp": rfc3339(NOW - 300), **more.get("metadata", {})},
        "spec": {
            "containers": [{"name": status["name"]} for status in statuses],
            "initContainers": inits,
            **more.get("spec", {}),
        },
        "status": {
            "phase": phase,
            "containerStatuses": list(statuses),
            "initContainerStatuses": list(init),
            "conditions": list(conditions),
            **more.get("status", {}),
        },
    }


def row_of(obj):
    (row,) = table(POD, [obj], NOW)["rows"]
    return row


def cells(obj):
    return dict(zip(COLUMNS, row_of(obj)["cells"], strict=True))


def shown(obj):
    found = cells(obj)
    return found["Ready"], found["Status"], found["Restarts"]


def true(type_, **more):
    return {"type": type_, "status": "True", **more}


def test_a_pod_that_runs():
    obj = pod(
        container("main", RUNNING),
        spec={"nodeName": "node-1"},
        status={"podIP": "10.244.0.5", "podIPs": [{"ip": "10.244.0.5"}, {"ip": "fd00::5"}]},
    )
    assert cells(obj) == {
        "Name": "kubia",
        "Ready": "1/1",
        "Status": "Running",
        "Restarts": "0",
        "Age": "5m",
        "IP": "10.244.0.5",
        "Node": "node-1",
        "Nominated Node": "<none>",
        "Readiness Gates": "<none>",
    }


def test_a_pod_that_was_just_made():
    obj = {"metadata": {"name": "kubia"}, "spec": {"containers": [{}, {}]}, "status": {"phase": "Pending"}}
    assert cells(obj) == {
        "Name": "kubia",
        "Ready": "0/2",
        "Status": "Pending",
        "Restarts": "0",
        "Age": "<unknown>",
        "IP": "<none>",
        "Node": "<none>",
        "Nominated Node": "<none>",
        "Readiness Gates": "<none>",
    }


@pytest.mark.parametrize(
    ("state", "ready", "status"),
    [
        (waiting("ContainerCreating"), "0/1", "ContainerCreating"),
        (waiting("ImagePullBackOff"), "0/1", "ImagePullBackOff"),
        (waiting("CrashLoopBackOff"), "0/1", "CrashLoopBackOff"),
        (waiting(""), "0/1", "Running"),
        (RUNNING, "1/1", "Running"),
        (COMPLETED, "0/1", "Completed"),
        (FAILED, "0/1", "Error"),
        ({"terminated": {"exitCode": 137, "reason": "OOMKilled"}}, "0/1", "OOMKilled"),
        ({"terminated": {"exitCode": 3}}, "0/1", "ExitCode:3"),
        ({"terminated": {"exitCode": 137, "signal": 9}}, "0/1", "Signal:9"),
        ({"terminated": {}}, "0/1", "ExitCode:0"),
        ({}, "0/1", "Running"),
    ],
)
def test_the_state_of_the_container_is_that_of_the_pod(state, ready, status):
    assert shown(pod(container("main", state)))[:2] == (ready, status)


def test_a_container_counts_as_ready_while_it_runs_only():
    assert shown(pod(container("main", RUNNING, ready=False)))[0] == "0/1"
    assert shown(pod(container("main", COMPLETED, ready=True)))[0] == "0/1"


def test_of_several_containers_the_first_has_the_last_word():
    first, second = container("a", waiting("CrashLoopBackOff")), container("b", waiting("ErrImagePull"))
    assert shown(pod(first, second))[1] == "CrashLoopBackOff"
    assert shown(pod(container("a", RUNNING), second))[:2] == ("1/2", "ErrImagePull")


@pytest.mark.parametrize(
    ("statuses", "conditions", "status"),
    [
        ((COMPLETED, RUNNING), [true("Ready")], "Running"),
        ((COMPLETED, RUNNING), [{"type": "Ready", "status": "False"}], "NotReady"),
        ((COMPLETED, RUNNING), [], "NotReady"),
        ((COMPLETED, COMPLETED), [], "Completed"),
        ((COMPLETED, FAILED), [], "Error"),
        ((COMPLETED, FAILED, RUNNING), [], "Error"),
        ((COMPLETED, FAILED, RUNNING), [true("Ready")], "Running"),
        ((FAILED, COMPLETED), [], "Error"),
    ],
)
def test_a_pod_of_which_a_container_has_completed(statuses, conditions, status):
    obj = pod(*(container(str(n), state) for n, state in enumerate(statuses)), conditions=conditions)
    assert shown(obj)[1] == status


@pytest.mark.parametrize(
    ("statuses", "restarts"),
    [
        ([{}], "0"),
        ([{"restarts": 2}], "2"),
        ([{"restarts": 2, "ended": 300}], "2 (5m ago)"),
        ([{"restarts": 2, "ended": 300}, {"restarts": 1, "ended": 65}], "3 (65s ago)"),
        ([{"restarts": 1, "ended": 65}, {}], "1 (65s ago)"),
        ([{"restarts": 0, "ended": 65}], "0"),
    ],
)
def test_restarts_are_counted_and_the_last_is_dated(statuses, restarts):
    obj = pod(*(container(str(number), RUNNING, **status) for number, status in enumerate(statuses)))
    assert shown(obj)[2] == restarts


def test_a_reason_of_the_pod_counts_more_than_its_phase():
    assert shown(pod(phase="Failed", status={"reason": "Evicted"}))[1] == "Evicted"


def test_a_pod_that_waits_behind_a_gate():
    gated = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}
    assert shown(pod(phase="Pending", conditions=[gated]))[1] == "SchedulingGated"


@pytest.mark.parametrize(
    ("init", "status"),
    [
        ([container("i", waiting("PodInitializing"))], "Init:0/1"),
        ([container("i", {})], "Init:0/1"),
        ([container("i", RUNNING)], "Init:0/1"),
        ([container("i", COMPLETED), container("j", RUNNING)], "Init:1/2"),
        ([container("i", waiting("ImagePullBackOff")), container("j", {})], "Init:ImagePullBackOff"),
        ([container("i", COMPLETED), container("j", waiting("CrashLoopBackOff"))], "Init:CrashLoopBackOff"),
        ([container("i", FAILED)], "Init:Error"),
        ([container("i", {"terminated": {"exitCode": 2}})], "Init:ExitCode:2"),
        ([container("i", {"terminated": {"exitCode": 137, "signal": 9}})], "Init:Signal:9"),
    ],
)
def test_the_init_container_that_a_pod_waits_for(init, status):
    obj = pod(container("main", waiting("PodInitializing")), init=init, phase="Pending")
    assert shown(obj)[:2] == ("0/1", status)


def test_when_all_init_containers_are_done_the_others_tell():
    init = [container("i", COMPLETED, ready=True, restarts=4, ended=10)]
    assert shown(pod(container("main", RUNNING), init=init)) == ("1/1", "Running", "0")


def test_restarts_of_an_init_container_count_while_the_pod_waits_for_it():
    init = [
        container("i", COMPLETED, restarts=1),
        container("j", RUNNING, restarts=2, ended=20),
        container("k", {}),
    ]
    obj = pod(container("main", waiting("PodInitializing"), restarts=9), init=init)
    assert shown(obj) == ("0/1", "Init:1/3", "3 (20s ago)")


def test_an_initialized_pod_whose_init_container_runs_again_is_told_by_its_containers():
    init = [container("i", RUNNING, restarts=1)]
    obj = pod(container("main", RUNNING), init=init, conditions=[true("Initialized")])
    assert shown(obj) == ("1/1", "Init:0/1", "0")
    obj = pod(container("main", waiting("CrashLoopBackOff")), init=init, conditions=[true("Initialized")])
    assert shown(obj)[1] == "CrashLoopBackOff"


def test_a_sidecar_counts_among_the_containers():
    init = [container("s", RUNNING, started=True, restarts=1, ended=30)]
    obj = pod(container("main", RUNNING, restarts=1, ended=90), init=init, sidecars=["s"])
    assert shown(obj) == ("2/2", "Running", "2 (30s ago)")


def test_a_sidecar_that_has_not_started_holds_the_pod_up():
    init = [container("s", RUNNING, ready=False, started=False), container("i", {})]
    assert shown(pod(container("main", {}), init=init, sidecars=["s"]))[:2] == ("0/2", "Init:0/2")


def test_a_sidecar_that_is_ready_counts_while_the_pod_initializes():
    init = [container("s", RUNNING, started=True), container("i", RUNNING, ready=False)]
    assert shown(pod(container("main", {}), init=init, sidecars=["s"]))[:2] == ("1/2", "Init:1/2")


@pytest.mark.parametrize(
    ("phase", "reason", "status"),
    [
        ("Running", None, "Terminating"),
        ("Pending", None, "Terminating"),
        ("Running", "NodeLost", "Unknown"),
        ("Succeeded", None, "Succeeded"),
        ("Failed", None, "Failed"),
        ("Failed", "Evicted", "Evicted"),
    ],
)
def test_a_pod_that_is_being_deleted(phase, reason, status):
    deleted = {"deletionTimestamp": rfc3339(NOW)}
    more = {"reason": reason} if reason else {}
    assert shown(pod(phase=phase, metadata=deleted, status=more))[1] == status


def test_a_pod_on_a_lost_node_that_nobody_deletes_keeps_its_reason():
    assert shown(pod(container("main", RUNNING), status={"reason": "NodeLost"}))[1] == "NodeLost"


def test_readiness_gates_that_are_open_are_counted():
    gates = [{"conditionType": "a"}, {"conditionType": "b"}, {"conditionType": "c"}]
    conditions = [true("a"), {"type": "b", "status": "False"}]
    obj = pod(container("main", RUNNING), conditions=conditions, spec={"readinessGates": gates})
    assert cells(obj)["Readiness Gates"] == "1/3"


def test_a_node_that_waits_for_room_is_named():
    assert cells(pod(status={"nominatedNodeName": "node-2"}))["Nominated Node"] == "node-2"


@pytest.mark.parametrize(
    ("phase", "message"),
    [("Succeeded", "The pod has completed successfully."), ("Failed", "The pod failed.")],
)
def test_rows_of_finished_pods_say_so(phase, message):
    condition = {"type": "Completed", "status": "True", "reason": phase, "message": message}
    assert row_of(pod(phase=phase))["conditions"] == [condition]


@pytest.mark.parametrize("phase", ["Pending", "Running", "Unknown", ""])
def test_rows_of_other_pods_say_nothing(phase):
    assert "conditions" not in row_of(pod(phase=phase))
