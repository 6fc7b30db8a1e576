"""The note's own commands, typed into the page: an address that everybody reaches, whoever is killed."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_page import open_sandbox

pytestmark = pytest.mark.slow
SOON = 20_000  # ms for what takes seconds at 1x
ANSWER = r"You've hit (kubia-\w{5})"


def printed(page):
    """What the terminal has printed so far."""
    return page.get_by_role("log").inner_text()


def command(page, line, prints):
    """Types a line, and waits until it has printed that; returns the match."""
    before = len(re.findall(prints, printed(page)))
    field = page.get_by_label("Command", exact=True)
    field.fill(line)
    field.press("Enter")
    wanted = f"all => (all.innerText.match(new RegExp({prints!r}, 'g')) ?? []).length > {before}"
    page.wait_for_function(f"() => ({wanted})(document.querySelector('[role=log]'))", timeout=SOON)
    return list(re.finditer(prints, printed(page)))[-1]


def until(page, line, prints):
    """Types a line again and again, until it prints that; returns the match."""
    for _ in range(40):
        seen = len(re.findall(prints, printed(page)))
        command(page, line, re.escape(line))
        page.wait_for_timeout(500)
        found = list(re.finditer(prints, printed(page)))
        if len(found) > seen:
            return found[-1]
    raise AssertionError(f"{line} never printed {prints}:\n{printed(page)}")


def test_the_notes_commands_do_what_the_note_says(page):
    open_sandbox(page)
    page.get_by_text("Nodes and cloud").click()
    page.get_by_label("Book mode: commands of the book work").check()
    expect(page.locator(".banner-line")).to_contain_text("Book mode")

    run = "kubectl run kubia --image=luksa/kubia --port=8080 --generator=run/v1"
    command(page, run, 'replicationcontroller/kubia created|replicationcontroller "kubia" created')
    expect(page.locator('#map [data-kind="Pod"][data-state="ready"]')).to_have_count(1, timeout=SOON)
    command(page, "kubectl scale rc kubia --replicas=3", "replicationcontroller/kubia scaled")
    command(
        page,
        "kubectl expose rc kubia --type=LoadBalancer --name kubia-http",
        "service/kubia-http exposed",
    )
    command(page, "kubectl get services", r"kubia-http +LoadBalancer +10\.\d+\.\d+\.\d+ +<pending>")
    row = until(page, "kubectl get services", r"kubia-http +LoadBalancer +(10\S+) +(203\.0\.113\.\d+)")
    address, public = row.groups()
    expect(page.locator('#map [data-kind="Pod"][data-state="ready"]')).to_have_count(3, timeout=SOON)

    hit = command(page, f"curl http://{public}:8080", ANSWER)
    killed = hit[1]
    command(page, f"kubectl delete pod {killed} --wait=false", f'pod "{killed}" deleted')
    command(page, f"curl http://{public}:8080", ANSWER)
    expect(page.locator('#map [data-kind="Pod"][data-state="ready"]')).to_have_count(3, timeout=SOON)
    assert command(page, f"curl http://{public}:8080", ANSWER)[1] != killed
    command(page, "kubectl get services", rf"kubia-http +LoadBalancer +{address} +{public}")
