"""kubectl apply: makes the objects of files what the files say, and leaves alone what others wrote.

Models kubectl's `pkg/cmd/apply/apply.go`. Left out: --prune, and sets of applied objects.
"""

from typing import Any, Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.last_applied import ANNOTATION
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, manifests
from clusters.terminal.kubectl.apply_annotation import encode, modified_configuration, original_configuration
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cmd.apply_last_applied import EDIT, SET, VIEW
from clusters.terminal.kubectl.cmd.delete import REPLACING, propagation
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.csaupgrade import owners_of_annotation, upgrade_patch
from clusters.terminal.kubectl.errors import (
    CommandError,
    KubectlError,
    UnsupportedError,
    aggregate,
    is_not_found,
    with_source,
)
from clusters.terminal.kubectl.host import Query
from clusters.terminal.kubectl.info import Helper
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.patcher import Patcher
from clusters.terminal.kubectl.pflag import Flag, array, boolean
from clusters.terminal.kubectl.printers.serialized import without_managed_fields
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.record import RECORD, record
from clusters.terminal.kubectl.rest import APPLY_PATCH, JSON_PATCH

CLIENT_SIDE: Final = "kubectl-client-side-apply"
SERVER_SIDE: Final = "kubectl"
SERVER_SIDE_FLAGS: Final[tuple[Flag, ...]] = (
    boolean("server-side", about="let the server apply, who knows who manages which field"),
    boolean("force-conflicts", about="with --server-side: take fields from other managers"),
)
_LAST_APPLIED: Final = "kubectl-last-applied"
_RETRIES: Final = 5
_MISSING: Final = (
    "Warning: resource {name} is missing the {annotation} annotation which is required by kubectl apply. "
    "kubectl apply should only be used on resources created declaratively by either kubectl create "
    "--save-config or kubectl apply. The missing annotation will be patched automatically.\n"
)
_NOT_FATAL: Final = "This is non-fatal and will be retried next time you apply. Error: "
_CONFLICT: Final = """
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts"""


def field_manager(k: Kubectl) -> str:
    """Who manages the fields that are applied: GetApplyFieldManagerFlag."""
    if k.flags.changed("field-manager"):
        return str(k.flags["field-manager"])
    return SERVER_SIDE if k.flags["server-side"] else CLIENT_SIDE


def warn_if_deleting(k: Kubectl, obj: Object) -> None:
    """Tell of an object that is about to go, whatever is changed of it."""
    metadata = obj.get("metadata") or {}
    if metadata.get("deletionTimestamp"):
        k.err(
            f"Warning: Detected changes to resource {metadata.get('name', '')} which is currently being "
            "deleted.\n"
        )


async def run(k: Kubectl) -> None:
    if k.args:
        raise k.usage_error(f"Unexpected args: [{' '.join(k.args)}]")
    apply = _Apply(k)
    errors: list[Exception] = []
    infos, error = await apply.objects()
    if error is not None:
        errors.append(error)
    elif not infos:
        raise CommandError("no objects passed to apply")
    for info in infos:
        try:
            await apply.apply(info)
        except KubectlError as failure:
            errors.append(failure)
    failed = aggregate(errors)
    if failed is not None:
        raise failed
    if apply.prints_objects:
        apply.print_objects(infos)


