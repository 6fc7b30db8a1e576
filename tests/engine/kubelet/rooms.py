"""A small cluster at work whose containers tests go into."""

from random import Random

from clusters.engine.apiserver import verbs
from clusters.engine.kubelet.shell.session import Session, World
from clusters.engine.network import Traffic
from clusters.engine.objects import Key
from tests.engine import world
from tests.engine.builders import make_node, make_service, make_store
from tests.engine.world import simple_pod

KEEPS_RUNNING = ["sleep", "1000000"]


class Rooms:
    """Pods `kubia-1` with a Service `kubia`, `web` (nginx), `box` (busybox), `curly` (curlimages/curl)."""

    def __init__(self, *, delays="real"):
        self.world = world.World(make_store(make_node(), delays=delays))
        self.traffic = Traffic()
        self.view = World(lambda: self.world.store, lambda: self.world.store.now, Random(1), self.traffic)
        self.run("kubia-1", "luksa/kubia", labels={"app": "kubia"})
        self.run("web", "nginx", labels={"app": "web"})
        self.run("box", "busybox", command=KEEPS_RUNNING)
        self.run("curly", "curlimages/curl", command=KEEPS_RUNNING)
        self.act(verbs.create, make_service())
        self.world.wait(60)

    def run(self, name, image, *, labels=None, policy="Always", **container):
        """Create a pod of one container `main`."""
        pod = simple_pod(name, image, policy=policy, **container)
        pod["metadata"]["labels"] = labels or {}
        return self.act(verbs.create, pod)

    def act(self, verb, *args, **options):
        return self.world.act(verb, *args, **options)

    def open(self, pod, *command, tty=False, stdin=False):
        return Session(self.view, Key("Pod", "default", pod), "", list(command), tty=tty, stdin=stdin)

    def go_on(self, session, *, seconds=1000.0):
        """Advance until it ends, or waits for input, or so much time has passed. Returns (stdout, stderr)."""
        said = {"stdout": b"", "stderr": b""}
        end = self.world.store.now + seconds
        while True:
            for output in session.advance():
                said[output.stream] += output.data
            if session.act is not None:
                session.acted(self.act(session.act))
            elif session.exit_code is not None or session.wake_at is None or session.wake_at > end:
                return said["stdout"].decode("utf-8", "replace"), said["stderr"].decode("utf-8", "replace")
            else:
                self.world.wait(max(0.0, session.wake_at - self.world.store.now))

    def exec(self, pod, *command, stdin=None, tty=False, seconds=1000.0):
        """What `kubectl exec` gives: (exit code, stdout, stderr). `stdin` is a text that is piped in."""
        session = self.open(pod, *command, tty=tty, stdin=stdin is not None)
        if stdin is not None:
            session.feed(stdin.encode())
            session.close_stdin()
        out, err = self.go_on(session, seconds=seconds)
        return session.exit_code, out, err

    def sh(self, text, *, pod="box"):
        """What `kubectl exec box -- sh -c text` gives."""
        return self.exec(pod, "sh", "-c", text)
