"""The whole control plane under whatever people do, in any order.

`make soak` runs many more and longer examples than `make test`.
"""

from collections import Counter
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from clusters.engine import assembly, bootstrap, restoring
from clusters.engine.apiserver import verbs
from clusters.engine.clock import Clock
from clusters.engine.kubelet import node_status
from clusters.engine.objects import (
    controller_of,
    is_active,
    is_deleting,
    is_ready,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
    with_value,
)
from clusters.engine.store import Entry, MemoryStore, Overlay
from tests.engine.builders import NOW

PASS = 60
"""Writes a pass: small, so that every command takes several."""
MOST_PASSES = 500
MOST_STEPS = 1000
PATIENCE = 1500
"""Seconds after which everything that can come to rest has: grace, eviction, quarantine, back-off."""


class Sandbox:
    """A cluster and its two workers: overlays, bounded passes, a journal, control planes that may die.

    One worker runs the cluster, the other hears what was committed and may take over at any time.
    """

    def __init__(self, seed, delays, nodes=3):
        self.seed, self.now = seed, NOW
        self.image = MemoryStore()
        self.journal = []
        self.plane, self.other = assembly.build(), assembly.build()
        self.transact(lambda s: bootstrap.new_cluster(s, nodes=nodes, clock=Clock(NOW, NOW), delays=delays))

    def transact(self, verb):
        """Somebody does something; the control plane does at once what there is to do at once."""
        overlay = self.overlay()
        with overlay.acting("person:1"):
            verb(overlay)
        self._commit(overlay)
        self.plane.observe(overlay.changes, self.image)
        self.advance(0)

    def advance(self, seconds):
        until = self.now + seconds
        for _ in range(MOST_PASSES):
            overlay, steps = self.overlay(), count()
            more = self.plane.run(overlay, until, lambda steps=steps: next(steps) < MOST_STEPS)
            self.now = overlay.now
            self._commit(overlay)
            if not more:
                self.now = until
                return
        raise AssertionError("no rest")

    def go_back(self, revision):
        """Somebody goes on from an earlier revision."""
        overlay = self.overlay()
        with overlay.acting("person:1"):
            restoring.continue_from(overlay, self.at(revision), self.time_of(revision), self.now)
        self.now = overlay.now
        self._commit(overlay)
        self.plane.observe(overlay.changes, self.image)
        self.advance(0)

    def at(self, revision):
        return MemoryStore().apply(self.journal[:revision])

    def time_of(self, revision):
        return self.journal[revision - 1].time

    def lose_a_pass(self, seconds):
        """A pass whose commit is lost: nothing of it may remain."""
        marks, steps = self.plane.mark(), count()
        self.plane.run(self.overlay(), self.now + seconds, lambda: next(steps) < MOST_STEPS)
        self.plane.rewind(marks)

    def restart(self):
        """The worker dies; another process loads the cluster from its rows."""
        keys = [key for kind in self.image.kinds() for key in self.image.keys(kind)]
        rows = [(key, Entry(text=self.image.entry(key).text)) for key in keys]
        self.image = MemoryStore.from_entries(self.image.revision, rows)
        self.plane = assembly.build()
        self.plane.load(self.image)
        self.advance(0)

    def take_over(self):
        """The other worker goes on."""
        self.plane, self.other = self.other, self.plane
        self.advance(0)

    def overlay(self):
        return Overlay(self.image, now=self.now, seed=self.seed, limit=PASS)

    def _commit(self, overlay):
        self.journal += overlay.changes
        self.image = overlay.publish()
        self.other.observe(overlay.changes, self.image)

    def pods(self):
        return self.image.list("Pod")

    def names(self, kind):
        return [name_of(obj) for obj in self.image.list(kind) if namespace_of(obj) in ("", "default")]


def replication_controller(name, replicas, kind):
    labels = {"app": name}
    return {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": labels,
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", **CONTAINERS[kind]}]},
            },
        },
    }


def service(name):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def relabel(store, name):
    pod = verbs.get(store, "Pod", "default", name)
    verbs.update(store, with_value(pod, ("metadata", "labels"), {"app": "nobody"}))


def cordon(store, name, cordoned):
    node = verbs.get(store, "Node", "", name)
    verbs.update(store, with_value(node, ("spec", "unschedulable"), cordoned))


