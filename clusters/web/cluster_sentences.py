"""What is told of the simulator itself: its clock, its switches, and clients that people have placed."""

from collections.abc import Iterator

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clusters.access import OWN
from clusters.engine.changes import ADDED, DELETED
from clusters.engine.cluster import CONTROLLER_MANAGER, SCHEDULER
from clusters.engine.objects import Object
from clusters.web.telling import Sentence, Told, actor_name, mono, say
from clusters.web.times import clock_text, created_at


def simulator(told: Told) -> list[Sentence]:
    """What somebody changed of the object `Cluster/cluster`."""
    actor = actor_name(told.change.actor)
    if told.before is None:
        return [say("g-controllers", "quiet", _("{actor} began this cluster"), actor=actor)]
    before, after = _spec(told.before), _spec(told.change.object)
    texts = [
        *_turned(before, after),
        *_stopped(set(before["stopped"]), set(after["stopped"])),
        *_set(before, after, created_at(told.change.object)),
    ]
    return [say("s-command", "quiet", text, actor=actor, **values) for text, values in texts]


def _spec(cluster: Object) -> Object:
    return {**cluster["spec"], **cluster["spec"]["clock"]}


Texts = Iterator[tuple[str, dict[str, SafeString]]]


def _turned(before: Object, after: Object) -> Texts:
    """What is either on or off."""
    words = {
        "paused": (_("{actor} let the clock go on"), _("{actor} stopped the clock")),
        "cloud": (_("{actor} switched the cloud off"), _("{actor} switched the cloud on")),
        "book": (_("{actor} closed the book"), _("{actor} opened the book")),
    }
    for switch, texts in words.items():
        if bool(before.get(switch)) != bool(after.get(switch)):
            yield texts[bool(after.get(switch))], {}


def _set(before: Object, after: Object, started: float) -> Texts:
    """What has more values than two."""
    moved = {name for name in after if after[name] != before.get(name)}
    if "speed" in moved:
        yield _("{actor} set the clock to {speed}"), {"speed": mono(f"{after['speed']:g}×")}
    if "steps" in moved:
        yield _("{actor} moved the time on by hand"), {}
    if "role" in moved:
        yield (_("{actor} kept the clock") if after["role"] == OWN else _("{actor} shared the clock")), {}
    if "pulls" in moved:
        yield _pulls(after["pulls"]), {}
    if "continuedFrom" in moved:
        time = clock_text(after["continuedFrom"]["time"] - started, tenths=True)
        yield (
            _("{actor} continued from {time}. What came after it stays in the history"),
            {"time": mono(time)},
        )


def _stopped(before: set[str], after: set[str]) -> Texts:
    for component in sorted(after - before):
        yield _("{actor} stopped the {component}"), {"component": mono(component_name(component))}
    for component in sorted(before - after):
        yield _("{actor} started the {component}"), {"component": mono(component_name(component))}


def component_name(component: str) -> str:
    """A component that can be stopped, as the page calls it inside a sentence."""
    names = {SCHEDULER: _("scheduler"), CONTROLLER_MANAGER: _("controller manager")}
    return names.get(component, component)


def _pulls(how: str) -> str:
    texts = {
        "slow": _("{actor} made the registry slow"),
        "fail": _("{actor} cut the nodes off from the registry"),
    }
    return texts.get(how, _("{actor} let images come at full speed"))


def restored(told: Told) -> list[Sentence]:
    """What became of an object when the cluster went back to an earlier moment."""
    values = {"kind": told.change.key.kind, "name": mono(told.name)}
    if told.change.verb == ADDED:
        return [say("s-command", "quiet", _("{kind} {name} is back, as it was then"), **values)]
    if told.change.verb == DELETED:
        return [say("s-gone", "quiet", _("{kind} {name} went: it did not exist then"), **values)]
    return [say("s-command", "quiet", _("{kind} {name} is again what it was then"), **values)]


def placed_client(told: Told) -> list[Sentence]:
    """A client that calls an address every few seconds."""
    spec = told.change.object["spec"]
    values = {
        "actor": actor_name(told.change.actor),
        "target": mono(f"{spec['target']}:{spec['port']}"),
        "every": f"{spec['every']:g} s",
    }
    if told.change.verb == ADDED:
        return [
            say(
                "s-request", "quiet", _("{actor} placed a client that calls {target} every {every}"), **values
            )
        ]
    if told.change.verb == DELETED:
        return [say("s-gone", "quiet", _("{actor} took away the client that calls {target}"), **values)]
    return []
