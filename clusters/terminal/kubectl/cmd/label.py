"""kubectl label.

Models kubectl's `pkg/cmd/label`. Left out: Go's random order, for which --list is sorted by keys.
"""

from typing import Final

from clusters.engine import names
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cmd.set_helper import (
    ALL_AND_SELECTOR,
    LOCAL,
    NO_RESOURCES,
    SERVER_AND_LOCAL,
)
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError, aggregate
from clusters.terminal.kubectl.generate import resources_and_pairs
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.patches import write_query
from clusters.terminal.kubectl.pflag import Flag, boolean, string
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.record import CHANGE_CAUSE, RECORD, change_cause
from clusters.terminal.kubectl.rest import MERGE_PATCH

FLAGS: Final[tuple[Flag, ...]] = (
    RECORD,
    *flag_sets.PRINT,
    boolean("list", about="only show them"),
    LOCAL,
    flag_sets.FIELD_SELECTOR,
    flag_sets.ALL,
    flag_sets.ALL_NAMESPACES,
    string("resource-version", about="only if this is the object's version"),
    *flag_sets.FILENAMES,
    flag_sets.DRY_RUN,
    flag_sets.SELECTOR,
)
ALL_AND_FIELDS: Final = "cannot set --all and --field-selector at the same time"


async def run(k: Kubectl) -> None:
    dry_run = flag_sets.dry_run(k)
    resources, words = resources_and_pairs(k.args, "label")
    labels, removed = _parse(words)
    if k.flags["list"] and k.flags["output"]:
        raise CommandError("--list and --output may not be specified together")
    _validate(k, dry_run, resources, bool(words))
    result = await (await builder_of(k, resources)).build()
    one = result.single_item_implied
    demand_one(k, one)

    async def visit(info: Info) -> None:
        if k.flags["resource-version"]:
            info.obj["metadata"].pop("resourceVersion", None)
        if dry_run == "client" or k.flags["local"] or k.flags["list"]:
            done = _change(k, info.obj, labels, removed)
        else:
            done = await _patch(k, info, labels, removed, dry_run)
        if k.flags["list"]:
            show(k, info, "labels", one)
        else:
            Printer(k, done, dry_run, as_typed=False).print(info.obj)

    await result.visit(visit)


async def builder_of(k: Kubectl, resources: list[str]) -> Builder:
    """The objects that a line means; with --local those of files only."""
    local = k.flags["local"]
    builder = Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        all_namespaces=k.flags["all-namespaces"],
        filenames=k.flags["filename"],
        label_selector="" if local else k.flags["selector"],
        field_selector="" if local else k.flags["field-selector"],
        everything_by_default=not local and k.flags["all"],
        flatten=True,
        latest=not local,
        local=local,
        continue_on_error=True,
    )
    return builder if local else await builder.type_or_name_args(resources)


def demand_one(k: Kubectl, one: bool) -> None:
    """Raises CommandError for a version that several objects are to have."""
    if not one and k.flags["resource-version"]:
        raise CommandError("--resource-version may only be used with a single resource")


def show(k: Kubectl, info: Info, what: str, one: bool) -> None:
    """Print the labels or annotations of an object."""
    indent = ""
    if not one:
        indent = " "
        k.out(f"Listing {what} for {info.mapping.kind}.{info.mapping.group}/{info.name}:\n")
    for key, value in sorted((info.obj["metadata"].get(what) or {}).items()):
        k.out(f"{indent}{key}={value}\n")


def _parse(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Labels to set, and those to remove. Raises CommandError."""
    labels: dict[str, str] = {}
    removed: list[str] = []
    for word in words:
        if "=" in word:
            parts = word.split("=")
            if len(parts) != 2:
                raise CommandError(f"invalid label spec: {word}")
            if complaints := names.label_value(parts[1]):
                raise CommandError(f"invalid label value: {quote(word)}: {';'.join(complaints)}")
            labels[parts[0]] = parts[1]
        else:
            removed.append(word[:-1])
    if labels.keys() & set(removed):
        raise CommandError("can not both modify and remove a label in the same command")
    return labels, removed


def _validate(k: Kubectl, dry_run: str, resources: list[str], updates: bool) -> None:
    flags = k.flags
    local, files = flags["local"], flags["filename"]
    for wrong, said in (
        (flags["all"] and flags["selector"], ALL_AND_SELECTOR),
        (flags["all"] and flags["field-selector"], ALL_AND_FIELDS),
        (local and dry_run == "server", SERVER_AND_LOCAL),
        (
            local and resources,
            "can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set",
        ),
        (local and not files, "one or more files must be specified as -f pod.yaml or --filename=pod.json"),
        (not local and not resources and not files, NO_RESOURCES),
        (not updates and not flags["list"], "at least one label update is required"),
    ):
        if wrong:
            raise CommandError(said)


def _change(k: Kubectl, obj: Object, labels: dict[str, str], removed: list[str]) -> str:
    """Change the labels of an object; what was done to it, as it is printed."""
    metadata = obj["metadata"]
    before = metadata.get("labels") or {}
    if not k.flags["overwrite"]:
        _demand_no_overwrite(before, labels)
    after = {key: value for key, value in {**before, **labels}.items() if key not in removed}
    metadata["labels"] = after
    if k.flags["resource-version"]:
        metadata["resourceVersion"] = k.flags["resource-version"]
    added = any(before.get(key) != value for key, value in labels.items())
    gone = any(key in before for key in removed)
    if added and gone:
        return "modified"
    return "labeled" if added else "unlabeled" if gone else "not labeled"


def _demand_no_overwrite(before: dict[str, str], labels: dict[str, str]) -> None:
    problem = aggregate(
        [
            CommandError(f"'{key}' already has a value ({before[key]}), and --overwrite is false")
            for key, value in labels.items()
            if before.get(key, value) != value
        ]
    )
    if problem is not None:
        raise problem


async def _patch(k: Kubectl, info: Info, labels: dict[str, str], removed: list[str], dry_run: str) -> str:
    before = info.obj["metadata"].get("labels") or {}
    for key in removed:
        if key not in before:
            k.out(f"label {quote(key)} not found.\n")
    done = _change(k, info.obj, labels, removed)
    if done != "not labeled":
        patch: Object = {"labels": {**labels, **{key: None for key in removed if key in before}}}
        if k.flags["record"]:
            patch["annotations"] = {CHANGE_CAUSE: change_cause(k)}
        if k.flags["resource-version"]:
            patch["resourceVersion"] = k.flags["resource-version"]
        await k.client.patch(info.path, {"metadata": patch}, MERGE_PATCH, write_query(k, dry_run))
    return done


COMMAND: Final = Command(
    "label",
    run,
    (
        *FLAGS,
        boolean("overwrite", about="labels that are there may be changed"),
        flag_sets.field_manager("kubectl-label"),
    ),
    use="[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N-",
    about="Change the labels of objects.",
)
