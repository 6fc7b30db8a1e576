"""The chart moves with the simulated clock, without a word from the server."""

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import expect

from clusters.web.lifelines import lay_out
from clusters.web.lineage import History
from tests.web.stories import START, sample

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Chart</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/css/tokens.css">
<link rel="stylesheet" href="/static/css/base.css"><link rel="stylesheet" href="/static/css/lifelines.css">
<style>.frame {{ width: 622px; height: 276px; }}</style></head><body>
<time id="clock" data-simulated="{simulated}" data-speed="{speed}" data-paused="{paused}"
data-start="{start}"></time>
<div class="frame">{chart}</div>
<script type="module" src="/static/js/lifelines.js"></script></body></html>"""

# The chart alone: there is no track in its page.
REWIND = "export const past = () => null; export const goTo = () => {};"


@pytest.fixture
def chart_at(page):
    """Opens the sample story, drawn by the server at 6:00, with a clock at `seconds`."""

    def show(seconds, speed=1, paused=True):
        history = History()
        for change in sample().changes:
            history.observe(change)
        chart = render_to_string("clusters/lifelines.jinja", {"chart": lay_out(history, now=START + 360)})
        html = PAGE.format(
            chart=chart, simulated=START + seconds, speed=speed, paused=str(paused).lower(), start=START
        )
        page.route("**/rewind.js", lambda route: route.fulfill(body=REWIND, content_type="text/javascript"))
        page.route("**/chart", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto("/chart")
        return page.locator("#lifelines")

    return show


def at(chart, selector, name):
    return float(chart.locator(selector).first.get_attribute(name).rstrip("%"))


def test_it_is_placed_for_now_and_not_for_when_it_was_drawn(chart_at):
    chart = chart_at(460)
    expect(chart.locator("[data-now]")).to_have_text("7:40")
    # 2:00 was a third into the window and is 20 s into it now.
    assert at(chart, '.stamp[data-at="120.0"]', "x") == pytest.approx(100 * 20 / 360, abs=0.1)
    assert at(chart, ".life-service", "x1") == 0
    assert at(chart, ".life-service", "x2") == 100
    expect(chart.locator('.birth[data-at="10.0"]').first).to_have_attribute("visibility", "hidden")
    labels = chart.locator("[data-grid]:not([visibility]) text:not([visibility])").all_text_contents()
    assert labels[0] == "2:00"
    assert labels[-1] == "7:00"


def test_it_slides_while_the_clock_runs(chart_at, page):
    chart = chart_at(400, speed=20, paused=False)
    expect(chart.locator("[data-now]")).not_to_have_text("6:00")
    before = at(chart, ".stamp", "x")
    page.wait_for_timeout(400)
    assert at(chart, ".stamp", "x") < before - 1


def test_a_frame_of_the_server_is_put_in_its_place(chart_at, page):
    chart = chart_at(460)
    expect(chart.locator("[data-now]")).to_have_text("7:40")
    page.evaluate(
        """() => {
            const svg = document.getElementById("lifelines");
            svg.querySelector(".stamp").setAttribute("x", "99%");
            svg.setAttribute("data-drawn", "361");
        }"""
    )
    page.wait_for_function("document.querySelector('#lifelines .stamp').getAttribute('x') !== '99%'")
    assert at(chart, '.stamp[data-at="120.0"]', "x") == pytest.approx(100 * 20 / 360, abs=0.1)


def test_what_has_no_room_at_its_end_is_told_in_the_gutter(chart_at):
    chart = chart_at(360)
    cramped = chart.locator("[data-cramped]").first
    expect(cramped).to_have_attribute("visibility", "hidden")
    # Once the end has left the window, only the gutter is left to tell.
    expect(chart_at(520).locator("[data-cramped]").first).not_to_have_attribute("visibility", "hidden")


def test_the_hairline_follows_pointer_and_arrow_keys(chart_at, page):
    chart = chart_at(360)
    expect(chart.locator("[data-now]")).to_have_text("6:00")
    plot = chart.locator("[data-plot]").bounding_box()
    page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + 120)
    hairline = chart.locator("[data-hairline]")
    expect(hairline.locator("text")).to_have_text("3:00")
    expect(hairline).not_to_have_attribute("visibility", "hidden")
    chart.focus()
    page.keyboard.press("ArrowLeft")
    expect(hairline.locator("text")).to_have_text("2:55")
    page.mouse.move(5, 500)
    expect(hairline).to_have_attribute("visibility", "hidden")


def test_the_gutters_keep_their_width_and_the_plot_stretches(chart_at, page):
    chart = chart_at(360)
    expect(chart.locator("[data-now]")).to_have_text("6:00")
    assert chart.locator("[data-plot]").bounding_box()["width"] == pytest.approx(406, abs=1)
    page.add_style_tag(content=".frame { width: 900px !important; }")
    assert chart.locator("[data-plot]").bounding_box()["width"] == pytest.approx(684, abs=1)


def test_with_reduced_motion_it_steps_once_a_second(chart_at, page):
    page.emulate_media(reduced_motion="reduce")
    chart = chart_at(460.7)
    expect(chart.locator("[data-now]")).to_have_text("7:40")
    assert at(chart, '.stamp[data-at="120.0"]', "x") == pytest.approx(100 * 20 / 360, abs=0.01)
