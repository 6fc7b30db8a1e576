"""What is told of controllers: who scaled them, what they did, and how a rollout goes on."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clusters.engine.changes import ADDED, DELETED
from clusters.engine.objects import Object, condition_of, controller_of
from clusters.web.states import external_addresses
from clusters.web.telling import Sentence, Told, actor_name, mono, say, strong, you_changed


def you_deployment(told: Told) -> list[Sentence]:
    """Besides its size, people change what a Deployment runs and whether it rolls that out."""
    if told.before is None or told.dies or told.change.verb == DELETED:
        return you_changed(told)
    values = {"you": strong(_("You")), "name": mono(told.name)}
    said = you_scaler(told) if _scaled(told) else []
    images = _images(told.change.object)
    if images != _images(told.before):
        text = _("{you} changed the image of {name} to {image}")
        said.append(say("s-command", "quiet", text, image=mono(", ".join(images)), **values))
    paused = bool(told.change.object["spec"].get("paused"))
    if paused != bool(told.before["spec"].get("paused")):
        text = _("{you} paused the rollout of {name}") if paused else _("{you} resumed the rollout of {name}")
        said.append(say("s-command", "quiet", text, **values))
    return said or you_changed(told)


def _images(deployment: Object) -> list[str]:
    return [container["image"] for container in deployment["spec"]["template"]["spec"]["containers"]]


def you_scaler(told: Told) -> list[Sentence]:
    """A person's change of what keeps a number of pods."""
    if told.change.verb == DELETED or not _scaled(told):
        return you_changed(told)
    return [say("s-command", "quiet", _scaling(), actor=strong(_("You")), **_sizes(told))]


def _scaling() -> str:
    return _("{actor} scaled {name} from {before} to {after}")


def _scaled(told: Told) -> bool:
    """Whether the change is one of how many pods are wanted."""
    sizes = _sizes(told)
    return sizes["before"] not in (None, sizes["after"])


def _sizes(told: Told) -> dict[str, object]:
    before = None if told.before is None else told.before["spec"].get("replicas")
    return {"name": mono(told.name), "before": before, "after": told.change.object["spec"].get("replicas")}


def deployer(told: Told) -> list[Sentence]:
    """What a Deployment did to one of its ReplicaSets."""
    actor, name = strong(_("Deployment controller")), mono(told.name)
    if told.change.verb == ADDED:
        text = _("{actor} created ReplicaSet {name}")
        return [say("g-controllers", "quiet", text, actor=actor, name=name)]
    if told.dies or told.change.verb == DELETED:
        text = _("{actor} deleted {name}: there are enough older revisions")
        return [say("s-terminating", "quiet", text, actor=actor, name=name)]
    if _scaled(told):
        return [say("g-controllers", "quiet", _scaling(), actor=actor, **_sizes(told))]
    return []


def rollout(told: Told) -> list[Sentence]:
    """What a Deployment says of its rollout."""
    reason = _progress(told.change.object)
    if reason == _progress(told.before):
        return []
    name = mono(told.name)
    if reason == "NewReplicaSetAvailable":
        return [say("s-ready", "run", _("The rollout of {name} is complete"), name=name)]
    if reason == "ProgressDeadlineExceeded":
        return [say("s-crashing", "fail", _("The rollout of {name} makes no progress"), name=name)]
    return []


def _progress(deployment: Object | None) -> str | None:
    condition = condition_of(deployment, "Progressing") if deployment else None
    return None if condition is None else condition.get("reason")


def counted(told: Told) -> list[Sentence]:
    """What a controller reports of its pods."""
    counts, before = _counts(told.change.object), _counts(told.before)
    if counts == before:
        return []
    text = ngettext(
        "{actor} counted {n} pod, {ready} ready", "{actor} counted {n} pods, {ready} ready", counts[0]
    )
    actor = actor_name(told.change.actor)
    return [say("g-controllers", "quiet", text, actor=actor, n=counts[0], ready=counts[1])]


def _counts(obj: Object | None) -> tuple[int, int]:
    status = (obj or {}).get("status") or {}
    return status.get("replicas", 0), status.get("readyReplicas", 0)


def scaler_pod(told: Told) -> list[Sentence]:
    """What a controller did to a pod, and the count that made it."""
    owner = controller_of(told.change.object) or {"kind": "ReplicationController"}
    actor, name = strong(owner["kind"]), mono(told.name)
    if told.change.verb == ADDED:
        did, icon = say("g-api", "quiet", _("It created {name}"), name=name), "g-controllers"
    elif told.dies:
        did, icon = say("s-terminating", "quiet", _("It deleted {name}"), name=name), "g-controllers"
    else:
        return []
    if told.counted is None or told.wanted is None:
        return [say(icon, "quiet", _("{actor} looked at its pods"), actor=actor), did]
    text = ngettext(
        "{actor} counted {n} pod, wants {wanted}", "{actor} counted {n} pods, wants {wanted}", told.counted
    )
    return [say(icon, "quiet", text, actor=actor, n=told.counted, wanted=told.wanted), did]


def collector(told: Told) -> list[Sentence]:
    if not told.dies:
        return []
    text = _("{actor} deleted {name}: its owner is gone")
    return [say("s-terminating", "quiet", text, actor=strong(_("Garbage collector")), name=mono(told.name))]


def namespaces(told: Told) -> list[Sentence]:
    if told.change.verb != DELETED and not told.dies:
        return []
    text = _("{actor} deleted {name}: its namespace goes")
    return [
        say("s-terminating", "quiet", text, actor=strong(_("Namespace controller")), name=mono(told.name))
    ]


def cloud_service(told: Told) -> list[Sentence]:
    now = external_addresses(told.change.object)
    if not now or now == (external_addresses(told.before) if told.before else []):
        return []
    text = _("{cloud} gave it the public address {ip}")
    return [say("g-balancer", "run", text, cloud=strong(_("The cloud")), ip=mono(", ".join(now)))]
