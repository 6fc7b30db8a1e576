"""The state of one container, as the simulator remembers it in its pod's `simulation.containers`.

Stands in for what the container runtime knows (`pkg/kubelet/container.Status`) and for what the kubelet
keeps in memory beside it. A state is `{"phase", ...}`:

    image         wants its image, maybe waits its turn pulling      from, until, how; asked, pulls
    pull-error    error, until, retry                   pull-backoff error, until
    never         error (policy Never)                  invalid      error (no image has such a name)
    creating      until                                 running      since, ready; readyAt, probes, dies
    backoff       until (crashed, waits)                exited       for good
    config-error  error, until (a ConfigMap or Secret that its variables need is missing)

`dies` is how and when a running container will end: `{"at", "code", "reason", "message"}`; `stopping` says
that it was told to, `how` is `cluster.pulls_of` where the pull was timed, `clash` names the port that it
wanted and another container has, `env` are the variables that it got, where ConfigMaps or Secrets had a say
that may have changed since; `answers` is what the network has told its process so far (see transcript.py),
and `asksAt` when that asks again; `moved` are the seconds by which `since` was moved on, see restoring.py. A
running container may have `files` besides, see container_writes.py.

These stay from phase to phase: `image` (the name it was started for), `id`, `made` (the name of its image)
and `attempts` (of the newest container), `last` (how the one before ended, as ContainerStateTerminated),
`backoff` and `backoffAt` (seconds that the next crash costs, and since when), `pullBackoff`, `tries` (how
often its variables could not be had), `life` (from when to when `last` ran), `told` (its `env` and
`answers`). Times are simulated seconds.
"""

from typing import Any, Final

from clusters.engine.objects import Object

_LASTING: Final = (
    *("image", "id", "made", "attempts", "last", "life", "told"),
    *("backoff", "backoffAt", "pullBackoff", "tries"),
)


def enter(state: Object, phase: str, **fields: Any) -> None:
    """Go to another phase, in place, and forget what belonged to the one before."""
    lasting: Object = {field: state[field] for field in _LASTING if field in state}
    state.clear()
    state.update(lasting, phase=phase, **fields)


def is_starting(state: Object) -> bool:
    """Whether a container is on its way from its image to its process; its pod starts one at a time."""
    return state["phase"] in ("pulling", "creating")


def due_of(state: Object) -> list[float]:
    """The times at which the state has to be looked at again; none for a state that stays."""
    due = [state["until"]] if "until" in state else []
    if state["phase"] == "running":
        if "dies" in state:
            due.append(state["dies"]["at"])
        if "asksAt" in state:
            due.append(state["asksAt"])
        if not state["ready"] and "readyAt" in state:
            due.append(state["readyAt"])
    return due
