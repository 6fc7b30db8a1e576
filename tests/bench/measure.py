"""What the benchmarks share: a server that is watched, a client without a screen, a table."""

import http.cookiejar
import os
import re
import signal
import statistics
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

from tests.server import Server

TICK = os.sysconf("SC_CLK_TCK")


class WatchedServer(Server):
    """`manage.py serve` whose processor time, memory and longest stall of the event loop can be read."""

    def __init__(self, data_dir, probed=True, **environment):
        self.probe_file = Path(data_dir) / "probe"
        if probed:
            self.command = (sys.executable, str(Path(__file__).with_name("probed.py")))
        super().__init__(data_dir, PROBE_FILE=str(self.probe_file), **environment)

    def processor_seconds(self):
        """User and system time of the process so far."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(stat[11]) + int(stat[12])) / TICK

    def memory_bytes(self):
        """The resident memory of the process."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    def longest_stall(self):
        """The longest stall of its event loop since the last asking, in seconds."""
        self.probe_file.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 5
        while not self.probe_file.exists():
            assert time.monotonic() < deadline, "the probe does not answer"
            time.sleep(0.01)
        return float(self.probe_file.read_text())


class Client:
    """Opens pages and sends forms as a browser would, with cookies and the page's token."""

    def __init__(self, server):
        self.server = server
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        self._token = ""

    def open(self, url):
        """The text of a page."""
        with self._opener.open(urllib.parse.urljoin(self.server.url, url), timeout=30) as response:
            text = response.read().decode()
        if found := re.search(r'csrfmiddlewaretoken" value="([^"]+)"', text):
            self._token = found[1]
        return text

    def cookie(self, name):
        """The value of a cookie that the server has set."""
        return next(cookie.value for cookie in self._cookies if cookie.name == name)

    def send(self, url, **fields):
        """The answer to a form."""
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": self._token, **fields}).encode()
        request = urllib.request.Request(urllib.parse.urljoin(self.server.url, url), data=body)
        with self._opener.open(request, timeout=30) as response:
            return response.read().decode()


def percentile(values, percent):
    """The value below which that many per cent of the values lie."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def print_table(rows):
    """Rows of (what, measured, wanted), each a text."""
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
