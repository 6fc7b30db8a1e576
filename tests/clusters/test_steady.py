"""The calls of placed clients, as whoever looks sees them, and how they are counted."""

import time

import pytest

from clusters import actions, call_counts, memory, steady, storage, traffic
from clusters.engine.apiserver import verbs
from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.cluster import INTERNAL_KINDS
from clusters.engine.network import Call, Request, Tally, TimedOut
from clusters.engine.network.clients import KIND, MOST
from clusters.engine.objects import Key, name_of, uid_of
from clusters.models import CallCount, Cluster
from clusters.models import Change as ChangeRow
from tests.engine.world import simple_pod

pytestmark = pytest.mark.django_db(transaction=True)

OWNER = "tester"
SERVICE = Key("Service", "default", "kubia")


class WallClock:
    """The wall clock of everything that asks `time.time`, and the control plane's turns in it."""

    def __init__(self, monkeypatch):
        self.now = time.time()
        monkeypatch.setattr(time, "time", lambda: self.now)

    def wait(self, cluster, seconds):
        """Let time pass, and the control plane do what is due by then."""
        self.now += seconds
        self.settle(cluster)

    def settle(self, cluster):
        for _ in range(200):
            done = actions.reconcile(cluster.pk, "worker", 1_000, 60.0).result()
            if not done.more:
                return
        raise AssertionError("no rest")


@pytest.fixture
def wall(monkeypatch):
    return WallClock(monkeypatch)


@pytest.fixture(autouse=True)
def _nobody_has_looked():
    steady.forget()
    traffic.forget()
    yield
    steady.forget()
    traffic.forget()


@pytest.fixture
def cluster(wall):
    """Three pods behind the Service kubia, and a pod that only sleeps."""
    cluster = actions.create_cluster(OWNER)
    actions.create_replication_controller(cluster.pk, OWNER, name="kubia", image="luksa/kubia", replicas=3)
    actions.expose(
        cluster.pk,
        OWNER,
        kind="ReplicationController",
        namespace="default",
        name="kubia",
        service="kubia",
        type_="ClusterIP",
        port=80,
        target_port=8080,
    )
    wall.settle(cluster)
    sleeper = simple_pod("sleeper", "busybox", command=["sleep", "1000000"])
    create(cluster, sleeper)
    wall.wait(cluster, 30)
    return cluster


def create(cluster, manifest):
    actions.transact(cluster.pk, lambda store: verbs.create(store, manifest), actor=f"person:{OWNER}")


def place(cluster, target="kubia", *, pod="sleeper", every=1, **options):
    inside = {"place": "pod", "pod": ("default", pod)} if pod else {"place": "internet"}
    return actions.place_client(cluster.pk, OWNER, target=target, every=every, **inside, **options)


def pods_of(cluster):
    return [pod for pod in memory.image(cluster.pk).list("Pod") if name_of(pod) != "sleeper"]


def process_begins():
    """What this process held is gone, as if it had just begun."""
    memory.drop_all()
    steady.forget()
    traffic.forget()


def test_who_looks_sees_the_calls_so_far(cluster, wall):
    client = place(cluster)
    begun = wall.now
    wall.wait(cluster, 10.5)
    found = steady.calls(cluster.pk, begun, begun + 100)
    assert len(found) == 10
    assert {call.client for call in found} == {uid_of(client)}
    assert all(call.answered and call.outcome.text.startswith("You've hit kubia-") for call in found)
    assert steady.totals(cluster.pk).services == {SERVICE: Tally(10, 0)}


def test_windows_tile_while_pods_are_killed(cluster, wall):
    place(cluster)
    place(cluster, "10.244.9.9", every=2)
    begun = until = steady.look(cluster.pk).until
    told = []
    for number, step in enumerate((0.3, 1, 4, 0.01, 2.2, 31, 3, 3, 3)):
        if number in (2, 5):
            actions.kill_pod(cluster.pk, OWNER, "default", name_of(pods_of(cluster)[0]))
        wall.wait(cluster, step)
        now = steady.look(cluster.pk, until)
        assert all(until <= call.time < now.until for call in now.calls)
        told += now.calls
        until = now.until
    assert told == steady.calls(cluster.pk, begun, until)
    process_begins()
    assert told == steady.calls(cluster.pk, begun, until)


