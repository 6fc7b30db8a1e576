"""What people see of a Deployment: rollouts, ways back, pauses, and what it leaves behind."""

import copy

import pytest

from clusters.engine import bootstrap, cluster
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock, rfc3339
from clusters.engine.controllers.deployment_util import (
    DESIRED_REPLICAS,
    HASH_LABEL,
    MAX_REPLICAS,
    REVISION,
    REVISION_HISTORY,
    template_hash,
)
from clusters.engine.objects import (
    annotations_of,
    condition_of,
    controller_of,
    controller_reference,
    is_active,
    is_ready,
    key_of,
    labels_of,
    name_of,
    uid_of,
    with_value,
)
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, make_deployment, make_replica_set
from tests.engine.world import World

V1, V2, V3 = "luksa/kubia:v1", "luksa/kubia:v2", "luksa/kubia:v3"
LONG = 120.0
"""Simulated seconds in which any rollout here is over, and the pods it stopped are gone."""


def new_world(delays="none", nodes=3):
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=nodes, clock=Clock(NOW, NOW), delays=delays)
    return World(store)


def deployed(delays="none", **fields):
    """A world whose Deployment kubia has been rolled out."""
    world = new_world(delays)
    world.act(verbs.create, make_deployment(**{"image": V1, **fields}))
    world.wait(LONG)
    return world


def the_deployment(world):
    return world.get("Deployment", "kubia")


def change(world, *path_and_value, seconds=LONG):
    """Somebody sets one field of the Deployment."""
    *path, value = path_and_value
    world.act(verbs.update, with_value(the_deployment(world), tuple(path), value))
    world.wait(seconds)


def image(world, name, seconds=LONG):
    template = copy.deepcopy(the_deployment(world)["spec"]["template"])
    template["spec"]["containers"][0]["image"] = name
    change(world, "spec", "template", template, seconds=seconds)


def undo(world, revision):
    """As `kubectl rollout undo`: the template of an old ReplicaSet, without its hash."""
    (old,) = [obj for obj in sets(world) if annotations_of(obj)[REVISION] == str(revision)]
    template = copy.deepcopy(old["spec"]["template"])
    del template["metadata"]["labels"][HASH_LABEL]
    change(world, "spec", "template", template)


def sets(world):
    """Its ReplicaSets in the order of their creation."""
    found = world.store.list("ReplicaSet")
    return sorted(found, key=lambda obj: (obj["metadata"]["creationTimestamp"], image_of(obj)))


def image_of(obj):
    return obj["spec"]["template"]["spec"]["containers"][0]["image"]


def sizes(world):
    return {image_of(obj): obj["spec"]["replicas"] for obj in sets(world)}


def pods(world):
    return [pod for pod in world.store.list("Pod") if is_active(pod)]


def running_images(world):
    return sorted(pod["spec"]["containers"][0]["image"] for pod in pods(world))


def reason(world, type_="Progressing"):
    found = condition_of(the_deployment(world), type_)
    return None if found is None else found["reason"]


def scalings(world):
    return [said for why, said in world.events(the_deployment(world)) if why == "ScalingReplicaSet"]


def test_a_new_deployment_has_one_replica_set_and_says_so():
    world = deployed(replicas=3, annotations={"kubernetes.io/change-cause": "first"})
    deployment, (made,) = the_deployment(world), sets(world)
    hashed = made["metadata"]["labels"][HASH_LABEL]
    assert name_of(made) == f"kubia-{hashed}"
    assert made["metadata"]["ownerReferences"] == [controller_reference(deployment)]
    assert made["spec"]["selector"] == {"matchLabels": {"app": "kubia", HASH_LABEL: hashed}}
    assert labels_of(made["spec"]["template"]) == {"app": "kubia", HASH_LABEL: hashed}
    assert annotations_of(made) == {
        "kubernetes.io/change-cause": "first",
        REVISION: "1",
        DESIRED_REPLICAS: "3",
        MAX_REPLICAS: "4",
    }
    assert annotations_of(deployment)[REVISION] == "1"
    assert len(pods(world)) == 3
    assert all(labels_of(pod) == {"app": "kubia", HASH_LABEL: hashed} for pod in pods(world))
    assert all(controller_of(pod) == controller_reference(made) for pod in pods(world))
    assert scalings(world) == [f"Scaled up replica set {name_of(made)} from 0 to 3"]
    status = {field: value for field, value in deployment["status"].items() if field != "conditions"}
    assert status == {
        "observedGeneration": 1,
        "replicas": 3,
        "updatedReplicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
        "terminatingReplicas": 0,
    }
    assert (reason(world), reason(world, "Available")) == (
        "NewReplicaSetAvailable",
        "MinimumReplicasAvailable",
    )


