"""kubectl top: what nodes and pods use.

Models kubectl's `pkg/cmd/top` and `pkg/metricsutil`. Nodes here have no swap.
"""

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from clusters.engine.objects import Object
from clusters.engine.quantities import parse_quantity
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import Flag, boolean, string
from clusters.terminal.kubectl.printers.gosort import go_sorted
from clusters.terminal.kubectl.printers.tabwriter import TabWriter, new_tab_writer

_METRICS: Final = "/apis/metrics.k8s.io/v1beta1"
_MI: Final = 1024 * 1024
_NODE_COLUMNS: Final = ("NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)")

Usage = dict[str, Decimal]


async def nodes(k: Kubectl) -> None:
    """Print what each node uses, and how much of what it has."""
    name = _name(k, "node [NAME | -l label]", "only one of NAME or --selector can be provided", ("selector",))
    selector = {"labelSelector": k.flags["selector"]} if k.flags["selector"] else {}
    if name:
        metrics = [await k.client.get(f"{_METRICS}/nodes/{name}")]
        found = [await k.client.get(f"/api/v1/nodes/{name}")]
    else:
        metrics = (await k.client.get(f"{_METRICS}/nodes", **selector))["items"]
        if not metrics:
            raise CommandError("metrics not available yet")
        found = (await k.client.get("/api/v1/nodes", **selector))["items"]
    swap = k.flags["show-swap"]
    part = "capacity" if k.flags["show-capacity"] else "allocatable"
    available = {node["metadata"]["name"]: _usage(node["status"][part]) for node in found}
    writer = new_tab_writer(k.out)
    if not k.flags["no-headers"]:
        _line(writer, (*_NODE_COLUMNS, *(("SWAP(bytes)", "SWAP(%)") if swap else ())))
    for item in _sorted(k, metrics, lambda item: _usage(item["usage"])):
        has = available.pop(item["metadata"]["name"], {})
        cells = _cells(_usage(item["usage"]), has)
        _line(writer, (item["metadata"]["name"], *cells, *(["<unknown>"] * 2 if swap else ())))
    for silent in available:
        _line(writer, (silent, *["<unknown>"] * (6 if swap else 4)))
    writer.flush()


async def pods(k: Kubectl) -> None:
    """Print what each pod or container uses."""
    flags = k.flags
    problem = "only one of NAME or selector can be provided"
    name = _name(k, "pod [NAME | -l label]", problem, ("selector", "field-selector"))
    everywhere = flags["all-namespaces"]
    path = f"{_METRICS}/pods" if everywhere else f"{_METRICS}/namespaces/{k.namespace}/pods"
    if name:
        metrics = [await k.client.get(f"{path}/{name}")]
    else:
        metrics = await _list(k, path)
        if not metrics:
            await _demand_no_pods(k)
            k.err(
                "No resources found\n" if everywhere else f"No resources found in {k.namespace} namespace.\n"
            )
            return
    _print_pods(k, metrics)


