"""The inspector answers why in a browser: countdowns run, times lead there, changes tell their causes."""

import re

from playwright.sync_api import expect

from tests.browser.test_page import READY, command, create, open_sandbox


def select(page, kind, name):
    page.locator(f'#map [data-kind="{kind}"][data-name="{name}"]').get_by_role("button").first.click()
    expect(page.locator("#inspector-name")).to_have_text(name)


def test_a_countdown_runs_and_a_time_leads_to_its_moment(page):
    open_sandbox(page)
    create(page, 1)
    expect(page.locator(READY)).to_have_count(1)
    node = page.locator(READY).get_attribute("data-node")
    command(page, f"/nodes/{node}/power", on=0)
    select(page, "Node", node)
    following = page.locator("#inspector [data-state=next]")
    expect(following).to_contain_text(re.compile(rf"If {node} stays silent, it is NotReady in \d+ s"))
    first = following.inner_text()
    expect(following).not_to_have_text(first)
    time = page.locator("#inspector .step-time[data-goto]").first
    shown = time.inner_text().partition(".")[0]
    time.click()
    expect(page.locator("#past")).to_contain_text(f"You are looking at {shown}")
    expect(page.locator("#inspector")).not_to_contain_text("powered")


def test_a_change_opens_its_chain_and_stays_open_while_the_cluster_goes_on(page):
    open_sandbox(page)
    create(page, 1)
    expect(page.locator(READY)).to_have_count(1)
    select(page, "Pod", page.locator(READY).get_attribute("data-name"))
    page.get_by_role("tab", name="Why?").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Changes")).to_be_focused()
    newest = page.locator("#inspector .change").first
    expect(newest).to_contain_text("is ready")
    expect(newest).to_contain_text("status.conditions[Ready].status")
    why = newest.get_by_role("button", name="Why?")
    why.focus()
    page.keyboard.press("Enter")
    chain = newest.locator(".chain")
    expect(chain).to_contain_text("You created ReplicationController")
    expect(why).to_have_attribute("aria-expanded", "true")
    expect(why).to_be_focused()
    command(page, "/nodes/")
    expect(page.locator('#map [data-kind="Node"]')).to_have_count(4)
    expect(chain).to_be_visible()
    page.keyboard.press("Enter")
    expect(chain).to_have_count(0)
