"""kubectl create: makes the objects of files; its sub-commands make objects of what the line says.

Models kubectl's `pkg/cmd/create/create.go`. Left out: --raw.
"""

from typing import Final

from clusters.engine.apiserver.errors import StatusError
from clusters.terminal.kubectl import flag_sets, manifests
from clusters.terminal.kubectl.apply_annotation import create_or_update
from clusters.terminal.kubectl.builder import Builder, Info
from clusters.terminal.kubectl.cmd import (
    create_configmap,
    create_deployment,
    create_job,
    create_namespace,
    create_pdb,
    create_quota,
    create_secret,
    create_service,
    create_serviceaccount,
    create_token,
)
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.editor import EditBeforeCreate
from clusters.terminal.kubectl.errors import CommandError, UnsupportedError, with_source
from clusters.terminal.kubectl.generate import SAVE_CONFIG
from clusters.terminal.kubectl.info import Helper
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import boolean, string
from clusters.terminal.kubectl.printing import Printer
from clusters.terminal.kubectl.record import RECORD, record


def _missing(name: str) -> Command:
    return Command(name, unsupported=True)


async def run(k: Kubectl) -> None:
    if k.args:
        raise k.usage_error(f"Unexpected args: [{' '.join(k.args)}]")
    creation = _Creation(k)
    manifests.require_filename(k.flags)
    if k.flags["raw"]:
        raise UnsupportedError("the real kubectl has --raw, and this terminal does not")
    if k.flags["edit"]:
        await EditBeforeCreate(k, "kubectl-create").run([])
        return
    result = await Builder(
        k,
        namespace=k.namespace,
        enforce_namespace=k.enforce_namespace,
        filenames=k.flags["filename"],
        label_selector=k.flags["selector"],
        validates=creation.validation != "Ignore",
        continue_on_error=True,
        flatten=True,
    ).build()
    await result.visit(creation.create)
    if not creation.count:
        raise CommandError("no objects passed to create")


class _Creation:
    """How the objects of files are created and printed; `count` of them were. Raises CommandError."""

    def __init__(self, k: Kubectl) -> None:
        self.k = k
        self.dry_run = flag_sets.dry_run(k)
        self.validation = flag_sets.validation(k.flags)
        self.printer = Printer(k, "created", self.dry_run, as_typed=False)
        self.count = 0

    async def create(self, info: Info) -> None:
        info.obj = create_or_update(self.k.flags["save-config"], info.obj)
        record(self.k, info.obj)
        if self.dry_run != "client":
            await self._send(info)
        self.count += 1
        self.printer.print(info.obj)

    async def _send(self, info: Info) -> None:
        manager, dry_run = self.k.flags["field-manager"], self.dry_run == "server"
        helper = Helper(self.k, info.mapping, manager, self.validation, dry_run)
        try:
            info.refresh(await helper.create(info.namespace, info.obj))
        except StatusError as error:
            raise with_source("creating", info.source, error) from error


COMMAND: Final = Command(
    "create",
    run,
    (
        RECORD,
        *flag_sets.FILENAMES,
        flag_sets.VALIDATE,
        boolean("edit", about="open an editor before it is created"),
        boolean("windows-line-endings"),
        SAVE_CONFIG,
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
        create_job.JOB,
        create_job.CRON_JOB,
        _missing("ingress"),
        create_token.COMMAND,
    ),
    use="-f FILENAME",
    about="Make objects, of a file or of a few words.",
)