class _Apply:
    """How the objects of files are applied. Raises CommandError for flags that do not fit together."""

    def __init__(self, k: Kubectl) -> None:
        self.k = k
        flags = k.flags
        self.dry_run = flag_sets.dry_run(k)
        self.manager = field_manager(k)
        self.propagation = propagation(k)
        manifests.require_filename(flags)
        self.validation = flag_sets.validation(flags)
        _validate(k, self.dry_run)
        self.prints_objects = flags["output"] not in ("", "name")

    async def objects(self) -> tuple[list[Info], Exception | None]:
        """What the files hold, and what is wrong with the rest."""
        result = await Builder(
            self.k,
            namespace=self.k.namespace,
            enforce_namespace=self.k.enforce_namespace,
            filenames=self.k.flags["filename"],
            label_selector=self.k.flags["selector"],
            validates=self.validation != "Ignore",
            continue_on_error=True,
            flatten=True,
        ).build()
        return await result.try_infos()

    async def apply(self, info: Info) -> None:
        """Apply one object. Raises CommandError and StatusError."""
        record(self.k, info.obj)
        generated = (info.obj.get("metadata") or {}).get("generateName")
        if not info.name and generated:
            raise CommandError(f"from {generated}: cannot use generate name with apply")
        if self.k.flags["server-side"]:
            await self._apply_on_server(info)
            return
        wanted = info.obj
        try:
            await info.get(self.k)
        except KubectlError as error:
            if not is_not_found(error):
                verb = f"retrieving current configuration of:\n{info}\nfrom server for:"
                raise with_source(verb, info.source, error) from error
            await self._create(info)
        else:
            await self._patch(info, modified_configuration(wanted, annotate=True))

    def print_objects(self, infos: list[Info]) -> None:
        """Print all that was applied, as one object or a list."""
        objects = [info.obj for info in infos]
        if len(objects) == 1:
            Printer(self.k, "", self.dry_run, as_typed=False).print(objects[0])
            return
        listed = {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": _sorted(objects)}
        if not self.k.flags["show-managed-fields"]:
            listed = without_managed_fields(listed)
        Printer(self.k, "", self.dry_run).print(listed)

    async def _create(self, info: Info) -> None:
        info.obj = _without_nulls(modified_configuration(info.obj, annotate=True))
        if self.dry_run != "client":
            try:
                info.refresh(await self._helper(info).create(info.namespace, info.obj))
            except StatusError as error:
                raise with_source("creating", info.source, error) from error
        self._print("created", info)

    async def _patch(self, info: Info, modified: Object) -> None:
        if original_configuration(info.obj) is None:
            self.k.err(_MISSING.format(name=info.object_name, annotation=ANNOTATION))
        patcher = self._patcher(info)
        try:
            if self.dry_run == "client":
                patched = patcher.patch_here(info.obj, modified)
            else:
                patched = await patcher.patch(info.obj, modified, info.source, info.namespace, info.name)
        except KubectlError as error:
            verb = f"applying patch:\n{patcher.text}\nto:\n{info}\nfor:"
            raise with_source(verb, info.source, error) from error
        info.refresh(patched)
        warn_if_deleting(self.k, info.obj)
        self._print("unchanged" if patcher.text == "{}" else "configured", info)

    def _patcher(self, info: Info) -> Patcher:
        flags = self.k.flags
        return Patcher(
            self._helper(info),
            overwrite=flags["overwrite"],
            openapi=flags["openapi-patch"],
            force=flags["force"],
            propagation=self.propagation,
            timeout=flags["timeout"],
            grace=flags["grace-period"],
        )

    async def _apply_on_server(self, info: Info) -> None:
        helper = self._helper(info, self.k.flags["subresource"])
        wanted = encode(info.obj).encode()
        force = (("force", "true" if self.k.flags["force-conflicts"] else "false"),)
        try:
            applied = await helper.patch(info.namespace, info.name, wanted, APPLY_PATCH, force)
        except StatusError as error:
            if error.code == 409:
                raise CommandError(f"{error}{_CONFLICT}") from error
            raise
        info.refresh(applied)
        await self._migrate(info, helper, wanted, force)
        warn_if_deleting(self.k, info.obj)
        self._print("serverside-applied", info)

    async def _migrate(self, info: Info, helper: Helper, wanted: bytes, force: Query) -> None:
        """Fields that were applied by kubectl itself become those of the manager who applies now."""
        try:
            await self._save_annotation(info)
        except StatusError as error:
            last = ANNOTATION
            self.k.err(f"Warning: failed to migrate {last} for Server-Side Apply. {_NOT_FATAL}{error}\n")
            return
        try:
            if not await self._upgrade_managers(info, helper):
                return
        except StatusError as error:
            self.k.err(
                "Warning: server rejected managed fields migration to Server-Side Apply. "
                f"{_NOT_FATAL}{error}\n"
            )
            return
        try:
            info.refresh(await helper.patch(info.namespace, info.name, wanted, APPLY_PATCH, force))
        except StatusError as error:
            self.k.err(
                "Warning: failed to re-apply configuration after performing Server-Side Apply migration. "
                f"{_NOT_FATAL}{error}\n"
            )

    async def _save_annotation(self, info: Info) -> None:
        """Have the annotation owned by a manager of its own, so that the next apply keeps it."""
        found = original_configuration(info.obj)
        if self.manager != SERVER_SIDE or found is None or owners_of_annotation(info.obj, "Apply"):
            return
        metadata = {"name": info.name, "namespace": info.namespace, "annotations": {ANNOTATION: found}}
        obj: Object = {
            "apiVersion": info.mapping.api_version,
            "kind": info.mapping.kind,
            "metadata": {key: value for key, value in metadata.items() if value},
        }
        helper = self._helper(info, self.k.flags["subresource"], _LAST_APPLIED)
        info.refresh(await helper.patch(info.namespace, info.name, encode(obj).encode(), APPLY_PATCH))

    async def _upgrade_managers(self, info: Info, helper: Helper) -> bool:
        """Whether there were managers to upgrade. Raises StatusError."""
        managers = owners_of_annotation(info.obj, "Update")
        for last in (*[False] * (_RETRIES - 1), True):
            patch = upgrade_patch(info.obj, managers, self.manager)
            if patch is None:
                return False
            try:
                info.refresh(await helper.patch(info.namespace, info.name, patch, JSON_PATCH))
            except StatusError as error:
                if error.code != 409 or last:
                    raise
                await info.get(self.k)
            else:
                break
        return True

    def _helper(self, info: Info, subresource: str = "", manager: str = "") -> Helper:
        return Helper(
            self.k,
            info.mapping,
            manager or self.manager,
            self.validation,
            self.dry_run == "server",
            subresource,
        )

    def _print(self, operation: str, info: Info) -> None:
        if not self.prints_objects:
            Printer(self.k, operation, self.dry_run, as_typed=False).print(info.obj)


def _validate(k: Kubectl, dry_run: str) -> None:
    flags = k.flags
    on_server = flags["server-side"]
    complaints = (
        (flags["force-conflicts"] and not on_server, "--force-conflicts only works with --server-side"),
        (
            dry_run == "client" and on_server,
            "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
        ),
        (on_server and flags["force"], "--force cannot be used with --server-side"),
        (dry_run == "server" and flags["force"], "--dry-run=server cannot be used with --force"),
        (flags["all"] and flags["selector"], "cannot set --all and --selector at the same time"),
        (flags["prune"] and flags["force"], "--force cannot be used with --prune"),
        (
            flags["prune"] and not flags["all"] and not flags["selector"],
            "all resources selected for prune without explicitly passing --all. To prune all resources, pass "
            "the --all flag. If you did not mean to prune all resources, specify a label selector",
        ),
        (
            flags["prune"] and on_server,
            "--prune is in alpha and doesn't currently work on objects created by server-side apply",
        ),
        (
            flags["subresource"] and not on_server,
            "--subresource can only be specified for --server-side",
        ),
    )
    for is_wrong, text in complaints:
        if is_wrong:
            raise CommandError(text)
    if flags["prune"]:
        raise UnsupportedError("the real kubectl has --prune, and this terminal does not")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


COMMAND: Final = Command(
    "apply",
    run,
    (
        *flag_sets.FILENAMES,
        *REPLACING,
        RECORD,
        *flag_sets.PRINT,
        flag_sets.VALIDATE,
        flag_sets.DRY_RUN,
        *SERVER_SIDE_FLAGS,
        flag_sets.field_manager(CLIENT_SIDE),
        flag_sets.SELECTOR,
        boolean("prune"),
        array("prune-allowlist"),
        boolean("all"),
        boolean("overwrite", True, about="what others changed since counts less than the file"),
        boolean("openapi-patch", True),
        flag_sets.SUBRESOURCE,
    ),
    commands=(VIEW, SET, EDIT),
    use="-f FILENAME",
    about="Make objects what a file says, new or changed.",
)
