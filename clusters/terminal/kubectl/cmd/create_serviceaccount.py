"""kubectl create serviceaccount.

Models kubectl's `pkg/cmd/create/create_serviceaccount.go`.
"""

from typing import Final

from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.generate import (
    CREATE_FLAGS,
    Creation,
    collection,
    demand_name,
    metadata,
    name_from_args,
)
from clusters.terminal.kubectl.kubectl import Kubectl


async def run(k: Kubectl) -> None:
    name = name_from_args(k)
    creation = Creation(k)
    demand_name(name)
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(k, name)}
    await creation.create(account, collection(k, "serviceaccounts"), "failed to create serviceaccount")


COMMAND: Final = Command(
    "serviceaccount",
    run,
    CREATE_FLAGS,
    aliases=("sa",),
    use="NAME",
    about="Make a service account.",
)
