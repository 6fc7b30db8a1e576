"""From the click on Kill in one browser to the replacement in the page of another."""

import re
import time

from playwright.sync_api import sync_playwright

from tests.bench.measure import WatchedServer, percentile
from tests.install_chromium import find_chromium

KILLS = 60
READY = '#map [data-kind="Pod"][data-state="ready"]'

# Timestamps on the clock that both pages share: that of the machine.
CLICK = """() => {
  const button = document.querySelector('#map [data-kind="Pod"][data-state="ready"] .kill');
  const at = performance.timeOrigin + performance.now();
  button.dispatchEvent(new MouseEvent("click", {bubbles: true}));
  return at;
}"""
WATCH = """() => {
  const drawn = document.querySelectorAll('#map [data-kind="Pod"]');
  const seen = new Set([...drawn].map((pod) => pod.dataset.name));
  window.arrival = new Promise(resolve => {
    const observer = new MutationObserver(() => {
      for (const pod of document.querySelectorAll('#map [data-kind="Pod"]')) {
        if (!seen.has(pod.dataset.name)) {
          observer.disconnect();
          resolve(performance.timeOrigin + performance.now());
        }
      }
    });
    observer.observe(document.body, {childList: true, subtree: true, attributes: true});
  });
}"""


def measure(directory):
    """Rows of the table."""
    server = WatchedServer(directory)
    server.manage("migrate", "--verbosity", "0")
    link = server.manage("createcluster", "bench", "--nodes", "3", "--delays", "none").split()[-1]
    path = "/c/" + re.search(r"/c/(.*)", link)[1]
    chromium = find_chromium()
    server.start()
    try:
        with sync_playwright() as playwright:
            times = _kill_again_and_again(playwright, chromium, server, server.url + path)
        stall = server.longest_stall()
    finally:
        server.stop()
    what = f"click on Kill -> replacement in another browser ({len(times)} kills, 3 nodes, 3 pods)"
    return [
        (f"{what}: median", f"{percentile(times, 50):.0f} ms", "60 ms"),
        (f"{what}: 95th percentile", f"{percentile(times, 95):.0f} ms", "150 ms"),
        (f"{what}: longest stall of the event loop", f"{stall * 1000:.0f} ms", "50 ms"),
    ]


def _kill_again_and_again(playwright, chromium, server, url):
    browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
    killer, watcher = browser.new_context().new_page(), browser.new_context().new_page()
    for page in (killer, watcher):
        page.goto(url)
    killer.get_by_label("Name", exact=True).first.fill("web")
    killer.get_by_label("Image", exact=True).fill("nginx")
    killer.get_by_label("Replicas", exact=True).first.fill("3")
    killer.get_by_role("button", name="Create ReplicationController").click()
    for page in (killer, watcher):
        _three_ready(page)
    # Two browsers that start take all processors; that is over now.
    time.sleep(1)
    server.longest_stall()
    times = []
    for _ in range(KILLS):
        for page in (killer, watcher):
            _three_ready(page)
        watcher.evaluate(WATCH)
        clicked = killer.evaluate(CLICK)
        times.append(watcher.evaluate("() => window.arrival") - clicked)
        time.sleep(0.2)
    browser.close()
    return times


def _three_ready(page):
    page.wait_for_function(f"() => document.querySelectorAll('{READY}').length === 3")
