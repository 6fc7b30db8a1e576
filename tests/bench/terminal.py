"""The terminal: from a command to its end at the socket, and from Enter to what it prints in a browser, in a
small cluster and in one of 1,000 pods; how long others wait meanwhile; and what an open terminal costs."""

import re
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.measure import Client, WatchedServer, percentile
from tests.install_chromium import find_chromium
from tests.terminal.parity.worlds import Page

COMMANDS = 100
LONG_COMMANDS = 20
PAUSE = 0.06
"""Seconds between commands: the server runs 20 lines a second."""
PODS = 1_000
PEOPLE, EACH = 10, 10
SETTLE = 2
WANTED = "40, 100 ms"
SMALL = (
    "kubectl get pods",
    "kubectl get pods -o yaml",
    "kubectl describe pod {pod}",
    "kubectl label rc kubia number={number} --overwrite",
    "kubectl run web-{number} --image=nginx",
    "kubectl delete pod web-{number} --wait=false",
)
LARGE = ("kubectl get pods", "kubectl get pods -o wide", "kubectl get pods -o yaml")
COMPLETED = ("kubectl get po", "kubectl delete pod kub")
RC = """\
apiVersion: v1
kind: ReplicationController
metadata: {{name: kubia}}
spec:
  replicas: {pods}
  selector: {{app: kubia}}
  template:
    metadata: {{labels: {{app: kubia}}}}
    spec: {{containers: [{{name: kubia, image: luksa/kubia}}]}}
"""
# Milliseconds from Enter until the browser has drawn the last line, of at least so many.
ENTER = """([line, lines]) => new Promise(resolve => {
  const input = document.getElementById("command");
  const log = document.querySelector(".terminal-log");
  const key = (key, more) => input.dispatchEvent(
    new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true, ...more}));
  key("l", {ctrlKey: true});
  input.value = line;
  const begun = performance.now();
  const observer = new MutationObserver(() => {
    if (log.textContent.split("\\n").length < lines + 2) return;
    observer.disconnect();
    setTimeout(() => resolve(performance.now() - begun)); // after this frame
  });
  observer.observe(log, {childList: true, subtree: true, characterData: true});
  key("Enter");
})"""


def measure(directory):
    """Rows of the table."""
    directory = Path(directory)
    return [*_cluster(directory / "small", 3, 3, _small), *_cluster(directory / "large", 100, PODS, _large)]


def _cluster(directory, nodes, pods, rows):
    """What `rows` makes of a server with one cluster, of its link and its owner's terminal."""
    server = WatchedServer(directory)
    server.manage("migrate", "--verbosity", "0")
    link = server.manage("createcluster", "bench", "--nodes", str(nodes), "--delays", "none").split()[-1]
    link = "/c/" + re.search(r"/c/(.*)", link)[1]
    server.start()
    try:
        page = Page(server, _let_in(server, link))
        page.save("rc.yaml", RC.format(pods=pods))
        assert page.type("kubectl apply -f rc.yaml").code == 0
        assert page.type(f"kubectl wait rc/kubia --for=jsonpath={{.status.readyReplicas}}={pods}").code == 0
        time.sleep(SETTLE)
        return rows(server, link, page)
    finally:
        server.stop()


def _let_in(server, link):
    """The cluster and the session of somebody new, who has used the link."""
    client = Client(server)
    client.open(link)
    return {"id": link.split("/")[2], "session": client.cookie("sessionid")}


def _small(server, link, page):
    pod = page.type("kubectl get pods -o name").out.split()[0].partition("/")[2]
    rows = []
    for line in SMALL:
        lines = [line.format(pod=pod, number=number) for number in range(COMMANDS)]
        rows.append(_commands(server, page, f"{line}, 3 pods", lines, WANTED))
    rows += _completions(page, "3 pods")
    rows += _browser(server, link, 3, COMMANDS, WANTED)
    return [*rows, _memory(server, link)]


def _large(server, link, page):
    rows = []
    for line in LARGE:
        server.longest_stall()
        what = f"{line}, {PODS} pods"
        wanted = "printed" if "yaml" in line else "150 ms"
        rows.append(_commands(server, page, what, [line] * LONG_COMMANDS, wanted))
        stall = server.longest_stall() * 1000
        rows.append((f"{what}: longest stall of the event loop", f"{stall:.0f} ms", "50 ms"))
    rows += _completions(page, f"{PODS} pods")
    return [*rows, *_browser(server, link, PODS, LONG_COMMANDS, "150 ms")]


def _commands(server, page, what, lines, wanted):
    before = server.processor_seconds()
    times = [_typed(page, line) for line in lines]
    each = (server.processor_seconds() - before) / len(lines) * 1000
    return _row(what, times, wanted, f" ({each:.0f} ms of a processor)")


def _row(what, times, wanted, more=""):
    median, slow = percentile(times, 50), percentile(times, 95)
    return (f"{what}: median, 95th percentile", f"{median:.0f}, {slow:.0f} ms{more}", wanted)


def _typed(page, line):
    """Milliseconds from sending a line until it is done."""
    time.sleep(PAUSE)
    begun = time.perf_counter()
    done = page.type(line)
    assert done.code in (0, 141), done  # 141: there was more than a terminal shows
    return (time.perf_counter() - begun) * 1000


def _completions(page, where):
    rows = []
    for line in COMPLETED:
        times = [_completed(page, line) for _ in range(COMMANDS)]
        rows.append(_row(f"completion of {line!r}, {where}", times, WANTED))
    return rows


def _completed(page, line):
    time.sleep(PAUSE)
    begun = time.perf_counter()
    assert page.complete(line)
    return (time.perf_counter() - begun) * 1000


def _browser(server, link, pods, commands, wanted):
    chromium = find_chromium()
    with sync_playwright() as playwright:
        args = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium, args=args)
        page = browser.new_context().new_page()
        page.goto(server.url + link)
        page.locator("html[data-live]").wait_for()
        page.get_by_role("textbox", name="Command").focus()
        page.evaluate(ENTER, ["kubectl get pods", pods + 1])
        # A browser that starts takes all processors; that is over now.
        time.sleep(SETTLE)
        times = [_drawn(page, "kubectl get pods", pods + 1) for _ in range(commands)]
        browser.close()
    return [_row(f"Enter -> kubectl get pods on the page, {pods} pods", times, wanted)]


def _drawn(page, line, lines):
    time.sleep(3 * PAUSE)  # the page waits a moment itself before it is ready for more
    return page.evaluate(ENTER, [line, lines])


def _memory(server, link):
    """What an idle terminal costs that has run a command."""
    before = server.memory_bytes()
    pages = []
    for _ in range(PEOPLE):
        somebody = _let_in(server, link)
        pages += [Page(server, somebody) for _ in range(EACH)]
    for page in pages:
        assert page.type("kubectl get pods").code == 0
    time.sleep(SETTLE)
    each = (server.memory_bytes() - before) / len(pages)
    for page in pages:
        page.close()
    return (f"{len(pages)} idle terminals: memory each", f"{each / 1024:.1f} KB", "printed")
