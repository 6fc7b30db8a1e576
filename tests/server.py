"""A server of its own for a test: `manage.py serve` as people start it, with its own port and data."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def free_port():
    """Returns a TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def hear_interrupts():
    """Undoes what a shell does to its background processes, and they to theirs: they never hear SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Server:
    """`manage.py serve` in a process of its own.

    start() and stop() may be called again and again: the data stays, so a restart is stop() and start().
    `url` is "http://127.0.0.1:PORT", `log` the file of what it printed, `environment` what it is given.
    """

    command = (sys.executable, "manage.py", "serve")

    def __init__(self, data_dir, **environment):
        self.data_dir = Path(data_dir)
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.data_dir / "server.log"
        inherited = {k: v for k, v in os.environ.items() if k not in ("DEBUG", "ALLOWED_HOSTS", "PUBLIC_URL")}
        self.environment = {
            **inherited,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATA_DIR": str(self.data_dir),
            **environment,
        }
        self.process = None

    def manage(self, *arguments):
        """Runs a management command on the same data and returns what it printed."""
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    def start(self):
        """Migrates, serves, and returns itself once /healthz answers; an early end is an AssertionError."""
        self.manage("migrate", "--verbosity", "0")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=hear_interrupts,
            )
        deadline = time.monotonic() + 30
        while not self.healthy():
            assert self.process.poll() is None, f"serve ended:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"serve does not answer:\n{self.log.read_text()}"
            time.sleep(0.05)
        return self

    def healthy(self):
        """Tells whether /healthz answers 200."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as response:
                return response.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self, sig=signal.SIGTERM, within=10):
        """Ends it with `sig` and returns its exit code; longer than `within` seconds kills it and fails."""
        self.process.send_signal(sig)
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"serve did not end within {within} s:\n{self.log.read_text()}") from None
