"""A cluster taken away and brought back: as manifests, and as its whole history."""

import json

import hypothesis
import pytest
import yaml
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from hypothesis import strategies as st

from clusters import access, actions, history_file, journal, memory, storage
from clusters.engine.cluster import INTERNAL_KINDS, KEY, clock_of
from clusters.engine.objects import name_of, uid_of
from clusters.engine.store import MemoryStore
from clusters.models import Change, Cluster, Grant, Pod
from clusters.web import scene
from tests.clusters.test_steady import WallClock
from tests.engine.test_importing import VALUES, places, set_at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_memory():
    memory.drop_all()
    scene._scenes.clear()


@pytest.fixture
def wall(monkeypatch):
    return WallClock(monkeypatch)


@pytest.fixture
def cluster(learner, wall):
    """The learner's own cluster, in which he has done a few things."""
    learner.post("/sandbox/")
    made = Cluster.objects.get()
    actions.create_replication_controller(made.pk, made.owner, name="kubia", image="nginx", replicas=2)
    wall.wait(made, 20)
    pods = memory.image(made.pk).list("Pod")
    actions.kill_pod(made.pk, made.owner, "default", name_of(pods[0]))
    wall.wait(made, 60)
    actions.set_clock(made.pk, made.owner, speed=5)
    actions.scale(made.pk, made.owner, "ReplicationController", "default", "kubia", 3)
    wall.wait(made, 10)
    made.refresh_from_db()
    return made


def exported(client, cluster):
    answer = client.get(f"/c/{cluster.pk}/export/history.json")
    assert answer.status_code == 200
    return async_to_sync(gathered)(answer)


async def gathered(response):
    return b"".join([part async for part in response])


def opened(client, data, name="history.json"):
    return client.post("/histories/", {"history": SimpleUploadedFile(name, data)})


def cluster_of(response):
    assert response.status_code == 302, response.content.decode()
    return Cluster.objects.get(pk=response["Location"].split("/")[2])


def viewer(client, cluster):
    session = client.session
    session[access.PERSON] = "viewer"
    session.save()
    Grant.objects.create(cluster=cluster, person="viewer", role=Grant.Role.VIEW)
    return client


class TestManifests:
    def test_what_people_made_is_a_file_to_download(self, learner, cluster):
        answer = learner.get(f"/c/{cluster.pk}/export/manifests.yaml")
        assert answer["Content-Disposition"] == f'attachment; filename="lifelines-{cluster.pk}.yaml"'
        found = [obj for obj in yaml.safe_load_all(answer.content) if obj]
        assert [(obj["kind"], name_of(obj)) for obj in found] == [("ReplicationController", "kubia")]
        assert found[0]["spec"]["replicas"] == 3

    def test_of_an_earlier_moment(self, learner, cluster):
        url = f"/c/{cluster.pk}/export/manifests.yaml"
        made = Change.objects.get(cluster=cluster, kind="ReplicationController", verb="ADDED").revision
        assert yaml.safe_load(learner.get(url, {"at": made}).content)["spec"]["replicas"] == 2
        assert yaml.safe_load(learner.get(url, {"at": made - 1}).content) is None
        refused = learner.get(url, {"at": 999_999})
        assert refused.status_code == 422
        assert "There is no revision 999999 yet." in refused.content.decode()


class TestExport:
    def test_the_history_is_the_journal(self, learner, cluster):
        found = json.loads(exported(learner, cluster))
        assert (found["format"], found["version"], found["wholeFrom"]) == ("lifelines-history", 1, 0)
        assert (found["seed"], found["revision"]) == (cluster.seed, cluster.revision)
        kept = journal.kept(cluster.pk)
        assert [row["revision"] for row in found["changes"]] == [row.revision for row in kept]
        assert [row["object"] for row in found["changes"]] == [json.loads(row.text) for row in kept]

    def test_nobody_learns_who_somebody_is(self, learner, cluster):
        data = exported(learner, cluster).decode()
        assert cluster.owner not in data
        actors = {row["actor"] for row in json.loads(data)["changes"]}
        assert "person:1" in actors
        assert not any(actor.startswith("person:") for actor in actors - {"person:1"})

    def test_who_may_look_may_take_it_and_nobody_else(self, cluster, other_learner, stranger):
        exported(viewer(other_learner, cluster), cluster)
        for name in ("history.json", "manifests.yaml"):
            assert stranger.get(f"/c/{cluster.pk}/export/{name}").status_code == 404


