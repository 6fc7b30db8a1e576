"""kubectl create deployment.

Models kubectl's `pkg/cmd/create/create_deployment.go`.
"""

import secrets
from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import (
    CREATE_FLAGS,
    Creation,
    collection,
    metadata,
    name_from_args,
)
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import integer, strings

_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"
"""What generated names are made of: no vowels, so no words."""


async def run(k: Kubectl) -> None:
    name = name_from_args(k)
    creation = Creation(k)
    command = k.args[1:]
    if len(k.flags["image"]) > 1 and command:
        raise CommandError("cannot specify multiple --image options and command")
    made = _deployment(k, name, command)
    await creation.create(made, collection(k, "deployments", "/apis/apps/v1"), "failed to create deployment")


def _deployment(k: Kubectl, name: str, command: list[str]) -> Object:
    labels = {"app": name}
    containers = [_container(image, command) for image in k.flags["image"]]
    if k.flags["port"] >= 0 and containers:
        containers[0]["ports"] = [{"containerPort": k.flags["port"]}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(k, name, labels),
        "spec": {
            "replicas": k.flags["replicas"],
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }


def _container(image: str, command: list[str]) -> Object:
    name = image.rpartition("/")[2].partition(":")[0].partition("@")[0]
    container: Object = {"name": _sanitized(name), "image": image}
    if command:
        container["command"] = command
    return container


def _sanitized(name: str) -> str:
    """Without what no container's name may have, and then unique."""
    if not set("_.") & set(name):
        return name
    suffix = "".join(secrets.choice(_LETTERS) for _ in range(5))
    return f"{name.replace('_', '-').replace('.', '-')}-{suffix}"


COMMAND: Final = Command(
    "deployment",
    run,
    (
        *CREATE_FLAGS,
        strings("image", about="the image of a container; several make several containers"),
        integer("port", -1, bits=32, about="the port that the container listens on"),
        integer("replicas", 1, "r", bits=32, about="how many pods there are to be"),
    ),
    aliases=("deploy",),
    required=("image",),
    use="NAME --image=image -- [COMMAND] [args...]",
    about="Make a Deployment.",
)
