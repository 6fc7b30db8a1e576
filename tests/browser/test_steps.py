"""The five steps in a browser: in the journal's order, in step mode, where they stop, and without motion."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_page import command, open_sandbox
from tests.browser.test_terminal import enter, printed

STEP = "#map .m-step"
VERSIONS = """kubectl get pods --watch -o 'jsonpath={.metadata.resourceVersion}{" "}'"""

# What the page shows, in the order in which it does: entries of stages, what lights, what travels.
WATCH = """() => {
    window.shown = {entries: [], lit: [], travelled: 0};
    const note = (list, item) => { if (!list.includes(item)) list.push(item); };
    const entries = () => {
        for (const {dataset} of document.querySelectorAll("#map .m-step[data-revision]"))
            note(shown.entries, `${dataset.stage} ${dataset.revision}`);
    };
    new MutationObserver(records => {
        entries();
        for (const {attributeName, target, addedNodes} of records) {
            const {place, chip} = target.dataset ?? {};
            if (attributeName === "data-lit" && target.hasAttribute("data-lit") && !target.matches("path"))
                note(shown.lit, place ?? chip);
            for (const node of addedNodes) if (node.matches?.(".command")) shown.travelled += 1;
        }
        document.body.dataset.testLit = shown.lit.join(" ");
    }).observe(document.querySelector(".map-frame"), {subtree: true, childList: true, attributes: true});
}"""


@pytest.fixture
def sandbox(page):
    open_sandbox(page)
    page.evaluate(WATCH)
    return page


def shown(page):
    return page.evaluate("shown")


def await_light(page, *places):
    """Waits until these places have been lit, the last of them last."""
    for place in places:
        expect(page.locator("body")).to_have_attribute("data-test-lit", re.compile(rf"\b{place}\b"))


def forget_lights(page):
    """Once all are out."""
    expect(page.locator("#map [data-lit], #packets .command")).to_have_count(0)
    page.evaluate("() => { shown.lit.length = 0; document.body.dataset.testLit = ''; }")


def entries(page):
    """The entries of the stages in the order in which they came: [(stage, revision)]."""
    return [(stage, int(revision)) for stage, revision in map(str.split, shown(page)["entries"])]


def run(page, image="nginx"):
    enter(page, f"kubectl run web --image={image}")
    expect(badge(page, "request")).to_be_attached()


def badge(page, stage):
    return page.locator(f'{STEP}[data-stage="{stage}"]')


def badges(page):
    return page.evaluate(
        "() => [...document.querySelectorAll('#map .m-step')].map(step =>"
        " [step.dataset.step, step.dataset.stage, step.dataset.state, step.getAttribute('aria-label')])"
    )


def in_any_cluster(found):
    """Badges without what differs from one cluster to the next: the chosen node, how often a pull failed."""
    return [[*rest, re.sub(r"node-\d|, revision \d+$", "", label)] for *rest, label in found]


def test_the_five_steps_come_in_the_order_of_the_journal(sandbox, context):
    other = context.new_page()
    other.goto(sandbox.url)
    expect(other.locator("html[data-live]")).to_be_attached()
    other.wait_for_load_state("load")
    enter(other, VERSIONS)
    run(sandbox)
    expect(badge(sandbox, "run")).to_have_attribute("data-state", "done")
    expect(sandbox.locator('#map [data-kind="Pod"][data-state="ready"]')).to_have_count(1)
    came = entries(sandbox)
    assert [stage for stage, _revision in came] == [
        *("request", "etcd", "scheduler", "kubelet", "runtime", "pull"),
        *("run", "run"),
    ]
    expect(other.get_by_role("log", name="Output")).to_contain_text(re.compile(r"(\d+ ){7}"))
    versions = [int(word) for word in re.findall(r"\b\d+\b", printed(other).split("}\"}'", 1)[-1])]
    # The last one is that the pod is ready, which is no step.
    assert sorted({revision for _stage, revision in came}) == versions[:6]
    assert [revision for _stage, revision in came] == sorted(revision for _stage, revision in came)


def test_what_happens_travels_and_lights_in_its_order(sandbox):
    run(sandbox)
    expect(badge(sandbox, "run")).to_have_attribute("data-state", "done")
    await_light(sandbox, "runtime")
    assert shown(sandbox)["lit"][:6] == ["you", "apiserver", "etcd", "scheduler", "kubelet", "runtime"]
    assert shown(sandbox)["travelled"] >= 5
    expect(sandbox.locator("#packets .command")).to_have_count(0)


def test_without_motion_badges_say_the_same_and_nothing_travels(new_context, sandbox):
    still = new_context(reduced_motion="reduce").new_page()
    open_sandbox(still)
    still.evaluate(WATCH)
    for page in (sandbox, still):
        run(page, "nothing/here")
        expect(badge(page, "pull")).to_have_attribute("data-state", "stalled")
    assert in_any_cluster(badges(still)) == in_any_cluster(badges(sandbox))
    assert shown(still)["travelled"] == 0
    assert shown(still)["lit"][:4] == ["you", "apiserver", "etcd", "scheduler"]
    expect(still.locator(".m-now")).to_contain_text("web: the image cannot be pulled")


def test_the_switch_for_less_motion_does_the_same(sandbox):
    sandbox.evaluate("document.documentElement.dataset.motion = 'off'")
    run(sandbox)
    expect(badge(sandbox, "run")).to_have_attribute("data-state", "done")
    assert shown(sandbox)["travelled"] == 0


def test_each_step_of_the_clock_lights_the_stage_that_it_recorded(sandbox):
    sandbox.locator("#pause").click()
    expect(sandbox.locator("#pause")).to_have_attribute("aria-pressed", "true")
    run(sandbox)
    await_light(sandbox, "etcd")
    reached = ["scheduler", "kubelet", "runtime", "pull", "run"]
    for stage in reached:
        for _more in range(20):
            before = len(entries(sandbox))
            forget_lights(sandbox)
            steps = sandbox.locator("#step").get_attribute("hx-vals")
            sandbox.locator("#step").click()
            expect(sandbox.locator("#step")).not_to_have_attribute("hx-vals", steps)
            new = [stage for stage, _revision in entries(sandbox)[before:]]
            if new:
                break
        places = {"pull": "runtime", "run": "runtime"}
        expected = list(dict.fromkeys(places.get(name, name) for name in new))
        await_light(sandbox, *expected)
        assert shown(sandbox)["lit"] == expected
        if stage in new:
            assert badge(sandbox, stage).get_attribute("data-state") in ("done", "now")


def test_a_stopped_scheduler_stops_it_there_and_it_goes_on(sandbox):
    command(sandbox, "/components/default-scheduler")
    expect(sandbox.locator('#map .m-place[data-place="scheduler"]')).to_contain_text("stopped")
    run(sandbox)
    expect(badge(sandbox, "scheduler")).to_have_attribute("data-state", "stalled")
    expect(sandbox.locator(".m-now")).to_have_text(re.compile("^web: the scheduler is stopped"))
    # What is to come has no place before there is a node.
    stages = [(stage, state) for _step, stage, state, _label in badges(sandbox)]
    assert stages == [("request", "done"), ("etcd", "done"), ("scheduler", "stalled")]
    command(sandbox, "/components/default-scheduler", running=1)
    expect(badge(sandbox, "run")).to_have_attribute("data-state", "done")


def test_a_walk_that_is_done_is_shown_a_little_longer(sandbox):
    run(sandbox)
    expect(badge(sandbox, "run")).to_have_attribute("data-state", "done")
    sandbox.locator("#speed-20").click()
    expect(badge(sandbox, "request")).to_be_hidden()


def test_a_command_that_makes_no_pod_lights_who_acts(sandbox):
    enter(sandbox, "kubectl create namespace team")
    await_light(sandbox, "controllers")
    assert shown(sandbox)["lit"][:4] == ["you", "apiserver", "etcd", "controllers"]
    expect(sandbox.locator(STEP)).to_have_count(0)


@pytest.mark.parametrize("width", [1024, 390])
def test_a_small_window_has_the_steps_in_a_line(sandbox, width):
    run(sandbox, "nothing/here")
    expect(badge(sandbox, "pull")).to_have_attribute("data-state", "stalled")
    told = [label for _step, _stage, _state, label in badges(sandbox)]
    sandbox.set_viewport_size({"width": width, "height": 800})
    steps = sandbox.locator("#steps li")
    expect(steps).to_have_count(7)
    expect(sandbox.locator("#steps")).to_be_visible()
    expect(sandbox.locator("#steps .walk-now")).to_have_text("the image cannot be pulled")
    without_revision = [re.sub(r", revision [\d\s]+$", "", label) for label in told]
    read = steps.evaluate_all("all => all.map(step => step.querySelector('.visually-hidden').textContent)")
    assert [re.sub(r", revision [\d\s]+$", "", label) for label in read] == without_revision
