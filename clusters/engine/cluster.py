"""What the simulator itself remembers about a cluster, kept as one more object of its store.

The object `Cluster/cluster` holds the clock, the delays, the cloud switch and which components are
stopped. As it is an object, all of that is journalled, seen by every process, and can be wound back.
It is never served to the outside.
"""

from dataclasses import asdict, dataclass
from typing import Final

from clusters.engine.changes import Change
from clusters.engine.clock import Clock
from clusters.engine.objects import Key, Object, with_value
from clusters.engine.store import MemoryStore, Overlay

KEY: Final = Key("Cluster", "", "cluster")
INTERNAL_KINDS: Final = frozenset({"Cluster", "IPAMBlock", "TrafficClient"})
"""Kinds that only the simulator knows; the API, pages and exports leave them out."""

SCHEDULER: Final = "default-scheduler"
CONTROLLER_MANAGER: Final = "kube-controller-manager"
COMPONENTS: Final = (CONTROLLER_MANAGER, SCHEDULER)
"""The components of the control plane that can be stopped."""

PULLS: Final = ("normal", "slow", "fail")
"""How images come: at full speed, SLOW times as slowly, or not at all, as no registry can be reached."""
SLOW: Final = 10

POD_CIDR: Final = "10.244.0.0/16"
SERVICE_CIDR: Final = "10.96.0.0/12"


@dataclass(frozen=True, slots=True)
class Delays:
    """How long things take, in simulated seconds (and bytes a second)."""

    bandwidth: float
    """Bytes a second at which a node pulls images."""
    pull_overhead: float
    """Resolving and unpacking an image."""
    sandbox: float
    """From a pod's binding until its network is set up and it has an IP."""
    container: float
    """From a pulled image until the process runs."""
    ready: float
    """From a running process until it is Ready, where the image does not say otherwise."""
    load_balancer: float
    """The shortest time in which the cloud makes a load balancer; the longest is twice that."""
    schedule: float
    """How long the scheduler thinks about one pod."""
    react: float
    """From a change until a controller has acted on it."""


REAL: Final = Delays(
    bandwidth=40e6,
    pull_overhead=0.8,
    sandbox=0.5,
    container=0.4,
    ready=0.5,
    load_balancer=3.5,
    schedule=0.2,
    react=0.1,
)
NONE: Final = Delays(
    bandwidth=float("inf"),
    pull_overhead=0.0,
    sandbox=0.0,
    container=0.0,
    ready=0.0,
    load_balancer=0.0,
    schedule=0.0,
    react=0.0,
)
PROFILES: Final = {"real": REAL, "none": NONE}


def cluster_object(*, delays: str, clock: Clock, cloud: bool = True) -> Object:
    """The `Cluster` object of a new cluster. `delays` is a key of PROFILES."""
    return {
        "apiVersion": "lifelines/v1",
        "kind": KEY.kind,
        "metadata": {"name": KEY.name},
        "spec": {"delays": delays, "cloud": cloud, "stopped": [], "clock": _clock_fields(clock)},
    }


def delays_of(store: MemoryStore) -> Delays:
    return PROFILES[_spec(store)["delays"]]


def has_cloud(store: MemoryStore) -> bool:
    """Whether somebody outside makes load balancers for this cluster."""
    return bool(_spec(store)["cloud"])


def in_book_mode(store: MemoryStore) -> bool:
    """Whether commands of "Kubernetes in Action" work that later versions of kubectl have dropped."""
    return bool(_spec(store).get("book"))


def is_stopped(store: MemoryStore, component: str) -> bool:
    """Whether one of COMPONENTS was stopped."""
    return component in stopped_of(store)


def stopped_of(store: MemoryStore) -> list[str]:
    """Those of COMPONENTS that were stopped, in order."""
    stopped: list[str] = _spec(store)["stopped"]
    return stopped


def pulls_of(store: MemoryStore) -> str:
    """How images come: one of PULLS."""
    return str(_spec(store).get("pulls", "normal"))


@dataclass(frozen=True, slots=True)
class Steps:
    """How often people have moved the time on by hand, and the last time that somebody did.

    `by` is an actor, `at` the simulated time to which it led; the revisions from `first` to `last` are
    what happened then.
    """

    count: int = 0
    by: str = ""
    at: float = 0.0
    first: int = 0
    last: int = 0


def clock_of(store: MemoryStore) -> Clock:
    fields = _spec(store)["clock"]
    return Clock(fields["anchorWall"], fields["anchorSimulated"], fields["speed"], fields["paused"])


def steps_of(store: MemoryStore) -> Steps:
    return Steps(**_spec(store)["clock"].get("steps") or {})


def set_clock(store: Overlay, clock: Clock, steps: Steps | None = None) -> None:
    """Set the clock, and the steps that it has taken by hand if they are other ones now."""
    fields = {**_spec(store)["clock"], **_clock_fields(clock)}
    _set(store, "clock", fields if steps is None else {**fields, "steps": asdict(steps)})


def set_clock_role(store: Overlay, role: str) -> None:
    """Note who may turn the clock."""
    _set(store, "clock", {**_spec(store)["clock"], "role": role})


def set_cloud(store: Overlay, cloud: bool) -> None:
    _set(store, "cloud", cloud)


def set_book(store: Overlay, book: bool) -> None:
    _set(store, "book", book)


def set_component(store: Overlay, component: str, running: bool) -> None:
    """Start or stop one of COMPONENTS."""
    others = {other for other in stopped_of(store) if other != component}
    _set(store, "stopped", sorted(others if running else {*others, component}))


def set_pulls(store: Overlay, how: str) -> None:
    """Say how images come from now on: one of PULLS."""
    _set(store, "pulls", how)


def go_back(store: Overlay, past: MemoryStore, then: float, clock: Clock) -> None:
    """Take all settings from an earlier image but the limits and the clock, which is `clock` now.

    `continuedFrom` says from where the cluster goes on: the image's revision, its simulated `time` `then`,
    and `at` which time that was done.
    """
    itself, now = store.get(*KEY), _spec(store)
    if itself is None:
        raise KeyError(KEY)
    origin = {"revision": past.revision, "time": then, "at": store.now}
    spec = {**_spec(past), "clock": {**now["clock"], **_clock_fields(clock)}, "continuedFrom": origin}
    spec.pop("limits", None)
    if "limits" in now:
        spec["limits"] = now["limits"]
    store.update({**itself, "spec": spec})


def goes_back(change: Change) -> bool:
    """Whether with this change a cluster goes on from an earlier moment."""
    if change.key != KEY or change.previous is None:
        return False
    before, after = change.previous["spec"], change.object["spec"]
    return bool(before.get("continuedFrom") != after.get("continuedFrom"))


def _clock_fields(clock: Clock) -> Object:
    return {
        "anchorWall": clock.anchor_wall,
        "anchorSimulated": clock.anchor_simulated,
        "speed": clock.speed,
        "paused": clock.paused,
    }


def _spec(store: MemoryStore) -> Object:
    obj = store.get(*KEY)
    if obj is None:
        # A bare store, as engine tests use it: nothing takes time.
        return {"delays": "none", "cloud": True, "stopped": [], "clock": _clock_fields(Clock(0.0, 0.0))}
    spec: Object = obj["spec"]
    return spec


def _set(store: Overlay, field: str, value: object) -> None:
    obj = store.get(*KEY)
    if obj is None:
        raise KeyError(KEY)
    store.update(with_value(obj, ("spec", field), value))
