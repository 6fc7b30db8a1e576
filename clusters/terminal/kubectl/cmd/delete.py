"""kubectl delete: by names, files, selectors, and then it waits until all of them are gone.

Models kubectl's `pkg/cmd/delete`. Left out: --raw.
"""

from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cmd.wait import wait_until_gone
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import (
    CommandError,
    KubectlError,
    UnsupportedError,
    is_not_found,
    with_source,
    without,
)
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import FALSE, TRUE, Flag, boolean, duration, integer, string
from clusters.terminal.kubectl.printing import DRY_RUN
from clusters.terminal.kubectl.waiting import WEEK

CASCADE: Final = string(
    "cascade",
    "background",
    no_opt="background",
    about="background, foreground or orphan: what becomes of dependents",
)
GRACE_PERIOD: Final = integer("grace-period", -1, about="seconds that it has to end")
FORCE: Final = boolean("force", about="do not wait for the machine: at once")
TIMEOUT: Final = duration("timeout", about="how long to wait until all is gone")
REPLACING: Final[tuple[Flag, ...]] = (
    FORCE,
    CASCADE,
    GRACE_PERIOD,
    TIMEOUT,
    boolean("wait", about="with --force: wait until what is replaced is gone"),
)
"""Flags of other commands that delete on their way: upstream's NewDeleteFlags."""
FLAGS: Final[tuple[Flag, ...]] = (
    *flag_sets.FILENAMES,
    flag_sets.SELECTOR,
    flag_sets.FIELD_SELECTOR,
    flag_sets.ALL,
    flag_sets.ALL_NAMESPACES,
    FORCE,
    CASCADE,
    boolean("now", about="as --grace-period=1"),
    GRACE_PERIOD,
    TIMEOUT,
    boolean("ignore-not-found", about="what is not there counts as deleted"),
    boolean("wait", True, about="wait until all is gone"),
    string("output", shorthand="o", about="name"),
    boolean("interactive", shorthand="i", about="ask first"),
    string("raw"),
    flag_sets.DRY_RUN,
)
_IMMEDIATE: Final = (
    "Warning: Immediate deletion does not wait for confirmation that the running resource has been "
    "terminated. The resource may continue to run on the cluster indefinitely.\n"
)


def propagation(k: Kubectl) -> str:
    """Background, Foreground or Orphan, as --cascade says. Raises CommandError."""
    said: str = k.flags["cascade"]
    if said in ("background", "foreground", "orphan"):
        return said.capitalize()
    if said not in TRUE | FALSE:
        raise CommandError(f'invalid cascade value ({said}). Must be "background", "foreground", or "orphan"')
    meant = "background" if said in TRUE else "orphan"
    k.err(
        f"warning: --cascade={said} is deprecated (boolean value) and can be replaced with "
        f"--cascade={meant}.\n"
    )
    return meant.capitalize()


class Deletion:
    """How objects are deleted; `grace` in seconds, -1 for what each of them wants.

    `warns`: it is told when what belongs to no namespace is deleted though the line names one.
    """

    def __init__(
        self, k: Kubectl, grace: int, propagation_policy: str, dry_run: str = "none", *, warns: bool = True
    ) -> None:
        self.k = k
        self.grace = grace
        self.propagation = propagation_policy
        self.dry_run = dry_run
        self.count = 0
        self.deleted: list[tuple[Info, str]] = []
        self._warned = not warns

    async def delete(self, info: Info) -> None:
        """Delete one object, and say so."""
        self.count += 1
        self._warn_of_scope(info)
        if self.dry_run != "client":
            query = flag_sets.dry_run_query(self.dry_run)
            options: Object = {"gracePeriodSeconds": self.grace} if self.grace >= 0 else {}
            options["propagationPolicy"] = self.propagation
            try:
                answer = await self.k.client.delete(info.path, options, query)
            except KubectlError as error:
                raise with_source("deleting", info.source, error) from error
            self.deleted.append((info, _uid_of(answer)))
        else:
            self.deleted.append((info, ""))
        self._tell(info)

    async def wait(self, seconds: float) -> None:
        """Wait until all of them are gone; 0 waits for ever."""
        for info, uid in self.deleted:
            await wait_until_gone(self.k, info, seconds or WEEK, uid)

    def _warn_of_scope(self, info: Info) -> None:
        k = self.k
        if info.mapping.namespaced or self._warned or not k.enforce_namespace:
            return
        if not k.flags["all-namespaces"]:
            k.err("Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n")
            self._warned = True

    def _tell(self, info: Info) -> None:
        kind = info.mapping.group_kind.lower()
        if self.k.flags["output"] == "name":
            self.k.out(f"{kind}/{info.name}\n")
            return
        operation = "force deleted" if self.grace == 0 else "deleted"
        if info.mapping.namespaced:
            operation += f" from {info.namespace} namespace"
        operation += DRY_RUN.get(self.dry_run, "")
        self.k.out(f'{kind} "{info.name}" {operation}\n')


