"""The inspector: what one object is, why it is here, what changed it, what was said of it, and its YAML.

`inspect` turns an image and the journal into plain data with translated texts; `inspector.jinja` prints
it. An object that is gone is shown as it last was.
"""

from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from clusters.engine.apiserver.resources import BY_KIND
from clusters.engine.changes import DELETED, Change
from clusters.engine.events import told_at
from clusters.engine.objects import (
    Key,
    Object,
    controller_of,
    is_deleting,
    name_of,
    namespace_of,
    simulation_of,
    uid_of,
    version_of,
)
from clusters.engine.store import MemoryStore
from clusters.web.chain import Journal, Step, story
from clusters.web.change_lines import ChangeLines, change_lines
from clusters.web.facts import Fact, facts_of
from clusters.web.reasons import Reason
from clusters.web.states import (
    crash_words,
    external_addresses,
    node_state,
    node_words,
    pod_state,
    state_words,
)
from clusters.web.steps import Walk, walk_of
from clusters.web.times import age_text, clock_text, started_at
from clusters.web.why_no_pod import why_not_replaced
from clusters.web.why_not import why_not
from clusters.web.yaml_text import yaml_text

TABS: Final = ("why", "changes", "events", "yaml")
SCALED: Final = frozenset({"ReplicationController", "ReplicaSet", "Deployment"})
"""Kinds that keep as many pods as they are told to."""
TONES: Final = {
    "ready": "run",
    "running": "run",
    "completed": "run",
    "starting": "work",
    "pending": "work",
    "terminating": "leave",
    "unreachable": "leave",
    "crashing": "fail",
    "notready": "fail",
    "cordoned": "leave",
}
"""The colour of each state of a pod or node."""


@dataclass(frozen=True, slots=True)
class Pill:
    """The state in a word. `icon` is the id of a symbol, "" for none."""

    word: str
    tone: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class EventLine:
    """One Event; `at` is when it was last told, in simulated seconds, `age` the text of that now."""

    type: str
    reason: str
    message: str
    count: int
    at: float
    age: str
    source: str


@dataclass(frozen=True, slots=True)
class Actions:
    """What can be done to the object; each False or "" if it cannot."""

    kill: bool = False
    force: bool = False
    power: str = ""
    """`off` or `on`: what the button does."""
    kubelet: str = ""
    """`stop` or `start`."""
    scale: bool = False
    replicas: int = 0
    expose: bool = False
    call: str = ""
    """The address that a client can be told to call, at `port`."""
    port: int = 80
    public: bool = False
    """It is called from the internet."""
    delete: str = ""
    """The collection of its URL, such as `services`."""


@dataclass(frozen=True, slots=True)
class InspectorView:
    """All that `inspector.jinja` prints. Only the open tab is filled."""

    kind: str
    namespace: str
    name: str
    uid: str
    tab: str
    pill: Pill | None
    gone: str
    """When it ended, as text; "" while it is there."""
    facts: list[Fact]
    actions: Actions
    reasons: list[Reason] = field(default_factory=list)
    """Why it is not as people expect it."""
    walk: Walk | None = None
    """A pod's way to its node and its containers."""
    steps: list[Step] = field(default_factory=list)
    changes: ChangeLines = field(default_factory=ChangeLines)
    asked: int = 0
    """The revision of the change whose causes are shown."""
    whole: bool = False
    events: list[EventLine] = field(default_factory=list)
    yaml: str = ""


def inspect(
    image: MemoryStore,
    journal: Journal,
    key: Key,
    tab: str = "why",
    *,
    uid: str = "",
    now: float = 0.0,
    link: str = "",
    asked: int = 0,
    whole: bool = False,
) -> InspectorView | None:
    """What the inspector shows of an object; None if neither the image nor the journal knows it.

    `uid` finds an object that is gone, also when another of its name has come. `now` is simulated time,
    `link` the URL at which a Service with a public address is reached for real. Of its changes, all are
    listed if `whole`, and the causes of that with the revision `asked` are shown.
    """
    tab = tab if tab in TABS else "why"
    obj = image.get(*key)
    end = None
    if uid and (obj is None or uid_of(obj) != uid):
        end = _last(journal, uid)
        obj = end.object if end else None
    if obj is None:
        return None
    return InspectorView(
        kind=obj["kind"],
        namespace=namespace_of(obj),
        name=name_of(obj),
        uid=uid_of(obj),
        tab=tab,
        pill=_gone_pill() if end else _pill(image, obj),
        gone=clock_text(end.time - started_at(image)) if end else "",
        facts=facts_of(image, obj, "" if end else link),
        actions=Actions() if end else _actions(obj),
        reasons=_reasons(image, journal, obj, now, gone=end is not None) if tab == "why" else [],
        walk=walk_of(image, journal, uid_of(obj)) if tab == "why" else None,
        steps=story(image, journal, uid_of(obj), now) if tab == "why" else [],
        changes=_changes(image, journal, obj, asked, whole) if tab == "changes" else ChangeLines(),
        asked=asked if tab == "changes" else 0,
        whole=whole and tab == "changes",
        events=events_of(image, obj, now) if tab == "events" else [],
        yaml=yaml_text(obj) if tab == "yaml" else "",
    )


