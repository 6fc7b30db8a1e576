"""Time in the hands of people: step by step, two at once, and one who may not."""

import re
import secrets
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.test_page import READY, SOON, command, create, open_sandbox

BUTTONS = ("pause", "step", "skip", "speed-1", "speed-5", "speed-20")
PODS = '#map [data-kind="Pod"]'


def steps(page):
    """How many steps the page has seen."""
    return int(re.search(r"\d+", page.locator("#step").get_attribute("hx-vals"))[0])


def step(page):
    """Takes a step with the key and returns what the banner says of it."""
    seen = steps(page)
    page.locator("body").press(".")
    expect(page.locator("#step")).to_have_attribute("hx-vals", re.compile(f'"{seen + 1}"'))
    return page.locator("#standing .banner-told").inner_text()


def pause(page):
    page.locator("body").press("Space")
    expect(page.locator("#banners")).to_contain_text("Time stands still")


def step_until(page, locator, state):
    """Steps until something is in that state; what the banner said on the way."""
    told = []
    while locator.count() == 0 or locator.first.get_attribute("data-state") != state:
        told.append(step(page))
        assert len(told) < 20, told
        page.wait_for_timeout(100)  # the map follows in the same frame, or in the next
    return told


def test_a_killed_pod_is_replaced_step_by_step(page):
    open_sandbox(page)
    create(page, 1)
    pause(page)
    old = page.locator(READY).first.get_attribute("data-name")
    command(page, f"/pods/default/{old}/kill")
    expect(page.locator(f'{PODS}[data-name="{old}"]')).to_have_attribute("data-state", "terminating")
    page.wait_for_timeout(500)
    expect(page.locator(PODS)).to_have_count(1)  # the API server has recorded it, and nobody has answered
    new = page.locator(f'{PODS}:not([data-name="{old}"])')
    assert "created" in step_until(page, new, "pending")[-1]
    assert "Scheduler" in step_until(page, new, "starting")[-1]
    told = step_until(page, new, "ready")
    assert "kubelet" in told[0]
    assert any("pulls the image" in line or "gave it the IP" in line for line in told)


def test_countdowns_stand_with_the_clock_and_move_with_a_skip(page):
    open_sandbox(page)
    create(page, 1)
    pause(page)
    command(page, f"/pods/default/{page.locator(READY).first.get_attribute('data-name')}/kill")
    leaving = page.locator(f'{PODS}[data-state="terminating"]')
    expect(leaving).to_contain_text("30 s")
    clock = page.locator("#clock").inner_text()
    page.wait_for_timeout(1500)
    expect(leaving).to_contain_text("30 s")
    assert page.locator("#clock").inner_text() == clock
    for _ in range(12):
        page.locator("body").press("n")
        page.wait_for_timeout(200)
    expect(leaving).to_have_count(0)
    assert page.locator("#clock").inner_text() != clock
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "true")


def test_space_pauses_also_where_the_selected_pod_has_the_focus(page):
    open_sandbox(page)
    create(page, 1)
    pod = page.locator(f"{READY} .m-face")
    pod.focus()
    page.keyboard.press("Space")
    expect(page.locator(f"{READY}[data-selected]")).to_have_count(1)
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Space")
    expect(page.locator("#banners")).to_contain_text("Time stands still")


def test_quick_presses_all_count(page):
    open_sandbox(page)
    pause(page)
    command(page, "/replicationcontrollers/", name="kubia", image="luksa/kubia", replicas=3)
    expect(page.locator("#workloads")).to_contain_text("kubia")
    seen = steps(page)
    for _ in range(5):
        page.locator("body").press(".")
    expect(page.locator("#step")).to_have_attribute("hx-vals", re.compile(f'"{seen + 5}"'))


@pytest.fixture
def shared(running_server, new_context):
    """Two people's pages of one cluster; the first owns it."""
    made = running_server.manage("createcluster", f"shared-{secrets.token_hex(4)}", "--nodes", "2")
    link = re.search(r"(/c/\S+)", made)[1]
    pages = []
    for _ in range(2):
        page = new_context().new_page()
        page.goto(link)
        expect(page.locator("html[data-live]")).to_be_attached(timeout=SOON)
        page.wait_for_load_state("load")
        pages.append(page)
    return pages


def test_of_two_who_step_at_once_one_does_and_both_see_it(shared):
    owner, other = shared
    pause(owner)
    command(owner, "/replicationcontrollers/", name="kubia", image="luksa/kubia", replicas=3)
    for page in shared:
        expect(page.locator("#workloads")).to_contain_text("kubia")
        expect(page.locator("#banners")).to_contain_text("Time stands still")
    seen = steps(owner)
    stale = f'{{"seen": "{seen}"}}'
    owner.locator("body").press(".")
    expect(other.locator("#step")).to_have_attribute("hx-vals", re.compile(f'"{seen + 1}"'))
    other.evaluate("vals => document.getElementById('step').setAttribute('hx-vals', vals)", stale)
    other.locator("body").press(".")
    expect(other.locator("#toasts")).to_contain_text("Somebody else has just taken this step.")
    told = owner.locator("#standing .banner-told").inner_text()
    assert "Last step:" in told
    expect(other.locator("#standing .banner-told")).to_have_text(told)
    assert steps(owner) == seen + 1


def test_the_owner_keeps_the_clock_to_himself(shared):
    owner, other = shared
    expect(other.locator("#clock-role")).to_have_count(0)
    expect(other.locator("#pause")).not_to_have_attribute("aria-disabled", "true")
    owner.get_by_label("Settings").click()
    owner.get_by_label("Only I turn the clock").check()
    for name in ("pause", "step", "skip", "speed-20"):
        button = other.locator(f"#{name}")
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(button).to_have_attribute("title", "Only the owner of this cluster turns its clock.")
        expect(owner.locator(f"#{name}")).not_to_have_attribute("aria-disabled", "true")
    other.locator("body").press("Space")
    expect(other.locator("#toasts")).to_contain_text("Only the owner of this cluster turns its clock.")
    expect(owner.locator("#pause")).to_have_attribute("aria-pressed", "false")
    owner.keyboard.press("Escape")
    # The focus was in the menu that is closed; the browser takes it away when it next draws.
    owner.evaluate("() => document.activeElement.blur()")
    pause(owner)
    expect(other.locator("#resume")).to_have_attribute("aria-disabled", "true")
    owner.get_by_label("Settings").click()
    owner.get_by_label("Only I turn the clock").uncheck()
    expect(other.locator("#pause")).not_to_have_attribute("aria-disabled", "true")
    other.locator("body").press("Space")
    expect(owner.locator("#pause")).to_have_attribute("aria-pressed", "false")


def test_the_bar_has_room_for_its_buttons_at_every_width(page):
    open_sandbox(page)
    pause(page)
    for width in (1440, 1024, 768, 390, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        places = [page.locator(f"#{name}").bounding_box() for name in BUTTONS]
        assert all(one["x"] + one["width"] <= next_one["x"] for one, next_one in pairwise(places))
        assert all(place["height"] >= 24 and place["x"] + place["width"] <= width for place in places)
        clock, bar = page.locator("#clock").bounding_box(), page.locator(".cluster-bar").bounding_box()
        assert bar["y"] <= clock["y"]
        assert clock["y"] + clock["height"] <= bar["y"] + bar["height"]
