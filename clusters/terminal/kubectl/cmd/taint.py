"""kubectl taint.

Models kubectl's `pkg/cmd/taint`.
"""

from copy import deepcopy
from typing import Final

from clusters.engine import names
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError, ExitError, NoResourceMatchError, aggregate
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.patches import write_query
from clusters.terminal.kubectl.pflag import boolean
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.rest import STRATEGIC_PATCH

Taint = dict[str, str]
_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")


async def run(k: Kubectl) -> None:
    dry_run = flag_sets.dry_run(k)
    validation = flag_sets.validation(k.flags)
    resources, words = _split(k.args)
    try:
        added, removed = _parse(words)
    except CommandError as error:
        raise k.usage_error(error.message) from error
    await _validate(k, resources, added, removed)
    builder = await _builder(k, resources)
    query = [*write_query(k, dry_run), ("fieldValidation", validation)]

    async def visit(info: Info) -> None:
        before = info.obj
        info.obj = deepcopy(before)
        operation = _update(k, info.obj, added, removed)
        # As upstream, what was done is said without a word of a dry run.
        printer = Printer(k, operation, as_typed=dry_run != "client")
        if dry_run != "client":
            taints = info.obj["spec"].get("taints")
            patch = {} if taints == before["spec"].get("taints") else {"spec": {"taints": taints or None}}
            info.obj = await k.client.patch(info.path, patch, STRATEGIC_PATCH, query)
        printer.print(info.obj)

    await (await builder.build()).visit(visit)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    resources: list[str] = []
    taints: list[str] = []
    for word in words:
        if "=" in word or ":" in word or word.endswith("-"):
            taints.append(word)
        elif taints:
            raise CommandError(f"all resources must be specified before taint changes: {word}")
        else:
            resources.append(word)
    if not resources:
        raise CommandError("one or more resources must be specified as <resource> <name>")
    if not taints:
        raise CommandError("at least one taint update is required")
    return resources, taints


async def _builder(k: Kubectl, resources: list[str]) -> Builder:
    selector = k.flags["selector"]
    builder = Builder(
        k,
        namespace=k.namespace,
        label_selector=selector,
        select_all=k.flags["all"],
        flatten=True,
        latest=True,
        continue_on_error=True,
    )
    if selector or k.flags["all"]:
        return builder.resource_types("node")
    return builder.resource_names("node", resources[1:])


def _parse(words: list[str]) -> tuple[list[Taint], list[Taint]]:
    """Taints to add, and to remove. Raises CommandError."""
    added: list[Taint] = []
    removed: list[Taint] = []
    for word in words:
        taint = _taint(word.removesuffix("-"))
        if word.endswith("-"):
            removed.append({"key": taint["key"], "effect": taint["effect"]})
            continue
        if not taint["effect"]:
            raise CommandError(f"invalid taint spec: {word}")
        if any(_is_same(taint, other) for other in added):
            shown = f"{{{taint['key']} {taint['value']} {taint['effect']} <nil>}}"
            raise CommandError(f"duplicated taints with the same key and effect: {shown}")
        added.append(taint)
    return added, removed


def _taint(text: str) -> Taint:
    pair, *effects = text.split(":")
    if len(effects) > 1:
        raise CommandError(f"invalid taint spec: {text}")
    key, value = pair, ""
    if effects:
        if effects[0] not in _EFFECTS:
            raise CommandError(f"invalid taint effect: {effects[0]}, unsupported taint effect")
        if pair.count("=") > 1:
            raise CommandError(f"invalid taint spec: {text}")
        key, _, value = pair.partition("=")
        if complaints := names.label_value(value):
            raise CommandError(f"invalid taint spec: {text}, {'; '.join(complaints)}")
    if complaints := names.label_key(key):
        raise CommandError(f"invalid taint spec: {text}, {'; '.join(complaints)}")
    return {"key": key, "value": value, "effect": effects[0] if effects else ""}


def _is_same(one: Taint, other: Taint) -> bool:
    return one["key"] == other["key"] and one["effect"] == other["effect"]


async def _validate(k: Kubectl, resources: list[str], added: list[Taint], removed: list[Taint]) -> None:
    kind = resources[0].lower()
    try:
        mapping = (await k.mapper()).find(kind)
    except NoResourceMatchError as error:
        raise ExitError(1, f"{error}\n") from error
    if mapping.kind != "Node":
        raise CommandError(f"invalid resource type {kind}, only node types are supported")
    conflicts = [
        f"{gone['key']}={gone['effect']}"
        for taint in added
        for gone in removed
        if taint["key"] == gone["key"] and gone["effect"] in ("", taint["effect"])
    ]
    if conflicts:
        said = "can not both modify and remove the following taint(s) in the same command"
        raise CommandError(f"{said}: {', '.join(conflicts)}")
    if k.flags["all"] and k.flags["selector"]:
        raise CommandError("setting 'all' parameter with a non empty selector is prohibited")
    if not k.flags["all"] and not k.flags["selector"] and len(resources) < 2:
        raise CommandError("at least one resource name must be specified since 'all' parameter is not set")


def _update(k: Kubectl, node: Object, added: list[Taint], removed: list[Taint]) -> str:
    """Change the taints of a node; what was done to it, as it is printed. Raises CommandError."""
    old = node.setdefault("spec", {}).get("taints") or []
    overwrite = k.flags["overwrite"]
    exists = [taint["key"] for taint in added for known in old if _is_same(taint, known)]
    if exists and not overwrite:
        raise CommandError(
            f"node {node['metadata']['name']} already has {','.join(exists)} taint(s) with same effect(s) "
            "and --overwrite is false"
        )
    taints = [*added, *(known for known in old if not any(_is_same(known, taint) for taint in added))]
    has_added = len(old) != len(taints)
    taints, has_deleted = _delete(taints, removed)
    node["spec"]["taints"] = [{key: text for key, text in taint.items() if text} for taint in taints]
    if (has_added and has_deleted) or overwrite:
        return "modified"
    return "tainted" if has_added else "untainted"


def _delete(taints: list[Taint], removed: list[Taint]) -> tuple[list[Taint], bool]:
    """The taints that are left, and whether the last of `removed` was there. Raises CommandError."""
    errors: list[Exception] = []
    found = False
    for gone in removed:
        left = [t for t in taints if t["key"] != gone["key"] or gone["effect"] not in ("", t["effect"])]
        found = len(left) < len(taints)
        taints = left
        if not found:
            shown = f"{gone['key']}:{gone['effect']}" if gone["effect"] else gone["key"]
            errors.append(CommandError(f"taint {quote(shown)} not found"))
    problem = aggregate(errors)
    if problem is not None:
        raise problem
    return taints, found


COMMAND: Final = Command(
    "taint",
    run,
    (
        *flag_sets.PRINT,
        flag_sets.DRY_RUN,
        flag_sets.VALIDATE,
        flag_sets.SELECTOR,
        boolean("overwrite", about="taints that are there may be changed"),
        boolean("all", about="all nodes"),
        flag_sets.field_manager("kubectl-taint"),
    ),
    use="NODE NAME KEY_1=VAL_1:EFFECT_1 ... KEY_N-",
    about="Change the taints of nodes.",
)
