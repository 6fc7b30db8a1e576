"""Objects that are changed here and patched there.

Models kubectl's `pkg/cmd/set/helper.go` (CalculatePatches) as `set` and `rollout` use it.
"""

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass

from clusters.engine.apiserver.schema import struct_of
from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.builder import Info
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.rest import STRATEGIC_PATCH
from clusters.terminal.kubectl.scheme import typed
from clusters.terminal.kubectl.strategicpatch import two_way_patch

Mutate = Callable[[Object], bool | None]
"""Changes an object in place; False if it has nothing to do with it. Raises CommandError."""


@dataclass
class Patch:
    """What has to change of an object; `info.obj` is changed already. `error` is why it cannot be."""

    info: Info
    body: Object
    error: CommandError | None = None


def calculate_patches(infos: Iterable[Info], mutate: Mutate) -> Iterator[Patch]:
    """The patch of each object that `mutate` has to do with."""
    for info in infos:
        before = typed(info.obj)
        info.obj = deepcopy(before)
        try:
            if mutate(info.obj) is False:
                continue
        except CommandError as error:
            yield Patch(info, {}, error)
        else:
            info.obj = typed(info.obj)
            yield Patch(
                info, two_way_patch(struct_of(before["apiVersion"], before["kind"]), before, info.obj)
            )


async def send(k: Kubectl, patch: Patch, query: list[tuple[str, str]]) -> Object:
    """The object as it is afterwards. Raises StatusError."""
    return await k.client.patch(patch.info.path, patch.body, STRATEGIC_PATCH, query)


def write_query(k: Kubectl, dry_run: str = "none") -> list[tuple[str, str]]:
    """The options of a write: field manager and dry run."""
    query = [("fieldManager", k.flags["field-manager"])] if k.flags["field-manager"] else []
    return [*query, *flag_sets.dry_run_query(dry_run)]