def test_nothing_is_told_of_a_time_for_which_the_control_plane_has_yet_to_act(cluster, wall):
    place(cluster)
    wall.settle(cluster)
    wall.wait(cluster, 5)
    actions.kill_pod(cluster.pk, OWNER, "default", name_of(pods_of(cluster)[0]), force=True)
    killed = wall.now
    wall.now += 20
    assert steady.look(cluster.pk).until == pytest.approx(killed, abs=0.01)
    wall.settle(cluster)
    assert steady.look(cluster.pk).until == pytest.approx(wall.now, abs=0.01)


def test_a_clock_that_stands_still_makes_no_calls(cluster, wall):
    place(cluster)
    wall.wait(cluster, 5)
    actions.set_clock(cluster.pk, OWNER, paused=True)
    wall.settle(cluster)
    before = steady.look(cluster.pk)
    wall.wait(cluster, 1_000)
    assert steady.look(cluster.pk) == before


def test_a_faster_clock_makes_more_calls(cluster, wall):
    actions.set_clock(cluster.pk, OWNER, speed=20)
    wall.settle(cluster)
    place(cluster)
    wall.wait(cluster, 3.01)
    assert len(steady.look(cluster.pk).calls) == 60


def test_explicit_calls_are_among_them_and_count_too(cluster, wall):
    client = place(cluster)
    wall.wait(cluster, 5)
    now = steady.look(cluster.pk).until
    wall.wait(cluster, 1.5)
    explicit = Call(now + 0.7, None, "", "10.244.9.9", 80, TimedOut(), "", Request())
    traffic.record(cluster.pk, [explicit])
    found = steady.look(cluster.pk, now)
    assert {call.client for call in found.calls} == {"", uid_of(client)}
    heard = [(call.time, call.target) for call in found.calls if not call.client]
    assert heard == [(now + 0.7, "10.244.9.9")]
    assert found.calls == sorted(found.calls, key=lambda call: call.time)
    assert found.totals.targets["10.244.9.9"] == Tally(0, 1)
    assert found.totals.targets["kubia"].answered == 6
    assert steady.look(cluster.pk, now).calls == found.calls


def test_an_explicit_call_that_is_heard_of_late_is_told_once(cluster, wall):
    first = steady.look(cluster.pk).until
    wall.wait(cluster, 5)
    second = steady.look(cluster.pk, first).until
    late = Call(second - 1, None, "", "10.244.9.9", 80, TimedOut(), "", Request())
    traffic.record(cluster.pk, [late])
    wall.wait(cluster, 1)
    found = steady.look(cluster.pk, second)
    assert [call.target for call in found.calls] == ["10.244.9.9"]
    assert steady.look(cluster.pk, found.until).calls == []


def test_more_explicit_calls_than_are_remembered_are_counted(cluster):
    call = Call(1.0, None, "", "10.244.9.9", 80, TimedOut())
    traffic.record(cluster.pk, [call] * 3_000)
    assert steady.totals(cluster.pk).targets == {"10.244.9.9": Tally(0, 3_000)}


def shrink(cluster, changes=5):
    storage.compact(cluster.pk, changes=changes)
    assert ChangeRow.objects.filter(cluster=cluster.pk).count() < cluster_changes(cluster)


def cluster_changes(cluster):
    return Cluster.objects.get(pk=cluster.pk).revision


def test_counts_outlive_the_journal_and_the_process(cluster, wall):
    place(cluster)
    place(cluster, "10.244.9.9")
    address = pods_of(cluster)[0]["status"]["podIP"]
    place(cluster, address, port=8080)
    wall.wait(cluster, 20)
    actions.kill_pod(cluster.pk, OWNER, "default", name_of(pods_of(cluster)[0]))
    wall.wait(cluster, 60)
    before = steady.look(cluster.pk)
    assert min(before.totals.targets[address]) > 5
    for changes in (20, 5, 0):
        shrink(cluster, changes)
        assert steady.totals(cluster.pk) == before.totals
        process_begins()
        assert steady.totals(cluster.pk) == before.totals
    actions.kill_pod(cluster.pk, OWNER, "default", name_of(pods_of(cluster)[0]))
    wall.wait(cluster, 45)
    whole = steady.look(cluster.pk, before.until)
    shrink(cluster, 0)
    process_begins()
    assert steady.totals(cluster.pk) == whole.totals


