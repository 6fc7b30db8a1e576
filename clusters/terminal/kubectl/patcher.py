"""How kubectl apply turns what is on the server into what a file says.

Models kubectl's `pkg/cmd/apply/patcher.go`. Left out: kinds of which the server has no schema.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final

from clusters.engine.apiserver.errors import StatusError
from clusters.engine.apiserver.patches.strategic_patch import apply_strategic_patch
from clusters.engine.apiserver.schema import Struct, struct_of
from clusters.engine.objects import Object
from clusters.terminal.kubectl.apply_annotation import encode, original_configuration
from clusters.terminal.kubectl.errors import CommandError, KubectlError, is_not_found, with_source
from clusters.terminal.kubectl.info import Helper
from clusters.terminal.kubectl.printers.json_text import compact_json
from clusters.terminal.kubectl.printers.yaml_text import yaml_text
from clusters.terminal.kubectl.rest import STRATEGIC_PATCH
from clusters.terminal.kubectl.strategicpatch import PatchError, has_conflicts, three_way_patch

_RETRIES: Final = 5
_POLL: Final = 1.0
"""Seconds: between two tries, and between two looks whether something is gone."""


@dataclass
class Patcher:
    """Makes and sends one patch; `text` is the newest, in JSON.

    force: what cannot be patched is deleted and made anew, with the policy, the seconds of grace (-1 for
    its own) and at most `timeout` seconds of waiting. openapi: the server's schemas are tried first, which
    shows in a warning only. `resource_version`: only this state of it is patched.
    """

    helper: Helper
    overwrite: bool = True
    openapi: bool = True
    force: bool = False
    propagation: str = "Background"
    timeout: float = 0.0
    grace: int = -1
    resource_version: str = ""
    text: str = ""

    async def patch(
        self, current: Object, modified: Object, source: str, namespace: str, name: str
    ) -> Object:
        """The object after the patch. Raises CommandError and StatusError."""
        tries = 0
        while True:
            try:
                return await self._patch_once(current, modified, namespace, name)
            except (CommandError, StatusError) as error:
                is_conflict = isinstance(error, StatusError) and error.code == 409
                if not is_conflict or tries == _RETRIES:
                    if self.force and isinstance(error, StatusError) and error.code in (409, 422):
                        return await self._replace(current, modified, namespace, name)
                    raise with_source("patching", source, error) from error
            tries += 1
            if tries > 1:
                await asyncio.sleep(_POLL)
            current = await self.helper.get(namespace, name)

    def patch_here(self, current: Object, modified: Object) -> Object:
        """The object as the patch makes it, without the server. Raises CommandError."""
        patch = self._make(current, modified)
        try:
            return apply_strategic_patch(self._struct(), current, patch) if patch else current
        except StatusError as error:
            raise CommandError(f"applying patch locally: {error.message}") from error

    async def _patch_once(self, current: Object, modified: Object, namespace: str, name: str) -> Object:
        patch = self._make(current, modified)
        if not patch:
            return current
        if self.resource_version:
            metadata = patch.get("metadata") or {}
            patch = {**patch, "metadata": {**metadata, "resourceVersion": self.resource_version}}
            self.text = compact_json(patch)
        return await self.helper.patch(namespace, name, patch, STRATEGIC_PATCH)

    def _make(self, current: Object, modified: Object) -> Object:
        self.text = ""
        original = original_configuration(current)
        try:
            patch = self._three_way(original, modified, current)
        except PatchError as error:
            if self.openapi:
                self.helper.k.err(f"warning: error calculating patch from openapi v3 spec: {error}\n")
            raise CommandError(
                f"creating patch with:\noriginal:\n{original or ''}\nmodified:\n{encode(modified)}\n"
                f"current:\n{encode(current)}\nfor: {error}"
            ) from error
        self.text = compact_json(patch)
        return patch

    def _three_way(self, original: str | None, modified: Object, current: Object) -> Object:
        before = _parsed(original)
        patch = three_way_patch(self._struct(), before, modified, current)
        changed = None if self.overwrite else has_conflicts(self._struct(), before, current, patch)
        if changed is not None:
            raise PatchError(
                f"patch:\n{yaml_text(patch)}\nconflicts with changes made from original to current:\n"
                f"{yaml_text(changed)}\n"
            )
        return patch

    def _struct(self) -> Struct:
        return struct_of(self.helper.mapping.api_version, self.helper.mapping.kind)

    async def _replace(self, current: Object, modified: Object, namespace: str, name: str) -> Object:
        self.text = encode(modified)
        await self.helper.delete(namespace, name, self.propagation, self.grace)
        await self._wait_until_gone(namespace, name)
        try:
            return await self.helper.create(namespace, modified)
        except StatusError as error:
            await self._restore(current, namespace, error)
            raise

    async def _wait_until_gone(self, namespace: str, name: str) -> None:
        until = self.helper.k.host.now() + self.timeout
        while True:
            try:
                await self.helper.get(namespace, name)
            except KubectlError as error:
                if is_not_found(error):
                    return
                raise
            if self.helper.k.host.now() >= until:
                raise CommandError("context deadline exceeded")
            await asyncio.sleep(_POLL)

    async def _restore(self, current: Object, namespace: str, error: StatusError) -> None:
        try:
            await self.helper.create(namespace, current)
        except StatusError as again:
            raise CommandError(
                "An error occurred force-replacing the existing object with the newly provided one:\n\n"
                f"{error}.\n\nAdditionally, an error occurred attempting to restore the original object:\n\n"
                f"{again}"
            ) from error


def _parsed(text: str | None) -> Object:
    try:
        found: Any = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise PatchError("invalid JSON document")
    return found
