"""What a work queue hands out, when, and what it still knows after a lost commit."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.engine.objects import Key
from clusters.engine.workqueue import RETRY_FIRST, RETRY_LONGEST, WorkQueue


def key(name):
    return Key("Pod", "default", name)


@pytest.fixture
def queue():
    return WorkQueue(count(1))


def drain(queue):
    """Everything that is ready, as (name, cause)."""
    found = []
    while len(queue):
        taken, cause = queue.get()
        found.append((taken.name, cause))
    return found


def test_first_come_first_served_and_each_once(queue):
    for name, cause in (("a", 1), ("b", 2), ("a", 3)):
        queue.add(key(name), cause)
    assert len(queue) == 2
    assert drain(queue) == [("a", 1), ("b", 2)]


def test_a_key_that_was_taken_may_be_added_again(queue):
    queue.add(key("a"), 1)
    queue.get()
    queue.add(key("a"), 2)
    assert drain(queue) == [("a", 2)]


def test_taking_from_an_empty_queue_is_an_error(queue):
    with pytest.raises(IndexError):
        queue.get()


def test_the_head_says_who_has_waited_longest_over_several_queues():
    order = count(1)
    one, other = WorkQueue(order), WorkQueue(order)
    assert one.head() is None
    other.add(key("a"), 1)
    one.add(key("b"), 1)
    assert other.head() < one.head()


def test_delayed_keys_become_ready_at_their_time(queue):
    queue.add_after(key("late"), 20.0, 2)
    queue.add_after(key("soon"), 10.0, 1)
    assert queue.next_due() == 10.0
    queue.promote(9.99)
    assert len(queue) == 0
    queue.promote(10.0)
    assert drain(queue) == [("soon", 1)]
    assert queue.next_due() == 20.0
    queue.promote(99.0)
    assert drain(queue) == [("late", 2)]
    assert queue.next_due() is None


def test_the_earliest_time_counts(queue):
    queue.add_after(key("a"), 20.0, 1)
    queue.add_after(key("a"), 10.0, 2)
    queue.add_after(key("a"), 30.0, 3)
    assert queue.next_due() == 10.0
    queue.promote(50.0)
    assert drain(queue) == [("a", 2)]
    assert queue.next_due() is None


def test_a_delayed_key_may_be_ready_too(queue):
    queue.add_after(key("a"), 10.0, 1)
    queue.add(key("a"), 2)
    assert drain(queue) == [("a", 2)]
    queue.promote(10.0)
    assert drain(queue) == [("a", 1)]


def test_failures_come_back_later_and_later_until_forgotten(queue):
    waits = []
    for _ in range(20):
        queue.add_rate_limited(key("a"), 100.0, 1)
        waits.append(queue.next_due() - 100.0)
        queue.promote(1e9)
        queue.get()
    assert waits[:3] == pytest.approx([RETRY_FIRST, 2 * RETRY_FIRST, 4 * RETRY_FIRST])
    assert waits[-1] == RETRY_LONGEST
    queue.forget(key("a"))
    queue.forget(key("never failed"))
    queue.add_rate_limited(key("a"), 100.0, 1)
    assert queue.next_due() - 100.0 == pytest.approx(RETRY_FIRST)


names = st.sampled_from("abcde").map(key)
times = st.integers(0, 20).map(float)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("add"), names, st.integers(1, 9)),
        st.tuples(st.just("add_after"), names, times, st.integers(1, 9)),
        st.tuples(st.just("add_rate_limited"), names, times, st.integers(1, 9)),
        st.tuples(st.just("promote"), times),
        st.tuples(st.just("forget"), names),
        st.tuples(st.just("get")),
    ),
    max_size=30,
)


def perform(queue, steps):
    for name, *arguments in steps:
        if name == "get" and not len(queue):
            continue
        getattr(queue, name)(*arguments)


def contents(queue):
    """All that the queue will ever hand out, and when; empties it."""
    found = drain(queue)
    while (due := queue.next_due()) is not None:
        queue.promote(due)
        found.append((due, drain(queue)))
    return found


@given(operations, operations)
def test_winding_back_forgets_what_came_after_the_mark(before, after):
    wound, untouched = WorkQueue(count(1)), WorkQueue(count(1))
    perform(wound, before)
    perform(untouched, before)
    mark = wound.mark()
    perform(wound, after)
    wound.rewind(mark)
    for queue in (wound, untouched):
        # The failures that are remembered show in the next wait.
        for name in "abcde":
            queue.add_rate_limited(key(name), 100.0, 1)
    assert contents(wound) == contents(untouched)


plain_operations = operations.map(
    lambda steps: [step for step in steps if step[0] in ("add", "add_after", "promote", "get")]
)


@given(plain_operations)
def test_no_key_is_lost_or_handed_out_twice(steps):
    """The queue does what two dicts do: one of ready keys, one of waiting ones with their times."""
    queue = WorkQueue(count(1))
    ready, waiting = {}, {}
    for name, *arguments in steps:
        if name == "get":
            if ready:
                taken, cause = queue.get()
                assert (taken, cause) == next(iter(ready.items()))
                del ready[taken]
            continue
        getattr(queue, name)(*arguments)
        if name == "add":
            ready.setdefault(*arguments)
        elif name == "add_after":
            added, due, cause = arguments
            if due < waiting.get(added, (1e9, 0))[0]:
                waiting.pop(added, None)
                waiting[added] = (due, cause)
        else:
            for due, came in sorted(((due, w) for w, (due, _) in waiting.items()), key=lambda pair: pair[0]):
                if due <= arguments[0]:
                    ready.setdefault(came, waiting.pop(came)[1])
        assert len(queue) == len(ready)
        assert queue.next_due() == min((due for due, _ in waiting.values()), default=None)
