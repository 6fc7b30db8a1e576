"""When Events are forgotten."""

from clusters.engine import events
from clusters.engine.controllers.event_ttl import EventTTL, expires
from tests.engine.builders import NOW, carry_on, later, make_pod, make_store, settle

HOUR = 3600


def say(store, message):
    pod = store.get("Pod", "default", "kubia-1")
    events.record(store, pod, "Said", message, component="test")


def messages(store):
    return {event["message"] for event in store.list("Event")}


def test_an_event_goes_an_hour_after_it_was_told():
    store = make_store(make_pod())
    say(store, "hello")
    plane = settle(store, EventTTL)
    assert plane.next_due() == NOW + HOUR
    carry_on(plane, store, until=NOW + HOUR - 0.05)
    assert messages(store) == {"hello"}
    carry_on(plane, store, until=NOW + HOUR)
    assert messages(store) == set()
    assert store.changes[-1].actor == "event-ttl"
    assert plane.next_due() is None


def test_telling_it_again_prolongs_its_life():
    store = make_store(make_pod())
    say(store, "hello")
    store.now += 1800
    say(store, "hello")
    plane = settle(store, EventTTL, until=NOW + HOUR)
    assert messages(store) == {"hello"}
    assert plane.next_due() == NOW + 1800 + HOUR


def test_what_expires_within_a_minute_goes_together():
    store = make_store(make_pod())
    for second in range(1, 61, 10):
        store.now = NOW + second
        say(store, f"at {second}")
    store.now = NOW + 61
    say(store, "at 61")
    plane = settle(store, EventTTL)
    assert plane.next_due() == NOW + HOUR + 60
    carry_on(plane, store, until=NOW + HOUR + 60)
    assert messages(store) == {"at 61"}
    assert plane.next_due() == NOW + HOUR + 120
    assert {change.time for change in store.changes if change.verb == "DELETED"} == {NOW + HOUR + 60}


def test_events_of_the_scheduler_have_other_times():
    store = make_store(make_pod())
    pod = store.get("Pod", "default", "kubia-1")
    for _ in range(2):
        events.record_action(
            store, pod, "Scheduled", "assigned", component="default-scheduler", action="Binding"
        )
        assert expires(store.list("Event")[0]) == store.now + HOUR
        store.now += 7.5


def test_later_events_do_not_put_a_sweep_off():
    store = make_store(make_pod())
    say(store, "first")
    plane = settle(store, EventTTL)
    store.now += 600
    say(store, "second")
    plane.observe(store.changes[-1:], store)
    assert plane.next_due() == NOW + HOUR


def test_many_events_take_several_passes():
    store = make_store(make_pod())
    for number in range(25):
        say(store, f"{number}")
    store = later(store, 2 * HOUR, limit=10)
    plane = settle(store, EventTTL)
    assert store.count("Event") == 15
    for _ in range(2):
        store = later(store, limit=10)
        carry_on(plane, store)
    assert store.count("Event") == 0
