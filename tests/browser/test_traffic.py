"""Calls on the page: packets on the map, ticks in the chart, totals, and the clients that make them."""

import re
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.browser.test_page import SOON, command, create, open_sandbox

SHELL = """
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec: {containers: [{name: shell, image: curlimages/curl, command: [sleep, "36000"]}]}
"""
POD = '#map [data-kind="Pod"][data-state="ready"][data-name^="kubia"]'
PUBLIC = '#map [data-kind="Service"][data-external-ip*="."]'


@pytest.fixture
def service(page):
    """Two pods behind a load balancer, and a pod to call from."""
    open_sandbox(page)
    command(page, "/clock", speed=20)
    create(page, 2)
    command(page, "/apply", manifest=SHELL)
    command(
        page,
        "/services/",
        controller="ReplicationController/default/kubia",
        name="kubia",
        type="LoadBalancer",
        port=80,
        target_port=8080,
    )
    expect(page.locator(PUBLIC)).to_have_count(1, timeout=SOON)
    expect(page.locator('#map [data-name="shell"][data-state="ready"]')).to_have_count(1, timeout=SOON)
    command(page, "/clock", speed=5)
    return page


def place(page, source, target, port=80, every=2):
    command(page, "/clients/", source=source, target=target, port=port, every=every)


def visitors(page):
    place(page, "internet", page.locator(PUBLIC).get_attribute("data-external-ip"))


def call_a_pod(page):
    """A client in the shell calls a pod's own address. Returns the pod's name."""
    pod = page.locator(POD).first
    place(page, "pod/default/shell", pod.get_attribute("data-ip"), 8080)
    return pod.get_attribute("data-name")


def test_packets_run_to_the_pods_that_answer_and_are_counted(service):
    visitors(service)
    expect(service.locator("#packets .packet")).not_to_have_count(0, timeout=SOON)
    expect(service.locator("#packets .packet.answered").first).to_be_attached(timeout=SOON)
    path = service.locator("#packets .packet").first.evaluate("packet => packet.style.offsetPath")
    # From the visitor to the load balancer, to the pill, down to a pod.
    assert path.count("M") == 3
    expect(service.locator("#lifelines .band-note")).to_have_text(
        re.compile(r"never changes · (\d+) of \1 answered"), timeout=SOON
    )
    assert service.locator("#lifelines .band .tick").get_attribute("d").count("M") > 1
    expect(service.locator(".chart-head .chart-legend")).to_be_visible()
    expect(service.locator("#clients")).to_contain_text(re.compile(r"every 2 s · \d+ answered"))


def test_there_are_never_many_packets(service):
    for _ in range(10):
        visitors(service)
    expect(service.locator("#clients .entry")).to_have_count(10, timeout=SOON)
    command(service, "/clock", speed=20)
    most = service.evaluate(
        """() => new Promise(resolve => {
            let most = 0;
            const started = performance.now();
            const look = () => {
                const packets = [...document.querySelectorAll("#packets .packet")];
                const trunks = packets.map(packet => packet.dataset.trunk);
                for (const trunk of trunks) most = Math.max(most, trunks.filter(t => t === trunk).length);
                if (performance.now() - started < 4000) requestAnimationFrame(look);
                else resolve(most);
            };
            look();
        })"""
    )
    assert 1 <= most <= 2