class TestOpen:
    def test_a_history_is_a_cluster_of_whoever_opens_it(self, cluster, learner, other_learner):
        made = cluster_of(opened(other_learner, exported(learner, cluster)))
        assert made.owner == other_learner.session[access.PERSON] != cluster.owner
        assert (made.seed, made.revision) == (cluster.seed, cluster.revision + 1)
        assert other_learner.get(f"/c/{made.pk}/").status_code == 200
        assert learner.get(f"/c/{made.pk}/").status_code == 404

    def test_it_is_the_same_history_and_stands_at_its_last_moment(self, learner, cluster, wall):
        made = cluster_of(opened(learner, exported(learner, cluster)))
        *changes, last = journal.history(made.pk)
        for first, second in zip(journal.history(cluster.pk), changes, strict=True):
            assert first.object == second.object or first.key == KEY
            assert (first.revision, first.verb, first.time, first.cause) == second[:2] + second[7:] + second[
                6:7
            ]
        assert last.key == KEY
        clock = clock_of(memory.image(made.pk))
        assert clock.paused
        assert clock.speed == 5
        assert clock.now(wall.now + 1000) == changes[-1].time

    def test_rows_and_journal_say_the_same(self, learner, cluster):
        made = cluster_of(opened(learner, exported(learner, cluster)))
        assert storage.load(made.pk).image == MemoryStore().apply(journal.history(made.pk))
        assert Pod.objects.filter(cluster=made).count() == 3

    def test_its_past_is_as_it_was(self, learner, cluster):
        made = cluster_of(opened(learner, exported(learner, cluster)))
        first, second = scene.scene_of(cluster.pk), scene.scene_of(made.pk)
        for revision in range(20, cluster.revision, 7):
            one, other = first.past.moment(revision).image, second.past.moment(revision).image
            assert one.list("Pod") == other.list("Pod")
            assert learner.get(f"/c/{made.pk}/", {"at": revision}).status_code == 200

    def test_it_goes_on_from_there(self, learner, cluster, wall):
        made = cluster_of(opened(learner, exported(learner, cluster)))
        wall.now += 100_000
        before = journal.history(made.pk)[-1].time
        actions.set_clock(made.pk, made.owner, paused=False)
        actions.scale(made.pk, made.owner, "ReplicationController", "default", "kubia", 5)
        wall.wait(made, 60)
        image = memory.image(made.pk)
        assert sum(pod["status"]["phase"] == "Running" for pod in image.list("Pod")) == 5
        times = [change.time for change in journal.history(made.pk)]
        assert times == sorted(times)
        assert times[-1] < before + 1000

    def test_a_compacted_history_is_opened_as_far_as_it_is_kept(self, learner, cluster):
        storage.compact(cluster.pk, changes=60)
        data = exported(learner, cluster)
        oldest = json.loads(data)["wholeFrom"]
        assert oldest > 10
        made = cluster_of(opened(learner, data))
        assert scene.scene_of(made.pk).past.oldest == oldest
        assert json.loads(exported(learner, made))["wholeFrom"] == oldest

    def test_the_limits_are_those_of_this_site(self, learner, cluster, settings):
        data = exported(learner, cluster)
        settings.LIFELINES_MAX_PODS = 7
        made = cluster_of(opened(learner, data))
        assert memory.image(made.pk).get(*KEY)["spec"]["limits"] == {"nodes": 100, "pods": 7}
        settings.LIFELINES_MAX_PODS = 2
        assert "there are more than 2 objects of kind Pod" in opened(learner, data).content.decode()

    def test_a_person_has_only_so_many_clusters(self, learner, cluster, settings):
        data = exported(learner, cluster)
        settings.LIFELINES_MAX_CLUSTERS_PER_PERSON = 1
        refused = opened(learner, data)
        assert refused.status_code == 422
        assert "at most 1 clusters" in refused.content.decode()
        assert Cluster.objects.count() == 1

    def test_what_is_too_large_is_refused(self, learner, cluster, settings):
        data = exported(learner, cluster)
        settings.LIFELINES_MAX_HISTORY_BYTES = len(data) - 1
        refused = opened(learner, data)
        assert refused.status_code == 422
        assert f"at most {len(data) - 1} bytes" in refused.content.decode()

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"x",
            b"[]",
            b"null",
            b"{}",
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"a":' * 5_000,
            b'{"format": "lifelines-history", "version": 2}',
            b'{"format": NaN}',
            b'"\\ud800"',
            b"1e999",
        ],
    )
    def test_what_is_no_history_is_refused_in_words(self, learner, data):
        refused = opened(learner, data)
        assert refused.status_code == 422
        assert 'id="refusal"' in refused.content.decode()
        assert not Cluster.objects.exists()

    def test_what_is_made_of_too_many_parts_is_not_even_parsed(self, learner, cluster, monkeypatch):
        data = exported(learner, cluster)
        monkeypatch.setattr(history_file, "MOST_PARTS", 1000)
        refused = opened(learner, data)
        assert refused.status_code == 422
        assert "there are more than 1000 maps and lists" in refused.content.decode()

    def test_without_a_file_it_says_so(self, learner):
        assert "Choose a file first." in learner.post("/histories/").content.decode()
        assert learner.get("/histories/").status_code == 200

    def test_the_place_is_told(self, learner, cluster):
        found = json.loads(exported(learner, cluster))
        found["changes"][16]["object"]["metadata"]["uid"] = "x"
        refused = opened(learner, json.dumps(found).encode())
        assert "This history cannot be opened: change 17: " in refused.content.decode()
        assert Cluster.objects.count() == 1


