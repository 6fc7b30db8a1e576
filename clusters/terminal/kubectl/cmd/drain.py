"""kubectl cordon, uncordon and drain.

Models kubectl's `pkg/cmd/drain`; the pods are taken off by `clusters.terminal.kubectl.drainer`.
"""

from typing import Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.labels import parse_selector
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cobra import Command, Run
from clusters.terminal.kubectl.drainer import Drainer
from clusters.terminal.kubectl.errors import AggregateError, CommandError, KubectlError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, duration, integer, string
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printing import sentence
from clusters.terminal.kubectl.rest import STRATEGIC_PATCH


async def run_drain(k: Kubectl) -> None:
    nodes, dry_run = await _nodes(k)
    await _mark(k, nodes, dry_run, desired=True)
    drainer = Drainer(k, dry_run)
    errors: list[Exception] = []
    pending: list[str] = []
    for info in nodes:
        try:
            await drainer.drain(info.name)
        except KubectlError as error:
            k.err(
                f"error: unable to drain node {quote(info.name)} due to error: {error}, "
                "continuing command...\n"
            )
            errors.append(error)
            pending.append(info.name)
        else:
            k.out(sentence(info.obj, "drained", dry_run))
    if pending:
        k.err("There are pending nodes to be drained:\n" + "".join(f" {name}\n" for name in pending))
    if errors:
        raise AggregateError(errors)


def _marks(desired: bool) -> Run:
    async def run(k: Kubectl) -> None:
        await _mark(k, *await _nodes(k), desired=desired)

    return run


async def _nodes(k: Kubectl) -> tuple[list[Info], str]:
    """The nodes that the line means, and its kind of dry run. Raises CommandError."""
    selector = k.flags["selector"]
    if not k.args and not k.flags.changed("selector"):
        raise k.usage_error(f"USAGE: {k.found.command.name} NODE [flags]")
    if k.args and selector:
        raise k.usage_error("error: cannot specify both a node name and a --selector option")
    dry_run = flag_sets.dry_run(k)
    _demand_pod_selector(k)
    builder = Builder(
        k,
        namespace=k.namespace,
        label_selector=selector,
        chunk_size=k.flags["chunk-size"] if "chunk-size" in k.flags.flags else 500,
        single_type=True,
        flatten=True,
    ).resource_names("nodes", k.args)
    if selector:
        builder = builder.resource_types("nodes")
    infos = await builder.infos()
    for info in infos:
        if info.mapping.kind != "Node":
            got = quote(info.mapping.group_version_resource)
            raise CommandError(f"error: expected resource of type node, got {got}")
    return infos, dry_run


def _demand_pod_selector(k: Kubectl) -> None:
    if "pod-selector" not in k.flags.flags:
        return
    try:
        parse_selector(k.flags["pod-selector"])
    except ValueError as error:
        raise CommandError("--pod-selector=<pod_selector> must be a valid label selector") from error


async def _mark(k: Kubectl, nodes: list[Info], dry_run: str, *, desired: bool) -> None:
    """Say of nodes whether pods may be placed on them; what goes wrong is printed only."""
    verb = "cordon" if desired else "uncordon"
    for info in nodes:
        if bool(info.obj["spec"].get("unschedulable")) == desired:
            k.out(sentence(info.obj, f"already {verb}ed", dry_run))
            continue
        try:
            if dry_run != "client":
                query = flag_sets.dry_run_query(dry_run)
                patch = {"spec": {"unschedulable": True if desired else None}}
                await k.client.patch(info.path, patch, STRATEGIC_PATCH, query)
        except StatusError as error:
            k.err(f"error: unable to {verb} node {quote(info.name)}: {error.message}\n")
        else:
            k.out(sentence(info.obj, f"{verb}ed", dry_run))


CORDON: Final = Command(
    "cordon",
    _marks(True),
    (flag_sets.SELECTOR, flag_sets.DRY_RUN),
    use="NODE",
    about="Let no more pods be placed on a node.",
)
UNCORDON: Final = Command(
    "uncordon",
    _marks(False),
    (flag_sets.SELECTOR, flag_sets.DRY_RUN),
    use="NODE",
    about="Let pods be placed on a node again.",
)
DRAIN: Final = Command(
    "drain",
    run_drain,
    (
        boolean("force", about="also pods that nobody would make again"),
        boolean("ignore-daemonsets", about="leave pods of DaemonSets alone"),
        boolean("delete-emptydir-data", about="also pods with data that is lost with them"),
        integer("grace-period", -1, about="seconds that each pod has to end"),
        duration("timeout", about="how long to try"),
        string("pod-selector", about="labels of the pods"),
        boolean("disable-eviction", about="delete pods, whatever their budgets say"),
        integer("skip-wait-for-delete-timeout", about="wait for no pod that ends for so many seconds"),
        flag_sets.CHUNK_SIZE,
        flag_sets.DRY_RUN,
        flag_sets.SELECTOR,
    ),
    use="NODE",
    about="Take all pods off a node.",
)
