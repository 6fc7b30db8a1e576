"""kubectl set image.

Models kubectl's `pkg/cmd/set/set_image.go`.
"""

from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl import flag_sets, polymorphic
from clusters.terminal.kubectl.cmd.set_helper import (
    ALL_AND_SELECTOR,
    FLAGS,
    NO_RESOURCES,
    SERVER_AND_LOCAL,
    Setting,
    find,
)
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError, aggregate
from clusters.terminal.kubectl.generate import parse_pairs, resources_and_pairs
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.record import RECORD, record


async def run(k: Kubectl) -> None:
    setting = Setting(k, "image updated")
    resources, words = resources_and_pairs(k.args, "image")
    images, _ = parse_pairs(words, "image")
    infos = await find(k, resources, k.flags["selector"])
    _validate(k, setting.dry_run, resources, images)

    def mutate(obj: Object) -> None:
        spec = polymorphic.pod_spec(obj)
        for name, image in images.items():
            if not _set_image(spec, name, image):
                setting.errors.append(CommandError(f"error: unable to find container named {quote(name)}"))
        record(k, obj)

    await setting.apply(infos, mutate, "failed to patch image update to pod template:")


def _validate(k: Kubectl, dry_run: str, resources: list[str], images: dict[str, str]) -> None:
    several = "*" in images and len(images) > 1
    errors = [
        CommandError(said)
        for wrong, said in (
            (k.flags["all"] and k.flags["selector"], ALL_AND_SELECTOR),
            (not resources and not k.flags["filename"], NO_RESOURCES),
            (not images, "at least one image update is required"),
            (
                several,
                "all containers are already specified by *, but saw more than one "
                "container_name=container_image pairs",
            ),
            (k.flags["local"] and dry_run == "server", SERVER_AND_LOCAL),
        )
        if wrong
    ]
    problem = aggregate(errors)
    if problem is not None:
        raise problem


def _set_image(spec: Object, name: str, image: str) -> bool:
    """Whether there is a container of that name; `*` are all."""
    found = False
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        if name in (container["name"], "*"):
            container["image"] = image
            found = True
    return found


COMMAND: Final = Command(
    "image",
    run,
    (*FLAGS, RECORD, flag_sets.SELECTOR),
    use="(-f FILENAME | TYPE NAME) CONTAINER=IMAGE ...",
    about="Change the image of containers.",
)
