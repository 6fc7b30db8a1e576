"""The way of one pod from a person's request to a running container, as far as the journal tells.

These are the five steps of `kubectl run`: 1 kubectl asks the API server; 2 the pod is recorded and gets a
node; 3 the kubelet of that node hears of it; 4 it tells the container runtime; 5 the runtime pulls the image
and runs the container. Everything follows from an image and the journal up to its revision.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from clusters.engine.changes import ADDED, Change, by_person
from clusters.engine.cluster import KEY as CLUSTER
from clusters.engine.cluster import in_book_mode
from clusters.engine.objects import (
    Object,
    controller_of,
    name_of,
    simulation_of,
)
from clusters.engine.store import MemoryStore
from clusters.web.requests import request_line
from clusters.web.stalls import stall_of

if TYPE_CHECKING:
    # Its sentences read the map, which draws walks.
    from clusters.web.chain import Journal

SHOWN_FOR: Final = 6.0
"""Simulated seconds for which a walk that is done is still shown."""
LONGEST_CHAIN: Final = 50
SCALERS: Final = frozenset({"ReplicationController", "ReplicaSet", "Deployment"})

PULLING: Final = frozenset({"pulling", "pull-error", "pull-backoff", "never", "invalid"})
MADE: Final = frozenset({"creating", "running", "backoff", "exited", "config-error"})
"""Phases of a container (kubelet/states.py) before and after its image is there; "image" is before both."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stop on the way. `number` is the step it belongs to, 1 to 5; `state` done, now, waits or stalled.

    `place` is where it happens: a box of the control plane, or `kubelet` or `runtime` of `node`. `revision`
    is the journal's newest entry of it, 0 for none yet, and `time` when that was, in simulated seconds.
    `pulling` is (from, until) in simulated seconds if the page should add the percent of a pull; `message`
    is what a component says of why it stops here.
    """

    key: str
    number: int
    place: str
    text: str
    state: str
    revision: int = 0
    time: float | None = None
    node: str = ""
    pulling: tuple[float, float] | None = None
    message: str = ""

    @property
    def title(self) -> str:
        """The stage in a word or two."""
        return {
            "request": _("API server"),
            "etcd": "etcd",
            "controllers": _("Controllers"),
            "scheduler": _("Scheduler"),
            "kubelet": "kubelet",
            "runtime": _("runtime"),
            "pull": _("pull"),
            "run": _("run"),
        }[self.key]

    @property
    def label(self) -> str:
        """All of it in words."""
        words = {
            "done": _("done"),
            "now": _("under way"),
            "waits": _("not yet"),
            "stalled": _("stops here"),
        }
        text = f"{self.text}: {self.message}" if self.message else self.text
        values = {"number": self.number, "state": words[self.state], "text": text}
        label = _("Step %(number)d, %(state)s: %(text)s") % values
        return f"{label}, {revision_text(self.revision)}" if self.revision and self.key != "etcd" else label


@dataclass(frozen=True, slots=True)
class Walk:
    """The stages of a pod's way; of one that is still to be made, too: its `uid` is ""."""

    name: str
    uid: str
    stages: tuple[Stage, ...]
    asked: int = 0
    """The revision of the person's change that it began with, 0 if nobody asked."""
    ended: float | None = None
    """When all was done, in simulated seconds."""

    @property
    def request(self) -> str:
        """The line of the person's request, "" if nobody made one."""
        return self.stages[0].text if self.stages[0].key == "request" else ""

    @property
    def shown_until(self) -> float | None:
        """The simulated time until which the map follows it, None while that is open."""
        return self.ended + SHOWN_FOR if self.ended is not None else None

    @property
    def current(self) -> Stage:
        """The stage at which it is, the last one when all is done."""
        return next((stage for stage in self.stages if stage.state != "done"), self.stages[-1])


@dataclass(frozen=True, slots=True)
class _Mark:
    """What the journal knows of a stage: its newest entry, and whether that ends it."""

    key: str
    number: int
    place: str
    entry: Change | None
    done: bool
    node: str = ""


