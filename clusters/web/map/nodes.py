"""One node as it is drawn: a house with pods in it, or a tile."""

import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, Final

from django.utils.translation import gettext as _

from clusters.engine import quantities
from clusters.engine.clock import parse_rfc3339
from clusters.engine.images import image_of
from clusters.engine.kubelet.node_status import is_running
from clusters.engine.objects import Object, condition_of, simulation_of
from clusters.web.map.plan import Box, Plan
from clusters.web.map.pods import (
    GhostView,
    GonePod,
    PodView,
    ghost_view,
    pod_view,
)
from clusters.web.map.words import Words
from clusters.web.states import is_silent, kubelet_is_stopped, node_state, pulling_container
from clusters.web.widths import fit, text_width, wrap

COUNTED: Final = (
    ("ready", ("ready", "completed")),
    ("starting", ("starting", "running", "pending")),
    ("terminating", ("terminating",)),
    ("crashing", ("crashing",)),
    ("unreachable", ("unreachable",)),
)
"""The bars of density Node and the states that each of them counts."""


@dataclass(frozen=True, slots=True)
class Bar:
    """How many pods of a node are in a state; `x` and `w` are its part of a bar in px."""

    state: str
    count: int
    word: str
    x: float
    w: float


@dataclass(frozen=True, slots=True)
class Foot:
    """The ground floor: what runs the pods, and which images are on the disk."""

    y: float
    runtime: str
    runtime_width: float
    kubelet: str
    kubelet_width: float
    icons: bool
    images: str
    busy: bool
    """An image is being pulled."""
    on: bool
    stopped: bool
    """Somebody stopped the kubelet."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What is written in a node that is not ready, `y` under its eaves."""

    y: float
    h: float
    title: str
    since: float | None
    """Simulated time of the last sign of life; None for a node that was never silent."""
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeView:
    """One node and all that is in it: a region of the map and some rows of the table."""

    template: ClassVar[str] = "clusters/map_node.jinja"

    id: str
    name: str
    uid: str
    plan: Plan
    box: Box
    first: bool
    """The map's one tab stop."""
    state: str
    word: str
    word_width: float
    label: str
    range: str
    aria: str
    powered: bool
    silence: Silence | None
    pods: tuple[PodView, ...]
    ghosts: tuple[GhostView, ...]
    bars: tuple[Bar, ...]
    bar_pitch: float
    usage: float
    """The share of the node that its pods ask for."""
    selected_service: str
    foot: Foot | None


@dataclass(frozen=True, slots=True)
class RowsView:
    """A node's rows in the table that stands beside the map."""

    template: ClassVar[str] = "clusters/map_rows.jinja"

    id: str
    node: str
    """"" for pods without a node."""
    pods: tuple[PodView, ...]


