"""Objects as rows of a table, which kubectl prints as they come.

Models `pkg/printers/storage` and the Table answers of apiserver's `pkg/endpoints/handlers/response.go`.
As upstream, all columns are always there; a client shows those of priority 1 in wide output only. Left
out: Tables of a Status, which upstream sends as it is too.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from clusters.engine.apiserver import definitions as schemas
from clusters.engine.apiserver.errors import bad_request
from clusters.engine.apiserver.fields import invalid
from clusters.engine.apiserver.resources import Resource, Subresource
from clusters.engine.apiserver.tables.columns import Column, Doc, Printer
from clusters.engine.apiserver.tables.events import EVENTS
from clusters.engine.apiserver.tables.nodes import NODES
from clusters.engine.apiserver.tables.others import (
    COMPONENT_STATUSES,
    CONFIG_MAPS,
    LEASES,
    NAMESPACES,
    PLAIN,
    QUOTAS,
    SECRETS,
    SERVICE_ACCOUNTS,
)
from clusters.engine.apiserver.tables.pods import PODS
from clusters.engine.apiserver.tables.services import ENDPOINT_SLICES, ENDPOINTS, SERVICES
from clusters.engine.apiserver.tables.workloads import (
    BUDGETS,
    DEPLOYMENTS,
    REPLICA_SETS,
    REPLICATION_CONTROLLERS,
    SCALES,
)
from clusters.engine.objects import Object, public

PRINTERS: Final = {
    "ComponentStatus": COMPONENT_STATUSES,
    "ConfigMap": CONFIG_MAPS,
    "Deployment": DEPLOYMENTS,
    "Endpoints": ENDPOINTS,
    "EndpointSlice": ENDPOINT_SLICES,
    "Event": EVENTS,
    "Lease": LEASES,
    "Namespace": NAMESPACES,
    "Node": NODES,
    "Pod": PODS,
    "PodDisruptionBudget": BUDGETS,
    "ReplicaSet": REPLICA_SETS,
    "ReplicationController": REPLICATION_CONTROLLERS,
    "ResourceQuota": QUOTAS,
    "Scale": SCALES,
    "Secret": SECRETS,
    "Service": SERVICES,
    "ServiceAccount": SERVICE_ACCOUNTS,
}
INCLUDES: Final = ("Metadata", "None", "Object")


def table(
    resource: Resource | Subresource,
    objects: Iterable[Object],
    now: float,
    *,
    include_object: str = "",
    revision: int = 0,
    continue_: str = "",
    remaining: int | None = None,
    version: str = "v1",
    headers: bool = True,
) -> Object:
    """A Table of objects of one kind, with ages as of the simulated time `now`.

    `include_object` is one of INCLUDES, "" for the first: what comes with each row. `revision`,
    `continue_` and `remaining` are those of the list; of one object, `revision` is its own. `version` is
    that of group meta.k8s.io; only the first Table of a watch has `headers`. Raises StatusError 400.
    """
    if include_object not in (*INCLUDES, ""):
        said = invalid("includeObject", include_object, "must be 'Metadata', 'Object', 'None', or empty")
        raise bad_request(f"Unable to convert to Table as requested: {said}")
    api_version = f"meta.k8s.io/{version}"
    printer = PRINTERS.get(resource.kind, PLAIN)
    metadata: Object = {"resourceVersion": str(revision)} if revision else {}
    if continue_:
        metadata["continue"] = continue_
    if remaining is not None:
        metadata["remainingItemCount"] = remaining
    return {
        "kind": "Table",
        "apiVersion": api_version,
        "metadata": metadata,
        "columnDefinitions": definitions(resource) if headers else [],
        "rows": [_row(printer, obj, now, include_object, api_version) for obj in objects],
    }


def definitions(resource: Resource | Subresource) -> list[Object]:
    """The columns of a kind, as a Table's columnDefinitions. They are shared: nobody may change them."""
    return _definitions(resource.kind if resource.kind in PRINTERS else "")


def _row(printer: Printer, obj: Object, now: float, include_object: str, api_version: str) -> Object:
    row: Object = {"cells": printer.cells(obj, now)}
    conditions = printer.conditions(obj) if printer.conditions is not None else []
    if conditions:
        row["conditions"] = conditions
    if include_object == "Object":
        row["object"] = public(obj)
    elif include_object == "None":
        row["object"] = None
    else:
        metadata = obj.get("metadata") or {}
        row["object"] = {
            "kind": "PartialObjectMetadata",
            "apiVersion": api_version,
            "metadata": metadata,
        }
    return row


@lru_cache(maxsize=64)
def _definitions(kind: str) -> list[Object]:
    return [_definition(column) for column in PRINTERS.get(kind, PLAIN).columns]


def _definition(column: Column) -> Object:
    about = column.about
    return {
        "name": column.name,
        "type": column.type,
        "format": column.format,
        "description": _descriptions()[about] if isinstance(about, Doc) else about,
        "priority": column.priority,
    }


@lru_cache(maxsize=1)
def _descriptions() -> dict[Doc, str]:
    # All at once: reading the schemas takes milliseconds.
    known = schemas.load()
    columns = [column for printer in (*PRINTERS.values(), PLAIN) for column in printer.columns]
    docs = {column.about for column in columns if isinstance(column.about, Doc)}
    return {doc: known[doc.schema]["properties"][doc.field].get("description", "") for doc in docs}