class TestCommands:
    def test_a_scene_is_taken_from_one_site_to_another(self, cluster, tmp_path, capsys, other_learner):
        file = tmp_path / "scene.json"
        call_command("exportcluster", cluster.pk, str(file))
        call_command("importcluster", str(file), "--name", "scene")
        link = capsys.readouterr().out.strip()
        made = Cluster.objects.get(name="scene")
        assert (made.owner, made.made_by_command) == ("", True)
        other_learner.get(link)
        made.refresh_from_db()
        assert made.owner == other_learner.session[access.PERSON]

    def test_what_cannot_be_done_is_told(self, cluster, tmp_path):
        file = tmp_path / "scene.json"
        with pytest.raises(CommandError, match="There is no cluster with the name or id nobody"):
            call_command("exportcluster", "nobody", str(file))
        with pytest.raises(CommandError, match="No such file"):
            call_command("importcluster", str(file))
        file.write_bytes(b"{}")
        with pytest.raises(CommandError, match="it is missing"):
            call_command("importcluster", str(file), "--name", "scene")
        call_command("exportcluster", cluster.pk, str(file))
        with pytest.raises(CommandError, match="1 to 100 characters"):
            call_command("importcluster", str(file))
        call_command("importcluster", str(file), "--name", "scene")
        with pytest.raises(CommandError, match="already a cluster named scene"):
            call_command("importcluster", str(file), "--name", "scene")


BYTES = st.tuples(st.floats(0, 1), st.sampled_from(list(b'{}[]",:0-9eE.\\ntruefalsx\x00\xff')))
LOOKS = ("", "?at={at}", "compare?from={at}", "export/manifests.yaml?at={at}", "timeline")


def look_at(client, made, at):
    """Everything of a cluster that somebody may look at, also in its past."""
    for look in LOOKS:
        assert client.get(f"/c/{made.pk}/{look.format(at=at)}").status_code in (200, 422)
    image = memory.image(made.pk)
    for kind in image.kinds():
        for obj in image.list(kind)[:2] if kind not in INTERNAL_KINDS else ():
            namespace, name = obj["metadata"].get("namespace", "-"), name_of(obj)
            for tab in ("", "why", "events", "yaml"):
                url = f"/c/{made.pk}/inspect/{kind}/{namespace}/{name}"
                assert client.get(url, {"tab": tab, "uid": uid_of(obj)}).status_code in (200, 404)


def check(client, cluster, data, at):
    """It is refused, or it makes a whole cluster that can be looked at."""
    answer = opened(client, data)
    assert answer.status_code in (302, 422)
    if answer.status_code == 302:
        made = cluster_of(answer)
        assert storage.load(made.pk).image == MemoryStore().apply(journal.history(made.pk))
        look_at(client, made, at)
        actions.delete_cluster(made.pk)
    assert list(Cluster.objects.values_list("pk", flat=True)) == [cluster.pk]
    return answer.status_code == 302


def test_a_spoilt_file_is_refused_or_makes_a_whole_cluster(learner, cluster, count):
    """Bytes of it are changed; whatever comes of that, nobody meets an error and no half cluster stays."""
    data = exported(learner, cluster)

    @hypothesis.settings(max_examples=count(20, 1000))
    @hypothesis.given(spoilt=st.lists(BYTES, min_size=1, max_size=3), cut=st.floats(0, 3))
    def spoil(spoilt, cut):
        changed = bytearray(data[: int(cut * len(data))] if cut < 1 else data)
        for place, byte in spoilt:
            if changed:
                changed[int(place * (len(changed) - 1))] = byte
        check(learner, cluster, bytes(changed), 50)

    spoil()


def test_a_changed_history_is_refused_or_can_be_looked_at(learner, cluster, count):
    """A value is another one from some change on."""
    text = exported(learner, cluster).decode()
    taken = []

    @hypothesis.settings(max_examples=count(20, 1000))
    @hypothesis.given(data=st.data())
    def change(data):
        found = json.loads(text)
        rows = found["changes"]
        at = data.draw(st.integers(0, len(rows) - 1))
        path = data.draw(st.sampled_from([path for path in places(rows[at]) if path[0] == "object"]))
        value = data.draw(VALUES)
        for row in rows[at:]:
            if row["uid"] == rows[at]["uid"] and path in set(places(row)):
                set_at(row, path, value)
        taken.append(check(learner, cluster, json.dumps(found).encode(), rows[at]["revision"]))

    change()
    assert len(set(taken)) == 2, "some are taken, some are not"