COMMANDS = {
    "create": lambda box, name, replicas, kind: box.transact(
        lambda s: verbs.create(s, replication_controller(name, replicas, kind))
    ),
    "scale": lambda box, name, replicas: box.transact(
        lambda s: verbs.scale(s, "ReplicationController", "default", name, replicas)
    ),
    "expose": lambda box, name: box.transact(lambda s: verbs.create(s, service(name))),
    "kill": lambda box, name, grace: box.transact(
        lambda s: verbs.delete(s, "Pod", "default", name, grace_seconds=grace)
    ),
    "delete": lambda box, name: box.transact(
        lambda s: verbs.delete(s, "ReplicationController", "default", name)
    ),
    "relabel": lambda box, name: box.transact(lambda s: relabel(s, name)),
    "cordon": lambda box, name, cordoned: box.transact(lambda s: cordon(s, name, cordoned)),
    "power_off": lambda box, name: box.transact(lambda s: node_status.power_off(s, name)),
    "power_on": lambda box, name: box.transact(lambda s: node_status.power_on(s, name)),
    "delete_node": lambda box, name: box.transact(lambda s: verbs.delete(s, "Node", "", name)),
    "add_node": lambda box: box.transact(bootstrap.add_node),
    "advance": lambda box, seconds: box.advance(seconds),
    "go_back": lambda box, revision: box.go_back(revision),
    "lose_a_pass": lambda box, seconds: box.lose_a_pass(seconds),
    "restart": lambda box: box.restart(),
    "take_over": lambda box: box.take_over(),
}

NAMES = ["a", "b", "c"]
WELL = ("kubia", "cached", "stubborn", "slow", "probed")
CONTAINERS = {
    "kubia": {"image": "luksa/kubia"},
    "cached": {"image": "nginx:1.27"},
    "stubborn": {"image": "lifelines/stubborn"},
    "slow": {"image": "lifelines/slow"},
    "probed": {"image": "httpd", "readinessProbe": {"httpGet": {"port": 80}, "periodSeconds": 7}},
    "crashing": {"image": "lifelines/crasher"},
    "mistyped": {"image": "luksa/kubai"},
    "dying": {
        "image": "busybox",
        "command": ["sh", "-c", "touch /tmp/a; sleep 20; rm /tmp/a; sleep 600"],
        "livenessProbe": {"exec": {"command": ["cat", "/tmp/a"]}, "periodSeconds": 3},
    },
}
some = st.integers(0, 1000)


