"""Rollouts that nobody thought of: whatever people do, a Deployment keeps to its limits and gets there.

What is checked is checked after every single write, not only when all is at rest.
"""

import copy
import math

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from clusters.engine import bootstrap
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.controllers.deployment_util import (
    DESIRED_REPLICAS,
    HASH_LABEL,
    replicas,
    revision_of,
)
from clusters.engine.objects import (
    annotations_of,
    condition_of,
    controller_of,
    is_active,
    is_finished,
    is_ready,
    key_of,
    uid_of,
    with_value,
)
from clusters.engine.store import MemoryStore, Overlay
from tests.engine.builders import NOW, make_deployment
from tests.engine.world import World

IMAGES = st.sampled_from(["nginx", "luksa/kubia:v1", "luksa/kubia:v2"])
SIZES = st.integers(0, 7)
ROOM = st.sampled_from([(1, 0), (0, 1), (2, 1), ("25%", "25%"), ("100%", 0), (0, "50%"), (3, "100%")])
WAITS = st.sampled_from([0.1, 0.3, 2.0, 9.0, 40.0])
INDEX = st.integers(0, 20)
LONG = 900.0
"""Simulated seconds after which any rollout of these images is over."""


def new_world(delays, **fields):
    store = Overlay(MemoryStore(), now=NOW, seed="seed")
    bootstrap.new_cluster(store, nodes=3, clock=Clock(NOW, NOW), delays=delays)
    world = World(store)
    world.act(verbs.create, make_deployment(**fields))
    return world


class Watcher:
    """Follows the writes one by one, and knows after each what there was at that moment."""

    def __init__(self):
        self.objects = {}
        self.seen = 0

    def follow(self, changes, check):
        """Takes in the writes since the last time; `check(change)` is asked about each."""
        for change in changes[self.seen :]:
            if change.verb == "DELETED":
                self.objects.pop(change.key, None)
            else:
                self.objects[change.key] = change.object
            check(change)
        self.seen = len(changes)

    def all(self, kind):
        return [obj for key, obj in self.objects.items() if key.kind == kind]

    @property
    def deployment(self):
        (found,) = self.all("Deployment")
        return found

    def counted_on(self):
        """The pods that are available by what the ReplicaSets report, and will not be taken away."""
        reports = [
            (obj["spec"]["replicas"], obj["status"].get("availableReplicas", 0))
            for obj in self.all("ReplicaSet")
        ]
        return sum(map(min, reports))

    def ready(self):
        return sum(is_active(pod) and is_ready(pod) for pod in self.all("Pod"))


def limits(deployment):
    """How many pods have to be available, and how many there may be: as the documentation says it."""
    wanted, strategy = replicas(deployment), deployment["spec"]["strategy"]
    if strategy["type"] == "Recreate":
        return 0, wanted
    room = [strategy["rollingUpdate"][part] for part in ("maxUnavailable", "maxSurge")]
    below, above = (part if isinstance(part, int) else int(part[:-1]) / 100 * wanted for part in room)
    below, above = math.floor(below), math.ceil(above)
    return max(0, wanted - (below or int(not above))), wanted + above


def least(deployment):
    return limits(deployment)[0]


def most(deployment):
    return limits(deployment)[1]


