"""What a Deployment says of its rollout, and when it gives up hope."""

import pytest

from clusters.engine.clock import rfc3339
from clusters.engine.controllers.deployment_status import (
    AVAILABLE,
    PROGRESSING,
    REPLICA_FAILURE,
    calculate_status,
    condition,
    is_complete,
    next_progress_check,
    paused_status,
    rollout_status,
    with_condition,
    without_condition,
)
from clusters.engine.objects import condition_of
from tests.engine.builders import NOW, make_deployment, make_replica_set


def counted(name="kubia-new", size=3, conditions=(), **counts):
    """A ReplicaSet that asks for `size` pods and reports these counts."""
    status = {"replicas": 0, "observedGeneration": 1, "terminatingReplicas": 0, **counts}
    if conditions:
        status["conditions"] = list(conditions)
    return {**make_replica_set(name, replicas=size), "status": status}


def all_ready(name="kubia-new", size=3):
    return counted(name, size, replicas=size, readyReplicas=size, availableReplicas=size)


def reporting(deployment, *conditions, **counts):
    return {**deployment, "status": {**counts, "conditions": list(conditions)}}


def progress(status, reason, since=NOW, message=""):
    return condition(PROGRESSING, status, reason, message, since)


def said(status, type_):
    found = condition_of({"status": status}, type_)
    return None if found is None else (found["status"], found["reason"], found["message"])


def test_the_counts_are_sums_over_all_sets_and_zeros_are_left_out():
    old = counted("kubia-old", 2, replicas=3, readyReplicas=2, availableReplicas=2, terminatingReplicas=1)
    new = counted(size=2, replicas=2, readyReplicas=1)
    status = calculate_status(make_deployment(replicas=3), new, [old], NOW)
    conditions = status.pop("conditions")
    assert status == {
        "observedGeneration": 1,
        "replicas": 5,
        "updatedReplicas": 2,
        "readyReplicas": 3,
        "availableReplicas": 2,
        "unavailableReplicas": 2,
        "terminatingReplicas": 1,
    }
    assert [found["type"] for found in conditions] == [AVAILABLE]


def test_a_set_that_nobody_has_looked_at_yet_does_not_count():
    fresh = {**make_replica_set("kubia-new"), "status": {"replicas": 0}}
    status = calculate_status(make_deployment(), fresh, [], NOW)
    assert status["terminatingReplicas"] == 0
    assert status["unavailableReplicas"] == 3


def test_a_collision_count_stays():
    deployment = {**make_deployment(), "status": {"collisionCount": 2}}
    assert calculate_status(deployment, None, [], NOW)["collisionCount"] == 2


