"""Objects are edited as text, again and again until the server takes them or somebody gives up.

Models kubectl's `pkg/cmd/util/editor`.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.last_applied import ANNOTATION
from clusters.engine.apiserver.schema import struct_of
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, manifests
from clusters.terminal.kubectl.apply_annotation import create_or_update, encode, original_configuration
from clusters.terminal.kubectl.builder import Builder
from clusters.terminal.kubectl.documents import DocumentError, to_json
from clusters.terminal.kubectl.errors import CommandError, ExitError, KubectlError
from clusters.terminal.kubectl.info import Helper, Info
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.printers.gofmt import go_syntax, quote
from clusters.terminal.kubectl.printers.json_text import compact_json, json_text
from clusters.terminal.kubectl.printers.kyaml_text import kyaml_text
from clusters.terminal.kubectl.printers.yaml_text import yaml_text
from clusters.terminal.kubectl.printing import Printer, no_compatible_printer
from clusters.terminal.kubectl.record import record
from clusters.terminal.kubectl.rest import MERGE_PATCH, STRATEGIC_PATCH
from clusters.terminal.kubectl.result import Result
from clusters.terminal.kubectl.strategicpatch import two_way_patch

_HEADER: Final = (
    "# Please edit the object below. Lines beginning with a '#' will be ignored,\n"
    "# and an empty file will abort the edit. If an error occurs while saving this file will be\n"
    "# reopened with the relevant failures.\n#\n"
)
_APPLIED_HEADER: Final = (
    "# Please edit the 'last-applied-configuration' annotations below.\n"
    "# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.\n#\n"
)
_CHANGED: Final = "At least one of apiVersion, kind and name was changed"


class _CancelledError(Exception):
    """Nothing is done, and its text says why."""


@dataclass
class _Results:
    """What became of one edit: `reasons` to edit again, each with details; how many to try again later,
    how many that are not there; `file` is where the text is kept."""

    file: str = ""
    reasons: list[tuple[str, list[str]]] = field(default_factory=list)
    retryable: int = 0
    not_found: int = 0
    invalid: int = 0

    @property
    def header(self) -> str:
        """The reasons as comments above the text."""
        return "".join(_commented(head, details) for head, details in self.reasons)

    def add(self, error: Exception, info: Info) -> str:
        """What is said of an error of the server."""
        what = f"{info.mapping.group_resource} {quote(info.name)}"
        if isinstance(error, StatusError) and error.reason == "Invalid":
            self.invalid += 1
            causes = error.details.get("causes") or ()
            details = [f"{cause.get('field', '')}: {cause.get('message', '')}" for cause in causes]
            self.reasons.append((f"{what} was not valid", details))
            return f"error: {what} is invalid\n"
        if isinstance(error, StatusError) and error.reason == "NotFound":
            self.not_found += 1
            return f"error: {what} could not be found on the server\n"
        self.retryable += 1
        return f"error: {what} could not be patched: {error}\n"


class Edit:
    """`kubectl edit`, and what other commands that open an editor do as it does.

    Raises CommandError for flags that it cannot follow.
    """

    header = _HEADER

    def __init__(self, k: Kubectl, field_manager: str, subresource: str = "") -> None:
        self.k = k
        self.field_manager = field_manager
        self.subresource = subresource
        self.validation = flag_sets.validation(k.flags)
        self.output = k.flags["output"].lower() or "yaml"
        self._managed: dict[str, Any] = {}

    async def run(self, args: Sequence[str]) -> None:
        """Edit what the arguments of the line mean, and what its files do."""
        await self.edit_all(await self._original(args))

    async def edit_all(self, found: Result) -> None:
        """Edit what was found, all of it in one text."""
        infos = await found.infos()
        if not infos:
            raise CommandError("edit cancelled, no objects found")
        await self.edit(infos)

    async def submit(self, infos: list[Info], updated: list[Info], results: _Results) -> None:
        """Send what was changed."""
        for info in updated:
            await self._patch(info, _original_of(infos, info), results)

    async def edit(self, infos: list[Info]) -> None:
        """Open the editor with these objects until there is nothing more to be done."""
        results, refused = _Results(), False
        original = edited = self._shown(infos)
        while True:
            before = edited
            shown = _without_comments(before) if refused else self._shown(infos)
            file, edited = await self._launch(results, shown)
            if refused and _content(before) == _content(edited):
                await self._keep(file, edited, "A copy of your changes has been stored to")
                raise CommandError("Edit cancelled, no valid changes were saved.")
            results = _Results(file)
            try:
                updated = await self._read(original, edited, infos, results)
            except _CancelledError as cancelled:
                self.k.err(f"Edit cancelled, {cancelled}.\n")
                return
            if updated is not None:
                await self._submit_or_keep(infos, updated, results, edited)
                if not results.invalid:
                    return
            refused = bool(results.reasons)

    async def _read(
        self, original: str, edited: str, infos: list[Info], results: _Results
    ) -> list[Info] | None:
        """The objects of the edited text; None, and a reason in the results, if it cannot be read."""
        why = self._invalidity(edited)
        if why:
            self.k.err(results.add(_failed_validation(why), infos[0]))
            return None
        if _content(original) == _content(edited):
            raise _CancelledError("no changes made")
        if not _without_comments(edited).strip():
            raise _CancelledError("saved file was empty")
        stream = (edited, "edited-file")
        try:
            return await Builder(self.k, stream=stream, continue_on_error=True, flatten=True).infos()
        except KubectlError as error:
            results.reasons.append((f"The edited file had a syntax error: {error}", []))
            return None

    async def _submit_or_keep(
        self, infos: list[Info], updated: list[Info], results: _Results, edited: str
    ) -> None:
        """Send the objects; the text is kept if that is no use. Raises what went wrong then."""
        try:
            self._prepare(infos, updated)
            await self.submit(infos, updated, results)
        except KubectlError:
            await self._keep(results.file, edited, "A copy of your changes has been stored to")
            raise
        if results.retryable:
            await self._store(results.file, edited)
            self.k.err(f"You can run `kubectl replace -f {results.file}` to try this update again.\n")
            raise ExitError(1)
        if results.not_found:
            await self._keep(
                results.file, edited, "The edits you made on deleted resources have been saved to"
            )
            raise ExitError(1)

    async def _original(self, args: Sequence[str]) -> Result:
        builder = Builder(
            self.k,
            namespace=self.k.namespace,
            enforce_namespace=self.k.enforce_namespace,
            filenames=self.k.flags["filename"],
            subresource=self.subresource,
            everything_by_default=True,
            latest=True,
            continue_on_error=True,
            flatten=True,
        )
        return await (await builder.type_or_name_args(args)).build()

    def _shown(self, infos: list[Info]) -> str:
        """The text to edit. Raises CommandError for a format that there is not."""
        self._managed = {
            _uid(info.obj): (info.obj.get("metadata") or {}).get("managedFields") for info in infos
        }
        objects = [_with_managed(info.obj, None) for info in infos]
        shown: Object = {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {}}
        if len(objects) == 1:
            shown = objects[0]
        if self.output == "json":
            return json_text(shown)
        if self.output == "yaml":
            return yaml_text(shown)
        if self.output == "kyaml":
            return kyaml_text(shown)
        raise no_compatible_printer(self.k.flags["output"], ("json", "kyaml", "yaml"))

    async def _launch(self, results: _Results, shown: str) -> tuple[str, str]:
        """The path of a new file, and its text as it was left."""
        text = shown if self.output == "json" else self.header + results.header + shown
        if self.k.flags["windows-line-endings"]:
            text = text.replace("\n", "\r\n")
        extension = "json" if self.output == "json" else "yaml"
        name = f"kubectl-edit-{secrets.randbelow(2**32)}.{extension}"
        edited = await self.k.host.editor(name, text)
        return f"{manifests.TEMPORARY}{name}", text if edited is None else edited

    async def _keep(self, path: str, text: str, said: str) -> None:
        await self._store(path, text)
        self.k.err(f"{said} {quote(path)}\n")

    async def _store(self, path: str, text: str) -> None:
        try:
            await self.k.host.files.write(manifests.local_name(path), text)
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _invalidity(self, edited: str) -> str:
        if self.validation == "Ignore":
            return ""
        try:
            return manifests.invalidity(to_json(_content(edited)))
        except DocumentError as error:
            return str(error)

    def _prepare(self, infos: list[Info], updated: list[Info]) -> None:
        """Give objects what the editor did not show, and those of the file their namespace."""
        for info in (*infos, *updated):
            info.obj = _with_managed(info.obj, self._managed.get(_uid(info.obj)))
        placing = Builder(self.k, namespace=self.k.namespace, enforce_namespace=True)
        for info in updated:
            manifests.place(placing, info)
        for info in updated:
            if "save-config" in self.k.flags.flags and self.k.flags["save-config"]:
                info.obj = create_or_update(True, info.obj)
            record(self.k, info.obj)

    async def _patch(self, info: Info, original: Object, results: _Results) -> None:
        if original == info.obj:
            self._print("skipped", info)
            return
        patch = two_way_patch(struct_of(info.mapping.api_version, info.mapping.kind), original, info.obj)
        metadata = patch.get("metadata") or {}
        if {"apiVersion", "kind", "managedFields"} & patch.keys() or "name" in metadata:
            raise CommandError(_CHANGED)
        if self.k.flags["output-patch"]:
            self.k.out(f"Patch: {compact_json(patch)}\n")
        helper = Helper(
            self.k, info.mapping, self.field_manager, self.validation, subresource=self.subresource
        )
        try:
            info.refresh(await helper.patch(info.namespace, info.name, patch, STRATEGIC_PATCH))
        except StatusError as error:
            self.k.err(results.add(error, info))
            return
        self._print("edited", info)

    def _print(self, operation: str, info: Info) -> None:
        Printer(self.k, operation, as_typed=False).print(info.obj)


class EditBeforeCreate(Edit):
    """`kubectl create --edit`: each object of the files is edited by itself, then made."""

    async def edit_all(self, found: Result) -> None:
        async def edit(info: Info) -> None:
            await self.edit([info])

        await found.visit(edit)

    async def _original(self, args: Sequence[str]) -> Result:
        return await Builder(
            self.k,
            namespace=self.k.namespace,
            enforce_namespace=self.k.enforce_namespace,
            filenames=self.k.flags["filename"],
            continue_on_error=True,
            flatten=True,
        ).build()

    async def submit(self, infos: list[Info], updated: list[Info], results: _Results) -> None:
        helper = Helper(self.k, updated[0].mapping, self.field_manager, self.validation)
        for info in updated:
            info.refresh(await helper.create(info.namespace, info.obj))
            self._print("created", info)


class EditLastApplied(Edit):
    """`kubectl apply edit-last-applied`: what apply has kept is edited, not the objects."""

    header = _APPLIED_HEADER

    async def edit_all(self, found: Result) -> None:
        kept = [original_configuration(info.obj) for info in await found.infos()]
        infos = [
            (await Builder(self.k, stream=(text, "edited-file"), flatten=True).infos())[0]
            for text in kept
            if text is not None
        ]
        if not infos:
            raise CommandError(
                "no last-applied-configuration annotation found on resources, to create the annotation, "
                "use command `kubectl apply set-last-applied --create-annotation`"
            )
        await self.edit(infos)

    async def submit(self, infos: list[Info], updated: list[Info], results: _Results) -> None:
        for info in updated:
            if _original_of(infos, info) == info.obj:
                self._print("skipped", info)
                continue
            helper = Helper(self.k, info.mapping, self.field_manager, self.validation)
            await helper.patch(self.k.namespace, info.name, annotation_patch(info.obj), MERGE_PATCH)
            self._print("edited", info)


def annotation_patch(obj: Object) -> Object:
    """The merge patch that makes an object the one that was applied last: GetApplyPatch."""
    return {"metadata": {"annotations": {ANNOTATION: encode(obj)}}}


def _original_of(infos: list[Info], updated: Info) -> Object:
    for info in infos:
        if _uid(info.obj) == _uid(updated.obj):
            return info.obj
    shown = f"&unstructured.Unstructured{{Object:{go_syntax(updated.obj)}}}"
    raise CommandError(f"no original object found for {shown}")


def _uid(obj: Object) -> str:
    return str((obj.get("metadata") or {}).get("uid") or "")


def _with_managed(obj: Object, managed: Any) -> Object:
    metadata = {key: value for key, value in (obj.get("metadata") or {}).items() if key != "managedFields"}
    return {**obj, "metadata": metadata if managed is None else {**metadata, "managedFields": managed}}


def _failed_validation(why: str) -> StatusError:
    said = f'Invalid value: "The edited file failed validation": {why}'
    return StatusError(422, "Invalid", said, {"causes": [{"field": "<nil>", "message": said}]})


def _content(text: str) -> str:
    """What two texts have in common that differ in comments only: StripComments."""
    if text.lstrip().startswith("{"):
        return text
    try:
        return compact_json(to_json(text))
    except DocumentError:
        return _without_comments(text)


def _without_comments(text: str) -> str:
    """The text without lines that are comments: ManualStrip."""
    lines = text.split("\n")
    last = len(lines) - 1
    kept = [
        line + "\n" * (i < last)
        for i, line in enumerate(lines)
        if not line.strip().startswith("#") or line.strip().startswith("#!")
    ]
    return "".join(kept)


def _commented(head: str, details: list[str]) -> str:
    lines = [f"# {_hashed(head)}{':' * bool(details)}\n", *(f"# * {_hashed(one)}\n" for one in details)]
    return "".join(lines) + "#\n"


def _hashed(text: str) -> str:
    """The text as one comment, however many lines it has."""
    return re.sub(r"\n(?=[^#])", "\n# ", text)