class Rollouts(RuleBasedStateMachine):
    """One Deployment, people who cannot make up their minds, and pods that die."""

    delays = "real"

    @initialize(room=ROOM, size=SIZES, recreate=st.booleans(), wait=st.sampled_from([0, 5]))
    def deploy(self, room, size, recreate, wait):
        surge, unavailable = room
        self.world = new_world(
            self.delays,
            replicas=size,
            surge=surge,
            unavailable=unavailable,
            recreate=recreate,
            image="nginx",
            revisionHistoryLimit=2,
            minReadySeconds=wait,
        )
        self.watcher = Watcher()
        self.follow()

    @property
    def deployment(self):
        return self.world.get("Deployment", "kubia")

    def sets(self):
        return self.world.store.list("ReplicaSet")

    def edit(self, *path_and_value):
        *path, value = path_and_value
        self.world.act(verbs.update, with_value(self.deployment, tuple(path), value))

    @rule(size=SIZES)
    def scale(self, size):
        self.world.act(verbs.scale, "Deployment", "default", "kubia", size)

    @rule(image=IMAGES)
    def change_image(self, image):
        template = copy.deepcopy(self.deployment["spec"]["template"])
        template["spec"]["containers"][0]["image"] = image
        self.edit("spec", "template", template)

    @rule(paused=st.booleans())
    def pause_or_resume(self, paused):
        self.edit("spec", "paused", paused)

    @precondition(lambda self: len(self.sets()) > 1)
    @rule(index=INDEX)
    def undo(self, index):
        old = sorted(self.sets(), key=revision_of)[index % len(self.sets())]
        template = copy.deepcopy(old["spec"]["template"])
        template["metadata"]["labels"].pop(HASH_LABEL)
        self.edit("spec", "template", template)

    @precondition(lambda self: self.world.store.count("Pod"))
    @rule(index=INDEX, grace=st.sampled_from([None, 0]))
    def kill(self, index, grace):
        pods = self.world.store.list("Pod")
        self.world.act(verbs.delete, *key_of(pods[index % len(pods)]), grace_seconds=grace)

    @precondition(lambda self: self.sets())
    @rule(index=INDEX)
    def delete_a_set(self, index):
        self.world.act(verbs.delete, *key_of(self.sets()[index % len(self.sets())]))

    @rule(seconds=WAITS)
    def wait(self, seconds):
        self.world.wait(seconds)

    @rule()
    def restart_the_simulator(self):
        self.follow()
        self.world.restart()
        self.watcher.seen = 0

    @invariant()
    def follow(self):
        if hasattr(self, "world"):
            self.watcher.follow(self.world.store.changes, self.check)

    def check(self, change):
        by_rollout = change.actor == "deployment-controller" and change.key.kind == "ReplicaSet"
        if not by_rollout or change.verb == "DELETED":
            return
        deployment = self.watcher.deployment
        before = change.previous["spec"]["replicas"] if change.previous else 0
        after = change.object["spec"]["replicas"]
        if after > before:
            asked = sum(map(replicas, self.watcher.all("ReplicaSet")))
            assert asked <= most(deployment), "more than maxSurge"
        if deployment["spec"].get("paused") or self.is_scaling(change):
            # Upstream passes a size on without a look at who is available.
            return
        if after > before and deployment["spec"]["strategy"]["type"] == "Recreate":
            assert not self.others_pods(change.object), "old and new pods together"
        elif after < before and replicas(deployment):
            reported = change.object["status"].get("availableReplicas", 0)
            taken = min(before, reported) - min(after, reported)
            assert not taken or self.watcher.counted_on() >= least(deployment), "fewer than may be missing"

    def others_pods(self, replica_set):
        return [
            pod
            for pod in self.watcher.all("Pod")
            if not is_finished(pod) and controller_of(pod)["uid"] in self.old_uids(replica_set)
        ]

    def old_uids(self, replica_set):
        return {uid_of(obj) for obj in self.watcher.all("ReplicaSet")} - {uid_of(replica_set)}

    def is_scaling(self, change):
        """Whether a size is passed on, rather than a rollout taken further."""
        if change.previous is None:
            return False
        was, now = (annotations_of(obj).get(DESIRED_REPLICAS) for obj in (change.previous, change.object))
        return was != now

    def teardown(self):
        if not hasattr(self, "world"):
            return
        self.pause_or_resume(False)
        self.world.wait(LONG)
        self.follow()
        wanted, status = replicas(self.deployment), self.deployment["status"]
        assert status.get("observedGeneration") == self.deployment["metadata"]["generation"]
        for count in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"):
            assert status.get(count, 0) == wanted, count
        assert (status.get("unavailableReplicas", 0), status["terminatingReplicas"]) == (0, 0)
        assert [replicas(obj) for obj in self.sets() if replicas(obj)] == ([wanted] if wanted else [])
        assert len(self.sets()) <= 1 + self.deployment["spec"]["revisionHistoryLimit"]
        assert revision_of(self.deployment) == max(map(revision_of, self.sets()))
        assert condition_of(self.deployment, "Progressing")["reason"] == "NewReplicaSetAvailable"
        assert condition_of(self.deployment, "Available")["status"] == "True"
        pods = self.world.store.list("Pod")
        image = self.deployment["spec"]["template"]["spec"]["containers"][0]["image"]
        assert [pod["spec"]["containers"][0]["image"] for pod in pods] == [image] * wanted
        running = {uid_of(obj) for obj in self.sets() if replicas(obj)}
        assert all(controller_of(pod)["uid"] in running for pod in pods)


class RolloutsAtOnce(Rollouts):
    """The same where nothing takes time."""

    delays = "none"


FEW = settings(max_examples=settings.default.max_examples // 2, stateful_step_count=20)
Rollouts.TestCase.settings = FEW
RolloutsAtOnce.TestCase.settings = FEW
TestRollouts = Rollouts.TestCase
TestRolloutsAtOnce = RolloutsAtOnce.TestCase


@FEW
@given(
    room=ROOM,
    size=st.integers(1, 6),
    images=st.lists(st.tuples(IMAGES, WAITS), min_size=1, max_size=4),
    delays=st.sampled_from(["real", "none"]),
)
def test_a_rollout_nobody_disturbs_never_shows(room, size, images, delays):
    """As long as no pod dies, the pods themselves stay within the limits, whatever the kubelets are at."""
    surge, unavailable = room
    world = new_world(delays, replicas=size, surge=surge, unavailable=unavailable, image="nginx")
    world.wait(60)
    watcher = Watcher()
    watcher.follow(world.store.changes, lambda change: None)

    def check(change):
        assert watcher.ready() >= least(watcher.deployment)
        assert sum(map(is_active, watcher.all("Pod"))) <= most(watcher.deployment)

    for image, seconds in images:
        template = copy.deepcopy(watcher.deployment["spec"]["template"])
        template["spec"]["containers"][0]["image"] = image
        world.act(verbs.update, with_value(watcher.deployment, ("spec", "template"), template))
        world.wait(seconds)
        watcher.follow(world.store.changes, check)
    world.wait(LONG)
    watcher.follow(world.store.changes, check)
    assert {pod["spec"]["containers"][0]["image"] for pod in watcher.all("Pod")} == {images[-1][0]}
    assert watcher.ready() == size
