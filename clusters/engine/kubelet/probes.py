"""Asks containers whether they have started, are alive, and are ready.

Models the kubelet's prober (`pkg/kubelet/prober`). Left out: the time that a probe takes, as only
commands may take any; the random shift of the first probe; gRPC's own health protocol, taken for TCP.

A probe's memory, in its container's state under `probes`, is `{"next", "failures", "successes", "told"}`:
when it runs next, how often in a row it failed or succeeded, and how many failures people were told of;
`remote` besides, if its command asks others than its own container.
"""

import math
from typing import Final

from clusters.engine.images import Image
from clusters.engine.kubelet import calls
from clusters.engine.kubelet.pod_worker import PodWorker
from clusters.engine.kubelet.programs import Executed, Process, execute
from clusters.engine.kubelet.shell.effects import Ask, Connect, Resolve
from clusters.engine.kubelet.surroundings import surroundings_of
from clusters.engine.objects import Object, key_of

KINDS: Final = ("startup", "liveness", "readiness")
TOLD_MOST: Final = 25
TOLD_EVERY: Final = 300.0
"""As client-go's spam filter: so many Events about one thing, then one in so many seconds."""


def begin(worker: PodWorker, container: Object, state: Object) -> None:
    """The container has just been started: plan its first probes."""
    memories = {}
    for kind in KINDS:
        probe = container.get(f"{kind}Probe")
        if probe:
            first = worker.at(probe.get("initialDelaySeconds", 0) + worker.delays.ready)
            memories[kind] = {"next": first, "failures": 0, "successes": 0, "told": 0}
    if memories:
        state["probes"] = memories


def has_started(state: Object) -> bool:
    """Whether a running container needs no startup probe any more."""
    return "startup" not in state.get("probes", ())


def run(worker: PodWorker, container: Object, state: Object) -> str:
    """Run the probes that are due. Says which kind failed so often that the container has to go, or ""."""
    failed = ""
    for kind, memory in state.get("probes", {}).items():
        waits = kind != "startup" and not has_started(state)
        if memory["next"] <= worker.now and not waits and "stopping" not in state:
            failed = _run(worker, container, state, kind, memory) or failed
    return failed


def next_due(worker: PodWorker, container: Object, state: Object) -> list[float]:
    """When probes have to run again, by themselves."""
    if "stopping" in state:
        return []
    return [
        _next(worker, container, kind, memory)
        for kind, memory in state.get("probes", {}).items()
        if (kind == "startup" or has_started(state)) and not _settled(worker, container, kind, memory)
    ]


def check(worker: PodWorker, container: Object, probe: Object, asked: list[Ask] | None = None) -> str:
    """Run a probe's action now; "" if it succeeds, else what went wrong, in the kubelet's words.

    `asked` is filled with what its command asks of the network.
    """
    if probe.get("exec"):
        code, output = _execute(worker, container, probe, [] if asked is None else asked)
        return output or f"command exited with {code}" if code else ""
    action = probe.get("httpGet") or probe.get("tcpSocket") or probe.get("grpc") or {}
    port = _port(container, action.get("port"))
    if port is None:
        return f"couldn't find port: {action.get('port')!r} in container {container['name']}"
    address = f"{action.get('host') or worker.ip}:{port}"
    image = worker.listening().get(port)
    refused = "" if image else f"dial tcp {address}: connect: connection refused"
    return _http(action, address, refused, image) if probe.get("httpGet") else refused


def _execute(worker: PodWorker, container: Object, probe: Object, asked: list[Ask]) -> Executed:
    network, image = calls.network_of(worker), worker.image(container)

    def ask(effect: Ask) -> object:
        asked.append(effect)
        return calls.ask(network, key_of(worker.pod), effect)

    return execute(
        probe["exec"].get("command") or ["true"],
        image,
        worker.files(container),
        timeout=float(probe.get("timeoutSeconds") or 1),
        around=surroundings_of(worker.store, worker.pod, container, image),
        ask=ask,
    )


