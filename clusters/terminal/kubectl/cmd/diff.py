"""kubectl diff: what an apply would change.

Models kubectl's `pkg/cmd/diff`, and `diff -u -N` of two folders, which it runs. Left out: --prune, and other
programs that compare.
"""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, manifests
from clusters.terminal.kubectl.apply_annotation import encode, modified_configuration
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cmd.apply import (
    CLIENT_SIDE,
    SERVER_SIDE_FLAGS,
    field_manager,
    warn_if_deleting,
)
from clusters.terminal.kubectl.cobra import Command, Found, usage_error
from clusters.terminal.kubectl.errors import (
    CommandError,
    ExitError,
    KubectlError,
    UnsupportedError,
    check,
    is_not_found,
)
from clusters.terminal.kubectl.info import Helper
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.patcher import Patcher
from clusters.terminal.kubectl.pflag import array, boolean, integer
from clusters.terminal.kubectl.printers.serialized import without_managed_fields
from clusters.terminal.kubectl.printers.yaml_text import yaml_text
from clusters.terminal.kubectl.rest import APPLY_PATCH
from clusters.terminal.kubectl.unified_diff import unified

_RETRIES: Final = 4
_MASK: Final = "***"


async def run(k: Kubectl) -> None:
    try:
        differ = await _compare(k)
    except KubectlError as error:
        # As of diff itself, 1 means that there are differences.
        message, code = check(error)
        raise ExitError(code + 1, message) from error
    found = "".join(differ.lines())
    if found:
        k.out(found)
        raise ExitError(1)


def _flag_error(found: Found, text: str) -> CommandError:
    error = usage_error(found, text)
    error.code += 1
    return error


async def _compare(k: Kubectl) -> "_Differ":
    if k.args:
        raise k.usage_error(f"Unexpected args: [{' '.join(k.args)}]")
    manifests.require_filename(k.flags)
    if k.flags["force-conflicts"] and not k.flags["server-side"]:
        raise CommandError("--force-conflicts only works with --server-side")
    if k.flags["prune"]:
        raise UnsupportedError("the real kubectl has --prune, and this terminal does not")
    differ = _Differ(k)
    result = await Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        filenames=k.flags["filename"],
        label_selector=k.flags["selector"],
        flatten=True,
    ).build()
    await result.visit(differ.diff)
    return differ


@dataclass
class _Differ:
    """Two folders of files by their names: objects as they are, and as they would be."""

    k: Kubectl
    live: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)

    async def diff(self, info: Info) -> None:
        """Write an object in both states. Raises CommandError and StatusError."""
        wanted = info.obj
        for left in reversed(range(_RETRIES)):
            await self._fetch(info)
            try:
                merged = await self._merged(info, wanted, forced=not left)
            except StatusError as error:
                if error.code != 409 or not left:
                    raise
            else:
                self._write(info, merged)
                break
        if info.obj:
            warn_if_deleting(self.k, info.obj)

    def lines(self) -> Iterator[str]:
        """What diff prints of the two folders."""
        live, merged = (f"/tmp/{name}-{secrets.randbelow(2**32)}" for name in ("LIVE", "MERGED"))
        now = f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(self.k.host.now()))}.000000000 +0000"
        never = "1970-01-01 00:00:00.000000000 +0000"
        for name in sorted(self.merged):
            before, after = self.live[name], self.merged[name]
            if before != after:
                yield f"diff -u -N {live}/{name} {merged}/{name}\n"
                yield f"--- {live}/{name}\t{now if before else never}\n"
                yield f"+++ {merged}/{name}\t{now}\n"
                yield from unified(before.splitlines(keepends=True), after.splitlines(keepends=True))

    async def _fetch(self, info: Info) -> None:
        try:
            await info.get(self.k)
        except KubectlError as error:
            if not is_not_found(error):
                raise
            info.obj = {}

    async def _merged(self, info: Info, wanted: Object, *, forced: bool) -> Object:
        """The object as it would be. `forced`: whatever its version is by then."""
        k = self.k
        helper = Helper(k, info.mapping, field_manager(k), dry_run=True)
        if k.flags["server-side"]:
            force = (("force", "true" if k.flags["force-conflicts"] else "false"),)
            body = encode(wanted).encode()
            return await helper.patch(info.namespace, info.name, body, APPLY_PATCH, force)
        if not info.obj:
            return await helper.create(info.namespace, wanted)
        version = "" if forced else info.obj["metadata"].get("resourceVersion", "")
        patcher = Patcher(helper, resource_version=version)
        modified = modified_configuration(wanted, annotate=False)
        return await patcher.patch(info.obj, modified, info.source, info.namespace, info.name)

    def _write(self, info: Info, merged: Object) -> None:
        flags = self.k.flags
        states = [info.obj, merged]
        if not flags["show-managed-fields"]:
            states = [without_managed_fields(state) for state in states]
        if not flags["show-secrets"] and merged["kind"] == "Secret" and merged["apiVersion"].endswith("v1"):
            states = _masked(*states)
        mapping = info.mapping
        group = f"{mapping.group}." if mapping.group else ""
        name = f"{group}{mapping.version}.{mapping.kind}.{info.namespace}.{info.name}"
        self.live[name], self.merged[name] = (yaml_text(state) if state else "" for state in states)


def _masked(live: Object, merged: Object) -> list[Object]:
    """Both states without secret values; of those that differ it shows that they do."""
    before, after = live.get("data") or {}, merged.get("data") or {}
    changed = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    masks = (f"{_MASK} (before)", f"{_MASK} (after)")
    return [
        {**state, "data": {key: mask if key in changed else _MASK for key in state["data"]}}
        if state.get("data")
        else state
        for state, mask in zip((live, merged), masks, strict=True)
    ]


COMMAND: Final = Command(
    "diff",
    run,
    (
        array("prune-allowlist"),
        boolean("prune"),
        boolean("show-managed-fields"),
        boolean("show-secrets", about="do not hide what is in Secrets"),
        integer("concurrency", 1),
        *flag_sets.FILENAMES,
        *SERVER_SIDE_FLAGS,
        flag_sets.field_manager(CLIENT_SIDE),
        flag_sets.SELECTOR,
    ),
    flag_error=_flag_error,
    use="-f FILENAME",
    about="Show what an apply would change.",
)
