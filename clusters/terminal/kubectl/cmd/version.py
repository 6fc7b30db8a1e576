"""kubectl version: which kubectl this is, and which server.

Models kubectl's `pkg/cmd/version`. Left out: the warning about versions that are too far apart.
"""

import json
from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, string
from clusters.terminal.kubectl.printers.yaml_text import yaml_text
from clusters.terminal.kubectl.rest import VERSION

KUSTOMIZE: Final = "v5.8.1"
CLIENT: Final[Object] = {
    "major": "1",
    "minor": "37",
    "gitVersion": VERSION,
    "gitCommit": "",
    "gitTreeState": "",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "linux/amd64",
}


async def run(k: Kubectl) -> None:
    if k.args:
        raise CommandError(f"extra arguments: [{' '.join(k.args)}]")
    output = k.flags["output"]
    if output not in ("", "yaml", "json"):
        raise CommandError("--output must be 'yaml' or 'json'")
    found: Object = {"clientVersion": CLIENT, "kustomizeVersion": KUSTOMIZE}
    if not k.flags["client"]:
        found["serverVersion"] = await k.client.get("/version")
    if output == "yaml":
        k.out(f"{yaml_text(found)}\n")
    elif output == "json":
        k.out(f"{json.dumps(found, indent=2)}\n")
    else:
        k.out(f"Client Version: {VERSION}\nKustomize Version: {KUSTOMIZE}\n")
        if "serverVersion" in found:
            k.out(f"Server Version: {found['serverVersion']['gitVersion']}\n")


COMMAND: Final = Command(
    "version",
    run,
    (
        boolean("client", about="only this kubectl's"),
        string("output", shorthand="o", about="yaml or json"),
    ),
    about="Which kubectl this is, and which server.",
)
