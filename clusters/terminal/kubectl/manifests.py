"""Objects from files: several YAML documents, or JSON.

Models cli-runtime's `pkg/resource` (StreamVisitor, mapper, ValidateSchema) and apimachinery's
`pkg/util/yaml`.
"""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from clusters.terminal.kubectl.errors import CommandError

if TYPE_CHECKING:
    from clusters.terminal.kubectl.builder import Builder, Info


async def infos(builder: "Builder", name: str) -> AsyncIterator["Info"]:
    """The objects of a file, as they are in it. Raises CommandError."""
    for found in list[Info]():
        yield found
    raise CommandError(f"the path {name!r} does not exist")


def place(builder: "Builder", info: "Info") -> None:
    """Set or check the namespace of an object: upstream's SetNamespace, RequireNamespace, FilterNamespace."""
