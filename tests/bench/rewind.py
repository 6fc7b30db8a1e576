"""Looking back: from the request for any moment of a long history in a large cluster to the frame at the
socket and to the page that shows it, and how many moments a second are drawn while the track is dragged.
"""

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import websocket
from playwright.sync_api import sync_playwright

from tests.bench.measure import Client, WatchedServer, percentile
from tests.install_chromium import find_chromium
from tests.server import ROOT

PODS, CHANGES = 1_000, 5_000
LESSON_PODS, LESSON_CHANGES, LESSON_PAUSE = 12, 500, 0.3
MOMENTS = 60
DRAG = 4.0
"""Seconds from one end of the track to the other."""
SETTLE = 2
PAUSE = 1
"""Seconds between two requests: the rest of a large cluster follows its map, and then its drawing rests."""
# Milliseconds from asking for a moment until the browser has drawn it.
GO = """async (revision) => {
  const { goTo } = await import("/static/js/rewind.js");
  const begun = performance.now();
  goTo({ revision });
  return new Promise((resolve) => {
    const look = () => {
      if (document.getElementById("past").dataset.revision !== String(revision)) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begun)));
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}"""
COUNT = """() => {
  window.moments = new Set();
  const note = () => {
    const { time } = document.getElementById("past").dataset;
    requestAnimationFrame(() => window.moments.add(time));
  };
  new MutationObserver(note).observe(document.body, { subtree: true, attributeFilter: ["data-time"] });
}"""


def measure(directory):
    """Rows of the table."""
    directory = Path(directory)
    rows = _cluster(directory / "large", 100, (PODS, CHANGES, 0), _moments)
    return [
        *rows,
        *_cluster(directory / "lesson", 3, (LESSON_PODS, LESSON_CHANGES, LESSON_PAUSE), _scrubbing),
    ]


def _cluster(directory, nodes, history, rows):
    """What `rows` makes of a server with one cluster, of its link and its last revision."""
    server = WatchedServer(directory)
    server.manage("migrate", "--verbosity", "0")
    link = server.manage("createcluster", "bench", "--nodes", str(nodes), "--delays", "none").split()[-1]
    link = "/c/" + re.search(r"/c/(.*)", link)[1]
    last = _live(server, link.split("/")[2], *history)
    chromium = find_chromium()
    server.start()
    try:
        with sync_playwright() as playwright:
            args = ["--no-sandbox", "--disable-gpu"]
            browser = playwright.chromium.launch(executable_path=chromium, args=args)
            found = rows(server, link, last, browser)
            browser.close()
        return found
    finally:
        server.stop()


def _live(server, cluster, *history):
    """Gives the cluster its history; its last revision."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.bench.histories", cluster, *map(str, history)],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return int(result.stdout)


def _moments(server, link, last, browser):
    chosen = random.Random(5).sample(range(last - CHANGES + 1, last), MOMENTS)
    client = Client(server)
    client.open(link)
    what = f"any of {CHANGES} moments of {PODS} pods"
    server.longest_stall()
    before = server.processor_seconds()
    rows = [_row(f"{what}: request -> frame", _at_the_socket(server, link, client, chosen), "printed")]
    each = (server.processor_seconds() - before) / len(chosen) * 1000
    stall = server.longest_stall() * 1000
    page = _open(browser, server, link)
    rows.append(_row(f"{what}: request -> drawn page", _in_the_browser(page, chosen), "p95 150 ms"))
    rows.append((f"{what}: processor of the server, with what follows", f"{each:.0f} ms", "printed"))
    rows.append((f"{what}: longest stall of the event loop", f"{stall:.0f} ms", "50 ms"))
    return rows


def _row(what, times, wanted):
    median, slow = percentile(times, 50), percentile(times, 95)
    return (f"{what}: median, 95th percentile", f"{median:.0f}, {slow:.0f} ms", wanted)


def _at_the_socket(server, link, client, moments):
    socket = websocket.create_connection(
        f"ws://127.0.0.1:{server.port}/c/{link.split('/')[2]}/live?layout=wide&language=en",
        cookie=f"sessionid={client.cookie('sessionid')}",
        origin=server.url,
        timeout=60,
    )
    _heard(socket, "")
    times = [_asked(socket, moment) for moment in moments]
    socket.close()
    return times


def _asked(socket, moment):
    _drain(socket)
    begun = time.perf_counter()
    socket.send(f"at {moment}")
    _heard(socket, f'data-revision="{moment}"')
    return (time.perf_counter() - begun) * 1000


def _heard(socket, text):
    """Shows frames until one has that text."""
    while True:
        frame = json.loads(socket.recv())
        socket.send(f"ack {frame['seq']}")
        assert "refused" not in frame, frame
        if text in frame.get("content", ""):
            return


def _drain(socket):
    """Shows what comes until nothing has come for a while: of a large cluster the rest follows the map."""
    socket.settimeout(PAUSE)
    try:
        while True:
            _heard(socket, "")
    except websocket.WebSocketTimeoutException:
        socket.settimeout(60)


def _open(browser, server, link):
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(server.url + link)
    page.locator("html[data-live]").wait_for()
    page.wait_for_load_state("load")
    # A browser that starts takes all processors; that is over now.
    time.sleep(SETTLE)
    return page


def _in_the_browser(page, moments):
    times = []
    for moment in moments:
        times.append(page.evaluate(GO, moment))
        time.sleep(PAUSE)
    return times


def _scrubbing(server, link, last, browser):
    page = _open(browser, server, link)
    track = page.locator("#track-slider").bounding_box()
    middle = track["y"] + track["height"] / 2
    page.mouse.move(track["x"] + 1, middle)
    page.mouse.down()
    time.sleep(SETTLE)
    page.evaluate(COUNT)
    begun = time.perf_counter()
    while (part := (time.perf_counter() - begun) / DRAG) < 1:
        page.mouse.move(track["x"] + part * 0.98 * track["width"], middle)
        time.sleep(0.01)
    seconds = time.perf_counter() - begun
    drawn = page.evaluate("window.moments.size") / seconds
    page.mouse.up()
    what = (
        f"dragging the track, 3 nodes, {LESSON_PODS} pods, {LESSON_CHANGES} changes: moments drawn a second"
    )
    return [(what, f"{drawn:.1f}", "at least 10")]
