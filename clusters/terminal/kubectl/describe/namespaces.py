"""Namespaces, and the ResourceQuotas in them.

Models their describers in kubectl's `pkg/describe/describe.go`.
"""

from decimal import Decimal
from typing import Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.quantity_text import canonical
from clusters.engine.apiserver.tables.columns import part, parts, text, texts
from clusters.engine.objects import Object
from clusters.engine.quantities import whole
from clusters.terminal.kubectl.describe import fields
from clusters.terminal.kubectl.describe.prefix_writer import LEVEL_0, LEVEL_1, PrefixWriter
from clusters.terminal.kubectl.describe.request import Request
from clusters.terminal.kubectl.errors import is_not_found

_SCOPES: Final = {
    "Terminating": "Matches all pods that have an active deadline. These pods have a limited lifespan on a "
    "node before being actively terminated by the system.",
    "NotTerminating": "Matches all pods that do not have an active deadline. These pods usually include long "
    "running pods whose container command is not expected to terminate.",
    "BestEffort": "Matches all pods that do not have resource requirements set. These pods have a best "
    "effort quality of service.",
    "NotBestEffort": "Matches all pods that have at least one resource requirement set. These pods have a "
    "burstable or guaranteed quality of service.",
}
_LIMITS: Final = "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio\n"
_LINES: Final = "----\t--------\t---\t---\t---------------\t-------------\t-----------------------\n"
_LIMIT_FIELDS: Final = ("min", "max", "defaultRequest", "default", "maxLimitRequestRatio")


async def namespace(request: Request, w: PrefixWriter) -> None:
    """With its quotas and the limits in it."""
    found = await request.get()
    quotas = await _listed(request, "resourcequotas")
    limits = await _listed(request, "limitranges")
    w.write(LEVEL_0, f"Name:\t{text(part(found, 'metadata'), 'name')}\n")
    fields.labels_and_annotations(w, found)
    status = part(found, "status")
    w.write(LEVEL_0, f"Status:\t{text(status, 'phase')}\n")
    _conditions(parts(status, "conditions"), w)
    if quotas is not None:
        w.write(LEVEL_0, "\n")
        _quotas(quotas, w)
    if limits is not None:
        w.write(LEVEL_0, "\n")
        _limit_ranges(limits, w)


async def _listed(request: Request, plural: str) -> list[Object] | None:
    """What is in the namespace, None if the server has no such kind."""
    try:
        return await request.list_all(f"/api/v1/namespaces/{request.name}/{plural}")
    except StatusError as error:
        if not is_not_found(error):
            raise
        return None


def _conditions(conditions: list[Object], w: PrefixWriter) -> None:
    if conditions:
        w.write(LEVEL_0, "Conditions:\n")
        w.write(LEVEL_1, "Type\tStatus\tLastTransitionTime\tReason\tMessage\n")
        w.write(LEVEL_1, "----\t------\t------------------\t------\t-------\n")
    for condition in conditions:
        when = fields.time_text(condition.get("lastTransitionTime"))
        type_, status, reason, message = (text(condition, f) for f in ("type", "status", "reason", "message"))
        w.write(LEVEL_1, f"{type_}\t{status}\t{when}\t{reason}\t{message}\n")


def _quotas(quotas: list[Object], w: PrefixWriter) -> None:
    if not quotas:
        w.write(LEVEL_0, "No resource quota.\n")
        return
    w.write(LEVEL_0, "Resource Quotas\n")
    for quota in sorted(quotas, key=lambda quota: text(part(quota, "metadata"), "name")):
        w.write(LEVEL_1, f"Name:\t{text(part(quota, 'metadata'), 'name')}\n")
        _scopes(quota, w, LEVEL_1, "*")
        w.write(LEVEL_1, "Resource\tUsed\tHard\n")
        w.write(LEVEL_1, "--------\t---\t---\n")
        hard, used = (part(part(quota, "status"), field) for field in ("hard", "used"))
        for name in sorted(hard):
            w.write(LEVEL_1, f"{name}\t{used.get(name, '0')}\t{hard[name]}\n")


def _scopes(quota: Object, w: PrefixWriter, level: int, mark: str) -> None:
    scopes = sorted(texts(part(quota, "spec"), "scopes"))
    if scopes:
        w.write(level, f"Scopes:\t{', '.join(scopes)}\n")
    for scope in scopes:
        if scope in _SCOPES:
            w.write(level, f"{mark} {_SCOPES[scope]}\n")


def _limit_ranges(limits: list[Object], w: PrefixWriter) -> None:
    if not limits:
        w.write(LEVEL_0, "No LimitRange resource.\n")
        return
    w.write(LEVEL_0, f"Resource Limits\n {_LIMITS}")
    w.write(LEVEL_0, f" {_LINES}")
    for limit_range in limits:
        for limit in parts(part(limit_range, "spec"), "limits"):
            amounts = [part(limit, field) for field in _LIMIT_FIELDS]
            for name in sorted({name for each in amounts for name in each}):
                cells = "\t".join(each.get(name, "-") for each in amounts)
                w.write(LEVEL_0, f" {text(limit, 'type')}\t{name}\t{cells}\n")


async def resource_quota(request: Request, w: PrefixWriter) -> None:
    """What is used of each resource, in the unit of its limit."""
    found = await request.get()
    fields.name_and_namespace(w, found)
    _scopes(found, w, LEVEL_0, " *")
    w.write(LEVEL_0, "Resource\tUsed\tHard\n")
    w.write(LEVEL_0, "--------\t----\t----\n")
    hard, used = (part(part(found, "status"), field) for field in ("hard", "used"))
    for name in sorted(hard):
        w.write(LEVEL_0, f"{name}\t{in_format_of(hard[name], used.get(name, '0'))}\t{hard[name]}\n")


def in_format_of(hard: str, used: str) -> str:
    """An amount in powers of 1024, or of 1000, as the other one is."""
    if hard.endswith("i") == used.endswith("i"):
        return used
    amount = whole(used)
    return canonical(f"{Decimal(amount) / 1024:f}Ki" if hard.endswith("i") else str(amount))
