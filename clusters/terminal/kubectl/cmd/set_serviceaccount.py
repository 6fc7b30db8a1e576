"""kubectl set serviceaccount.

Models kubectl's `pkg/cmd/set/set_serviceaccount.go`.
"""

from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import polymorphic
from clusters.terminal.kubectl.cmd.set_helper import FLAGS, SERVER_AND_LOCAL, Setting, find
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.record import RECORD, record


async def run(k: Kubectl) -> None:
    setting = Setting(k, "serviceaccount updated")
    if k.flags["local"] and setting.dry_run == "server":
        raise CommandError(SERVER_AND_LOCAL)
    if not k.args:
        raise CommandError("serviceaccount is required")
    *resources, name = k.args
    infos = await find(k, resources)

    def mutate(obj: Object) -> None:
        polymorphic.pod_spec(obj)["serviceAccountName"] = name
        record(k, obj)

    await setting.apply(infos, mutate, "failed to patch ServiceAccountName", skip_unchanged=False)


COMMAND: Final = Command(
    "serviceaccount",
    run,
    (*FLAGS, RECORD),
    aliases=("sa",),
    use="(-f FILENAME | TYPE NAME) SERVICE_ACCOUNT",
    about="Change the service account of pods.",
)
