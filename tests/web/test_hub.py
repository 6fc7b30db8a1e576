"""The hub: latest state wins, one frame in flight, a stuck page is hung up on, a lost nudge is made good."""

import asyncio
import re
from dataclasses import replace
from itertools import pairwise

import orjson
import pytest

from clusters import traffic
from clusters.engine.clock import Clock
from clusters.engine.network import Call, TimedOut
from clusters.models import Cluster
from clusters.web.hub import GONE, Hub
from clusters.web.pictures import SNAPSHOT_FROM, News, Section, next_picture, plain
from clusters.web.render import Look, Shown
from clusters.web.traffic import Batch, Heard, Told
from clusters.web.viewer import STUCK, Pace, Viewer

PACE = Pace(answer=0.001, gap=0.01, crowded_gap=0.02, crowd=5, stuck=0.2, slow=0.05)
LOOK = Look()
CLOCK = Clock(0.0, 0.0)


class Stage:
    """A cluster with counters for sections, drawn as a hub would have it drawn."""

    def __init__(self):
        self.counts = {"a": 0, "b": 0}
        self.picture = None
        self.drawn = 0
        self.missing = False
        self.heard = Heard()
        self.again = None

    def draw(self, cluster, looks):
        if self.missing:
            raise Cluster.DoesNotExist(cluster)
        sections = [plain(name, f'<p id="{name}">{count}</p>') for name, count in self.counts.items()]
        self.picture = next_picture(self.picture, sections, [], CLOCK, 0.0)
        self.drawn += 1
        return Shown(dict.fromkeys(looks, self.picture), self.heard, self.again)


class Page:
    """A browser: applies what it is sent, and acknowledges unless told not to."""

    def __init__(self, hub, *, pace=PACE, acks=True):
        self.viewer = Viewer("c1", LOOK, self.receive, self.close, pace)
        self.hub = hub
        self.acks = acks
        self.frames = []
        self.shown = {}
        self.closed = None

    async def receive(self, text):
        frame = orjson.loads(text)
        self.frames.append(frame)
        self.shown.update(regions(frame.get("content", "")))
        if self.acks:
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self.ack()))

    async def ack(self):
        await self.viewer.ack(self.frames[-1]["seq"])

    async def close(self, code):
        self.closed = code
        self.hub.leave(self.viewer)


def regions(content):
    """Element id -> HTML of every partial in a frame."""
    pattern = r'<hx-partial hx-target="#([^"]+)" hx-swap="outerMorph">(.*?)</hx-partial>'
    return dict(re.findall(pattern, content, re.DOTALL))


async def until(condition, within=10.0):
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.002)


@pytest.fixture
def stage():
    return Stage()


@pytest.fixture
async def hub(stage):
    made = Hub(stage.draw, PACE)
    yield made
    made.stop()


async def test_a_page_that_joins_gets_everything(hub, stage):
    page = Page(hub)
    hub.join(page.viewer)
    await until(lambda: page.frames)
    assert set(page.shown) == {"clock", "a", "b"}


async def test_a_nudge_brings_only_what_changed(hub, stage):
    page = Page(hub)
    hub.join(page.viewer)
    await until(lambda: page.frames)
    stage.counts["b"] = 7
    hub.nudge("c1")
    await until(lambda: len(page.frames) == 2)
    assert regions(page.frames[1]["content"]).keys() == {"clock", "b"}
    assert page.shown["b"] == '<p id="b">7</p>'


async def test_without_an_ack_nothing_more_is_sent_and_then_the_latest_wins(hub, stage):
    page = Page(hub, acks=False, pace=replace(PACE, stuck=9))
    hub.join(page.viewer)
    await until(lambda: page.frames)
    for count in range(1, 20):
        stage.counts["a"] = count
        before = stage.drawn
        hub.nudge("c1")
        await until(lambda before=before: stage.drawn > before)
    assert len(page.frames) == 1
    await page.ack()
    await until(lambda: len(page.frames) == 2)
    assert page.shown["a"] == '<p id="a">19</p>'


async def test_a_wrong_ack_is_ignored(hub, stage):
    page = Page(hub, acks=False, pace=replace(PACE, stuck=9))
    hub.join(page.viewer)
    await until(lambda: page.frames)
    stage.counts["a"] = 1
    hub.nudge("c1")
    await page.viewer.ack(99)
    await asyncio.sleep(0.05)
    assert len(page.frames) == 1


