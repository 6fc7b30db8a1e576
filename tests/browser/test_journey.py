"""The main job in a real browser: pods come and go, the Service's address stays."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow
SOON = 15_000  # ms for what takes seconds at 1x
LATER = 90_000  # ms for what takes minutes, at 20x


def pods(page, state=None):
    """Name -> (uid, IP, node) of the pods on the map."""
    wanted = f'[data-state="{state}"]' if state else ""
    found = page.locator(f'#map [data-kind="Pod"]{wanted}')
    facts = "all => all.map(p => [p.dataset.name, p.dataset.uid, p.dataset.ip, p.dataset.node])"
    return {name: (uid, ip, node) for name, uid, ip, node in found.evaluate_all(facts)}


def ready(page):
    return page.locator('#map [data-kind="Pod"][data-state="ready"]')


def service(page):
    return page.locator('#map [data-kind="Service"][data-name="kubia"]')


def node(page, name):
    return page.locator(f'#map [data-kind="Node"][data-name="{name}"]')


@pytest.fixture
def sandbox(page):
    """A newcomer's sandbox with three pods behind a Service."""
    page.goto("/")
    page.get_by_role("button", name="Open the sandbox").click()
    expect(page.locator('#map [data-kind="Node"][data-state="ready"]')).to_have_count(3)
    page.get_by_role("button", name="Create ReplicationController").click()
    expect(page.locator(".toast")).to_contain_text(["You created the ReplicationController kubia."])
    expect(page.get_by_label("Controller", exact=True)).to_have_value("ReplicationController/default/kubia")
    page.get_by_role("button", name="Expose", exact=True).click()
    expect(ready(page)).to_have_count(3, timeout=SOON)
    expect(service(page)).to_have_attribute(
        "data-external-ip", re.compile(r"^203\.0\.113\.\d+$"), timeout=SOON
    )
    return page


def test_a_killed_pod_is_replaced_and_the_address_stays(sandbox):
    page = sandbox
    address = service(page).get_attribute("data-cluster-ip")
    assert re.fullmatch(r"10\.\d+\.\d+\.\d+", address)
    before = pods(page)
    assert len({ip for _uid, ip, _node in before.values()}) == 3
    killed = sorted(before)[0]

    page.get_by_role("button", name=f"Kill pod {killed}").first.click()
    expect(page.locator(".toast")).to_contain_text([f"You killed {killed}."])
    expect(page.locator(f'#map [data-name="{killed}"]')).to_have_attribute("data-state", "terminating")
    expect(ready(page)).to_have_count(3, timeout=SOON)

    [new] = pods(page, "ready").keys() - before.keys()
    uid, ip, _node = pods(page)[new]
    assert ip not in {old for _uid, old, _node in before.values()}
    assert service(page).get_attribute("data-cluster-ip") == address
    expect(page.locator(f"#edge-{service(page).get_attribute('data-uid')}-{uid}")).to_be_attached()
    life = page.locator(f"#life-{uid}")
    expect(life).to_contain_text(new)
    expect(life).to_contain_text(ip)
    expect(page.locator(f"#life-{before[killed][0]} .stamp-kill")).to_be_attached()
    expect(page.locator("#lifelines .band")).to_contain_text([address])

    page.locator(f'#map [data-name="{new}"]').get_by_role("button").first.click()
    why = page.locator("#inspector")
    expect(why.get_by_role("heading", name=new)).to_be_visible()
    expect(why).to_contain_text(f"You killed {killed}")
    expect(why).to_contain_text("counted 2 pods, wants 3")


def test_a_dead_node_loses_its_pods_and_gets_rid_of_them_when_it_returns(sandbox):
    page = sandbox
    address = service(page).get_attribute("data-cluster-ip")
    lost = sorted(pods(page).values(), key=lambda pod: pod[2])[0][2]
    doomed = {name for name, (_uid, _ip, where) in pods(page).items() if where == lost}
    page.get_by_role("button", name="20×").click()
    expect(page.get_by_role("button", name="20×")).to_have_attribute("aria-pressed", "true")

    node(page, lost).hover()
    page.get_by_role("button", name=f"Power off node {lost}").click()
    expect(node(page, lost)).to_have_attribute("data-state", "notready", timeout=LATER)
    unreachable = page.locator('#map [data-kind="Pod"][data-state="unreachable"]')
    expect(unreachable).to_have_count(len(doomed))

    # Five minutes later they are evicted, and replaced elsewhere; nobody can tell the dead node.
    expect(ready(page)).to_have_count(3, timeout=LATER)
    assert all(where != lost for _uid, _ip, where in pods(page, "ready").values())
    expect(unreachable).to_have_count(len(doomed))
    assert service(page).get_attribute("data-cluster-ip") == address

    node(page, lost).hover()
    page.get_by_role("button", name=f"Power on node {lost}").click()
    expect(node(page, lost)).to_have_attribute("data-state", "ready", timeout=LATER)
    for name in doomed:
        expect(page.locator(f'#map [data-kind="Pod"][data-name="{name}"]')).to_have_count(0, timeout=LATER)
    expect(ready(page)).to_have_count(3)
    assert service(page).get_attribute("data-cluster-ip") == address


def test_it_is_all_there_again_after_a_reload(sandbox):
    page = sandbox
    before, address = pods(page), page.url
    page.reload()
    assert pods(page) == before
    page.goto("/")
    page.get_by_role("button", name="Open the sandbox").click()
    expect(page).to_have_url(address)