def test_while_nothing_runs_yet_it_is_progressing_and_unavailable():
    world = new_world("real")
    world.act(verbs.create, make_deployment(image=V1))
    world.wait(0.2)
    (made,) = sets(world)
    found = condition_of(the_deployment(world), "Progressing")
    assert (found["status"], found["reason"]) == ("True", "NewReplicaSetCreated")
    assert found["message"] == f'Created new replica set "{name_of(made)}"'
    assert reason(world, "Available") == "MinimumReplicasUnavailable"


def test_a_new_image_replaces_the_pods_step_by_step():
    world = deployed("real", replicas=3)
    image(world, V2)
    assert running_images(world) == [V2] * 3
    assert sizes(world) == {V1: 0, V2: 3}
    old, new = (name_of(obj) for obj in sets(world))
    assert scalings(world)[1:] == [
        f"Scaled up replica set {new} from 0 to 1",
        f"Scaled down replica set {old} from 3 to 2",
        f"Scaled up replica set {new} from 1 to 2",
        f"Scaled down replica set {old} from 2 to 1",
        f"Scaled up replica set {new} from 2 to 3",
        f"Scaled down replica set {old} from 1 to 0",
    ]
    assert annotations_of(the_deployment(world))[REVISION] == "2"
    assert the_deployment(world)["status"]["observedGeneration"] == 2


def test_the_journal_leads_from_each_pod_back_to_who_changed_the_image():
    world = deployed("real", replicas=1)
    begun = world.store.revision
    image(world, V2)
    changes = {change.revision: change for change in world.store.changes}
    born = [c for c in changes.values() if c.revision > begun and c.key.kind == "Pod" and c.verb == "ADDED"]
    assert len(born) == 1
    led = [born[0]]
    while led[-1].cause > begun:
        led.append(changes[led[-1].cause])
    assert [(c.actor, c.key.kind) for c in led] == [
        ("replicaset-controller", "Pod"),
        ("deployment-controller", "ReplicaSet"),
        ("person:1", "Deployment"),
    ]


def test_unavailable_pods_of_the_old_set_go_first():
    world = deployed(replicas=4, surge=0, unavailable=1, image="nowhere/nothing")
    assert reason(world, "Available") == "MinimumReplicasUnavailable"
    image(world, V1)
    assert running_images(world) == [V1] * 4
    assert reason(world) == "NewReplicaSetAvailable"


def test_a_broken_image_stops_the_rollout_and_an_undo_ends_it():
    world = deployed("real", replicas=4, progressDeadlineSeconds=100)
    image(world, "nowhere/nothing", seconds=60)
    assert sizes(world) == {V1: 3, "nowhere/nothing": 2}
    assert reason(world) == "ReplicaSetUpdated"
    world.wait(60)
    assert reason(world) == "ProgressDeadlineExceeded"
    found = condition_of(the_deployment(world), "Progressing")
    assert found["status"] == "False"
    assert found["message"].endswith("has timed out progressing.")
    assert reason(world, "Available") == "MinimumReplicasAvailable"
    undo(world, 1)
    assert sizes(world) == {V1: 4, "nowhere/nothing": 0}
    assert reason(world) == "NewReplicaSetAvailable"