@pytest.mark.parametrize(
    ("available", "unavailable", "expected"),
    [
        (3, 0, ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")),
        (2, 1, ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")),
        (2, 0, ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")),
    ],
)
def test_available_means_no_more_are_missing_than_may(available, unavailable, expected):
    new = counted(replicas=3, readyReplicas=available, availableReplicas=available)
    deployment = make_deployment(surge=1, unavailable=unavailable)
    assert said(calculate_status(deployment, new, [], NOW), AVAILABLE) == expected


def test_a_condition_keeps_the_time_since_which_it_is_so():
    first = with_condition({}, condition(AVAILABLE, "True", "A", "", NOW))
    assert with_condition(first, condition(AVAILABLE, "True", "A", "again", NOW + 60)) == first
    (other,) = with_condition(first, condition(AVAILABLE, "True", "B", "", NOW + 60))["conditions"]
    assert (other["reason"], other["lastTransitionTime"], other["lastUpdateTime"]) == (
        "B",
        rfc3339(NOW),
        rfc3339(NOW + 60),
    )
    (turned,) = with_condition(first, condition(AVAILABLE, "False", "B", "", NOW + 60))["conditions"]
    assert turned["lastTransitionTime"] == rfc3339(NOW + 60)
    assert without_condition(first, AVAILABLE) == {}
    assert without_condition(first, PROGRESSING) is first


def test_a_rollout_is_complete_when_all_are_new_and_available():
    deployment = make_deployment()
    status = rollout_status(deployment, all_ready(), [counted("kubia-old", 0)], NOW)
    assert is_complete(deployment, status)
    assert said(status, PROGRESSING) == (
        "True",
        "NewReplicaSetAvailable",
        'ReplicaSet "kubia-new" has successfully progressed.',
    )


def test_a_rollout_with_an_old_pod_is_not_complete():
    old = counted("kubia-old", 1, replicas=1, readyReplicas=1, availableReplicas=1)
    status = rollout_status(make_deployment(), all_ready(), [old], NOW)
    assert not is_complete(make_deployment(), status)


@pytest.mark.parametrize(
    "counts",
    [
        {"replicas": 2},
        {"replicas": 1, "readyReplicas": 1},
        {"replicas": 1, "availableReplicas": 1},
    ],
)
def test_each_step_is_progress_and_the_deadline_counts_from_it(counts):
    before = progress("True", "NewReplicaSetCreated", NOW - 500)
    deployment = reporting(make_deployment(), before, replicas=1, updatedReplicas=1)
    status = rollout_status(deployment, counted(**counts), [], NOW)
    found = condition_of({"status": status}, PROGRESSING)
    assert (found["reason"], found["message"]) == (
        "ReplicaSetUpdated",
        'ReplicaSet "kubia-new" is progressing.',
    )
    assert (found["lastUpdateTime"], found["lastTransitionTime"]) == (rfc3339(NOW), rfc3339(NOW - 500))
    # Once more the same is no progress.
    again = rollout_status({**deployment, "status": status}, counted(**counts), [], NOW + 60)
    assert condition_of({"status": again}, PROGRESSING) == found


def test_fewer_old_pods_are_progress_too():
    deployment = reporting(make_deployment(), progress("True", "NewReplicaSetCreated"), replicas=3)
    old = counted("kubia-old", 2, replicas=2, readyReplicas=2, availableReplicas=2)
    status = rollout_status(deployment, counted(size=1), [old], NOW)
    assert said(status, PROGRESSING)[1] == "ReplicaSetUpdated"


def test_without_progress_the_rollout_times_out_after_its_deadline():
    before = progress("True", "ReplicaSetUpdated")
    deployment = reporting(make_deployment(progressDeadlineSeconds=60), before, replicas=1, updatedReplicas=1)
    stuck = counted(replicas=1)
    assert next_progress_check(deployment) == NOW + 61
    assert said(rollout_status(deployment, stuck, [], NOW + 60), PROGRESSING)[1] == "ReplicaSetUpdated"
    status = rollout_status(deployment, stuck, [], NOW + 61)
    assert said(status, PROGRESSING) == (
        "False",
        "ProgressDeadlineExceeded",
        'ReplicaSet "kubia-new" has timed out progressing.',
    )
    assert next_progress_check({**deployment, "status": status}) is None
    # What moves again after all is in progress again.
    late = rollout_status({**deployment, "status": status}, counted(replicas=2), [], NOW + 100)
    assert said(late, PROGRESSING)[:2] == ("True", "ReplicaSetUpdated")


def test_a_finished_rollout_never_times_out():
    deployment = reporting(
        make_deployment(), progress("True", "NewReplicaSetAvailable"), replicas=3, updatedReplicas=3
    )
    crashed = counted(replicas=3, readyReplicas=1, availableReplicas=1)
    assert next_progress_check(deployment) is None
    assert (
        said(rollout_status(deployment, crashed, [], NOW + 9999), PROGRESSING)[1] == "NewReplicaSetAvailable"
    )


def test_who_has_no_deadline_says_nothing_of_progress():
    deployment = reporting(
        make_deployment(progressDeadlineSeconds=2**31 - 1), progress("True", "NewReplicaSetCreated")
    )
    assert said(rollout_status(deployment, counted(replicas=1), [], NOW), PROGRESSING) is None
    assert next_progress_check(deployment) is None


def test_a_failure_of_a_set_is_one_of_the_deployment_until_it_is_over():
    failing = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": "no room",
        "lastTransitionTime": rfc3339(NOW),
    }
    other = {**failing, "message": "old"}
    deployment = make_deployment()
    status = rollout_status(
        deployment, counted(conditions=[failing]), [counted("old", conditions=[other])], NOW
    )
    assert said(status, REPLICA_FAILURE) == ("True", "FailedCreate", "no room")
    assert condition_of({"status": status}, REPLICA_FAILURE)["lastUpdateTime"] == rfc3339(NOW)
    status = rollout_status(deployment, counted(), [counted("old", conditions=[other])], NOW)
    assert said(status, REPLICA_FAILURE) == ("True", "FailedCreate", "old")
    after = rollout_status({**deployment, "status": status}, counted(), [], NOW)
    assert said(after, REPLICA_FAILURE) is None


def test_pausing_and_resuming_stop_the_deadlines_clock():
    deployment = reporting(make_deployment(paused=True), progress("True", "ReplicaSetUpdated"))
    paused = paused_status(deployment, NOW + 10)
    assert said(paused, PROGRESSING) == ("Unknown", "DeploymentPaused", "Deployment is paused")
    assert paused_status({**deployment, "status": paused}, NOW + 20) is paused
    running = {**make_deployment(), "status": paused}
    resumed = paused_status(running, NOW + 9999)
    assert said(resumed, PROGRESSING) == ("Unknown", "DeploymentResumed", "Deployment is resumed")
    assert next_progress_check({**running, "status": resumed}) == NOW + 9999 + 601


def test_pausing_does_not_hide_that_it_had_failed():
    failed = progress("False", "ProgressDeadlineExceeded")
    deployment = reporting(make_deployment(paused=True), failed)
    assert paused_status(deployment, NOW) is deployment["status"]
