"""What a store promises, on both stores: the engine's in memory, and the same cluster in the database.

The second one is loaded afresh from its rows for every look, so that nothing but the rows can answer.
"""

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from clusters import memory
from clusters.engine.objects import Key, controller_reference, name_of, uid_of, with_value
from clusters.engine.store import MemoryStore, Overlay
from tests.clusters.makers import bare_cluster, counter, event, loaded, pod, pod_key, write


class InMemory:
    """The engine's own store: overlays on an image, published one after the other."""

    def __init__(self):
        self.image = MemoryStore()

    def write(self, verb):
        """Runs a verb as one commit; what it raises leaves the store as it was."""
        overlay = Overlay(self.image, now=1000.0, seed="seed", actor="tester")
        result = verb(overlay)
        self.image = overlay.publish()
        return result

    def read(self):
        """The image of the last commit."""
        return self.image


class InTables:
    """A cluster's rows."""

    def __init__(self):
        self.cluster = bare_cluster()

    def write(self, verb):
        return write(self.cluster, verb)

    def read(self):
        memory.drop_all()
        return loaded(self.cluster)


@pytest.fixture(params=[InMemory, InTables])
def store(request, db):
    return request.param()


def names(objects):
    return [name_of(obj) for obj in objects]


def test_a_new_object_gets_uid_time_and_version(store):
    made = store.write(lambda s: s.create(pod("a")))
    assert store.read().get("Pod", "default", "a") == made
    assert int(made["metadata"]["resourceVersion"]) == store.read().revision
    assert len(uid_of(made)) == 36
    assert made["metadata"]["creationTimestamp"].endswith("Z")


def test_there_is_one_counter_of_revisions_for_all_kinds(store):
    before = store.read().revision
    store.write(lambda s: [s.create(pod("a")), s.create(event("e")), s.create(counter())])
    assert store.read().revision == before + 3
    versions = [
        int(store.read().get(kind, "default", name)["metadata"]["resourceVersion"])
        for kind, name in [("Pod", "a"), ("Event", "e"), ("ReplicationController", "counter")]
    ]
    assert versions == [before + 1, before + 2, before + 3]


def test_a_name_is_given_once(store):
    store.write(lambda s: s.create(pod("a")))
    with pytest.raises(KeyError):
        store.write(lambda s: (s.create(pod("b")), s.create(pod("a"))))
    assert names(store.read().list("Pod")) == ["a"]


def test_the_same_name_in_another_namespace_or_kind_is_another_object(store):
    store.write(lambda s: [s.create(pod("a")), s.create(pod("a", namespace="other")), s.create(counter("a"))])
    assert store.read().count("Pod") == 2
    assert names(store.read().list("Pod", "other")) == ["a"]
    assert store.read().count("ReplicationController") == 1


def test_lists_are_sorted_by_namespace_and_name(store):
    store.write(lambda s: [s.create(pod(name)) for name in ("b", "a-1", "a", "Z")])
    store.write(lambda s: s.create(pod("c", namespace="alpha")))
    assert names(store.read().list("Pod")) == ["c", "Z", "a", "a-1", "b"]


def test_an_update_that_changes_nothing_keeps_its_version(store):
    store.write(lambda s: s.create(pod("a", app="web")))
    before = store.read()
    store.write(
        lambda s: s.update(with_value(s.get("Pod", "default", "a"), ("metadata", "labels"), {"app": "web"}))
    )
    assert store.read() == before


def test_missing_objects_can_be_neither_updated_nor_deleted(store):
    with pytest.raises(KeyError):
        store.write(lambda s: s.update(pod("a")))
    with pytest.raises(KeyError):
        store.write(lambda s: s.delete(pod_key("a")))
    assert store.read().get("Pod", "default", "a") is None


