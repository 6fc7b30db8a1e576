"""The timeline in a browser: it follows, waits for who reads, finds, and leads to moments and objects."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_page import READY, command, create, open_sandbox

LINES = "#timeline .timeline-line"


def open_timeline(page):
    page.locator('[data-shows="timeline"]:visible').click()
    expect(page.locator(LINES).first).to_be_visible()


@pytest.fixture
def timeline(page):
    """A page with its timeline open."""
    open_sandbox(page)
    open_timeline(page)
    return page


def line(page, text):
    return page.locator(LINES).filter(has_text=text)


def settled(page):
    """Nothing happens any more: the list is what it was half a second ago."""
    last = "document.querySelector('#timeline .timeline-line').id"
    seen = page.evaluate(last)
    while True:
        page.wait_for_timeout(700)
        if page.evaluate(last) == seen:
            return seen
        seen = page.evaluate(last)


def test_what_happens_appears_on_top(timeline):
    create(timeline, 1)
    expect(line(timeline, "You created ReplicationController kubia")).to_have_count(1)
    expect(line(timeline, re.compile("kubelet on node-. started the container"))).to_have_count(1)
    revisions = [
        int(id.split("-")[1]) for id in timeline.locator(LINES).evaluate_all("all => all.map(e => e.id)")
    ]
    assert revisions == sorted(revisions, reverse=True)


def test_nothing_is_asked_while_it_is_hidden(page):
    asked = []
    page.on(
        "request",
        lambda request: asked.append(request.url) if re.search(r"/timeline(\?|$)", request.url) else None,
    )
    open_sandbox(page)
    create(page, 1)
    assert asked == []
    open_timeline(page)
    assert len(asked) == 1
    page.locator('.chart-switch [data-shows="cluster"]').click()
    before = len(asked)
    command(page, "/nodes/")
    expect(page.locator('#map [data-kind="Node"]')).to_have_count(4)
    assert len(asked) == before


def test_filters_find(timeline):
    create(timeline, 2)
    timeline.get_by_label("Component").select_option(label="Scheduler")
    expect(line(timeline, "Scheduler chose")).to_have_count(2)
    expect(timeline.locator(LINES)).to_have_count(2)
    name = timeline.locator(READY).first.get_attribute("data-name")
    timeline.locator("#timeline").get_by_role("searchbox").fill(name[-3:])
    expect(timeline.locator(LINES)).to_have_count(1)
    expect(timeline.locator("#timeline").get_by_role("searchbox")).to_be_focused()
    timeline.get_by_label("Events", exact=True).check(force=True)
    expect(line(timeline, "Scheduled")).to_have_count(1)
    timeline.locator("#timeline").get_by_role("searchbox").fill("<b>nobody")
    expect(timeline.get_by_text("Nothing that is kept matches this.")).to_be_visible()
    timeline.get_by_role("link", name="Show all").click()
    expect(timeline.locator(LINES).nth(5)).to_be_visible()
    expect(timeline.locator("#timeline").get_by_role("searchbox")).to_have_value("")


def test_the_selection_is_a_filter_and_a_line_selects(timeline):
    create(timeline, 2)
    settled(timeline)
    selected = timeline.get_by_role("button", name="Only what is selected")
    expect(selected).to_be_hidden()
    object = timeline.locator('#timeline [data-kind="Pod"]').first
    name = object.get_attribute("data-name")
    object.click()
    expect(timeline.locator("#inspector-name")).to_have_text(name)
    expect(object).to_have_attribute("data-selected", "")
    selected.click()
    expect(timeline.locator("#timeline").get_by_role("searchbox")).to_have_value(f"Pod/{name}")
    expect(timeline.locator(f'{LINES}:not(:has([data-name="{name}"]))')).to_have_count(0)
    assert timeline.locator(LINES).count() > 3


def test_a_time_leads_to_its_moment(timeline):
    create(timeline, 1)
    settled(timeline)
    chosen = line(timeline, "Scheduler chose")
    revision = chosen.get_attribute("data-revision")
    chosen.get_by_role("link").first.click()
    expect(timeline.locator("html[data-past]")).to_be_attached()
    expect(timeline.locator("#past")).to_have_attribute("data-revision", revision)
    expect(chosen).to_have_attribute("data-here", "You are here")
    expect(line(timeline, "started the container")).to_have_attribute("data-later", "")
    expect(line(timeline, "You created")).not_to_have_attribute("data-later", "")
    timeline.keyboard.press("l")
    expect(timeline.locator("html[data-past]")).not_to_be_attached()
    expect(timeline.locator("#timeline [data-later], #timeline [data-here]")).to_have_count(0)


def test_who_reads_is_left_alone_and_told_how_much_is_newer(timeline):
    create(timeline, 1)
    settled(timeline)
    read = timeline.locator(LINES).nth(2).get_by_role("link").first
    read.focus()
    before = timeline.locator(LINES).evaluate_all("all => all.map(e => e.id)")
    command(timeline, "/replicationcontrollers/default/kubia/scale", replicas=2)
    newer = timeline.get_by_role("button", name=re.compile(r"\d newer"))
    expect(newer).to_be_visible()
    expect(read).to_be_focused()
    assert timeline.locator(LINES).evaluate_all("all => all.map(e => e.id)") == before
    newer.click()
    expect(newer).to_be_hidden()
    expect(line(timeline, "scaled kubia from 1 to 2")).to_have_count(1)


def test_by_keyboard_alone(timeline):
    create(timeline, 1)
    settled(timeline)
    timeline.get_by_label("Component").focus()
    timeline.keyboard.type("Sched")
    expect(line(timeline, "Scheduler chose")).to_have_count(1)
    expect(timeline.locator(LINES)).to_have_count(1)
    expect(timeline.get_by_label("Component")).to_be_focused()
    timeline.keyboard.press("Home")
    expect(timeline.locator(LINES).nth(4)).to_be_visible()
    for _ in range(4):
        timeline.keyboard.press("Tab")
    focused = timeline.locator(f"{LINES} a:focus")
    expect(focused).to_have_attribute(
        "data-goto", timeline.locator(LINES).first.get_attribute("data-revision")
    )
    timeline.keyboard.press("ArrowDown")
    timeline.keyboard.press("ArrowDown")
    third = timeline.locator(LINES).nth(2).get_attribute("data-revision")
    expect(focused).to_have_attribute("data-goto", third)
    timeline.keyboard.press("Enter")
    expect(timeline.locator("#past")).to_have_attribute("data-revision", third)
    timeline.keyboard.press("Tab")
    timeline.keyboard.press("Enter")
    expect(timeline.locator("html[data-selection]")).to_be_attached()


def test_pages_lead_back_and_forth(timeline):
    create(timeline, 8)
    expect(timeline.locator(LINES)).to_have_count(50)
    settled(timeline)
    last = timeline.locator(LINES).last.get_attribute("id")
    timeline.get_by_role("link", name="Earlier").press("Enter")
    expect(timeline.locator("#timeline")).not_to_have_attribute("data-before", "")
    first = timeline.locator(LINES).first.get_attribute("id")
    assert int(first.split("-")[1]) < int(last.split("-")[1])
    expect(timeline.locator("#timeline-lines")).to_be_focused()
    timeline.get_by_role("link", name="Newest").click()
    expect(timeline.locator(LINES)).to_have_count(50)


def test_what_is_open_stays_open(timeline):
    timeline.reload()
    expect(timeline.locator(LINES).first).to_be_visible()
    expect(timeline.locator("#lifelines")).to_be_hidden()
    timeline.locator('.chart-switch [data-shows="cluster"]').click()
    timeline.reload()
    expect(timeline.locator("#lifelines")).to_be_visible()
    expect(timeline.locator("#timeline")).to_be_hidden()


@pytest.mark.parametrize("size", [(1440, 900), (1300, 800), (1024, 768), (768, 1000), (390, 844), (320, 640)])
def test_it_has_room_at_every_width(new_context, size):
    width, height = size
    page = new_context(viewport={"width": width, "height": height}).new_page()
    open_sandbox(page)
    create(page, 1)
    open_timeline(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for text in ("Changes", "Events", "Both"):
        label = page.locator("#timeline .segment", has_text=text)
        assert label.evaluate("e => e.scrollWidth <= e.clientWidth")
    expect(page.locator('[data-shows="timeline"]:visible')).to_have_attribute("aria-current", "page")


def test_it_works_without_a_script(new_context, page):
    open_sandbox(page)
    create(page, 1)
    context = new_context(java_script_enabled=False)
    context.add_cookies(page.context.cookies())
    plain = context.new_page()
    plain.goto(page.url)
    plain.get_by_role("link", name="Timeline").click()
    plain.get_by_label("Component").select_option(label="Scheduler")
    plain.get_by_role("button", name="Show").click()
    expect(plain.locator(LINES)).to_have_count(1)
    plain.locator(f"{LINES} a").first.click()
    expect(plain.locator("#past")).to_contain_text("You are looking at")
