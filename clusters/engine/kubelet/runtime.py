"""Runs containers: makes them, lets them end, starts them again later and later, stops them.

Models the kubelet's runtime manager (`pkg/kubelet/kuberuntime/kuberuntime_manager.go`,
`kuberuntime_container.go`) and containerd below it. Left out: init containers, lifecycle hooks
and memory limits. Logs are not written: `logs.py` tells them when somebody reads. A container's last
words become its termination message even without terminationMessagePolicy FallbackToLogsOnError, so that
pages show them.

Functions of _STEPS take (worker, container, state) and return whether the container went on to another
phase, see states.py.
"""

import math
from collections.abc import Callable
from typing import Final

from clusters.engine.clock import rfc3339
from clusters.engine.kubelet import calls, environment, probes, pull
from clusters.engine.kubelet.pod_worker import PodWorker
from clusters.engine.kubelet.programs import STARTUP, Process, asks_network
from clusters.engine.kubelet.sources import ConfigError
from clusters.engine.kubelet.states import enter
from clusters.engine.kubelet.texts import pod_text
from clusters.engine.objects import Object, is_ephemeral, uid_of

BACKOFF_FIRST: Final = 10.0
BACKOFF_LONGEST: Final = 300.0
"""Seconds that a container which ends again and again has to wait."""
BACKOFF_RESET: Final = 600.0
"""After so many seconds of running, the next crash counts as the first."""
CONFIG_PAUSE: Final = 12.5
CONFIG_TRIES: Final = 25
CONFIG_LONG_PAUSE: Final = 300.0
"""Seconds until a container whose variables cannot be had is looked at again; when people were told so
often that client-go's filter lets only one Event in so many seconds through, the kubelet waits that long."""
SIGKILL_CODE: Final = 137
LOST_CODE: Final = 255
"""The exit code of a container that went away with its machine."""


def advance(worker: PodWorker, container: Object) -> None:
    """Carry a container on as far as it has come by now."""
    state = worker.states.setdefault(container["name"], {"phase": "image"})
    if state.get("image", container["image"]) != container["image"]:
        _definition_changed(worker, container, state)
    while _STEPS[state["phase"]](worker, container, state):
        pass


def kill_container(
    worker: PodWorker, container: Object, state: Object, deadline: float, message: str
) -> None:
    """Send SIGTERM to a running container, and SIGKILL at the deadline. Not twice.

    A later call may only bring the deadline forward.
    """
    if "stopping" not in state:
        worker.event("Killing", message, container)
        process = worker.process(container)
        state["stopping"] = True
        if process.sigterm is not None:
            _dies_at(state, worker.at(process.sigterm), process.sigterm_code)
    _dies_at(state, worker.at(deadline - worker.now), SIGKILL_CODE)


def lose_container(worker: PodWorker, container: Object, state: Object) -> None:
    """The machine went down under a container: what ran is over, what was to come begins anew."""
    if state["phase"] == "running":
        state.pop("backoff", None)
        _exited(worker, container, state, _death(None, LOST_CODE, "", "Unknown"))
    if state["phase"] != "exited":
        enter(state, "image")


def ended(worker: PodWorker, state: Object, death: Object) -> None:
    """A container has ended for good."""
    last = {
        "exitCode": death["code"],
        "reason": death["reason"] or ("Completed" if death["code"] == 0 else "Error"),
        "message": death["message"],
        # Of what never ran, the runtime knows no start, and tells the first second of Unix.
        "startedAt": rfc3339(0 if death["reason"] == "StartError" else state["since"]),
        "finishedAt": rfc3339(worker.now),
        "containerID": f"containerd://{state['id']}",
    }
    state["life"] = [state["since"], worker.now]
    if "answers" in state:
        state["told"] = {"env": state["env"], "answers": state["answers"]}
    state["last"] = {field: value for field, value in last.items() if value != ""}
    enter(state, "exited")


def _exited(worker: PodWorker, container: Object, state: Object, death: Object) -> None:
    """A container has ended; start it again, now or later, if the pod's restartPolicy says so."""
    ended(worker, state, death)
    if is_ephemeral(worker.pod, container) or not restarts(worker.pod, death["code"]):
        return
    if worker.now - state.get("backoffAt", worker.now) > BACKOFF_RESET:
        state.pop("backoff", None)
    if "backoff" not in state:
        state.update(backoff=BACKOFF_FIRST, backoffAt=worker.now)
        enter(state, "image")
        return
    said = f"Back-off restarting failed container {container['name']} in pod {pod_text(worker.pod)}"
    worker.warn("BackOff", said, container)
    enter(state, "backoff", until=worker.at(state["backoff"]))


def restarts(pod: Object, exit_code: int) -> bool:
    """Whether the restartPolicy wants a container that ended so to be started again."""
    policy = pod["spec"]["restartPolicy"]
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


def _start(worker: PodWorker, container: Object, state: Object) -> bool:
    """Phase `creating`."""
    if state["until"] > worker.now:
        return False
    variables = _variables(worker, container, state)
    if variables is None:
        return True
    state.update(variables, since=worker.now)
    process = worker.process(container)
    attempt = state.get("attempts", 0) + 1
    state["attempts"] = attempt
    state["id"] = worker.store.unique(f"container/{uid_of(worker.pod)}/{container['name']}/{attempt}", 64)
    state["made"] = container["image"]
    worker.event("Created", "Container created", container)
    state.pop("tries", None)
    enter(state, "running", since=worker.now, ready=False, **variables)
    clash = _taken_port(worker, container, process)
    if clash is not None:
        state["clash"] = clash
    death = _fate(worker, process, clash)
    if process.start_error:
        worker.warn("Failed", f"Error: {death['message']}", container)
        _exited(worker, container, state, death)
        return True
    worker.event("Started", "Container started", container)
    _plan(worker, state, process, death)
    if not container.get("readinessProbe") and not is_ephemeral(worker.pod, container):
        state["readyAt"] = worker.at(worker.startup(process))
    probes.begin(worker, container, state)
    return True


