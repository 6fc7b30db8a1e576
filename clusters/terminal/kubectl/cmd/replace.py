"""kubectl replace: puts the objects of files in the place of those that are there.

Models kubectl's `pkg/cmd/replace`. Left out: --raw.
"""

import asyncio
from typing import Final

from clusters.terminal.kubectl import flag_sets, manifests
from clusters.terminal.kubectl.apply_annotation import create_or_update
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cmd.delete import REPLACING, Deletion, propagation
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import (
    CommandError,
    KubectlError,
    UnsupportedError,
    is_not_found,
    with_source,
    without,
)
from clusters.terminal.kubectl.generate import SAVE_CONFIG
from clusters.terminal.kubectl.info import Helper
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import string
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.record import RECORD, record
from clusters.terminal.kubectl.result import Result
from clusters.terminal.kubectl.waiting import time_limit

_POLL: Final = 1.0
_LONGEST_WAIT: Final = 300.0
"""Seconds."""


async def run(k: Kubectl) -> None:
    replacement = _Replacement(k)
    if k.flags["raw"]:
        raise UnsupportedError("the real kubectl has --raw, and this terminal does not")
    if k.flags["force"]:
        await replacement.force()
    else:
        await (await replacement.builder().build()).visit(replacement.replace)


class _Replacement:
    """How objects are replaced and printed. Raises CommandError for flags that do not fit together."""

    def __init__(self, k: Kubectl) -> None:
        self.k = k
        flags = k.flags
        self.validation = flag_sets.validation(flags)
        self.dry_run = flag_sets.dry_run(k)
        self.printer = Printer(k, "replaced", self.dry_run, as_typed=False)
        self.propagation = propagation(k)
        # At least a second, so that it is waited for.
        self.grace = int(flags["grace-period"]) or 1
        manifests.require_filename(flags)
        self._validate()
        self.count = 0

    def builder(self) -> Builder:
        return Builder(
            self.k,
            namespace=self.k.namespace,
            enforce_namespace=self.k.enforce_namespace,
            filenames=self.k.flags["filename"],
            subresource=self.k.flags["subresource"],
            validates=self.validation != "Ignore",
            continue_on_error=True,
            flatten=True,
        )

    async def replace(self, info: Info) -> None:
        """Replace one object. Raises CommandError and StatusError."""
        self._prepare(info)
        if self.dry_run != "client":
            try:
                info.refresh(await self._helper(info).replace(info.namespace, info.name, info.obj))
            except KubectlError as error:
                raise with_source("replacing", info.source, error) from error
        self.printer.print(info.obj)

    async def force(self) -> None:
        """Delete all objects, wait until they are gone, and make them anew. Raises CommandError."""
        builder = self.builder()
        builder.validates, builder.require_object = False, False
        result = await (await builder.type_or_name_args(self.k.args)).build()
        await self._delete(result)
        await result.visit(self._wait_until_gone)
        await (await self.builder().build()).visit(self._create)
        if not self.count:
            raise CommandError("no objects passed to replace")

    async def _delete(self, result: Result) -> None:
        deletion = Deletion(self.k, self.grace, self.propagation, warns=False)
        found: list[Info] = []

        async def delete(info: Info) -> None:
            found.append(info)
            await deletion.delete(info)

        try:
            await result.visit(delete)
        except KubectlError as error:
            left = without(error, is_not_found)
            if left is not None:
                raise left from error
        if not found:
            self.k.out("No resources found\n")

    async def _wait_until_gone(self, info: Info) -> None:
        try:
            async with time_limit(self.k, self.k.flags["timeout"] or _LONGEST_WAIT):
                while True:
                    await info.get(self.k)
                    await asyncio.sleep(_POLL)
        except TimeoutError as error:
            raise CommandError("context deadline exceeded") from error
        except KubectlError as error:
            if not is_not_found(error):
                raise

    async def _create(self, info: Info) -> None:
        self._prepare(info)
        info.refresh(await self._helper(info).create(info.namespace, info.obj))
        self.count += 1
        self.printer.print(info.obj)

    def _prepare(self, info: Info) -> None:
        info.obj = create_or_update(self.k.flags["save-config"], info.obj)
        record(self.k, info.obj)

    def _helper(self, info: Info) -> Helper:
        return Helper(
            self.k,
            info.mapping,
            self.k.flags["field-manager"],
            self.validation,
            self.dry_run == "server",
            self.k.flags["subresource"],
        )

    def _validate(self) -> None:
        flags = self.k.flags
        if not flags["force"] and self.grace >= 0:
            raise CommandError("--grace-period must have --force specified")
        if not flags["force"] and flags["timeout"]:
            raise CommandError("--timeout must have --force specified")
        if flags["force"] and self.dry_run != "none":
            raise CommandError("--dry-run can not be used when --force is set")


COMMAND: Final = Command(
    "replace",
    run,
    (
        *flag_sets.PRINT,
        *flag_sets.FILENAMES,
        *REPLACING,
        RECORD,
        flag_sets.VALIDATE,
        SAVE_CONFIG,
        flag_sets.DRY_RUN,
        string("raw"),
        flag_sets.field_manager("kubectl-replace"),
        flag_sets.SUBRESOURCE,
    ),
    use="-f FILENAME",
    about="Put an object in the place of another of its name.",
)
