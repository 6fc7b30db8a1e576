"""The page's terminal prints what the real kubectl prints, byte for byte, and does what that does.

Each line runs in two copies of one cluster at the same revision: through the page's socket in one, by the
real kubectl in the other. Where both cannot be the same, DIFFERENCES says so and why.
"""

import re
import shlex
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.install_kubectl import find_kubectl
from tests.server import Server
from tests.terminal.parity.lines import FILES, READS
from tests.terminal.parity.worlds import Forge, Page, Real
from tests.terminal.parity.writes import EDITS, WRITES

pytestmark = pytest.mark.real_client

DIFFERENCES = {
    "ages": (
        r"(?<![\w.-])\d+(\.\d+)?(ms|s|m|h)(\d+s)?(?![\w-])",
        "the two lines are not typed in the same second",
    ),
    "times": (
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?",
        "what is made in them is made at different times",
    ),
    "logs": (
        r"(?<=^[WEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+",
        "a log has the time and the number of the process",
    ),
    "dates": (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "the same, as describe writes them"),
    "addresses": (r"http://127\.0\.0\.1:\d+/k8s/\w+", "each copy has an address of its own"),
    "folders": (r"/tmp/[\w./-]+", "files of the real one are in a folder"),
    "builds": (r"(?s)clientVersion:.*?\n\w|\{\s*\"clientVersion\".*?\}", "this kubectl was not compiled"),
    "progress": (
        r'(?:Waiting for deployment .*\n)*deployment "[\w-]+" successfully',
        "who watches a rollout sees by chance how far it is",
    ),
    "spaces": (r" +$| {2,}", "columns are as wide as the ages in them"),
}
"""What is not compared: a pattern for each, and the reason."""
UNORDERED = frozenset(
    {
        "logs -l app=kubia --prefix --tail=1",
        "logs single --all-containers --tail=3",
        "label pod single --list",
        "annotate pod single --list",
    }
)
"""Lines whose work the real one does side by side, as drain's, or that print a map: in a random order."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server for the copies."""
    running = Server(tmp_path_factory.mktemp("parity")).start()
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def forge(server):
    """Whoever makes them."""
    made = Forge(server.environment)
    yield made
    made.close()


@pytest.fixture(scope="module")
def kubectl():
    """The real one."""
    return find_kubectl()


class Pair:
    """Two copies with a kubectl each."""

    def __init__(self, server, forge, kubectl, folder):
        self.forge = forge
        self.copies = forge.ask("fork"), forge.ask("fork")
        self.page = Page(server, self.copies[0])
        self.real = Real(server, self.copies[1], kubectl, folder)
        for name, text in FILES.items():
            self.page.save(name, text)
            self.real.save(name, text)

    def type(self, line, edit=None, editor=""):
        """Types a line in both: the page's answer, and the real one's."""
        with ThreadPoolExecutor(1) as other:
            real = other.submit(self.real.run, shlex.split(line), editor)
            return self.page.type(f"kubectl {line}", edit), real.result()

    def compare(self, line, **how):
        """What is not the same about a line, "" for nothing."""
        page, real = self.type(line, **how)
        if line in UNORDERED or line.startswith("drain "):
            page, real = in_order(page), in_order(real)
        if page == real or masked(page) == masked(real):
            return ""
        return f"kubectl {line}\n--- the page\n{shown(page)}--- the real one\n{shown(real)}"

    def differences(self):
        """What the two clusters have that is not the same."""
        return self.forge.ask(f"same {self.copies[0]['id']} {self.copies[1]['id']}")


def demand_nothing(difference):
    """Fails with a difference."""
    if difference:
        pytest.fail(difference, pytrace=False)


@pytest.fixture(scope="module")
def reading(server, forge, kubectl, tmp_path_factory):
    """The pair for lines that only read."""
    pair = Pair(server, forge, kubectl, tmp_path_factory.mktemp("reading") / "home")
    yield pair
    pair.page.close()


@pytest.fixture
def pair(server, forge, kubectl, tmp_path):
    """A pair of its own."""
    made = Pair(server, forge, kubectl, tmp_path / "home")
    yield made
    made.page.close()


def masked(done):
    """How a line ended, without what cannot be the same."""
    texts = []
    for text in (done.out, done.err):
        for pattern, _ in DIFFERENCES.values():
            text = re.sub(pattern, "~", text, flags=re.MULTILINE)
        texts.append(text)
    return (*texts, done.code)


def in_order(done):
    """How a line ended, with the lines of its output sorted."""
    return done._replace(out="".join(sorted(done.out.splitlines(keepends=True))))


def shown(done):
    return f"{done.out}[{done.err}] {done.code}\n"


@pytest.mark.parametrize("line", READS)
def test_reading(reading, line):
    difference = reading.compare(line)
    if difference and line.startswith("top "):
        # What is used is measured every 15 seconds, perhaps between the two.
        difference = reading.compare(line)
    demand_nothing(difference)


@pytest.mark.parametrize("name", WRITES)
def test_writing(pair, name):
    for line in WRITES[name]:
        demand_nothing(pair.compare(line))
    # The control planes may still be at work.
    for _ in range(50):
        differences = pair.differences()
        if not differences:
            return
        time.sleep(0.1)
    pytest.fail("\n".join(differences), pytrace=False)


@pytest.mark.parametrize("name", EDITS)
def test_editing(pair, name):
    line, script, then = EDITS[name]

    def edit(text):
        if not script:
            return text
        return subprocess.run(["sed", script], input=text, capture_output=True, text=True, check=True).stdout

    editor = f"sed -i '{script}'" if script else "true"
    demand_nothing(pair.compare(line, edit=edit, editor=editor))
    demand_nothing(pair.compare(then))
