"""What a container writes into its log, source by source: its program, its command, its HTTP server.

Stands in for the programs of the images. Functions are pure: the same life gives the same lines.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from ipaddress import ip_network
from itertools import count
from typing import Final, NamedTuple

from clusters.engine import cluster
from clusters.engine.clock import quantise
from clusters.engine.images import Image
from clusters.engine.kubelet.loops import Calls, tell
from clusters.engine.kubelet.programs import Process, replay_of, words_of
from clusters.engine.kubelet.replay import Replay
from clusters.engine.kubelet.shell.effects import STDERR, STDOUT, Output
from clusters.engine.kubelet.surroundings import Surroundings
from clusters.engine.network import Request, Served, http
from clusters.engine.network.routing import hostname_of
from clusters.engine.objects import Object
from clusters.engine.store import MemoryStore

LONGEST_LINE: Final = 16_384
"""Characters; containerd cuts longer ones too."""
_PROBES_MOST: Final = 2_000
_NOTHING: Final = http.Response(200, (), b"")
_AGENT: Final = ("User-Agent", "kube-probe/1.37")


class LogLine(NamedTuple):
    """One line without its line end; `time` is simulated."""

    time: float
    text: str
    stream: str = STDOUT


@dataclass(frozen=True)
class Life:
    """One run of a container: `ended` None while it lasts, `code` and `message` once it is over.

    `answers` is what the network has told its process, `id` the container's.
    """

    pod: Object
    container: Object
    image: Image
    process: Process
    around: Surroundings
    started: float
    ended: float | None
    code: int = 0
    message: str = ""
    listens_after: float = 0.0
    answers: Sequence[str] = ()
    id: str = ""

    def replay(self) -> Replay:
        """Its command, to be run once more."""
        return replay_of(self.container, self.image, self.around, self.started, self.answers)


def written(
    store: MemoryStore, life: Life, until: float, after: float, most: int, known: Calls
) -> Iterator[LogLine]:
    """What the process writes by itself; of an endless loop the last `most` turns.

    One that calls others writes what it was answered, as far as its calls are `known`.
    """
    words = words_of(life.container, life.image)
    if not words:
        yield from _own_lines(life, life.started, until)
        return
    replay = life.replay()
    if life.process.start_error:
        return
    own = known.of(life.id)
    if own.calls:
        tell(replay, store, life.pod, own)
        after = max(after, own.calls[0].time)
    lines = list(_as_lines(replay.outputs(until=until, after=after, repeated=most)))
    yield from (line for line in lines if line.time >= replay.resumed)
    if replay.served is not None and replay.served <= until:
        yield from _own_lines(life, replay.served, until)


def _own_lines(life: Life, started: float, until: float) -> Iterator[LogLine]:
    """What the image's own program says at its start and at its end."""
    image, ended = life.image, life.ended
    if not (image.needs_env and life.message):
        for text in image.start_log:
            yield LogLine(started, _filled(text, life, started))
    if ended is None or ended > until:
        return
    if life.message:
        for text in life.message.splitlines():
            yield LogLine(ended, text, STDERR)
    elif image.exits_after is not None and life.code == 0 and image.end_log:
        yield LogLine(ended, _filled(image.end_log, life, ended))
    elif image.sigterm is not None and life.code == image.sigterm_code and image.stop_log:
        yield LogLine(ended, _filled(image.stop_log, life, ended))


def _filled(text: str, life: Life, time: float, **fields: object) -> str:
    moment = datetime.fromtimestamp(time, UTC)
    return text.format(time=moment, hostname=hostname_of(life.pod), uptime=time - life.started, **fields)


def _as_lines(outputs: Iterable[tuple[float, Output]]) -> Iterator[LogLine]:
    """Whole lines; the rest that has no line end comes last."""
    begun: dict[str, str] = {}
    time = 0.0
    for time, (stream, data) in outputs:
        *whole, rest = (begun.pop(stream, "") + data.decode("utf-8", "replace")).split("\n")
        for text in whole:
            yield LogLine(time, text[:LONGEST_LINE].rstrip("\r"), stream)
        if rest:
            begun[stream] = rest[:LONGEST_LINE]
    for stream, text in begun.items():
        yield LogLine(time, text, stream)


def access_log(
    store: MemoryStore, life: Life, until: float, requests: Iterable[Served], after: float
) -> Iterator[LogLine]:
    """One line a request served, probes included."""
    if not life.image.access_log:
        return
    served = (
        call for call in requests if call.port in life.process.ports and life.started <= call.time <= until
    )
    hits = merge(served, *probe_hits(store, life, until, after), key=lambda call: call.time)
    for number, call in enumerate(hits, 1):
        yield LogLine(call.time, _access_line(life, call, number))


def _access_line(life: Life, call: Served, number: int) -> str:
    text = _filled(
        life.image.access_log,
        life,
        call.time,
        client=call.client,
        method=call.request.method,
        path=call.request.path,
        status=call.response.status,
        size=len(call.response.body),
        agent=call.request.header("user-agent") or "-",
        number=number,
    )
    return text.replace("\n", " ")[:LONGEST_LINE]


def probe_hits(store: MemoryStore, life: Life, until: float, after: float) -> Iterator[Iterator[Served]]:
    """What the kubelet's own HTTP probes asked, kind by kind."""
    begins = life.started + life.listens_after
    for kind in ("startup", "readiness", "liveness"):
        probe = life.container.get(f"{kind}Probe") or {}
        action = probe.get("httpGet") or {}
        port, period = _port(life, action.get("port")), float(probe.get("periodSeconds", 10))
        if action.get("host") or port not in life.process.ports:
            continue
        first = quantise(life.started + probe.get("initialDelaySeconds", 0) + cluster.delays_of(store).ready)
        first = _not_before(first, begins, period)
        end = until
        if kind == "startup":
            # It succeeds as soon as somebody listens, and then the others begin.
            begins, end = first, min(until, first)
        first = _not_before(first, max(after, end - _PROBES_MOST * period), period)
        request = Request("GET", action.get("path") or "/", (_AGENT,))
        yield _every(life, Served(first, _gateway(store, life.pod), port, request, _NOTHING), period, end)


def _not_before(first: float, earliest: float, period: float) -> float:
    turns = max(0, -int(-(earliest - first) // period))
    return first + turns * period


def _every(life: Life, first: Served, period: float, end: float) -> Iterator[Served]:
    response = http.respond(life.image, first.request, hostname_of(life.pod), first.time)
    for turn in count():
        time = first.time + turn * period
        if time > end or response is None:
            return
        yield first._replace(time=time, response=response)


def _port(life: Life, port: object) -> int | None:
    named = {p.get("name"): int(p["containerPort"]) for p in life.container.get("ports") or ()}
    return port if isinstance(port, int) else named.get(str(port))


def _gateway(store: MemoryStore, pod: Object) -> str:
    """The address from which the node's own processes reach its pods."""
    node = store.get("Node", "", pod["spec"].get("nodeName") or "") or {}
    cidr = (node.get("spec") or {}).get("podCIDR")
    return str(next(ip_network(cidr).hosts())) if cidr else "10.244.0.1"
