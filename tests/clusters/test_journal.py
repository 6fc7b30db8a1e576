"""What the journal tells of a cluster's past is what was recorded then, however it was compacted."""

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from clusters import actions, journal, memory, storage
from clusters.engine.apiserver import verbs
from clusters.engine.network.clients import KIND, MOST
from clusters.engine.objects import name_of
from clusters.engine.store import MemoryStore
from clusters.models import Cluster
from tests.clusters.makers import count_up, pod, pod_key, revisions, write
from tests.clusters.test_steady import WallClock

OWNER = "tester"
some = st.integers(0, 1000)


def folded(cluster, oldest):
    """The image after each change that is kept, by its revision, from the oldest whole one on."""
    image, images = MemoryStore(), {}
    for change in journal.history(cluster.pk):
        if change.revision > oldest and image.revision <= oldest:
            images[oldest] = contents(image)
        image = image.apply([change])
        images[change.revision] = contents(image)
    return {revision: image for revision, image in images.items() if revision >= oldest}


def contents(image):
    return dict(image._contents())


class Recorder:
    """Writes down the state after each change as it is committed."""

    def __init__(self, monkeypatch):
        self.states = {}
        self.last = {}
        commit = storage.commit

        def recorded(cluster_id, base, changes, **options):
            won = commit(cluster_id, base, changes, **options)
            for change in changes if won else ():
                self.note(change)
            return won

        monkeypatch.setattr(storage, "commit", recorded)

    def note(self, change):
        self.last = {**self.last, change.key: change.object}
        if change.verb == "DELETED":
            del self.last[change.key]
        self.states[change.revision] = self.last


class Histories(RuleBasedStateMachine):
    """A cluster that people use while its control plane works, compacted now and then."""

    def __init__(self):
        super().__init__()
        self.patch = pytest.MonkeyPatch()

    def teardown(self):
        self.patch.undo()
        Cluster.objects.all().delete()

    @initialize()
    def begin(self):
        memory.drop_all()
        self.wall = WallClock(self.patch)
        self.wall.now = 1_800_000_000.0
        self.recorder = Recorder(self.patch)
        self.cluster = actions.create_cluster(OWNER, nodes=2)
        Cluster.objects.update(seed="a seed")
        memory.drop_all()
        actions.create_replication_controller(self.cluster.pk, OWNER, name="web", image="nginx", replicas=2)

    def pick(self, kind, number):
        found = memory.image(self.cluster.pk).list(kind, "" if kind == "Node" else "default")
        return name_of(found[number % len(found)]) if found else None

    @rule(seconds=st.sampled_from([0.1, 1.0, 5.0, 60.0]))
    def wait(self, seconds):
        self.wall.wait(self.cluster, seconds)

    @rule(replicas=st.integers(0, 4))
    def scale(self, replicas):
        actions.scale(self.cluster.pk, OWNER, "ReplicationController", "default", "web", replicas)

    @rule(number=some, force=st.booleans())
    def kill(self, number, force):
        if name := self.pick("Pod", number):
            actions.kill_pod(self.cluster.pk, OWNER, "default", name, force=force)

    @rule(number=some, on=st.booleans())
    def power(self, number, on):
        actions.power(self.cluster.pk, OWNER, self.pick("Node", number), on)

    @rule(number=some)
    def call(self, number):
        name = self.pick("Pod", number)
        if name and memory.image(self.cluster.pk).count(KIND) < MOST:
            pod = ("default", name)
            actions.place_client(self.cluster.pk, OWNER, place="pod", pod=pod, target="web")

    @rule(value=st.text(max_size=3))
    def write_config(self, value):
        def verb(store):
            metadata = {"name": "config", "namespace": "default"}
            manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"v": value}}
            return verbs.apply(store, manifest)

        actions.transact(self.cluster.pk, verb, actor=f"person:{OWNER}")

    @rule(changes=st.integers(0, 60))
    def compact(self, changes):
        storage.compact(self.cluster.pk, changes=changes)

    @invariant()
    def every_kept_moment_is_as_it_was(self):
        oldest = journal.whole_from(journal.kept(self.cluster.pk))
        images = folded(self.cluster, oldest)
        assert images == {at: self.recorder.states.get(at, {}) for at in images}
        assert max(images) <= max(self.recorder.states)


@pytest.mark.django_db
def test_every_kept_moment_of_a_random_history_is_as_it_was(count):
    settings = hypothesis.settings(stateful_step_count=12, max_examples=count(12, 500))
    hypothesis.stateful.run_state_machine_as_test(Histories, settings=settings)


@pytest.mark.django_db
def test_a_moment_is_whole_only_where_every_object_is_known(cluster):
    write(cluster, lambda store: store.create(pod("quiet")))  # 2
    write(cluster, lambda store: store.delete(pod_key("quiet")))  # 3
    for _ in range(5):
        write(cluster, count_up)  # 4, 5, 6 ... 9
    storage.compact(cluster.pk, changes=3)
    # All changes after 5 are kept, but not how the counter was at 5.
    assert revisions(cluster) == [1, 6, 7, 8, 9]
    assert journal.oldest(cluster.pk) == 5
    assert journal.whole_from(journal.kept(cluster.pk)) == 6


@pytest.mark.django_db
def test_all_of_a_journal_that_was_never_compacted_is_whole(cluster):
    write(cluster, count_up)
    assert journal.whole_from(journal.kept(cluster.pk)) == 0
    assert journal.whole_from([]) == 0