def test_a_client_that_is_gone_stays_counted_when_the_journal_forgets_it(cluster, wall):
    client = place(cluster)
    wall.wait(cluster, 10.5)
    actions.remove_client(cluster.pk, OWNER, name_of(client))
    wall.wait(cluster, 5)
    shrink(cluster, 0)
    actions.kill_pod(cluster.pk, OWNER, "default", name_of(pods_of(cluster)[0]))
    wall.wait(cluster, 45)
    shrink(cluster, 0)
    process_begins()
    assert steady.totals(cluster.pk).services == {SERVICE: Tally(10, 0)}
    place(cluster)
    wall.wait(cluster, 10.5)
    assert steady.totals(cluster.pk).services == {SERVICE: Tally(20, 0)}


def test_a_cluster_without_clients_has_nothing_counted(cluster):
    shrink(cluster, 0)
    assert not CallCount.objects.exists()


def test_two_processes_that_compact_at_once_count_once(cluster, wall):
    place(cluster)
    wall.wait(cluster, 20)
    totals = steady.totals(cluster.pk)
    revision = cluster_changes(cluster)
    slow = call_counts.until(cluster.pk, revision)
    shrink(cluster, 0)
    assert not call_counts.keep(slow)
    process_begins()
    assert steady.totals(cluster.pk) == totals


def test_what_nobody_asks_for_is_forgotten(cluster, wall, monkeypatch):
    place(cluster)
    wall.wait(cluster, 10)
    steady.look(cluster.pk)
    later = time.monotonic() + steady.UNUSED_FOR + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    steady.sweep()
    assert steady._watched == {}


def test_a_cluster_that_is_removed_is_not_looked_at(cluster):
    steady.look(cluster.pk)
    actions.delete_cluster(cluster.pk)
    with pytest.raises(Cluster.DoesNotExist):
        steady.look(cluster.pk)
    assert steady._watched == {}


def test_clients_write_nothing(cluster, wall):
    place(cluster)
    wall.settle(cluster)
    wall.wait(cluster, 100)
    row = Cluster.objects.values().get(pk=cluster.pk)
    steady.look(cluster.pk)
    wall.wait(cluster, 100)
    steady.look(cluster.pk)
    assert Cluster.objects.values().get(pk=cluster.pk) == row


class TestLoops:
    """Containers that call in an endless loop."""

    SCRIPT = "while true; do wget -qO- http://kubia; sleep 1; done"

    def run(self, cluster, wall, name="caller"):
        create(cluster, simple_pod(name, "busybox", command=["sh", "-c", self.SCRIPT]))
        wall.settle(cluster)
        wall.wait(cluster, 30)
        return memory.image(cluster.pk).get("Pod", "default", name)

    def test_are_seen_to_call(self, cluster, wall):
        pod = self.run(cluster, wall)
        before = steady.look(cluster.pk).until
        wall.wait(cluster, 10)
        found = steady.look(cluster.pk, before).calls
        assert len(found) == 10
        assert {call.source for call in found} == {Key("Pod", "default", "caller")}
        state = pod["simulation"]["containers"]["main"]
        assert set(steady.totals(cluster.pk).clients) == {f"{state['id']}/0"}
        process_begins()
        assert steady.look(cluster.pk, before).calls == found

    def test_are_counted_beyond_the_journal(self, cluster, wall):
        self.run(cluster, wall)
        wall.wait(cluster, 60)
        before = steady.totals(cluster.pk)
        assert before.services[SERVICE].answered > 60
        for changes in (20, 0):
            shrink(cluster, changes)
            process_begins()
            assert steady.totals(cluster.pk) == before
        actions.delete_object(cluster.pk, OWNER, "Pod", "default", "caller")
        wall.wait(cluster, 60)
        made = steady.totals(cluster.pk)
        shrink(cluster, 0)
        process_begins()
        assert steady.totals(cluster.pk) == made
        wall.wait(cluster, 60)
        assert steady.totals(cluster.pk) == made

    def test_write_nothing(self, cluster, wall):
        self.run(cluster, wall)
        row = Cluster.objects.values().get(pk=cluster.pk)
        wall.wait(cluster, 100)
        steady.look(cluster.pk)
        assert Cluster.objects.values().get(pk=cluster.pk) == row


