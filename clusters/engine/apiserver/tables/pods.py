"""Rows of pods.

Models `printPod` of `pkg/printers/internalversion/printers.go`.
"""

from typing import Final, NamedTuple

from clusters.engine.apiserver.tables.ages import human_duration, seconds_of
from clusters.engine.apiserver.tables.columns import (
    AGE,
    CORE,
    NAME,
    NONE,
    Cells,
    Column,
    Doc,
    Printer,
    age_of,
    name_of,
    number,
    part,
    parts,
    text,
)
from clusters.engine.objects import Object

_ENDED: Final = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}


class _Restarts(NamedTuple):
    """How often containers were restarted, and when the last of them had ended."""

    total: int = 0
    last: float = 0.0

    def with_container(self, status: Object) -> "_Restarts":
        ended = part(part(status, "lastState"), "terminated")
        last = max(self.last, seconds_of(ended.get("finishedAt")) or 0.0)
        return _Restarts(self.total + number(status, "restartCount"), last)

    def text(self, now: float) -> str:
        if self.total and self.last:
            return f"{self.total} ({human_duration(now - self.last)} ago)"
        return str(self.total)


class _Reading(NamedTuple):
    """What was read of some containers: in which state they leave the pod, and how many are ready."""

    reason: str
    restarts: _Restarts
    ready: int


def _cells(pod: Object, now: float) -> Cells:
    spec, status = part(pod, "spec"), part(pod, "status")
    sidecars = {text(found, "name") for found in parts(spec, "initContainers") if _is_sidecar(found)}
    total = len(parts(spec, "containers")) + len(sidecars)
    read = _read(spec, status, sidecars)
    return [
        name_of(pod),
        f"{read.ready}/{total}",
        _deletion_reason(pod, status) or read.reason,
        read.restarts.text(now),
        age_of(pod, now),
        next((text(entry, "ip") for entry in parts(status, "podIPs")), "") or NONE,
        text(spec, "nodeName") or NONE,
        text(status, "nominatedNodeName") or NONE,
        _readiness_gates(spec, status),
    ]


def _is_sidecar(container: Object) -> bool:
    return container.get("restartPolicy") == "Always"


def _deletion_reason(pod: Object, status: Object) -> str:
    if part(pod, "metadata").get("deletionTimestamp") is None:
        return ""
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return "" if text(status, "phase") in _ENDED else "Terminating"


def _read(spec: Object, status: Object, sidecars: set[str]) -> _Reading:
    reason = text(status, "reason") or text(status, "phase")
    if any(
        found.get("type") == "PodScheduled" and found.get("reason") == "SchedulingGated"
        for found in parts(status, "conditions")
    ):
        reason = "SchedulingGated"
    statuses = parts(status, "initContainerStatuses")
    if not statuses:
        return _read_containers(status, _Reading(reason, _Restarts(), 0))
    initializing = _read_init_containers(spec, statuses, sidecars)
    if initializing.reason and not _is_true(status, "Initialized"):
        return initializing
    restarts = _Restarts()
    for found in statuses[: _first_unfinished(statuses, sidecars) + 1]:
        if text(found, "name") in sidecars:
            restarts = restarts.with_container(found)
    before = _Reading(initializing.reason or reason, restarts, initializing.ready)
    return _read_containers(status, before)


def _read_init_containers(spec: Object, statuses: list[Object], sidecars: set[str]) -> _Reading:
    """The init containers up to the one that the pod waits for; reason "" if it waits for none."""
    restarts, ready = _Restarts(), 0
    waits_for = _first_unfinished(statuses, sidecars)
    for index, status in enumerate(statuses[: waits_for + 1]):
        restarts = restarts.with_container(status)
        if index == waits_for:
            total = len(parts(spec, "initContainers"))
            return _Reading(_init_reason(status, f"{index}/{total}"), restarts, ready)
        # What is passed here is done or a sidecar that runs.
        if not _is_done(status) and status.get("ready") is True:
            ready += 1
    return _Reading("", restarts, ready)


def _first_unfinished(statuses: list[Object], sidecars: set[str]) -> int:
    for index, status in enumerate(statuses):
        started = text(status, "name") in sidecars and status.get("started") is True
        if not started and not _is_done(status):
            return index
    return len(statuses)


def _is_done(status: Object) -> bool:
    ended = _ended(status)
    return ended is not None and number(ended, "exitCode") == 0


def _ended(status: Object) -> Object | None:
    ended = part(status, "state").get("terminated")
    return ended if isinstance(ended, dict) else None


def _init_reason(status: Object, progress: str) -> str:
    ended = _ended(status)
    if ended is not None:
        return f"Init:{_end_reason(ended)}"
    waiting = text(part(part(status, "state"), "waiting"), "reason")
    return f"Init:{waiting if waiting not in ('', 'PodInitializing') else progress}"


def _end_reason(ended: Object) -> str:
    if reason := text(ended, "reason"):
        return reason
    if signal := number(ended, "signal"):
        return f"Signal:{signal}"
    return f"ExitCode:{number(ended, 'exitCode')}"


def _read_containers(pod_status: Object, before: _Reading) -> _Reading:
    reason, restarts, ready = before
    running, failed = False, ""
    for status in reversed(parts(pod_status, "containerStatuses")):
        restarts = restarts.with_container(status)
        state = part(status, "state")
        ended = _ended(status)
        if waiting := text(part(state, "waiting"), "reason"):
            reason = waiting
        elif ended is not None:
            reason = _end_reason(ended)
            failed = reason if number(ended, "exitCode") else failed
        elif status.get("ready") is True and isinstance(state.get("running"), dict):
            running, ready = True, ready + 1
    if reason == "Completed":
        reason = _while_others_run(pod_status, running, failed)
    return _Reading(reason, restarts, ready)


def _while_others_run(pod_status: Object, running: bool, failed: str) -> str:
    """The reason of a pod of which the first container has completed."""
    if running and _is_true(pod_status, "Ready"):
        return "Running"
    return failed or ("NotReady" if running else "Completed")


def _is_true(status: Object, condition: str) -> bool:
    return any(
        found.get("type") == condition and found.get("status") == "True"
        for found in parts(status, "conditions")
    )


def _readiness_gates(spec: Object, status: Object) -> str:
    gates = parts(spec, "readinessGates")
    if not gates:
        return NONE
    return f"{sum(_is_true(status, text(gate, 'conditionType')) for gate in gates)}/{len(gates)}"


def _conditions(pod: Object) -> list[Object]:
    phase = text(part(pod, "status"), "phase")
    if phase not in _ENDED:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": _ENDED[phase]}]


PODS: Final = Printer(
    (
        NAME,
        Column("Ready", "The aggregate readiness state of this pod for accepting traffic."),
        Column("Status", "The aggregate status of the containers in this pod."),
        Column(
            "Restarts",
            "The number of times the containers in this pod have been restarted and when the last container"
            " in this pod has restarted.",
        ),
        AGE,
        Column("IP", Doc(CORE + "PodStatus", "podIP"), priority=1),
        Column("Node", Doc(CORE + "PodSpec", "nodeName"), priority=1),
        Column("Nominated Node", Doc(CORE + "PodStatus", "nominatedNodeName"), priority=1),
        Column("Readiness Gates", Doc(CORE + "PodSpec", "readinessGates"), priority=1),
    ),
    _cells,
    _conditions,
)
