"""Two kubectls in two copies of one cluster: the page's terminal in one, the real one in the other."""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import websocket
import yaml

from tests.server import ROOT

FORGE = Path(__file__).with_name("forge.py")
PATIENCE = 60.0
"""Seconds after which a line that has not ended is broken."""


class Done(NamedTuple):
    """How a line ended."""

    out: str
    err: str
    code: int


class Forge:
    """Makes copies of the cluster of the comparison, see forge.py."""

    def __init__(self, environment):
        self.process = subprocess.Popen(
            [sys.executable, str(FORGE)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def ask(self, line):
        """The answer to a line."""
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        """No more copies."""
        self.process.stdin.close()
        self.process.wait(PATIENCE)


class Page:
    """The terminal of a page, as its script uses it."""

    def __init__(self, server, copy):
        self.host = f"127.0.0.1:{server.port}"
        self.socket = websocket.create_connection(
            f"ws://{self.host}/c/{copy['id']}/terminal?language=en",
            cookie=f"sessionid={copy['session']}",
            origin=server.url,
            timeout=PATIENCE,
        )
        self.number = 0

    def close(self):
        """The page is closed."""
        self.socket.close()

    def save(self, name, text):
        """Writes a file."""
        self._send({"save": {"name": name, "text": text}})
        while "files" not in self._receive():
            pass

    def type(self, line, edit=None):
        """Types a line, and waits for its end."""
        self.number += 1
        out, err = [], []
        self._send({"run": line, "id": self.number})
        while True:
            message = self._receive()
            if "edit" in message:
                asked = message["edit"]
                self._send({"edited": {"id": asked["id"], "text": edit(asked["text"])}})
            out.append(message.get("out", ""))
            err.append(message.get("err", ""))
            if message.get("id") == self.number and "done" in message:
                return Done("".join(out), "".join(err), message["done"])

    def complete(self, line):
        """What may follow a line."""
        self.number += 1
        self._send({"complete": line, "cursor": len(line), "id": self.number})
        while (message := self._receive()).get("id") != self.number:
            pass
        return message["candidates"]

    def _send(self, message):
        self.socket.send(json.dumps(message))

    def _receive(self):
        return json.loads(self.socket.recv())


class Real:
    """The real kubectl in a folder of its own."""

    def __init__(self, server, copy, program, folder):
        self.program, self.folder = program, folder
        folder.mkdir(parents=True)
        self.config = folder / ".kubeconfig"
        self.config.write_text(yaml.safe_dump(kubeconfig(f"{server.url}/k8s/{copy['key']}")))

    def save(self, name, text):
        """Writes a file."""
        (self.folder / name).write_text(text)

    def run(self, words, editor=""):
        """Runs a line, and waits for its end."""
        environment = {"KUBECONFIG": str(self.config), "HOME": str(self.folder), "PATH": "/usr/bin:/bin"}
        if editor:
            environment["KUBE_EDITOR"] = editor
        done = subprocess.run(
            [self.program, *words],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        return Done(done.stdout.decode(), done.stderr.decode(), done.returncode)


def kubeconfig(server):
    """A kubeconfig that names a server as the terminal of the page does."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "it", "cluster": {"server": server}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
        "users": [{"name": "me", "user": {}}],
        "current-context": "it",
    }