def _changes(image: MemoryStore, journal: Journal, obj: Object, asked: int, whole: bool) -> ChangeLines:
    return change_lines(image, journal, uid_of(obj), asked=asked, whole=whole)


def _reasons(image: MemoryStore, journal: Journal, obj: Object, now: float, *, gone: bool) -> list[Reason]:
    if not gone:
        return why_not(image, obj, now)
    if obj["kind"] != "Pod":
        return []
    deaths = [change for change in journal.of(uid_of(obj)) if is_deleting(change.object)]
    return list(why_not_replaced(image, obj, deaths[0].actor if deaths else ""))


def _last(journal: Journal, uid: str) -> Change | None:
    changes = journal.of(uid)
    return changes[-1] if changes and changes[-1].verb == DELETED else None


def _gone_pill() -> Pill:
    return Pill(_("Gone"), "leave", "s-gone")


def _pill(image: MemoryStore, obj: Object) -> Pill | None:
    kind = obj["kind"]
    if kind == "Pod":
        node = obj["spec"].get("nodeName") or ""
        state = pod_state(obj, image.get("Node", "", node) if node else None)
        word = crash_words(obj) if state == "crashing" else state_words()[state]
        return Pill(word, TONES[state], f"s-{state}")
    if kind == "Node":
        state = node_state(obj)
        return Pill(node_words()[state], TONES[state], "s-crashing" if state == "notready" else f"s-{state}")
    if is_deleting(obj):
        return Pill(_("Terminating"), "leave", "s-terminating")
    if kind in SCALED:
        ready, wanted = (obj.get("status") or {}).get("readyReplicas", 0), obj["spec"].get("replicas", 1)
        text = _("%(ready)d of %(wanted)d ready") % {"ready": ready, "wanted": wanted}
        return Pill(text, "run" if ready == wanted else "work")
    if kind == "Service":
        waits = obj["spec"].get("type") == "LoadBalancer" and not external_addresses(obj)
        return Pill(_("Waiting for the cloud"), "work") if waits else Pill(_("Stays the same"), "svc")
    return None


def _actions(obj: Object) -> Actions:
    kind = obj["kind"]
    if kind == "Pod":
        ports = [port for container in obj["spec"]["containers"] for port in container.get("ports") or ()]
        port = next((port["containerPort"] for port in ports), 80)
        ip = (obj.get("status") or {}).get("podIP", "")
        return Actions(kill=True, force=is_deleting(obj), call=ip, port=port)
    if kind == "Node":
        simulation = simulation_of(obj)
        if not simulation.get("powered", True):
            return Actions(power="on", delete="nodes")
        kubelet = {"running": "stop", "stopped": "start"}.get(simulation.get("kubelet", ""), "")
        return Actions(power="off", kubelet=kubelet, delete="nodes")
    if kind in SCALED:
        # A Deployment would give its ReplicaSet the old size again at once.
        free = controller_of(obj) is None
        replicas = obj["spec"].get("replicas", 1)
        return Actions(scale=free, expose=free, replicas=replicas, delete=BY_KIND[kind].plural)
    if kind == "Service" and (namespace_of(obj), name_of(obj)) != ("default", "kubernetes"):
        public = next(iter(external_addresses(obj)), "")
        port = next((port["port"] for port in obj["spec"].get("ports") or ()), 80)
        name = name_of(obj) if namespace_of(obj) == "default" else f"{name_of(obj)}.{namespace_of(obj)}"
        return Actions(call=public or name, port=port, public=bool(public), delete="services")
    return Actions()


def events_of(image: MemoryStore, obj: Object, now: float) -> list[EventLine]:
    """The Events about an object, the newest last."""
    found = image.indexed("events-by-object", uid_of(obj))
    if obj["kind"] == "Node":
        # The kubelet gives its node's name where others give the uid, in life as here.
        found = [*found, *image.indexed("events-by-object", name_of(obj))]
    # Within a second the order of writing decides: only some Events have fractions.
    told = sorted((int(told_at(event)), version_of(event), number) for number, event in enumerate(found))
    return [_event_line(found[number], now) for _second, _version, number in told]


def _event_line(event: Object, now: float) -> EventLine:
    series = event.get("series") or {}
    at = told_at(event)
    source = event.get("source") or {}
    return EventLine(
        type=event.get("type", "Normal"),
        reason=event.get("reason", ""),
        message=event.get("message", ""),
        count=series.get("count") or event.get("count") or 1,
        at=at,
        age=age_text(max(0.0, now - at)),
        source=source.get("component") or event.get("reportingComponent", ""),
    )