def test_the_deadline_survives_a_restart_of_the_simulator():
    world = deployed("real", replicas=1, progressDeadlineSeconds=100)
    image(world, "nowhere/nothing", seconds=50)
    world.restart()
    world.wait(80)
    assert reason(world) == "ProgressDeadlineExceeded"


def test_an_undo_finds_the_old_set_and_gives_it_a_new_revision():
    world = deployed(replicas=2)
    first = uid_of(sets(world)[0])
    image(world, V2)
    undo(world, 1)
    assert running_images(world) == [V1, V1]
    back = next(obj for obj in sets(world) if image_of(obj) == V1)
    assert uid_of(back) == first
    assert (annotations_of(back)[REVISION], annotations_of(back)[REVISION_HISTORY]) == ("3", "1")
    assert annotations_of(the_deployment(world))[REVISION] == "3"
    undo(world, 2)
    assert running_images(world) == [V2, V2]
    assert annotations_of(the_deployment(world))[REVISION] == "4"


def test_a_restart_annotation_is_a_rollout_of_the_same_image():
    world = deployed(replicas=2)
    before = {uid_of(pod) for pod in pods(world)}
    path = ("spec", "template", "metadata", "annotations")
    change(world, *path, {"kubectl.kubernetes.io/restartedAt": "2026-11-24T09:00:00Z"})
    assert not before & {uid_of(pod) for pod in pods(world)}
    assert running_images(world) == [V1, V1]


def test_a_change_cause_follows_the_deployment_to_its_newest_set():
    world = deployed(annotations={"kubernetes.io/change-cause": "one"})
    image(world, V2)
    change(
        world,
        "metadata",
        "annotations",
        {**annotations_of(the_deployment(world)), "kubernetes.io/change-cause": "two"},
    )
    causes = {image_of(obj): annotations_of(obj)["kubernetes.io/change-cause"] for obj in sets(world)}
    assert causes == {V1: "one", V2: "two"}
    assert REVISION_HISTORY not in annotations_of(sets(world)[1])


def test_only_so_many_revisions_are_kept():
    world = deployed(revisionHistoryLimit=2)
    for name in (V2, V3, "nginx", "redis"):
        image(world, name)
    assert {annotations_of(obj)[REVISION] for obj in sets(world)} == {"3", "4", "5"}
    change(world, "spec", "revisionHistoryLimit", 0)
    assert {annotations_of(obj)[REVISION] for obj in sets(world)} == {"5"}


def test_recreate_starts_nothing_before_all_old_pods_are_gone():
    world = deployed("real", replicas=3, recreate=True)
    image(world, V2, seconds=15)
    assert [pod for pod in pods(world) if is_ready(pod)] == []
    assert sizes(world) == {V1: 0}
    assert reason(world, "Available") == "MinimumReplicasUnavailable"
    world.wait(LONG)
    assert running_images(world) == [V2] * 3
    born = {pod["metadata"]["creationTimestamp"] for pod in pods(world)}
    last = max(c.time for c in world.store.changes if c.verb == "DELETED" and c.key.kind == "Pod")
    assert min(born) >= rfc3339(last)


def test_paused_it_changes_nothing_but_sizes():
    world = deployed(replicas=2)
    change(world, "spec", "paused", True)
    assert reason(world) == "DeploymentPaused"
    image(world, V2)
    assert sizes(world) == {V1: 2}
    world.act(verbs.scale, "Deployment", "default", "kubia", 5)
    world.wait(LONG)
    assert sizes(world) == {V1: 5}
    assert the_deployment(world)["status"]["observedGeneration"] == 4
    change(world, "spec", "paused", False)
    assert sizes(world) == {V1: 0, V2: 5}
    assert reason(world) == "NewReplicaSetAvailable"


