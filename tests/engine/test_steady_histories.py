"""However the journal of a cluster is cut into pieces, the same calls were made in it."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet import inside, node_status
from clusters.engine.kubelet.loops import loops_of
from clusters.engine.network.clients import KIND, new_client
from clusters.engine.network.steady import KEPT, Fold
from clusters.engine.objects import name_of, namespace_of, simulation_of, with_value
from clusters.engine.store import MemoryStore
from tests.engine.builders import NOW, make_replication_controller, make_service, service_port
from tests.engine.test_steady import fold_of, sandbox
from tests.engine.world import simple_pod

some = st.integers(0, 1000)
TARGETS = ("kubia", "10.96.0.80", "10.244.1.2", "10.244.2.2", "172.18.0.2", "nobody", "10.9.9.9")


class Histories(RuleBasedStateMachine):
    """A cluster that people and clients use, and folds that were brought up to date now and then."""

    @initialize(affinity=st.sampled_from(["None", "ClientIP"]))
    def begin(self, affinity):
        service = make_service(
            type_="NodePort",
            cluster_ip="10.96.0.80",
            ports=[service_port(nodePort=30123)],
            sessionAffinity=affinity,
        )
        self.world = sandbox(make_replication_controller(), service)
        self.fold, self.seen = (
            Fold(MemoryStore(), NOW, seed="a seed", ports=inside.ports_of, loops=loops_of),
            0,
        )
        self.told, self.told_until, self.loops = [], NOW, 0
        self.shown_from = NOW
        """Of what was before, the fold has the numbers only."""

    @property
    def store(self):
        return self.world.store

    def pick(self, kind, number):
        found = [obj for obj in self.store.list(kind) if namespace_of(obj) in ("", "default")]
        return found[number % len(found)]

    def has(self, kind):
        return any(namespace_of(obj) in ("", "default") for obj in self.store.list(kind))

    @precondition(lambda self: self.store.count(KIND) < 4)
    @rule(
        address=st.sampled_from(TARGETS),
        port=st.sampled_from([80, 8080, 30123]),
        number=st.none() | some,
        every=st.sampled_from([1, 3, 7]),
    )
    def place(self, address, port, number, every):
        pod = self.pick("Pod", number) if number is not None and self.has("Pod") else None
        place = "pod" if pod is not None else "internet"
        now = self.store.now
        client = new_client(
            self.store, place=place, pod=pod, target=address, port=port, every=every, since=now
        )
        self.world.act(lambda store: store.create(client))

    @precondition(lambda self: self.store.count("Pod") < 12)
    @rule(
        address=st.sampled_from(TARGETS),
        other=st.sampled_from(["", "; wget -qO- kubia || echo lost"]),
        every=st.sampled_from([0.3, 1, 2.5, 20]),
        policy=st.sampled_from(["Always", "Never"]),
    )
    def run_loop(self, address, other, every, policy):
        """A container begins to call again and again."""
        self.loops += 1
        script = f"while sleep {every}; do wget -qO- -T 1 {address}{other}; done"
        pod = simple_pod(f"loop-{self.loops}", "busybox", policy=policy, command=["sh", "-c", script])
        self.world.act(verbs.create, pod)

    @precondition(lambda self: self.store.count(KIND))
    @rule(number=some)
    def remove(self, number):
        key = self.store.keys(KIND)[number % self.store.count(KIND)]
        self.world.act(lambda store: store.delete(key))

    @precondition(lambda self: self.has("Pod"))
    @rule(number=some, grace=st.sampled_from([None, 0, 3]))
    def kill(self, number, grace):
        self.world.act(verbs.delete, "Pod", "default", name_of(self.pick("Pod", number)), grace_seconds=grace)

    @precondition(lambda self: self.has("Pod"))
    @rule(number=some, label=st.sampled_from(["kubia", "other"]))
    def relabel(self, number, label):
        pod = self.pick("Pod", number)
        self.world.act(verbs.update, with_value(pod, ("metadata", "labels", "app"), label))

    @rule(replicas=st.integers(0, 5))
    def scale(self, replicas):
        self.world.act(verbs.scale, "ReplicationController", "default", "kubia", replicas)

    @rule(number=some)
    def switch(self, number):
        node = self.pick("Node", number)
        on = simulation_of(node).get("powered", True)
        self.world.act(node_status.power_off if on else node_status.power_on, name_of(node))

    @rule(seconds=st.sampled_from([0.05, 0.7, 2, 11, 45, 400]))
    def advance(self, seconds):
        self.world.wait(seconds)

    @rule()
    def look(self):
        """Somebody looks: the fold is brought up to date."""
        now = self.store.now
        self.fold.advance(self.store.changes[self.seen :], now)
        self.told += self.fold.between(self.told_until, now)
        self.seen, self.told_until = len(self.store.changes), now

    @rule(ahead=st.sampled_from([0.5, 5, 40]))
    def look_ahead(self, ahead):
        """A fold goes on before it has heard of what happens."""
        self.look()
        self.fold.advance([], self.store.now + ahead)
        self.world.wait(ahead)
        self.look()

    @rule()
    def take_over(self):
        """Another process goes on from the state and the numbers alone, as after a compaction."""
        self.look()
        last = self.store.changes[-1].time
        until = Fold(MemoryStore(), NOW, seed="a seed", ports=inside.ports_of, loops=loops_of)
        until.advance(self.store.changes, last)
        image = MemoryStore().apply(self.store.changes)
        resumed = Fold(image, last, seed="a seed", ports=inside.ports_of, loops=loops_of, totals=until.totals)
        resumed.advance([], self.store.now)
        self.fold, self.shown_from = resumed, last

    @invariant()
    def cuts_make_no_difference(self):
        now = self.store.now
        if (self.seen, self.told_until) == (len(self.store.changes), now):
            whole = fold_of(self.world)
            assert whole.totals == self.fold.totals
            since = max(self.shown_from, now - KEPT)
            assert whole.between(since, now) == list(self.fold.calls)
            assert whole.between(since, now) == [call for call in self.told if call.time >= since]


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=settings.default.max_examples // 2, stateful_step_count=30, deadline=None
)