async def test_a_page_that_never_acknowledges_is_hung_up_on(hub, stage):
    page = Page(hub, acks=False)
    hub.join(page.viewer)
    await until(lambda: page.closed is not None)
    assert page.closed == STUCK


async def test_a_page_that_acknowledges_stays(hub, stage):
    page = Page(hub)
    hub.join(page.viewer)
    await asyncio.sleep(3 * PACE.stuck)
    assert page.closed is None


async def test_frames_keep_their_distance(hub, stage):
    page = Page(hub, pace=replace(PACE, gap=0.1))
    times = []
    receive = page.receive

    async def timed(text):
        times.append(asyncio.get_running_loop().time())
        await receive(text)

    page.viewer._send = timed
    page.hub.pace = replace(PACE, gap=0.1)
    hub.join(page.viewer)
    for count in range(60):
        stage.counts["a"] = count
        hub.nudge("c1")
        await asyncio.sleep(0.005)
    await until(lambda: page.shown["a"] == '<p id="a">59</p>')
    assert min(b - a for a, b in pairwise(times)) > 0.09


async def test_a_lost_nudge_is_made_good(hub, stage):
    page = Page(hub)
    hub.join(page.viewer)
    await until(lambda: page.frames)
    stage.counts["a"] = 5
    await until(lambda: page.shown["a"] == '<p id="a">5</p>')


async def test_nothing_is_sent_when_nothing_changed(hub, stage):
    page = Page(hub)
    hub.join(page.viewer)
    await until(lambda: stage.drawn > 4)
    assert len(page.frames) == 1


async def test_a_removed_cluster_ends_its_pages(hub, stage):
    page = Page(hub)
    hub.join(page.viewer)
    await until(lambda: page.frames)
    stage.missing = True
    hub.nudge("c1")
    await until(lambda: page.closed is not None)
    assert page.closed == GONE


async def test_one_broken_socket_does_not_harm_the_others(hub, stage):
    broken, page = Page(hub), Page(hub)

    async def fail(text):
        raise RuntimeError("closed")

    broken.viewer._send = fail
    hub.join(broken.viewer)
    hub.join(page.viewer)
    await until(lambda: page.frames)
    stage.counts["a"] = 3
    hub.nudge("c1")
    await until(lambda: page.shown["a"] == '<p id="a">3</p>')


async def test_a_failed_drawing_is_tried_again(hub, stage, caplog):
    page = Page(hub)
    draw, failures = stage.draw, [RuntimeError("once")]
    hub._draw = lambda *args: (_ for _ in ()).throw(failures.pop()) if failures else draw(*args)
    hub.join(page.viewer)
    await until(lambda: page.frames, within=4)
    assert "drawing failed" in caplog.text


async def test_an_empty_room_is_given_up(hub, stage):
    page = Page(hub)
    hub.join(page.viewer)
    await until(lambda: page.frames)
    hub.leave(page.viewer)
    drawn = stage.drawn
    await asyncio.sleep(4 * PACE.slow)
    assert stage.drawn <= drawn + 1
    assert not hub._rooms


async def test_many_pages_all_see_the_last_state(hub, stage):
    pages = [Page(hub) for _ in range(60)]
    for page in pages:
        hub.join(page.viewer)
    for count in range(10):
        stage.counts["a"] = count
        hub.nudge("c1")
        await asyncio.sleep(0.01)
    await until(lambda: all(page.shown.get("a") == '<p id="a">9</p>' for page in pages))


def big(name, letter, size):
    return plain(name, f'<p id="{name}">{letter * size}</p>')


def test_over_64_kb_of_changes_become_a_snapshot():
    half = SNAPSHOT_FROM // 2 + 100
    first = next_picture(None, [big("a", "x", half), big("b", "x", half), plain("c", "1")], [], CLOCK, 0.0)
    second = next_picture(first, [big("a", "y", half), big("b", "y", half), plain("c", "1")], [], CLOCK, 0.0)
    assert regions(second.since(first.number)).keys() == {"a", "b", "c"}


