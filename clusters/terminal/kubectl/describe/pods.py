"""Pods, and the templates that pods are made of.

Models describePod and DescribePodTemplate of kubectl's `pkg/describe/describe.go`. Left out: the QoS class
of a pod that has none in its status.
"""

from typing import Any, Final

from clusters.engine.apiserver.tables.ages import since
from clusters.engine.apiserver.tables.columns import number, part, parts, text
from clusters.engine.objects import Object
from clusters.terminal.kubectl.describe import fields
from clusters.terminal.kubectl.describe.containers import (
    describe_containers,
    describe_resources,
    describe_seccomp,
)
from clusters.terminal.kubectl.describe.events import describe_events
from clusters.terminal.kubectl.describe.prefix_writer import LEVEL_0, LEVEL_1, PrefixWriter
from clusters.terminal.kubectl.describe.request import Request
from clusters.terminal.kubectl.describe.volumes import describe_volumes

_MIRROR: Final = "kubernetes.io/config.mirror"


async def pod(request: Request, w: PrefixWriter) -> None:
    """The Events of a static pod are about the pod that it mirrors."""
    found = await request.get()
    mirrored = part(part(found, "metadata"), "annotations").get(_MIRROR)
    events = await request.events(found, kind="", uid=mirrored) if request.settings.show_events else []
    describe_pod(found, w, request.now)
    if request.settings.show_events:
        describe_events(events, w, request.now)


def describe_pod(found: Object, w: PrefixWriter, now: float) -> None:
    """Write all about a pod but its Events, at the time `now`."""
    spec, status = part(found, "spec"), part(found, "status")
    _placement(found, spec, status, w)
    fields.labels_and_annotations(w, found)
    _phase(found, spec, status, w, now)
    _addresses(status, w)
    _if_any("Controlled By", fields.controlled_by(found), w)
    _if_any("NominatedNodeName", text(status, "nominatedNodeName"), w)
    if isinstance(spec.get("resources"), dict):
        w.write(LEVEL_0, "Resources:\n")
        describe_resources(spec["resources"], w, LEVEL_1)
    _all_containers(found, spec, status, w)
    _readiness_gates(spec, status, w)
    _conditions(status, w)
    describe_volumes(parts(spec, "volumes"), w, "")
    w.write(LEVEL_0, f"QoS Class:\t{text(status, 'qosClass')}\n")
    fields.multiline(w, "Node-Selectors", fields.labels(part(spec, "nodeSelector")))
    fields.tolerations(w, "Tolerations", parts(spec, "tolerations"))
    _spread_constraints(spec, w, "")
    _scheduling_group(spec, w, "")


def describe_pod_template(template: Any, w: PrefixWriter) -> None:
    """Write a pod template, None for none."""
    w.write(LEVEL_0, "Pod Template:\n")
    if not isinstance(template, dict):
        w.write(LEVEL_1, "<unset>")
        return
    metadata, spec = part(template, "metadata"), part(template, "spec")
    fields.multiline(w, "  Labels", fields.labels(part(metadata, "labels")))
    if part(metadata, "annotations"):
        fields.annotations(w, "  Annotations", metadata["annotations"])
    _if_any("  Service Account", text(spec, "serviceAccountName"), w)
    if parts(spec, "initContainers"):
        describe_containers("Init Containers", parts(spec, "initContainers"), [], None, w, "  ")
    describe_containers("Containers", parts(spec, "containers"), [], None, w, "  ")
    describe_volumes(parts(spec, "volumes"), w, "  ")
    _spread_constraints(spec, w, "  ")
    _if_any("  Priority Class Name", text(spec, "priorityClassName"), w)
    fields.multiline(w, "  Node-Selectors", fields.labels(part(spec, "nodeSelector")))
    fields.tolerations(w, "  Tolerations", parts(spec, "tolerations"))
    _scheduling_group(spec, w, "  ")


def _if_any(title: str, said: str, w: PrefixWriter) -> None:
    if said:
        w.write(LEVEL_0, f"{title}:\t{said}\n")


