"""Rows of nodes.

Models `printNode` of `pkg/printers/internalversion/printers.go`.
"""

from typing import Final

from clusters.engine.apiserver.tables.columns import (
    AGE,
    CORE,
    NAME,
    NONE,
    Cells,
    Column,
    Doc,
    Printer,
    age_of,
    name_of,
    part,
    parts,
    text,
)
from clusters.engine.objects import Object

_ROLE_PREFIX: Final = "node-role.kubernetes.io/"
_ROLE: Final = "kubernetes.io/role"
_UNKNOWN: Final = "<unknown>"


def _cells(node: Object, now: float) -> Cells:
    status = part(node, "status")
    info = part(status, "nodeInfo")
    return [
        name_of(node),
        _status(node),
        ",".join(_roles(part(part(node, "metadata"), "labels"))) or NONE,
        age_of(node, now),
        text(info, "kubeletVersion"),
        _address(status, "InternalIP"),
        _address(status, "ExternalIP"),
        text(info, "osImage") or _UNKNOWN,
        text(info, "kernelVersion") or _UNKNOWN,
        text(info, "containerRuntimeVersion") or _UNKNOWN,
    ]


def _status(node: Object) -> str:
    said = "Unknown"
    for condition in parts(part(node, "status"), "conditions"):
        if condition.get("type") == "Ready":
            said = "Ready" if condition.get("status") == "True" else "NotReady"
    return f"{said},SchedulingDisabled" if part(node, "spec").get("unschedulable") is True else said


def _roles(labels: Object) -> list[str]:
    roles = {key.removeprefix(_ROLE_PREFIX) for key in labels if key.startswith(_ROLE_PREFIX)}
    return sorted(role for role in {*roles, text(labels, _ROLE)} if role)


def _address(status: Object, type_: str) -> str:
    found = (entry for entry in parts(status, "addresses") if entry.get("type") == type_)
    return next((text(entry, "address") for entry in found), NONE)


_ADDRESSES: Final = Doc(CORE + "NodeStatus", "addresses")

NODES: Final = Printer(
    (
        NAME,
        Column("Status", "The status of the node"),
        Column("Roles", "The roles of the node"),
        AGE,
        Column("Version", Doc(CORE + "NodeSystemInfo", "kubeletVersion")),
        Column("Internal-IP", _ADDRESSES, priority=1),
        Column("External-IP", _ADDRESSES, priority=1),
        Column("OS-Image", Doc(CORE + "NodeSystemInfo", "osImage"), priority=1),
        Column("Kernel-Version", Doc(CORE + "NodeSystemInfo", "kernelVersion"), priority=1),
        Column("Container-Runtime", Doc(CORE + "NodeSystemInfo", "containerRuntimeVersion"), priority=1),
    ),
    _cells,
)
