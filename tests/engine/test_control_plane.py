"""How the control plane serves work items, moves on in time, and forgets a lost pass."""

from itertools import count

import pytest

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.changes import Change
from clusters.engine.control_plane import ControlPlane
from clusters.engine.informer import existing
from clusters.engine.objects import Key, key_of, name_of, with_simulation
from clusters.engine.workqueue import RETRY_FIRST, WorkQueue
from tests.engine.builders import NOW, carry_on, later, make_node, make_pod, make_store


class Recorder:
    """A controller that notes what it hears and does; `todo` says what a sync does."""

    watches = frozenset({"Pod"})

    def __init__(self, actor, order, todo=lambda self, store, key, cause: None):
        self.actor = actor
        self.queue = WorkQueue(order)
        self.heard: list[Change] = []
        self.done = []
        self.todo = todo

    def on_change(self, change, store):
        self.heard.append(change)
        self.queue.add(change.key, change.revision)

    def sync(self, store, key, cause):
        self.done.append((key.name, cause, store.now))
        self.todo(self, store, key, cause)


def plane_of(*recorders):
    """A control plane of these (actor, todo) pairs, and its controllers."""
    order = count(1)
    controllers = [Recorder(actor, order, *todo) for actor, *todo in recorders]
    return ControlPlane(controllers), *controllers


def once(act):
    """A todo that does this for keys that it sees for the first time."""

    def todo(self, store, key, cause):
        if [name for name, *_ in self.done].count(key.name) == 1:
            act(self, store, key, cause)

    return todo


def pods(*names):
    return [make_pod(name) for name in names]


def test_a_start_hears_of_everything_by_the_order_of_its_last_change():
    store = make_store(*pods("b", "a"), make_node())
    store.update(with_simulation(store.get("Pod", "default", "b"), x=1))
    plane, controller = plane_of(("one",))
    plane.load(store)
    assert [(c.verb, c.key.name, c.previous) for c in controller.heard] == [
        ("ADDED", "a", None),
        ("ADDED", "b", None),
    ]
    assert [c.revision for c in existing(store)] == sorted(c.revision for c in existing(store))


def test_who_watches_nothing_in_particular_hears_of_all_kinds():
    plane, controller = plane_of(("one",))
    controller.watches = frozenset()
    plane.load(make_store(make_node(), *pods("a")))
    assert {c.key.kind for c in controller.heard} == {"Namespace", "Node", "Pod", "ServiceAccount"}


def test_the_key_that_has_waited_longest_is_served_first():
    store = make_store()
    plane, one, other = plane_of(("one",), ("other",))
    for controller, name in ((other, "a"), (one, "b"), (other, "c")):
        controller.queue.add(Key("Pod", "default", name), 1)
    served = [plane.step(store) for _ in range(3)]
    assert [(actor, key.name) for actor, key in served] == [("other", "a"), ("one", "b"), ("other", "c")]
    assert plane.step(store) is None


def test_writes_name_their_actor_and_cause_and_others_hear_of_them_at_once():
    def bind(self, store, key, cause):
        store.update(with_simulation(store.get(*key), seen=True))

    store = make_store(*pods("a"))
    plane, writer, reader = plane_of(("writer", once(bind)), ("reader",))
    reader.watches = frozenset({"Pod"})
    plane.load(store)
    revision = store.revision
    assert plane.run(store, store.now) is False
    (change,) = store.changes
    assert (change.actor, change.cause) == ("writer", revision)
    assert reader.heard[-1] is change
    assert ("a", change.revision) in [(name, cause) for name, cause, _ in writer.done]
    assert store.actor == ""
    assert store.listener is None


def test_what_is_due_happens_at_its_time_and_no_later():
    store = make_store(*pods("a"))
    later_on = once(lambda self, store, key, cause: self.queue.add_after(key, NOW + 2.5, cause))
    plane, controller = plane_of(("one", later_on))
    plane.load(store)
    assert plane.run(store, NOW + 1) is False
    assert plane.next_due() == NOW + 2.5
    assert store.now == NOW
    plane.run(store, NOW + 10)
    assert [at for _, _, at in controller.done] == [NOW, NOW + 2.5]
    assert plane.next_due() is None


