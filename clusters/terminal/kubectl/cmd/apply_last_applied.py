"""kubectl apply view-last-applied, set-last-applied, edit-last-applied: what apply has kept in annotations.

Models kubectl's `pkg/cmd/apply/apply_view_last_applied.go`, `apply_set_last_applied.go` and
`apply_edit_last_applied.go`.
"""

import json
from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.apply_annotation import encode, original_configuration
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.documents import DocumentError, to_json
from clusters.terminal.kubectl.editor import EditLastApplied, annotation_patch
from clusters.terminal.kubectl.errors import CommandError, KubectlError, is_not_found, with_source
from clusters.terminal.kubectl.info import Helper
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, strings
from clusters.terminal.kubectl.printers.yaml_text import yaml_text
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.record import RECORD
from clusters.terminal.kubectl.rest import MERGE_PATCH


async def view(k: Kubectl) -> None:
    builder = Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        filenames=k.flags["filename"],
        label_selector=k.flags["selector"],
        select_all=k.flags["all"],
        everything_by_default=k.enforce_namespace,
        latest=True,
        flatten=True,
    )
    kept: list[str] = []

    async def keep(info: Info) -> None:
        found = original_configuration(info.obj)
        if found is None:
            verb = f"no last-applied-configuration annotation found on resource: {info.name}\n"
            raise CommandError(_without_error(verb, info.source))
        kept.append(found)

    await (await (await builder.type_or_name_args(k.args)).build()).visit(keep)
    output = k.flags["output"]
    for text in kept:
        if output not in ("json", "yaml"):
            raise k.usage_error(
                f"Unexpected -o output mode: {output}, the flag 'output' must be one of yaml|json"
            )
        value = json.loads(text)
        shown = json.dumps(value, indent=2, ensure_ascii=False) + "\n" * text.endswith("\n")
        k.out(yaml_text(value) if output == "yaml" else shown)


def _without_error(verb: str, source: str) -> str:
    """What Go prints of an error that is none."""
    return f'error when {verb} "{source}": %!v(<nil>)' if source else ""


async def set_(k: Kubectl) -> None:
    dry_run = flag_sets.dry_run(k)
    printer = Printer(k, "configured", dry_run, as_typed=False)
    changes: list[tuple[Info, Object]] = []

    async def compare(info: Info) -> None:
        wanted = info.obj
        found = await _kept(k, info)
        if found is None or _value(found) != _value(encode(wanted)):
            changes.append((info, annotation_patch(wanted)))
        else:
            k.out(f"set-last-applied {info.name}: no changes required.\n")

    await (
        await Builder(
            k,
            namespace=k.namespace,
            enforce_namespace=k.enforce_namespace,
            filenames=k.flags["filename"],
            flatten=True,
        ).build()
    ).visit(compare)
    for info, patch in changes:
        if dry_run != "client":
            helper = Helper(k, info.mapping, dry_run=dry_run == "server")
            info.obj = await helper.patch(info.namespace, info.name, patch, MERGE_PATCH)
        printer.print(info.obj)


async def _kept(k: Kubectl, info: Info) -> str | None:
    """What was applied last of an object that is there."""
    try:
        await info.get(k)
    except KubectlError as error:
        if is_not_found(error):
            raise
        verb = f"retrieving current configuration of:\n{info}\nfrom server for:"
        raise with_source(verb, info.source, error) from error
    found = original_configuration(info.obj)
    if found is None and not k.flags["create-annotation"]:
        raise CommandError(
            f"no last-applied-configuration annotation found on resource: {info.name}, to create the "
            "annotation, run the command with --create-annotation"
        )
    return found


def _value(text: str) -> object:
    try:
        return to_json(text)
    except DocumentError:
        return text


async def edit(k: Kubectl) -> None:
    await EditLastApplied(k, k.flags["field-manager"]).run(k.args)


VIEW: Final = Command(
    "view-last-applied",
    view,
    (
        flag_sets.output("yaml", "json or yaml"),
        flag_sets.ALL,
        *flag_sets.FILENAMES,
        flag_sets.SELECTOR,
    ),
    use="(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)",
    about="Show what was applied last.",
)
SET: Final = Command(
    "set-last-applied",
    set_,
    (
        *flag_sets.PRINT,
        flag_sets.DRY_RUN,
        boolean("create-annotation", about="also of objects that have no such annotation"),
        strings("filename", shorthand="f", about="files with manifests"),
    ),
    use="-f FILENAME",
    about="Have a file count as what was applied last.",
)
EDIT: Final = Command(
    "edit-last-applied",
    edit,
    (
        RECORD,
        *flag_sets.PRINT,
        *flag_sets.FILENAMES,
        boolean("windows-line-endings"),
        flag_sets.field_manager("kubectl-client-side-apply"),
        flag_sets.VALIDATE,
    ),
    use="(RESOURCE/NAME | -f FILENAME)",
    about="Edit what was applied last.",
)
