"""kubectl create namespace.

Models kubectl's `pkg/cmd/create/create_namespace.go`.
"""

from typing import Final

from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.generate import CREATE_FLAGS, Creation, demand_name, name_from_args
from clusters.terminal.kubectl.kubectl import Kubectl


async def run(k: Kubectl) -> None:
    name = name_from_args(k)
    creation = Creation(k)
    demand_name(name)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    await creation.create(namespace, "/api/v1/namespaces")


COMMAND: Final = Command(
    "namespace",
    run,
    CREATE_FLAGS,
    aliases=("ns",),
    use="NAME",
    about="Make a namespace.",
)