def walk_of(image: MemoryStore, journal: "Journal", uid: str) -> Walk | None:
    """The way of that pod, None if the journal no longer reaches back to its beginning."""
    own = journal.of(uid)
    if not own or own[0].verb != ADDED or own[0].key.kind != "Pod":
        return None
    request = _request_for(journal, own[0])
    marks = [*_beginning(request, own[0]), *_on_node(own)]
    pod = own[-1].object
    ended = marks[-1].entry.time if marks[-1].done and marks[-1].entry else None
    stages = _staged(image, pod, marks, request)
    return Walk(name_of(pod), uid, stages, request.revision if request else 0, ended)


def revision_text(revision: int) -> str:
    """Such as "revision 1 842"."""
    return _("revision %s") % f"{revision:,}".replace(",", "\u00a0")


def _is_pending(pod: Object) -> bool:
    """Whether not all of its containers have been started yet."""
    phase: str = (pod.get("status") or {}).get("phase", "Pending")
    return phase == "Pending"


def scaler_of(image: MemoryStore, change: Change) -> Object | None:
    """The controller that has to act on a person's change."""
    if change.key.kind in SCALERS:
        return image.get(*change.key)
    owner = controller_of(change.object) if change.key.kind == "Pod" else None
    return image.get(owner["kind"], change.key.namespace, owner["name"]) if owner else None


def walk_of_request(image: MemoryStore, request: Change) -> Walk:
    """The way of the pod that a controller has still to make."""
    scaler = scaler_of(image, request)
    assert scaler is not None
    marks = [*_asked(request), _Mark("controllers", 2, "controllers", None, done=False)]
    marks += [_Mark(key, number, place, None, done=False) for key, number, place in _LATER]
    return Walk(name_of(scaler), "", _staged(image, scaler, marks, request), request.revision)


_LATER: Final = (
    ("scheduler", 2, "scheduler"),
    ("kubelet", 3, "kubelet"),
    ("runtime", 4, "runtime"),
    ("pull", 5, "runtime"),
    ("run", 5, "runtime"),
)


def _request_for(journal: "Journal", made: Change) -> Change | None:
    """What a person did that led to the making of a pod; None if nobody did, or it is no longer known."""
    change: Change | None = made
    for _depth in range(LONGEST_CHAIN):
        if change is None:
            return None
        if change.key == CLUSTER:
            # A component that was started again finds what it has to do by itself.
            return _wish(journal, made.object)
        if by_person(change.actor):
            return change
        change = journal.at(change.cause)
    return None


def _wish(journal: "Journal", obj: Object) -> Change | None:
    """What a person last did to the controller of an object, or to the controller of that."""
    owner = controller_of(obj)
    while owner is not None:
        changes = journal.of(owner["uid"])
        asked = [change for change in changes if by_person(change.actor)]
        if asked:
            return asked[-1]
        owner = controller_of(changes[-1].object) if changes else None
    return None


def _asked(request: Change) -> Iterator[_Mark]:
    if request_line(request):
        yield _Mark("request", 1, "apiserver", request, done=True)
        yield _Mark("etcd", 2, "etcd", request, done=True)


def _beginning(request: Change | None, made: Change) -> Iterator[_Mark]:
    if request is not None:
        yield from _asked(request)
    if request is None or made.revision != request.revision:
        yield _Mark("controllers", 2, "controllers", made, done=True)


def _on_node(own: Sequence[Change]) -> Iterator[_Mark]:
    """The marks of a pod from its node to its containers."""
    bound = _first(own, lambda change: bool(change.object["spec"].get("nodeName")))
    node = bound.object["spec"]["nodeName"] if bound else ""
    if bound is None or bound.verb != ADDED:
        yield _Mark("scheduler", 2, "scheduler", bound, bound is not None, node)
    heard = _first(own, lambda change: change.actor.startswith("kubelet/"))
    yield _Mark("kubelet", 3, "kubelet", heard, heard is not None, node)
    told = _first(own, lambda change: any(phase in PULLING | MADE for phase in _phases(change.object)))
    yield _Mark("runtime", 4, "runtime", told, told is not None, node)
    pulled = _first(own, lambda change: all(phase in MADE for phase in _phases(change.object)))
    yield _Mark("pull", 5, "runtime", _last_pull(own, pulled) or told, pulled is not None, node)
    runs = _first(
        own, lambda change: (change.object.get("status") or {}).get("phase") not in (None, "Pending")
    )
    made = _first(own, lambda change: any(phase in MADE for phase in _phases(change.object)))
    yield _Mark("run", 5, "runtime", runs or made, runs is not None, node)


