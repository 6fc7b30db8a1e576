"""Rows of the other kinds: namespaces, configuration, accounts, quotas, Leases, ComponentStatuses.

Models their printers in `pkg/printers/internalversion/printers.go`, and for kinds without one the
`defaultTableConvertor` of apiserver's `pkg/registry/rest/table.go`.
"""

from typing import Final

from clusters.engine.apiserver.tables.columns import (
    AGE,
    CORE,
    CREATED_AT,
    NAME,
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

_NEVER: Final = "0001-01-01T00:00:00Z"
"""Go's zero time."""


def _namespace_cells(namespace: Object, now: float) -> Cells:
    return [name_of(namespace), text(part(namespace, "status"), "phase"), age_of(namespace, now)]


def _config_map_cells(config_map: Object, now: float) -> Cells:
    count = len(part(config_map, "data")) + len(part(config_map, "binaryData"))
    return [name_of(config_map), count, age_of(config_map, now)]


def _secret_cells(secret: Object, now: float) -> Cells:
    return [name_of(secret), text(secret, "type"), len(part(secret, "data")), age_of(secret, now)]


def _service_account_cells(account: Object, now: float) -> Cells:
    return [name_of(account), age_of(account, now)]


def _quota_cells(quota: Object, now: float) -> Cells:
    status = part(quota, "status")
    hard, used = part(status, "hard"), part(status, "used")
    said = {name: f"{name}: {used.get(name) or '0'}/{hard[name]}" for name in sorted(hard)}
    limits = [name for name in said if name.startswith("limits.")]
    return [
        name_of(quota),
        ", ".join(said[name] for name in said if name not in limits),
        ", ".join(said[name] for name in limits),
        age_of(quota, now),
    ]


def _lease_cells(lease: Object, now: float) -> Cells:
    return [name_of(lease), text(part(lease, "spec"), "holderIdentity"), age_of(lease, now)]


def _component_cells(component: Object, now: float) -> Cells:
    for condition in parts(component, "conditions"):
        if condition.get("type") == "Healthy":
            status = "Healthy" if condition.get("status") == "True" else "Unhealthy"
            return [name_of(component), status, text(condition, "message"), text(condition, "error")]
    return [name_of(component), "Unknown", "", ""]


def _plain_cells(obj: Object, now: float) -> Cells:
    return [name_of(obj), text(part(obj, "metadata"), "creationTimestamp") or _NEVER]


NAMESPACES: Final = Printer((NAME, Column("Status", "The status of the namespace"), AGE), _namespace_cells)
CONFIG_MAPS: Final = Printer(
    (NAME, Column("Data", Doc(CORE + "ConfigMap", "data")), AGE),
    _config_map_cells,
)
SECRETS: Final = Printer(
    (
        NAME,
        Column("Type", Doc(CORE + "Secret", "type")),
        Column("Data", Doc(CORE + "Secret", "data")),
        AGE,
    ),
    _secret_cells,
)
SERVICE_ACCOUNTS: Final = Printer((NAME, AGE), _service_account_cells)
QUOTAS: Final = Printer(
    (
        NAME,
        Column(
            "Request",
            "Request represents a minimum amount of cpu/memory that a container may consume.",
        ),
        Column(
            "Limit",
            "Limits control the maximum amount of cpu/memory that a container may use independent of"
            " contention on the node.",
        ),
        AGE,
    ),
    _quota_cells,
)
LEASES: Final = Printer(
    (NAME, Column("Holder", Doc("io.k8s.api.coordination.v1.LeaseSpec", "holderIdentity")), AGE),
    _lease_cells,
)
COMPONENT_STATUSES: Final = Printer(
    (
        NAME,
        Column("Status", "Status of the component conditions"),
        Column("Message", "Message of the component conditions"),
        Column("Error", "Error of the component conditions"),
    ),
    _component_cells,
)
PLAIN: Final = Printer((NAME, CREATED_AT), _plain_cells)
