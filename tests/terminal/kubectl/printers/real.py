"""How tests get the real kubectl to print what they like."""

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

PODS = {
    "kind": "APIResourceList",
    "groupVersion": "v1",
    "resources": [
        {"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod", "verbs": ["list"]}
    ],
}


class Printed(NamedTuple):
    out: str
    err: str
    code: int


def run(words, **options):
    """Runs a program to its end."""
    done = subprocess.run(words, capture_output=True, timeout=60, check=False, **options)
    return Printed(done.stdout.decode(errors="replace"), done.stderr.decode(), done.returncode)


def foo(**fields):
    """An object of a kind that nobody knows, which kubectl prints as it is."""
    metadata = {"annotations": {"a": "b"}, "name": "x"}
    return {"apiVersion": "example.com/v1", "kind": "Foo", "metadata": metadata, **fields}


class LocalKubectl:
    """`kubectl annotate --local`, with the annotation that the objects have already."""

    def __init__(self, program):
        self.program = program

    def __call__(self, objects, *words):
        listed = {"apiVersion": "v1", "kind": "List", "items": objects}
        given = objects[0] if len(objects) == 1 else listed
        line = [self.program, "annotate", "--local", "--overwrite", "-f", "-", "a=b", *words]
        return run(line, input=json.dumps(given).encode())


class StandIn:
    """Answers `kubectl get pods` with `table` or, for those who want no Table, with `objects`."""

    def __init__(self, program, home):
        self.program = program
        self.home = home
        self.table = {}
        self.objects = {}
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(stand_in.answer(self.path, self.headers["Accept"])).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path, accept):
        if path.startswith("/api/v1/"):
            return self.table if "as=Table" in accept else self.objects
        if path.startswith("/api/v1"):
            return PODS
        return (
            {"kind": "APIVersions", "versions": ["v1"]}
            if path.startswith("/api?") or path == "/api"
            else {
                "kind": "APIGroupList",
                "apiVersion": "v1",
                "groups": [],
            }
        )

    def get(self, *words):
        """Types `kubectl get pods` with more words."""
        address = f"http://127.0.0.1:{self.server.server_port}"
        line = [self.program, "--server", address, "--cache-dir", str(self.home), "get", "pods", *words]
        return run(line, env={"HOME": str(self.home)})

    def close(self):
        self.server.shutdown()
        self.server.server_close()
