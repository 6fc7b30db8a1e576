"""kubectl create: makes the objects of files; its sub-commands make objects of what the line says.

Models kubectl's `pkg/cmd/create/create.go`.
"""

from typing import Final

from clusters.terminal.kubectl import flag_sets
from clusters.terminal.kubectl.cmd import (
    create_configmap,
    create_deployment,
    create_namespace,
    create_pdb,
    create_quota,
    create_secret,
    create_service,
    create_serviceaccount,
    create_token,
)
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, string


def _missing(name: str) -> Command:
    return Command(name, unsupported=True)


async def run(k: Kubectl) -> None:
    if k.args:
        raise k.usage_error(f"Unexpected args: [{' '.join(k.args)}]")
    raise CommandError("must specify one of -f and -k")


COMMAND: Final = Command(
    "create",
    run,
    (
        *flag_sets.FILENAMES,
        flag_sets.VALIDATE,
        boolean("edit", about="open an editor before it is created"),
        boolean("windows-line-endings"),
        boolean("save-config", about="keep the manifest in an annotation, for a later apply"),
        flag_sets.DRY_RUN,
        flag_sets.SELECTOR,
        string("raw"),
        flag_sets.field_manager("kubectl-create"),
        *flag_sets.PRINT,
    ),
    commands=(
        create_namespace.COMMAND,
        create_quota.COMMAND,
        create_secret.COMMAND,
        create_configmap.COMMAND,
        create_serviceaccount.COMMAND,
        create_service.COMMAND,
        create_deployment.COMMAND,
        _missing("clusterrole"),
        _missing("clusterrolebinding"),
        _missing("role"),
        _missing("rolebinding"),
        create_pdb.COMMAND,
        _missing("priorityclass"),
        _missing("job"),
        _missing("cronjob"),
        _missing("ingress"),
        create_token.COMMAND,
    ),
    use="-f FILENAME",
    about="Make objects, of a file or of a few words.",
)
