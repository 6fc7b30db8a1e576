"""Each stage stalled by hand in a browser: it stops exactly there, all who look see it, and it goes on."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_page import command, open_sandbox
from tests.browser.test_terminal import enter

PODS = '#map [data-kind="Pod"]'
READY = f'{PODS}[data-state="ready"]'


@pytest.fixture
def sandbox(page):
    return open_sandbox(page)


@pytest.fixture
def faults(sandbox):
    """The section of the panel with the switches, open."""
    sandbox.locator("#fold-faults > summary").click()
    return sandbox.locator("#faults")


@pytest.fixture
def other(sandbox, context):
    """A second page of the same cluster, in which the section is open, too."""
    page = context.new_page()
    page.goto(sandbox.url)
    expect(page.locator("html[data-live]")).to_be_attached()
    page.wait_for_load_state("load")
    page.locator("#fold-faults > summary").click()
    return page


def create(page, replicas=1):
    command(page, "/replicationcontrollers/", name="kubia", image="luksa/kubia", replicas=replicas)
    expect(page.locator("#workloads")).to_contain_text("kubia")


def speed_up(page):
    page.locator("#speed-20").click()


def output(page):
    return page.get_by_role("log", name="Output")


def place(page, name):
    return page.locator(f'#map .m-place[data-place="{name}"]')


def test_without_the_controller_manager_there_is_a_controller_and_no_pod(sandbox, faults, other):
    switch = faults.get_by_role("switch", name="Controller manager")
    switch.click()
    expect(place(sandbox, "controllers")).to_contain_text("stopped")
    expect(place(other, "controllers")).to_contain_text("stopped")
    expect(other.get_by_role("switch", name="Controller manager")).not_to_be_checked()
    create(sandbox)
    speed_up(sandbox)
    enter(sandbox, "kubectl get rc,cs")
    expect(output(sandbox)).to_contain_text(re.compile(r"replicationcontroller/kubia\s+1\s+0\s+0"))
    expect(output(sandbox)).to_contain_text(re.compile(r"controller-manager\s+Unhealthy\s+Get"))
    expect(sandbox.locator(PODS)).to_have_count(0)
    switch.click()
    expect(sandbox.locator(READY)).to_have_count(1)
    expect(place(other, "controllers")).not_to_contain_text("stopped")
    expect(other.get_by_role("switch", name="Controller manager")).to_be_checked()


def test_without_the_scheduler_pods_wait_for_a_node_and_no_event_says_why(sandbox, faults):
    switch = faults.get_by_role("switch", name="Scheduler")
    switch.click()
    expect(place(sandbox, "scheduler")).to_contain_text("stopped")
    create(sandbox)
    speed_up(sandbox)
    expect(sandbox.locator(f'{PODS}[data-state="pending"]')).to_have_count(1)
    enter(sandbox, "kubectl describe pods")
    expect(output(sandbox)).to_contain_text(re.compile(r"Node:\s+<none>"))
    expect(output(sandbox)).to_contain_text(re.compile(r"Events:\s+<none>"))
    switch.click()
    expect(sandbox.locator(READY)).to_have_count(1)


def test_without_its_kubelet_a_node_gets_a_pod_that_stays_as_it_is(sandbox, faults, other):
    for name in ("node-1", "node-3"):
        command(sandbox, f"/nodes/{name}/delete")
    expect(sandbox.locator(".node")).to_have_count(1)
    sandbox.locator("#node-node-2 .m-node-face").click()
    sandbox.get_by_role("button", name="Stop the kubelet on node-2").click()
    chip = '#node-node-2 [data-chip="kubelet"]'
    for page in (sandbox, other):
        expect(page.locator(chip)).to_contain_text("stopped")
        expect(page.get_by_role("switch", name="kubelet on node-2")).not_to_be_checked()
    create(sandbox)
    expect(sandbox.locator(f"#node-node-2 {PODS.removeprefix('#map ')}")).to_have_count(1)
    enter(sandbox, "kubectl describe pods")
    expect(output(sandbox)).to_contain_text("Successfully assigned")
    expect(output(sandbox)).to_contain_text(re.compile(r"Status:\s+Pending"))
    expect(output(sandbox)).not_to_contain_text("Pulling image")
    speed_up(sandbox)
    enter(sandbox, "kubectl get nodes --watch")
    expect(output(sandbox)).to_contain_text(re.compile(r"node-2\s+NotReady"))
    faults.get_by_role("switch", name="kubelet on node-2").click()
    expect(sandbox.locator(READY)).to_have_count(1)
    expect(sandbox.locator(chip)).to_have_text("kubelet")
    expect(other.get_by_role("switch", name="kubelet on node-2")).to_have_count(0)


def test_while_no_registry_answers_pods_get_no_further_than_the_pull(sandbox, faults, other):
    faults.get_by_role("button", name="Failing").click()
    expect(other.locator("#pulls-fail")).to_have_attribute("aria-pressed", "true")
    create(sandbox)
    crashing = sandbox.locator(f'{PODS}[data-state="crashing"]')
    expect(crashing).to_contain_text("No registry answers")
    enter(sandbox, "kubectl get pods")
    expect(output(sandbox)).to_contain_text(re.compile(r"ErrImagePull|ImagePullBackOff"))
    enter(sandbox, "kubectl get events")
    expect(output(sandbox)).to_contain_text("connect: connection refused")
    faults.get_by_role("button", name="Normal").click()
    speed_up(sandbox)
    expect(sandbox.locator(READY)).to_have_count(1)
    expect(other.locator("#pulls-normal")).to_have_attribute("aria-pressed", "true")


def test_a_slow_pull_stays_where_it_is_on_its_way_and_gets_fast_again(sandbox, faults):
    faults.get_by_role("button", name="Slow").click()
    expect(faults.locator("#pulls-slow")).to_have_attribute("aria-pressed", "true")
    create(sandbox)
    progress = sandbox.locator(f"{PODS} .progress")
    expect(progress).to_be_attached()

    def seconds():
        begin, end = (float(progress.get_attribute(f"data-{name}")) for name in ("from", "until"))
        return end - begin

    assert seconds() > 60
    faults.get_by_role("button", name="Normal").click()
    expect(faults.locator("#pulls-normal")).to_have_attribute("aria-pressed", "true")
    expect(sandbox.locator(READY)).to_have_count(1)


@pytest.mark.parametrize("width", [1024, 390])
def test_a_small_window_says_in_a_line_what_is_stopped(sandbox, width):
    line = sandbox.locator("#stopped")
    expect(line).to_have_text("")
    sandbox.set_viewport_size({"width": width, "height": 800})
    command(sandbox, "/components/default-scheduler")
    command(sandbox, "/nodes/node-1/kubelet", running=0)
    expect(line).to_have_text("Stopped: Scheduler, kubelet on node-1.")
    expect(line).to_be_visible()