def test_paused_in_the_middle_it_scales_in_proportion():
    world = deployed("real", replicas=10, surge=3, unavailable=2)
    image(world, "nowhere/nothing", seconds=5)
    change(world, "spec", "paused", True, seconds=5)
    assert sizes(world) == {V1: 8, "nowhere/nothing": 5}
    world.act(verbs.scale, "Deployment", "default", "kubia", 15)
    world.wait(5)
    assert sizes(world) == {V1: 11, "nowhere/nothing": 7}
    assert {annotations_of(obj)[DESIRED_REPLICAS] for obj in sets(world)} == {"15"}


def test_scaling_a_finished_rollout_scales_its_set_alone():
    world = deployed(replicas=1)
    image(world, V2)
    world.act(verbs.scale, "Deployment", "default", "kubia", 4)
    world.wait(LONG)
    assert sizes(world) == {V1: 0, V2: 4}
    assert scalings(world)[-1] == f"Scaled up replica set {name_of(sets(world)[1])} from 1 to 4"
    world.act(verbs.scale, "Deployment", "default", "kubia", 0)
    world.wait(LONG)
    assert sizes(world) == {V1: 0, V2: 0}
    assert pods(world) == []


def test_somebody_who_scales_its_set_is_overruled():
    world = deployed(replicas=3)
    world.act(verbs.scale, "ReplicaSet", "default", name_of(sets(world)[0]), 1)
    world.wait(LONG)
    assert sizes(world) == {V1: 3}


def test_min_ready_seconds_slow_the_rollout_down():
    world = deployed("real", replicas=2, minReadySeconds=30)
    image(world, V2, seconds=25)
    assert sizes(world) == {V1: 2, V2: 1}
    assert any(is_ready(pod) for pod in pods(world) if pod["spec"]["containers"][0]["image"] == V2)
    world.wait(300)
    assert sizes(world) == {V1: 0, V2: 2}
    change(world, "spec", "minReadySeconds", 5)
    assert sets(world)[1]["spec"]["minReadySeconds"] == 5
    change(world, "spec", "minReadySeconds", 0)
    assert "minReadySeconds" not in sets(world)[1]["spec"]


def test_it_adopts_a_set_of_its_template_and_releases_what_leaves_its_selector():
    world = new_world()
    planned = make_deployment(image=V1, replicas=2)
    orphan = make_replica_set("before", template=planned["spec"]["template"], replicas=1)
    world.act(verbs.create, orphan)
    world.act(verbs.create, planned)
    world.wait(LONG)
    (adopted,) = sets(world)
    assert name_of(adopted) == "before"
    assert controller_of(adopted) == controller_reference(the_deployment(world))
    assert adopted["spec"]["replicas"] == 2
    world.act(verbs.update, with_value(adopted, ("metadata", "labels"), {"app": "other"}))
    world.wait(LONG)
    released = world.get("ReplicaSet", "before")
    assert controller_of(released) is None
    assert len(sets(world)) == 2


def test_an_adopted_set_without_progress_so_far_was_found():
    world = new_world("real")
    planned = make_deployment(image="nowhere/nothing", replicas=1)
    world.act(verbs.create, make_replica_set("before", template=planned["spec"]["template"], replicas=1))
    world.act(verbs.create, planned)
    world.wait(0.1)
    found = condition_of(the_deployment(world), "Progressing")
    assert (found["reason"], found["message"]) == ("FoundNewReplicaSet", 'Found new replica set "before"')


def test_two_templates_of_one_hash_are_told_apart():
    world = new_world()
    planned = make_deployment(image=V1, replicas=1)
    taken = f"kubia-{template_hash(planned['spec']['template'], None)}"
    world.act(verbs.create, make_replica_set(taken, labels={"app": "stranger"}, replicas=0))
    world.act(verbs.create, planned)
    world.wait(LONG)
    assert the_deployment(world)["status"]["collisionCount"] == 1
    assert len(pods(world)) == 1
    assert taken not in {controller_of(pod)["name"] for pod in pods(world)}
    assert reason(world) == "NewReplicaSetAvailable"