def _is_remote(effect: Ask, process: Process) -> bool:
    """Whether somebody else is asked than the container itself."""
    if isinstance(effect, Connect):
        return not effect.address.startswith("127.") or effect.port not in process.ports
    return not (isinstance(effect, Resolve) and effect.name == "localhost")


def _run(worker: PodWorker, container: Object, state: Object, kind: str, memory: Object) -> str:
    probe = container[f"{kind}Probe"]
    asked: list[Ask] = []
    error = check(worker, container, probe, asked)
    if any(_is_remote(effect, worker.process(container)) for effect in asked):
        memory = {**memory, "remote": True}
    if error:
        memory = {**memory, "failures": memory["failures"] + 1, "successes": 0, "told": memory["told"] + 1}
        worker.warn("Unhealthy", f"{kind.capitalize()} probe failed: {error}", container)
    elif memory["successes"] < probe.get("successThreshold", 1):
        memory = {**memory, "failures": 0, "successes": memory["successes"] + 1}
    else:
        # Nothing new, and nothing to store: a healthy container costs no writes.
        return ""
    memory["next"] = _next(worker, container, kind, memory)
    state["probes"] = {**state["probes"], kind: memory}
    if memory["successes"] >= probe.get("successThreshold", 1):
        _passed(state, kind)
    elif memory["failures"] >= probe.get("failureThreshold", 3):
        return _lost(state, kind)
    return ""


def _passed(state: Object, kind: str) -> None:
    if kind == "readiness":
        state["ready"] = True
    elif kind == "startup":
        state["probes"] = {name: memory for name, memory in state["probes"].items() if name != "startup"}


def _lost(state: Object, kind: str) -> str:
    if kind == "readiness":
        state["ready"] = False
        return ""
    return kind


def _next(worker: PodWorker, container: Object, kind: str, memory: Object) -> float:
    """The first turn after now; a failure that was told often enough is looked at less often."""
    if memory["next"] > worker.now:
        return float(memory["next"])
    period = float(container[f"{kind}Probe"].get("periodSeconds", 10))
    touched = worker.process(container).touched or worker.states[container["name"]].get("files")
    if memory["told"] >= TOLD_MOST and not touched:
        period = max(period, TOLD_EVERY)
    turns = math.floor((worker.now - memory["next"]) / period) + 1
    return float(memory["next"] + turns * period)


def _settled(worker: PodWorker, container: Object, kind: str, memory: Object) -> bool:
    """Whether the probe succeeds as long as its container runs, so that nobody has to ask again."""
    probe = container.get(f"{kind}Probe")
    if not probe or memory["successes"] < probe.get("successThreshold", 1):
        return not probe
    process = worker.process(container)
    if probe.get("exec"):
        state = worker.states[container["name"]]
        elapsed = worker.now - state["since"]
        changes = "files" in state or "remote" in memory
        return not changes and all(at <= elapsed for at, _path, _content in process.touched)
    action = probe.get("httpGet") or probe.get("tcpSocket") or probe.get("grpc") or {}
    return _port(container, action.get("port")) in process.ports


def _port(container: Object, port: object) -> int | None:
    if isinstance(port, int):
        return port
    for named in container.get("ports") or ():
        if named.get("name") == port:
            return int(named["containerPort"])
    return None


def _http(action: Object, address: str, refused: str, image: Image | None) -> str:
    path, scheme = action.get("path") or "/", action.get("scheme") or "HTTP"
    url = f'Get "{scheme.lower()}://{address}/{path.removeprefix("/")}"'
    if image is None:
        return f"{url}: {refused}"
    if not image.answer:
        return f"{url}: EOF"
    if scheme == "HTTPS":
        return f"{url}: http: server gave HTTP response to HTTPS client"
    known = image.paths is None or path.partition("?")[0] in image.paths
    return "" if known else "HTTP probe failed with statuscode: 404"