def _last_pull(own: Sequence[Change], pulled: Change | None) -> Change | None:
    """The last news of a pull: it began, failed, or begins again."""
    news: Change | None = None
    before: tuple[str, ...] = ()
    for change in own:
        if pulled is not None and change.revision >= pulled.revision:
            break
        phases = _phases(change.object)
        if phases != before and any(phase in PULLING for phase in phases):
            news = change
        before = phases
    return news


def _first(own: Sequence[Change], that: Callable[[Change], bool]) -> Change | None:
    return next((change for change in own if that(change)), None)


def _phases(pod: Object) -> tuple[str, ...]:
    """The phase of each container, "" for one that the kubelet has not looked at."""
    states = simulation_of(pod).get("containers") or {}
    spec = pod["spec"]
    containers = [*(spec.get("initContainers") or ()), *spec["containers"]]
    return tuple((states.get(container["name"]) or {}).get("phase", "") for container in containers)


def _staged(
    image: MemoryStore, obj: Object, marks: Sequence[_Mark], request: Change | None
) -> tuple[Stage, ...]:
    """The marks with their words. `obj` is the pod, or the controller that has to make it."""
    stages: list[Stage] = []
    waits = False
    for mark in marks:
        state = "done" if mark.done and not waits else "waits" if waits else "now"
        stall = stall_of(image, obj, mark.key) if state == "now" else None
        waits = waits or not mark.done
        stages.append(
            Stage(
                key=mark.key,
                number=mark.number,
                place=mark.place,
                text=stall.text if stall else _words(image, obj, mark, request),
                state="stalled" if stall else state,
                revision=mark.entry.revision if mark.entry else 0,
                time=mark.entry.time if mark.entry else None,
                node=mark.node if mark.place in ("kubelet", "runtime") else "",
                pulling=_pulling(obj) if mark.key == "pull" and state == "now" and not stall else None,
                message=stall.message if stall else "",
            )
        )
    return tuple(stages)


def _pulling(pod: Object) -> tuple[float, float] | None:
    for state in (simulation_of(pod).get("containers") or {}).values():
        if state["phase"] == "pulling" and state.get("until") is not None:
            return state["from"], state["until"]
    return None


def _words(image: MemoryStore, obj: Object, mark: _Mark, request: Change | None) -> str:
    if mark.key == "request":
        return request_line(request) if request else ""
    if mark.key == "etcd":
        return _("etcd keeps it, %s") % revision_text(mark.entry.revision) if mark.entry else ""
    values = {"name": name_of(obj), "node": mark.node}
    if mark.key == "controllers":
        return (_("controller makes pod %(name)s") if mark.done else _("controller makes a pod")) % values
    if mark.key == "scheduler":
        return f"{name_of(obj)} → {mark.node}" if mark.done else _("scheduler chooses a node")
    if mark.key == "kubelet":
        return (_("kubelet on %(node)s hears of it") if mark.node else _("kubelet hears of it")) % values
    return _runtime_words(image, obj, mark)


def _runtime_words(image: MemoryStore, obj: Object, mark: _Mark) -> str:
    values = {"runtime": "Docker" if in_book_mode(image) else "containerd", "image": _image_of(obj)}
    if mark.key == "runtime":
        return _("kubelet tells %(runtime)s to run it") % values
    if mark.key == "pull":
        there = mark.done and mark.entry is not None and not _was_pulled(mark.entry.object)
        return (_("%(image)s is there already") if there else _("%(runtime)s pulls %(image)s")) % values
    return (_("%(runtime)s runs %(image)s") if mark.done else _("%(runtime)s starts %(image)s")) % values


def _was_pulled(pod: Object) -> bool:
    return any(phase in PULLING for phase in _phases(pod))


def _image_of(obj: Object) -> str:
    """The image that is being pulled, or the first one; of a controller's template, too."""
    states = simulation_of(obj).get("containers") or {}
    pulled = [state.get("image", "") for state in states.values() if state.get("phase") in PULLING]
    spec = obj["spec"].get("template", obj)["spec"] if obj["kind"] != "Pod" else obj["spec"]
    image: str = (pulled or [spec["containers"][0]["image"]])[0]
    return image
