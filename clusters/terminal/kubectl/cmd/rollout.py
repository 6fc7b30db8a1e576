"""kubectl rollout: history, pause, resume, undo, status, restart.

Models kubectl's `pkg/cmd/rollout`, for Deployments; this server has no other kind that rolls out.
"""

from typing import Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.last_applied import ANNOTATION
from clusters.engine.clock import rfc3339
from clusters.engine.objects import Object, annotations_of, condition_of
from clusters.terminal.kubectl import flag_sets, history, patches
from clusters.terminal.kubectl.builder import Builder, Info, Result
from clusters.terminal.kubectl.cobra import Command, Run
from clusters.terminal.kubectl.errors import CommandError, aggregate
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, duration, integer
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.waiting import WEEK, until

_RESTARTED_AT: Final = "kubectl.kubernetes.io/restartedAt"
_APPLIED: Final = (
    "Warning: resource {} was previously managed with 'kubectl apply'. Rolling back will not update the {} "
    "annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using "
    "'kubectl apply' with your previous configuration file instead.\n"
)


async def _result(k: Kubectl) -> Result:
    """The objects that the line means. Raises CommandError."""
    if not k.args and not k.flags["filename"]:
        raise CommandError("required resource not specified")
    if "revision" in k.flags.flags and k.flags["revision"] < 0:
        raise CommandError(f"revision must be a positive integer: {k.flags['revision']}")
    builder = Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        filenames=k.flags["filename"],
        label_selector=k.flags["selector"],
        everything_by_default=True,
        flatten=True,
        latest=True,
        continue_on_error=True,
    )
    return await (await builder.type_or_name_args(k.args)).build()


def _pause(_k: Kubectl, deployment: Object) -> None:
    _demand_deployment(deployment, "pausing")
    if deployment["spec"].get("paused"):
        raise CommandError("is already paused")
    deployment["spec"]["paused"] = True


def _resume(_k: Kubectl, deployment: Object) -> None:
    _demand_deployment(deployment, "resuming")
    if not deployment["spec"].get("paused"):
        raise CommandError("is not paused")
    deployment["spec"]["paused"] = False


def _restart(k: Kubectl, deployment: Object) -> None:
    _demand_deployment(deployment, "restarting")
    if deployment["spec"].get("paused"):
        raise CommandError("can't restart paused deployment (run rollout resume first)")
    metadata = deployment["spec"]["template"].setdefault("metadata", {})
    metadata["annotations"] = {**(metadata.get("annotations") or {}), _RESTARTED_AT: rfc3339(k.host.now())}


_CHANGES: Final = {"paused": _pause, "resumed": _resume, "restarted": _restart}


def _demand_deployment(obj: Object, doing: str) -> None:
    if obj["kind"] != "Deployment":
        raise CommandError(f"{doing} is not supported")


def _changes(operation: str) -> Run:
    """A command that patches Deployments and says that they are `operation`."""
    change = _CHANGES[operation]

    async def run(k: Kubectl) -> None:
        infos, problem = await (await _result(k)).try_infos()
        errors = [problem] if problem is not None else []
        if not infos and not errors:
            k.err(f"No resources found in {k.namespace} namespace.\n")
        for patch in patches.calculate_patches(infos, lambda obj: change(k, obj)):
            try:
                await _apply(k, patch, operation)
            except CommandError as error:
                errors.append(error)
        found = aggregate(errors)
        if found is not None:
            raise found

    return run


async def _apply(k: Kubectl, patch: patches.Patch, operation: str) -> None:
    info = patch.info
    if patch.error is not None:
        where = f"{info.mapping.group_resource} {quote(info.name)}"
        raise CommandError(f"error: {where} {patch.error.message}")
    if not patch.body:
        raise CommandError(
            f"failed to create patch for {info.name}: if restart has already been triggered within the past "
            "second, please wait before attempting to trigger another"
        )
    try:
        info.obj = await patches.send(k, patch, patches.write_query(k))
    except StatusError as error:
        raise CommandError(f"failed to patch: {error.message}") from error
    Printer(k, operation).print(info.obj)


async def run_history(k: Kubectl) -> None:
    result, revision = await _result(k), k.flags["revision"]
    printer = Printer(k, "") if k.flags.changed("output") else None

    async def visit(info: Info) -> None:
        _demand(info, "history", "history viewer")
        if printer is None:
            text = await history.view(k, info.namespace, info.name, revision)
            said = f"with revision #{revision}" if revision else ""
            Printer(k, f"{said}\n{text}").print(info.obj)
            return
        found = await history.revisions(k, info.namespace, info.name)
        if revision and revision not in found:
            raise CommandError("unable to find the specified revision")
        for number in [revision] if revision else sorted(found):
            printer.print(found[number])

    await result.visit(visit)


