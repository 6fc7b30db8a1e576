"""kubectl patch: changes fields of objects, by a patch of one of three types.

Models kubectl's `pkg/cmd/patch`.
"""

from typing import Any, Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.go_text import json_type
from clusters.engine.apiserver.patches.json_patch import apply_json_patch
from clusters.engine.apiserver.patches.merge_patch import apply_merge_patch
from clusters.engine.apiserver.patches.strategic_patch import apply_strategic_patch
from clusters.engine.apiserver.schema import struct_of
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, manifests
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cmd.set_helper import SERVER_AND_LOCAL
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.documents import DocumentError, decoded, to_json
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.info import Helper
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, string
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.record import CHANGE_CAUSE, RECORD, change_cause
from clusters.terminal.kubectl.rest import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH

TYPES: Final = {"json": JSON_PATCH, "merge": MERGE_PATCH, "strategic": STRATEGIC_PATCH}

_BAD_JSON: Final = {
    "json": "unexpected end of JSON input",
    "merge": "Invalid JSON Patch",
    "strategic": "invalid JSON document",
}
"""What is said of a patch that is no JSON, where the server is not asked."""


async def run(k: Kubectl) -> None:
    dry_run = flag_sets.dry_run(k)
    _validate(k, dry_run)
    patching = _Patching(k, dry_run, await _patch_of(k, dry_run))
    builder = Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        filenames=k.flags["filename"],
        subresource=k.flags["subresource"],
        local=k.flags["local"],
        continue_on_error=True,
        flatten=True,
    )
    await (await (await builder.type_or_name_args(k.args)).build()).visit(patching.patch)
    if not patching.count:
        raise CommandError("no objects passed to patch")


class _Patching:
    """How objects are patched and printed; `count` of them were."""

    def __init__(self, k: Kubectl, dry_run: str, patch: Any) -> None:
        self.k = k
        self.dry_run = dry_run
        self.content = patch
        self.type = k.flags["type"].lower() or "strategic"
        self.count = 0

    async def patch(self, info: Info) -> None:
        self.count += 1
        if self.k.flags["local"] or self.dry_run == "client":
            patched = self._patched_here(info.obj)
        else:
            patched = await self._patched(info)
        operation = "patched" if patched != info.obj else "patched (no change)"
        Printer(self.k, operation, as_typed=False).print(patched)

    async def _patched(self, info: Info) -> Object:
        k = self.k
        helper = Helper(
            k,
            info.mapping,
            k.flags["field-manager"],
            dry_run=self.dry_run == "server",
            subresource=k.flags["subresource"],
        )
        try:
            patched = await helper.patch(info.namespace, info.name, self.content, TYPES[self.type])
        except StatusError as error:
            if error.reason != "UnsupportedMediaType":
                raise
            mapping = info.mapping
            kind = f"{mapping.group}/{mapping.version}, Kind={mapping.kind}"
            raise CommandError(f"{TYPES[self.type]} is not supported by {kind}: {error}") from error
        if k.flags["record"]:
            cause = {"metadata": {"annotations": {CHANGE_CAUSE: change_cause(k)}}}
            patched = await helper.patch(info.namespace, info.name, cause, MERGE_PATCH)
        return patched

    def _patched_here(self, obj: Object) -> Object:
        """The object as the patch makes it, without the server. Raises CommandError."""
        try:
            if self.type == "json":
                patched = _apply_operations(obj, self.content)
            elif self.type == "merge":
                patched = apply_merge_patch(obj, self.content)
            else:
                patched = self._patched_strategically(obj)
        except StatusError as error:
            raise CommandError(error.message) from error
        found: Object = decoded(patched)
        return found

    def _patched_strategically(self, obj: Object) -> Object:
        try:
            struct = struct_of(obj["apiVersion"], obj["kind"])
        except KeyError as error:
            group, _slash, version = obj["apiVersion"].rpartition("/")
            kind = f"{group}/{version}, Kind={obj['kind']}"
            raise CommandError(
                f"strategic merge patch is not supported for {kind} locally, try --type merge"
            ) from error
        return apply_strategic_patch(struct, obj, self.content)


