"""kubectl annotate.

Models kubectl's `pkg/cmd/annotate`. Left out: Go's random order, for which --list is sorted by keys.
"""

from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.builder import Info
from clusters.terminal.kubectl.cmd.label import ALL_AND_FIELDS, FLAGS, builder_of, demand_one, show
from clusters.terminal.kubectl.cmd.set_helper import ALL_AND_SELECTOR, NO_RESOURCES, SERVER_AND_LOCAL
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import parse_pairs, resources_and_pairs
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.patches import write_query
from clusters.terminal.kubectl.pflag import boolean
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.record import CHANGE_CAUSE, change_cause
from clusters.terminal.kubectl.rest import MERGE_PATCH


async def run(k: Kubectl) -> None:
    dry_run = flag_sets.dry_run(k)
    resources, words = resources_and_pairs(k.args, "annotation")
    annotations, removed = parse_pairs(words, "annotation", removes=True)
    _validate(k, dry_run, resources, bool(words))
    both = [key for key in removed if key in annotations]
    if both:
        said = "can not both modify and remove the following annotation(s) in the same command"
        raise CommandError(f"{said}: {', '.join(both)}")
    printer = Printer(k, "annotated", dry_run, as_typed=False)
    result = await (await builder_of(k, resources)).build()
    one = result.single_item_implied
    demand_one(k, one)

    async def visit(info: Info) -> None:
        patch = _change(k, info.obj, annotations, removed)
        if dry_run != "client" and not k.flags["local"] and not k.flags["list"]:
            info.obj = await k.client.patch(info.path, patch, MERGE_PATCH, write_query(k, dry_run))
        if k.flags["list"]:
            show(k, info, "annotations", one)
        else:
            printer.print(info.obj)

    await result.visit(visit)


def _validate(k: Kubectl, dry_run: str, resources: list[str], updates: bool) -> None:
    flags = k.flags
    local, files = flags["local"], flags["filename"]
    for wrong, said in (
        (flags["list"] and flags["output"], "--list and --output may not be specified together"),
        (flags["all"] and flags["selector"], ALL_AND_SELECTOR),
        (flags["all"] and flags["field-selector"], ALL_AND_FIELDS),
        (not local and not resources and not files, NO_RESOURCES),
        (local and dry_run == "server", SERVER_AND_LOCAL),
        (
            local and resources,
            "can only use local files by -f rsrc.yaml or --filename=rsrc.json when --local=true is set",
        ),
        (local and not files, "one or more files must be specified as -f rsrc.yaml or --filename=rsrc.json"),
        (not updates and not flags["list"], "at least one annotation update is required"),
    ):
        if wrong:
            raise CommandError(said)


def _change(k: Kubectl, obj: Object, annotations: dict[str, str], removed: list[str]) -> Object:
    """Change the annotations of an object; returns the merge patch that does the same."""
    metadata = obj["metadata"]
    before = metadata.get("annotations") or {}
    if k.flags["record"]:
        annotations = {CHANGE_CAUSE: change_cause(k), **annotations}
    if not k.flags["overwrite"]:
        _demand_no_overwrite(before, annotations)
    after = {key: value for key, value in {**before, **annotations}.items() if key not in removed}
    metadata["annotations"] = after
    changes: Object = {key: value for key, value in after.items() if before.get(key) != value}
    changes |= {key: None for key in removed if key in before}
    patch: Object = {"annotations": changes} if changes else {}
    if k.flags["resource-version"]:
        metadata["resourceVersion"] = patch["resourceVersion"] = k.flags["resource-version"]
    return {"metadata": patch} if patch else {}


def _demand_no_overwrite(before: dict[str, str], annotations: dict[str, str]) -> None:
    found = [
        f"'{key}' already has a value ({before[key]})"
        for key, value in annotations.items()
        if key != CHANGE_CAUSE and before.get(key, value) != value
    ]
    if found:
        said = "--overwrite is false but found the following declared annotation(s)"
        raise CommandError(f"{said}: {'; '.join(found)}")


COMMAND: Final = Command(
    "annotate",
    run,
    (
        *FLAGS,
        boolean("overwrite", about="annotations that are there may be changed"),
        flag_sets.field_manager("kubectl-annotate"),
    ),
    use="[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N-",
    about="Change the annotations of objects.",
)