class TestClients:
    def test_are_nothing_that_kubernetes_knows(self):
        assert KIND in INTERNAL_KINDS
        assert KIND not in BY_KIND

    def test_have_numbers_and_addresses_of_their_own(self, cluster):
        clients = [place(cluster, "203.0.113.1", pod=None) for _ in range(3)]
        laptop = actions.place_client(cluster.pk, OWNER, place="laptop", target="1.2.3.4")
        assert [name_of(client) for client in clients] == ["client-1", "client-2", "client-3"]
        assert len({client["spec"]["address"] for client in (*clients, laptop)}) == 4
        actions.remove_client(cluster.pk, OWNER, "client-2")
        assert name_of(place(cluster)) == "client-2"

    def test_remember_the_pod_they_are_in(self, cluster):
        pod = memory.image(cluster.pk).get("Pod", "default", "sleeper")
        inside = {"namespace": "default", "name": "sleeper", "uid": uid_of(pod)}
        assert place(cluster)["spec"]["pod"] == inside

    @pytest.mark.parametrize(
        ("given", "target", "port"),
        [
            ("10.96.0.1", "10.96.0.1", 81),
            (" Kubia.default ", "kubia.default", 81),
            ("http://kubia:8080/", "kubia", 8080),
            ("http://203.0.113.7", "203.0.113.7", 80),
            ("kubia.default.svc.cluster.local.", "kubia.default.svc.cluster.local.", 81),
        ],
    )
    def test_call_what_was_written(self, cluster, given, target, port):
        spec = place(cluster, given, port=81)["spec"]
        assert (spec["target"], spec["port"]) == (target, port)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"target": ""},
            {"target": "kubia; rm"},
            {"target": "<b>"},
            {"target": "::1"},
            {"target": "10.0.0.256"},
            {"target": "https://kubia"},
            {"target": "http://kubia:99999"},
            {"target": "http://[x"},
            {"target": "x" * 300},
            {"port": 0},
            {"port": 65_536},
            {"every": 0},
            {"every": 61},
            {"place": "moon"},
            {"place": "pod"},
            {"place": "laptop", "pod": ("default", "sleeper")},
        ],
    )
    def test_are_not_placed_with_what_makes_no_sense(self, cluster, wrong):
        fields = {"place": "internet", "target": "10.96.0.1", **wrong}
        with pytest.raises(StatusError) as refused:
            actions.place_client(cluster.pk, OWNER, **fields)
        assert refused.value.code == 400
        assert memory.image(cluster.pk).count(KIND) == 0

    def test_need_a_pod_that_is_there(self, cluster):
        with pytest.raises(StatusError) as refused:
            place(cluster, pod="nobody")
        assert refused.value.code == 404

    def test_are_not_too_many(self, cluster):
        for _ in range(MOST):
            place(cluster, "1.2.3.4", pod=None)
        with pytest.raises(StatusError) as refused:
            place(cluster, "1.2.3.4", pod=None)
        assert refused.value.code == 403

    def test_that_are_not_there_cannot_be_removed(self, cluster):
        with pytest.raises(StatusError) as refused:
            actions.remove_client(cluster.pk, OWNER, "client-1")
        assert refused.value.code == 404

    def test_stay_when_their_pod_and_its_namespace_go(self, cluster, wall):
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "temp"}}
        create(cluster, manifest)
        wall.settle(cluster)
        pod = simple_pod("guest", "busybox", command=["sleep", "1000000"])
        pod["metadata"]["namespace"] = "temp"
        create(cluster, pod)
        wall.wait(cluster, 30)
        client = actions.place_client(
            cluster.pk, OWNER, place="pod", pod=("temp", "guest"), target="1.2.3.4", every=1
        )
        wall.wait(cluster, 5.5)
        actions.delete_object(cluster.pk, OWNER, "Namespace", "", "temp")
        wall.wait(cluster, 60)
        image = memory.image(cluster.pk)
        assert image.get("Namespace", "", "temp") is None
        assert image.get(KIND, "", name_of(client)) is not None
        made = steady.totals(cluster.pk).targets["1.2.3.4"].lost
        wall.wait(cluster, 60)
        assert steady.totals(cluster.pk).targets["1.2.3.4"].lost == made
