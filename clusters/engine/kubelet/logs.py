"""What a container has written: its log, as a function of what is stored.

Models the kubelet's containerLogs (`pkg/kubelet/kubelet.go` validateContainerLogStatus,
`pkg/kubelet/kuberuntime/logs`) and the API server's LogLocation. No log is stored: what an image's own
program writes follows from when it started (images.yaml), what a command writes from running it again in
the simulated shell, and who was served from the requests that the process remembers. What an endless loop
was answered (see loops.py) is known from the calls of clients, which somebody has to work out. Left out: what
is older than the last MOST_LINES, as if the file had been rotated; requests and turns of such loops that
nobody remembers.

    lines = log_lines(store, pod, "main", now, requests=served_by(calls, uid), known=Calls(now, calls))
    Follower(pod, "main")  for `kubectl logs -f`; ask its `advance` again at `next_at`, and after each change

The query of GET .../log is read by log_options.py.

All times are simulated seconds.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from math import inf
from typing import Final

from clusters.engine import cluster
from clusters.engine.apiserver.errors import bad_request
from clusters.engine.clock import parse_rfc3339
from clusters.engine.kubelet.environment import expanded
from clusters.engine.kubelet.inside import (
    choose_container,
    image_for,
    reach_kubelet,
    running_container,
)
from clusters.engine.kubelet.log_sources import Life, LogLine, access_log, probe_hits, written
from clusters.engine.kubelet.loops import Calls
from clusters.engine.kubelet.programs import process_of, words_of
from clusters.engine.kubelet.replay import Replay
from clusters.engine.kubelet.surroundings import surroundings_of
from clusters.engine.network import Served
from clusters.engine.objects import Key, Object, name_of, namespace_of, simulation_of
from clusters.engine.store import MemoryStore

MOST_LINES: Final = 1_000
_LOOK_AHEAD: Final = 600.0
_A_MOMENT: Final = 0.01
"""Seconds after which a call is known."""
_STRANGERS: Final = 10.0
"""Seconds until somebody may call of whom nobody knows yet."""


def log_lines(
    store: MemoryStore,
    pod: Object,
    container: str,
    now: float,
    *,
    previous: bool = False,
    requests: Iterable[Served] = (),
    known: Calls | None = None,
    after: float = float("-inf"),
    most: int = MOST_LINES,
) -> list[LogLine]:
    """The last `most` lines that the container has written by `now`, the oldest first.

    What was before `after` may be left out.

    `container` may be "" if the pod has only one; `previous` asks for the run before the last. `requests` are
    those that the pod served, `known` the calls of clients, None if nobody has worked them out. Raises
    StatusError: 400 for a container that is not there or has no log, 500 if the kubelet cannot be reached.
    """
    spec = choose_container(pod, container)
    if not pod["spec"].get("nodeName"):
        return []
    path = f"/containerLogs/{namespace_of(pod)}/{name_of(pod)}/{spec['name']}"
    reach_kubelet(store, pod, path)
    _validate_status(pod, spec["name"], previous)
    life = _life(store, pod, spec, now, previous)
    if life is None:
        return []
    until = min(now, life.ended) if life.ended is not None else now
    sources = [
        written(store, life, until, after, most, known or Calls()),
        access_log(store, life, until, requests, after),
    ]
    return list(deque(merge(*sources, key=lambda line: line.time), maxlen=min(most, MOST_LINES)))


def _validate_status(pod: Object, name: str, previous: bool) -> None:
    """Whether there is a log to show, as validateContainerLogStatus decides it."""
    status = _status_of(pod, name)
    if status is None:
        raise bad_request(f'container "{name}" in pod "{name_of(pod)}" is not available')
    last = (status.get("lastState") or {}).get("terminated")
    state = status.get("state") or {}
    if previous:
        if not last or not last.get("containerID"):
            raise bad_request(f'previous terminated container "{name}" in pod "{name_of(pod)}" not found')
        return
    if "running" in state or "terminated" in state or last:
        return
    reason = (state.get("waiting") or {}).get("reason") or "ContainerCreating"
    why = {
        "ErrImagePull": "image can't be pulled",
        "ImagePullBackOff": "trying and failing to pull image",
    }.get(reason, reason)
    raise bad_request(f'container "{name}" in pod "{name_of(pod)}" is waiting to start: {why}')


def _status_of(pod: Object, name: str) -> Object | None:
    status = pod.get("status") or {}
    for part in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for found in status.get(part) or ():
            if found["name"] == name:
                return dict(found)
    return None


def _life(store: MemoryStore, pod: Object, container: Object, now: float, previous: bool) -> Life | None:
    """The run of the container that is asked for; None if it has never run."""
    state = (simulation_of(pod).get("containers") or {}).get(container["name"]) or {}
    image = image_for(state, container)
    span = _span(state, now, previous)
    if image is None or span is None:
        return None
    started, ended, last = span
    container = expanded(store, pod, container)
    is_over = previous or state.get("phase") != "running"
    told = (state.get("told") if is_over else state) or {}
    given, answers = told.get("env") or state.get("env"), told.get("answers")
    around = surroundings_of(store, pod, container, image).with_variables(given)
    process = process_of(container, image, given, answers=answers, around=around)
    return Life(
        pod,
        container,
        image,
        process,
        around,
        started,
        ended,
        last.get("exitCode", 0),
        last.get("message", ""),
        cluster.delays_of(store).ready if process.ready_after is None else process.ready_after,
        answers or (),
        str(last.get("containerID") or state["id"]).removeprefix("containerd://"),
    )


def _span(state: Object, now: float, previous: bool) -> tuple[float, float | None, Object] | None:
    """From when to when it ran, and how it ended, as ContainerStateTerminated says it."""
    if state.get("phase") == "running" and not previous:
        dies = state.get("dies") or {"at": now + 1}
        if dies["at"] > now:
            return float(state["since"]), None, {}
        return float(state["since"]), dies["at"], {"exitCode": dies["code"], "message": dies["message"]}
    last = state.get("last")
    if not last:
        return None
    life = state.get("life") or [parse_rfc3339(last["startedAt"]), parse_rfc3339(last["finishedAt"])]
    return float(life[0]), float(life[1]), last


@dataclass
class Follower:
    """The reading of `kubectl logs -f`, which ends with the container that ran when it began.

    `next_at` is when something may be written without anybody doing anything, None for never; `over` says
    that nothing more will come.
    """

    pod: Key
    container: str
    next_at: float | None = None
    over: bool = False
    _id: str | None = None
    _since: float | None = None
    _seen_to: float = float("-inf")
    _last: Counter[LogLine] = field(default_factory=Counter)

    def advance(
        self, store: MemoryStore, now: float, requests: Iterable[Served] = (), known: Calls | None = None
    ) -> list[LogLine]:
        """The lines that came since the last time. Raises StatusError as log_lines does, the first time."""
        pod = store.get(*self.pod)
        if pod is None or self.over:
            self.over = True
            return []
        name = choose_container(pod, self.container)["name"]
        running = running_container(store, pod, name, now)
        if self._id is None:
            self._id, self._since = (
                (running.id, running.state["since"]) if running is not None else ("", None)
            )
        self.over = running is None or running.id != self._id
        again = self.over and running is not None
        if self.over and self._since is not None and not self._was_last(pod, name):
            return []
        found = log_lines(
            store, pod, name, now, previous=again, requests=requests, known=known, after=self._seen_to
        )
        self.next_at = None if self.over else next_line_at(store, pod, name, now, known)
        return self._new(found)

    def _was_last(self, pod: Object, name: str) -> bool:
        """Whether the run that is followed is the last that there was."""
        state = (simulation_of(pod).get("containers") or {}).get(name) or {}
        return self._since in (state.get("since"), *(state.get("life") or ())[:1])

    def skip_to(self, now: float) -> None:
        """Leave out what was written up to now, as `kubectl attach` does."""
        self._seen_to = now

    def _new(self, lines: list[LogLine]) -> list[LogLine]:
        fresh, seen = [], self._last.copy()
        for line in lines:
            if line.time < self._seen_to:
                continue
            if line.time == self._seen_to and seen[line] > 0:
                seen[line] -= 1
                continue
            fresh.append(line)
        if fresh:
            newest = fresh[-1].time
            kept = self._last if newest == self._seen_to else Counter[LogLine]()
            self._last = kept + Counter(line for line in fresh if line.time == newest)
            self._seen_to = newest
        return fresh


def next_line_at(
    store: MemoryStore, pod: Object, container: str, now: float, known: Calls | None = None
) -> float | None:
    """When the container may write its next line without anybody doing anything; None for never."""
    running = running_container(store, pod, container, now)
    if running is None:
        return None
    life = _life(store, pod, choose_container(pod, container), now, previous=False)
    if life is None:
        return None
    found = [running.state["dies"]["at"]] if "dies" in running.state else []
    for hits in probe_hits(store, life, now + _LOOK_AHEAD, now) if life.image.access_log else ():
        found += islice((hit.time for hit in hits if hit.time > now), 1)
    if words_of(life.container, life.image):
        found += _next_output(life.replay(), now)
    if known is not None:
        found.append(known.of(life.id).next_after(now) + _A_MOMENT)
    if known is not None and life.image.access_log:
        found.append(min(known.next_after(now) + _A_MOMENT, now + _STRANGERS))
    return min((time for time in found if time < inf), default=None)


def _next_output(replay: Replay, now: float) -> list[float]:
    until = now + _LOOK_AHEAD
    for time, _ in replay.outputs(until=until, after=now, repeated=float("inf")):
        if time > now:
            return [time]
    ahead = replay.machine.now
    return [ahead] if now < ahead < float("inf") else []
