"""What stands around the nodes: the cluster's ground, the control plane, and the world outside."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from django.utils.translation import gettext as _

from clusters.engine.cluster import CONTROLLER_MANAGER, SCHEDULER, is_stopped
from clusters.engine.objects import Object
from clusters.engine.store import MemoryStore
from clusters.web.activity import Activity
from clusters.web.map.commands import component_boxes
from clusters.web.map.endpoints import ServiceFacts
from clusters.web.map.plan import Box, Plan
from clusters.web.requests import short_line
from clusters.web.states import external_addresses
from clusters.web.steps import revision_text
from clusters.web.widths import fit

STOPPABLE: Final = {"controllers": CONTROLLER_MANAGER, "scheduler": SCHEDULER}
"""The parts of the control plane that can be stopped, as the engine names them."""


@dataclass(frozen=True, slots=True)
class GroundView:
    """The cluster's box."""

    template: ClassVar[str] = "clusters/map_ground.jinja"

    id: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Place:
    """A box with a glyph, a name and a line of what it last did or where it is."""

    key: str
    box: Box
    glyph: str
    title: str
    text: str
    mono: bool = False
    waiting: bool = False
    stopped: bool = False
    full: str = ""
    """All of a text that had to be shortened."""
    revision: int = 0
    """The cluster's, where it is told."""


@dataclass(frozen=True, slots=True)
class ControlPlaneView:
    """The four boxes of the control plane."""

    template: ClassVar[str] = "clusters/map_control_plane.jinja"

    id: str
    plan: Plan
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class OutsideView:
    """You, the cloud's load balancer, its visitors, and how to read the map."""

    template: ClassVar[str] = "clusters/map_outside.jinja"

    id: str
    plan: Plan
    places: tuple[Place, ...]
    routes: tuple[tuple[str, str], ...]
    """DOM id, path."""
    doors: tuple[str, ...]
    """Uids of the Services that are reached from outside."""
    legend: tuple[tuple[str, str], ...]
    """Icon, words."""


def control_plane(plan: Plan, image: MemoryStore, activity: Activity, waiting: int) -> ControlPlaneView:
    """The control plane, with what each part of it did last."""
    titles = {
        "apiserver": ("g-api", _("API server"), _("ready")),
        "etcd": ("g-etcd", "etcd", revision_text(image.revision)),
        "controllers": ("g-controllers", _("Controllers"), _controllers(image)),
        "scheduler": ("g-scheduler", _("Scheduler"), _scheduler(waiting)),
    }
    stopped = {key for key, component in STOPPABLE.items() if is_stopped(image, component)}
    did = {key: act.text for key, act in activity.items()}
    texts = {**did, **dict.fromkeys(stopped, _("stopped"))}
    places = []
    for key, box in component_boxes(plan).items():
        glyph, title, rest = titles[key]
        text = texts.get(key) or rest
        shorten = short_line if key == "apiserver" and text == did.get(key) else fit
        shown = shorten(text, box.w - 48, 11.2)
        place = Place(key, box, glyph, title, shown, stopped=key in stopped)
        place = replace(place, full=text if shown != text else "")
        places.append(replace(place, revision=image.revision) if key == "etcd" else place)
    return ControlPlaneView("map-control-plane", plan, tuple(places))


def _controllers(image: MemoryStore) -> str:
    """The count that a ReplicationController or Deployment changed last: "kubia: 3 of 3"."""
    latest = max(
        [*image.list("ReplicationController"), *image.list("Deployment")],
        key=lambda controller: int(controller["metadata"]["resourceVersion"]),
        default=None,
    )
    if latest is None:
        return _("watching")
    return _("%(name)s: %(count)d of %(wanted)d") % {
        "name": latest["metadata"]["name"],
        "count": (latest.get("status") or {}).get("replicas", 0),
        "wanted": latest["spec"].get("replicas", 1),
    }


def _scheduler(waiting: int) -> str:
    return _("%d waiting") % waiting if waiting else _("nothing to place")


def outside(
    plan: Plan, services: Sequence[ServiceFacts], boxes: Sequence[Box], callers: Collection[str] = ()
) -> OutsideView:
    """The world outside the cluster. `boxes` are the pills of the Services that have one, `callers` says
    from where somebody calls: `internet`, `laptop`.
    """
    public = [(s, box) for s, box in zip(services, boxes, strict=True) if _is_public(s.object)]
    doors = [_door(public[0][0].object, public[0][1])] if public else []
    you = plan.you or "laptop" in callers
    places: list[Place] = []
    if plan.you:
        places.append(Place("you", Box(16, 20, 128, 48), "g-laptop", _("You"), "kubectl"))
    y = doors[0].box.bottom + 30 if doors else plan.pill.y + 82
    places += doors
    if doors or "internet" in callers:
        places.append(Place("visitor", Box(16, y, 128, 46), "g-globe", _("Visitor"), _("internet")))
        y += 46 + 14
    if you and not plan.you:
        places.append(Place("you", Box(16, y, 128, 46), "g-laptop", _("You"), _("laptop")))
    routes = _routes(plan, places, public, "laptop" in callers)
    return OutsideView(
        "map-outside",
        plan,
        tuple(places),
        tuple(routes),
        tuple(service.uid for service, _box in public),
        _legend() if plan.legend else (),
    )


def _routes(
    plan: Plan, places: Sequence[Place], public: Sequence[tuple[ServiceFacts, Box]], laptop: bool
) -> Iterator[tuple[str, str]]:
    """The lines: you to the API server, and all who call through the door to the Services behind it."""
    boxes = {place.key: place.box for place in places}
    door, visitor, you = boxes.get("door"), boxes.get("visitor"), boxes.get("you")
    if plan.you and you:
        yield "route-api", f"M144 {you.middle:g}H{plan.pill.x:g}"
    if door is None:
        return
    if visitor:
        yield "route-visitor", f"M80 {visitor.y:g}V{door.bottom:g}"
    if you and laptop:
        down = f"M80 {you.bottom:g}V{door.y:g}"
        # Beside the visitor, and in by the door's right side.
        around = f"M144 {you.middle:g}h1q6 0 6-6V{door.middle + 6:g}"
        yield "route-you", down if plan.you else around
    for service, box in public:
        bend = "" if box.middle == door.middle else f"H151V{box.middle:g}"
        yield f"route-door-{service.uid}", f"M144 {door.middle:g}{bend}H{box.x:g}"


def _is_public(service: Object) -> bool:
    return service["spec"].get("type") in ("NodePort", "LoadBalancer")


def _door(service: Object, pill: Box) -> Place:
    box = Box(16, pill.middle - 26, 128, 52)
    if service["spec"]["type"] == "NodePort":
        port = next(iter(service["spec"].get("ports") or [{}])).get("nodePort", "")
        return Place("door", box, "g-balancer", _("Every node"), f":{port}", mono=True)
    addresses = external_addresses(service)
    if not addresses:
        return Place("door", box, "g-balancer", _("Load balancer"), _("no address yet"), waiting=True)
    return Place(
        "door", box, "g-balancer", _("Load balancer"), fit(addresses[0], 82, 10.4, mono=True), mono=True
    )


def _legend() -> tuple[tuple[str, str], ...]:
    return (
        ("s-ready", _("Ready")),
        ("s-starting", _("Starting")),
        ("s-terminating", _("Terminating")),
        ("s-crashing", _("Crashing / NotReady")),
        ("s-unreachable", _("Unreachable")),
        ("s-gone", _("Gone")),
        ("s-request", _("Request")),
        ("s-command", _("Command")),
        ("s-no-answer", _("No answer")),
    )