def _variables(worker: PodWorker, container: Object, state: Object) -> Object | None:
    """What a container's state remembers of its variables, and of what its process is told by the network;
    None if they cannot be had for now."""
    asks = asks_network(container, worker.image(container))
    if not asks and not environment.refers(container):
        return {}
    try:
        found: Object = {"env": environment.variables_of(worker.store, worker.pod, container)}
    except ConfigError as error:
        worker.warn("Failed", f"Error: {error}", container)
        state["tries"] = state.get("tries", 0) + 1
        pause = CONFIG_PAUSE if state["tries"] < CONFIG_TRIES else CONFIG_LONG_PAUSE
        enter(state, "config-error", until=worker.at(pause), error=str(error))
        return None
    return {**found, "answers": []} if asks else found


def _configure(worker: PodWorker, container: Object, state: Object) -> bool:
    """Phase `config-error`."""
    if state["until"] > worker.now:
        return False
    enter(state, "image")
    return True


def _fate(worker: PodWorker, process: Process, clash: int | None) -> Object:
    """How and when the process ends if nobody stops it; `at` None: never."""
    if process.start_error:
        said = (
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc"
            " create failed: unable to start container process: error during container init: "
        )
        return _death(worker.now, 128, said + process.start_error, "StartError")
    if clash is not None:
        return _death(worker.at(STARTUP), 1, f"listen tcp :{clash}: bind: address already in use")
    return _death(_end(worker, worker.now, process), process.exit_code, process.message)


def _end(worker: PodWorker, since: float, process: Process) -> float | None:
    return None if process.exits_after is None else worker.at(since + process.exits_after - worker.now)


def _plan(worker: PodWorker, state: Object, process: Process, death: Object) -> None:
    """Remember when the container ends, or when its process asks the network something."""
    state.pop("asksAt", None)
    if death["at"] is not None:
        if "dies" not in state or death["at"] < state["dies"]["at"]:
            state["dies"] = death
    elif process.asks_after is not None:
        # Not at once: the pod's address has to be known first.
        after = max(process.asks_after, STARTUP)
        state["asksAt"] = worker.at(state["since"] + after - worker.now)


def _answer(worker: PodWorker, container: Object, state: Object) -> None:
    """The container's process asks something of the network, now."""
    calls.go_on(worker, container, state)
    process = worker.process(container)
    end = _end(worker, state["since"], process)
    _plan(worker, state, process, _death(end, process.exit_code, process.message))


def _death(at: float | None, code: int, message: str, reason: str = "") -> Object:
    return {"at": at, "code": code, "message": message, "reason": reason}


def _taken_port(worker: PodWorker, container: Object, process: Process) -> int | None:
    """A port that another container of the pod has already: they share one network namespace."""
    taken = {
        port for other in worker.running() if other is not container for port in worker.process(other).ports
    }
    return min(taken.intersection(process.ports), default=None)


def _run(worker: PodWorker, container: Object, state: Object) -> bool:
    """Phase `running`."""
    if state.get("asksAt", math.inf) <= worker.now:
        _answer(worker, container, state)
    death = state.get("dies")
    if death is not None and death["at"] <= worker.now:
        _exited(worker, container, state, death)
        return True
    if not state["ready"] and state.get("readyAt", worker.now + 1) <= worker.now:
        state["ready"] = True
        del state["readyAt"]
    failed = probes.run(worker, container, state)
    if failed:
        grace = worker.pod["spec"].get("terminationGracePeriodSeconds", 30)
        message = f"Container {container['name']} failed {failed} probe, will be restarted"
        kill_container(worker, container, state, worker.now + grace, message)
    return bool(failed)


def _back_off(worker: PodWorker, container: Object, state: Object) -> bool:
    """Phase `backoff`."""
    if state["until"] > worker.now:
        return False
    state.update(backoff=min(2 * state["backoff"], BACKOFF_LONGEST), backoffAt=worker.now)
    enter(state, "image")
    return True


def _definition_changed(worker: PodWorker, container: Object, state: Object) -> None:
    """Somebody gave a container of the pod another image."""
    if state["phase"] != "running":
        if state["phase"] not in ("exited", "backoff"):
            enter(state, "image")
        state["image"] = container["image"]
        return
    grace = worker.pod["spec"].get("terminationGracePeriodSeconds", 30)
    message = f"Container {container['name']} definition changed, will be restarted"
    kill_container(worker, container, state, worker.now + grace, message)


def _dies_at(state: Object, at: float, code: int) -> None:
    """The container ends at `at`, unless it ends before anyway."""
    death = state.get("dies")
    if death is None or at < death["at"]:
        state["dies"] = _death(at, code, "")


def _stay(worker: PodWorker, container: Object, state: Object) -> bool:
    return False


_STEPS: Final[dict[str, Callable[[PodWorker, Object, Object], bool]]] = {
    "image": pull.ensure_image_exists,
    "pulling": pull.finish_pull,
    "pull-error": pull.back_off,
    "pull-backoff": pull.try_again,
    "never": pull.await_image,
    "invalid": _stay,
    "config-error": _configure,
    "creating": _start,
    "running": _run,
    "backoff": _back_off,
    "exited": _stay,
}