async def _list(k: Kubectl, path: str) -> list[Object]:
    flags = k.flags
    selector = {"labelSelector": flags["selector"]} if flags["selector"] else {}
    metrics: list[Object] = (await k.client.get(path, **selector))["items"]
    if not flags["field-selector"]:
        return metrics
    where = "/api/v1/pods" if flags["all-namespaces"] else f"/api/v1/namespaces/{k.namespace}/pods"
    found = await k.client.get(where, fieldSelector=flags["field-selector"], **selector)
    wanted = {(pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in found["items"]}
    return [m for m in metrics if (m["metadata"]["namespace"], m["metadata"]["name"]) in wanted]


async def _demand_no_pods(k: Kubectl) -> None:
    """Raises CommandError if there are pods, of which there should have been metrics."""
    flags = k.flags
    asked = {"labelSelector": flags["selector"], "fieldSelector": flags["field-selector"]}
    query = {name: value for name, value in asked.items() if value}
    where = "/api/v1/pods" if flags["all-namespaces"] else f"/api/v1/namespaces/{k.namespace}/pods"
    if (await k.client.get(where, **query))["items"]:
        raise CommandError("metrics not available yet")


def _print_pods(k: Kubectl, metrics: Sequence[Object]) -> None:
    flags = k.flags
    everywhere, containers = flags["all-namespaces"], flags["containers"]
    writer = new_tab_writer(k.out)
    swap = ["0Mi"] if flags["show-swap"] else []
    measured = ["NAME", "CPU(cores)", "MEMORY(bytes)", *(["SWAP(bytes)"] if swap else ())]
    columns = [*(["NAMESPACE"] * everywhere), *(["POD"] * containers), *measured]
    if not flags["no-headers"]:
        _line(writer, columns)
    for item in _sorted(k, metrics, _pod_usage, with_namespace=everywhere):
        before = [item["metadata"]["namespace"]] if everywhere else []
        name = item["metadata"]["name"]
        if not containers:
            _line(writer, (*before, name, *_cells(_pod_usage(item)), *swap))
            continue
        for container in _sorted(k, item["containers"], lambda c: _usage(c["usage"])):
            _line(writer, (*before, name, container["name"], *_cells(_usage(container["usage"])), *swap))
    if flags["sum"]:
        total = _sum([_pod_usage(item) for item in metrics])
        width = len(measured) if flags["no-headers"] else len(columns)
        _line(writer, [*[""] * (width - 2), "________", "________"])
        _line(writer, [*[""] * (width - 2), *_cells(total), *swap])
    writer.flush()


def _name(k: Kubectl, usage: str, problem: str, selectors: Sequence[str]) -> str:
    """The name on the line, "" for none. Raises CommandError."""
    if len(k.args) > 1:
        raise k.usage_error(usage)
    if k.flags["sort-by"] not in ("", "cpu", "memory"):
        raise CommandError("--sort-by accepts only cpu or memory")
    if k.args and any(k.flags[name] for name in selectors):
        raise CommandError(problem)
    return k.args[0] if k.args else ""


def _sorted(
    k: Kubectl,
    items: Sequence[Object],
    usage: Callable[[Object], Usage],
    *,
    with_namespace: bool = False,
) -> list[Object]:
    resource = k.flags["sort-by"]
    if resource:
        return go_sorted(list(items), lambda one, other: usage(one)[resource] > usage(other)[resource])

    def key(item: Object) -> Any:
        metadata = item.get("metadata") or item
        return (metadata["namespace"] if with_namespace else "", metadata["name"])

    return sorted(items, key=key)


def _pod_usage(item: Object) -> Usage:
    return _sum([_usage(container["usage"]) for container in item["containers"]])


def _usage(resources: Object) -> Usage:
    return {name: parse_quantity(resources.get(name, 0)) for name in ("cpu", "memory")}


def _sum(usages: Sequence[Usage]) -> Usage:
    return {name: sum((usage[name] for usage in usages), Decimal(0)) for name in ("cpu", "memory")}


def _cells(usage: Usage, available: Usage | None = None) -> list[str]:
    texts = {"cpu": f"{_up(usage['cpu'] * 1000)}m", "memory": f"{_up(usage['memory']) // _MI}Mi"}
    if available is None:
        return list(texts.values())
    cells: list[str] = []
    for name, text in texts.items():
        cells.append(text)
        if name in available:
            whole = _up(available[name] * 1000)
            share = _up(usage[name] * 1000) / whole * 100 if whole else 0.0
            cells.append(f"{int(share)}%")
    return cells


def _up(amount: Decimal) -> int:
    return int(amount.to_integral_value(ROUND_CEILING))


def _line(writer: TabWriter, cells: Sequence[str]) -> None:
    writer.write("".join(f"{cell}\t" for cell in cells) + "\n")


_SORT: Final = string("sort-by", about="cpu or memory")
_NO_HEADERS: Final = boolean("no-headers", about="without the line of headers")
_COMMON: Final[tuple[Flag, ...]] = (
    flag_sets.SELECTOR,
    _SORT,
    _NO_HEADERS,
    boolean("use-protocol-buffers", True),
    boolean("show-swap", about="with how much of their memory is on disk"),
)

COMMAND: Final = Command(
    "top",
    commands=(
        Command(
            "node",
            nodes,
            (*_COMMON, boolean("show-capacity", about="of what the node has, not of what pods may use")),
            aliases=("nodes", "no"),
            use="[NAME | -l label]",
            about="What nodes use.",
        ),
        Command(
            "pod",
            pods,
            (
                *_COMMON,
                flag_sets.FIELD_SELECTOR,
                boolean("containers", about="each container by itself"),
                flag_sets.ALL_NAMESPACES,
                boolean("sum", about="with the sum of all"),
            ),
            aliases=("pods", "po"),
            use="[NAME | -l label]",
            about="What pods use.",
        ),
    ),
    about="What nodes and pods use of their CPU and memory.",
)
