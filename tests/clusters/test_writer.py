"""One thread does what it is given: people first, each in turn, all of it before the end."""

import asyncio
import threading

import pytest
from django.db import connection, transaction

from clusters.writer import LATER, PERSON, WORKER, Writer


@pytest.fixture
def writer():
    writer = Writer()
    writer.start()
    yield writer
    writer.stop()


@pytest.fixture
def busy(writer):
    """The writer is busy until `busy` is set, so that what follows has to queue."""
    free, started = threading.Event(), threading.Event()
    writer.submit(lambda: (started.set(), free.wait(10)))
    started.wait(10)
    return free


def test_a_person_goes_before_a_worker_and_each_in_turn(writer, busy):
    done = []
    for name, priority in [("c", LATER), ("w1", WORKER), ("p1", PERSON), ("w2", WORKER), ("p2", PERSON)]:
        writer.submit(lambda name=name: done.append(name), priority)
    busy.set()
    writer.stop()
    assert done == ["p1", "p2", "w1", "w2", "c"]


def test_nobody_waits_for_all_that_another_has_asked_for(writer, busy):
    done = []

    def queue(name, priority, cluster=""):
        writer.submit(lambda: done.append(name), priority, cluster)

    for number in range(100):
        queue(f"flood {number}", PERSON, "busy")
    queue("person", PERSON, "quiet")
    queue("pass", WORKER)
    queue("later", LATER)
    busy.set()
    writer.stop()
    assert [name for name in done if name.startswith("flood")] == [f"flood {number}" for number in range(100)]
    assert [done.index(name) < most for name, most in (("person", 3), ("pass", 10), ("later", 20))] == [
        True
    ] * 3


def test_a_flood_that_goes_on_lets_others_come_to_their_turn(writer, busy):
    done, left = [], [200]

    def flood():
        done.append("flood")
        if left[0]:
            left[0] -= 1
            writer._put((PERSON, "busy"), flood)

    for _ in range(20):
        writer.submit(flood, PERSON, "busy")
    for name in ("first pass", "second pass"):
        writer.submit(lambda name=name: done.append(name), WORKER)
    busy.set()
    writer.stop()
    assert done.index("second pass") < 20


def test_clusters_that_were_busy_once_are_forgotten(writer):
    for number in range(3_000):
        writer.call(lambda: None, PERSON, str(number))
    assert len(writer._rounds) < 10


def test_stopping_does_what_is_queued_first(writer, busy):
    futures = [writer.submit(lambda: threading.current_thread().name, LATER) for _ in range(5)]
    threading.Timer(0.05, busy.set).start()
    writer.stop()
    assert [future.result(0) for future in futures] == ["writer"] * 5


def test_what_a_job_raises_reaches_whoever_waits_and_nobody_else(writer):
    with pytest.raises(ZeroDivisionError):
        writer.call(lambda: 1 / 0)
    assert writer.call(lambda: 1) == 1


def test_a_job_may_call_the_writer(writer):
    assert writer.call(lambda: writer.call(lambda: 2)) == 2


def test_what_a_job_posts_waits_for_its_turn(writer, busy):
    done = []
    writer.submit(lambda: (writer.post(lambda: done.append("posted")), done.append("job")))
    writer.submit(lambda: done.append("person"))
    busy.set()
    writer.stop()
    assert done == ["job", "person", "posted"]


def test_what_a_posted_job_raises_is_logged_and_the_thread_goes_on(writer, caplog):
    writer.post(lambda: 1 / 0)
    writer.stop()
    assert "ZeroDivisionError" in caplog.text
    Writer().post(lambda: 1 / 0)
    assert caplog.text.count("ZeroDivisionError: ") == 2


async def test_an_event_loop_awaits_the_future(writer):
    assert await asyncio.wrap_future(writer.submit(lambda: 3)) == 3


def test_without_a_thread_the_caller_does_it():
    assert Writer().call(threading.current_thread) is threading.current_thread()


def test_without_a_thread_callers_wait_for_each_other():
    writer, inside, overlaps = Writer(), [], []

    def job():
        inside.append(1)
        overlaps.append(len(inside))
        threading.Event().wait(0.01)
        inside.pop()

    threads = [threading.Thread(target=writer.call, args=(job,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == [1] * 5


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_the_writer_inside_a_transaction(writer):
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        writer.call(lambda: 1)


@pytest.mark.django_db(transaction=True)
def test_the_thread_has_its_own_connection_and_closes_it(writer):
    def connect():
        connection.ensure_connection()
        return connection.connection

    mine = connect()
    theirs = writer.call(connect)
    assert theirs is not mine
    writer.stop()
    with pytest.raises(Exception, match="closed"):
        theirs.execute("SELECT 1")
