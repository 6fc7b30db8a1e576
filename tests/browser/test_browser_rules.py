"""A visit breaks no rule of the policy and asks nobody else; and the watch itself works."""

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("path", ["/", "/nothing-here"])
def test_a_visit_keeps_the_rules(page, path):
    page.goto(path)
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("main")).to_be_visible()


def test_htmx_runs_under_the_policy(page):
    page.goto("/")
    page.evaluate(
        """() => {
            const button = document.createElement("button");
            button.textContent = "Ask";
            button.setAttribute("hx-get", "/");
            button.setAttribute("hx-select", "h1");
            button.setAttribute("hx-target", "#main");
            document.body.prepend(button);
            htmx.process(document.body);
        }"""
    )
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#main")).to_have_text("See why pods come and go, and why one address stays.")
    assert page.evaluate("htmx.version").startswith("4.")


def test_htmx_sends_the_token_that_forms_need(page):
    page.goto("/")
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<button hx-post=\"/healthz\">Post</button>')"
    )
    page.evaluate("htmx.process(document.body)")
    with page.expect_response("**/healthz") as answer:
        page.get_by_role("button", name="Post").click()
    assert answer.value.status == 405  # refused as a method; without the token it were 403


def test_the_watch_sees_an_inline_style(page, broken_rules):
    page.goto("/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    page.wait_for_timeout(100)
    assert any("style" in text for text in broken_rules)
    broken_rules.clear()


def test_the_watch_sees_a_request_to_elsewhere(page, broken_rules):
    page.goto("/")
    page.evaluate("fetch('http://127.0.0.1:9/').catch(() => null)")
    page.wait_for_timeout(100)
    assert broken_rules
    broken_rules.clear()


def test_the_theme_is_picked_and_kept(page):
    page.emulate_media(color_scheme="light")
    page.goto("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Dark theme").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark
    expect(page.get_by_role("button", name="Light theme")).to_be_visible()


def test_the_theme_follows_the_system_until_picked(page):
    page.emulate_media(color_scheme="dark")
    page.goto("/")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 16, 21)"
    expect(page.get_by_role("button", name="Light theme")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1024, 768, 390, 320])
def test_the_landing_page_never_scrolls_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.get_by_role("button", name="Open the sandbox")).to_be_in_viewport()


def test_notices_are_shown_and_said(page):
    page.goto("/")
    page.evaluate(
        """() => {
            for (const title of ["one", "two", "three"])
                document.dispatchEvent(new CustomEvent("toast", {detail: {title}}));
            document.dispatchEvent(new CustomEvent("toast", {detail: {title: "It failed", tone: "fail"}}));
        }"""
    )
    expect(page.locator(".toast")).to_have_text(["three", "It failed"])
    expect(page.locator("#polite")).to_have_text("one two three")
    expect(page.locator("#assertive")).to_have_text("It failed")


def test_a_request_that_fails_is_told(page):
    page.goto("/")
    page.route("**/broken", lambda route: route.fulfill(status=500, body="inside"))
    page.route("**/gone", lambda route: route.abort())
    for address in ("broken", "gone"):
        page.evaluate(f"htmx.ajax('POST', '/{address}', {{target: '#main'}})")
    expect(page.locator(".toast")).to_contain_text(["could not do this", "does not answer"])
    expect(page.get_by_role("heading", level=1)).to_contain_text("See why pods come and go")


def test_keyboard_reaches_the_content_first(page):
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
