"""kubectl create poddisruptionbudget.

Models kubectl's `pkg/cmd/create/create_pdb.go`.
"""

import re
from typing import Final

from clusters.engine.objects import Object
from clusters.terminal.kubectl.cobra import Command
from clusters.terminal.kubectl.errors import CommandError
from clusters.terminal.kubectl.generate import (
    CREATE_FLAGS,
    Creation,
    collection,
    demand_name,
    int_or_string,
    metadata,
    name_from_args,
)
from clusters.terminal.kubectl.kubectl import Kubectl
from clusters.terminal.kubectl.pflag import string
from clusters.terminal.kubectl.selectors import parse_to_label_selector

_FORMAT: Final = re.compile("[0-9]+%?")


async def run(k: Kubectl) -> None:
    name = name_from_args(k)
    creation = Creation(k)
    demand_name(name)
    least, most = k.flags["min-available"], k.flags["max-unavailable"]
    _demand_one(k.flags["selector"], least, most)
    bound = ("minAvailable", least) if least else ("maxUnavailable", most)
    budget: Object = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(k, name),
        "spec": {
            bound[0]: int_or_string(bound[1]),
            "selector": parse_to_label_selector(k.flags["selector"]),
        },
    }
    path = collection(k, "poddisruptionbudgets", "/apis/policy/v1")
    await creation.create(budget, path, "failed to create poddisruptionbudgets")


def _demand_one(selector: str, least: str, most: str) -> None:
    if not selector:
        raise CommandError("a selector must be specified")
    if not most and not least:
        raise CommandError("one of min-available or max-unavailable must be specified")
    if most and least:
        raise CommandError("min-available and max-unavailable cannot be both specified")
    if least and not _FORMAT.fullmatch(least):
        raise CommandError("invalid format specified for min-available")
    if most and not _FORMAT.fullmatch(most):
        raise CommandError("invalid format specified for max-unavailable")


COMMAND: Final = Command(
    "poddisruptionbudget",
    run,
    (
        *CREATE_FLAGS,
        string("min-available", about="how many pods have to be there: 2, or 50%"),
        string("max-unavailable", about="how many pods may be missing: 2, or 50%"),
        string("selector", about="labels of the pods"),
    ),
    aliases=("pdb",),
    use="NAME --selector=SELECTOR --min-available=N",
    about="Say how many pods a drain may take at once.",
)
