"""A viewer looks back: what he sees is what a page showed then, and nobody else notices."""

import asyncio
import threading
from dataclasses import replace

import orjson
import pytest
from django.test import Client

from clusters import actions, announce, memory, storage
from clusters.models import Cluster, Grant
from clusters.web import render
from clusters.web.hub import Hub, hub
from clusters.web.past import NotKeptError
from clusters.web.pictures import Picture, plain
from clusters.web.render import Look, Wish, page_of, pictures, rewound
from clusters.web.scene import scene_of
from tests.web.test_consumers import frame, socket
from tests.web.test_hub import CLOCK, PACE, Page, Stage, regions, until

LOOK = Look()
PERSON = "learner"
OF_NOW = {"controls", "banners", "track", "past", "clock"}
"""Sections that are of now, or say that one looks back."""


@pytest.fixture
def cluster(transactional_db):
    memory.drop_all()
    return actions.create_cluster(PERSON, delays="none").pk


def settle(cluster):
    """Let the control plane do what there is to do."""
    while actions.reconcile(cluster, "test", 1000, 10.0).result().more:
        pass


def lived(cluster, wall):
    """A cluster with some history, and the sections that a new page showed at each stop, by revision."""
    seen = {}

    def look():
        scene = scene_of(cluster)
        with scene.lock:
            scene.catch_up()
            seen[scene.revision] = page_of(scene, LOOK)

    settle(cluster)
    look()
    actions.create_replication_controller(cluster, PERSON, name="kubia", image="luksa/kubia", replicas=3)
    settle(cluster)
    look()
    wall.now += 20
    actions.expose(
        cluster,
        PERSON,
        kind="ReplicationController",
        namespace="default",
        name="kubia",
        service="kubia",
        type_="ClusterIP",
        port=80,
        target_port="8080",
    )
    settle(cluster)
    look()
    wall.now += 20
    for pod in memory.image(cluster).list("Pod")[:2]:
        actions.kill_pod(cluster, PERSON, "default", pod["metadata"]["name"], force=True)
    settle(cluster)
    wall.now += 60
    actions.power(cluster, PERSON, "node-1", False)
    wall.now += 60
    settle(cluster)
    look()
    return seen


def test_a_moment_shows_what_a_page_showed_then(cluster, wall):
    seen = lived(cluster, wall)
    for revision, sections in seen.items():
        picture = rewound(cluster, LOOK, Wish("at", revision), 0)
        assert picture.moment == revision
        now = {section.id: section.html for section in picture.sections}
        for name in ("map", "map-summary", "map-table", "workloads", "nodes", "guide"):
            # What the control plane did last is told as of now on the newest picture only.
            assert shown(now[name]) == shown(sections[name.replace("-", "_")]), name


def shown(html):
    """Without what the control plane's boxes say of their last deeds."""
    start, end = html.find('id="map-control-plane"'), html.find('id="node-')
    return html if start < 0 else html[:start] + html[end:]


def test_a_page_that_goes_from_moment_to_moment_shows_each_as_a_new_page_does(cluster, wall):
    seen = list(lived(cluster, wall))
    live = pictures(cluster, [LOOK])[LOOK]
    page = {section.id: section.html for section in live.sections}
    before = live
    for revision in [*seen, *reversed(seen), seen[0] + 3]:
        picture = rewound(cluster, LOOK, Wish("at", revision), 0)
        for element, html in regions(picture.unlike(before)).items():
            if element in page:
                page[element] = html
        for section in picture.sections:
            if not section.parts:
                assert page[section.id] == section.html
        before = picture
    back = pictures(cluster, [LOOK])[LOOK]
    assert {section.id for section in back.sections} == {section.id for section in picture.sections}
    assert picture.unlike(picture) == ""


def test_where_a_wish_leads(cluster, wall):
    lived(cluster, wall)
    scene = scene_of(cluster)
    newest, started = scene.past.newest, scene.history.started

    def moment(kind, value=0.0, at=0):
        picture = rewound(cluster, LOOK, Wish(kind, value), at)
        return picture and picture.moment

    assert moment("live", at=5) is None
    begun = scene.past.begun
    assert moment("at", begun + 2) == begun + 2
    assert moment("time", 10.0) == scene.past.revision_at(started + 10)
    assert moment("time", -50.0) == moment("at", 0) == begun
    assert moment("step", -1, at=begun) == begun
    assert moment("time", 100_000.0) is None
    assert moment("step", -1) == scene.past.before(newest)
    assert moment("step", 1) is None
    assert moment("step", 1, at=begun) == scene.past.after(begun)
    assert moment("step", -2, at=newest) == scene.past.before(scene.past.before(newest))


