"""Looking back in a real browser: the track, the keys, the chart, a link, and going on from there."""

import re

from playwright.sync_api import expect

from tests.browser.test_page import READY, command, create, open_sandbox

PODS = '#map [data-kind="Pod"]'
PAST = re.compile(r"You are looking at \d+:\d\d")


def pods(page):
    """What the map says of each pod: name, IP, state."""
    shown = "found => found.map(({dataset: d}) => [d.name, d.ip, d.state])"
    return sorted(page.locator(PODS).evaluate_all(shown))


def with_a_killed_pod(page):
    """A cluster whose only pod was killed and replaced. Returns the map before, the time then, and now."""
    open_sandbox(page)
    create(page, 1)
    expect(page.locator(READY)).to_have_count(1)
    before = pods(page)
    (name, _ip, _state) = before[0]
    command(page, "/clock", speed=20)
    command(page, f"/pods/default/{name}/kill")
    expect(page.locator(f'{PODS}[data-name="{name}"]')).to_have_count(0)
    expect(page.locator(READY)).to_have_count(1)
    page.locator("body").press("Space")
    expect(page.locator("#banners")).to_contain_text("Time stands still")
    return before, pods(page)


def moment(page):
    """The time that the page shows, in seconds since the start of the cluster."""
    return float(page.locator("#past").get_attribute("data-time"))


def drag(page, start, end):
    """Drags on the track from one fraction of it to another."""
    box = page.locator("#track-slider").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], middle, steps=12)


def leave(page, revision):
    """Waits until the page shows another moment than that revision; None: than now."""
    there = "r => (document.getElementById('past').dataset.revision ?? null) !== r"
    page.wait_for_function(there, arg=revision)


def back_to(page, shown):
    """Looks back, change by change, until the map shows that."""
    page.locator("#track-slider").focus()
    for _ in range(60):
        if pods(page) == shown:
            return
        seen = page.locator("#past").get_attribute("data-revision")
        page.keyboard.press("ArrowLeft")
        leave(page, seen)
    raise AssertionError((pods(page), shown))


def test_the_track_is_dragged_and_the_map_shows_what_was_then(page):
    before, after = with_a_killed_pod(page)
    drag(page, 0.98, -0.1)  # beyond its left end, to the oldest moment
    expect(page.locator("#past")).to_contain_text(PAST)
    expect(page.locator(PODS)).to_have_count(0)
    page.mouse.move(0, 0)
    page.mouse.up()
    back_to(page, [])
    page.get_by_role("link", name="Back to live").click()
    expect(page.locator("#past")).to_be_empty()
    expect(page.locator("html[data-past]")).to_have_count(0)
    assert pods(page) == after
    back_to(page, before)
    assert before != after


def test_three_moments_back_and_forward_and_live_again(page):
    _before, after = with_a_killed_pod(page)
    page.locator("#track-slider").focus()
    seen = [(None, after)]
    for _ in range(3):
        revision = page.locator("#past").get_attribute("data-revision")
        page.keyboard.press("ArrowLeft")
        leave(page, revision)
        seen.append((page.locator("#past").get_attribute("data-revision"), pods(page)))
    for revision, shown in reversed(seen[1:-1]):
        page.keyboard.press("ArrowRight")
        expect(page.locator("#past")).to_have_attribute("data-revision", revision)
        assert pods(page) == shown
    page.locator("body").press("l")
    expect(page.locator("#past")).to_be_empty()
    assert pods(page) == after


def test_keys_and_the_chart_lead_back_and_the_clock_shows_when_it_was(page):
    with_a_killed_pod(page)
    page.locator("body").press("[")
    expect(page.locator("#past")).to_contain_text(PAST)
    first = moment(page)
    page.locator("body").press("[")
    page.wait_for_function("t => Number(document.getElementById('past').dataset.time) < t", arg=first - 4)
    page.locator("body").press("]")
    page.wait_for_function("t => Number(document.getElementById('past').dataset.time) > t", arg=first - 1)
    page.locator("body").press("l")
    plot = page.locator("#lifelines [data-plot]")
    box = plot.bounding_box()
    plot.hover(position={"x": box["width"] / 3, "y": box["height"] - 20})
    told = page.locator("[data-hairline] text").text_content()
    plot.click(position={"x": box["width"] / 3, "y": box["height"] - 20})
    expect(page.locator("#past")).to_contain_text(f"You are looking at {told}")
    expect(page.locator("#clock")).to_have_text(told)
    expect(page.locator("#lifelines .now")).to_contain_text(told)