def _placement(found: Object, spec: Object, status: Object, w: PrefixWriter) -> None:
    fields.name_and_namespace(w, found)
    if spec.get("priority") is not None:
        w.write(LEVEL_0, f"Priority:\t{spec['priority']}\n")
    _if_any("Priority Class Name", text(spec, "priorityClassName"), w)
    _if_any("Runtime Class Name", text(spec, "runtimeClassName"), w)
    _if_any("Service Account", text(spec, "serviceAccountName"), w)
    node = text(spec, "nodeName")
    w.write(LEVEL_0, f"Node:\t{f'{node}/' + text(status, 'hostIP') if node else '<none>'}\n")
    if status.get("startTime"):
        w.write(LEVEL_0, f"Start Time:\t{fields.time_text(status['startTime'])}\n")


def _phase(found: Object, spec: Object, status: Object, w: PrefixWriter, now: float) -> None:
    metadata, phase = part(found, "metadata"), text(status, "phase")
    deleted = metadata.get("deletionTimestamp")
    if deleted and phase not in ("Failed", "Succeeded"):
        w.write(LEVEL_0, f"Status:\tTerminating (lasts {since(deleted, now)})\n")
        seconds = number(metadata, "deletionGracePeriodSeconds")
        w.write(LEVEL_0, f"Termination Grace Period:\t{seconds}s\n")
    else:
        w.write(LEVEL_0, f"Status:\t{phase}\n")
    _if_any("Reason", text(status, "reason"), w)
    _if_any("Message", text(status, "message"), w)
    describe_seccomp(part(spec, "securityContext"), w, LEVEL_0, LEVEL_0)


def _addresses(status: Object, w: PrefixWriter) -> None:
    w.write(LEVEL_0, f"IP:\t{text(status, 'podIP')}\n")
    addresses = parts(status, "podIPs")
    w.write(LEVEL_0, "IPs:\n" if addresses else "IPs:\t<none>\n")
    for address in addresses:
        w.write(LEVEL_1, f"IP:\t{text(address, 'ip')}\n")


def _all_containers(found: Object, spec: Object, status: Object, w: PrefixWriter) -> None:
    for label, field, statuses in (
        ("Init Containers", "initContainers", "initContainerStatuses"),
        ("Containers", "containers", "containerStatuses"),
        ("Ephemeral Containers", "ephemeralContainers", "ephemeralContainerStatuses"),
    ):
        containers = parts(spec, field)
        if containers or field == "containers":
            describe_containers(label, containers, parts(status, statuses), found, w)


def _readiness_gates(spec: Object, status: Object, w: PrefixWriter) -> None:
    gates = parts(spec, "readinessGates")
    if gates:
        w.write(LEVEL_0, "Readiness Gates:\n  Type\tStatus\n")
    for gate in gates:
        name = text(gate, "conditionType")
        found = (text(c, "status") for c in parts(status, "conditions") if text(c, "type") == name)
        w.write(LEVEL_1, f"{name} \t{next(found, '<none>')} \n")


def _conditions(status: Object, w: PrefixWriter) -> None:
    conditions = parts(status, "conditions")
    if conditions:
        w.write(LEVEL_0, "Conditions:\n  Type\tStatus\n")
    for condition in conditions:
        w.write(LEVEL_1, f"{text(condition, 'type')} \t{text(condition, 'status')} \n")


def _spread_constraints(spec: Object, w: PrefixWriter, space: str) -> None:
    constraints = parts(spec, "topologySpreadConstraints")
    if constraints:
        w.write(LEVEL_0, f"{space}Topology Spread Constraints:\t")
    for at, constraint in enumerate(sorted(constraints, key=lambda found: text(found, "topologyKey"))):
        if at:
            w.write(LEVEL_0, f"{space}\t")
        when, skew = text(constraint, "whenUnsatisfiable"), number(constraint, "maxSkew")
        said = f"{text(constraint, 'topologyKey')}:{when} when max skew {skew} is exceeded"
        if isinstance(constraint.get("labelSelector"), dict):
            said += f" for selector {fields.selector_text(constraint['labelSelector'])}"
        w.write(LEVEL_0, f"{said}\n")


def _scheduling_group(spec: Object, w: PrefixWriter, space: str) -> None:
    group = spec.get("schedulingGroup")
    if isinstance(group, dict):
        w.write(LEVEL_0, f"{space}SchedulingGroup:\n")
        w.write(LEVEL_1, f"PodGroupName:\t{text(group, 'podGroupName')}\n")