def test_a_set_that_cannot_be_made_is_told_and_tried_again():
    world = new_world()
    full = with_value(world.store.get(*cluster.KEY), ("spec", "limits"), {"replicasets": 0})
    world.store.update(full)
    world.act(verbs.create, make_deployment(image=V1))
    found = condition_of(the_deployment(world), "Progressing")
    assert (found["status"], found["reason"]) == ("False", "ReplicaSetCreateError")
    assert found["message"].startswith('Failed to create new replica set "kubia-')
    assert "exceeded quota" in found["message"]
    assert ("ReplicaSetCreateError", found["message"]) in world.events(the_deployment(world))
    world.store.update(with_value(full, ("spec", "limits"), {"replicasets": 9}))
    world.wait(LONG)
    assert reason(world) == "NewReplicaSetAvailable"


def test_pods_that_cannot_be_made_are_a_failure_of_the_deployment():
    world = new_world()
    full = with_value(world.store.get(*cluster.KEY), ("spec", "limits"), {"pods": 1})
    world.store.update(full)
    world.act(verbs.create, make_deployment(image=V1))
    assert reason(world, "ReplicaFailure") == "FailedCreate"
    world.store.update(with_value(full, ("spec", "limits"), {"pods": 9}))
    world.wait(LONG)
    assert condition_of(the_deployment(world), "ReplicaFailure") is None
    assert len(pods(world)) == 3


@pytest.mark.parametrize("propagation", ["Background", "Foreground"])
def test_its_sets_and_their_pods_go_with_it(propagation):
    world = deployed(replicas=2)
    image(world, V2)
    world.act(verbs.delete, "Deployment", "default", "kubia", propagation=propagation)
    world.wait(LONG)
    assert the_deployment(world) is None
    assert sets(world) == []
    assert world.store.count("Pod") == 0


def test_in_the_foreground_it_stays_until_its_pods_are_gone():
    world = deployed("real", replicas=1)
    world.act(verbs.delete, "Deployment", "default", "kubia", propagation="Foreground")
    world.wait(3)
    assert the_deployment(world) is not None
    assert sets(world) != []
    assert world.store.count("Pod") == 1
    world.wait(LONG)
    assert the_deployment(world) is None


def test_orphans_stay_and_a_deployment_of_that_name_takes_them_back():
    world = deployed(replicas=2)
    before = {uid_of(obj) for obj in [*sets(world), *pods(world)]}
    world.act(verbs.delete, "Deployment", "default", "kubia", propagation="Orphan")
    world.wait(LONG)
    assert [controller_of(obj) for obj in sets(world)] == [None]
    assert {uid_of(obj) for obj in [*sets(world), *pods(world)]} == before
    world.act(verbs.create, make_deployment(image=V1, replicas=2))
    world.wait(LONG)
    assert {uid_of(obj) for obj in [*sets(world), *pods(world)]} == before
    assert reason(world) == "NewReplicaSetAvailable"


def test_a_deleted_set_comes_back():
    world = deployed(replicas=2)
    gone = sets(world)[0]
    world.act(verbs.delete, *key_of(gone))
    world.wait(LONG)
    (back,) = sets(world)
    assert name_of(back) == name_of(gone)
    assert uid_of(back) != uid_of(gone)
    assert len(pods(world)) == 2


def test_two_deployments_keep_to_their_own():
    world = deployed(replicas=2)
    world.act(verbs.create, make_deployment("other", image=V1, replicas=1))
    image(world, V2)
    owners = [controller_of(obj)["name"] for obj in world.store.list("ReplicaSet")]
    assert sorted(owners) == ["kubia", "kubia", "other"]
    assert running_images(world) == [V1, V2, V2]


def test_once_all_is_done_nothing_is_written_any_more():
    world = deployed("real", replicas=3)
    image(world, V2)
    revision = world.store.revision
    world.wait(50)
    assert world.store.revision == revision
    world.restart()
    assert world.store.revision == revision