def test_of_a_large_cluster_the_map_comes_first_and_then_the_rest(cluster, wall, monkeypatch):
    seen = list(lived(cluster, wall))
    monkeypatch.setattr(render, "LARGE", 2)
    live = pictures(cluster, [LOOK])[LOOK]
    sketch = rewound(cluster, LOOK, Wish("at", seen[-2]), 0, sketch=True)
    assert not sketch.whole
    assert {"map", "past", "controls", "track"} <= {section.id for section in sketch.sections}
    assert "lifelines" not in {section.id for section in sketch.sections}
    on_page = sketch.over(live)
    assert {section.id for section in on_page.sections} == {section.id for section in live.sections}
    whole = rewound(cluster, LOOK, Wish("at", seen[-2]), 0)
    assert whole.whole
    assert "map" not in regions(whole.unlike(on_page))
    assert "lifelines" in regions(whole.unlike(on_page))
    assert rewound(cluster, LOOK, Wish("at", seen[-2]), 0, sketch=True).whole


def test_the_time_of_a_moment_is_the_one_that_was_asked_for(cluster, wall):
    lived(cluster, wall)
    started = scene_of(cluster).history.started
    first, later = (rewound(cluster, LOOK, Wish("time", at), 0) for at in (25.0, 35.0))
    assert first.moment == later.moment
    assert (first.clock.now(0) - started, later.clock.now(0) - started) == (25.0, 35.0)
    assert first.clock.paused


def test_what_is_no_longer_kept_is_refused_with_the_oldest_moment(cluster, wall, monkeypatch):
    lived(cluster, wall)
    newest = scene_of(cluster).past.newest
    storage.compact(cluster, changes=20)
    scene_module_forget(cluster)
    with pytest.raises(NotKeptError) as refused:
        rewound(cluster, LOOK, Wish("at", 3), 0)
    assert 0 < refused.value.oldest <= newest - 20
    assert rewound(cluster, LOOK, Wish("at", refused.value.oldest), 0).moment == refused.value.oldest
    with pytest.raises(NotKeptError):
        rewound(cluster, LOOK, Wish("at", newest + 1), 0)


def scene_module_forget(cluster):
    """As after a minute in which nobody has looked."""
    from clusters.web import scene

    scene._scenes.pop(cluster)


def test_the_page_of_a_moment_is_right_without_any_script(cluster, wall):
    lived(cluster, wall)
    Cluster.objects.filter(pk=cluster).update(owner="")
    client = Client()
    session = client.session
    session["person"] = PERSON
    session.save()
    Cluster.objects.filter(pk=cluster).update(owner=PERSON)
    begun = scene_of(cluster).past.begun
    old = client.get(f"/c/{cluster}/?at={begun}").content.decode()
    assert f'data-revision="{begun}"' in old
    assert "You are looking at" in old
    assert 'data-kind="Pod"' not in old
    assert 'data-kind="Pod"' in client.get(f"/c/{cluster}/").content.decode()
    for odd in ("", "x", "-3", "0", "9" * 40, "7.5", "٣"):
        answer = client.get(f"/c/{cluster}/", {"at": odd})
        assert answer.status_code == 200
        assert "You are looking at" not in answer.content.decode()
    too_new = client.get(f"/c/{cluster}/?at=999999").content.decode()
    assert "There is no revision 999999 yet" in too_new
    node = client.get(f"/c/{cluster}/inspect/ReplicationController/default/kubia?at={begun}")
    assert node.status_code == 404
    assert client.get(f"/c/{cluster}/inspect/ReplicationController/default/kubia").status_code == 200
    assert client.get(f"/c/{cluster}/inspect/Node/-/node-1?at=999999").status_code == 404


# The hub