@lru_cache(maxsize=1024)
def natural(name: str) -> list[tuple[bool, int, str]]:
    """Sort key that puts node-2 before node-10."""
    return [
        (not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", name)
    ]


def node_id(name: str) -> str:
    """The DOM id of a node's region. A dot would end the id in a CSS selector; names have no underscore."""
    return "node-" + name.replace(".", "_")


def node_view(
    node: Object,
    placed: Sequence[tuple[int, Object]],
    *,
    box: Box,
    plan: Plan,
    first: bool,
    services: Mapping[str, Sequence[str]],
    selected_service: str,
    gone: Sequence[GonePod],
    clients: Collection[str],
    usage: float,
    words: Words,
    book: bool,
    known: dict[tuple[Hashable, ...], PodView],
) -> NodeView:
    """The node in its box.

    `placed` are its pods by slot, `services` the Services that a pod uid receives from, `clients` the uids
    of pods in which test clients are, `usage` the share of the node that is asked for; in `book` mode the
    runtime has the name that it has in the book. Pods that are in `known` are not made again.
    """
    name, state = node["metadata"]["name"], node_state(node)
    made_for = node["metadata"].get("resourceVersion", ""), plan.density, plan.layout, plan.slots
    pods = []
    for slot, pod in placed:
        metadata = pod["metadata"]
        uid = metadata["uid"]
        receives, client = tuple(services.get(uid, ())), uid in clients
        made_from = uid, metadata.get("resourceVersion", ""), name, made_for, slot, receives, client
        pod_seen = known.get(made_from)
        if pod_seen is None:
            pod_seen = known[made_from] = pod_view(pod, node, slot, plan, receives, words, client=client)
        pods.append(pod_seen)
    simulation = simulation_of(node)
    powered = bool(simulation.get("powered", True))
    word = words.nodes[state]
    word_width = text_width(word, 11.3)
    free = box.w - 33 - (0 if plan.tiles else word_width + 18)
    return NodeView(
        id=node_id(name),
        name=name,
        uid=node["metadata"]["uid"],
        plan=plan,
        box=box,
        first=first,
        state=state,
        word=word,
        word_width=round(word_width, 1),
        label=fit(name, free, 12 if plan.tiles else 13.5),
        range=words.no_power if not powered else (node.get("spec") or {}).get("podCIDR", ""),
        aria=f"{name}, {word}, {words.pods(len(pods))}",
        powered=powered,
        silence=_silence(node, len(placed) and placed[-1][0] + 1, box, plan) if state == "notready" else None,
        pods=tuple(pods),
        ghosts=tuple(_ghosts(gone, placed, box, plan)),
        bars=_bars(pods, box, plan, words) if plan.density == "nodes" else (),
        bar_pitch=round(min(48.0, (box.h - plan.foot - plan.slots.top - 30) / 3.2), 1),
        usage=round(usage, 3),
        selected_service=selected_service,
        foot=_foot(node, placed, box, plan, powered and state != "notready", book) if plan.foot else None,
    )


def _silence(node: Object, slots: int, box: Box, plan: Plan) -> Silence | None:
    """What a node that is not ready says under its pods; None where there is no room for it."""
    if plan.tiles or plan.density not in ("cards", "slim"):
        return None
    lines: list[str] = []
    if is_silent(node):
        for sentence in (_("Its pods may still run."), _("Nobody can tell.")):
            lines += wrap(sentence, box.w - 26, 11.3, 2)
    y = plan.slots.top + slots * plan.slots.pitch_y + 23
    height = 27 + 14.5 * len(lines)
    if y - 17 + height > box.h - plan.foot:
        return None
    title = _("No signal") if is_silent(node) else _("Not ready yet")
    return Silence(y, height, title, _silent_since(node) if is_silent(node) else None, tuple(lines))


def _silent_since(node: Object) -> float | None:
    heartbeat = simulation_of(node).get("heartbeat")
    if heartbeat is not None:
        return float(heartbeat)
    beat = (condition_of(node, "Ready") or {}).get("lastHeartbeatTime")
    return parse_rfc3339(beat) if beat else None


def _ghosts(
    gone: Sequence[GonePod], placed: Sequence[tuple[int, Object]], box: Box, plan: Plan
) -> Iterator[GhostView]:
    """The outlines of pods that are gone, where nobody has taken their place."""
    if plan.tiles or plan.density not in ("cards", "slim"):
        return
    taken = {slot for slot, _pod in placed}
    for pod in gone:
        slot = pod.slot
        if slot in taken and pod.called:
            # Somebody still asks for it: it is shown where there is room.
            slot = next(free for free in range(len(taken) + 1) if free not in taken)
        if slot in taken or plan.slots.at(slot)[1] + plan.slots.h > box.h - plan.foot:
            continue
        taken.add(slot)
        yield ghost_view(replace(pod, slot=slot), plan)


def usage_of(node: Object, usage: Sequence[int]) -> float:
    """How full a node is, 0 to 1, by what is scarcest. `usage` is (milli CPU, memory bytes, pods)."""
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    most = (
        quantities.milli(allocatable.get("cpu", 0)),
        quantities.whole(allocatable.get("memory", 0)),
        quantities.whole(allocatable.get("pods", 110)),
    )
    return max(
        (min(1.0, used / limit) for used, limit in zip(usage, most, strict=False) if limit), default=0.0
    )


def _bars(pods: Sequence[PodView], box: Box, plan: Plan, words: Words) -> tuple[Bar, ...]:
    width = box.w - (18 if plan.tiles else 33)
    counts = Counter(pod.state for pod in pods)
    bars: list[Bar] = []
    x = 0.0
    for state, states in COUNTED:
        count = sum(counts[member] for member in states)
        if count:
            part = round(width * count / len(pods), 2)
            bars.append(Bar(state, count, words.bars[state], x, part))
            x += part
    return tuple(bars)


def _foot(
    node: Object, placed: Sequence[tuple[int, Object]], box: Box, plan: Plan, running: bool, book: bool
) -> Foot:
    room = box.w - 19
    stopped = kubelet_is_stopped(node)
    kubelet = _("kubelet stopped") if stopped else "kubelet"
    runtime, icons, width = _chips(room, book, kubelet)
    words = (_pulling_words(pod) for _slot, pod in placed if is_running(node))
    pulling = next((text for text in words if text), "")
    images = simulation_of(node).get("images") or {}
    names = [short_image(image) for image in images]
    return Foot(
        y=box.h - plan.foot,
        runtime=runtime,
        runtime_width=width,
        kubelet=fit(kubelet, room - width - (25 if icons else 8), 10.5),
        kubelet_width=round(room - width, 2),
        icons=icons,
        images=fit(pulling, box.w - 40, 11) if pulling else _images_line(names, box.w - 40),
        busy=bool(pulling),
        on=running,
        stopped=stopped,
    )


def _chips(room: float, book: bool, kubelet: str) -> tuple[str, bool, float]:
    """The runtime's name as long as it fits beside the kubelet's, whether icons fit too, and its width."""
    names = ["Docker"] if book else ["containerd (Docker)", "containerd"]
    beside = text_width(kubelet, 10.5)
    for icons in (True, False):
        padding = 25 if icons else 14
        for name in names:
            width = text_width(name, 10.5)
            spare = room - width - beside - 2 * padding
            if spare >= 0:
                return name, icons, round(width + padding + spare / 2, 2)
    return names[-1], False, room / 2


def _pulling_words(pod: Object) -> str:
    container = pulling_container(pod)
    if container is None:
        return ""
    name = container.get("image") or pod["spec"]["containers"][0]["image"]
    image = image_of(name)
    if image is None:
        return _("%(image)s · pulling") % {"image": short_image(name)}
    return _("%(image)s · pulling %(size)d MB") % {
        "image": short_image(name),
        "size": round(image.size / 1e6),
    }


def _images_line(names: Sequence[str], room: float) -> str:
    """Image names joined by dots; those that do not fit are counted."""
    if not names:
        return _("no images yet")
    text = ""
    for shown in range(len(names), 0, -1):
        rest = f" · +{len(names) - shown}" if shown < len(names) else ""
        text = " · ".join(names[:shown])
        if text_width(text + rest, 11) <= room:
            break
    return fit(text, room - text_width(rest, 11), 11) + rest


def short_image(image: str) -> str:
    """`luksa/kubia:latest` -> `kubia`."""
    return image.split("@")[0].rsplit("/", 1)[-1].split(":")[0]
