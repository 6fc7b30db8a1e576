"""Where real clients work in a test: a namespace of a cluster, simulated or real."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import yaml
from kubernetes import client, config

PATIENCE = 60.0
"""Seconds after which a client that has not ended is broken; what it waits for takes milliseconds."""


class Done(NamedTuple):
    """How a command ended."""

    out: str
    err: str
    code: int


@dataclass
class World:
    """A namespace of its own in a cluster, and the kubectl that reaches it.

    `kubeconfig` is the file to use; `simulated` whether the cluster is one of ours.
    """

    kubeconfig: Path
    namespace: str
    program: str
    home: Path
    simulated: bool

    def environment(self):
        """What a client is started with."""
        return {"KUBECONFIG": str(self.kubeconfig), "HOME": str(self.home), "PATH": os.environ["PATH"]}

    def command(self, *words):
        """The command line of kubectl in this namespace."""
        return [self.program, "--namespace", self.namespace, *(str(word) for word in words)]

    def try_kubectl(self, *words, stdin=""):
        """Runs kubectl and says how it ended."""
        done = subprocess.run(
            self.command(*words),
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Done(done.stdout, done.stderr, done.returncode)

    def kubectl(self, *words, stdin=""):
        """Runs kubectl, which must succeed, and returns what it printed."""
        done = self.try_kubectl(*words, stdin=stdin)
        assert done.code == 0, f"kubectl {words}: {done.err}"
        return done.out

    def start(self, *words, **options):
        """Starts kubectl in the background, its output as text; the caller ends it."""
        return subprocess.Popen(
            self.command(*words),
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def get(self, *words):
        """One object, or a list, as kubectl reads it."""
        return yaml.safe_load(self.kubectl("get", *words, "-o", "yaml"))

    def core_api(self):
        """The core API of the cluster in Python."""
        return client.CoreV1Api(config.new_client_from_config(str(self.kubeconfig)))

    def eventually(self, check, what=""):
        """Calls `check` until it says yes, and returns what it said."""
        deadline = time.monotonic() + PATIENCE
        while not (found := check()):
            assert time.monotonic() < deadline, f"never: {what or check}"
            time.sleep(0.05)
        return found

    @property
    def server(self):
        """The address of the API."""
        config = yaml.safe_load(self.kubeconfig.read_text())
        return config["clusters"][0]["cluster"]["server"]