class Times(Stage):
    """A stage that can be looked at as it was: moment N shows N."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def rewind(self, cluster, look, wish, moment, sketch):
        self.asked.append((wish, moment))
        if wish.kind == "live":
            return None
        if wish.value > 100:
            raise NotKeptError(int(wish.value), 5, 100, 61.0)
        sections = (plain("a", f'<p id="a">then {wish.value:g}</p>'), plain("b", '<p id="b">b</p>'))
        return Picture(1, CLOCK, 0.0, sections, {"a": 1, "b": 1}, moment=int(wish.value) or 1)


@pytest.fixture
def stage():
    return Times()


@pytest.fixture
async def room(stage):
    made = Hub(stage.draw, PACE, stage.rewind)
    yield made
    made.stop()


async def test_a_viewer_looks_back_and_the_others_do_not_notice(room, stage):
    page, other = Page(room), Page(room)
    room.join(page.viewer)
    room.join(other.viewer)
    await until(lambda: page.frames and other.frames)
    room.rewind(page.viewer, Wish("at", 7))
    await until(lambda: page.shown["a"] == '<p id="a">then 7</p>')
    assert regions(page.frames[-1]["content"]).keys() == {"clock", "a", "b"}
    stage.counts["a"] = 3
    room.nudge("c1")
    await until(lambda: other.shown["a"] == '<p id="a">3</p>')
    assert page.shown["a"] == '<p id="a">then 7</p>'
    room.rewind(page.viewer, Wish("live"))
    await until(lambda: page.shown["a"] == '<p id="a">3</p>')
    assert page.shown["b"] == other.shown["b"]


async def test_while_a_page_is_slow_only_its_last_wish_counts_and_steps_add_up(room, stage):
    page = Page(room, acks=False)
    page.viewer._stuck_after = 60.0
    room.join(page.viewer)
    await until(lambda: page.frames)
    await page.ack()
    for moment in range(1, 9):
        room.rewind(page.viewer, Wish("at", moment))
        await asyncio.sleep(0.002)
    await until(lambda: len(page.frames) == 2)
    for frames in (2, 3, 4):
        if page.shown["a"] != '<p id="a">then 8</p>':
            await page.ack()
            await until(lambda seen=frames: len(page.frames) > seen)
    assert page.shown["a"] == '<p id="a">then 8</p>'
    assert len(page.frames) < 5
    await page.ack()
    before = len(stage.asked)
    for _ in range(3):
        page.viewer.wants(Wish("step", -1))
    room.rewind(page.viewer, Wish("step", -1))
    await until(lambda: len(stage.asked) > before)
    assert stage.asked[before] == (Wish("step", -4), 8)


async def test_what_cannot_be_shown_is_said_and_the_page_stays_where_it_is(room, stage):
    page = Page(room)
    room.join(page.viewer)
    await until(lambda: page.frames)
    room.rewind(page.viewer, Wish("at", 101))
    await until(lambda: "refused" in page.frames[-1])
    assert "There is no revision 101 yet" in page.frames[-1]["refused"]
    stage.counts["a"] = 9
    room.nudge("c1")
    await until(lambda: page.shown["a"] == '<p id="a">9</p>')


async def test_a_page_may_begin_in_the_past(room, stage):
    page = Page(room)
    room.join(page.viewer, Wish("at", 12))
    await until(lambda: page.frames)
    assert page.shown["a"] == '<p id="a">then 12</p>'


async def test_a_viewer_in_the_past_who_leaves_takes_his_task_along(room, stage):
    page = Page(room)
    room.join(page.viewer)
    await until(lambda: page.frames)
    room.rewind(page.viewer, Wish("at", 7))
    room.leave(page.viewer)
    room.rewind(page.viewer, Wish("at", 8))
    await asyncio.sleep(0.05)
    assert all(wish.value != 8 for wish, _moment in stage.asked)


# The socket


@pytest.fixture
async def own_hub(transactional_db):
    memory.drop_all()
    yield
    hub().stop()
    announce.bind(None)


@pytest.fixture
def sandbox(own_hub):
    client = Client()
    client.post("/sandbox/")
    cluster = Cluster.objects.get().pk
    person = client.session["person"]
    for name in ("a", "b", "c", "d"):
        actions.create_replication_controller(cluster, person, name=name, image="nginx", replicas=1)
    return client, cluster


@pytest.fixture
def begun(sandbox):
    """The revision with which that cluster was complete."""
    return scene_of(sandbox[1]).past.begun


async def test_a_page_asks_for_a_moment_and_comes_back(sandbox, begun):
    opened = socket(*sandbox)
    await opened.connect()
    await frame(opened)
    await opened.send_to(f"at {begun}")
    back = await frame(opened)
    assert f'data-revision="{begun}"' in regions(back["content"])["past"]
    await opened.send_to("step 1")
    on = await frame(opened)
    assert f'data-revision="{begun + 1}"' in regions(on["content"])["past"]
    await opened.send_to("live")
    assert "data-revision" not in regions((await frame(opened))["content"])["past"]
    await opened.disconnect()


async def test_a_link_to_a_moment_opens_the_socket_there(sandbox, begun):
    opened = socket(*sandbox, query="layout=wide&language=en&at=" + str(begun))
    await opened.connect()
    assert f'data-revision="{begun}"' in regions((await frame(opened))["content"])["past"]
    await opened.disconnect()


@pytest.mark.parametrize("odd", ["at", "at -1", "at 1e3", "time x", "time 1e400", "step 7", "at 1\n", "at ٣"])
async def test_what_is_no_wish_is_not_heard(sandbox, begun, odd):
    opened = socket(*sandbox)
    await opened.connect()
    await frame(opened)
    await opened.send_to(odd)
    assert await opened.receive_nothing(timeout=0.3)
    await opened.send_to(f"at {begun}")
    assert f'data-revision="{begun}"' in regions((await frame(opened))["content"])["past"]
    await opened.disconnect()


# Going on from there


def test_who_may_let_a_cluster_go_on_from_an_old_moment(learner, other_learner, stranger, transactional_db):
    memory.drop_all()
    learner.post("/sandbox/")
    cluster = Cluster.objects.get()
    for client, role in ((other_learner, "view"), (stranger, None)):
        client.post("/sandbox/")
        if role:
            Grant.objects.create(cluster=cluster, person=client.session["person"], role=role)
        answer = client.post(f"/c/{cluster.pk}/continue", {"revision": 5})
        assert answer.status_code == (422 if role else 404)
    assert learner.get(f"/c/{cluster.pk}/continue").status_code == 405
    for odd in ("", "x", "-1", str(2**60)):
        assert learner.post(f"/c/{cluster.pk}/continue", {"revision": odd}).status_code == 422
    before = memory.image(cluster.pk).revision
    answer = learner.post(f"/c/{cluster.pk}/continue", {"revision": before + 10})
    assert answer.status_code == 422
    assert "There is no revision" in answer.content.decode()
    assert memory.image(cluster.pk).revision == before


def test_a_cluster_goes_on_from_an_old_moment(learner, transactional_db):
    memory.drop_all()
    learner.post("/sandbox/")
    cluster = Cluster.objects.get()
    person = learner.session["person"]
    actions.create_replication_controller(cluster.pk, person, name="a", image="nginx", replicas=2)
    moment = memory.image(cluster.pk).revision
    actions.delete_object(cluster.pk, person, "ReplicationController", "default", "a")
    assert memory.image(cluster.pk).get("ReplicationController", "default", "a") is None
    answer = learner.post(f"/c/{cluster.pk}/continue", {"revision": moment}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "goes on from" in orjson.loads(answer["HX-Trigger"])["toast"]["title"]
    assert memory.image(cluster.pk).get("ReplicationController", "default", "a") is not None


async def test_between_the_moments_of_one_cluster_others_are_drawn(stage):
    order, begun, released = [], threading.Event(), threading.Event()

    def rewind(cluster, *asked):
        order.append(cluster)
        begun.set()
        released.wait(10)
        return stage.rewind(cluster, *asked)

    def draw(cluster, looks):
        order.append(cluster)
        return stage.draw(cluster, looks)

    made = Hub(draw, replace(PACE, slow=60), rewind)
    pages, other = [Page(made) for _ in range(5)], Page(made)
    other.viewer.cluster = "c2"
    for number, page in enumerate(pages, 1):
        made.join(page.viewer, Wish("at", number))
    await until(begun.is_set)
    made.join(other.viewer)
    await until(lambda: made._threads._work_queue.qsize())
    released.set()
    await until(lambda: other.frames and all(page.frames for page in pages))
    assert order.index("c2") == 1
    made.stop()
