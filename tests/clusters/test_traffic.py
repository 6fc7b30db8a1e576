"""What the programs of a cluster ask each other is remembered once it is committed, and only then."""

import asyncio

import pytest

from clusters import actions, announce, memory, traffic
from clusters.actions import transactions
from clusters.engine.network import Call, TimedOut
from clusters.engine.objects import Key
from clusters.writer import writer
from tests.clusters import fakes
from tests.clusters.makers import bare_cluster, count_up

pytestmark = pytest.mark.django_db(transaction=True)

CALL = Call(5.0, Key("Pod", "default", "test"), "", "kubia", 80, TimedOut())


@pytest.fixture(autouse=True)
def _serving(monkeypatch):
    monkeypatch.setattr(memory, "build", fakes.build)
    traffic.forget()
    writer.start()
    yield
    writer.stop()
    announce.bind(None)
    traffic.forget()


@pytest.fixture
def cluster():
    return bare_cluster()


def call_and_count(store):
    store.calls.append(CALL)
    count_up(store)


async def done(cluster, verb, **options):
    """Has a verb done by the writer's thread while this loop serves."""
    announce.bind(asyncio.get_running_loop())
    await asyncio.wrap_future(actions.submit(cluster.pk, verb, actor="kubelet", **options))
    await asyncio.sleep(0)
    return list(traffic.of_cluster(cluster.pk).calls)


async def test_a_call_is_heard_of_with_the_write_that_it_led_to(cluster):
    heard = []
    traffic.of_cluster(cluster.pk).listeners.add(heard.append)
    assert await done(cluster, call_and_count) == [CALL]
    assert heard == [CALL]


async def test_what_was_only_tried_did_not_happen(cluster):
    assert await done(cluster, call_and_count, dry_run=True) == []


async def test_what_had_to_be_tried_again_happened_once(cluster, monkeypatch):
    commit, lost = transactions._commit, iter([True])
    monkeypatch.setattr(
        transactions, "_commit", lambda *given, **named: not next(lost, False) and commit(*given, **named)
    )
    assert await done(cluster, call_and_count) == [CALL]


async def test_without_a_loop_nobody_remembers_it(cluster):
    await asyncio.wrap_future(actions.submit(cluster.pk, call_and_count, actor="kubelet"))
    assert list(traffic.of_cluster(cluster.pk).calls) == []
