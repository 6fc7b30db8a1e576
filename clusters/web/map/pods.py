"""One pod as it is drawn: its place, its texts and what moves by itself as time goes by.

Nothing here depends on the time of drawing: progress and countdowns carry simulated times that the page's
script follows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.utils.translation import gettext as _

from clusters.engine.clock import parse_rfc3339
from clusters.engine.kubelet.node_status import is_running
from clusters.engine.objects import Object, is_deleting, namespace_of
from clusters.web.map.plan import Plan
from clusters.web.map.words import Words
from clusters.web.states import (
    container_statuses,
    crash_words,
    kubectl_status,
    pod_state,
    pulling_container,
)
from clusters.web.widths import fit, fit_name

FORCE_AFTER: Final = 5.0
"""Simulated seconds that a pod is Terminating before it may be killed by force."""
MOST_SQUARES: Final = 4


@dataclass(frozen=True, slots=True)
class GonePod:
    """A pod that is no more, while its ghost is shown. `called`: somebody still calls its address."""

    uid: str
    namespace: str
    name: str
    node: str
    slot: int
    ip: str
    called: bool = False


class PodView(NamedTuple):
    """One pod. `x` and `y` are measured from its node's eaves.

    A tuple, because there may be a thousand and a frozen dataclass takes four times as long to make.
    """

    uid: str
    namespace: str
    name: str
    node: str
    ip: str
    """"" while it has none."""
    state: str
    word: str
    kubectl: str
    label: str
    """The name, shortened to the card."""
    aria: str
    kill: str
    """The accessible name of its Kill button, "" if it has none."""
    services: tuple[str, ...]
    """Names of the Services that send requests to it."""
    x: float
    y: float
    squares: tuple[bool, ...]
    """One a container: is it ready?"""
    more: int
    """Containers beyond the squares."""
    progress: tuple[float, float] | None
    """Simulated times between which the image is pulled."""
    until: float | None
    """Simulated time at which the grace period ends."""
    force_from: float | None
    """Simulated time from which it may be killed by force."""


@dataclass(frozen=True, slots=True)
class GhostView:
    """The outline of a pod that is gone."""

    uid: str
    name: str
    label: str
    ip: str
    word: str
    called: bool
    x: float
    y: float


def pod_view(
    pod: Object,
    node: Object,
    slot: int,
    plan: Plan,
    services: Sequence[str],
    words: Words,
    *,
    client: bool = False,
) -> PodView:
    """The pod in its slot; `client`: a test client calls from it."""
    metadata, status = pod["metadata"], pod.get("status") or {}
    name, state, ip = metadata["name"], pod_state(pod, node), status.get("podIP", "")
    node_name = node["metadata"]["name"]
    word = crash_words(pod) if state == "crashing" else words.states[state]
    tests = client and state == "ready"
    x, y = plan.slots.at(slot)
    squares = _squares(pod)
    shown = squares if len(squares) <= MOST_SQUARES else squares[: MOST_SQUARES - 1]
    # On a silent node nobody counts the grace period down.
    until, force_from = (None, None) if state == "unreachable" else _grace(pod)
    return PodView(
        uid=metadata["uid"],
        namespace=namespace_of(pod),
        name=name,
        node=node_name,
        ip=ip,
        state=state,
        word=_card_word(state, words.client if tests else word, len(squares), plan, len(shown), words),
        kubectl=kubectl_status(pod),
        label=_label(name, ip, plan),
        aria=words.aria(name, f"{word}, {words.client}" if tests else word, ip, node_name, services),
        kill=_kill(name, state, until, words),
        services=tuple(services),
        x=x,
        y=y,
        squares=shown,
        more=len(squares) - len(shown),
        progress=_pulling(pod) if state == "starting" and is_running(node) else None,
        until=until,
        force_from=force_from,
    )


def waiting_view(pod: Object, words: Words) -> PodView:
    """A pod without a node: an icon in the waiting tray, which gives it its place."""
    metadata = pod["metadata"]
    state = pod_state(pod, None)
    word = words.states[state]
    until, force_from = _grace(pod)
    return PodView(
        uid=metadata["uid"],
        namespace=namespace_of(pod),
        name=metadata["name"],
        node="",
        ip="",
        state=state,
        word=word,
        kubectl=kubectl_status(pod),
        label=metadata["name"],
        aria=words.aria(metadata["name"], word, "", "", ()),
        kill=_kill(metadata["name"], state, until, words),
        services=(),
        x=0,
        y=0,
        squares=(),
        more=0,
        progress=None,
        until=until,
        force_from=force_from,
    )


def ghost_view(gone: GonePod, plan: Plan) -> GhostView:
    x, y = plan.slots.at(gone.slot)
    return GhostView(
        uid=gone.uid,
        name=gone.name,
        label=_label(gone.name, gone.ip, plan),
        ip=gone.ip,
        word=_("gone · no answer") if gone.called else _("gone"),
        called=gone.called,
        x=x,
        y=y,
    )


def _label(name: str, ip: str, plan: Plan) -> str:
    if plan.density == "cards":
        return fit_name(name, plan.slots.w - 38, 12)
    # A slim pod shows its address; the name joins it where both fit.
    room = plan.slots.w - 46 - 7.5 * max(len(ip), 9)
    return fit_name(name, room, 11) if plan.density == "slim" and room >= 47 else ""


def _pulling(pod: Object) -> tuple[float, float] | None:
    container = pulling_container(pod)
    if container is None or "from" not in container or container.get("until") is None:
        return None
    return container["from"], container["until"]


def _kill(name: str, state: str, until: float | None, words: Words) -> str:
    if state == "unreachable":
        return ""
    return (words.kill if until is None else words.force) % name


def _squares(pod: Object) -> tuple[bool, ...]:
    statuses = container_statuses(pod)
    if statuses:
        return tuple(bool(container.get("ready")) for container in statuses)
    return (False,) * len(pod["spec"]["containers"])


def _card_word(state: str, word: str, containers: int, plan: Plan, squares: int, words: Words) -> str:
    if word == words.states["ready"] and containers > 1:
        word = words.containers(containers)
    return fit(word, plan.slots.w - 22 - 11 * squares, 10.8) if plan.density == "cards" else word


def _grace(pod: Object) -> tuple[float | None, float | None]:
    if not is_deleting(pod):
        return None, None
    metadata = pod["metadata"]
    until = parse_rfc3339(metadata["deletionTimestamp"])
    begun = until - metadata.get("deletionGracePeriodSeconds", 0)
    return until, begun + FORCE_AFTER


def services_by_pod(receiving: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Turn {Service name: pod uids} into {pod uid: Service names}."""
    found: dict[str, tuple[str, ...]] = {}
    for service, uids in receiving.items():
        for uid in uids:
            found[uid] = (*found.get(uid, ()), service)
    return found