def _demand(info: Info, wanted: str, implementation: str) -> None:
    """Raises CommandError for what is no Deployment."""
    kind, group_kind = info.mapping.kind, quote(info.mapping.group_kind)
    if kind in ("Pod", "ReplicaSet", "ReplicationController"):
        raise CommandError(f"no {implementation} has been implemented for {group_kind}")
    if kind != "Deployment":
        why = f"no visitor method exists for {{{info.mapping.group} {kind}}}"
        raise CommandError(f"error retrieving {wanted} for {group_kind}, {why}")


async def run_undo(k: Kubectl) -> None:
    dry_run = flag_sets.dry_run(k)
    result = await _result(k)

    async def visit(info: Info) -> None:
        if ANNOTATION in annotations_of(info.obj):
            k.err(_APPLIED.format(info.object_name, ANNOTATION))
        _demand(info, "rollbacker", "rollbacker")
        done = await history.roll_back(k, info.namespace, info.name, k.flags["to-revision"], dry_run)
        Printer(k, done, dry_run).print(info.obj)

    await result.visit(visit)


async def run_status(k: Kubectl) -> None:
    result = await _result(k)
    found = False

    async def visit(info: Info) -> None:
        nonlocal found
        found = True
        await _watch_status(k, info)

    await result.visit(visit)
    if not found:
        k.err(f"No resources found in {k.namespace} namespace.\n")


async def _watch_status(k: Kubectl, info: Info) -> None:
    mapping = info.mapping
    if mapping.kind != "Deployment":
        raise CommandError(f"no status viewer has been implemented for {mapping.group_kind}")

    def check(type_: str, deployment: Object) -> bool:
        if type_ not in ("ADDED", "MODIFIED"):
            if type_ == "DELETED":
                raise CommandError("object has been deleted")
            return False
        text, done = status(deployment, k.flags["revision"])
        k.out(text)
        return done or not k.flags["watch"]

    seconds = k.flags["timeout"] or WEEK
    await until(k, mapping, info.namespace, info.name, check, seconds)


def status(deployment: Object, revision: int) -> tuple[str, bool]:
    """What is said of a rollout, and whether it is over. Raises CommandError."""
    name, spec, state = deployment["metadata"]["name"], deployment["spec"], deployment.get("status") or {}
    if revision:
        running = history.revision_of(deployment)
        if running != revision:
            raise CommandError(
                f"desired revision ({revision}) is different from the running revision ({running})"
            )
    if deployment["metadata"].get("generation", 0) > state.get("observedGeneration", 0):
        return "Waiting for deployment spec update to be observed...\n", False
    progressing = condition_of(deployment, "Progressing")
    if progressing is not None and progressing.get("reason") == "ProgressDeadlineExceeded":
        raise CommandError(f"deployment {quote(name)} exceeded its progress deadline")
    updated, total = state.get("updatedReplicas", 0), state.get("replicas", 0)
    available, wanted = state.get("availableReplicas", 0), spec.get("replicas", 1)
    if updated < wanted:
        missing = f"{updated} out of {wanted} new replicas have been updated"
    elif total > updated:
        missing = f"{total - updated} old replicas are pending termination"
    elif available < updated:
        missing = f"{available} of {updated} updated replicas are available"
    else:
        return f"deployment {quote(name)} successfully rolled out\n", True
    return f"Waiting for deployment {quote(name)} rollout to finish: {missing}...\n", False


_FIELD_MANAGER: Final = flag_sets.field_manager("kubectl-rollout")
_COMMON: Final = (*flag_sets.FILENAMES, flag_sets.SELECTOR)
_CHANGE_FLAGS: Final = (*flag_sets.PRINT, *_COMMON, _FIELD_MANAGER)
_USE: Final = "(TYPE NAME | TYPE/NAME)"
COMMAND: Final = Command(
    "rollout",
    commands=(
        Command(
            "history",
            run_history,
            (*flag_sets.PRINT, *_COMMON, integer("revision", about="show this one in full")),
            use=_USE,
            about="Show the revisions of a Deployment.",
        ),
        Command("pause", _changes("paused"), _CHANGE_FLAGS, use=_USE, about="Stop rolling out."),
        Command("resume", _changes("resumed"), _CHANGE_FLAGS, use=_USE, about="Go on rolling out."),
        Command(
            "undo",
            run_undo,
            (
                *flag_sets.PRINT,
                *_COMMON,
                integer("to-revision", about="the revision to go back to; 0 is the one before"),
                flag_sets.DRY_RUN,
            ),
            use=_USE,
            about="Go back to an older revision.",
        ),
        Command(
            "status",
            run_status,
            (
                *_COMMON,
                boolean("watch", True, "w", about="wait until it is over"),
                integer("revision", about="only if this one is rolled out"),
                duration("timeout", about="how long to wait"),
            ),
            use=_USE,
            about="Show how far a rollout is.",
        ),
        Command("restart", _changes("restarted"), _CHANGE_FLAGS, use=_USE, about="Make all pods anew."),
    ),
    about="Look at rollouts of Deployments, and steer them.",
)
