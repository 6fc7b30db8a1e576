"""What the commands below `kubectl set` share.

Models kubectl's `pkg/cmd/set/helper.go` and what its commands repeat.
"""

from collections.abc import Sequence
from typing import Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, patches
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.errors import CommandError, aggregate
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import Flag, boolean
from clusters.terminal.kubectl.printing import Printer

LOCAL: Final = boolean("local", about="change the file's object here, and ask no server")
FLAGS: Final[tuple[Flag, ...]] = (
    *flag_sets.PRINT,
    *flag_sets.FILENAMES,
    flag_sets.ALL,
    LOCAL,
    flag_sets.DRY_RUN,
    flag_sets.field_manager("kubectl-set"),
)
SERVER_AND_LOCAL: Final = "cannot specify --local and --dry-run=server - did you mean --dry-run=client?"
ALL_AND_SELECTOR: Final = "cannot set --all and --selector at the same time"
NO_RESOURCES: Final = "one or more resources must be specified as <resource> <name> or <resource>/<name>"
_LOCAL_RESOURCES: Final = (
    "error: you must specify resources by --filename when --local is set.\n"
    "Example resource specifications include:\n"
    "   '-f rsrc.yaml'\n"
    "   '--filename=rsrc.json'"
)


async def find(k: Kubectl, resources: Sequence[str], selector: str = "") -> list[Info]:
    """The objects that a line means, as they are now. Raises CommandError."""
    local = k.flags["local"]
    if local and resources:
        raise CommandError(_LOCAL_RESOURCES)
    builder = Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        filenames=k.flags["filename"],
        label_selector="" if local else selector,
        everything_by_default=not local and k.flags["all"],
        flatten=True,
        latest=not local,
        local=local,
        continue_on_error=True,
    )
    return await (await builder.type_or_name_args(resources)).infos()


class Setting:
    """One change of objects: it is sent and printed, or only printed. Errors are gathered."""

    def __init__(self, k: Kubectl, operation: str) -> None:
        self.k = k
        self.dry_run = flag_sets.dry_run(k)
        self.printer = Printer(k, operation, self.dry_run)
        self.errors: list[Exception] = []

    @property
    def writes(self) -> bool:
        return not self.k.flags["local"] and self.dry_run != "client"

    async def apply(
        self, infos: list[Info], mutate: patches.Mutate, failure: str, *, skip_unchanged: bool = True
    ) -> None:
        """Change all objects. `failure` is put before what the server says against a patch."""
        for patch in list(patches.calculate_patches(infos, mutate)):
            if patch.error is not None:
                said = f"error: {patch.info.object_name} {patch.error.message}\n"
                self.errors.append(CommandError(said))
            elif patch.body or not skip_unchanged:
                await self._apply(patch, failure)
        problem = aggregate(self.errors)
        if problem is not None:
            raise problem

    async def _apply(self, patch: patches.Patch, failure: str) -> None:
        if not self.writes:
            self.printer.print(patch.info.obj)
            return
        try:
            changed = await patches.send(self.k, patch, patches.write_query(self.k, self.dry_run))
        except StatusError as error:
            self.errors.append(CommandError(f"{failure} {error.message}"))
        else:
            self.printer.print(changed)


def select_containers(spec: Object, pattern: str) -> list[Object]:
    """The containers whose names fit a pattern with `*`; those that initialize come last."""
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    return [container for container in containers if fits(container["name"], pattern)]


def fits(text: str, pattern: str) -> bool:
    """Whether a text fits a pattern with `*`, as upstream's selectString decides it."""
    if pattern == "*":
        return True
    if "*" not in pattern:
        return text == pattern
    position, parts = 0, pattern.split("*")
    for index, part in enumerate(parts):
        if not part:
            continue
        found = text[position:].find(part)
        at_end = index == len(parts) - 1
        if found < position or (index == 0 and position) or (at_end and len(text) != len(part) + found):
            return False
        position = found
    return True