def test_a_link_to_a_moment_can_be_sent_and_loaded_again(page, new_context):
    before, _after = with_a_killed_pod(page)
    back_to(page, before)
    assert "at=" in page.url
    page.reload()
    expect(page.locator("html[data-live]")).to_be_attached()
    assert pods(page) == before
    expect(page.locator("#past")).to_contain_text(PAST)
    page.get_by_role("link", name="Back to live").click()
    expect(page.locator("#past")).to_be_empty()
    assert "at=" not in page.url


def test_the_inspector_shows_the_pod_as_it_was(page):
    before, _after = with_a_killed_pod(page)
    back_to(page, before)
    page.locator(PODS).first.click()
    inspector = page.locator("#inspector")
    expect(inspector).to_contain_text(before[0][1])
    expect(inspector.locator(".state-pill")).to_contain_text("Ready")
    expect(inspector.get_by_role("tab", name="YAML")).to_be_visible()
    inspector.get_by_role("tab", name="YAML").click()
    expect(inspector.locator("pre")).to_contain_text("phase: Running")
    page.locator("body").press("l")
    expect(inspector).to_contain_text("Gone since")


def test_whoever_acts_in_the_past_is_asked_and_the_cluster_goes_on_from_there(page):
    before, _after = with_a_killed_pod(page)
    back_to(page, before)
    name, ip, _state = before[0]
    kill = page.get_by_role("button", name=f"Kill pod {name}").first
    kill.dispatch_event("click")
    dialog = page.locator("#continue")
    expect(dialog).to_contain_text("The cluster goes back; the history stays.")
    dialog.get_by_role("button", name="Stay in the past").click()
    expect(dialog).not_to_be_visible()
    assert pods(page) == before
    page.get_by_role("button", name="Continue from here").click()
    dialog.get_by_role("button", name="Continue", exact=True).click()
    expect(page.locator("#past")).to_be_empty()
    expect(page.locator(f'{PODS}[data-name="{name}"]')).to_have_attribute("data-ip", ip)
    assert pods(page) == before
    expect(page.locator(".track-continue")).to_have_count(1)


def test_what_was_about_to_be_done_in_the_past_is_done_after_going_on(page):
    before, _after = with_a_killed_pod(page)
    back_to(page, before)
    name = before[0][0]
    page.get_by_role("button", name=f"Kill pod {name}").first.dispatch_event("click")
    page.locator("#continue").get_by_role("button", name="Continue", exact=True).click()
    expect(page.locator(f'{PODS}[data-name="{name}"]')).to_have_attribute("data-state", "terminating")
    expect(page.locator("#past")).to_be_empty()


def test_a_viewer_who_looks_back_takes_nobody_along(page, new_context):
    _before, after = with_a_killed_pod(page)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("html[data-live]")).to_be_attached()
    page.locator("body").press("[")
    expect(page.locator("#past")).to_contain_text(PAST)
    assert pods(other) == after
    command(other, "/replicationcontrollers/", name="more", image="nginx", replicas=1)
    expect(other.locator("#workloads")).to_contain_text("more")
    expect(page.locator("#past")).to_contain_text(PAST)
    expect(page.locator("#workloads")).not_to_contain_text("more")
    page.locator("body").press("l")
    expect(page.locator("#workloads")).to_contain_text("more")


def test_in_the_past_the_export_is_of_then_and_the_terminal_says_that_it_is_live(page):
    with_a_killed_pod(page)
    exported = page.locator("[data-of-then]").first
    note = page.locator(".terminal-live")
    expect(note).to_be_hidden()
    page.locator("body").press("[")
    expect(page.locator("#past")).to_contain_text(PAST)
    revision = page.locator("#past").get_attribute("data-revision")
    expect(exported).to_have_attribute("href", re.compile(rf"\?at={revision}$"))
    expect(note).to_be_visible()
    expect(page.locator(".past-goes-on")).to_be_hidden()  # it stands
    page.locator("body").press("l")
    expect(exported).to_have_attribute("href", re.compile(r"manifests\.yaml$"))
    expect(note).to_be_hidden()


def test_a_moment_that_is_not_kept_is_told_with_the_way_back(page):
    open_sandbox(page)
    page.goto(f"{page.url.partition('?')[0]}?at=999999")
    expect(page.locator(".stage [role=status]").first).to_contain_text("There is no revision 999999 yet")
    expect(page.locator("#past")).to_be_empty()
