"""kubectl create configmap.

Models kubectl's `pkg/cmd/create/create_configmap.go`. Left out: files that are no text.
"""

from typing import Final

from clusters.engine import names
from clusters.engine.objects import Object
from clusters.terminal.kubectl import sources
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import (
    CREATE_FLAGS,
    Creation,
    collection,
    demand_name,
    metadata,
    name_from_args,
)
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import Flag, array, boolean, strings
from clusters.terminal.kubectl.printers.gofmt import quote

SOURCES: Final[tuple[Flag, ...]] = (
    strings("from-file", about="a file whose name is the key, or key=file"),
    array("from-literal", about="a key and its value: key=value"),
    strings("from-env-file", about="a file with a key=value on each line"),
    boolean("append-hash", about="add a hash of the content to the name"),
)


async def run(k: Kubectl) -> None:
    name = name_from_args(k)
    creation = Creation(k)
    demand_name(name)
    demand_one_way(k)
    data: dict[str, str] = {}

    def add(key: str, value: str) -> None:
        if complaints := names.config_key(key):
            raise CommandError(
                f"{quote(key)} is not a valid key name for a ConfigMap: {','.join(complaints)}"
            )
        if key in data:
            raise CommandError(
                f"cannot add key {quote(key)}, another key by that name already exists in Data for "
                f"ConfigMap {quote(name)}"
            )
        data[key] = value

    await sources.add_all(k, add)
    if k.flags["append-hash"]:
        name = sources.append_hash(name, {"kind": "ConfigMap", "data": data})
    made: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(k, name), "data": data}
    await creation.create(made, collection(k, "configmaps"), "failed to create configmap")


def demand_one_way(k: Kubectl) -> None:
    """Raises CommandError for files of variables along with other sources."""
    if k.flags["from-env-file"] and (k.flags["from-file"] or k.flags["from-literal"]):
        raise CommandError("from-env-file cannot be combined with from-file or from-literal")


COMMAND: Final = Command(
    "configmap",
    run,
    (*CREATE_FLAGS, *SOURCES),
    aliases=("cm",),
    use="NAME [--from-file=[key=]source] [--from-literal=key1=value1]",
    about="Make a ConfigMap of files or of words.",
)