def test_whoever_calls_a_pod_that_is_gone_gets_no_answer(service):
    name = call_a_pod(service)
    expect(service.locator("#map .m-call:not(.m-lost)")).to_have_count(1, timeout=SOON)
    expect(service.locator('#map [data-name="shell"] .m-word')).to_have_text("test client")
    command(service, f"/pods/default/{name}/kill", force=1)
    expect(service.locator("#map .m-call.m-lost")).to_have_count(1, timeout=SOON)
    expect(service.locator("#packets .packet.lost").first).to_be_attached(timeout=SOON)
    row = service.locator(f'#lifelines [data-name="{name}"]')
    expect(row.locator("[data-tally]").last).to_have_text(re.compile(r"\d+ lost"), timeout=SOON)
    assert "l5.2 5.2" in row.locator(".loss").get_attribute("d")
    expect(row.locator(".life-called")).to_have_count(1)
    # Its outline stays while somebody asks for it.
    service.wait_for_timeout(7000)
    expect(service.locator("#map .gone")).to_have_css("opacity", "1")
    expect(service.locator("#map .gone .m-word")).to_have_text("gone · no answer")
    table = service.locator(f'#lifelines-table tr:has(th:text-is("{name}"))')
    expect(table.locator("td").last).to_have_text(re.compile(r"\d+ lost"))


def test_who_wants_less_motion_reads_how_many(new_context):
    page = new_context(reduced_motion="reduce").new_page()
    open_sandbox(page)
    create(page, 1)
    fields = {"controller": "ReplicationController/default/kubia", "name": "kubia", "type": "LoadBalancer"}
    command(page, "/services/", **fields, port=80, target_port=8080)
    command(page, "/clock", speed=5)
    expect(page.locator(PUBLIC)).to_have_count(1, timeout=SOON)
    visitors(page)
    expect(page.locator("#packets .m-rate")).to_have_text(re.compile(r"^\d+\.\d/s$"), timeout=SOON)
    expect(page.locator("#packets .m-rate")).to_be_visible()
    expect(page.locator("#packets .packet")).to_have_count(0)


def test_a_page_that_comes_later_sees_the_same_ticks(service):
    visitors(service)
    note = service.locator("#lifelines .band-note")
    expect(note).to_contain_text("answered", timeout=SOON)
    command(service, "/clock", paused=1)
    expect(service.locator("#banners")).to_contain_text("Time stands still")
    service.wait_for_timeout(1500)
    said = note.text_content()
    service.reload()
    expect(note).to_have_text(said, timeout=SOON)


def test_a_client_is_placed_by_the_form_and_removed(service):
    service.locator("#fold-clients summary").click()
    service.get_by_label("From", exact=True).select_option("laptop")
    service.get_by_label("Address", exact=True).fill("no address!")
    service.get_by_role("button", name="Place client").click()
    expect(service.locator("#fold-clients .error")).to_contain_text("neither an IPv4 address nor a name")
    service.get_by_label("Address", exact=True).fill("10.244.9.9")
    service.get_by_role("button", name="Place client").click()
    expect(service.locator("#clients")).to_contain_text("Laptop → 10.244.9.9")
    expect(service.locator("#clients .lost")).to_have_text(re.compile(r"\d+ lost"), timeout=SOON)
    service.get_by_role("button", name="Remove client").click()
    expect(service.locator("#clients .entry")).to_have_count(0)


def test_what_is_selected_can_be_called(service):
    service.locator('#map [data-kind="Service"] [role=button]').first.click()
    service.get_by_role("button", name="from the internet").click()
    expect(service.locator("#clients")).to_contain_text("Internet → 203.0.113.")
    service.locator(f"{POD} [role=button]").first.click()
    service.get_by_role("button", name="Place a client that calls").click()
    address = service.locator(POD).first.get_attribute("data-ip")
    expect(service.get_by_label("Address", exact=True)).to_have_value(address)
    expect(service.get_by_label("From", exact=True)).to_be_focused()


def test_a_real_request_shows_at_once(service):
    service.locator('#map [data-kind="Service"] [role=button]').first.click()
    link = service.locator("#inspector .facts a").get_attribute("href")
    with urllib.request.urlopen(link, timeout=10) as response:
        assert response.read().startswith(b"You've hit kubia-")
    expect(service.locator("#packets .packet").first).to_be_attached(timeout=2000)
    expect(service.locator("#lifelines .band-note")).to_contain_text("1 of 1 answered")