def _apply_operations(obj: Object, operations: Any) -> Any:
    """What a JSON patch makes of an object. Raises CommandError, in the words of evanphx/json-patch."""
    if not isinstance(operations, list):
        raise CommandError(
            f"json: cannot unmarshal {json_type(operations)} into Go value of type jsonpatch.Patch"
        )
    patched: Any = obj
    for operation in operations:
        if not isinstance(operation, dict):
            found = json_type(operation)
            raise CommandError(f"json: cannot unmarshal {found} into Go value of type jsonpatch.Operation")
        try:
            patched = apply_json_patch(patched, [operation])
        except StatusError as error:
            raise CommandError(_complaint(patched, operation)) from error
    return patched


def _complaint(obj: Any, operation: Object) -> str:
    op, path = operation.get("op", "unknown"), operation.get("path")
    if op not in ("add", "remove", "replace", "move", "copy", "test"):
        return f"Unexpected kind: {op}"
    if path is None:
        return f"{op} operation failed to decode path: missing value"
    if op == "test":
        return f"testing value {path} failed: test failed"
    if op in ("move", "copy"):
        path = operation.get("from") or ""
    return _missing(op, path, _at(obj, path.rpartition("/")[0]))


def _missing(op: str, path: str, holder: Any) -> str:
    """What is said where there is nothing at the path; `holder` is what should have it."""
    key = path.rpartition("/")[2]
    if not isinstance(holder, dict | list):
        shown = path if op == "replace" else quote(path)
        return f"{op} operation does not apply: doc is missing path: {shown}: missing value"
    if op == "replace":
        return f"Object to be patched is missing field ({path}: missing value)"
    why = f"Unable to remove nonexistent key: {key}: missing value"
    if isinstance(holder, list):
        why = f"Unable to access invalid index: {key}: invalid index referenced"
    return f"error in {op} for path: '{key if op == 'move' else path}': {why}"


def _at(obj: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        if isinstance(obj, list):
            obj = obj[int(part)] if part.isdecimal() and int(part) < len(obj) else None
        else:
            obj = obj.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(obj, dict) else None
    return obj


def _validate(k: Kubectl, dry_run: str) -> None:
    flags = k.flags
    if flags["patch"] and flags["patch-file"]:
        raise CommandError("cannot specify --patch and --patch-file together")
    if not flags["patch"] and not flags["patch-file"]:
        raise CommandError("must specify --patch or --patch-file containing the contents of the patch")
    if flags["local"] and k.args:
        raise CommandError("cannot specify --local and server resources")
    if flags["local"] and dry_run == "server":
        raise CommandError(SERVER_AND_LOCAL)
    if flags["type"] and flags["type"].lower() not in TYPES:
        raise CommandError(f"--type must be one of [{' '.join(TYPES)}], not {quote(flags['type'])}")


async def _patch_of(k: Kubectl, dry_run: str) -> Any:
    """What the line or its file has as a patch. Raises CommandError.

    Text that begins as JSON is sent as it is, for the server to complain of.
    """
    text: str = k.flags["patch"]
    name = k.flags["patch-file"]
    if name:
        try:
            text = await k.host.files.read(manifests.local_name(name))
        except FileNotFoundError as error:
            raise CommandError(
                f"unable to read patch file: open {name}: no such file or directory"
            ) from error
    is_json = text.lstrip().startswith("{")
    if is_json and not k.flags["local"] and dry_run != "client":
        return text.encode()
    try:
        return to_json(text)
    except DocumentError as error:
        if is_json:
            raise CommandError(_BAD_JSON[k.flags["type"].lower() or "strategic"]) from error
        raise CommandError(f"unable to parse {quote(k.flags['patch'])}: {error}") from error


COMMAND: Final = Command(
    "patch",
    run,
    (
        RECORD,
        *flag_sets.PRINT,
        string("patch", shorthand="p", about="the patch, as JSON or YAML"),
        string("patch-file", about="a file with the patch"),
        string("type", "strategic", about="json, merge or strategic"),
        flag_sets.DRY_RUN,
        *flag_sets.FILENAMES,
        boolean("local", about="patch what is in the files, not what the server has"),
        flag_sets.field_manager("kubectl-patch"),
        flag_sets.SUBRESOURCE,
    ),
    use="(-f FILENAME | TYPE NAME) [-p PATCH | --patch-file FILE]",
    about="Change fields of an object.",
)
