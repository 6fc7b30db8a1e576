"""kubectl set resources.

Models kubectl's `pkg/cmd/set/set_resources.go`.
"""

from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, polymorphic
from clusters.terminal.kubectl.cmd.set_helper import (
    ALL_AND_SELECTOR,
    FLAGS,
    SERVER_AND_LOCAL,
    Setting,
    find,
    select_containers,
)
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import resource_list
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import string
from clusters.terminal.kubectl.record import RECORD, record


async def run(k: Kubectl) -> None:
    setting = Setting(k, "resource requirements updated")
    infos = await find(k, k.args, k.flags["selector"])
    _validate(k, setting.dry_run)
    wanted = {
        "limits": resource_list(k.flags["limits"], "invalid"),
        "requests": resource_list(k.flags["requests"], "invalid"),
    }
    pattern = k.flags["containers"]

    def mutate(obj: Object) -> bool:
        containers = select_containers(polymorphic.pod_spec(obj), pattern)
        if not containers:
            setting.errors.append(CommandError(f"error: unable to find container named {pattern}"))
            return False
        for container in containers:
            resources = container.setdefault("resources", {})
            for kind, amounts in wanted.items():
                resources[kind] = {**(resources.get(kind) or {}), **amounts}
        record(k, obj)
        return True

    await setting.apply(infos, mutate, "failed to patch resources update to pod template")


def _validate(k: Kubectl, dry_run: str) -> None:
    flags = k.flags
    if flags["local"] and dry_run == "server":
        raise CommandError(SERVER_AND_LOCAL)
    if flags["all"] and flags["selector"]:
        raise CommandError(ALL_AND_SELECTOR)
    if not flags["limits"] and not flags["requests"]:
        raise CommandError(
            "you must specify an update to requests or limits (in the form of --requests/--limits)"
        )


COMMAND: Final = Command(
    "resources",
    run,
    (
        *FLAGS,
        RECORD,
        flag_sets.SELECTOR,
        string("containers", "*", "c", about="the containers, also with *"),
        string("limits", about="how much a container gets at most: cpu=1,memory=256Mi"),
        string("requests", about="how much a container needs: cpu=100m,memory=64Mi"),
    ),
    use="(-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS]",
    about="Change how much CPU and memory containers get.",
)
