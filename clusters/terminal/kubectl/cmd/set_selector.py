"""kubectl set selector, which only Services have.

Models kubectl's `pkg/cmd/set/set_selector.go`.
"""

from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, patches
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cmd.set_helper import LOCAL, Setting
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import string
from clusters.terminal.kubectl.record import RECORD, record
from clusters.terminal.kubectl.selectors import parse_to_label_selector


async def run(k: Kubectl) -> None:
    setting = Setting(k, "selector updated")
    selector = parse_to_label_selector(k.args[-1]) if k.args else None
    if selector is None:
        raise CommandError("one selector is required")

    async def visit(info: Info) -> None:
        await _set(setting, info, selector)

    await (await (await _builder(k)).build()).visit(visit)


async def _set(setting: Setting, info: Info, selector: Object) -> None:
    k = setting.k
    version = k.flags["resource-version"]
    if version:
        info.obj["metadata"].pop("resourceVersion", None)

    def mutate(obj: Object) -> None:
        if version:
            obj["metadata"]["resourceVersion"] = version
        _set_selector(obj, selector)
        record(k, obj)

    (patch,) = patches.calculate_patches([info], mutate)
    if patch.error is not None:
        raise patch.error
    if setting.writes:
        info.obj = await patches.send(k, patch, patches.write_query(k, setting.dry_run))
    setting.printer.print(info.obj)


def _set_selector(obj: Object, selector: Object) -> None:
    if obj["kind"] != "Service":
        raise CommandError("setting a selector is only supported for Services")
    if selector["matchExpressions"]:
        shown = " ".join(_shown(found) for found in selector["matchExpressions"])
        raise CommandError(f"match expression [{shown}] not supported on this object")
    obj["spec"]["selector"] = selector["matchLabels"]


def _shown(expression: Object) -> str:
    """A requirement as Go's %v prints it."""
    return f"{{{expression['key']} {expression['operator']} [{' '.join(expression.get('values') or ())}]}}"


async def _builder(k: Kubectl) -> Builder:
    local = k.flags["local"]
    builder = Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        filenames=k.flags["filename"],
        everything_by_default=not local and k.flags["all"],
        flatten=True,
        latest=not local,
        local=local,
    )
    return builder if local else await builder.type_or_name_args(k.args[:-1])


COMMAND: Final = Command(
    "selector",
    run,
    (
        *flag_sets.FILENAMES_ALONE,
        flag_sets.ALL,
        LOCAL,
        *flag_sets.PRINT,
        RECORD,
        flag_sets.field_manager("kubectl-set"),
        string("resource-version", about="only if this is the object's version"),
        flag_sets.DRY_RUN,
    ),
    use="(-f FILENAME | TYPE NAME) EXPRESSIONS",
    about="Change the labels that a Service selects pods by.",
)
