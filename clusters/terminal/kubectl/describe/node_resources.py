"""The pods on a node, and how much of it they have together.

Models describeNodeResource of kubectl's `pkg/describe/describe.go`.
"""

from typing import Final, Literal

from clusters.engine.apiserver.tables.ages import since
from clusters.engine.apiserver.tables.columns import part, text
from clusters.engine.objects import Object
from clusters.engine.quantities import milli, whole
from clusters.terminal.kubectl.describe.fields import percent
from clusters.terminal.kubectl.describe.pod_resources import HUGE_PAGES, Amounts, pod_amounts, total
from clusters.terminal.kubectl.describe.prefix_writer import LEVEL_0, LEVEL_1, PrefixWriter

_KINDS: Final[tuple[Literal["requests", "limits"], ...]] = ("requests", "limits")
_STANDARD: Final = ("cpu", "memory", "ephemeral-storage")


def describe_node_resources(pods: list[Object], node: Object, w: PrefixWriter, now: float) -> None:
    """Write a table of the pods, and one of resources."""
    status = part(node, "status")
    allocatable: Amounts = part(status, "allocatable") or part(status, "capacity")
    w.write(LEVEL_0, f"Non-terminated Pods:\t({len(pods)} in total)\n")
    w.write(LEVEL_1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n")
    w.write(LEVEL_1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n")
    for pod in pods:
        _pod(pod, allocatable, w, now)
    _totals(pods, allocatable, w)


def _pod(pod: Object, allocatable: Amounts, w: PrefixWriter, now: float) -> None:
    metadata = part(pod, "metadata")
    amounts = [pod_amounts(pod, kind) for kind in _KINDS]
    cells = [_share(name, each, allocatable) for name in ("cpu", "memory") for each in amounts]
    names = f"{text(metadata, 'namespace')}\t{text(metadata, 'name')}\t\t"
    w.write(LEVEL_1, names + "\t".join(cells) + f"\t{since(metadata.get('creationTimestamp'), now)}\n")


def _totals(pods: list[Object], allocatable: Amounts, w: PrefixWriter) -> None:
    w.write(
        LEVEL_0,
        "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n",
    )
    w.write(LEVEL_1, "Resource\tRequests\tLimits\n")
    w.write(LEVEL_1, "--------\t--------\t------\n")
    totals = [total(pod_amounts(pod, kind) for pod in pods) for kind in _KINDS]
    huge = sorted(name for name in allocatable if name.startswith(HUGE_PAGES))
    for name in (*_STANDARD, *huge):
        cells = [_share(name, each, allocatable, nothing="0%") for each in totals]
        w.write(LEVEL_1, f"{name}\t{cells[0]}\t{cells[1]}\n")
    for name in sorted({*allocatable} - {*_STANDARD, *huge, "pods"}):
        cells = [each.get(name, "0") for each in totals]
        w.write(LEVEL_1, f"{name}\t{cells[0]}\t{cells[1]}\n")


def _share(name: str, amounts: Amounts, allocatable: Amounts, nothing: str = "") -> str:
    """`500m (25%)`; `nothing` is written for the share of what the node has none of."""
    of = _amount(name, allocatable)
    share = nothing if nothing and not of else f"{percent(_amount(name, amounts), of)}%"
    return f"{amounts.get(name, '0')} ({share})"


def _amount(name: str, amounts: Amounts) -> int:
    unit = milli if name == "cpu" else whole
    return unit(amounts.get(name, 0))