class WholeCluster(RuleBasedStateMachine):
    """Commands at random, promises that always hold, and rest in the end."""

    @initialize(delays=st.sampled_from(["real", "none"]))
    def begin(self, delays):
        self.delays = delays
        self.box = Sandbox("seed", delays)
        self.commands = []
        self.seen, self.time, self.born = 0, 0.0, self.box.image.revision
        self.ips, self.homes, self.service_ips = {}, {}, {}

    def do(self, command, *args):
        self.commands.append((command, args))
        COMMANDS[command](self.box, *args)

    def pick(self, kind, number):
        names = self.box.names(kind)
        return names[number % len(names)]

    def has(self, kind):
        return bool(self.box.names(kind))

    @rule(name=st.sampled_from(NAMES), replicas=st.integers(0, 6), kind=st.sampled_from(sorted(CONTAINERS)))
    def create_or_scale(self, name, replicas, kind):
        if name in self.box.names("ReplicationController"):
            self.do("scale", name, replicas)
        else:
            self.do("create", name, replicas, kind)

    @rule(name=st.sampled_from(NAMES))
    def expose(self, name):
        if name not in self.box.names("Service"):
            self.do("expose", name)

    @precondition(lambda self: self.has("Pod"))
    @rule(number=some, grace=st.sampled_from([None, 0, 1, 5]))
    def kill(self, number, grace):
        self.do("kill", self.pick("Pod", number), grace)

    @precondition(lambda self: self.has("Pod"))
    @rule(number=some)
    def relabel(self, number):
        self.do("relabel", self.pick("Pod", number))

    @precondition(lambda self: self.has("ReplicationController"))
    @rule(number=some)
    def delete(self, number):
        self.do("delete", self.pick("ReplicationController", number))

    @precondition(lambda self: self.has("Node"))
    @rule(
        number=some,
        command=st.sampled_from(["power_off", "power_on", "power_off", "power_on", "delete_node"]),
    )
    def node(self, number, command):
        self.do(command, self.pick("Node", number))

    @precondition(lambda self: self.has("Node"))
    @rule(number=some, cordoned=st.booleans())
    def cordon(self, number, cordoned):
        self.do("cordon", self.pick("Node", number), cordoned)

    @precondition(lambda self: len(self.box.names("Node")) < 5)
    @rule()
    def add_node(self):
        self.do("add_node")

    @rule(seconds=st.sampled_from([0.3, 1, 5, 30, 60, 400]))
    def advance(self, seconds):
        self.do("advance", seconds)

    @rule(number=some)
    def go_back(self, number):
        revision = self.born + number * (self.seen - self.born) // 1001
        self.do("go_back", revision)
        # What had no node then may get another, and what had one has it again.
        pods = self.box.at(revision).list("Pod")
        self.homes = {uid_of(pod): node for pod in pods if (node := pod["spec"].get("nodeName"))}

    @rule(seconds=st.sampled_from([0, 1, 60]))
    def lose_a_pass(self, seconds):
        self.do("lose_a_pass", seconds)

    @rule()
    def restart(self):
        self.do("restart")

    @rule()
    def take_over(self):
        self.do("take_over")

    @invariant()
    def promises(self):
        for change in self.box.journal[self.seen :]:
            self.seen += 1
            assert change.revision == self.seen, "a gap in the history"
            assert change.time >= self.time, "time has gone back"
            self.time = change.time
            if change.key.kind == "Pod":
                self.check_pod(change.object)
            elif change.key.kind == "Service":
                ip = change.object["spec"]["clusterIP"]
                assert self.service_ips.setdefault(uid_of(change.object), ip) == ip
        assert self.box.image.revision == self.seen

    def check_pod(self, pod):
        uid, status = uid_of(pod), pod["status"]
        node, ip = pod["spec"].get("nodeName"), status.get("podIP")
        if node:
            assert self.homes.setdefault(uid, node) == node, "a pod on two nodes"
        if ip:
            assert self.ips.setdefault(ip, uid) == uid, "an address given twice"
        if is_ready(pod):
            assert all(container["ready"] for container in status["containerStatuses"])

    def teardown(self):
        if not hasattr(self, "box"):
            return
        self.come_to_rest()
        self.promises()
        self.check_rest()
        assert MemoryStore().apply(self.box.journal) == self.box.image
        again = Sandbox("seed", self.delays)
        for command, args in self.commands:
            COMMANDS[command](again, *args)
        assert again.journal == self.box.journal

    def come_to_rest(self):
        if len(self.box.names("Node")) < 2:
            self.do("add_node")
        for name in self.box.names("Node"):
            self.do("power_on", name)
            self.do("cordon", name, False)
        self.do("advance", PATIENCE)

    def check_rest(self):
        image = self.box.image
        pods = self.box.pods()
        assert not any(is_deleting(pod) for pod in pods)
        assert all(is_ready(pod) for pod in pods if should_be_well(pod))
        assert all(is_ready(node) and not node["spec"].get("taints") for node in image.list("Node"))
        owned = Counter(owner["uid"] for pod in pods if (owner := controller_of(pod)) and is_active(pod))
        for controller in image.list("ReplicationController"):
            replicas = controller["spec"]["replicas"]
            assert owned[uid_of(controller)] == replicas
            assert controller["status"]["replicas"] == replicas
            if should_be_well(controller["spec"]["template"]):
                assert controller["status"].get("readyReplicas", 0) == replicas
        for name in self.box.names("Service"):
            if name != "kubernetes":
                assert endpoints(image, name) == serving(pods, name)


def endpoints(image, name):
    subsets = image.get("Endpoints", "default", name).get("subsets") or []
    return {address["ip"] for subset in subsets for address in subset.get("addresses") or ()}


def serving(pods, name):
    return {pod["status"]["podIP"] for pod in pods if labels_of(pod).get("app") == name and is_ready(pod)}


def should_be_well(pod):
    image = pod["spec"]["containers"][0]["image"]
    return image in {CONTAINERS[kind]["image"] for kind in WELL}


TestWholeCluster = WholeCluster.TestCase
TestWholeCluster.settings = settings(
    max_examples=settings.default.max_examples * 3 // 4, stateful_step_count=25, deadline=None
)
