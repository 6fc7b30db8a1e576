"""What the simulator itself remembers about a cluster, kept as one more object of its store.

The object `Cluster/cluster` holds the clock, the delays, the cloud switch and which components are
stopped. As it is an object, all of that is journalled, seen by every process, and can be wound back.
It is never served to the outside.
"""

from dataclasses import dataclass
from typing import Final

from clusters.engine.clock import Clock
from clusters.engine.objects import Key, Object, with_value
from clusters.engine.store import MemoryStore, Overlay

KEY: Final = Key("Cluster", "", "cluster")
INTERNAL_KINDS: Final = frozenset({"Cluster", "IPAMBlock", "TrafficClient"})
"""Kinds that only the simulator knows; the API, pages and exports leave them out."""

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
    """Whether a component of the control plane, such as `default-scheduler`, was stopped."""
    return component in _spec(store)["stopped"]


def clock_of(store: MemoryStore) -> Clock:
    fields = _spec(store)["clock"]
    return Clock(fields["anchorWall"], fields["anchorSimulated"], fields["speed"], fields["paused"])


def set_clock(store: Overlay, clock: Clock) -> None:
    _set(store, "clock", _clock_fields(clock))


def set_cloud(store: Overlay, cloud: bool) -> None:
    _set(store, "cloud", cloud)


def set_book(store: Overlay, book: bool) -> None:
    _set(store, "book", book)


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
