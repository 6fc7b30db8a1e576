"""kubectl scale.

Models kubectl's `pkg/cmd/scale` and `pkg/scale`.
"""

from typing import Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.host import Query
from clusters.terminal.kubectl.info import demand_name
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import duration, integer, string
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.record import CHANGE_CAUSE, RECORD, change_cause
from clusters.terminal.kubectl.rest import MERGE_PATCH
from clusters.terminal.kubectl.waiting import TIMED_OUT

_INTERVAL: Final = 1.0
_TRIES: Final = 300
"""How often a scale is sent again after a conflict: for five minutes."""


async def run(k: Kubectl) -> None:
    dry_run = flag_sets.dry_run(k)
    printer = Printer(k, "scaled", dry_run, as_typed=False)
    _validate(k)
    builder = Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        filenames=k.flags["filename"],
        label_selector=k.flags["selector"],
        everything_by_default=k.flags["all"],
        flatten=True,
        continue_on_error=True,
    )
    result = await (await builder.type_or_name_args(k.args)).build()
    infos, problem = await result.try_infos()
    if k.flags["resource-version"] and len(infos) > 1:
        raise CommandError("cannot use --resource-version with multiple resources")
    if not infos:
        raise problem or CommandError("no objects passed to scale")
    for info in infos:
        await _scale(k, info, dry_run)
        printer.print(info.obj)
    if problem is not None:
        raise problem


def _validate(k: Kubectl) -> None:
    if k.flags["replicas"] < 0:
        raise CommandError(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0"
        )
    if k.flags["current-replicas"] < -1:
        raise CommandError("The --current-replicas must specify an integer of -1 or greater")


async def _scale(k: Kubectl, info: Info, dry_run: str) -> None:
    """Scale one object; what is known of it has the new number then."""
    replicas = k.flags["replicas"]
    if dry_run != "client":
        query = flag_sets.dry_run_query(dry_run)
        replicas = (await _scale_until_done(k, info, query))["spec"].get("replicas", 0)
        if k.flags["timeout"] and dry_run == "none":
            await _wait(k, info, k.flags["replicas"])
    if info.mapping.group in ("", "apps"):
        info.obj.setdefault("spec", {})["replicas"] = replicas
    if dry_run != "client" and k.flags["record"]:
        patch = {"metadata": {"annotations": {CHANGE_CAUSE: change_cause(k)}}}
        await k.client.patch(info.path, patch, MERGE_PATCH)


async def _scale_until_done(k: Kubectl, info: Info, query: Query) -> Object:
    for _ in range(_TRIES):
        try:
            return await _scale_once(k, info, query)
        except StatusError as error:
            if error.reason != "Conflict":
                raise
            await k.host.sleep(_INTERVAL)
    raise CommandError(TIMED_OUT)


async def _scale_once(k: Kubectl, info: Info, query: Query) -> Object:
    path, size, version = _path(info), k.flags["current-replicas"], k.flags["resource-version"]
    if size == -1 and not version:
        patch = {"spec": {"replicas": k.flags["replicas"]}}
        return await k.client.patch(path, patch, MERGE_PATCH, query)
    scale = await k.client.get(path)
    replicas = scale["spec"].get("replicas", 0)
    if size not in (-1, replicas):
        raise CommandError(f"Expected replicas to be {size}, was {replicas}")
    actual = scale["metadata"]["resourceVersion"]
    if version and actual != version:
        raise CommandError(f"Expected resource version to be {version}, was {actual}")
    return await k.client.update(path, {**scale, "spec": {"replicas": k.flags["replicas"]}}, query)


async def _wait(k: Kubectl, info: Info, wanted: int) -> None:
    """Wait until there are as many as there are to be, or somebody wants another number."""
    end = k.host.now() + k.flags["timeout"]
    while True:
        scale = await k.client.get(_path(info))
        replicas = scale["spec"].get("replicas", 0)
        if replicas != wanted or scale["status"].get("replicas", 0) == wanted:
            return
        if k.host.now() >= end:
            raise CommandError(f"timed out waiting for {quote(info.name)} to be synced")
        await k.host.sleep(_INTERVAL)


def _path(info: Info) -> str:
    demand_name(info.name)
    return info.mapping.path(info.namespace, info.name, "scale")


COMMAND: Final = Command(
    "scale",
    run,
    (
        RECORD,
        *flag_sets.PRINT,
        flag_sets.ALL,
        string("resource-version", about="only if this is the object's version"),
        integer("current-replicas", -1, about="only if there are to be so many now"),
        integer("replicas", about="how many there are to be"),
        duration("timeout", about="how long to wait until there are so many"),
        *flag_sets.FILENAMES,
        flag_sets.DRY_RUN,
        flag_sets.SELECTOR,
    ),
    required=("replicas",),
    use="--replicas=COUNT (-f FILENAME | TYPE NAME)",
    about="Say how many pods there are to be.",
)