async def run(k: Kubectl) -> None:
    flags = k.flags
    if flags["raw"]:
        raise UnsupportedError("the real kubectl has --raw, and this terminal does not")
    policy = propagation(k)
    selects = flags["all"] or flags["selector"] or flags["field-selector"]
    ignore = flags["ignore-not-found"] or (selects and not flags.changed("ignore-not-found"))
    grace = _grace(k)
    deletion = Deletion(k, grace, policy, flag_sets.dry_run(k))
    result = await (await _builder(k).type_or_name_args(k.args)).build()
    _validate(k, grace)
    if flags["interactive"] and not await _confirmed(k, await result.infos()):
        return
    try:
        await result.visit(deletion.delete)
    except KubectlError as error:
        left = without(error, is_not_found) if ignore else error
        if left is not None:
            raise left from error
    if not deletion.count:
        k.out("No resources found\n")
    elif flags["wait"] and deletion.dry_run == "none":
        await deletion.wait(flags["timeout"])


def _builder(k: Kubectl) -> Builder:
    flags = k.flags
    return Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        all_namespaces=flags["all-namespaces"],
        filenames=flags["filename"],
        label_selector=flags["selector"],
        field_selector=flags["field-selector"],
        select_all=flags["all"],
        require_object=False,
        continue_on_error=True,
        flatten=True,
    )


def _grace(k: Kubectl) -> int:
    grace, force = int(k.flags["grace-period"]), k.flags["force"]
    if k.flags["now"]:
        if grace != -1:
            raise CommandError("--now and --grace-period cannot be specified together")
        return 1
    if grace == 0 and not force:
        return 1
    return 0 if force and grace < 0 else grace


def _validate(k: Kubectl, grace: int) -> None:
    flags = k.flags
    if flags["output"] not in ("", "name"):
        raise CommandError(f"unexpected -o output mode: {flags['output']}. We only support '-o name'")
    for name in ("selector", "field-selector"):
        if flags["all"] and flags[name]:
            raise CommandError(f"cannot set --all and --{name} at the same time")
    if flags["force"] and grace == 0:
        k.err(_IMMEDIATE)
    elif flags["force"] and grace > 0:
        raise CommandError("--force and --grace-period greater than 0 cannot be specified together")


async def _confirmed(k: Kubectl, infos: list[Info]) -> bool:
    if not infos:
        k.out("No resources found\n")
        return False
    k.out(f"You are about to delete the following {len(infos)} resource(s):\n")
    for info in infos:
        k.out(f"{info.mapping.group_kind.lower()}/{info.name}\n")
    k.out("Do you want to continue? (y/N): ")
    answer = (await k.host.read_line() or "").strip()
    if answer in ("y", "Y"):
        return True
    k.out("deletion is cancelled\n")
    return False


def _uid_of(answer: Object) -> str:
    found = answer.get("details") if answer.get("kind") == "Status" else answer.get("metadata")
    return str((found or {}).get("uid") or "")


COMMAND: Final = Command(
    "delete",
    run,
    FLAGS,
    use="([-f FILENAME] | TYPE [(NAME | -l label | --all)])",
    about="Delete objects by files, names or selectors.",
)
