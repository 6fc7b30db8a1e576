"""ReplicationControllers, ReplicaSets and Deployments.

Models their describers in kubectl's `pkg/describe/describe.go`, and its `pkg/util/deployment`.
"""

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.tables.ages import seconds_of
from clusters.engine.apiserver.tables.columns import labels_text, number, part, parts, text
from clusters.engine.objects import Object
from clusters.terminal.kubectl.describe import fields
from clusters.terminal.kubectl.describe.pods import describe_pod_template
from clusters.terminal.kubectl.describe.prefix_writer import LEVEL_0, LEVEL_1, PrefixWriter
from clusters.terminal.kubectl.describe.probes import int_or_string
from clusters.terminal.kubectl.describe.request import Request


async def replication_controller(request: Request, w: PrefixWriter) -> None:
    """With how many of its pods are in which phase."""
    found = await request.get()
    spec = part(found, "spec")
    pods_status = await _pods_status(request, found, ",".join(fields.labels(part(spec, "selector"))))
    fields.name_and_namespace(w, found)
    w.write(LEVEL_0, f"Selector:\t{labels_text(spec.get('selector'))}\n")
    fields.labels_and_annotations(w, found)
    _replicas(found, pods_status, w)
    await request.describe_events(found, w)


async def replica_set(request: Request, w: PrefixWriter) -> None:
    """As a ReplicationController; that its pods cannot be had is said on the page."""
    found = await request.get()
    selector = part(found, "spec").get("selector")
    try:
        pods_status = await _pods_status(request, found, fields.selector_text(selector, ""))
    except StatusError as error:
        pods_status = f"error in fetching pods: {error}"
    fields.name_and_namespace(w, found)
    w.write(LEVEL_0, f"Selector:\t{fields.selector_text(selector)}\n")
    fields.labels_and_annotations(w, found)
    owner = fields.controlled_by(found)
    if owner:
        w.write(LEVEL_0, f"Controlled By:\t{owner}\n")
    _replicas(found, pods_status, w)
    await request.describe_events(found, w)


async def deployment(request: Request, w: PrefixWriter) -> None:
    """With its ReplicaSets, old and new, if they can be had."""
    found = await request.get()
    events = PrefixWriter()
    await request.describe_events(found, events)
    try:
        old, new = await _replica_sets(request, found)
    except StatusError:
        old, new = [], []
    _head_of_deployment(found, w)
    describe_pod_template(part(found, "spec").get("template") or {}, w)
    _conditions(found, w)
    if old or new:
        w.write(LEVEL_0, f"OldReplicaSets:\t{_created(old)}\n")
        w.write(LEVEL_0, f"NewReplicaSet:\t{_created(new)}\n")
    w.append(events)


async def _pods_status(request: Request, controller: Object, selector: str) -> str:
    """How many of the pods that it controls are in which phase."""
    uid = text(part(controller, "metadata"), "uid")
    path = f"/api/v1/namespaces/{request.namespace}/pods"
    pods = await request.list_all(path, labelSelector=selector)
    phases = [text(part(pod, "status"), "phase") for pod in pods if _controls(uid, pod)]
    counted = (("Pending", "Waiting"), ("Succeeded", "Succeeded"), ("Failed", "Failed"))
    others = "".join(f" / {phases.count(phase)} {title}" for phase, title in counted)
    return f"{phases.count('Running')} Running{others}"


def _controls(uid: str, obj: Object) -> bool:
    owners = parts(part(obj, "metadata"), "ownerReferences")
    return next((text(o, "uid") for o in owners if fields.flag(o, "controller")), None) == uid


def _replicas(found: Object, pods_status: str, w: PrefixWriter) -> None:
    spec, status = part(found, "spec"), part(found, "status")
    w.write(
        LEVEL_0, f"Replicas:\t{number(status, 'replicas')} current / {number(spec, 'replicas')} desired\n"
    )
    w.write(LEVEL_0, f"Pods Status:\t{pods_status}\n")
    describe_pod_template(spec.get("template"), w)
    _conditions(found, w)


def _conditions(found: Object, w: PrefixWriter) -> None:
    conditions = parts(part(found, "status"), "conditions")
    if not conditions:
        return
    w.write(LEVEL_0, "Conditions:\n  Type\tStatus\tReason\n")
    w.write(LEVEL_1, "----\t------\t------\n")
    for condition in conditions:
        type_, status, reason = (text(condition, field) for field in ("type", "status", "reason"))
        w.write(LEVEL_1, f"{type_} \t{status}\t{reason}\n")


def _head_of_deployment(found: Object, w: PrefixWriter) -> None:
    metadata, spec, status = (part(found, field) for field in ("metadata", "spec", "status"))
    fields.name_and_namespace(w, found)
    w.write(LEVEL_0, f"CreationTimestamp:\t{fields.time_text(metadata.get('creationTimestamp'))}\n")
    fields.labels_and_annotations(w, found)
    w.write(LEVEL_0, f"Selector:\t{fields.selector_text(spec.get('selector'), '')}\n")
    counts = " | ".join(
        f"{number(status, field)} {title}"
        for field, title in (
            ("updatedReplicas", "updated"),
            ("replicas", "total"),
            ("availableReplicas", "available"),
            ("unavailableReplicas", "unavailable"),
        )
    )
    w.write(LEVEL_0, f"Replicas:\t{number(spec, 'replicas')} desired | {counts}\n")
    strategy = part(spec, "strategy")
    w.write(LEVEL_0, f"StrategyType:\t{text(strategy, 'type')}\n")
    w.write(LEVEL_0, f"MinReadySeconds:\t{number(spec, 'minReadySeconds')}\n")
    rolling = strategy.get("rollingUpdate")
    if isinstance(rolling, dict):
        unavailable, surge = (int_or_string(rolling.get(f)) for f in ("maxUnavailable", "maxSurge"))
        w.write(LEVEL_0, f"RollingUpdateStrategy:\t{unavailable} max unavailable, {surge} max surge\n")


async def _replica_sets(request: Request, found: Object) -> tuple[list[Object], list[Object]]:
    """The old ReplicaSets of a Deployment, and the one of its template."""
    spec = part(found, "spec")
    uid = text(part(found, "metadata"), "uid")
    path = f"/apis/apps/v1/namespaces/{request.namespace}/replicasets"
    selector = fields.selector_text(spec.get("selector"), "")
    listed = await request.list_all(path, labelSelector=selector)
    owned = sorted((found for found in listed if _controls(uid, found)), key=_by_age)
    new = [each for each in owned if _without_hash(part(each, "spec")) == _without_hash(spec)][:1]
    return [each for each in owned if each not in new], new


def _by_age(obj: Object) -> tuple[float, str]:
    metadata = part(obj, "metadata")
    return seconds_of(metadata.get("creationTimestamp")) or 0.0, text(metadata, "name")


def _without_hash(spec: Object) -> Object:
    """The pod template without the label that tells ReplicaSets apart."""
    template = part(spec, "template")
    metadata = part(template, "metadata")
    labels = {k: v for k, v in part(metadata, "labels").items() if k != "pod-template-hash"}
    return {**template, "metadata": {**metadata, "labels": labels}}


def _created(replica_sets: list[Object]) -> str:
    return (
        ", ".join(
            f"{text(part(found, 'metadata'), 'name')} ({number(part(found, 'status'), 'replicas')}"
            f"/{number(part(found, 'spec'), 'replicas')} replicas created)"
            for found in replica_sets
        )
        or "<none>"
    )
