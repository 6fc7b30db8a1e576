"""kubectl create quota.

Models kubectl's `pkg/cmd/create/create_quota.go`.
"""

from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import (
    CREATE_FLAGS,
    Creation,
    collection,
    demand_name,
    metadata,
    name_from_args,
    resource_list,
)
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import string


async def run(k: Kubectl) -> None:
    name = name_from_args(k)
    creation = Creation(k)
    demand_name(name)
    quota: Object = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": metadata(k, name),
        "spec": {
            "hard": resource_list(k.flags["hard"], "Invalid"),
            "scopes": _scopes(k.flags["scopes"]),
        },
    }
    await creation.create(quota, collection(k, "resourcequotas"), "failed to create quota")


def _scopes(text: str) -> list[str]:
    scopes = text.split(",") if text else []
    if "" in scopes:
        raise CommandError('invalid resource quota scope ""')
    return scopes


COMMAND: Final = Command(
    "quota",
    run,
    (
        *CREATE_FLAGS,
        string("hard", about="how much there may be of what: pods=4,cpu=2"),
        string("scopes", about="of which objects"),
    ),
    aliases=("resourcequota",),
    use="NAME [--hard=key1=value1,key2=value2]",
    about="Make a quota of a namespace.",
)