def test_a_snapshot_that_would_be_twice_the_changes_is_not_sent():
    size = SNAPSHOT_FROM + 100
    first = next_picture(None, [big("a", "x", size), big("b", "x", 2 * size)], [], CLOCK, 0.0)
    second = next_picture(first, [big("a", "y", size), big("b", "x", 2 * size)], [], CLOCK, 0.0)
    assert regions(second.since(first.number)).keys() == {"a"}


def test_parts_are_sent_alone_until_their_frame_changes():
    def section(frame, **parts):
        return Section("map", f"<svg>{frame}{''.join(parts.values())}</svg>", frame, parts)

    first = next_picture(None, [section("wide", n1="1", n2="1")], [], CLOCK, 0.0)
    second = next_picture(first, [section("wide", n1="1", n2="2")], [], CLOCK, 0.0)
    third = next_picture(second, [section("wider", n1="1", n2="2", n3="1")], [], CLOCK, 0.0)
    assert regions(second.since(first.number)).keys() == {"n2"}
    assert regions(third.since(first.number)).keys() == {"map"}
    assert regions(third.since(second.number)).keys() == {"map"}
    assert third.since(third.number) == ""


def test_the_same_again_is_no_new_picture():
    first = next_picture(None, [plain("a", "1")], [], CLOCK, 0.0)
    assert next_picture(first, [plain("a", "1")], [], CLOCK, 0.0) is first
    assert next_picture(first, [plain("a", "1")], [], replace(CLOCK, speed=5.0), 0.0).number == 2


def test_news_are_told_once():
    first = next_picture(None, [plain("a", "1")], [], CLOCK, 0.0)
    second = next_picture(first, [plain("a", "2")], [News("x is gone.")], CLOCK, 0.0)
    third = next_picture(second, [plain("a", "3")], [News("y is gone.")], CLOCK, 0.0)
    assert [news.title for news in third.news_since(1)] == ["x is gone.", "y is gone."]
    assert [news.title for news in third.news_since(2)] == ["y is gone."]
    assert third.news_since(3) == []


def heard(number, before=None):
    """One more look in which a call came."""
    call = Told(float(number), "internet", "s", "p", True, "")
    batch = Batch(number, number - 1.0, [call], frozenset({"internet"}), frozenset())
    earlier = before.batches if before else ()
    return Heard(number=number, until=number + 0.5, batches=(*earlier, batch))


async def test_calls_are_told_once_and_without_a_picture(hub, stage):
    page = Page(hub)
    stage.heard = heard(1)
    hub.join(page.viewer)
    await until(lambda: page.frames)
    assert page.frames[0]["calls"]["whole"]
    stage.heard = heard(2, stage.heard)
    hub.nudge("c1")
    await until(lambda: len(page.frames) == 2)
    assert page.frames[1].keys() == {"seq", "calls"}
    assert [call[0] for call in page.frames[1]["calls"]["calls"]] == [2.0]


async def test_a_slow_page_gets_all_calls_at_once_in_the_end(hub, stage):
    page = Page(hub, acks=False, pace=replace(PACE, stuck=9))
    hub.join(page.viewer)
    await until(lambda: page.frames)
    for number in range(1, 6):
        stage.heard = heard(number, stage.heard)
        before = stage.drawn
        hub.nudge("c1")
        await until(lambda before=before: stage.drawn > before)
    assert len(page.frames) == 1
    await page.ack()
    await until(lambda: len(page.frames) == 2)
    assert len(page.frames[1]["calls"]["calls"]) == 5


async def test_while_somebody_calls_the_room_listens_by_itself(stage):
    hub = Hub(stage.draw, replace(PACE, slow=9))
    page = Page(hub)
    hub.join(page.viewer)
    await until(lambda: page.frames)
    drawn = stage.drawn
    stage.again = 0.01
    hub.nudge("c1")
    await until(lambda: stage.drawn > drawn + 5)
    hub.stop()


async def test_a_call_by_hand_is_looked_at_at_once(stage):
    hub = Hub(stage.draw, replace(PACE, slow=9))
    page = Page(hub)
    hub.join(page.viewer)
    # The chart has come after the map, too.
    await until(lambda: stage.drawn == 2)
    drawn = stage.drawn
    call = Call(1.0, None, "", "10.0.0.1", 80, TimedOut())
    traffic.record("c1", [call])
    await until(lambda: stage.drawn > drawn)
    hub.leave(page.viewer)
    assert not traffic.of_cluster("c1").listeners
    hub.stop()