def test_a_deleted_object_comes_back_as_another(store):
    first = store.write(lambda s: s.create(pod("a")))
    last = store.write(lambda s: s.delete(pod_key("a")))
    second = store.write(lambda s: s.create(pod("a")))
    assert uid_of(last) == uid_of(first) != uid_of(second)
    assert int(last["metadata"]["resourceVersion"]) == int(first["metadata"]["resourceVersion"]) + 1


def test_an_image_does_not_change_under_its_reader(store):
    store.write(lambda s: s.create(pod("a")))
    image = store.read()
    store.write(lambda s: s.delete(pod_key("a")))
    assert names(image.list("Pod")) == ["a"]


def test_indexes_and_sums_follow(store):
    def verb(s):
        owner = s.create(counter("owner"))
        for number in range(3):
            owned = pod(f"p-{number}", node=f"node-{number % 2}")
            owned["metadata"]["ownerReferences"] = [controller_reference(owner)]
            s.create(owned)
        s.create(pod("orphan", node="node-0"))
        s.create(event("e", about=uid_of(owner)))
        return uid_of(owner)

    owner = store.write(verb)
    store.write(lambda s: s.delete(pod_key("p-0")))
    image = store.read()
    assert names(image.indexed("pods-by-controller", owner)) == ["p-1", "p-2"]
    assert names(image.indexed("pods-by-node", "node-0")) == ["orphan", "p-2"]
    assert names(image.indexed("orphan-pods", "default")) == ["orphan"]
    assert names(image.indexed("events-by-object", owner)) == ["e"]
    assert image.tally("node-usage", "node-0")[2] == 2
    assert image.tally("node-controller-pods", ("node-1", owner)) == (1,)


NAMES = st.sampled_from(["a", "b", "c"])
LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.text(max_size=3), max_size=2)


class BothStores(RuleBasedStateMachine):
    """The same commits on both stores, in any order: the same contents and the same counter."""

    @initialize()
    def begin(self):
        self.memory, self.tables = InMemory(), InTables()
        self.shift = self.tables.read().revision

    def commit(self, verb):
        results = []
        for each in (self.memory, self.tables):
            try:
                results.append(("done", each.write(verb) and None))
            except KeyError as error:
                results.append(("refused", error.args))
        assert results[0] == results[1]

    @rule(
        batch=st.lists(
            st.tuples(st.sampled_from(["create", "update", "delete", "tell"]), NAMES, LABELS), max_size=6
        )
    )
    def some_writes(self, batch):
        """One commit of several writes, some of the same key; the impossible ones are left out."""

        def verb(s):
            for what, name, labels in batch:
                there = s.get("Pod", "default", name)
                if what == "create" and there is None:
                    s.create(pod(name, **labels))
                elif what == "update" and there is not None:
                    s.update(with_value(there, ("metadata", "labels"), labels))
                elif what == "delete" and there is not None:
                    s.delete(pod_key(name))
                elif what == "tell":
                    told = s.get("Event", "default", name)
                    s.update({**told, "count": told["count"] + 1}) if told else s.create(event(name))

        self.commit(verb)

    @rule(name=NAMES)
    def a_refused_commit(self, name):
        self.commit(lambda s: (s.create(event(f"never-{name}")), s.delete(Key("Pod", "default", "nobody"))))

    @invariant()
    def both_say_the_same(self):
        first, second = self.memory.read(), self.tables.read()
        assert first.revision == second.revision - self.shift
        for kind in ("Pod", "Event"):
            assert [plain(obj) for obj in first.list(kind)] == [plain(obj) for obj in second.list(kind)]


def plain(obj):
    """The object without what depends on when and where it was made."""
    unlike = ("uid", "creationTimestamp", "resourceVersion")
    metadata = {field: value for field, value in obj["metadata"].items() if field not in unlike}
    return {**obj, "metadata": metadata}


@pytest.mark.django_db
def test_both_stores_agree_whatever_is_done(count):
    settings = hypothesis.settings(stateful_step_count=15, max_examples=count(8, 1000))
    hypothesis.stateful.run_state_machine_as_test(BothStores, settings=settings)