def test_what_is_overdue_happens_now():
    store = make_store(*pods("a"))
    plane, controller = plane_of(("one",))
    controller.queue.add_after(Key("Pod", "default", "a"), NOW - 100, 1)
    carry_on(plane, store)
    assert controller.done == [("a", 1, NOW)]


def test_a_pass_ends_when_the_overlay_is_full_and_says_that_there_is_more():
    def touch(self, store, key, cause):
        store.update(with_simulation(store.get(*key), seen=True))

    store = make_store(*pods("a", "b", "c"), limit=2)
    plane, _ = plane_of(("one", touch))
    plane.load(store)
    assert plane.run(store, NOW) is True
    assert len(store.changes) == 2
    store = later(store, limit=100)
    assert plane.run(store, NOW) is False
    assert len(store.changes) == 1


def test_a_pass_ends_when_its_time_is_up():
    plane, controller = plane_of(("one",))
    store = make_store(*pods("a", "b", "c"))
    plane.load(store)
    left = count(2, -1)
    assert plane.run(store, NOW, lambda: next(left) > 0) is True
    assert len(controller.done) == 2
    assert plane.has_work()
    never = make_store()
    plane, controller = plane_of(("one",))
    controller.queue.add_after(Key("Pod", "default", "a"), NOW + 5, 1)
    assert plane.run(never, NOW, lambda: False) is False
    assert plane.run(never, NOW + 5, lambda: False) is True


def test_a_lost_pass_leaves_the_queues_as_they_were():
    def act(self, store, key, cause):
        store.delete(key)
        self.queue.add_after(key, NOW + 9, cause)

    base = make_store(*pods("a", "b")).publish()
    plane, controller = plane_of(("one", act))
    plane.load(base)

    def attempt():
        store = make_store(*pods("a", "b"), limit=1)
        plane.run(store, NOW)
        return store.changes, plane.next_due()

    marks = plane.mark()
    first = attempt()
    assert plane.next_due() is not None
    plane.rewind(marks)
    assert plane.next_due() is None
    assert attempt() == first
    assert [name for name, *_ in controller.done] == ["a", "a"]


def test_what_is_refused_is_tried_again_later_and_later():
    def refuse(self, store, key, cause):
        if len(self.done) < 4:
            raise StatusError(409, "Conflict", "the object has been modified")

    store = make_store(*pods("a"))
    plane, controller = plane_of(("one", refuse))
    plane.load(store)
    plane.run(store, NOW + 60)
    waits = [at - NOW for _, _, at in controller.done]
    assert waits == pytest.approx([0, RETRY_FIRST, 3 * RETRY_FIRST, 7 * RETRY_FIRST], abs=1e-6)
    assert len({cause for _, cause, _ in controller.done}) == 1
    controller.done.clear()
    controller.queue.add(Key("Pod", "default", "a"), 5)
    plane.run(store, NOW + 60)
    assert controller.done[1][2] - controller.done[0][2] == pytest.approx(RETRY_FIRST, abs=1e-6), "forgotten"


def test_a_bug_is_not_hidden():
    def broken(self, store, key, cause):
        raise ZeroDivisionError

    store = make_store(*pods("a"))
    plane, _ = plane_of(("one", broken))
    plane.load(store)
    with pytest.raises(ZeroDivisionError):
        plane.run(store, NOW)
    assert store.listener is None


def test_changes_that_others_committed_are_heard_once_each():
    store = make_store(*pods("a"))
    plane, controller = plane_of(("one",))
    plane.load(store)
    carry_on(plane, store)
    created = store.create(make_pod("b"))
    plane.observe(store.changes, store)
    carry_on(plane, store)
    assert [name for name, *_ in controller.done] == ["a", "b"]
    assert (controller.heard[-1].key, name_of(controller.heard[-1].object)) == (key_of(created), "b")
